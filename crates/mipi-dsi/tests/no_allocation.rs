//! Nothing that the bus does allocates: not a packet, not a read, not the whole life of a host and its device.
//!
//! The crate has no `alloc`, so it could allocate only through what it is given: a handle whose clone does, or a lock.

#[path = "support/still_host.rs"]
mod still_host;

use allocation_counter::measure;
use mipi_dsi::bus::{Commands, DeviceInfo, HostController, HostInfo};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::hint::black_box;
use std::sync::Arc;
use still_host::{StillBus, StillHost, StillListener, CONFIG, HOSTS};

#[track_caller]
fn assert_allocates_nothing(work: impl FnMut()) {
    let mut work = work;
    // What std makes once for each thread is not the bus's.
    work();
    let counted = measure(&mut work);
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(Box::new(7_u32)))).count_total, 1);
}

#[test]
fn a_packet_and_a_read_allocate_nothing() {
    let controller: Arc<dyn HostController + Send + Sync> = Arc::new(StillHost);
    let host = StillBus::with_hosts(HOSTS).register_host(HostInfo::new("host"), controller).unwrap();
    let device = host.register_device(DeviceInfo::new(VirtualChannel::VC0, "panel")).unwrap();
    let link = device.attach(CONFIG).unwrap();
    assert_allocates_nothing(|| link.write(dcs::ExitSleepMode).unwrap());
    assert_allocates_nothing(|| link.write(dcs::WriteMemoryStart(black_box(&[7; 300]))).unwrap());
    assert_allocates_nothing(|| link.generic_write(black_box(&[7; 300])).unwrap());
    assert_allocates_nothing(|| link.dcs_read(0x04, &mut [0; 3]).unwrap());
    drop((device, link));
}

#[test]
fn the_life_of_a_host_and_its_device_allocates_nothing() {
    let (bus, controller) = (StillBus::with_hosts(HOSTS), Arc::new(StillHost));
    assert_allocates_nothing(|| {
        let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
        let found = bus.find_host("host").unwrap();
        let device = found
            .register_device(DeviceInfo::new(VirtualChannel::VC0, "panel").listener(&StillListener))
            .unwrap();
        let link = device.attach(CONFIG).unwrap();
        assert!(device.attach(CONFIG).is_err());
        link.detach().unwrap();
        drop(device.attach(CONFIG).unwrap());
        let _link = device.attach(CONFIG).unwrap();
        assert!(host.unregister().unwrap().is_some());
        assert_eq!(bus.reports().count(), 1);
    });
}
