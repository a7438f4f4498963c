//! The half of the shell that closes and opens the gate.

#[path = "../../../src/bus/shell/gate_and_book.rs"]
pub(crate) mod gate_and_book;
