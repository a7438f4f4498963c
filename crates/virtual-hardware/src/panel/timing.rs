//! The pauses that DCS demands around sleep and reset.
//!
//! DCS 1.3, sections of `enter_sleep_mode`, `exit_sleep_mode` and `soft_reset`: 5 ms before any command after each of
//! them; 120 ms between sleep in and sleep out, either way; 120 ms between a reset of an awake panel and sleep out.

use super::breach::Rule;
use crate::clock::Instant;
use core::time::Duration;
use mipi_dsi::dcs::Opcode;

/// The pause before any command after sleep in, sleep out and reset.
pub const SETTLE: Duration = Duration::from_millis(5);
/// The pause between sleep out and sleep in, and the other way round.
pub const SUPPLY: Duration = Duration::from_millis(120);

/// The last commands after which something has to wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timing {
    last: Option<(Opcode, Instant)>,
    /// The last command after which sleep in or sleep out has to wait [`SUPPLY`].
    supply: Option<(Opcode, Instant)>,
}

impl Timing {
    /// Whether enough time has passed for this command.
    pub(super) fn check(&self, opcode: Opcode, at: Instant) -> Result<(), Rule> {
        let wait = |earlier: Option<(Opcode, Instant)>, needed: Duration| match earlier {
            Some((after, since)) if at.since(since) < needed => {
                Err(Rule::TooEarly { opcode, after, needed, elapsed: at.since(since) })
            }
            _ => Ok(()),
        };
        wait(self.last, SETTLE)?;
        let other_way = match opcode {
            Opcode::ENTER_SLEEP_MODE => [Opcode::EXIT_SLEEP_MODE, Opcode::EXIT_SLEEP_MODE],
            Opcode::EXIT_SLEEP_MODE => [Opcode::ENTER_SLEEP_MODE, Opcode::SOFT_RESET],
            _ => return Ok(()),
        };
        wait(self.supply.filter(|(after, _)| other_way.contains(after)), SUPPLY)
    }

    /// A command was carried out; `asleep` is the panel's state before it.
    pub(super) fn carried_out(&mut self, opcode: Opcode, at: Instant, asleep: bool) {
        match opcode {
            Opcode::ENTER_SLEEP_MODE | Opcode::EXIT_SLEEP_MODE => {
                self.last = Some((opcode, at));
                // Saying again what is so already moves no supply.
                if asleep == (opcode == Opcode::EXIT_SLEEP_MODE) {
                    self.supply = self.last;
                }
            }
            Opcode::SOFT_RESET => {
                self.last = Some((opcode, at));
                if !asleep {
                    self.supply = self.last;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn after(earlier: Opcode, asleep: bool) -> Timing {
        let mut timing = Timing::default();
        timing.carried_out(earlier, at(1000), asleep);
        timing
    }

    /// The first millisecond after `earlier` at which `opcode` is allowed.
    fn first_right(earlier: Opcode, asleep: bool, opcode: Opcode) -> u64 {
        let timing = after(earlier, asleep);
        (0..500).find(|millis| timing.check(opcode, at(1000 + millis)).is_ok()).expect("at some time")
    }

    #[test]
    fn each_pause_is_as_long_as_its_section_says() {
        use Opcode as O;
        let pauses = [
            (O::EXIT_SLEEP_MODE, true, O::SET_DISPLAY_ON, 5),
            (O::EXIT_SLEEP_MODE, true, O::ENTER_SLEEP_MODE, 120),
            (O::EXIT_SLEEP_MODE, false, O::ENTER_SLEEP_MODE, 5),
            (O::ENTER_SLEEP_MODE, false, O::NOP, 5),
            (O::ENTER_SLEEP_MODE, false, O::EXIT_SLEEP_MODE, 120),
            (O::ENTER_SLEEP_MODE, true, O::EXIT_SLEEP_MODE, 5),
            (O::SOFT_RESET, true, O::NOP, 5),
            (O::SOFT_RESET, true, O::EXIT_SLEEP_MODE, 5),
            (O::SOFT_RESET, false, O::EXIT_SLEEP_MODE, 120),
            (O::SET_DISPLAY_ON, false, O::NOP, 0),
        ];
        for (earlier, asleep, opcode, pause) in pauses {
            assert_eq!(first_right(earlier, asleep, opcode), pause, "{opcode} after {earlier}");
        }
    }

    #[test]
    fn a_breach_says_how_long_and_how_long_not() {
        let timing = after(Opcode::EXIT_SLEEP_MODE, true);
        let rule = Rule::TooEarly {
            opcode: Opcode::ENTER_SLEEP_MODE,
            after: Opcode::EXIT_SLEEP_MODE,
            needed: SUPPLY,
            elapsed: Duration::from_millis(119),
        };
        assert_eq!(timing.check(Opcode::ENTER_SLEEP_MODE, at(1119)), Err(rule));
    }
}
