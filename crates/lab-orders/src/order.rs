//! An order of steps, and how it is named.

use crate::step::{self, Step, UnknownStep};
use crate::variant::Variant;
use std::fmt;

/// An order: what stands on the table, and the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What stands on the table.
    pub variant: Variant,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Order {
    /// The order of a variant with this name, and steps with commas between them.
    ///
    /// # Errors
    ///
    /// The variant or a step is not known, or there is no step: of nothing there is nothing to be said.
    pub fn parse(variant: &str, steps: &str) -> Result<Self, OrderError> {
        let variant = Variant::named(variant).ok_or_else(|| OrderError::Variant(variant.to_owned()))?;
        let steps = step::parse_list(steps).map_err(OrderError::Step)?;
        if steps.is_empty() { Err(OrderError::NoSteps) } else { Ok(Self { variant, steps }) }
    }

    /// Whether some step is begun in a thread of its own.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.steps.iter().any(|step| step.started)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variant.name(), step::list(&self.steps))
    }
}

/// A text that names no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderError {
    /// There is no such variant.
    Variant(String),
    /// One of its steps is none.
    Step(UnknownStep),
    /// It has no steps.
    NoSteps,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variant(name) => {
                write!(f, "there is no variant '{name}'; `linux/lab orders --list` names them")
            }
            Self::Step(error) => write!(f, "{error}"),
            Self::NoSteps => f.write_str("an order without a step is none"),
        }
    }
}

impl std::error::Error for OrderError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_steps() {
        for steps in ["", " , "] {
            assert_eq!(Order::parse("managed-bridge", steps), Err(OrderError::NoSteps));
        }
    }
}
