//! Every teardown order of a DSI pipeline, with every interleaving of those who take it apart.
//!
//! A [`World`] is a value: hosts, peripherals, their drivers, the bus, and the actors who bind, unbind, and send. Each
//! actor's action is a sequence of atomic steps, and [`search`](search::search) looks at every state that can be
//! reached if any of them takes the next step. What the bus does is an [`Ownership`]: [`ownership::Production`] drives
//! the production book and operations of crate `mipi-dsi`, step by step as its shell does; [`ownership::linux`] is
//! Linux 6.12 with the repairs that were discussed.
//!
//! Nothing here runs drivers, threads or callbacks of the real bus; the shell itself is tested under shuttle.

pub mod action;
pub mod actor;
mod alike;
pub mod check;
pub mod course;
pub mod driver;
mod encoding;
pub mod ends;
#[cfg(feature = "explorer")]
pub mod explorer;
pub mod follow;
pub mod hardware;
mod kept;
pub mod names;
pub mod note;
pub mod ownership;
mod pool;
mod private;
pub mod program;
pub mod property;
pub mod replay;
pub mod search;
pub mod shape;
pub mod stepping;
pub mod steps;
pub mod world;
pub mod worlds;

pub use action::{End, UserAction};
pub use check::{Checked, Counterexample, MODELS, Model};
pub use course::{Course, Outcome, Outcomes};
pub use names::Names;
pub use ownership::Ownership;
pub use property::{Event, Property};
pub use replay::Replay;
pub use shape::Shape;
pub use steps::Step;
pub use world::World;
