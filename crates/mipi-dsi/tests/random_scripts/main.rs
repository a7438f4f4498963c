//! Random scripts: operations from outside and from inside callbacks, compared with a plain reference.
//!
//! `scripts` runs whole scripts on the bus and on the reference, with one caller. What several callers do at the same
//! time is in `interleavings`, which drives the operations as values; real threads are in `tests/shuttle.rs`.

mod books;
mod callers;
mod choices;
mod errands;
mod event;
mod frame;
mod handles;
mod interleavings;
mod notices;
mod reference;
mod script;
mod scripts;
mod watch;
mod world;
