//! The options of a virtual host.

use super::gate::Gate;
use core::time::Duration;
use mipi_dsi::bus::{Capabilities, Lanes};

/// The options of a virtual host; start from [`HostOptions::default`].
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// What it can do; `attach` refuses everything else, as a driver does.
    pub capabilities: Capabilities,
    /// Virtual time that `attach` takes.
    pub attach_time: Duration,
    /// Virtual time that `detach` takes.
    pub detach_time: Duration,
    /// Virtual time that each `transfer` takes in addition to the bits on the wire.
    pub transfer_time: Duration,
    /// Bits a second on each lane at high speed; not zero. The default is 1 Gbit/s.
    pub lane_rate: u64,
    /// Bits a second in low-power mode; not zero. The default is 10 Mbit/s, the most that D-PHY allows.
    pub low_power_rate: u64,
    /// Virtual time after which it stops waiting for a response.
    pub response_timeout: Duration,
    /// Whether it turns the bus around after every packet, to learn at once what the peripheral has to report. If it
    /// does not, a write into a pulled cable succeeds, as it does on real links: nobody can tell.
    pub acknowledge_writes: bool,
    /// Whether it measures its lines before a transfer, and fails with `NoPeripheral` if they end in nothing.
    pub senses_lines: bool,
    /// DCS commands, opcode first, that `attach` sends through the transport that it is lent.
    pub attach_commands: Vec<Vec<u8>>,
    /// DCS commands, opcode first, that `detach` sends through the transport that it is lent; see
    /// [`HostOptions::shutting_panels_down`].
    pub detach_commands: Vec<Vec<u8>>,
    /// The blanking of the video that it sends.
    pub blanking: Blanking,
    /// Where calls wait until a test lets them go on.
    pub gates: Gates,
}

/// Gates in front of a host's work; `None` means no gate. They wait in real time, inside the call.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// In `attach`.
    pub attach: Option<Gate>,
    /// In `detach`.
    pub detach: Option<Gate>,
    /// In `transfer`, before anything is sent; `cancel` calls the transfer of its channel back.
    pub transfer: Option<Gate>,
}

/// What is around the pixels of a video frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blanking {
    /// Bytes of blanking before the pixels of a line.
    pub horizontal_back_porch: u16,
    /// Bytes of blanking in a horizontal sync pulse.
    pub horizontal_sync: u16,
    /// Bytes of blanking after the pixels of a line.
    pub horizontal_front_porch: u16,
    /// Lines of the vertical sync pulse, at least one.
    pub vertical_sync: u16,
    /// Lines between the vertical sync pulse and the first line with pixels.
    pub vertical_back_porch: u16,
    /// Lines after the last line with pixels.
    pub vertical_front_porch: u16,
}

impl Default for Blanking {
    fn default() -> Self {
        Self {
            horizontal_back_porch: 12,
            horizontal_sync: 6,
            horizontal_front_porch: 12,
            vertical_sync: 2,
            vertical_back_porch: 3,
            vertical_front_porch: 4,
        }
    }
}

impl Default for HostOptions {
    /// A host with four lanes that can do everything, takes only the time of its bits, and learns nothing that it
    /// does not ask for.
    fn default() -> Self {
        Self {
            capabilities: Capabilities::all(Lanes::Four),
            attach_time: Duration::ZERO,
            detach_time: Duration::ZERO,
            transfer_time: Duration::ZERO,
            lane_rate: 1_000_000_000,
            low_power_rate: 10_000_000,
            response_timeout: Duration::from_millis(20),
            acknowledge_writes: false,
            senses_lines: false,
            attach_commands: Vec::new(),
            detach_commands: Vec::new(),
            blanking: Blanking::default(),
            gates: Gates::default(),
        }
    }
}

impl HostOptions {
    /// A host whose `detach` sends `set_display_off` and `enter_sleep_mode`, like a host that shuts its pipeline down
    /// from there.
    #[must_use]
    pub fn shutting_panels_down(mut self) -> Self {
        self.detach_commands = vec![vec![0x28], vec![0x10]];
        self
    }
}
