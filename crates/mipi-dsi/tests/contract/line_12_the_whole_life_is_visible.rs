//! Line 12: who is registered, attached, running, gone but still held, and by whom.

use super::support::*;
use mipi_dsi::bus::{Commands, DeviceState, Errand, Presence, Removal, WaitFor};
use mipi_dsi::dcs;
use std::sync::{Arc, Mutex};

#[test]
fn from_registered_to_gone_but_held() {
    let bus = bus();
    assert_eq!(bus.reports().count(), 0);
    let controller = TestHost::new();
    let peripheral = TestPeripheral::new();
    let states = Arc::new(Mutex::new(vec![]));
    let see = {
        let (bus, states) = (bus.clone(), states.clone());
        move |place: &'static str| {
            let report = bus.report(0).unwrap();
            let device = report.devices[0];
            states.lock().unwrap().push((place, report.presence, device.state, device.running.is_some()));
        }
    };
    let (in_attach, in_detach, in_notice) = (see.clone(), see.clone(), see.clone());
    controller.on_attach(move |_| in_attach("attach"));
    controller.on_detach(move |_| in_detach("detach"));
    peripheral.on_leaving(move |_| in_notice("notice"));
    {
        let (bus, link_seen) = (bus.clone(), states.clone());
        controller.on_transfer(move || {
            let report = bus.report(0).unwrap();
            let (_, channel) = report.link.expect("who has the link is visible");
            assert_eq!(channel, VC0);
            link_seen.lock().unwrap().push(("transfer", report.presence, report.devices[0].state, true));
        });
    }

    let host = bus.register_host("fd922800.dsi", controller.clone()).unwrap();
    let all = mipi_dsi::bus::Capabilities::all(mipi_dsi::bus::Lanes::Four);
    let device =
        host.reference().register_device_with(VC0, "sn65dsi83", all, Some(peripheral.clone())).unwrap();
    see("registered");
    let link = device.attach(CONFIG).unwrap();
    see("attached");
    assert_eq!(bus.report(0).unwrap().devices[0].config, Some(CONFIG));
    link.write(dcs::Nop).unwrap();
    host.unregister().unwrap();
    see("gone");
    let leaving = Presence::Leaving(Removal::Orderly);
    assert_eq!(
        *states.lock().unwrap(),
        [
            ("registered", Presence::Present, DeviceState::Registered, false),
            ("attach", Presence::Present, DeviceState::Attaching, true),
            ("attached", Presence::Present, DeviceState::Attached, false),
            ("transfer", Presence::Present, DeviceState::Attached, true),
            ("notice", leaving, DeviceState::Attached, true),
            ("detach", leaving, DeviceState::Detaching, true),
            ("gone", Presence::Gone, DeviceState::Gone, false),
        ]
    );
    let held = bus.report(0).unwrap();
    assert_eq!(held.name.as_str(), "fd922800.dsi");
    assert_eq!((held.devices[0].name.as_str(), held.devices[0].handles.current), ("sn65dsi83", 2));
    controller.forget_hooks();
    peripheral.forget_hooks();
    drop((link, device, host));
    assert_eq!(bus.reports().count(), 0);
}

#[test]
fn an_errand_is_visible_until_it_is_run() {
    let Attached { controller, link, device, bus, host: _host, .. } = Attached::new();
    let device = Mutex::new(Arc::into_inner(device));
    let seen = Arc::new(Mutex::new(None));
    {
        let (bus, seen) = (bus.clone(), seen.clone());
        controller.on_transfer(move || {
            drop(device.lock().unwrap().take());
            *seen.lock().unwrap() = Some(bus.report(0).unwrap().devices[0].errand);
        });
    }
    link.write(dcs::Nop).unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(Errand::Unregister));
    assert_eq!(bus.report(0).unwrap().devices[0].errand, Errand::None);
    controller.forget_hooks();
}

#[test]
fn who_removes_a_host_who_cancels_and_what_they_wait_for_is_visible() {
    let attached = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let seen = Arc::new(Mutex::new(None));
    {
        let (bus, seen) = (attached.bus.clone(), seen.clone());
        attached.controller.on_cancel(move || {
            *seen.lock().unwrap() = bus.report(0);
            go_on.open();
        });
    }
    let link = attached.link.clone();
    let sender = std::thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    let host = attached.host.clone();
    let remover = std::thread::spawn(move || host.unregister().unwrap().is_some());
    let waits_for_the_link = || {
        let removing = attached.bus.report(0).and_then(|report| report.removing);
        removing.is_some_and(|(_, waits_for)| matches!(waits_for, Some(WaitFor::Link(_))))
    };
    let begun = std::time::Instant::now();
    while !waits_for_the_link() {
        assert!(begun.elapsed().as_secs() < 20, "the removal does not wait for the transfer");
        std::thread::yield_now();
    }
    assert!(attached.host.declare_gone());
    assert!(remover.join().unwrap());
    sender.join().unwrap().unwrap();
    let in_cancel = seen.lock().unwrap().take().expect("the host was asked to cancel");
    let (remover, canceller) = (in_cancel.removing.map(|(caller, _)| caller), in_cancel.cancelling);
    assert!(remover.is_some() && canceller.is_some() && remover != canceller);
    assert!(attached.bus.report(0).is_some_and(|report| report.removing.is_none()));
    attached.controller.forget_hooks();
}
