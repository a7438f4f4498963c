//! The display command set: what a display is told and asked.
//!
//! MIPI DCS 1.3 and the kernel's `<video/mipi_display.h>`. Each command is a type; those that are
//! written implement [`WriteCommand`] and [`ParseCommand`], those that are answered [`ReadCommand`] or
//! [`ReadBytes`]. [`Write`] is any written command, for the other end of the link. How the bytes get
//! there is not known here: [`Request::DcsWrite`](super::wire::Request::DcsWrite) and the bus take them.
//!
//! ```
//! use mipi_dsi::dcs::{SetColumnAddress, Write, WriteCommand, MAX_FIXED_LEN};
//!
//! let columns = SetColumnAddress::new(0, 1079)?;
//! let mut buffer = [0; MAX_FIXED_LEN];
//! let payload = columns.encode(&mut buffer)?;
//! assert_eq!(payload, [0x2a, 0x00, 0x00, 0x04, 0x37]);
//!
//! // At the other end.
//! assert_eq!(Write::parse(payload)?, Write::ColumnAddress(columns));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Nothing here panics, whatever bytes come in; see [`super::wire`].

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
mod write;

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
    AnswerError, ParameterError, ParameterFault, ParseCommand, Payload, ReadBytes, ReadCommand, WriteCommand,
    MAX_FIXED_LEN,
};
pub use identification::{
    DescriptorEnd, DeviceDescriptor, DisplayId, GetBlueChannel, GetCompressionMode, GetDisplayId,
    GetGreenChannel, GetRedChannel, ReadDdbContinue, ReadDdbStart, ReadPpsContinue, ReadPpsStart,
};
pub use memory::{ReadMemoryContinue, ReadMemoryStart, WriteLut, WriteMemoryContinue, WriteMemoryStart};
pub use opcode::{Form, Opcode};
pub use pixel_format::{GetPixelFormat, PixelDepth, PixelFormat, SetPixelFormat};
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
pub use write::Write;
