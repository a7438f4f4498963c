//! Init sequences: what a host sends to start a panel, as constant data.
//!
//! A sequence is a slice of [`Step`]s, most of them from a vendor's table. [`check`] finds steps that cannot be
//! sent, and [`check_pauses`] finds commands that come too early for the panel. Both can run at compile time.
//! [`play`] sends the sequence; the caller sees to it that nobody else uses the link meanwhile.
//!
//! ```
//! use mipi_dsi::dcs::sequence::{check, check_pauses, Step};
//!
//! const START: &[Step] = &[Step::Dcs(&[0x11]), Step::DelayMs(120), Step::Dcs(&[0x29])];
//! const _: () = assert!(check(START).is_ok() && check_pauses(START).is_ok());
//! ```

mod lint;
mod player;
mod step;

pub use lint::{check, check_pauses, FaultAt, PauseTooShort};
pub use player::{play, Cause, SequenceError, SequenceLink};
pub use step::{Step, StepFault, MAX_CHECK_LEN};
