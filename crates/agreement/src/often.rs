//! Races that were taken many times, each time with other lengths of sleeps, compared with everything that a model
//! allows.
//!
//! What the model predicts for the lab's own schedule does not matter here: each seed makes another schedule.

use crate::compare::BeyondModel;
use crate::predict::{self, Allowed};
use lab_orders::Order;
use lab_orders::how_often::Row;
use lab_orders::measured::Said;
use rayon::prelude::*;
use teardown_check::Model;

/// An order, with how often it had which outcome, and what the model allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Often {
    /// The order.
    pub order: Order,
    /// How many times it was taken.
    pub of: u32,
    /// The reports, and how often each was seen. (Runs in which a step could not be taken, as the other thread was
    /// faster, are left out.)
    pub seen: Vec<(Said, u32)>,
    /// What the model allows.
    pub allowed: Allowed,
}

impl Often {
    /// The reports that were seen, but that the model does not allow on the lab's machine, however long its sleeps take.
    pub fn contradicting(&self) -> impl Iterator<Item = &(Said, u32)> {
        self.seen.iter().filter(|(said, _)| !self.allowed.on_one_cpu.contains(said))
    }

    /// The reports that it allows there, but that were not seen.
    pub fn not_seen(&self) -> impl Iterator<Item = &Said> {
        self.allowed.on_one_cpu.iter().filter(|said| self.seen.iter().all(|(seen, _)| seen != *said))
    }
}

/// Asks the model about each order, on all cores; the results are in the order of the orders.
///
/// # Errors
///
/// The model can't express an order.
pub fn with(model: &dyn Model, rows: Vec<Row>) -> Result<Vec<Often>, BeyondModel> {
    let mut found: Vec<Often> = Vec::new();
    for Row { order, times, of, outcome, .. } in rows {
        if found.last().is_none_or(|last| last.order != order) {
            found.push(Often { order, of, seen: Vec::new(), allowed: Allowed::default() });
        }
        if outcome != Said::NotTaken
            && let Some(last) = found.last_mut()
        {
            last.seen.push((outcome, times));
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
