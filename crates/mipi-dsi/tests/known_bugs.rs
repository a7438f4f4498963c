//! The defects of Linux 6.12's DSI bus that `docs/known-bugs.md` describes, each shown not to be here.
//!
//! One test for each number of that page, named after what this bus does instead. The contract's tests look at the
//! same behaviour from the side of the promise; these look from the side of the accident.

mod support;

use mipi_dsi::bus::{
    adapter::Name,
    report::{DeviceState, Presence},
    AttachError, Attachment, Commands, DeviceInfo, Gone, HostAttachError, HostController, HostError,
    HostInfo, Lanes, LinkConfig, Message, PixelFormat, ReadError, RegisterDeviceError, Removed, Speed,
    StdBus, TransferError,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::{DataType, InvalidChannel, Packet, PayloadTooLong, SmallCrc, VirtualChannel};
use std::sync::{Arc, Mutex};
use std::thread;
use support::*;

const HOST_GONE: Gone = Gone::HostRemoved;

/// In Linux the peripheral's remove runs after the detach: its last commands and its own detach come too late.
#[test]
fn d01_the_peripheral_leaves_before_its_device_is_detached() {
    let Attached { controller, peripheral, host, device, link, .. } = Attached::new();
    peripheral.on_leaving(move |_| {
        assert_eq!(link.write(dcs::SetDisplayOff), Ok(()));
        assert_eq!(link.write(dcs::EnterSleepMode), Ok(()));
        assert_eq!(link.detach(), Ok(Removed::ByThisCall));
        assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
    });
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((peripheral.told(), controller.counts()), (1, [1, 1, 2]));
    controller.assert_quiet();
    peripheral.forget_hooks();
}

/// In Linux the removal walks over all children of the parent device, whatever they are.
#[test]
fn d02_a_removal_visits_what_was_registered_on_this_host_and_nothing_else() {
    let bus = bus();
    // One controller with two links: in Linux's terms, everything below has the same parent device.
    let controller = TestHost::new();
    let hosts =
        ["dsi0", "dsi1"].map(|name| bus.register_host(HostInfo::new(name), controller.clone()).unwrap());
    let peripherals = [TestPeripheral::new(), TestPeripheral::new()];
    let (_device0, link0) = attach(&hosts[0].reference(), VC0, &peripherals[0]);
    let (_device1, link1) = attach(&hosts[1].reference(), VC1, &peripherals[1]);

    assert!(hosts[0].unregister().unwrap().is_some());
    assert_eq!(link0.write(dcs::Nop), Err(TransferError::Gone(HOST_GONE)));
    assert_eq!(link1.write(dcs::Nop), Ok(()));
    assert_eq!(peripherals.each_ref().map(|peripheral| peripheral.told()), [1, 0]);
    assert_eq!(controller.counts(), [2, 1, 1]);
    assert!(hosts[1].unregister().unwrap().is_some());
    controller.assert_quiet();
}

/// In Linux a found host is a bare pointer.
#[test]
fn d03_a_host_that_was_found_and_then_lost_is_an_error() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let found = bus.find_host("host").unwrap();
    host.unregister().unwrap().unwrap().retire();
    assert_eq!(Arc::strong_count(&controller), 1, "a found host keeps nothing of the controller's");
    assert_eq!(
        found.register_device(DeviceInfo::new(VC0, "late")).err(),
        Some(RegisterDeviceError::Gone(HOST_GONE))
    );

    // Nor does it take another host in the same slot for the one that it found.
    let other = TestHost::new();
    let successors =
        ["host", "other"].map(|name| bus.register_host(HostInfo::new(name), other.clone()).unwrap());
    assert!(successors.iter().any(|host| host.key().slot == found.key().slot));
    assert_eq!(
        found.register_device(DeviceInfo::new(VC0, "late")).err(),
        Some(RegisterDeviceError::Gone(HOST_GONE))
    );
    controller.assert_quiet();
}

