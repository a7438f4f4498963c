//! What a panel has to be sent to come up, as constant data.
//!
//! A sequence is a slice of [`Step`]s, most of them from a vendor's table. [`check`] finds in it what
//! can't be sent and [`check_pauses`] where the panel is not given its time, both when the program is
//! compiled if one wants; [`play`] sends it. Who holds the link meanwhile is the caller's business.

use super::super::wire::{DataType, MAX_PAYLOAD_LEN};
use super::opcode::Opcode;
use core::fmt;

/// Most bytes that a [`Step::Check`] can compare.
pub const MAX_CHECK_LEN: usize = 16;

/// One step of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<'a> {
    /// A DCS write: opcode and parameters.
    Dcs(&'a [u8]),
    /// A generic write, of any number of bytes.
    Generic(&'a [u8]),
    /// A DCS write that selects one of the manufacturer's pages; later opcodes are that page's.
    SelectPage {
        /// The page's number, for people.
        page: u8,
        /// The write.
        select: &'a [u8],
    },
    /// A DCS read whose answer has to be the expected one.
    Check {
        /// What is read.
        opcode: u8,
        /// The answer, 1..=[`MAX_CHECK_LEN`] bytes.
        expected: &'a [u8],
        /// The bits of each byte that count; all of them where the mask ends.
        mask: &'a [u8],
    },
    /// Waits at least this many milliseconds.
    DelayMs(u32),
    /// Waits at least this many microseconds.
    DelayUs(u32),
}

impl Step<'_> {
    /// Microseconds that it waits.
    const fn waits_us(&self) -> u64 {
        match self {
            Self::DelayMs(time) => *time as u64 * 1000,
            Self::DelayUs(time) => *time as u64,
            _ => 0,
        }
    }

    /// What can't be sent of it.
    const fn fault(&self) -> Option<StepFault> {
        match self {
            Self::Dcs([]) | Self::SelectPage { select: [], .. } => Some(StepFault::NoOpcode),
            Self::Dcs(payload) | Self::Generic(payload) | Self::SelectPage { select: payload, .. } => {
                if payload.len() > MAX_PAYLOAD_LEN {
                    return Some(StepFault::TooLong { most: MAX_PAYLOAD_LEN, got: payload.len() });
                }
                None
            }
            Self::Check { expected: [], .. } => Some(StepFault::NothingExpected),
            Self::Check { expected, mask, .. } => {
                if expected.len() > MAX_CHECK_LEN {
                    return Some(StepFault::TooLong { most: MAX_CHECK_LEN, got: expected.len() });
                }
                if mask.len() > expected.len() {
                    return Some(StepFault::TooLong { most: expected.len(), got: mask.len() });
                }
                None
            }
            Self::DelayMs(_) | Self::DelayUs(_) => None,
        }
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dcs([opcode, parameters @ ..]) => {
                write!(f, "write {}", Opcode::new(*opcode))?;
                shorten(f, parameters)
            }
            Self::Dcs([]) => f.write_str("write without an opcode"),
            Self::Generic(payload) => {
                write!(f, "{}", DataType::for_generic_write(payload.len()))?;
                shorten(f, payload)
            }
            Self::SelectPage { page, .. } => write!(f, "select page {page:#04x}"),
            Self::Check { opcode, expected, .. } => {
                write!(f, "check that {} answers", Opcode::new(*opcode))?;
                shorten(f, expected)
            }
            Self::DelayMs(time) => write!(f, "wait {time} ms"),
            Self::DelayUs(time) => write!(f, "wait {time} us"),
        }
    }
}

/// Shows the first eight bytes, and how many there are if there are more.
fn shorten(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes.iter().take(8) {
        write!(f, " {byte:02x}")?;
    }
    if bytes.len() > 8 {
        write!(f, " ... ({} bytes)", bytes.len())?;
    }
    Ok(())
}

/// What a step needs of the link.
///
/// Each call is over once the peripheral has what was sent, or has answered; they come in the order of
/// the steps, and none after one that failed.
pub trait SequenceLink {
    /// Why a transfer failed.
    type Error;

