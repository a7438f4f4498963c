//! Sends a sequence step by step.

use super::super::super::wire::ByteCount;
use super::step::{Step, StepFault, MAX_CHECK_LEN};
use core::fmt;

/// What the steps of a sequence need from a link.
///
/// A call returns once the peripheral has received what was sent, or has responded. The calls come in the
/// order of the steps, and none follows a call that failed.
pub trait SequenceLink {
    /// Why a transfer failed.
    type Error;

    /// Sends a DCS write: opcode and parameters, at least one byte.
    ///
    /// # Errors
    ///
    /// An error of the link, at which the sequence stops.
    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), Self::Error>;

    /// Sends a generic write.
    ///
    /// # Errors
    ///
    /// An error of the link, at which the sequence stops.
    fn write_generic(&mut self, payload: &[u8]) -> Result<(), Self::Error>;

    /// Raises the maximum return packet size to the length of `response`, reads with a DCS command into
    /// `response`, and returns the number of bytes that came.
    ///
    /// # Errors
    ///
    /// An error of the link, at which the sequence stops.
    fn read_dcs(&mut self, opcode: u8, response: &mut [u8]) -> Result<usize, Self::Error>;

    /// Waits at least this many microseconds.
    fn delay_us(&mut self, microseconds: u32);
}

/// Sends a sequence, and stops at the first step that fails.
///
/// # Errors
///
/// [`SequenceError`] says which step failed and why. The steps before it have been sent.
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
            // `fault` has checked that the expected response fits in the buffer.
            let wanted = buffer.get_mut(..expected.len()).unwrap_or(&mut []);
            let got = link.read_dcs(opcode, wanted)?;
            if got < expected.len() {
                return Err(Cause::ShortResponse { expected: expected.len(), got });
            }
            let masks = mask.iter().copied().chain(core::iter::repeat(0xff));
            for (at, ((&expected, &got), mask)) in expected.iter().zip(wanted.iter()).zip(masks).enumerate() {
                if (expected ^ got) & mask != 0 {
                    return Err(Cause::Mismatch { at, expected, got, mask });
                }
            }
        }
        Step::DelayMs(time) => {
            // A pause of more than u32::MAX microseconds takes more than one call.
            let mut left = u64::from(time) * 1000;
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

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause<E> {
    /// The link failed with this error.
    Link(E),
    /// The step cannot be sent.
    Fault(StepFault),
    /// The response has fewer bytes than the check compares.
    ShortResponse {
        /// Bytes that the check compares.
        expected: usize,
        /// Bytes of the response.
        got: usize,
    },
    /// A byte of the response is not the expected one.
    Mismatch {
        /// The index of the byte, counted from 0.
        at: usize,
        /// The expected byte.
        expected: u8,
        /// The received byte.
        got: u8,
        /// The bits that were compared.
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
            Self::ShortResponse { expected, got } => {
                write!(f, "the response has {} instead of {expected}", ByteCount(*got))
            }
            Self::Mismatch { at, expected, got, mask } => {
                write!(
                    f,
                    "byte {at} of the response is {got:#04x} instead of {expected:#04x} (mask {mask:#04x})"
                )
            }
        }
    }
}

/// A step of a sequence failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceError<'a, E> {
    /// The index of the step, counted from 0.
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

impl<E: core::error::Error + 'static> core::error::Error for SequenceError<'_, E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.cause {
            Cause::Link(error) => Some(error),
            Cause::Fault(fault) => Some(fault),
            Cause::ShortResponse { .. } | Cause::Mismatch { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::wire::MAX_PAYLOAD_LEN;
    use super::super::check;
    use super::super::{check_pauses, FaultAt};
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
        response: Vec<u8>,
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

        fn read_dcs(&mut self, opcode: u8, response: &mut [u8]) -> Result<usize, &'static str> {
            self.record(Sent::Read(opcode, response.len()))?;
            let got = self.response.len().min(response.len());
            response[..got].copy_from_slice(&self.response[..got]);
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

    // These fail at compile time if the sequence is wrong.
    const _: () = assert!(check(START).is_ok());
    const _: () = assert!(check_pauses(START).is_ok());

    #[test]
    fn every_step_reaches_the_link_in_its_order() {
        let mut link = Recorder { response: std::vec![0x9c, 0x77], ..Recorder::default() };
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
            let response = std::vec![0x9c, 0x77];
            let mut link = Recorder { response, fails_at: Some(fails_at), ..Recorder::default() };
            let error = play(START, &mut link).expect_err("the link fails");
            assert_eq!(error.index, fails_at - 1);
            assert_eq!(error.step, START[fails_at - 1]);
            assert_eq!(error.cause, Cause::Link("the link is gone"));
            assert_eq!(link.sent.len(), fails_at);
        }
    }

    #[test]
    fn a_wrong_response_says_which_byte_and_what_was_expected() {
        let mut link = Recorder { response: std::vec![0x08, 0x00], ..Recorder::default() };
        let error = play(START, &mut link).expect_err("the panel sleeps");
        assert_eq!(error.cause, Cause::Mismatch { at: 0, expected: 0x10, got: 0x08, mask: 0x10 });
        assert_eq!(
            format!("{error}"),
            "step 2 (check that the response to get_power_mode is 10 00): \
             byte 0 of the response is 0x08 instead of 0x10 (mask 0x10)"
        );
    }

    #[test]
    fn bits_beyond_the_mask_all_count() {
        let steps = [Step::Check { opcode: 0x04, expected: &[0x12, 0x34], mask: &[0x00] }];
        let mut link = Recorder { response: std::vec![0xff, 0x35], ..Recorder::default() };
        let error = play(&steps, &mut link).expect_err("the second byte differs");
        assert_eq!(error.cause, Cause::Mismatch { at: 1, expected: 0x34, got: 0x35, mask: 0xff });
    }

    #[test]
    fn a_response_too_short_to_compare_is_an_error() {
        let mut link = Recorder { response: std::vec![0x9c], ..Recorder::default() };
        let error = play(START, &mut link).expect_err("one byte of two");
        assert_eq!(error.cause, Cause::ShortResponse { expected: 2, got: 1 });
    }

    #[test]
    fn what_cannot_be_sent_is_found_before_and_while_it_is_played() {
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
            let error = play(&steps, &mut link).expect_err("it cannot be sent");
            assert_eq!((error.index, error.cause), (1, Cause::Fault(fault)));
            assert_eq!(link.sent.len(), 1);
        }
        let long = std::vec![0; MAX_PAYLOAD_LEN + 1];
        assert!(check(&[Step::Generic(&long)]).is_err());
        assert!(check(&[Step::Generic(&long[1..]), Step::Generic(&[])]).is_ok());
    }

    #[test]
    fn a_wait_too_long_for_one_call_is_made_in_several() {
        let mut link = Recorder::default();
        assert_eq!(play(&[Step::DelayMs(u32::MAX)], &mut link), Ok(()));
        let total: u64 =
            link.sent.iter().map(|sent| if let Sent::Wait(us) = sent { u64::from(*us) } else { 0 }).sum();
        assert_eq!(total, u64::from(u32::MAX) * 1000);
    }
}
