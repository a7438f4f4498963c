//! What users hold does what it looks like.

use super::support::{bus, Attached, TestHost, CONFIG, VC0, VC1};
use mipi_dsi::bus::{
    timings::{AxisTimings, LaneRate, VideoTimings},
    Commands, DeviceInfo, HostInfo, Lanes, LinkConfig, PixelFormat, RegisterHostError, RemovalKind,
};
use mipi_dsi::dcs;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// One statement registers and attaches; both ends live as long as what it gives.
#[test]
fn a_one_liner_that_registers_and_attaches_keeps_both() {
    let (bus, controller) = (bus(), TestHost::new());
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let panel = host.attach_device(DeviceInfo::new(VC0, "panel"), CONFIG).unwrap();
    assert_eq!(panel.write(dcs::Nop), Ok(()));
    assert!(panel.device().check().is_ok());
    let (device, link) = panel.into_parts();
    assert_eq!(link.write(dcs::Nop), Ok(()));
    drop((link, device));
    controller.assert_quiet();
}

#[test]
fn a_name_that_another_host_has_is_refused_and_changes_nothing() {
    let Attached { bus, host, link, device: _device, .. } = Attached::new();
    let second = TestHost::new();
    let refused = bus.register_host(HostInfo::new("fd922800.dsi"), second.clone()).map(|_| ());
    assert_eq!(refused, Err(RegisterHostError::NameTaken));
    assert_eq!(Arc::strong_count(&second), 1);
    assert_eq!(bus.find_host("fd922800.dsi").map(|found| found.key()), Some(host.key()));
    assert_eq!(link.write(dcs::Nop), Ok(()));
    host.unregister().unwrap();
    assert!(bus.register_host(HostInfo::new("fd922800.dsi"), second).is_ok());
}

/// All of it but the timings, which only the attach needs.
#[test]
fn a_detach_has_the_configuration_of_its_attach() {
    let (bus, controller) = (bus(), TestHost::new());
    let seen = Arc::new(Mutex::new(vec![]));
    let (attaches, detaches) = (seen.clone(), seen.clone());
    controller.on_attach(move |attachment| attaches.lock().unwrap().push(*attachment.config));
    controller.on_detach(move |attachment| detaches.lock().unwrap().push(*attachment.config));
    let host = bus.register_host(HostInfo::new("host"), controller).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let axis = AxisTimings { active: 100, front_porch: 10, sync: 10, back_porch: 10 };
    let usual = LinkConfig::command(Lanes::One, PixelFormat::Rgb888);
    let unusual = LinkConfig::video(Lanes::Two, PixelFormat::Rgb565)
        .burst()
        .no_end_of_transmission()
        .non_continuous_clock()
        .low_power_commands()
        .at_lane_rate(LaneRate::from_kbit_per_s(891_000).unwrap());
    for without_timings in [usual, unusual] {
        let config = without_timings.with_timings(VideoTimings::new(10_000, axis, axis).unwrap());
        drop(device.attach(config).unwrap());
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), [config, without_timings]);
    }
}

/// The message names the host and the device, and not the slots that they are in.
#[test]
fn an_error_names_the_host_and_the_device() {
    let Attached { bus, controller, host, link, device: _device, .. } = Attached::new();
    let (sending, go_on) = super::transfers_stop_at(&controller);
    let sender = super::send(&link);
    sending.pass();
    let error = host.unregister_with(RemovalKind::Orderly, Some(Instant::now())).map(|_| ()).unwrap_err();
    assert_eq!(
        bus.show(&error).to_string(),
        "still running at the deadline: the transfer on host fd922800.dsi"
    );
    go_on.open();
    sender.join().unwrap().unwrap();

    let Attached { bus, controller, host, device: _device, link: _link, .. } = Attached::new();
    let second = Arc::new(host.register_device(DeviceInfo::new(VC1, "panel")).unwrap());
    let errors = Arc::new(Mutex::new(vec![]));
    let (inside, heard) = (second.clone(), errors.clone());
    controller.on_attach(move |_| heard.lock().unwrap().extend(inside.unregister().err()));
    let _link = second.attach(CONFIG).unwrap();
    let errors = std::mem::take(&mut *errors.lock().unwrap());
    assert_eq!(
        errors.iter().map(|error| bus.show(error).to_string()).collect::<Vec<_>>(),
        ["from here this would wait for ever: the attach or detach of channel 1 of host fd922800.dsi (panel)"]
    );
    controller.forget_hooks();
}
