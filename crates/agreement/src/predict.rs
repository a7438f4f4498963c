//! What a model predicts for an order, in the words of the tables of verdicts.

use crate::course::{self, Beyond};
use crate::never_released;
use lab_orders::Order;
use lab_orders::measured::Said;
use std::collections::BTreeSet;
use teardown_check::Model;
use teardown_check::course::{Course, Outcome, Outcomes};
use teardown_check::note::KernelReport;
use teardown_check::property::Broken;
use teardown_check::shape::{Profile, Shape};

/// What the model predicts for the lab's machine.
///
/// # Errors
///
/// The model can't express the order.
pub fn on_the_labs_machine(model: &dyn Model, order: &Order) -> Result<Said, Beyond> {
    Ok(match said(model.outcome(&course_for(model, order)?)) {
        Said::Clean if model.is_own() && never_released::is(order) => never_released::said(),
        said => said,
    })
}

/// Everything that other machines could report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// A machine like the lab's, however long its sleeps take.
    pub on_one_cpu: BTreeSet<Said>,
    /// Any machine, whichever thread is faster there.
    pub on_any: BTreeSet<Said>,
    /// The properties that break somewhere on any machine, whether a kernel would notice or not.
    pub broken: Broken,
}

/// Everything that machines with other sleeps than the lab's, and all other machines, could report.
///
/// # Errors
///
/// The model can't express the order.
pub fn on_others(model: &dyn Model, order: &Order) -> Result<Allowed, Beyond> {
    let Outcomes { on_one_cpu, on_any, broken } = model.outcomes(&course_for(model, order)?);
    let said = |outcomes: BTreeSet<Outcome>| outcomes.into_iter().map(said).collect();
    Ok(Allowed { on_one_cpu: said(on_one_cpu), on_any: said(on_any), broken })
}

fn course_for(model: &dyn Model, order: &Order) -> Result<Course, Beyond> {
    let course = course::of(order)?;
    Ok(Course { shape: shape_for(model, course.shape), ..course })
}

/// A board as this model has it in a kernel. The drop-in for Linux, which this project's own model is about, lets anybody send
/// from registration to unregistration, as unmodified drivers do.
pub(crate) fn shape_for(model: &dyn Model, shape: Shape) -> Shape {
    if model.is_own() { shape.with_hosts(|host| host.profile = Profile::Shared) } else { shape }
}

pub(crate) fn said(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Clean => Said::Clean,
        Outcome::NotTaken => Said::NotTaken,
        Outcome::Reported { step, report, at } => {
            Said::Reported { step, kind: kind(report).to_owned(), function: function(report, at).to_owned() }
        }
        // The kernel's hung task detection names the function that waits, which the model does not.
        Outcome::Stuck { step } => Said::Reported {
            step,
            kind: "hang".to_owned(),
            function: lab_orders::measured::NOTHING.to_owned(),
        },
    }
}

/// The kernel's name for it.
fn kind(report: KernelReport) -> &'static str {
    match report {
        KernelReport::UseAfterFree => "KASAN use-after-free",
        KernelReport::OutOfBounds => "KASAN slab-out-of-bounds",
        KernelReport::Warn => "WARN",
        KernelReport::Leak => "kmemleak",
    }
}

/// The function that the kernel names where the model is at this place.
fn function(report: KernelReport, at: &'static str) -> &'static str {
    // What is lost with the device is its name.
    if report == KernelReport::Leak {
        return "kobject_set_name_vargs";
    }
    match at {
        // Of a second device_del() the list of the parent's children complains.
        "mipi_dsi_device_unregister" if report == KernelReport::Warn => "klist_put",
        "host.attach.end" => "lab_host_attach",
        "host.detach.end" => "lab_host_detach",
        "host.transfer.end" => "lab_host_transfer",
        place => place.strip_suffix(".end").unwrap_or(place),
    }
}
