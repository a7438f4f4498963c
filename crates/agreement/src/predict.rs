//! What a model says of an order, in the words of the tables of verdicts.

use crate::course::{self, Beyond};
use lab_orders::Order;
use lab_orders::measured::Said;
use std::collections::BTreeSet;
use teardown_check::Model;
use teardown_check::course::Outcome;
use teardown_check::note;

/// What the model says that the lab's machine will say.
///
/// # Errors
///
/// An order that the model has no words for.
pub fn on_the_labs_machine(model: &dyn Model, order: &Order) -> Result<Said, Beyond> {
    Ok(said(model.outcome(&course::of(order)?)))
}

/// All that some machine could say, whoever is faster there.
///
/// # Errors
///
/// An order that the model has no words for.
pub fn on_any_machine(model: &dyn Model, order: &Order) -> Result<BTreeSet<Said>, Beyond> {
    Ok(model.outcomes(&course::of(order)?).into_iter().map(said).collect())
}

pub(crate) fn said(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Clean => Said::Clean,
        Outcome::Reported { step, said, at } => {
            Said::Reported { step, kind: kind(said).to_owned(), function: function(said, at).to_owned() }
        }
        // The kernel's hung task detection names the function that waits, which the model does not.
        Outcome::Stuck { step } => Said::Reported {
            step,
            kind: "hang".to_owned(),
            function: lab_orders::measured::NOTHING.to_owned(),
        },
    }
}

/// What the kernel calls it.
fn kind(said: note::Said) -> &'static str {
    match said {
        note::Said::UseAfterFree => "KASAN slab-use-after-free",
        note::Said::OutOfBounds => "KASAN slab-out-of-bounds",
        note::Said::Warn => "WARN",
        note::Said::Leak => "kmemleak",
    }
}

/// The function that the kernel names where the model is at this place.
fn function(said: note::Said, at: &'static str) -> &'static str {
    // What is lost with the device is its name.
    if said == note::Said::Leak {
        return "kobject_set_name_vargs";
    }
    match at {
        "host.attach.end" => "lab_host_attach",
        "host.detach.end" => "lab_host_detach",
        "host.transfer.end" => "lab_host_transfer",
        place => place.strip_suffix(".end").unwrap_or(place),
    }
}