/// In Linux a host is unlisted after its devices are gone, so a bridge can still register on it and is left behind.
#[test]
fn d04_a_dying_host_is_not_found_and_takes_nobody() {
    let Attached { controller, host, bus, device: _device, link: _link, .. } = Attached::new();
    let reference = host.reference();
    let seen = Arc::new(Mutex::new(vec![]));
    {
        let (bus, seen) = (bus.clone(), seen.clone());
        // The detach of the last device: the moment that Linux leaves open.
        controller.on_detach(move |_| {
            let (bus, reference) = (bus.clone(), reference.clone());
            let bridge = thread::spawn(move || {
                (
                    bus.find_host("fd922800.dsi").is_some(),
                    reference.register_device(DeviceInfo::new(VC1, "bridge")).err(),
                )
            });
            seen.lock().unwrap().push(bridge.join().unwrap());
        });
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(*seen.lock().unwrap(), [(false, Some(RegisterDeviceError::Gone(HOST_GONE)))]);
    let report = bus.report(0).unwrap();
    assert_eq!(report.presence, Presence::Gone);
    assert!(report.devices.iter().all(|device| device.state == DeviceState::Gone));
    controller.assert_quiet();
    controller.forget_hooks();
}

/// In Linux children are probed inside the registration of their host, before it is listed and before its driver is
/// ready, and what became of them is not told.
#[test]
fn d05_a_host_is_found_by_its_children_and_not_called_while_it_registers() {
    let bus = bus();
    let controller = TestHost::new();
    let found = Arc::new(Mutex::new(vec![]));
    {
        let (bus, found) = (bus.clone(), found.clone());
        controller.on_attach(move |_| found.lock().unwrap().push(bus.find_host("host").is_some()));
    }
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    assert_eq!(controller.counts(), [0, 0, 0], "registering a host calls nobody");
    assert!(bus.find_host("host").is_some_and(|found| found.is_present()));
    let child = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let _link = child.attach(CONFIG).unwrap();
    assert_eq!(*found.lock().unwrap(), [true]);
    let failed = host.register_device(DeviceInfo::new(VC0, "again")).err();
    assert_eq!(failed, Some(RegisterDeviceError::ChannelTaken(VC0)), "a child's failure is told");
    drop(child);
    controller.forget_hooks();
}

/// In Linux the second device of a channel is freed while the driver core may still hold it.
#[test]
fn d06_a_second_device_of_a_channel_is_refused_and_leaves_the_first_alone() {
    let Attached { controller, host, device, link, .. } = Attached::new();
    for _ in 0..3 {
        let refused = host.register_device(DeviceInfo::new(VC0, "second")).err();
        assert_eq!(refused, Some(RegisterDeviceError::ChannelTaken(VC0)));
    }
    assert_eq!((device.check(), link.write(dcs::Nop)), (Ok(()), Ok(())));
    drop((device, link));
    assert!(host.register_device(DeviceInfo::new(VC0, "second")).is_ok());
    controller.assert_quiet();
}

/// In Linux a device tree child that can't be registered leaks a reference to its node, and `reg = <4>` is enough.
#[test]
fn d07_a_registration_that_fails_keeps_nothing_of_what_it_was_given() {
    assert_eq!(VirtualChannel::new(4), Err(InvalidChannel(4)), "no key can name it");
    let bus = bus();
    let host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
    let _first = host.register_device(DeviceInfo::new(VC0, "first")).unwrap();
    let found = host.reference();
    let peripheral = TestPeripheral::new();
    let given = || peripheral.clone();
    let too_long = "a name that no slot has room for, as it is too long";
    assert!(found.register_device(DeviceInfo::new(VC0, "taken").listener(given())).is_err());
    assert!(found.register_device(DeviceInfo::new(VC1, too_long).listener(given())).is_err());
    assert_eq!(bus.report(0).unwrap().devices[1].state, DeviceState::Gone, "the channel is still free");
    drop(host);
    assert!(found.register_device(DeviceInfo::new(VC1, "late").listener(given())).is_err());
    assert_eq!(Arc::strong_count(&peripheral), 1);
}

/// In Linux unregistering puts a device node that registering has not got.
#[test]
fn d08_what_registering_takes_unregistering_gives_back_once() {
    let bus = bus();
    let peripheral = TestPeripheral::new();
    for round in 0..6 {
        let host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
        let device = host
            .reference()
            .register_device(DeviceInfo::new(VC0, "lt9611").listener(peripheral.clone()))
            .unwrap();
        assert_eq!(Arc::strong_count(&peripheral), 2);
        // Either side first, and both more than once.
        if round % 2 == 0 {
            host.unregister().unwrap();
        }
        for _ in 0..2 {
            device.unregister().unwrap();
            assert_eq!(Arc::strong_count(&peripheral), 1);
            host.unregister().unwrap();
        }
    }
    assert_eq!(Arc::strong_count(&peripheral), 1);
    assert_eq!(bus.reports().count(), 0);
}

/// In Linux `attached` is a flag that is set late, cleared early and checked without a lock.
#[test]
fn d09_a_device_is_attached_once_and_detached_though_its_attach_was_long() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let device = Arc::new(host.register_device(DeviceInfo::new(VC0, "panel")).unwrap());
    let first = device.attach(CONFIG).unwrap();
    assert_eq!(device.attach(CONFIG).err(), Some(AttachError::AlreadyAttached));
    assert_eq!(controller.counts(), [1, 0, 0], "the second attach did not reach the host");
    assert_eq!(first.detach(), Ok(Removed::ByThisCall));

    let (attaching, go_on) = (Gate::default(), Gate::default());
    {
        let (attaching, go_on) = (attaching.clone(), go_on.clone());
        controller.on_attach(move |_| {
            attaching.open();
            go_on.pass();
        });
    }
    let attach = {
        let device = device.clone();
        thread::spawn(move || device.attach(CONFIG).map(|link| link.write(dcs::Nop)))
    };
    attaching.pass();
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    let_others_run();
    go_on.open();
    assert!(remover.join().unwrap());
    assert!(attach.join().unwrap().is_ok(), "an attach that has begun completes");
    assert_eq!(controller.counts()[..2], [2, 2]);
    controller.assert_quiet();
    controller.forget_hooks();

    // A detach that goes wrong inside the host is done all the same: the device can be attached again.
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    controller.on_detach(|_| panic!("the host's detach goes wrong"));
    let detach = link.clone();
    assert!(thread::spawn(move || detach.detach()).join().is_err());
    controller.forget_hooks();
    assert_eq!(link.detach(), Ok(Removed::Already));
    assert!(device.attach(CONFIG).is_ok());
}

