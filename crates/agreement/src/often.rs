//! Races that were taken many times, each time with other times of sleeping, beside all that a model allows.
//!
//! What the model says of the lab's own schedule is no matter here: a seed makes another.

use crate::compare::BeyondModel;
use crate::predict::{self, Allowed};
use lab_orders::Order;
use lab_orders::how_often::{Outcome, Row};
use lab_orders::measured::Said;
use rayon::prelude::*;
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
    pub allowed: Allowed,
}

impl Often {
    /// What was seen and the model does not allow on the lab's machine, however long its sleeps take.
    pub fn contradicting(&self) -> impl Iterator<Item = &(Said, u32)> {
        self.seen.iter().filter(|(said, _)| !self.allowed.on_one_cpu.contains(said))
    }

    /// What it allows there and was not seen.
    pub fn not_seen(&self) -> impl Iterator<Item = &Said> {
        self.allowed.on_one_cpu.iter().filter(|said| self.seen.iter().all(|(seen, _)| seen != *said))
    }
}

/// Asks the model about each order, on all cores; the answers are in the order in which the orders come.
///
/// # Errors
///
/// An order that the model has no words for.
pub fn with(model: &dyn Model, rows: Vec<Row>) -> Result<Vec<Often>, BeyondModel> {
    let mut found: Vec<Often> = Vec::new();
    for Row { order, times, of, outcome, .. } in rows {
        if found.last().is_none_or(|last| last.order != order) {
            found.push(Often { order, of, seen: Vec::new(), allowed: Allowed::default() });
        }
        if let (Some(last), Outcome::Said(said)) = (found.last_mut(), outcome) {
            last.seen.push((said, times));
        }
    }
    found.par_iter_mut().try_for_each(|often| {
        let order = &often.order;
        let beyond = |why| BeyondModel { order: order.clone(), why };
        often.allowed = predict::on_others(model, order).map_err(beyond)?;
        Ok(())
    })?;
    Ok(found)
}
