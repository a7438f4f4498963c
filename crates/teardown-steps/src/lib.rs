//! The language of steps: what somebody does to a DSI pipeline, in the words of sysfs and modprobe.
//!
//! `dsi run --steps`, `dsi run --model`, the replay lines of `dsi check`, and the kernel
//! lab (`linux/lab`) all use this language. `docs/steps.md` describes it for those who type it.
//!
//! * [`step`]: a step as a value, and the words for it.
//! * [`script`]: steps one after the other, and how they are written.
//! * [`parse`], [`parse_error`]: from a text to a script, or to what is wrong with the text.
//! * [`tool`]: which steps mean something to which tool.
//! * [`orders`]: every possible order of some steps.
//! * [`shell`]: the same steps as commands of a shell.
//!
//! This crate does nothing with steps: each tool decides who takes a step, and what it does.

pub mod orders;
pub mod parse;
pub mod parse_error;
pub mod script;
pub mod shell;
pub mod step;
pub mod tool;

pub use parse_error::ParseError;
pub use script::Script;
pub use step::{Act, Actor, Does, End, Nth, Step, Target, Until, Verb};
pub use tool::{BoardAct, NoMeaning};
