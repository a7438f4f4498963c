//! Line 11: channel taken twice, attach refused, names too long: nothing is left of the attempt.

use super::support::*;
use mipi_dsi::bus::{
    adapter::Name,
    timings::{AxisTimings, LaneRate, LinkBudgetError, VideoTimings},
    AttachError, Capabilities, DeviceInfo, HostAttachError, HostError, HostInfo, Lanes, LinkConfig, Node,
    PixelFormat, RegisterDeviceError, RegisterHostError, Side, UnsupportedFeature,
};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

#[test]
fn a_channel_is_taken_once() {
    let Attached { host, device, bus, link: _link, .. } = Attached::new();
    let peripheral = TestPeripheral::new();
    let second =
        host.reference().register_device(DeviceInfo::new(VC0, "second").listener(peripheral.clone()));
    assert_eq!(second.err(), Some(RegisterDeviceError::ChannelTaken(VC0)));
    assert_eq!(Arc::strong_count(&peripheral), 1, "the notice of the refused one is not kept");
    assert_eq!(bus.report(0).unwrap().devices[0].name.as_ref().map(Name::as_str), Some("sn65dsi83"));
    device.unregister().unwrap();
    assert!(host.register_device(DeviceInfo::new(VC0, "second")).is_ok());
}

#[test]
fn an_attach_that_the_host_refuses_can_be_tried_again() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    for reason in [HostAttachError::NotReady, HostAttachError::Transfer(HostError::Timeout)] {
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
    let host = bus.register_host(HostInfo::new("host").capabilities(two_lanes), controller.clone()).unwrap();
    let no_565 = Capabilities::all(Lanes::Four).only_formats(&[PixelFormat::Rgb888]);
    let device =
        host.reference().register_device(DeviceInfo::new(VC0, "panel").capabilities(no_565)).unwrap();
    let unsupported = |side, feature| Some(AttachError::Unsupported { side, feature });
    assert_eq!(
        device.attach(CONFIG).err(),
        unsupported(Side::Host, UnsupportedFeature::Lanes { asked: Lanes::Four, most: Lanes::Two })
    );
    assert_eq!(
        device.attach(LinkConfig::video(Lanes::One, PixelFormat::Rgb565)).err(),
        unsupported(Side::Peripheral, UnsupportedFeature::Format(PixelFormat::Rgb565))
    );
    assert_eq!(controller.counts(), [0, 0, 0]);
    assert!(device.attach(LinkConfig::video(Lanes::Two, PixelFormat::Rgb888)).is_ok());
}

/// 148.5 MHz of 24 bits are 3,564,000 kbit/s; four lanes at 800,000 kbit/s carry 3,200,000.
#[test]
fn video_that_does_not_fit_the_link_does_not_reach_the_host() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let horizontal = AxisTimings { active: 1920, front_porch: 88, sync: 44, back_porch: 148 };
    let vertical = AxisTimings { active: 1080, front_porch: 4, sync: 5, back_porch: 36 };
    let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888)
        .with_timings(VideoTimings::new(148_500, horizontal, vertical).unwrap());
    let rate = |kbit_per_s| LaneRate::from_kbit_per_s(kbit_per_s).unwrap();
    let error = device.attach(config.at_lane_rate(rate(800_000))).err().unwrap();
    let budget = LinkBudgetError { needed_kbit_per_s: 3_564_000, available_kbit_per_s: 3_200_000 };
    let feature = UnsupportedFeature::LinkBudget(budget);
    assert_eq!(error, AttachError::Unsupported { side: Side::Host, feature });
    assert_eq!(
        error.to_string(),
        "the host can't do this video: the video needs 3564000 kbit/s, and the link carries 3200000 kbit/s"
    );
    assert_eq!(controller.counts(), [0, 0, 0]);
    assert!(device.attach(config.at_lane_rate(rate(891_000))).is_ok());
}

