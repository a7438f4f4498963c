//! The registers of the virtual bridge, as its driver sees them over I2C.
//!
//! A register has an address of one byte; the first byte of a write selects it, further bytes go to it and the registers
//! after it. The map is this bridge's own, similar to those of simple DSI bridges.

/// Two bytes that identify the chip, [`CHIP_ID_VALUE`]. Read only.
pub const CHIP_ID: u8 = 0x00;
/// The value of [`CHIP_ID`].
pub const CHIP_ID_VALUE: [u8; 2] = [0xd5, 0x1b];
/// The chip's revision. Read only.
pub const REVISION: u8 = 0x02;
/// [`STATUS_VIDEO`]. Read only.
pub const STATUS: u8 = 0x0a;
/// In [`STATUS`]: a whole frame has arrived since the bridge was enabled.
pub const STATUS_VIDEO: u8 = 0x01;
/// 1 enables the DSI receiver and the output, 0 disables them and clears [`STATUS`].
pub const ENABLE: u8 = 0x0d;
/// Data lanes less one, 0 to 3.
pub const LANES: u8 = 0x10;
/// Pixel format: 0 RGB888, 1 RGB666 loosely packed, 2 RGB666 packed, 3 RGB565.
pub const FORMAT: u8 = 0x18;
/// Video mode: 0 sync events, 1 sync pulses, 2 burst.
pub const VIDEO_MODE: u8 = 0x19;
/// Pixels of a line, two bytes, low byte first.
pub const WIDTH: u8 = 0x20;
/// Lines, two bytes, low byte first.
pub const HEIGHT: u8 = 0x22;
/// Errors since they were cleared; writing a one clears its bit.
pub const ERRORS: u8 = 0xe5;
/// In [`ERRORS`]: a header bit was corrected.
pub const ERROR_ECC_SINGLE: u8 = 0x01;
/// In [`ERRORS`]: a header could not be corrected.
pub const ERROR_ECC_MULTI: u8 = 0x02;
/// In [`ERRORS`]: a payload was damaged.
pub const ERROR_CHECKSUM: u8 = 0x04;
/// In [`ERRORS`]: a transmission ended within a packet, or came on other lanes than were set.
pub const ERROR_TRANSMISSION: u8 = 0x08;
/// In [`ERRORS`]: a packet that the bridge has no use for.
pub const ERROR_PACKET: u8 = 0x10;
/// In [`ERRORS`]: lines or frames that do not fit what was set.
pub const ERROR_VIDEO: u8 = 0x20;

/// How a register may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    /// Up to this value, while the bridge is disabled.
    Setting {
        most: u8,
    },
    /// Up to this value, at any time.
    Control {
        most: u8,
    },
    /// Writing a one clears its bit.
    ClearedByOnes,
}

/// The register at an address; `None` if there is none.
pub(super) const fn access(address: u8) -> Option<Access> {
    Some(match address {
        0x00..=0x02 | STATUS => Access::ReadOnly,
        ENABLE => Access::Control { most: 1 },
        LANES => Access::Setting { most: 3 },
        FORMAT => Access::Setting { most: 3 },
        VIDEO_MODE => Access::Setting { most: 2 },
        0x20..=0x23 => Access::Setting { most: 0xff },
        ERRORS => Access::ClearedByOnes,
        _ => return None,
    })
}