/// In Linux a transfer asks neither whether the device is attached nor whether its host is there, nor who else sends.
#[test]
fn d10_transfers_need_an_attached_device_and_run_one_at_a_time() {
    let Attached { controller, host, device: _device, link, .. } = Attached::new();
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    controller.on_transfer(thread::yield_now);
    let senders = [&link, &other].map(|link| {
        let link = link.clone();
        thread::spawn(move || (0..200).all(|_| link.write(dcs::Nop).is_ok()))
    });
    assert!(senders.into_iter().all(|sender| sender.join().unwrap()));
    controller.assert_lawful(); // it counts two transfers at once as a violation

    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::Detached)));
    host.unregister().unwrap().unwrap().retire();
    assert_eq!(other.write(dcs::Nop), Err(TransferError::Gone(HOST_GONE)));
    assert_eq!(controller.counts()[2], 400);
    controller.assert_quiet();
}

/// A host that keeps the speed of each message that it sends.
#[derive(Default)]
struct SpeedRecorder(Mutex<Vec<(VirtualChannel, Speed)>>);

impl HostController for SpeedRecorder {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        self.0.lock().expect("no thread of the test panicked").push((message.channel(), message.speed()));
        Ok(0)
    }
}

/// In Linux the speed is a bit in a word that the backlight changes while the other paths send.
#[test]
fn d11_the_speed_of_a_command_is_that_of_its_attachment() {
    let bus = StdBus::<Arc<SpeedRecorder>, Arc<TestPeripheral>>::with_hosts(1);
    let controller = Arc::new(SpeedRecorder::default());
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let fast = LinkConfig::command(Lanes::One, PixelFormat::Rgb888);
    let slow = fast.low_power_commands();
    let device = Arc::new(host.register_device(DeviceInfo::new(VC0, "panel")).unwrap());
    let before = device.attach(slow).unwrap();
    let other_device = host.register_device(DeviceInfo::new(VC1, "other")).unwrap();
    let other = other_device.attach(fast).unwrap();
    let sender = thread::spawn(move || (0..200).filter(|_| other.write(dcs::Nop).is_ok()).count());
    for _ in 0..200 {
        before.write(dcs::Nop).unwrap();
    }
    assert_eq!(sender.join().unwrap(), 200);
    let expected = |(channel, speed): &(VirtualChannel, Speed)| {
        *speed == if *channel == VC0 { Speed::LowPower } else { Speed::HighSpeed }
    };
    assert!(controller.0.lock().unwrap().iter().all(expected));

    // Another speed is another attachment, and the link of the one before sends nothing any more.
    before.detach().unwrap();
    let after = device.attach(fast).unwrap();
    assert_eq!(before.write(dcs::Nop), Err(TransferError::Gone(Gone::Detached)));
    after.write(dcs::Nop).unwrap();
    assert_eq!(controller.0.lock().unwrap().last(), Some(&(VC0, Speed::HighSpeed)));
}

