//! One fault of each kind is planted in a real kernel, and has to be reported as what it is, where it was made. And what
//! can't be judged is an error, never clean.
//!
//! These need the kernel, which takes minutes to build: `linux/lab test` runs them, plain `cargo test` does not.

use lab_orders::{Order, Variant, step};
use linux_lab::boot::{Boot, Leaks};
use linux_lab::kernel::{self, BuildError, Source};
use linux_lab::log::Place;
use linux_lab::orders::Judge;
use linux_lab::verdict::{Reason, Verdict, judge};

/// What the kernel says of an order: kind, function, step.
fn verdict(variant: &str, steps: &str) -> Verdict {
    hear(variant, steps).1
}

fn hear(variant: &str, steps: &str) -> (String, Verdict) {
    let source = Source::package().expect("linux/lab installs the package");
    let kernel = kernel::build(&source, "", &mut |_| ()).expect("it builds");
    let order = Order {
        variant: Variant::named(variant).expect("the variant is known"),
        steps: step::parse_list(steps).expect("these are steps"),
    };
    let (log, judgement) =
        Judge::new(&kernel).expect("it sees").hear(&order, Leaks::Looked, None).expect("it boots");
    (log, judgement.verdict)
}

fn assert_reported(fault: &str, kind: &str, function: Option<&str>, place: &Place) {
    match verdict("plain-bridge", &format!("command, plant {fault}, command")) {
        Verdict::Reported(report) => {
            assert!(report.kind.to_string().starts_with(kind), "{fault}: {}", report.kind);
            assert_eq!(report.function.as_deref(), function, "{fault}");
            assert_eq!(report.place, *place, "{fault}");
        }
        other => panic!("{fault}: {other:?}"),
    }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn every_planted_fault_is_reported() {
    let here = |fault: &str| Place::Step(2, format!("plant-{fault}"));
    for (fault, kind, function) in [
        ("use-after-free", "KASAN slab-use-after-free", "plant_use_after_free"),
        ("warning", "WARN", "plant_warning"),
        ("refcount", "refcount", "plant_refcount"),
        ("lock-order", "lockdep possible circular locking dependency", "plant_lock_order"),
        ("sleep-in-atomic", "sleep in atomic", "plant_sleep_in_atomic"),
        ("hang", "hang", "plant_hang"),
        ("fault", "fault", "plant_fault"),
    ] {
        assert_reported(fault, kind, Some(function), &here(fault));
    }
    assert_reported("leak", "kmemleak", Some("plant_leak"), &Place::After);
}

#[test]
#[ignore = "needs the kernel, and half a minute: linux/lab test"]
fn a_kernel_that_runs_in_a_circle_is_stopped() {
    assert_reported("loop", "timeout", None, &Place::Step(2, "plant-loop".to_owned()));
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_boot_that_is_not_heard_to_its_end_is_an_error() {
    for steps in ["plant early end", "plant lost console", "unbind peripheral, plant early end"] {
        assert_eq!(verdict("plain-bridge", steps), Verdict::Error(Reason::NeverEnded), "{steps}");
    }
    let (log, _) = hear("plain-bridge", "command");
    let deaf = log.lines().filter(|line| !line.contains("dsi_lab: ")).collect::<Vec<_>>().join("\n");
    let boot = Boot { log: deaf, timed_out: false };
    assert_eq!(judge(&boot).verdict, Verdict::Error(Reason::NeverBegan));
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_step_that_cannot_be_made_is_an_error() {
    let cannot = |step: &str| Verdict::Error(Reason::Cannot(step.to_owned()));
    assert_eq!(verdict("plain-bridge", "unbind peripheral, command"), cannot("command"));
    assert_eq!(
        verdict("managed-panel", "unbind peripheral, unbind host, bind peripheral"),
        cannot("bind-peripheral")
    );
    assert_eq!(verdict("plain-bridge", "unbind second host"), cannot("unbind-second-host"));
}

#[test]
#[ignore = "configures a kernel: linux/lab test"]
fn a_kernel_without_kasan_is_refused_before_it_is_built() {
    let source = Source::package().expect("linux/lab installs the package");
    match kernel::build(&source, "CONFIG_KASAN=n\n", &mut |_| ()) {
        Err(BuildError::CannotJudge(missing)) => {
            assert_eq!(missing, ["CONFIG_KASAN=y", "CONFIG_KASAN_GENERIC=y"]);
        }
        other => panic!("{other:?}"),
    }
}
