//! Loom tries every order of the gate's atomic operations, and every value that the memory model lets a load read.
//!
//! The files under test are the bus's own: `gate/mod.rs` and `gate/word.rs`, which have all the unsafe code, and
//! `shell/gate_and_book.rs`, which has the protocol. Only their atomic numbers and their cell are loom's (`bus`). The
//! book and its operations are the crate's.

mod bus;
mod gate_alone;
mod with_book;
mod world;

use loom::model::Builder;

/// Runs a scene in every order in which no thread is interrupted more than `interruptions` times (`None`: in every
/// order).
fn in_every_order(interruptions: Option<usize>, scene: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = interruptions;
    builder.max_branches = 10_000;
    builder.check(scene);
}

/// One test for each word and profile: `scenes!(interruptions; name, ...)`.
macro_rules! scenes {
    ($($interruptions:expr; $($scene:ident),+;)+) => { $($(
        mod $scene {
            use super::super::bus::gate::{AtomicWord, CriticalSectionWord};
            use super::super::in_every_order;
            use mipi_dsi::bus::Profile;

            #[test]
            fn exclusive_atomic() {
                in_every_order($interruptions, || super::$scene::<AtomicWord>(Profile::Exclusive));
            }

            #[test]
            fn shared_atomic() {
                in_every_order($interruptions, || super::$scene::<AtomicWord>(Profile::Shared));
            }

            #[test]
            fn exclusive_critical_section() {
                in_every_order(Some(2), || super::$scene::<CriticalSectionWord>(Profile::Exclusive));
            }

            #[test]
            fn shared_critical_section() {
                in_every_order(Some(2), || super::$scene::<CriticalSectionWord>(Profile::Shared));
            }
        }
    )+)+ };
}
pub(crate) use scenes;