/// In Linux any count of bytes is a brightness, and nobody says how many may come.
#[test]
fn d12_a_short_response_is_no_value_and_the_byte_order_is_said() {
    let Attached { controller, host: _host, device: _device, link, .. } = Attached::new();
    *controller.response.lock().unwrap() = Ok(vec![0x12]);
    let short = Err(ReadError::Short { expected: 2, got: 1 });
    assert_eq!(link.read(dcs::GetDisplayBrightness16), short);
    assert_eq!(link.read(dcs::GetDisplayBrightness16Swapped), short);
    let size = (0x37, vec![2, 0]);
    assert_eq!(controller.sent.lock().unwrap()[..2], [size, (0x06, vec![0x52])]);
    *controller.response.lock().unwrap() = Ok(vec![0x12, 0x34]);
    assert_eq!(link.read(dcs::GetDisplayBrightness16), Ok(0x1234));
    assert_eq!(link.read(dcs::GetDisplayBrightness16Swapped), Ok(0x3412));
}

/// In Linux a length that the word count has no room for is cut in the header and not in the payload.
#[test]
fn d13_a_packet_says_its_true_length_or_is_not_made() {
    let Attached { controller, host: _host, device: _device, link, .. } = Attached::new();
    let bytes = vec![0x2c; 0x1_0000];
    let refused = |most, got| Err::<(), _>(TransferError::Message(PayloadTooLong { most, got }));
    assert_eq!(link.dcs_write(&bytes), refused(0xffff, 0x1_0000));
    assert_eq!(link.generic_write(&bytes), refused(0xffff, 0x1_0000));
    let three = link.generic_read(&[1, 2, 3], &mut [0]);
    assert_eq!(three.err(), refused(2, 3).err().map(ReadError::Transfer));
    assert_eq!(link.dcs_write(&bytes[..0xffff]), Ok(()));
    assert_eq!(controller.sent.lock().unwrap().last().map(|(_, payload)| payload.len()), Some(0xffff));

    // On the wire: header with its code, payload, checksum, and all of it in the length.
    let packet = Packet::new(VC0, DataType::DCS_LONG_WRITE, &bytes[..3]).unwrap();
    let mut buffer = [0xa5; 16];
    assert_eq!(packet.emit(&mut buffer, &SmallCrc), Ok(4 + 3 + 2));
    assert_eq!(Packet::parse(&buffer[..9], &SmallCrc), Ok(packet));
    buffer[1] ^= 0x10;
    assert_eq!(Packet::parse(&buffer[..9], &SmallCrc), Ok(packet), "the header's code puts one bit right");
}

/// In Linux a length without data sends whatever the stack or the heap had.
#[test]
fn d14_only_bytes_that_were_given_are_sent() {
    let Attached { controller, host: _host, device: _device, link, .. } = Attached::new();
    assert_eq!(link.dcs_write(&[]), Err(TransferError::NoCommand));
    assert_eq!(controller.counts()[2], 0, "nothing is sent for nothing");
    let bytes: Vec<u8> = (0x80..0xa0).collect();
    for length in 1..=bytes.len() {
        link.dcs_write(&bytes[..length]).unwrap();
        assert_eq!(controller.sent.lock().unwrap().pop().unwrap().1, bytes[..length]);
    }
    for length in 0..=bytes.len() {
        link.dcs_write_with(0x2c, &bytes[..length]).unwrap();
        let sent = controller.sent.lock().unwrap().pop().unwrap().1;
        assert_eq!(sent, [&[0x2c], &bytes[..length]].concat());
    }
}

