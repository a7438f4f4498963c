//! How the drivers talk to their chips: init sequences and last commands over DSI, SPI words, I2C registers.

use super::hardware::{End, PeripheralHardware};
use embedded_hal::i2c::I2c;
use embedded_hal::spi::SpiDevice;
use mipi_dsi::bus::{
    Commands, Gone, Lanes, LinkConfig, Mode, PixelFormat, ReadError, TransferError, Transport,
};
use mipi_dsi::dcs::sequence::{self, SequenceLink, Step};
use std::fmt;
use std::time::Duration;
use thiserror::Error;
use virtual_hardware::bridge::registers;
use virtual_hardware::{DcsPanel, LinkDevice, Transmission, VirtualClock};

/// From power-on to a picture, as every DCS panel wants it. After `exit_sleep_mode` the next command has to wait 5 ms,
/// and `enter_sleep_mode` 120 ms (DCS 1.3, `exit_sleep_mode`). These 120 ms serve both: a panel that is switched off at
/// once has waited already.
const SWITCH_ON: &[Step<'_>] = &[Step::Dcs(&[0x11]), Step::DelayMs(120), Step::Dcs(&[0x29])];
/// The last commands.
const SWITCH_OFF: &[Step<'_>] = &[Step::Dcs(&[0x28]), Step::Dcs(&[0x10]), Step::DelayMs(120)];

/// Why a chip could not be switched on.
#[derive(Debug, Error)]
pub(super) enum SwitchError {
    #[error(transparent)]
    Transfer(TransferError),
    #[error("{0}")]
    Step(String),
    #[error("{0}")]
    Control(String),
}

/// Plays a sequence over a transport; delays pass in virtual time.
struct Player<'a> {
    transport: &'a dyn Transport,
    clock: &'a VirtualClock,
}

impl SequenceLink for Player<'_> {
    type Error = ReadError;

    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        Ok(self.transport.dcs_write(payload)?)
    }

    fn write_generic(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        Ok(self.transport.generic_write(payload)?)
    }

    fn read_dcs(&mut self, opcode: u8, response: &mut [u8]) -> Result<usize, ReadError> {
        self.transport.dcs_read(opcode, response)?;
        Ok(response.len())
    }

    fn delay_us(&mut self, microseconds: u32) {
        self.clock.sleep(Duration::from_micros(u64::from(microseconds)));
    }
}

