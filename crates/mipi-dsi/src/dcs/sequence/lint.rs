//! Finds errors in a sequence before it is sent.

use super::super::opcode::Opcode;
use super::step::{Step, StepFault};
use core::fmt;

/// Looks for steps that cannot be sent.
///
/// To check a constant at compile time: `const _: () = assert!(check(INIT).is_ok());`
///
/// # Errors
///
/// [`FaultAt`] with the first step that cannot be sent.
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

/// Looks for commands that come too soon after another command.
///
/// A panel needs 5 ms after soft_reset, enter_sleep_mode and exit_sleep_mode, and 120 ms from exit_sleep_mode
/// to enter_sleep_mode (DCS 1.3, section 6). Some panels need more, as their data sheets say.
///
/// The check ends at the first [`Step::SelectPage`], because opcodes have other meanings on a manufacturer's
/// page.
///
/// # Errors
///
/// [`PauseTooShort`] with the first command that comes too soon.
pub const fn check_pauses(steps: &[Step<'_>]) -> Result<(), PauseTooShort> {
    const SETTLE_US: u64 = 5_000;
    const AWAKE_US: u64 = 120_000;
    let (mut settle_us, mut awake_us, mut waited_us) = (0, 0, u64::MAX);
    let mut rest = steps;
    let mut index = 0;
    while let [step, after @ ..] = rest {
        waited_us = waited_us.saturating_add(step.waits_us());
        let opcode = match step {
            Step::DelayMs(_) | Step::DelayUs(_) => None,
            Step::Dcs([opcode, ..]) => Some(*opcode),
            Step::Dcs([]) | Step::Generic(_) | Step::Check { .. } | Step::SelectPage { .. } => Some(0),
        };
        if let Some(opcode) = opcode {
            let needed_us = if opcode == Opcode::ENTER_SLEEP_MODE.get() { awake_us } else { settle_us };
            if waited_us < needed_us {
                return Err(PauseTooShort { index, needed_us, got_us: waited_us });
            }
            if let Step::SelectPage { .. } = step {
                return Ok(());
            }
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

/// A step cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultAt {
    /// The index of the step, counted from 0.
    pub index: usize,
    /// What is wrong with the step.
    pub fault: StepFault,
}

impl fmt::Display for FaultAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.index, self.fault)
    }
}

impl core::error::Error for FaultAt {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// A command comes too soon after another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseTooShort {
    /// The index of the step, counted from 0.
    pub index: usize,
    /// The pause that the panel needs before the command, in microseconds.
    pub needed_us: u64,
    /// The pause in the sequence, in microseconds.
    pub got_us: u64,
}

impl fmt::Display for PauseTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, needed_us, got_us } = self;
        write!(f, "step {index} comes after {got_us} us, but the panel needs {needed_us} us")
    }
}

impl core::error::Error for PauseTooShort {}

#[cfg(test)]
mod tests {
    use super::*;

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
        for code in [0x01, 0x10] {
            let fault = check_pauses(&[Step::Dcs(&[code]), Step::DelayMs(4), Step::DelayUs(1), awake]);
            assert_eq!(fault, Err(PauseTooShort { index: 3, needed_us: 5_000, got_us: 4_001 }));
        }
    }

    #[test]
    fn a_page_is_selected_in_time_and_has_codes_of_its_own() {
        let (awake, page) = (Step::Dcs(&[0x11]), Step::SelectPage { page: 1, select: &[0xff, 1] });
        let fault = check_pauses(&[awake, page]);
        assert_eq!(fault, Err(PauseTooShort { index: 1, needed_us: 5_000, got_us: 0 }));
        let not_sleep = Step::Dcs(&[0x10]);
        assert_eq!(check_pauses(&[awake, Step::DelayMs(5), page, not_sleep]), Ok(()));
    }
}
