//! What has to hold for any bytes. Each fuzz target is one function of this crate, and panics if it does not.
//!
//! * [`requests`], [`responses`]: streams of packets in either direction (`wire`).
//! * [`dcs`], [`sequences`]: payloads of DCS writes, responses to DCS reads, init sequences (`dcs`).
//! * [`blobs`]: a device tree blob, with an overlay behind it; [`trees`]: the same, but the bytes are instructions
//!   for a builder of blobs, which gets far deeper than damaged blobs do (`board`).
//!
//! Not here: orders of calls on the bus (the search and the random scripts), and time: a target that hangs is found
//! by libFuzzer's own `-timeout`, which `scripts/fuzz` sets.

mod board;
mod commands;
mod packets;
mod vocabulary;

pub use board::{blobs, trees};
pub use commands::{dcs, sequences};
pub use packets::{requests, responses};
