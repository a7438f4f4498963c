//! Nothing that the bus does allocates: not a packet, not a read, not the whole life of a host and its device.
//!
//! The crate has no `alloc`, so it could allocate only through what it is given: a handle whose clone does, or a lock.

#[path = "support/still_host.rs"]
mod still_host;

use allocation_counter::measure;
use mipi_dsi::bus::{Bus, Capabilities, Commands, HostController, Lanes, StdLock};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::hint::black_box;
use std::sync::Arc;
use still_host::{registry, StillHost, StillPeripheral, CONFIG};

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
    let host = Bus::new(Arc::new(StdLock::new(registry()))).register_host("host", controller).unwrap();
    let device = host.register_device(VirtualChannel::VC0, "panel").unwrap();
    let link = device.attach(CONFIG).unwrap();
    assert_allocates_nothing(|| link.write(dcs::ExitSleepMode).unwrap());
    assert_allocates_nothing(|| link.generic_write(black_box(&[7; 300])).unwrap());
    assert_allocates_nothing(|| link.dcs_read(0x04, &mut [0; 3]).unwrap());
    drop((device, link));
}

#[test]
fn the_life_of_a_host_and_its_device_allocates_nothing() {
    let (lock, controller) = (Arc::new(StdLock::new(registry())), Arc::new(StillHost));
    let all = Capabilities::all(Lanes::Four);
    assert_allocates_nothing(|| {
        let bus = Bus::new(lock.clone());
        let host = bus.register_host("host", controller.clone()).unwrap();
        let found = bus.find_host("host").unwrap();
        let device =
            found.register_device_with(VirtualChannel::VC0, "panel", all, Some(&StillPeripheral)).unwrap();
        let link = device.attach(CONFIG).unwrap();
        assert!(device.attach(CONFIG).is_err());
        link.detach().unwrap();
        drop(device.attach(CONFIG).unwrap());
        let _link = device.attach(CONFIG).unwrap();
        assert!(host.unregister().unwrap().is_some());
        assert_eq!(bus.reports().count(), 1);
    });
}
