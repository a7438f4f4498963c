//! The model of Linux 6.12 beside a real 6.12 kernel: what it says of every order of the lab, and what the kernel's
//! checkers saw. The tables were measured by `linux/lab` (docs/linux-lab.md); nothing here runs a kernel.

use agreement::compare::{self, Compared, Counts, Standing};
use agreement::typed::{self, ComparedTyped, TypedStanding};
use lab_orders::measured::{self, Said, Table};
use teardown_check::Model;
use teardown_check::check::model;

fn linux() -> &'static dyn Model {
    model("linux-6.12").expect("a known model")
}

fn compared(model: &dyn Model, table: Table) -> Vec<Compared> {
    let rows = measured::rows(table.text).expect("a table that the lab has written");
    compare::with(model, &rows).expect("the model has words for all that is built in")
}

fn assert_agrees(table: Table, orders: usize, reported: usize) {
    let compared = compared(linux(), table);
    let differ: Vec<String> = compared
        .iter()
        .filter(|row| row.standing() != Standing::Agree)
        .map(|row| format!("{}: the model says {}, the kernel {}", row.order, row.says, row.saw))
        .collect();
    assert_eq!(differ, [""; 0], "{} of {}", differ.len(), compared.len());
    let mut counts = Counts::default();
    compared.iter().for_each(|row| counts.count(row));
    assert_eq!([counts.orders, counts.reported, counts.predicted], [orders, reported, reported]);
}

#[test]
fn of_all_506_orders_the_model_says_what_the_kernel_said() {
    assert_agrees(measured::BASIC, 506, 104);
}

#[test]
fn of_the_further_orders_too() {
    assert_agrees(measured::FURTHER, 697, 288);
}

#[test]
fn and_of_the_races_on_the_labs_machine() {
    assert_agrees(measured::RACES, 416, 116);
}

/// The kernel's own drivers, in a user space.
#[test]
fn of_what_is_typed_the_model_says_what_is_the_buss() {
    let rows = measured::typed_rows(measured::TYPED.text).expect("a table that the lab has written");
    let compared = typed::with(linux(), rows).expect("the model knows all that is built in");
    let contradict: Vec<String> = compared
        .iter()
        .filter(|compared| compared.standing() == TypedStanding::Contradict)
        .map(|ComparedTyped { row, says }| {
            format!("{}: {}: {says}, the kernel {}", row.pipeline, row.commands.join("; "), row.said)
        })
        .collect();
    assert_eq!(contradict, [""; 0]);
    let agree = compared.iter().filter(|compared| compared.standing() == TypedStanding::Agree).count();
    assert_eq!((compared.len(), agree), (139, 111));
}

/// The lab's machine has one of all schedules.
#[test]
fn what_the_labs_machine_says_some_machine_says() {
    for table in [measured::BASIC, measured::FURTHER, measured::RACES] {
        for row in compared(linux(), table) {
            assert!(row.allows.contains(&row.says), "{}: {} is not in {:?}", row.order, row.says, row.allows);
        }
    }
}

/// Else any model would agree with any kernel.
#[test]
fn of_a_repaired_kernel_another_model_says_something_else() {
    let notify = compared(model("notify").expect("a known model"), measured::BASIC);
    let differ = notify.iter().filter(|row| row.standing() == Standing::Contradict).count();
    assert_eq!(differ, 104, "with the peripheral told, no order of one thread is reported");
}

/// This project's own model predicts a kernel that says nothing, whatever is done to it.
#[test]
fn of_this_projects_bus_no_order_is_reported() {
    for table in [measured::BASIC, measured::FURTHER, measured::RACES] {
        for row in compared(model("mipi-dsi").expect("a known model"), table) {
            assert!(row.allows.len() == 1 && row.says == Said::Clean, "{}: {:?}", row.order, row.allows);
        }
    }
}
