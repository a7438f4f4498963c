//! What all DCS commands have in common: how they become bytes, and how bytes become answers.

use super::super::wire::BufferTooSmall;
use super::opcode::Opcode;
use core::fmt;

/// The longest payload of a typed command, opcode included, that carries no data of the caller's:
/// a buffer of this size takes any but the memory, look-up table and sync timing commands.
pub const MAX_FIXED_LEN: usize = 7;

/// A command that the host writes.
pub trait WriteCommand {
    /// Which command it is.
    const OPCODE: Opcode;

    /// Its parameters: an array, whose length is the number of them, or a borrowed slice.
    type Parameters: AsRef<[u8]>;

    /// The parameters as they go over the link.
    fn parameters(&self) -> Self::Parameters;

    /// Writes opcode and parameters to the start of `buffer` and returns that part of it: the payload
    /// of a DCS write.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`]; nothing is written then.
    fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
        write_payload(Self::OPCODE, self.parameters().as_ref(), buffer)
    }
}

/// A written command that can be read back from its parameters.
///
/// `'a` is the life of the bytes, for the commands that borrow them.
pub trait ParseCommand<'a>: WriteCommand + Sized {
    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// [`ParameterError`], if there are too few or too many of them or they contradict each other.
    fn parse(parameters: &'a [u8]) -> Result<Self, ParameterError>;
}

/// A command that the peripheral answers with a fixed number of bytes.
pub trait ReadCommand {
    /// Which command it is.
    const OPCODE: Opcode;

    /// Bytes of the answer: what the maximum return packet size has to be at least.
    const ANSWER_LEN: usize;

    /// What the answer means.
    type Answer;

    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// [`AnswerError`], if it has not exactly [`ANSWER_LEN`](Self::ANSWER_LEN) bytes. A peripheral
    /// answers with fewer if its maximum return packet size was never raised from 1.
    fn parse(answer: &[u8]) -> Result<Self::Answer, AnswerError>;
}

/// A command that the peripheral answers with as many bytes as it is let.
pub trait ReadBytes {
    /// Which command it is.
    const OPCODE: Opcode;
}

/// Writes opcode and parameters to the start of `buffer` and returns that part of it.
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

/// Shows the payload of a DCS write as its command's name and its first parameters; for traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payload<'a>(pub &'a [u8]);

impl fmt::Display for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [opcode, parameters @ ..] = self.0 else { return f.write_str("no command") };
        write!(f, "{}", Opcode::new(*opcode))?;
        show_bytes(f, parameters)
    }
}

/// Shows the first eight bytes, each after a space, and how many there are if there are more.
pub(super) fn show_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes.iter().take(8) {
        write!(f, " {byte:02x}")?;
    }
    if bytes.len() > 8 {
        write!(f, " ... ({} bytes)", bytes.len())?;
    }
    Ok(())
}

/// Takes an answer of exactly `N` bytes.
pub(super) fn exact_answer<const N: usize>(opcode: Opcode, answer: &[u8]) -> Result<[u8; N], AnswerError> {
    answer.try_into().map_err(|_| AnswerError { opcode, expected: N, got: answer.len() })
}

/// Takes exactly `N` parameters.
pub(super) fn exact<const N: usize>(opcode: Opcode, parameters: &[u8]) -> Result<[u8; N], ParameterError> {
    parameters.try_into().map_err(|_| ParameterError {
        opcode,
        fault: ParameterFault::Length { least: N, most: N, got: parameters.len() },
    })
}

/// An answer has not the length that its command's has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerError {
    /// The command.
    pub opcode: Opcode,
    /// Bytes that its answer has.
    pub expected: usize,
    /// Bytes that came.
    pub got: usize,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opcode, expected, got } = self;
        write!(f, "{opcode} was answered with {got} bytes instead of {expected}")
    }
}

impl core::error::Error for AnswerError {}

/// What is wrong with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFault {
    /// Too few or too many bytes.
    Length {
        /// Fewest that the command has.
        least: usize,
        /// Most that the command has.
        most: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A window that ends before it starts.
    Reversed {
        /// Its first column or row.
        start: u16,
        /// Its last column or row.
        end: u16,
    },
    /// The command is read, not written.
    NotWritten,
    /// There is not even an opcode.
    Empty,
}

/// Parameters that the command does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// The command; nop if there was not even an opcode.
    pub opcode: Opcode,
    /// What is wrong.
    pub fault: ParameterFault,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opcode = self.opcode;
        match self.fault {
            ParameterFault::Length { least, most, got } if least == most => {
                write!(f, "{opcode} with {got} parameters instead of {least}")
            }
            ParameterFault::Length { least, most, got } => {
                write!(f, "{opcode} with {got} parameters instead of {least} to {most}")
            }
            ParameterFault::Reversed { start, end } => {
                write!(f, "{opcode} from {start} to {end}, which ends before it starts")
            }
            ParameterFault::NotWritten => write!(f, "{opcode} is read, not written"),
            ParameterFault::Empty => f.write_str("a DCS write without an opcode"),
        }
    }
}

impl core::error::Error for ParameterError {}

/// Makes the types of commands without parameters.
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
                fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
                    exact::<0>(Self::OPCODE, parameters).map(|[]| Self)
                }
            }
        )*
    };
}
pub(super) use without_parameters;

/// Makes the type of a command whose one parameter is a byte in a type of its own.
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
                fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
                    exact::<1>(Self::OPCODE, parameters).map(|[bits]| Self($value::from_bits(bits)))
                }
            }
        )*
    };
}
pub(super) use one_byte_command;

/// Makes the type of a command that is answered with one byte in a type of its own.
macro_rules! one_byte_answer {
    ($( $(#[$doc:meta])* $name:ident -> $value:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl ReadCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                const ANSWER_LEN: usize = 1;
                type Answer = $value;

                fn parse(answer: &[u8]) -> Result<$value, AnswerError> {
                    exact_answer::<1>(Self::OPCODE, answer).map(|[bits]| $value::from_bits(bits))
                }
            }
        )*
    };
}
pub(super) use one_byte_answer;

/// Makes a byte whose bits have names; the bits without a name are kept.
macro_rules! flag_byte {
    (
        $(#[$type_doc:meta])*
        $name:ident { $( $(#[$doc:meta])* $get:ident, $set:ident: $bit:literal; )* }
    ) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(u8);

        impl $name {
            /// No bit set.
            pub const EMPTY: Self = Self(0);

            /// The byte with these bits, named or not.
            pub const fn from_bits(bits: u8) -> Self {
                Self(bits)
            }

            /// Its bits.
            pub const fn bits(self) -> u8 {
                self.0
            }

            $(
                $(#[$doc])*
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
// The macros make public types, and a test module can't publish them.
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
        let show = |bytes| format!("{}", Payload(bytes));
        assert_eq!(show(&[0x2a, 0x00, 0x00, 0x04, 0x37]), "set_column_address 00 00 04 37");
        assert_eq!(show(&[0xf0]), "command 0xf0");
        assert_eq!(show(&[]), "no command");
        assert_eq!(show(&[0x2c; 10]), "write_memory_start 2c 2c 2c 2c 2c 2c 2c 2c ... (9 bytes)");
    }

    #[test]
    fn errors_name_the_command() {
        let error = Command::parse(&[1]).expect_err("it has no parameters");
        assert_eq!(format!("{error}"), "exit_sleep_mode with 1 parameters instead of 0");
        let error = AnswerError { opcode: Opcode::GET_SCANLINE, expected: 2, got: 1 };
        assert_eq!(format!("{error}"), "get_scanline was answered with 1 bytes instead of 2");
    }
}
