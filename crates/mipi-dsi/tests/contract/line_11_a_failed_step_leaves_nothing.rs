//! Line 11: channel taken twice, attach refused, names too long: nothing is left of the attempt.

use super::support::*;
use mipi_dsi::bus::{
    AttachError, AttachRefused, Capabilities, Feature, HostError, Lanes, LinkConfig, PixelFormat,
    RegisterDeviceError, RegisterHostError, Side,
};
use std::sync::Arc;

#[test]
fn a_channel_is_taken_once() {
    let Attached { host, device, bus, link: _link, .. } = Attached::new();
    let peripheral = TestPeripheral::new();
    let all = Capabilities::all(Lanes::Four);
    let second = host.reference().register_device_with(VC0, "second", all, Some(peripheral.clone()));
    assert_eq!(second.err(), Some(RegisterDeviceError::ChannelTaken(VC0)));
    assert_eq!(Arc::strong_count(&peripheral), 1, "the notice of the refused one is not kept");
    assert_eq!(bus.report(0).unwrap().devices[0].name.as_str(), "sn65dsi83");
    device.unregister().unwrap();
    assert!(host.register_device(VC0, "second").is_ok());
}

#[test]
fn an_attach_that_the_host_refuses_can_be_tried_again() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host("host", controller.clone()).unwrap();
    let device = host.register_device(VC0, "panel").unwrap();
    for reason in [AttachRefused::NotReady, AttachRefused::Transfer(HostError::Timeout)] {
        *controller.refuse.lock().unwrap() = Some(reason);
        assert_eq!(device.attach(CONFIG).err(), Some(AttachError::Refused(reason)));
        assert_eq!(controller.counts(), [0, 0, 0], "nothing to detach");
    }
    *controller.refuse.lock().unwrap() = None;
    let link = device.attach(CONFIG).unwrap();
    assert_eq!(device.attach(CONFIG).err(), Some(AttachError::AlreadyAttached));
    drop((link, device, host));
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.assert_quiet();
}

#[test]
fn a_configuration_that_an_end_cannot_do_does_not_reach_the_host() {
    let bus = bus();
    let controller = TestHost::new();
    let two_lanes = Capabilities::all(Lanes::Two);
    let host = bus.register_host_with("host", None, two_lanes, controller.clone()).unwrap();
    let no_565 = Capabilities::all(Lanes::Four).only_formats(&[PixelFormat::Rgb888]);
    let device = host.reference().register_device_with(VC0, "panel", no_565, None).unwrap();
    let unsupported = |side, feature| Some(AttachError::Unsupported { side, feature });
    assert_eq!(
        device.attach(CONFIG).err(),
        unsupported(Side::Host, Feature::Lanes { asked: Lanes::Four, most: Lanes::Two })
    );
    assert_eq!(
        device.attach(LinkConfig::video(Lanes::One, PixelFormat::Rgb565)).err(),
        unsupported(Side::Peripheral, Feature::Format(PixelFormat::Rgb565))
    );
    assert_eq!(controller.counts(), [0, 0, 0]);
    assert!(device.attach(LinkConfig::video(Lanes::Two, PixelFormat::Rgb888)).is_ok());
}

#[test]
fn what_cannot_be_registered_is_given_back_by_dropping_it() {
    let bus = bus();
    let controller = TestHost::new();
    let long = "x".repeat(40);
    assert!(matches!(bus.register_host(&long, controller.clone()), Err(RegisterHostError::Name(_))));
    let hosts: Vec<_> = ["a", "b"].map(|name| bus.register_host(name, controller.clone()).unwrap()).into();
    let third = bus.register_host("c", controller.clone());
    assert_eq!(third.err(), Some(RegisterHostError::NoSlot { slots: 2 }));
    assert!(matches!(hosts[0].register_device(VC0, &long), Err(RegisterDeviceError::Name(_))));
    assert!(hosts[0].register_device(VC0, "short").is_ok(), "the channel was not taken by the long name");
    drop(hosts);
    assert_eq!(Arc::strong_count(&controller), 1);
    assert_eq!(bus.reports().count(), 0);
}

#[test]
fn a_probe_that_fails_half_way_frees_its_channel_by_dropping_what_it_had() {
    let Attached { controller, host, device: _device, link: _link, .. } = Attached::new();
    let probe = || -> Result<(), AttachError> {
        let device = host.register_device(VC1, "bridge").unwrap();
        let _link = device.attach(CONFIG)?;
        *controller.refuse.lock().unwrap() = Some(AttachRefused::NoCapacity);
        device.attach(CONFIG).map(|_| ())
    };
    assert_eq!(probe(), Err(AttachError::AlreadyAttached));
    assert_eq!(controller.counts(), [2, 1, 0]);
    assert!(host.register_device(VC1, "bridge").is_ok());
}