/// Plays a sequence as one transaction.
fn play(steps: &[Step<'_>], transport: &dyn Transport, clock: &VirtualClock) -> Result<(), SwitchError> {
    let mut result = Ok(());
    transport
        .transaction(&mut |transport| {
            result = sequence::play(steps, &mut Player { transport, clock })
                .map_err(|error| SwitchError::Step(error.to_string()));
        })
        .map_err(SwitchError::Transfer)?;
    result
}

impl PeripheralHardware {
    /// Powers the chip and sets it up, over the bus that it is controlled over.
    pub(super) fn switch_on(
        &self,
        transport: &dyn Transport,
        clock: &VirtualClock,
    ) -> Result<(), SwitchError> {
        match &self.end {
            End::Panel(panel) => {
                panel.set_powered(true);
                play(SWITCH_ON, transport, clock)
            }
            End::SpiPanel { panel, control } => {
                panel.set_powered(true);
                for step in SWITCH_ON {
                    match step {
                        Step::Dcs([opcode, ..]) => {
                            let mut spi = control.clone();
                            spi.write(&[u16::from(*opcode)]).map_err(|error| control_error(&error))?;
                            // The chip has one command interpreter behind both of its interfaces.
                            hand_over(panel, self.channel, *opcode, clock);
                        }
                        Step::DelayMs(ms) => clock.sleep(Duration::from_millis(u64::from(*ms))),
                        _ => {}
                    }
                }
                Ok(())
            }
            End::Bridge { bridge, control, address } => {
                bridge.set_powered(true);
                let screen = bridge.screen();
                set_up_bridge(control.clone(), *address, &self.config, (screen.width(), screen.height()))
                    .map_err(|error| control_error(&error))
            }
        }
    }

    /// Sends the last commands if somebody still receives them, and cuts the power.
    pub(super) fn switch_off(&self, transport: Option<&dyn Transport>, clock: &VirtualClock) {
        match &self.end {
            End::Panel(panel) => {
                // If the host or the cable has gone there is nobody to tell; the power goes all the same.
                if let Some(transport) = transport {
                    let _ = play(SWITCH_OFF, transport, clock);
                }
                panel.set_powered(false);
            }
            End::SpiPanel { panel, .. } => panel.set_powered(false),
            End::Bridge { bridge, control, address } => {
                let _ = control.clone().write(*address, &[registers::ENABLE, 0]);
                bridge.set_powered(false);
            }
        }
    }

    /// Sends the last commands, turns the power off, and then drops the driver's own way to the link, which detaches.
    pub(super) fn take_down(&self, clock: &VirtualClock) {
        let link = self.link.take();
        self.switch_off(link.as_deref().map(|link| link as &dyn Transport), clock);
    }

    /// What a user's command does: it sends a DCS nop, and reads a panel's power mode. Says whether there was a
    /// response.
    pub(super) fn command(&self) -> Result<bool, ReadError> {
        let link = self.link.borrow().clone();
        let Some(link) = link else {
            let gone = self.gone.get().unwrap_or(Gone::Detached);
            return Err(ReadError::Transfer(TransferError::Gone(gone)));
        };
        link.write(mipi_dsi::dcs::Nop)?;
        let responses = matches!(self.end, End::Panel(_));
        if responses {
            link.read(mipi_dsi::dcs::GetPowerMode)?;
        }
        Ok(responses)
    }
}

fn control_error(error: &impl fmt::Debug) -> SwitchError {
    SwitchError::Control(format!("the control bus failed: {error:?}"))
}

/// Hands a DCS command without parameters to a panel, past its DSI receiver's wire.
fn hand_over(panel: &DcsPanel, channel: mipi_dsi::wire::VirtualChannel, opcode: u8, clock: &VirtualClock) {
    use mipi_dsi::wire::{DataType, Packet, SmallCrc};
    let mut bytes = [0; 4];
    let payload = [opcode];
    let Ok(packet) = Packet::new(channel, DataType::DCS_SHORT_WRITE_0, &payload) else { return };
    if packet.emit(&mut bytes, &SmallCrc).is_ok() {
        let speed = mipi_dsi::bus::Speed::LowPower;
        panel.receive(&Transmission { bytes: &bytes, speed, lanes: Lanes::One, at: clock.now() });
    }
}

/// Checks the chip, and sets lanes, format, mode and size before it enables the output.
fn set_up_bridge<B: I2c>(
    mut bus: B,
    address: u8,
    config: &LinkConfig,
    (width, height): (u16, u16),
) -> Result<(), B::Error> {
    let mut id = [0; 2];
    bus.write_read(address, &[registers::CHIP_ID], &mut id)?;
    let format = match config.format {
        PixelFormat::Rgb888 => 0,
        PixelFormat::Rgb666 => 1,
        PixelFormat::Rgb666Packed => 2,
        PixelFormat::Rgb565 => 3,
    };
    let mode = match config.mode {
        Mode::VideoSyncPulses => 1,
        Mode::VideoBurst => 2,
        Mode::VideoSyncEvents | Mode::Command => 0,
    };
    let [width_low, width_high] = width.to_le_bytes();
    let [height_low, height_high] = height.to_le_bytes();
    bus.write(address, &[registers::ENABLE, 0])?;
    bus.write(address, &[registers::LANES, config.lanes.count() - 1])?;
    bus.write(address, &[registers::FORMAT, format])?;
    bus.write(address, &[registers::VIDEO_MODE, mode])?;
    bus.write(address, &[registers::WIDTH, width_low, width_high, height_low, height_high])?;
    bus.write(address, &[registers::ENABLE, 1])
}
