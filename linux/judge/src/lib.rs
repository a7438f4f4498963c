//! A real Linux as judge of teardown orders.
//!
//! The layers, in the order in which an order goes through them:
//!
//! * [`step`], [`variant`], [`order`]: what can be done to what, and which orders can be made.
//! * [`kernel`]: User Mode Linux with KASAN, lockdep and kmemleak, built from the distribution's source or the user's,
//!   with the driver in `linux/lab-driver`, which takes the steps.
//! * [`boot`]: one boot takes one order, and gives its console's log.
//! * [`log`], [`verdict`]: what the log says, and what follows.
//! * [`orders`], [`output`]: many boots, and their tables.
//! * [`facts`]: the committed tables of verdicts, and the comparison with them.
//! * [`user_space`]: orders that are typed, with the kernel's own drivers.
//!
//! What it is not: a model. It knows nothing of what the kernel ought to report, and so can contradict every model.

pub mod boot;
pub mod facts;
pub mod kernel;
pub mod log;
pub mod order;
pub mod orders;
pub mod output;
pub mod step;
pub mod user_space;
pub mod variant;
pub mod verdict;
