//! The Display Command Set: the commands that set up a display and read from it.
//!
//! MIPI DCS 1.3 and the kernel's `<video/mipi_display.h>`. Each command is a type. Commands that the host
//! writes implement [`WriteCommand`] and [`ParseCommand`]; commands that have a response implement
//! [`ReadCommand`] or [`ReadBytes`]. At the other end of the link, [`WrittenCommand`] is any command that
//! the host has written. [`Request::DcsWrite`](super::wire::Request::DcsWrite) and the bus carry the bytes.
//!
//! ```
//! use mipi_dsi::dcs::{SetColumnAddress, WrittenCommand, WriteCommand, MAX_FIXED_LEN};
//!
//! let columns = SetColumnAddress::new(0, 1079)?;
//! let mut buffer = [0; MAX_FIXED_LEN];
//! let payload = columns.encode(&mut buffer)?;
//! assert_eq!(payload, [0x2a, 0x00, 0x00, 0x04, 0x37]);
//!
//! // At the other end.
//! assert_eq!(WrittenCommand::parse(payload)?, WrittenCommand::ColumnAddress(columns));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Nothing in this module panics, whatever bytes come in; see [`super::wire`].

mod address_window;
mod brightness;
mod command;
mod identification;
mod memory;
mod opcode;
mod pixel_format;
mod scrolling;
pub mod sequence;
mod sleep_and_display;
mod status;
mod stereo;
mod tearing;
mod written_command;

pub use address_window::{
    AddressMode, GetAddressMode, SetAddressMode, SetColumnAddress, SetPageAddress, SetPartialColumns,
    SetPartialRows,
};
pub use brightness::{
    AdaptiveBrightness, ControlDisplay, GetCabcMinBrightness, GetControlDisplay, GetDisplayBrightness,
    GetDisplayBrightness16, GetDisplayBrightness16Swapped, GetPowerSave, MinBrightness, PowerSave,
    SetCabcMinBrightness, SetCabcMinBrightness16, SetDisplayBrightness, SetDisplayBrightness16,
    SetDisplayBrightness16Swapped, WriteControlDisplay, WritePowerSave,
};
pub use command::{
    ParameterError, ParameterFault, ParseCommand, ReadBytes, ReadCommand, ResponseError, ShowPayload,
    WriteCommand, MAX_FIXED_LEN,
};
pub use identification::{
    DescriptorEnd, DeviceDescriptor, DisplayId, GetBlueChannel, GetCompressionMode, GetDisplayId,
    GetGreenChannel, GetRedChannel, ReadDdbContinue, ReadDdbStart, ReadPpsContinue, ReadPpsStart,
};
pub use memory::{ReadMemoryContinue, ReadMemoryStart, WriteLut, WriteMemoryContinue, WriteMemoryStart};
pub use opcode::{Form, Opcode};
pub use pixel_format::{GetPixelFormat, PixelDepth, PixelFormatSetting, SetPixelFormat};
pub use scrolling::{SetScrollArea, SetScrollStart};
pub use sleep_and_display::{
    EnterIdleMode, EnterInvertMode, EnterNormalMode, EnterPartialMode, EnterSleepMode, ExitIdleMode,
    ExitInvertMode, ExitSleepMode, GammaCurve, Nop, SetDisplayOff, SetDisplayOn, SetGammaCurve, SoftReset,
};
pub use status::{
    DiagnosticResult, DisplayMode, DisplayStatus, ErrorCount, GetDiagnosticResult, GetDisplayMode,
    GetDisplayStatus, GetErrorCountOnDsi, GetImageChecksumCt, GetImageChecksumRgb, GetPowerMode,
    GetSignalMode, PowerMode, SignalMode,
};
pub use stereo::{Get3dControl, Set3dControl};
pub use tearing::{GetScanline, SetTearOff, SetTearOn, SetTearScanline, SetVsyncTiming};
pub use written_command::WrittenCommand;