    /// Sends a DCS write: opcode and parameters, at least one byte.
    ///
    /// # Errors
    ///
    /// The link's own; the sequence stops there.
    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), Self::Error>;

    /// Sends a generic write.
    ///
    /// # Errors
    ///
    /// The link's own; the sequence stops there.
    fn write_generic(&mut self, payload: &[u8]) -> Result<(), Self::Error>;

    /// Reads by DCS command into `answer`, whose length is how much is wanted, and says how many bytes
    /// came. Raising the maximum return packet size is part of it.
    ///
    /// # Errors
    ///
    /// The link's own; the sequence stops there.
    fn read_dcs(&mut self, opcode: u8, answer: &mut [u8]) -> Result<usize, Self::Error>;

    /// Waits at least this many microseconds.
    fn delay_us(&mut self, microseconds: u32);
}

/// Sends a sequence, and stops at the first step that fails.
///
/// # Errors
///
/// [`SequenceError`] says which step and why. What was sent before it stays sent.
pub fn play<'a, L: SequenceLink>(
    steps: &[Step<'a>],
    link: &mut L,
) -> Result<(), SequenceError<'a, L::Error>> {
    steps.iter().enumerate().try_for_each(|(index, step)| {
        play_step(step, link).map_err(|cause| SequenceError { index, step: *step, cause })
    })
}

fn play_step<L: SequenceLink>(step: &Step<'_>, link: &mut L) -> Result<(), Cause<L::Error>> {
    if let Some(fault) = step.fault() {
        return Err(Cause::Fault(fault));
    }
    match *step {
        Step::Dcs(payload) | Step::SelectPage { select: payload, .. } => link.write_dcs(payload)?,
        Step::Generic(payload) => link.write_generic(payload)?,
        Step::Check { opcode, expected, mask } => {
            let mut buffer = [0; MAX_CHECK_LEN];
            // `fault` has seen that the expected answer fits the buffer.
            let wanted = buffer.get_mut(..expected.len()).unwrap_or(&mut []);
            let got = link.read_dcs(opcode, wanted)?;
            if got < expected.len() {
                return Err(Cause::ShortAnswer { expected: expected.len(), got });
            }
            let masks = mask.iter().copied().chain(core::iter::repeat(0xff));
            for (at, ((&expected, &got), mask)) in expected.iter().zip(wanted.iter()).zip(masks).enumerate() {
                if (expected ^ got) & mask != 0 {
                    return Err(Cause::Mismatch { at, expected, got, mask });
                }
            }
        }
        Step::DelayMs(time) => {
            // Longer than u32 microseconds is said in two or more waits.
            let mut left = step_us(time);
            while left > 0 {
                let now = u32::try_from(left).unwrap_or(u32::MAX);
                link.delay_us(now);
                left -= u64::from(now);
            }
        }
        Step::DelayUs(time) => link.delay_us(time),
    }
    Ok(())
}

const fn step_us(milliseconds: u32) -> u64 {
    milliseconds as u64 * 1000
}

