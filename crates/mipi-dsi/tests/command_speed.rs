//! Commands travel at the speed that the peripheral attached with.

use mipi_dsi::bus::{
    Attachment, Commands, DeviceInfo, HostAttachError, HostController, HostError, HostInfo, Lanes,
    LinkConfig, Message, Notice, PixelFormat, Speed, StdBus,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Speeds(Mutex<Vec<Speed>>);

impl HostController for Speeds {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        self.0.lock().expect("nobody panics").push(message.speed());
        Ok(0)
    }
}

/// None is registered.
type Listener = fn(&Notice<'_>);

#[test]
fn of_each_attachment() {
    let bus = StdBus::<Arc<Speeds>, &'static Listener>::with_hosts(1);
    let controller = Arc::new(Speeds::default());
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).expect("room");
    let device =
        host.register_device(DeviceInfo::new(VirtualChannel::VC0, "panel")).expect("the channel is free");
    for commands in [Speed::LowPower, Speed::HighSpeed] {
        let config = LinkConfig { commands, ..LinkConfig::video(Lanes::Four, PixelFormat::Rgb888) };
        let link = device.attach(config).expect("the host serves everything");
        link.write(dcs::Nop).expect("it is attached");
    }
    drop(device);
    assert_eq!(*controller.0.lock().expect("nobody panics"), [Speed::LowPower, Speed::HighSpeed]);
}
