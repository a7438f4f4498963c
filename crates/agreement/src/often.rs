//! Races that were taken many times, each time with other times of sleeping, beside all that a model allows.
//!
//! What the model says of the lab's own schedule is no matter here: a seed makes another.

use crate::compare::BeyondModel;
use crate::predict;
use lab_orders::Order;
use lab_orders::how_often::{Outcome, Row};
use lab_orders::measured::Said;
use std::collections::BTreeSet;
use teardown_check::Model;

/// An order, with what came of it how often, and what the model allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Often {
    /// The order.
    pub order: Order,
    /// How many times it was taken.
    pub of: u32,
    /// What was said, and how many times. (A step that could not be made, as the other thread had been faster, is left out.)
    pub seen: Vec<(Said, u32)>,
    /// What the model allows.
    pub allows: BTreeSet<Said>,
}

impl Often {
    /// What was seen and the model does not allow.
    pub fn contradicting(&self) -> impl Iterator<Item = &(Said, u32)> {
        self.seen.iter().filter(|(said, _)| !self.allows.contains(said))
    }
}

/// Asks the model about each order, in the order in which they come.
///
/// # Errors
///
/// The first order that the model has no words for.
pub fn with(model: &dyn Model, rows: Vec<Row>) -> Result<Vec<Often>, BeyondModel> {
    let mut found: Vec<Often> = Vec::new();
    for Row { order, times, of, outcome, .. } in rows {
        if found.last().is_none_or(|last| last.order != order) {
            let allows = predict::on_any_machine(model, &order)
                .map_err(|why| BeyondModel { order: order.clone(), why })?;
            found.push(Often { order, of, seen: Vec::new(), allows });
        }
        if let (Some(last), Outcome::Said(said)) = (found.last_mut(), outcome) {
            last.seen.push((said, times));
        }
    }
    Ok(found)
}