/// Looks for steps that can't be sent.
///
/// # Errors
///
/// The first of them. In a constant: `const _: () = assert!(check(INIT).is_ok());`
pub const fn check(steps: &[Step<'_>]) -> Result<(), FaultAt> {
    let mut rest = steps;
    let mut index = 0;
    while let [step, after @ ..] = rest {
        if let Some(fault) = step.fault() {
            return Err(FaultAt { index, fault });
        }
        rest = after;
        index += 1;
    }
    Ok(())
}

/// Looks for commands that come too soon after one which the panel needs time for: 5 ms after
/// soft_reset, enter_sleep_mode and exit_sleep_mode, and 120 ms from exit_sleep_mode to
/// enter_sleep_mode (DCS 1.3, section 6). Panels that need more say so in their data sheets.
///
/// Only writes by [`Step::Dcs`] before the first page is selected are understood.
///
/// # Errors
///
/// The first of them.
pub const fn check_pauses(steps: &[Step<'_>]) -> Result<(), PauseTooShort> {
    const SETTLE_US: u64 = 5_000;
    const AWAKE_US: u64 = 120_000;
    let (mut settle_us, mut awake_us, mut waited_us) = (0, 0, u64::MAX);
    let mut rest = steps;
    let mut index = 0;
    while let [step, after @ ..] = rest {
        waited_us = waited_us.saturating_add(step.waits_us());
        let opcode = match step {
            Step::SelectPage { .. } => return Ok(()),
            Step::DelayMs(_) | Step::DelayUs(_) => None,
            Step::Dcs([opcode, ..]) => Some(*opcode),
            Step::Dcs([]) | Step::Generic(_) | Step::Check { .. } => Some(0),
        };
        if let Some(opcode) = opcode {
            let needed_us = if opcode == Opcode::ENTER_SLEEP_MODE.get() { awake_us } else { settle_us };
            if waited_us < needed_us {
                return Err(PauseTooShort { index, needed_us, got_us: waited_us });
            }
            settle_us = 0;
            if opcode == Opcode::EXIT_SLEEP_MODE.get() {
                (settle_us, awake_us, waited_us) = (SETTLE_US, AWAKE_US, 0);
            } else if opcode == Opcode::ENTER_SLEEP_MODE.get() || opcode == Opcode::SOFT_RESET.get() {
                (settle_us, awake_us, waited_us) = (SETTLE_US, SETTLE_US, 0);
            }
        }
        rest = after;
        index += 1;
    }
    Ok(())
}

/// What can't be sent of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepFault {
    /// A DCS write without a byte.
    NoOpcode,
    /// A check that expects no byte.
    NothingExpected,
    /// More bytes than can be sent or compared.
    TooLong {
        /// Bytes that can.
        most: usize,
        /// Bytes that the step has.
        got: usize,
    },
}

impl fmt::Display for StepFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOpcode => f.write_str("it has no opcode"),
            Self::NothingExpected => f.write_str("it expects no answer"),
            Self::TooLong { most, got } => write!(f, "it has {got} bytes where {most} are the most"),
        }
    }
}

/// A step that can't be sent, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultAt {
    /// The step, counted from 0.
    pub index: usize,
    /// What is wrong.
    pub fault: StepFault,
}

impl fmt::Display for FaultAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.index, self.fault)
    }
}

impl core::error::Error for FaultAt {}

/// A command that comes too soon, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseTooShort {
    /// The step, counted from 0.
    pub index: usize,
    /// Microseconds that the panel needs before it.
    pub needed_us: u64,
    /// Microseconds that it is given.
    pub got_us: u64,
}

impl fmt::Display for PauseTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, needed_us, got_us } = self;
        write!(f, "step {index} comes after {got_us} us and the panel needs {needed_us} us")
    }
}

impl core::error::Error for PauseTooShort {}

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause<E> {
    /// The link failed.
    Link(E),
    /// The step can't be sent.
    Fault(StepFault),
    /// The answer has fewer bytes than are to be compared.
    ShortAnswer {
        /// Bytes to be compared.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A byte of the answer is another.
    Mismatch {
        /// Which byte, counted from 0.
        at: usize,
        /// What it has to be.
        expected: u8,
        /// What came.
        got: u8,
        /// The bits that count.
        mask: u8,
    },
}

impl<E> From<E> for Cause<E> {
    fn from(error: E) -> Self {
        Self::Link(error)
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
            Self::ShortAnswer { expected, got } => {
                write!(f, "the answer has {got} bytes instead of {expected}")
            }
            Self::Mismatch { at, expected, got, mask } => {
                write!(
                    f,
                    "byte {at} of the answer is {got:#04x} instead of {expected:#04x} (mask {mask:#04x})"
                )
            }
        }
    }
}

/// Which step of a sequence failed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceError<'a, E> {
    /// The step, counted from 0.
    pub index: usize,
    /// The step itself.
    pub step: Step<'a>,
    /// Why it failed.
    pub cause: Cause<E>,
}

