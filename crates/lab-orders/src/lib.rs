//! The orders of the kernel lab: what can be done to what, which orders are possible, and what a real Linux reported
//! for them.
//!
//! * [`step`]: the steps of `teardown_steps` that the lab's kernel takes from its command line.
//! * [`variant`], [`manner`]: what the bench can hold.
//! * [`order`]: an order of steps, and its name.
//! * [`bound`]: what is bound after which steps.
//! * [`impossible`]: the first step of an order that nobody can take.
//! * [`possible`]: which orders are possible.
//! * [`built_in`]: the orders that every run of the lab takes.
//! * [`pipeline`], [`typed`]: the kernel's own drivers, and the orders that are typed at them.
//! * [`measured`]: the committed tables of verdicts.
//! * [`how_often`]: the committed table of how often races were reported.
//! * [`table`]: what all of these have in common.
//!
//! No kernel is booted here (`linux/judge` does that), and this crate does not know what a kernel ought to report
//! (`agreement` does).

pub mod bound;
pub mod built_in;
pub mod how_often;
pub mod impossible;
pub mod manner;
pub mod measured;
pub mod order;
pub mod pipeline;
pub mod possible;
pub mod step;
pub mod table;
pub mod typed;
pub mod variant;

pub use manner::Manner;
pub use order::Order;
pub use step::{Act, End, Nth, Step};
pub use variant::Variant;
