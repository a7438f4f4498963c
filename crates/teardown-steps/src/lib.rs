//! The language of steps: what somebody does to a DSI pipeline, in the words of sysfs and modprobe.
//!
//! `dsi run --steps`, `dsi run --model`, the lines by which `dsi check` has its counterexamples taken again, and the kernel
//! lab (`linux/lab`) all say it in this language. `docs/steps.md` describes it for those who type it.
//!
//! * [`step`]: a step as a value, and the words of it.
//! * [`script`]: steps one after the other, and how they are written.
//! * [`parse`], [`parse_error`]: from a text to a script, or to what is wrong with the text.
//! * [`tool`]: which steps mean something to which tool.
//! * [`orders`]: every order of some steps that can be made.
//! * [`shell`]: the same steps as commands of a shell.
//!
//! Nothing is done here: who takes a step, and what comes of it, is each tool's own subject.

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