/// A driver of Linux that forgets to unregister is refused at its next probe. Here its handles are its registration.
#[test]
fn d15_a_driver_that_forgets_to_unregister_can_be_probed_again() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    *controller.refuse.lock().unwrap() = Some(HostAttachError::NotReady);
    let probe = || {
        let device = host.register_device(DeviceInfo::new(VC0, "dlpc3433")).expect("the channel is free");
        device.attach(CONFIG).map(|link| (link, device))
    };
    assert_eq!(probe().err(), Some(AttachError::Refused(HostAttachError::NotReady)));
    *controller.refuse.lock().unwrap() = None;
    drop(probe().unwrap());
    drop(probe().unwrap());
    assert_eq!(controller.counts(), [2, 2, 0]);
    controller.assert_quiet();
}

/// A dual-link panel of Linux uses its second device after the second host has freed it.
#[test]
fn d16_of_a_dual_link_panel_either_host_may_go_first() {
    for first_to_go in [0, 1] {
        let bus = bus();
        let halves = [Attached::on(bus.clone(), "dsi0"), Attached::on(bus, "dsi1")];
        let other = 1 - first_to_go;
        halves[first_to_go].host.unregister().unwrap().unwrap().retire();
        let gone = Err(TransferError::Gone(HOST_GONE));
        assert_eq!(halves[first_to_go].link.write(dcs::SetDisplayOff), gone);
        assert_eq!(halves[other].link.write(dcs::SetDisplayOff), Ok(()));
        // The driver's remove, which knows nothing of that.
        for (half, removed) in [(first_to_go, Removed::Already), (other, Removed::ByThisCall)] {
            assert_eq!(halves[half].link.detach(), Ok(removed));
            assert!(halves[half].device.unregister().is_ok());
            halves[half].controller.assert_quiet();
        }
    }
}

/// A host of Linux may answer a write with any count; here no count of a write is looked at, and a read's is checked.
#[test]
fn d17_what_a_host_counts_for_a_write_means_nothing() {
    let Attached { controller, host: _host, device: _device, link, .. } = Attached::new();
    *controller.response.lock().unwrap() = Ok(vec![]);
    assert_eq!(link.dcs_write(&[0x51, 0xff]), Ok(()));
    assert_eq!(link.dcs_read(0x0a, &mut [0]), Err(ReadError::Short { expected: 1, got: 0 }));
}

/// In Linux a name that happens to be a driver's binds that driver, and one of 20 bytes or more is cut.
#[test]
fn d18_a_name_is_a_label_and_decides_nothing() {
    let bus = bus();
    let host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
    let peripherals = [TestPeripheral::new(), TestPeripheral::new()];
    let (device0, _link0) = attach(&host.reference(), VC0, &peripherals[0]);
    let (_device1, link1) = attach(&host.reference(), VC1, &peripherals[1]);
    let names = bus.report(0).unwrap().devices.map(|device| device.name);
    assert_eq!(names[0], names[1], "two devices of one name");
    assert_eq!(device0.unregister(), Ok(Removed::ByThisCall));
    assert_eq!(link1.write(dcs::Nop), Ok(()));
    host.unregister().unwrap();
    assert_eq!(peripherals.map(|peripheral| peripheral.told()), [0, 1]);
    // A name is kept whole or refused.
    let host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
    let long = "panel-asus-z00t-tm5p5-n35596";
    let _device = host.register_device(DeviceInfo::new(VC0, long)).unwrap();
    let report = bus.reports().find(|report| report.presence == Presence::Present).unwrap();
    assert_eq!(report.devices[0].name.as_ref().map(Name::as_str), Some(long));
    let longer = host.register_device(DeviceInfo::new(VC1, &long.repeat(2))).err();
    assert!(matches!(longer, Some(RegisterDeviceError::Name(_))));
}