impl<E: fmt::Display> fmt::Display for SequenceError<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} ({}): {}", self.index, self.step, self.cause)
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for SequenceError<'_, E> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    /// What reached the link, in order.
    #[derive(Debug, PartialEq)]
    enum Sent {
        Dcs(Vec<u8>),
        Generic(Vec<u8>),
        Read(u8, usize),
        Wait(u32),
    }

    #[derive(Default)]
    struct Recorder {
        sent: Vec<Sent>,
        answer: Vec<u8>,
        fails_at: Option<usize>,
    }

    impl Recorder {
        fn record(&mut self, sent: Sent) -> Result<(), &'static str> {
            self.sent.push(sent);
            if self.fails_at == Some(self.sent.len()) {
                return Err("the link is gone");
            }
            Ok(())
        }
    }

    impl SequenceLink for Recorder {
        type Error = &'static str;

        fn write_dcs(&mut self, payload: &[u8]) -> Result<(), &'static str> {
            self.record(Sent::Dcs(payload.to_vec()))
        }

        fn write_generic(&mut self, payload: &[u8]) -> Result<(), &'static str> {
            self.record(Sent::Generic(payload.to_vec()))
        }

        fn read_dcs(&mut self, opcode: u8, answer: &mut [u8]) -> Result<usize, &'static str> {
            self.record(Sent::Read(opcode, answer.len()))?;
            let got = self.answer.len().min(answer.len());
            answer[..got].copy_from_slice(&self.answer[..got]);
            Ok(got)
        }

        fn delay_us(&mut self, microseconds: u32) {
            self.sent.push(Sent::Wait(microseconds));
        }
    }

    const START: &[Step<'_>] = &[
        Step::Dcs(&[0x11]),
        Step::DelayMs(120),
        Step::Check { opcode: 0x0a, expected: &[0x10, 0x00], mask: &[0x10, 0x00] },
        Step::SelectPage { page: 1, select: &[0xff, 0x98, 0x81, 0x01] },
        Step::Generic(&[0xb0, 0x05]),
        Step::DelayUs(50),
        Step::Dcs(&[0x29]),
    ];

    // Found when this is compiled.
    const _: () = assert!(check(START).is_ok());
    const _: () = assert!(check_pauses(START).is_ok());

    #[test]
    fn every_step_reaches_the_link_in_its_order() {
        let mut link = Recorder { answer: std::vec![0x9c, 0x77], ..Recorder::default() };
        assert_eq!(play(START, &mut link), Ok(()));
        let expected = [
            Sent::Dcs(std::vec![0x11]),
            Sent::Wait(120_000),
            Sent::Read(0x0a, 2),
            Sent::Dcs(std::vec![0xff, 0x98, 0x81, 0x01]),
            Sent::Generic(std::vec![0xb0, 0x05]),
            Sent::Wait(50),
            Sent::Dcs(std::vec![0x29]),
        ];
        assert_eq!(link.sent, expected);
    }

    #[test]
    fn nothing_is_sent_after_the_step_that_failed() {
        for fails_at in [1, 3, 4, 5, 7] {
            let answer = std::vec![0x9c, 0x77];
            let mut link = Recorder { answer, fails_at: Some(fails_at), ..Recorder::default() };
            let error = play(START, &mut link).expect_err("the link fails");
            assert_eq!(error.index, fails_at - 1);
            assert_eq!(error.step, START[fails_at - 1]);
            assert_eq!(error.cause, Cause::Link("the link is gone"));
            assert_eq!(link.sent.len(), fails_at);
        }
    }

    #[test]
    fn a_wrong_answer_says_which_byte_and_what_was_expected() {
        let mut link = Recorder { answer: std::vec![0x08, 0x00], ..Recorder::default() };
        let error = play(START, &mut link).expect_err("the panel sleeps");
        assert_eq!(error.cause, Cause::Mismatch { at: 0, expected: 0x10, got: 0x08, mask: 0x10 });
        assert_eq!(
            format!("{error}"),
            "step 2 (check that get_power_mode answers 10 00): \
             byte 0 of the answer is 0x08 instead of 0x10 (mask 0x10)"
        );
    }

    #[test]
    fn bits_beyond_the_mask_all_count() {
        let steps = [Step::Check { opcode: 0x04, expected: &[0x12, 0x34], mask: &[0x00] }];
        let mut link = Recorder { answer: std::vec![0xff, 0x35], ..Recorder::default() };
        let error = play(&steps, &mut link).expect_err("the second byte differs");
        assert_eq!(error.cause, Cause::Mismatch { at: 1, expected: 0x34, got: 0x35, mask: 0xff });
    }

    #[test]
    fn an_answer_too_short_to_compare_is_an_error() {
        let mut link = Recorder { answer: std::vec![0x9c], ..Recorder::default() };
        let error = play(START, &mut link).expect_err("one byte of two");
        assert_eq!(error.cause, Cause::ShortAnswer { expected: 2, got: 1 });
    }

    #[test]
    fn what_can_not_be_sent_is_found_before_and_while_it_is_played() {
        let long = [0; MAX_CHECK_LEN + 1];
        let cases = [
            (Step::Dcs(&[]), StepFault::NoOpcode),
            (Step::SelectPage { page: 0, select: &[] }, StepFault::NoOpcode),
            (Step::Check { opcode: 0, expected: &[], mask: &[] }, StepFault::NothingExpected),
            (Step::Check { opcode: 0, expected: &long, mask: &[] }, StepFault::TooLong { most: 16, got: 17 }),
            (
                Step::Check { opcode: 0, expected: &[1], mask: &[1, 2] },
                StepFault::TooLong { most: 1, got: 2 },
            ),
        ];
        for (step, fault) in cases {
            let steps = [Step::Dcs(&[0]), step];
            assert_eq!(check(&steps), Err(FaultAt { index: 1, fault }));
            let mut link = Recorder::default();
            let error = play(&steps, &mut link).expect_err("it can not be sent");
            assert_eq!((error.index, error.cause), (1, Cause::Fault(fault)));
            assert_eq!(link.sent.len(), 1);
        }
        let long = std::vec![0; MAX_PAYLOAD_LEN + 1];
        assert!(check(&[Step::Generic(&long)]).is_err());
        assert!(check(&[Step::Generic(&long[1..]), Step::Generic(&[])]).is_ok());
    }

    #[test]
    fn a_panel_is_given_its_time_after_sleep() {
        let awake = Step::Dcs(&[0x11]);
        let (asleep, on) = (Step::Dcs(&[0x10]), Step::Dcs(&[0x29]));
        let fault = check_pauses(&[awake, Step::DelayUs(4999), on]);
        assert_eq!(fault, Err(PauseTooShort { index: 2, needed_us: 5_000, got_us: 4_999 }));
        assert_eq!(check_pauses(&[awake, Step::DelayMs(5), on, on]), Ok(()));
        let fault = check_pauses(&[awake, Step::DelayMs(5), on, Step::DelayMs(100), asleep]);
        assert_eq!(fault, Err(PauseTooShort { index: 4, needed_us: 120_000, got_us: 105_000 }));
        assert_eq!(check_pauses(&[awake, Step::DelayMs(5), on, Step::DelayMs(115), asleep]), Ok(()));
        assert_eq!(check_pauses(&[asleep]), Ok(()));
    }

    #[test]
    fn a_wait_too_long_for_one_call_is_made_in_several() {
        let mut link = Recorder::default();
        assert_eq!(play(&[Step::DelayMs(u32::MAX)], &mut link), Ok(()));
        let total: u64 =
            link.sent.iter().map(|sent| if let Sent::Wait(us) = sent { u64::from(*us) } else { 0 }).sum();
        assert_eq!(total, u64::from(u32::MAX) * 1000);
    }

    #[test]
    fn steps_show_what_they_do() {
        assert_eq!(format!("{}", Step::Dcs(&[0x35, 0x00])), "write set_tear_on 00");
        assert_eq!(
            format!("{}", Step::Dcs(&[0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
            "write command 0xf0 01 02 03 04 05 06 07 08 ... (9 bytes)"
        );
        assert_eq!(format!("{}", Step::Generic(&[1, 2, 3])), "generic long write 01 02 03");
        assert_eq!(format!("{}", Step::SelectPage { page: 4, select: &[0xff] }), "select page 0x04");
        assert_eq!(format!("{}", Step::DelayMs(5)), "wait 5 ms");
    }
}