#[test]
fn what_cannot_be_registered_is_given_back_by_dropping_it() {
    let bus = bus();
    let controller = TestHost::new();
    let long = "x".repeat(40);
    assert!(matches!(
        bus.register_host(HostInfo::new(&long), controller.clone()),
        Err(RegisterHostError::Name(_))
    ));
    let hosts: Vec<_> =
        ["a", "b"].map(|name| bus.register_host(HostInfo::new(name), controller.clone()).unwrap()).into();
    let third = bus.register_host(HostInfo::new("c"), controller.clone());
    assert_eq!(third.err(), Some(RegisterHostError::NoSlot { slots: 2 }));
    assert!(matches!(
        hosts[0].register_device(DeviceInfo::new(VC0, &long)),
        Err(RegisterDeviceError::Name(_))
    ));
    assert!(
        hosts[0].register_device(DeviceInfo::new(VC0, "short")).is_ok(),
        "the channel was not taken by the long name"
    );
    drop(hosts);
    assert_eq!(Arc::strong_count(&controller), 1);
    assert_eq!(bus.reports().count(), 0);
}

#[test]
fn a_probe_that_fails_half_way_frees_its_channel_by_dropping_what_it_had() {
    let Attached { controller, host, device: _device, link: _link, .. } = Attached::new();
    let probe = || -> Result<(), AttachError> {
        let device = host.register_device(DeviceInfo::new(VC1, "bridge")).unwrap();
        let _link = device.attach(CONFIG)?;
        *controller.refuse.lock().unwrap() = Some(HostAttachError::NoCapacity);
        device.attach(CONFIG).map(|_| ())
    };
    assert_eq!(probe(), Err(AttachError::AlreadyAttached));
    assert_eq!(controller.counts(), [2, 1, 0]);
    assert!(host.register_device(DeviceInfo::new(VC1, "bridge")).is_ok());
}

#[test]
fn a_name_is_taken_once_and_is_free_when_its_host_begins_to_leave() {
    let bus = bus();
    let (first, second) = (TestHost::new(), TestHost::new());
    let peripheral = TestPeripheral::new();
    let host = bus.register_host(HostInfo::new("host"), first.clone()).unwrap();
    for _ in 0..3 {
        let again = bus.register_host(HostInfo::new("host").node(Node(1)), second.clone());
        assert_eq!(again.err(), Some(RegisterHostError::NameTaken));
        assert_eq!(Arc::strong_count(&second), 1, "nothing of the second is kept");
        assert!(bus.find_host_by_node(Node(1)).is_none());
    }
    assert!(bus.find_host("host").is_some_and(|found| found.key() == host.key()));
    let other = bus.register_host(HostInfo::new("other"), second.clone()).expect("no slot was lost");
    drop(other);
    // From the first notice on the host is not found, so its successor may come.
    let (_device, _link) = attach(&host.reference(), VC0, &peripheral);
    let successor = Arc::new(Mutex::new(None));
    {
        let (bus, second, successor) = (bus.clone(), second.clone(), successor.clone());
        peripheral.on_leaving(move |_| {
            *successor.lock().unwrap() =
                Some(bus.register_host(HostInfo::new("host"), second.clone()).unwrap());
        });
    }
    assert!(host.unregister().unwrap().is_some());
    drop(host);
    let successor = successor.lock().unwrap().take().expect("the notice ran");
    assert!(bus.find_host("host").is_some_and(|found| found.key() == successor.key()));
    peripheral.forget_hooks();
}

#[test]
fn of_several_who_register_one_name_at_once_one_succeeds() {
    const CALLERS: usize = 3;
    let bus = TestBus::with_hosts(CALLERS);
    let controller = TestHost::new();
    for _ in 0..200 {
        let all_there = Arc::new(Barrier::new(CALLERS));
        let callers = [(); CALLERS].map(|()| {
            let (bus, controller, all_there) = (bus.clone(), controller.clone(), all_there.clone());
            thread::spawn(move || {
                all_there.wait();
                bus.register_host(HostInfo::new("host"), controller)
            })
        });
        let hosts = callers.map(|caller| caller.join().unwrap());
        assert_eq!(hosts.iter().filter(|host| host.is_ok()).count(), 1);
        let refused = hosts.iter().filter_map(|host| host.as_ref().err());
        assert!(refused.into_iter().all(|error| *error == RegisterHostError::NameTaken));
        assert!(bus.find_host("host").is_some());
    }
    assert_eq!(Arc::strong_count(&controller), 1);
    assert_eq!(bus.reports().count(), 0);
}
