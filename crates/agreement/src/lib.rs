//! What a model predicts that a kernel will report for the lab's orders, compared with what a real kernel reported.
//!
//! * [`course`]: an order of the lab as a course of the model.
//! * [`predict`]: what the model predicts for it, on the lab's machine and on any other.
//! * [`never_released`]: the devices that drivers forget, which this project's own model knows nothing of.
//! * [`compare`]: tables of verdicts, row by row.
//! * [`often`]: races that were taken many times.
//! * [`typed`]: the orders that are typed at the kernel's own drivers.
//!
//! This crate measures nothing and boots no kernel: `linux/lab` does that, and knows nothing of models.

pub mod compare;
pub mod course;
pub mod never_released;
pub mod often;
pub mod predict;
pub mod typed;
