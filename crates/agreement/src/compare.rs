//! A table of verdicts beside what a model says, row by row.

use crate::course::Beyond;
use crate::predict;
use lab_orders::Order;
use lab_orders::measured::{Row, Said};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
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
    /// What it says of all machines, whoever is faster there; of an order without threads the same once more.
    pub allows: BTreeSet<Said>,
}

/// How the two stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// They say the same: verdict, step, kind and function.
    Agree,
    /// The model allows what was seen, on a machine with another schedule than the lab's.
    AllowedElsewhere,
    /// The model does not allow it.
    Contradict,
}

impl Compared {
    /// How the two stand to each other.
    pub fn standing(&self) -> Standing {
        match self.saw == self.says {
            true => Standing::Agree,
            false if self.allows.contains(&self.saw) => Standing::AllowedElsewhere,
            false => Standing::Contradict,
        }
    }

    /// What the model allows and this kernel did not say.
    pub fn not_seen(&self) -> impl Iterator<Item = &Said> {
        self.allows.iter().filter(|said| **said != self.saw)
    }
}

/// Orders that a model says something of, with the first that it has no words for.
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
/// The first order that the model has no words for.
pub fn with(model: &dyn Model, rows: &[Row]) -> Result<Vec<Compared>, BeyondModel> {
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut found = Vec::new();
        while let Some((index, row)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| rows.get(index).map(|row| (index, row)))
        {
            found.push((index, compare(model, row)));
        }
        found
    };
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut found: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(take_turns)).collect();
        // A model that panics is a defect, and not one to be hidden here.
        workers.into_iter().flat_map(|worker| worker.join().expect("no model panics")).collect()
    });
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, compared)| compared).collect()
}

fn compare(model: &dyn Model, row: &Row) -> Result<Compared, BeyondModel> {
    let Row { order, said } = row;
    let beyond = |why| BeyondModel { order: order.clone(), why };
    let says = predict::on_the_labs_machine(model, order).map_err(beyond)?;
    let allows = if order.steps.iter().any(|step| step.started) {
        predict::on_any_machine(model, order).map_err(beyond)?
    } else {
        BTreeSet::from([says.clone()])
    };
    Ok(Compared { order: order.clone(), saw: said.clone(), says, allows })
}

/// The orders of one variant, counted.
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
    /// Those of which the model allows on another machine what was seen.
    pub elsewhere: usize,
}

impl Counts {
    /// Counts one more.
    pub fn count(&mut self, compared: &Compared) {
        self.orders += 1;
        self.reported += usize::from(compared.saw != Said::Clean);
        self.predicted += usize::from(compared.says != Said::Clean);
        match compared.standing() {
            Standing::Agree => self.agree += 1,
            Standing::AllowedElsewhere => self.elsewhere += 1,
            Standing::Contradict => {}
        }
    }

    /// Those of which the model does not allow what was seen.
    pub fn contradict(&self) -> usize {
        self.orders - self.agree - self.elsewhere
    }
}

/// The counts by variant, in the order in which they come.
pub fn by_variant(compared: &[Compared]) -> Vec<(String, Counts)> {
    let mut counts: Vec<(String, Counts)> = Vec::new();
    for row in compared {
        let name = row.order.variant.name();
        let index = counts.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            counts.push((name, Counts::default()));
            counts.len() - 1
        });
        if let Some((_, counts)) = counts.get_mut(index) {
            counts.count(row);
        }
    }
    counts
}
