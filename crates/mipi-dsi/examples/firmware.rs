//! A panel in firmware: a static bus, an init sequence, a picture.

use mipi_dsi::bus::{
    Attachment, Bus, Caller, Commands, DeviceInfo, DeviceListener, FirmwareMemory, HostAttachError,
    HostController, HostError, HostInfo, Lanes, LinkConfig, Message, PixelFormat,
};
use mipi_dsi::dcs::sequence::Step;
use mipi_dsi::{dcs, wire::VirtualChannel};

/// The controller's driver: three methods. The bus calls them with nothing locked, one packet at a time.
struct Controller;
impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(()) // start the clock lane, set the lanes up
    }
    fn detach(&self, _: &Attachment<'_>) {}
    fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        let [_command, _pixels] = message.payload().parts(); // into the FIFO
        Ok(0)
    }
}

/// The vendor's table. The compiler checks its pauses.
const INIT: &[Step] = &[Step::Dcs(&[0x3a, 0x55]), Step::Dcs(&[0x11]), Step::DelayMs(120), Step::Dcs(&[0x29])];
const _: () = assert!(dcs::sequence::check_pauses(INIT).is_ok());

type Listener = &'static (dyn DeviceListener + Sync);
static DSI: FirmwareMemory<&Controller, Listener, 1> = FirmwareMemory::new(|| Caller::MAIN);
static PIXELS: [u8; 64 * 2] = [0; 64 * 2];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus = Bus::new(&DSI);
    let host = bus.register_host(HostInfo::new("dsi0"), &Controller)?;
    let config = LinkConfig::command(Lanes::Two, PixelFormat::Rgb565).low_power_commands();
    let panel = host.attach_device(DeviceInfo::new(VirtualChannel::VC0, "panel"), config)?;
    panel.play(INIT, &mut |_microseconds| { /* the timer's delay */ })?;
    panel.write(dcs::SetColumnAddress::new(0, 63)?)?;
    panel.write(dcs::WriteMemoryStart(&PIXELS))?; // the opcode goes in front; nothing is copied
    Ok(())
} // Dropping `panel` detaches and unregisters it, dropping `host` gives the controller back.
