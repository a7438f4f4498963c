//! Both ends of a link, and the host that goes first.

use mipi_dsi::bus::{
    Attachment, Commands, DeviceInfo, DeviceListener, Gone, HostAttachError, HostController, HostError,
    HostInfo, Lanes, LinkConfig, Message, PixelFormat, StdBus, TransferError,
};
use mipi_dsi::{dcs, wire::VirtualChannel};
use std::sync::Arc;

struct Controller;
impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(())
    }
    fn detach(&self, _: &Attachment<'_>) {}
    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        Ok(0)
    }
}
type Listener = Arc<dyn DeviceListener + Send + Sync>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus = StdBus::<Arc<Controller>, Listener>::with_hosts(1);
    // The controller's driver.
    let host = bus.register_host(HostInfo::new("fd922800.dsi"), Arc::new(Controller))?;
    // The bridge's driver, on I2C.
    let found = bus.find_host("fd922800.dsi").ok_or("defer the probe")?;
    let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888).burst();
    let bridge = found.attach_device(DeviceInfo::new(VirtualChannel::VC0, "sn65dsi83"), config)?;
    bridge.write(dcs::ExitSleepMode)?;
    // The host goes first: the bus drains, detaches and unregisters, and gives the controller's handle back.
    let _controller: Option<Arc<Controller>> = host.unregister()?;
    // The bridge is late, and gets an error that says so.
    assert_eq!(bridge.write(dcs::SetDisplayOff), Err(TransferError::Gone(Gone::HostRemoved)));
    Ok(())
}
