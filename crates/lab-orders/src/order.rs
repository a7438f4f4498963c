//! An order of steps, and its name.

use crate::step::{self, Step, StepsError};
use crate::variant::{UnknownVariant, Variant};
use std::fmt;
use thiserror::Error;

/// An order: what the bench holds, and the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What the bench holds.
    pub variant: Variant,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Order {
    /// The order of a variant with this name, and steps with commas between them.
    ///
    /// # Errors
    ///
    /// The variant, the manner of host or a step is not known, or a step means nothing in the lab.
    pub fn parse(variant: &str, steps: &str) -> Result<Self, OrderError> {
        let variant = Variant::named(variant)?;
        Ok(Self { variant, steps: step::parse_list(steps)? })
    }

    /// Its name in the tables: the variant and the steps, with a tab between them.
    #[must_use]
    pub fn row_name(&self) -> String {
        format!("{}\t{}", self.variant.name(), step::list(&self.steps))
    }

    /// Whether any step runs in a thread of its own.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.steps.iter().any(Step::is_started)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variant.name(), step::list(&self.steps))
    }
}

/// A text that does not name an order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderError {
    /// There is no such variant.
    #[error(transparent)]
    Variant(#[from] UnknownVariant),
    /// Its steps are not steps of the lab.
    #[error(transparent)]
    Steps(#[from] StepsError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_steps() {
        for steps in ["", " , "] {
            let error = Order::parse("managed-bridge", steps).expect_err("there is no step").to_string();
            assert!(error.starts_with("the end of step 1 (character "), "{error}");
        }
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is() {
        let error = |variant: &str| Order::parse(variant, "command").expect_err(variant).to_string();
        assert_eq!(error("odd"), "there is no variant 'odd'; `linux/lab orders --list` names them");
        assert_eq!(
            error("managed-bridge@odd-host"),
            "there is no manner of host 'odd-host'; there are: plain-host, slow-host, slow-attach-host, \
             slow-transfer-host, sending-host, refusing-host, parent-host, parent-host-1"
        );
        assert_eq!(error("odd@slow-host"), "there is no variant 'odd'; `linux/lab orders --list` names them");
    }
}
