//! The shell: drives operations with a real lock and real callbacks. Lock, ask, unlock, do, lock, tell.
//!
//! It decides nothing. `drive` is the loop, and `session` is what the loop needs from one bus. `send` sends packets,
//! which pass the gate if nobody removes and nobody waits. `gate_and_book` closes and opens the gate.
//!
//! A shell of one's own (a kernel's, whose hosts are C structures) implements [`Shell`] in place of `session`.
#![cfg_attr(not(feature = "unstable-machine"), allow(dead_code, unreachable_pub, unused_imports))]

mod drive;
pub mod gate_and_book;
mod send;
mod session;

pub use drive::{drive, Shell};
pub(super) use send::Sender;
pub(super) use session::{
    begin, close_gate, run, run_errands, settle, Controller, Listener, NameOf, Session,
};
pub use session::{Deadline, MemoryRef};
