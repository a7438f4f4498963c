//! Line 9: a re-registered host or device never answers a handle of its predecessor.

use super::support::*;
use mipi_dsi::bus::{Commands, DeviceInfo, Gone, HostInfo, Removed, TransferError};
use mipi_dsi::dcs;

#[test]
fn of_a_host_that_came_back_in_the_same_slot() {
    let old = Attached::new();
    let old_reference = old.host.reference();
    old.host.unregister().unwrap();
    let new = Attached::on(old.bus.clone(), "fd922800.dsi");
    assert_eq!(new.host.key().slot, old.host.key().slot, "the test is about the same slot");

    assert_eq!(old.link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    assert_eq!(old.device.check(), Err(Gone::HostRemoved));
    assert_eq!(old.device.unregister(), Ok(Removed::Already));
    assert_eq!(old.link.detach(), Ok(Removed::Already));
    assert!(old.host.unregister().unwrap().is_none());
    assert!(!old.host.declare_gone());
    assert!(old_reference.register_device(DeviceInfo::new(VC1, "late")).is_err());
    drop((old.link, old.device, old.host, old_reference));

    assert_eq!(new.link.write(dcs::Nop), Ok(()));
    assert_eq!(new.controller.counts(), [1, 0, 1]);
    assert_eq!(old.controller.counts(), [1, 1, 0]);
}

#[test]
fn of_a_device_that_was_registered_again() {
    let old = Attached::new();
    old.device.unregister().unwrap();
    let (device, link) = attach(&old.host.reference(), VC0, &TestPeripheral::new());
    assert_eq!(old.link.write(dcs::Nop), Err(TransferError::Gone(Gone::Unregistered)));
    assert_eq!(old.device.unregister(), Ok(Removed::Already));
    drop((old.link, old.device));
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!(device.check(), Ok(()));
}

#[test]
fn of_a_device_that_was_attached_again() {
    let Attached { controller, device, link: old, host: _host, .. } = Attached::new();
    old.detach().unwrap();
    let new = device.attach(CONFIG).unwrap();
    assert_eq!(old.write(dcs::Nop), Err(TransferError::Gone(Gone::Detached)));
    assert_eq!(old.detach(), Ok(Removed::Already));
    drop(old);
    assert_eq!(new.write(dcs::Nop), Ok(()));
    assert_eq!(controller.counts(), [2, 1, 1]);
}

#[test]
fn a_million_returns_of_a_host_hold_no_more_than_one() {
    let bus = bus();
    let controller = TestHost::new();
    let first = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let stale = first.register_device(DeviceInfo::new(VC0, "bridge")).unwrap();
    drop(first);
    for _ in 0..1_000_000 {
        let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
        assert!(stale.check().is_err());
        drop(host);
    }
    assert!(std::sync::Arc::strong_count(&controller) == 1);
    drop(stale);
    assert_eq!(bus.reports().count(), 0, "handles of earlier registrations were counted down");
}
