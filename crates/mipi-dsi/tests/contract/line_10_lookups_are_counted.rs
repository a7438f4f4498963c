//! Line 10: finding a host and losing it is an error, not a dangling pointer.

use super::support::*;
use mipi_dsi::bus::{report::Presence, DeviceInfo, Gone, HostInfo, Node, RegisterDeviceError};

#[test]
fn a_found_host_is_counted_and_keeps_nothing_alive() {
    let bus = bus();
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host").node(Node(7)), controller.clone()).unwrap();
    let by_name = bus.find_host("host").unwrap();
    let by_node = bus.find_host_by_node(Node(7)).unwrap();
    let again = by_node.clone();
    assert_eq!((by_name.key(), by_node.key()), (host.key(), host.key()));
    assert_eq!(bus.report(0).unwrap().handles.current, 4);
    assert!(bus.find_host("other").is_none());
    assert!(bus.find_host_by_node(Node(8)).is_none());

    assert!(host.unregister().unwrap().is_some());
    drop(host);
    let held = bus.report(0).unwrap();
    assert_eq!((held.presence, held.handles.current), (Presence::Gone, 3), "gone, but still held");
    assert_eq!(bus.reports().count(), 1, "and shown");
    for found in [by_name, by_node, again] {
        let gone = RegisterDeviceError::Gone(Gone::HostRemoved);
        assert_eq!(found.register_device(DeviceInfo::new(VC0, "late")).err(), Some(gone));
        assert!(!found.is_present());
    }
    assert!(bus.report(0).unwrap().is_empty());
}

#[test]
fn a_host_is_found_as_soon_as_it_is_registered() {
    // So that a child of the host that looks the host up while it is probed finds it (Linux defers it for nothing).
    let bus = bus();
    let host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
    assert!(bus.find_host("host").is_some_and(|found| found.is_present()));
    drop(host);
    assert!(bus.find_host("host").is_none());
}
