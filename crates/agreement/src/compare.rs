//! A table of verdicts beside what a model says, row by row.

use crate::course::Beyond;
use crate::predict::{self, Allowed};
use lab_orders::Order;
use lab_orders::measured::{Row, Said};
use rayon::prelude::*;
use std::fmt;
use teardown_check::Model;

/// An order, with what a kernel said of it and what a model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The order.
    pub order: Order,
    /// What the kernel said.
    pub saw: Said,
    /// What the model says of the lab's machine.
    pub says: Said,
    /// What it says of others.
    pub allowed: Allowed,
}

/// How the two stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// They say the same: verdict, step, kind and function.
    Agree,
    /// The model allows what was seen on the lab's machine, with other sleeps.
    WithOtherSleeps,
    /// The model allows it on a machine where threads change places anywhere.
    OnAnotherMachine,
    /// The model does not allow it.
    Contradict,
}

impl Compared {
    /// How the two stand to each other.
    pub fn standing(&self) -> Standing {
        match self.saw == self.says {
            true => Standing::Agree,
            false if self.allowed.on_one_cpu.contains(&self.saw) => Standing::WithOtherSleeps,
            false if self.allowed.on_any.contains(&self.saw) => Standing::OnAnotherMachine,
            false => Standing::Contradict,
        }
    }
}

/// An order that the model has no words for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeyondModel {
    /// The order.
    pub order: Order,
    /// Why.
    pub why: Beyond,
}

impl fmt::Display for BeyondModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.order, self.why)
    }
}

impl std::error::Error for BeyondModel {}

/// Asks the model about each row, on all cores. The answers are in the order of the rows.
///
/// # Errors
///
/// An order that the model has no words for.
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
    /// All.
    pub orders: usize,
    /// Those of which the kernel reported something.
    pub reported: usize,
    /// Those of which the model says that it will.
    pub predicted: usize,
    /// Those of which both say the same.
    pub agree: usize,
    /// Those of which the kernel first reported something that is not the bus's.
    pub beyond: usize,
}

impl Counts {
    /// Those of which they say something different.
    pub fn differ(&self) -> usize {
        self.orders - self.agree - self.beyond
    }

    /// Counts these too.
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
            reported: usize::from(compared.saw != Said::Clean),
            predicted: usize::from(compared.says != Said::Clean),
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
