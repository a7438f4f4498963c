//! What a model says that a kernel will say of the lab's orders, beside what a real kernel said.
//!
//! * [`course`]: an order of the lab as a course of the model.
//! * [`predict`]: what the model says of it, on the lab's machine and on any.
//! * [`compare`]: tables of verdicts, row by row.
//! * [`often`]: races that were taken many times.
//! * [`typed`]: the orders that are typed at the kernel's own drivers.
//!
//! Nothing is measured here and no kernel is booted: `linux/lab` does that, and knows nothing of models.

pub mod compare;
pub mod course;
pub mod often;
pub mod predict;
pub mod typed;
