//! What all DCS commands have in common: how they become bytes, and how bytes become responses.

use super::super::wire::{BufferTooSmall, ByteCount};
use super::opcode::Opcode;
use core::fmt;

/// The longest payload of a typed command without the caller's data, opcode included, in bytes.
///
/// A buffer of this size holds every command except the memory, look-up table and sync timing commands.
pub const MAX_FIXED_LEN: usize = 7;

/// A command that the host writes.
pub trait WriteCommand {
    /// The opcode of the command.
    const OPCODE: Opcode;

    /// The bytes of the parameters: an array, or a borrowed slice if the length varies.
    type Parameters: AsRef<[u8]>;

    /// The parameters in the order in which the link carries them.
    #[must_use]
    fn parameters(&self) -> Self::Parameters;

    /// Writes the opcode and the parameters to the start of `buffer`, and returns that part of it: the
    /// payload of a DCS write.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`], in which case nothing is written.
    fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
        write_payload(Self::OPCODE, self.parameters().as_ref(), buffer)
    }
}

/// A written command that can be read back from its parameters.
///
/// `'a` is the lifetime of the bytes, which some commands borrow.
pub trait ParseCommand<'a>: WriteCommand + Sized {
    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if there are too few or too many parameters, or a range ends before it starts.
    fn parse(parameters: &'a [u8]) -> Result<Self, ParameterError>;
}

/// A command whose response has a fixed number of bytes.
pub trait ReadCommand {
    /// The opcode of the command.
    const OPCODE: Opcode;

    /// Bytes of the response. The maximum return packet size has to be at least this.
    const RESPONSE_LEN: usize;

    /// The meaning of the response.
    type Response;

    /// Reads the response.
    ///
    /// # Errors
    ///
    /// [`ResponseError`] if it does not have exactly [`RESPONSE_LEN`](Self::RESPONSE_LEN) bytes. A peripheral
    /// sends fewer if nobody has raised its maximum return packet size from 1.
    fn parse(response: &[u8]) -> Result<Self::Response, ResponseError>;
}

/// A command whose response may be as long as the maximum return packet size allows.
pub trait ReadBytes {
    /// The opcode of the command.
    const OPCODE: Opcode;
}

/// Writes the opcode and the parameters to the start of `buffer`, and returns that part of it.
pub(super) fn write_payload<'b>(
    opcode: Opcode,
    parameters: &[u8],
    buffer: &'b mut [u8],
) -> Result<&'b [u8], BufferTooSmall> {
    let needed = parameters.len().saturating_add(1);
    let too_small = BufferTooSmall { needed, available: buffer.len() };
    let payload = buffer.get_mut(..needed).ok_or(too_small)?;
    let (first, rest) = payload.split_first_mut().ok_or(too_small)?;
    *first = opcode.get();
    rest.get_mut(..parameters.len()).ok_or(too_small)?.copy_from_slice(parameters);
    Ok(payload)
}

/// Shows the payload of a DCS write as the name of the command and its first parameters, for traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShowPayload<'a>(pub &'a [u8]);

impl fmt::Display for ShowPayload<'_> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [opcode, parameters @ ..] = self.0 else { return f.write_str("no command") };
        write!(f, "{}", Opcode::new(*opcode))?;
        show_bytes(f, parameters)
    }
}

/// Shows the first eight bytes, each after a space, and the number of bytes if there are more.
#[inline]
pub(super) fn show_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes.iter().take(8) {
        write!(f, " {byte:02x}")?;
    }
    if bytes.len() > 8 {
        write!(f, " ... ({} bytes)", bytes.len())?;
    }
    Ok(())
}

/// Reads a response of exactly `N` bytes.
pub(super) fn exact_response<const N: usize>(
    opcode: Opcode,
    response: &[u8],
) -> Result<[u8; N], ResponseError> {
    response.try_into().map_err(|_| ResponseError { opcode, expected: N, got: response.len() })
}

/// Reads exactly `N` parameters.
pub(super) fn exact<const N: usize>(opcode: Opcode, parameters: &[u8]) -> Result<[u8; N], ParameterError> {
    parameters.try_into().map_err(|_| ParameterError {
        opcode,
        fault: ParameterFault::Length { least: N, most: N, got: parameters.len() },
    })
}

/// A response does not have the length that its command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseError {
    /// The command.
    pub opcode: Opcode,
    /// Bytes that the response has to have.
    pub expected: usize,
    /// Bytes of the response.
    pub got: usize,
}

impl fmt::Display for ResponseError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opcode, expected, got } = self;
        write!(f, "the response to {opcode} has {} instead of {expected}", ByteCount(*got))
    }
}

impl core::error::Error for ResponseError {}

/// What is wrong with the parameters of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFault {
    /// There are too few or too many bytes.
    Length {
        /// The fewest bytes that the command has.
        least: usize,
        /// The most bytes that the command has.
        most: usize,
        /// The bytes that came.
        got: usize,
    },
    /// A range of columns or rows ends before it starts.
    Reversed {
        /// The first column or row.
        start: u16,
        /// The last column or row.
        end: u16,
    },
    /// The command reads, so it cannot be written.
    NotWritten,
    /// There is no byte, so no opcode either.
    Empty,
}

/// The parameters are wrong for their command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// The command, or `nop` if there is no opcode.
    pub opcode: Opcode,
    /// What is wrong with the parameters.
    pub fault: ParameterFault,
}

