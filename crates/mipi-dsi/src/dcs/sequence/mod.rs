//! What a panel has to be sent to come up, as constant data.
//!
//! A sequence is a slice of [`Step`]s, most of them from a vendor's table. [`check`] finds in it what
//! can't be sent and [`check_pauses`] where the panel is not given its time, both when the program is
//! compiled if one wants; [`play`] sends it. Who holds the link meanwhile is the caller's business.

mod lint;
mod player;
mod step;

pub use lint::{check, check_pauses, FaultAt, PauseTooShort};
pub use player::{play, Cause, SequenceError, SequenceLink};
pub use step::{Step, StepFault, MAX_CHECK_LEN};
