//! Line 3: every operation on what has gone is answered, says which side left, and does not touch the host.

use super::support::*;
use mipi_dsi::bus::{
    AttachError, Commands, DeviceInfo, Gone, RegisterDeviceError, RemovalKind, Removed, TransferError,
};
use mipi_dsi::dcs;

#[test]
fn after_the_host_has_left() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        let Attached { controller, host, device, link, bus, .. } = Attached::new();
        let found = bus.find_host("fd922800.dsi").unwrap();
        host.unregister_with(removal, None).unwrap().unwrap().retire();
        let gone = Gone::HostRemoved;
        assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(gone)));
        assert_eq!(link.dcs_read(0x0a, &mut [0]), Err(TransferError::Gone(gone).into()));
        assert_eq!(device.attach(CONFIG).err(), Some(AttachError::Gone(gone)));
        assert_eq!(device.check(), Err(gone));
        assert_eq!(
            found.register_device(DeviceInfo::new(VC1, "late")).err(),
            Some(RegisterDeviceError::Gone(gone))
        );
        assert_eq!(link.detach(), Ok(Removed::Already));
        assert_eq!(device.unregister(), Ok(Removed::Already));
        drop((link, device, found, host));
        controller.assert_quiet();
    }
}

#[test]
fn after_the_peripheral_has_unregistered() {
    let Attached { controller, device, link, host, .. } = Attached::new();
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
    let gone = Gone::Unregistered;
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(gone)));
    assert_eq!(device.attach(CONFIG).err(), Some(AttachError::Gone(gone)));
    assert_eq!(device.check(), Err(gone));
    assert_eq!(link.detach(), Ok(Removed::Already));
    assert_eq!(device.unregister(), Ok(Removed::Already));
    assert_eq!(controller.counts(), [1, 1, 0]);
    // When the host leaves too, it is the host that is missed.
    host.unregister().unwrap();
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    controller.assert_quiet();
}

#[test]
fn after_the_link_was_detached() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::Detached)));
    assert_eq!(device.check(), Ok(()));
    assert_eq!(link.detach(), Ok(Removed::Already));
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.assert_lawful();
}

#[test]
fn each_answer_is_a_sentence() {
    for (error, sentence) in [
        (Gone::HostRemoved, "the host has been removed"),
        (Gone::Unregistered, "the peripheral has unregistered the device"),
        (Gone::Detached, "the device has been detached"),
    ] {
        assert_eq!(TransferError::Gone(error).to_string(), sentence);
    }
}
