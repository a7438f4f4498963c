//! The model of Linux 6.12 beside a real 6.12 kernel: what it says of every order of the lab, and what the kernel's
//! checkers saw. The tables were measured by `linux/lab` (docs/linux-lab.md); nothing here runs a kernel.

use agreement::compare::{self, Compared, Counts, Standing};
use agreement::often;
use agreement::predict::Allowed;
use agreement::typed::{self, ComparedTyped, TypedStanding};
use lab_orders::built_in::{Group, built_in};
use lab_orders::how_often;
use lab_orders::measured::{self, Said, Table};
use lab_orders::typed::built_in as typed_orders;
use std::collections::BTreeSet;
use teardown_check::Model;
use teardown_check::check::model;

fn linux() -> &'static dyn Model {
    model("linux-6.12").expect("a known model")
}

fn compared(model: &dyn Model, table: Table) -> Vec<Compared> {
    let rows = measured::rows(table.text).expect("a table that the lab has written");
    compare::with(model, &rows).expect("the model has words for all that is built in")
}

fn assert_all_agree(compared: &[Compared]) {
    let differ: Vec<String> = compared
        .iter()
        .filter(|row| row.standing() != Standing::Agree)
        .map(|row| format!("{}: the model says {}, the kernel {}", row.order, row.says, row.saw))
        .collect();
    assert_eq!(differ, [""; 0], "{} of {}", differ.len(), compared.len());
}

fn assert_agrees(table: Table, orders: usize, reported: usize) {
    let compared = compared(linux(), table);
    assert_all_agree(&compared);
    let mut counts = Counts::default();
    compared.iter().for_each(|row| counts.add(row.into()));
    assert_eq!(counts, Counts { orders, reported, predicted: reported, agree: orders, beyond: 0 });
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

/// The repairs that were discussed were put into a kernel, and this was judged as well.
#[test]
fn of_repaired_kernels_the_model_of_the_repair_says_what_they_said() {
    for (repair, table) in measured::REPAIRED {
        let compared = compared(model(repair).expect("a model of that name"), table);
        let differ = compared.iter().filter(|row| row.standing() != Standing::Agree).count();
        assert_eq!((compared.len(), differ), (506, 0), "{repair}");
    }
}

/// A kernel with the drop-in, which is made of the bus that the model is about. Drivers that forget their devices are the
/// only ones of which it reports something; and no step can be taken at a panel that has gone.
#[test]
fn of_the_drop_in_the_model_says_what_the_kernel_said() {
    let own = model("mipi-dsi").expect("a known model");
    let orders = || Group::ALL.into_iter().flat_map(built_in);
    let table = measured::RUST.whole(orders().map(|order| order.row_name()));
    let rows = measured::rows(&table).expect("a table that the lab has written");
    assert_eq!(rows.len(), orders().count());
    let compared = compare::with(own, &rows).expect("the model has words for all that is built in");
    assert_all_agree(&compared);
    let count = |is: fn(&Said) -> bool| compared.iter().filter(|row| is(&row.says)).count();
    assert_eq!((count(Said::is_reported), count(|said| *said == Said::NotTaken)), (22, 12));
}

/// And of what is typed there, it reports nothing of the bus.
#[test]
fn of_what_is_typed_at_the_drop_in_the_model_says_that_the_bus_is_clean() {
    let own = model("mipi-dsi").expect("a known model");
    let table = measured::RUST_TYPED.whole(typed_orders().iter().map(|typed| typed.row_name()));
    let rows = measured::typed_rows(&table).expect("a table that the lab has written");
    let compared = typed::with(own, rows).expect("the model knows all that is built in");
    let count = |is| compared.iter().filter(|compared| compared.standing() == is).count();
    let counts = [TypedStanding::Agree, TypedStanding::BeyondTheBus, TypedStanding::Contradict].map(count);
    assert_eq!(counts, [103, 36, 0]);
    assert!(compared.iter().all(|compared| compared.says == Said::Clean));
}

/// The lab's machine has one of all schedules, and its sleeps are some of all.
#[test]
fn what_the_labs_machine_says_others_say_too() {
    for row in compared(linux(), measured::RACES) {
        let Allowed { on_one_cpu, on_any, .. } = &row.allowed;
        assert!(on_one_cpu.contains(&row.says), "{}: {} is not in {on_one_cpu:?}", row.order, row.says);
        assert!(on_one_cpu.is_subset(on_any), "{}: {on_one_cpu:?}, {on_any:?}", row.order);
    }
}

/// With twenty seeds, each with other times of sleeping.
#[test]
fn all_that_was_seen_in_races_is_allowed() {
    let rows = how_often::rows(how_often::TEXT).expect("a table that the lab has written");
    let often = often::with(linux(), rows).expect("the model has words for all that is built in");
    for row in &often {
        assert_eq!(row.contradicting().next(), None, "{}", row.order);
    }
    assert_eq!((often.len(), often.iter().map(|row| row.of).sum()), (416, 8320));
}

/// Else any model would agree with any kernel.
#[test]
fn of_a_repaired_kernel_another_model_says_something_else() {
    for row in compared(model("notify").expect("a known model"), measured::BASIC) {
        // With the peripheral told, no order of one thread is reported.
        let expected = if row.saw == Said::Clean { Standing::Agree } else { Standing::Contradict };
        assert_eq!(row.standing(), expected, "{}", row.order);
    }
}

/// This project's own model breaks nothing, whoever is faster.
#[test]
fn of_this_projects_bus_nothing_is_broken_by_any_order() {
    for table in [measured::BASIC, measured::FURTHER, measured::RACES] {
        for row in compared(model("mipi-dsi").expect("a known model"), table) {
            assert_eq!(row.allowed.broken.iter().next(), None, "{}", row.order);
            // A thread may take a panel away before the step that is about it; nothing else cuts an order.
            let mut on_any = row.allowed.on_any.clone();
            if row.order.has_threads() && row.order.variant.name().contains("panel") {
                on_any.remove(&Said::NotTaken);
            }
            assert_eq!(on_any, BTreeSet::from([Said::Clean]), "{}", row.order);
        }
    }
}
