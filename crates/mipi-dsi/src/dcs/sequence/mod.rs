//! What a panel has to be sent to come up, as constant data.
//!
//! A sequence is a slice of [`Step`]s, most of them from a vendor's table. [`check`] finds in it what
//! can't be sent and [`check_pauses`] where the panel is not given its time, both when the program is
//! compiled if one wants; [`play`] sends it. Who holds the link meanwhile is the caller's business.
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
