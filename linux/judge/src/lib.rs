//! A real Linux as judge of teardown orders.
//!
//! The layers, in the order in which an order (crate `lab-orders`) goes through them:
//!
//! * [`kernel`]: User Mode Linux with KASAN, lockdep and kmemleak, built from the distribution's source or the user's,
//!   with the driver in `linux/lab-driver`, which takes the steps.
//! * [`boot`]: one boot takes one order, and gives its console's log.
//! * [`log`], [`told`], [`verdict`]: what the log says, whether it fits what the boot was told, and what follows.
//! * [`judge`], [`output`]: many boots, on all cores, and their tables.
//! * [`races`]: orders with two threads, many times each.
//! * [`facts`]: the results of a run, as lines of the committed tables (`lab_orders::measured`).
//! * [`rounds`]: rounds of threads. [`kunit`]: the KUnit suite of the bus. [`bytes`]: what two cores send, held against each
//!   other. [`cost`]: what they cost.
//! * [`qemu`]: boots with two processors.
//! * [`user_space`]: orders that are typed, with the kernel's own drivers.
//!
//! What it is not: a model. It does not know what the kernel ought to report, and so can contradict every model.

pub mod boot;
pub mod bytes;
pub mod cost;
pub mod facts;
pub mod judge;
pub mod kernel;
pub mod kunit;
pub mod log;
pub mod output;
pub mod qemu;
pub mod races;
pub mod rounds;
mod storage;
pub mod told;
pub mod user_space;
pub mod verdict;
