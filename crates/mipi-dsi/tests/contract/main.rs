//! The contract of the bus: for each of its twelve lines, tests that fail when the line is broken.
//!
//! The table in the README names them. What concerns managed resources (line 8) is in the `board` crate, where there
//! are drivers.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

#[path = "../support/mod.rs"]
mod support;

mod line_01_exactly_once;
mod line_02_nobody_is_left_behind;
mod line_03_late_calls_are_answers;
mod line_04_told_once;
mod line_05_running_work_is_drained;
mod line_06_races_have_two_outcomes;
mod line_07_errands_between_rounds;
mod line_07_errands_where_nothing_may_be_called;
mod line_07_no_lock_across_a_callback;
mod line_09_old_handles_stay_dead;
mod line_10_lookups_are_counted;
mod line_11_a_failed_step_leaves_nothing;
mod line_12_the_whole_life_is_visible;
mod reads;
mod senders_take_turns;
mod serialised_hosts;
mod shared_hosts;
mod waits_are_bounded;