impl fmt::Display for ParameterError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opcode = self.opcode;
        match self.fault {
            ParameterFault::Length { least, most, got } if least == most => {
                write!(f, "{opcode} has {} of parameters instead of {least}", ByteCount(got))
            }
            ParameterFault::Length { least, most, got } => {
                write!(f, "{opcode} has {} of parameters instead of {least} to {most}", ByteCount(got))
            }
            ParameterFault::Reversed { start, end } => {
                write!(f, "the range of {opcode} ends at {end}, before it starts at {start}")
            }
            ParameterFault::NotWritten => write!(f, "{opcode} is for reading and cannot be written"),
            ParameterFault::Empty => f.write_str("the DCS write has no opcode"),
        }
    }
}

impl core::error::Error for ParameterError {}

/// Defines commands without parameters.
macro_rules! without_parameters {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl WriteCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                type Parameters = [u8; 0];

                fn parameters(&self) -> [u8; 0] {
                    []
                }
            }

            impl ParseCommand<'_> for $name {
                #[inline]
                fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
                    exact::<0>(Self::OPCODE, parameters).map(|[]| Self)
                }
            }
        )*
    };
}
pub(super) use without_parameters;

/// Defines commands with one parameter byte, which has a type of its own.
macro_rules! one_byte_command {
    ($( $(#[$doc:meta])* $name:ident($value:ident) = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $name(pub $value);

            impl WriteCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                type Parameters = [u8; 1];

                fn parameters(&self) -> [u8; 1] {
                    [self.0.bits()]
                }
            }

            impl ParseCommand<'_> for $name {
                #[inline]
                fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
                    exact::<1>(Self::OPCODE, parameters).map(|[bits]| Self($value::from_bits(bits)))
                }
            }
        )*
    };
}
pub(super) use one_byte_command;

/// Defines commands whose response is one byte, which has a type of its own.
macro_rules! one_byte_response {
    ($( $(#[$doc:meta])* $name:ident -> $value:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl ReadCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                const RESPONSE_LEN: usize = 1;
                type Response = $value;

                #[inline]
                fn parse(response: &[u8]) -> Result<$value, ResponseError> {
                    exact_response::<1>(Self::OPCODE, response).map(|[bits]| $value::from_bits(bits))
                }
            }
        )*
    };
}
pub(super) use one_byte_response;

/// Defines a byte whose bits have names. Bits without a name are kept.
macro_rules! flag_byte {
    (
        $(#[$type_doc:meta])*
        $name:ident { $( $(#[$doc:meta])* $get:ident, $set:ident: $bit:literal; )* }
    ) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(u8);

        impl $name {
            /// The byte with no bit set.
            pub const EMPTY: Self = Self(0);

            /// Makes the byte from its bits, named or not.
            #[must_use]
            pub const fn from_bits(bits: u8) -> Self {
                Self(bits)
            }

            /// The bits, named or not.
            #[must_use]
            pub const fn bits(self) -> u8 {
                self.0
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $get(self) -> bool {
                    self.0 & 1 << $bit != 0
                }

                #[doc = concat!("Sets or clears bit ", stringify!($bit), ", [`", stringify!($get), "`](Self::", stringify!($get), ").")]
                #[must_use]
                pub const fn $set(self, set: bool) -> Self {
                    Self(self.0 & !(1 << $bit) | (set as u8) << $bit)
                }
            )*
        }

        impl core::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({:#04x}"), self.0)?;
                $( if self.$get() { f.write_str(concat!(" ", stringify!($get)))?; } )*
                f.write_str(")")
            }
        }
    };
}
pub(super) use flag_byte;

#[cfg(test)]
// The macros make public types, which a test module cannot export.
#[expect(unreachable_pub)]
mod tests {
    use super::*;
    use std::format;

    flag_byte! {
        /// For the test.
        Flags {
            /// Bit 0.
            low, with_low: 0;
            /// Bit 7.
            high, with_high: 7;
        }
    }

    without_parameters! {
        /// For the test.
        Command = EXIT_SLEEP_MODE;
    }

    #[test]
    fn unnamed_bits_survive() {
        let flags = Flags::from_bits(0x54).with_high(true).with_low(false);
        assert_eq!(flags.bits(), 0xd4);
        assert!(flags.high() && !flags.low());
        assert_eq!(flags.with_high(false).bits(), 0x54);
        assert_eq!(format!("{flags:?}"), "Flags(0xd4 high)");
        assert_eq!(Flags::EMPTY.bits(), 0);
    }

    #[test]
    fn a_buffer_without_room_is_left_alone() {
        assert_eq!(Command.encode(&mut []), Err(BufferTooSmall { needed: 1, available: 0 }));
        let mut buffer = [0xa5; 2];
        assert_eq!(Command.encode(&mut buffer), Ok(&[0x11][..]));
        assert_eq!(buffer, [0x11, 0xa5]);
    }

    #[test]
    fn a_payload_shows_its_command() {
        let show = |bytes| format!("{}", ShowPayload(bytes));
        assert_eq!(show(&[0x2a, 0x00, 0x00, 0x04, 0x37]), "set_column_address 00 00 04 37");
        assert_eq!(show(&[0xf0]), "command 0xf0");
        assert_eq!(show(&[]), "no command");
        assert_eq!(show(&[0x2c; 10]), "write_memory_start 2c 2c 2c 2c 2c 2c 2c 2c ... (9 bytes)");
    }

    #[test]
    fn errors_name_the_command() {
        let error = Command::parse(&[1]).expect_err("it has no parameters");
        assert_eq!(format!("{error}"), "exit_sleep_mode has 1 byte of parameters instead of 0");
        let error = ResponseError { opcode: Opcode::GET_SCANLINE, expected: 2, got: 1 };
        assert_eq!(format!("{error}"), "the response to get_scanline has 1 byte instead of 2");
    }
}
