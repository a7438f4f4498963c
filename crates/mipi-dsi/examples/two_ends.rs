//! Both ends of a link, and the host that goes first.

use mipi_dsi::bus::{
    AttachRefused, Attachment, Bus, Commands, Gone, HostController, HostError, HostSlot, Lanes, LinkConfig,
    Message, Peripheral, PixelFormat, Registry, StdLock, TransferError,
};
use mipi_dsi::{dcs, wire::VirtualChannel};
use std::sync::Arc;

struct Controller;
impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), AttachRefused> {
        Ok(())
    }
    fn detach(&self, _: &Attachment<'_>) {}
    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        Ok(0)
    }
}
type Slot = HostSlot<Arc<Controller>, Arc<dyn Peripheral + Send + Sync>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus = Bus::new(Arc::new(StdLock::new(Registry::new([const { Slot::NEW }; 1]))));
    // The controller's driver.
    let host = bus.register_host("fd922800.dsi", Arc::new(Controller))?;
    // The bridge's driver, on I2C.
    let found = bus.find_host("fd922800.dsi").ok_or("defer the probe")?;
    let device = found.register_device(VirtualChannel::VC0, "sn65dsi83")?;
    let link = device.attach(LinkConfig::video(Lanes::Four, PixelFormat::Rgb888).burst())?;
    link.write(dcs::ExitSleepMode)?;
    // The host goes first: drained, detached, unregistered, and its handle is ours again.
    let _controller: Option<Arc<Controller>> = host.unregister()?;
    // The bridge is late, and is told so.
    assert_eq!(link.write(dcs::SetDisplayOff), Err(TransferError::Gone(Gone::HostRemoved)));
    Ok(())
}
