//! Every teardown order of a DSI pipeline, with every interleaving of those who take it apart.
//!
//! A [`World`] is a value: hosts, peripherals, their drivers, the bus, and the actors who bind, unbind, and send. Each
//! actor's action is a sequence of atomic steps, and [`Search`] looks at all states that can be reached by any of them
//! taking the next step. What the bus does is an [`Ownership`]: [`ownership::Production`] drives the very book and
//! operations of crate `mipi-dsi`, step by step as its shell does.
//!
//! Nothing here runs drivers, threads or callbacks of the real bus; the shell itself is tested under shuttle.

pub mod action;
pub mod breach;
pub mod driver;
pub mod hardware;
pub mod ownership;
pub mod search;
pub mod shape;
pub mod world;

pub use action::UserAction;
pub use breach::Breach;
pub use ownership::Ownership;
pub use search::{Search, Step};
pub use shape::{OnNotice, PeripheralShape, Shape};
pub use world::World;
