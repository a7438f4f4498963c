//! Commands travel at the speed that the peripheral attached with.

use mipi_dsi::bus::{
    AttachRefused, Attachment, Bus, Commands, HostController, HostError, HostSlot, Lanes, LinkConfig,
    Message, Notice, Peripheral, PixelFormat, Registry, Speed, StdLock,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Speeds(Mutex<Vec<Speed>>);

impl HostController for Speeds {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), AttachRefused> {
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        self.0.lock().expect("nobody panics").push(message.speed());
        Ok(0)
    }
}

struct Nobody;

impl Peripheral for Nobody {
    fn leaving(&self, _: &Notice<'_>) {}
}

#[test]
fn of_each_attachment() {
    type Slot = HostSlot<Arc<Speeds>, Arc<Nobody>>;
    type Slots = Registry<Arc<Speeds>, Arc<Nobody>, [Slot; 1]>;
    let slots: Slots = Registry::new([const { Slot::NEW }; 1]);
    let controller = Arc::new(Speeds::default());
    let host =
        Bus::new(Arc::new(StdLock::new(slots))).register_host("host", controller.clone()).expect("room");
    let device = host.register_device(VirtualChannel::VC0, "panel").expect("the channel is free");
    for commands in [Speed::LowPower, Speed::HighSpeed] {
        let config = LinkConfig { commands, ..LinkConfig::video(Lanes::Four, PixelFormat::Rgb888) };
        let link = device.attach(config).expect("the host serves everything");
        link.write(dcs::Nop).expect("it is attached");
    }
    drop(device);
    assert_eq!(*controller.0.lock().expect("nobody panics"), [Speed::LowPower, Speed::HighSpeed]);
}
