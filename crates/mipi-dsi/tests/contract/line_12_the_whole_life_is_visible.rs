//! Line 12: who is registered, attached, running, gone but still held, and by whom.

use super::support::*;
use mipi_dsi::bus::{
    adapter::Name,
    report::{DeviceState, Errand, HostReport, Presence, WaitFor},
    Commands, DeviceInfo, HostInfo, ReadError, RemovalKind, Removed, TransferError,
};
use mipi_dsi::dcs;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

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
            states.lock().unwrap().push((place, report.presence, device.state, device.caller.is_some()));
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

    let host = bus.register_host(HostInfo::new("fd922800.dsi"), controller.clone()).unwrap();
    let device = host
        .reference()
        .register_device(DeviceInfo::new(VC0, "sn65dsi83").listener(peripheral.clone()))
        .unwrap();
    see("registered");
    assert_eq!(bus.report(0).unwrap().devices[0].config, None);
    let link = device.attach(CONFIG).unwrap();
    see("attached");
    assert_eq!(bus.report(0).unwrap().devices[0].config, Some(CONFIG));
    link.write(dcs::Nop).unwrap();
    host.unregister().unwrap();
    see("gone");
    let leaving = Presence::Leaving(RemovalKind::Orderly);
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
    assert_eq!(held.name.as_ref().map(Name::as_str), Some("fd922800.dsi"));
    assert_eq!(
        (held.devices[0].name.as_ref().map(Name::as_str), held.devices[0].handles.current),
        (Some("sn65dsi83"), 2)
    );
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
fn who_removes_a_host_who_cancels_and_how_many_wait_is_visible() {
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
            // The remover has been woken, and looks again.
            let waits = |report: &HostReport<_>| report.remover.is_some_and(|(_, wait)| wait.is_some());
            wait_until(|| bus.report(0).as_ref().is_some_and(waits));
            *seen.lock().unwrap() = bus.report(0);
            go_on.open();
        });
    }
    let link = attached.link.clone();
    let sender = thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    let host = attached.host.clone();
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    wait_until(|| attached.bus.report(0).is_some_and(|report| report.remover.is_some() && report.queue == 1));
    assert!(attached.host.declare_gone());
    assert!(remover.join().unwrap());
    sender.join().unwrap().unwrap();
    let in_cancel = seen.lock().unwrap().take().expect("the host was asked to cancel");
    let (remover, waits_for) = in_cancel.remover.expect("a host that leaves has a remover");
    assert_eq!(waits_for, Some(WaitFor::Link(attached.host.key())));
    assert!(in_cancel.canceller.is_some_and(|canceller| canceller != remover));
    let after = attached.bus.report(0).unwrap();
    assert_eq!((after.remover, after.canceller, after.queue), (None, None, 0));
    attached.controller.forget_hooks();
}

#[test]
fn a_sender_who_passes_the_open_gate_is_visible_and_so_is_one_whom_the_book_knows() {
    let Attached { bus, controller, host, link, device: _device, .. } = Attached::new();
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = thread::spawn(move || other.write(dcs::Nop));
    sending.pass();
    // Nobody has waited or removed since the last packet: this one is not in the book.
    let report = bus.report(0).unwrap();
    let (caller, channel) = report.link.expect("who sends is visible");
    assert_eq!((channel, report.queue), (VC1, 0));
    // One who waits closes the gate, and the same sender is in the book.
    let waiting = thread::spawn(move || link.write(dcs::Nop));
    wait_until(|| bus.report(0).unwrap().queue == 1);
    assert_eq!(bus.report(0).unwrap().link, Some((caller, VC1)));
    go_on.open();
    assert_eq!((sender.join().unwrap(), waiting.join().unwrap()), (Ok(()), Ok(())));
    assert_eq!(bus.report(0).unwrap().link, None);
    controller.forget_hooks();
}

#[test]
fn an_error_is_shown_with_the_names_of_its_host_and_device() {
    let attached = Attached::new();
    let bus = &attached.bus;
    let past = || Some(Instant::now());
    let (inside, go_on) = (Gate::default(), Gate::default());
    {
        let (inside, go_on) = (inside.clone(), go_on.clone());
        attached.controller.on_detach(move |_| {
            inside.open();
            go_on.pass();
        });
    }
    let detach = {
        let link = attached.link.clone();
        thread::spawn(move || link.detach())
    };
    inside.pass();
    let error = attached.link.detach_with(past()).unwrap_err();
    let sentence =
        "still running at the deadline: the attach or detach of channel 0 of host fd922800.dsi (sn65dsi83)";
    assert_eq!(bus.show(&error).to_string(), sentence);
    assert_eq!(
        error.to_string(),
        sentence.replace("fd922800.dsi (sn65dsi83)", "0"),
        "without the bus: the number"
    );
    let error = attached.device.attach_with(CONFIG, past()).unwrap_err();
    assert_eq!(bus.show(&error).to_string(), sentence);
    go_on.open();
    assert_eq!(detach.join().unwrap(), Ok(Removed::ByThisCall));
    attached.controller.forget_hooks();

    let link = attached.device.attach(CONFIG).unwrap();
    let seen = Arc::new(Mutex::new(vec![]));
    {
        let (bus, link, seen) = (bus.clone(), attached.link.clone(), seen.clone());
        let device = attached.device.clone();
        attached.controller.on_transfer(move || {
            let nested = TransferError::StillRunning(device.unregister().unwrap_err());
            let read = ReadError::Transfer(nested);
            let late = link.write(dcs::Nop).unwrap_err();
            seen.lock()
                .unwrap()
                .extend([bus.show(&nested), bus.show(&read), bus.show(&late)].map(|it| it.to_string()));
        });
    }
    link.write(dcs::Nop).unwrap();
    attached.controller.forget_hooks();
    let sentence = "from here this would wait for ever: the transfer on host fd922800.dsi";
    assert_eq!(*seen.lock().unwrap(), [sentence, sentence, "the device has been detached"]);
}

#[test]
fn an_error_is_not_shown_with_the_names_of_successors() {
    let attached = Attached::on(bus(), "old host");
    let past = || Some(Instant::now());
    let (inside, go_on) = (Gate::default(), Gate::default());
    {
        let (inside, go_on) = (inside.clone(), go_on.clone());
        attached.controller.on_detach(move |_| {
            inside.open();
            go_on.pass();
        });
    }
    let detach = {
        let link = attached.link.clone();
        thread::spawn(move || link.detach())
    };
    inside.pass();
    let error = attached.link.detach_with(past()).unwrap_err();
    go_on.open();
    detach.join().unwrap().unwrap();
    attached.controller.forget_hooks();

    attached.device.unregister().unwrap();
    let _device = attached.host.register_device(DeviceInfo::new(VC0, "new device")).unwrap();
    let shown = attached.bus.show(&error).to_string();
    assert!(shown.ends_with("of channel 0 of host old host"), "{shown}");
    attached.host.unregister().unwrap();
    let new = Attached::on(attached.bus.clone(), "new host");
    assert_eq!(new.host.key().slot, attached.host.key().slot, "the test is about the same slot");
    assert_eq!(attached.bus.show(&error).to_string(), error.to_string());
}
