//! A read is one exclusive transaction, and a short response is an error.

use super::support::*;
use mipi_dsi::bus::{
    Attachment, Commands, DeviceInfo, Gone, HostAttachError, HostController, HostError, HostInfo, Message,
    ReadError, Speed, StdBus, TransferError, Transport,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::DataType;
use std::sync::Arc;

#[test]
fn a_read_sets_the_maximum_return_packet_size_first() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    *controller.response.lock().unwrap() = Ok(vec![1, 2, 3]);
    let mut response = [0; 3];
    assert_eq!(link.dcs_read(0x04, &mut response), Ok(()));
    assert_eq!(response, [1, 2, 3]);
    assert_eq!(*controller.sent.lock().unwrap(), [(0x37, vec![3, 0]), (0x06, vec![0x04])]);
    assert_eq!(link.generic_read(&[0xb0, 1], &mut response), Ok(()));
    assert_eq!(controller.sent.lock().unwrap()[2..], [(0x37, vec![3, 0]), (0x24, vec![0xb0, 1])]);
}

#[test]
fn a_short_response_is_an_error_that_says_what_was_expected() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    *controller.response.lock().unwrap() = Ok(vec![0xff]);
    let short = ReadError::Short { expected: 2, got: 1 };
    assert_eq!(link.dcs_read(0x52, &mut [0; 2]), Err(short));
    assert_eq!(short.to_string(), "the response has 1 bytes, but 2 were asked for");
}

#[test]
fn what_no_packet_can_carry_is_refused_before_the_host() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    assert!(matches!(
        link.generic_read(&[1, 2, 3], &mut [0]),
        Err(ReadError::Transfer(TransferError::Message(_)))
    ));
    assert!(matches!(link.dcs_write(&vec![0; 0x1_0000]), Err(TransferError::Message(_))));
    assert!(matches!(
        link.dcs_read(0, &mut vec![0; 0x1_0000]),
        Err(ReadError::TooLong { asked: 0x1_0000, .. })
    ));
    assert_eq!(link.dcs_write(&[]), Err(TransferError::NoCommand));
    assert_eq!(link.dcs_read(0x0a, &mut []), Err(ReadError::NothingAsked));
    assert_eq!(controller.counts()[2], 0);
}

/// The host is given the caller's own slice: nobody has joined it with the opcode.
#[test]
fn pixels_reach_the_host_where_they_lie() {
    static PIXELS: [u8; 300] = [0x5a; 300];
    struct SeesPixels;
    impl HostController for SeesPixels {
        fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
            Ok(())
        }
        fn detach(&self, _: &Attachment<'_>) {}
        fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
            let [opcode, pixels] = message.payload().parts();
            let are_the_callers = std::ptr::eq(pixels, &PIXELS[..]);
            let is_right = opcode == [0x2c] && message.data_type() == DataType::DCS_LONG_WRITE;
            if are_the_callers && is_right {
                Ok(0)
            } else {
                Err(HostError::Hardware(1))
            }
        }
    }
    let bus = StdBus::<Arc<SeesPixels>, Arc<TestPeripheral>>::with_hosts(1);
    let host = bus.register_host(HostInfo::new("host"), Arc::new(SeesPixels)).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let link = device.attach(CONFIG).unwrap();
    assert_eq!(link.write(dcs::WriteMemoryStart(&PIXELS)), Ok(()));
    assert_eq!(link.dcs_write_with(0x2c, &PIXELS), Ok(()));
    let joined = [&[0x2c][..], &PIXELS].concat();
    assert_eq!(link.dcs_write(&joined), Err(TransferError::Host(HostError::Hardware(1))));
}

#[test]
fn the_hosts_own_error_comes_through() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    *controller.response.lock().unwrap() = Err(HostError::Contention);
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Host(HostError::Contention)));
    assert_eq!(
        link.dcs_read(0x0a, &mut [0]),
        Err(ReadError::Transfer(TransferError::Host(HostError::Contention)))
    );
    assert_eq!(controller.counts()[2], 2, "the read itself is not sent when its size could not be set");
}

#[test]
fn a_host_that_claims_more_than_there_is_room_for_is_not_believed() {
    struct Boaster;
    impl HostController for Boaster {
        fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
            Ok(())
        }
        fn detach(&self, _: &Attachment<'_>) {}
        fn transfer(&self, _: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
            Ok(response.len() + 5)
        }
    }
    let bus = StdBus::<Arc<Boaster>, Arc<TestPeripheral>>::with_hosts(1);
    let host = bus.register_host(HostInfo::new("host"), Arc::new(Boaster)).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let link = device.attach(CONFIG).unwrap();
    let claimed = link.transfer(DataType::DCS_READ, (&[0x0a]).into(), &mut [0; 4]);
    let too_long = HostError::ResponseTooLong { expected: 4, got: 9 };
    assert_eq!(claimed, Err(TransferError::Host(too_long)));
}

#[test]
fn a_command_at_another_speed_changes_nobody_elses() {
    let Attached { controller, link, host: _host, device, .. } = Attached::new();
    let slow = link.at(Speed::LowPower);
    slow.write(dcs::Nop).unwrap();
    link.write(dcs::Nop).unwrap();
    slow.transaction(&mut |transport| {
        transport.write(dcs::Nop).unwrap();
        link.write(dcs::Nop).unwrap();
    })
    .unwrap();
    let (slow_speed, fast) = (Speed::LowPower, Speed::HighSpeed);
    assert_eq!(*controller.speeds.lock().unwrap(), [slow_speed, fast, slow_speed, fast]);
    device.unregister().unwrap();
    assert_eq!(slow.write(dcs::Nop), Err(TransferError::Gone(Gone::Unregistered)));
}
