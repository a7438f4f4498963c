//! A table of verdicts compared with what a model predicts, row by row.

use crate::course::Beyond;
use crate::predict::{self, Allowed};
use lab_orders::Order;
use lab_orders::measured::{Row, Said};
use rayon::prelude::*;
use teardown_check::Model;
use thiserror::Error;

/// An order, with what a kernel reported and what a model predicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The order.
    pub order: Order,
    /// What the kernel reported.
    pub saw: Said,
    /// What the model predicts for the lab's machine.
    pub says: Said,
    /// What it predicts for other machines.
    pub allowed: Allowed,
}

/// How prediction and report compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// They agree: verdict, step, kind and function.
    Agree,
    /// The model allows what was seen on the lab's machine, with other sleeps.
    WithOtherSleeps,
    /// The model allows it on a machine that can switch threads anywhere.
    OnAnotherMachine,
    /// The model does not allow it.
    Contradict,
}

impl Compared {
    /// How prediction and report compare.
    pub fn standing(&self) -> Standing {
        match self.saw == self.says {
            true => Standing::Agree,
            false if self.allowed.on_one_cpu.contains(&self.saw) => Standing::WithOtherSleeps,
            false if self.allowed.on_any.contains(&self.saw) => Standing::OnAnotherMachine,
            false => Standing::Contradict,
        }
    }
}

/// An order that the model can't express.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{order}: {why}")]
pub struct BeyondModel {
    /// The order.
    pub order: Order,
    /// Why.
    pub why: Beyond,
}

/// Asks the model about each row, on all cores. The results are in the order of the rows.
///
/// # Errors
///
/// The model can't express an order.
pub fn with(model: &dyn Model, rows: &[Row]) -> Result<Vec<Compared>, BeyondModel> {
    rows.par_iter()
        .map(|Row { order, said }| {
            let beyond = |why| BeyondModel { order: order.clone(), why };
            let says = predict::on_the_labs_machine(model, order).map_err(beyond)?;
            let allowed = predict::on_others(model, order).map_err(beyond)?;
            Ok(Compared { order: order.clone(), saw: said.clone(), says, allowed })
        })
        .collect()
}

/// Orders, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All orders.
    pub orders: usize,
    /// Orders for which the kernel reported something.
    pub reported: usize,
    /// Orders for which the model predicts a report.
    pub predicted: usize,
    /// Orders on which both agree.
    pub agree: usize,
    /// Orders for which the kernel first reported something that does not come from the bus.
    pub beyond: usize,
}

impl Counts {
    /// Orders on which they differ.
    pub fn differ(&self) -> usize {
        self.orders - self.agree - self.beyond
    }

    /// Adds these counts.
    pub fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.reported += other.reported;
        self.predicted += other.predicted;
        self.agree += other.agree;
        self.beyond += other.beyond;
    }
}

impl From<&Compared> for Counts {
    fn from(compared: &Compared) -> Self {
        Self {
            orders: 1,
            reported: usize::from(compared.saw.is_reported()),
            predicted: usize::from(compared.says.is_reported()),
            agree: usize::from(compared.standing() == Standing::Agree),
            beyond: 0,
        }
    }
}

/// The counts by name, in the order in which the names come.
pub fn by_name(counted: impl IntoIterator<Item = (String, Counts)>) -> Vec<(String, Counts)> {
    let mut counts: Vec<(String, Counts)> = Vec::new();
    for (name, one) in counted {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, counts)) => counts.add(one),
            None => counts.push((name, one)),
        }
    }
    counts
}
