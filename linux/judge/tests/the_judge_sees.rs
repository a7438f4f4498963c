//! One fault of each kind is planted in a real kernel, and has to be reported as what it is, where it was made. And what
//! can't be judged is an error, never clean.
//!
//! These need the kernel, which takes minutes to build: `linux/lab test` runs them, plain `cargo test` does not.

use lab_orders::{Order, Variant, step};
use linux_lab::boot::{Boot, Leaks};
use linux_lab::judge::Judge;
use linux_lab::kernel::{self, BuildError, Core, Machine, Source};
use linux_lab::log::{self, Place};
use linux_lab::told::Told;
use linux_lab::verdict::{Reason, Verdict, judge, judge_told};

/// What the kernel says of an order: kind, function, step.
fn verdict(variant: &str, steps: &str) -> Verdict {
    hear(variant, steps).1
}

fn hear(variant: &str, steps: &str) -> (String, Verdict) {
    let source = Source::package().expect("linux/lab installs the package");
    let kernel =
        kernel::build(&source, Machine::default(), Core::Stock, None, "", &mut |_| ()).expect("it builds");
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
        ("use-after-free", "KASAN use-after-free", "plant_use_after_free"),
        ("warning", "WARN", "plant_warning"),
        ("bug", "BUG", "plant_bug"),
        ("refcount", "refcount", "plant_refcount"),
        ("lock-order", "lockdep possible circular locking dependency", "plant_lock_order"),
        ("list-corruption", "list corruption", "plant_list_corruption"),
        ("recursive-lock", "lockdep possible recursive locking", "plant_recursive_lock"),
        ("double-free", "KASAN double-free", "plant_double_free"),
        ("unlock", "lockdep bad unlock balance", "plant_unlock"),
        ("kept-lock", "lockdep still has locks held", "keep_lock"),
        ("rcu-sleep", "WARN", "plant_rcu_sleep"),
        ("unknown-lock", "lockdep trying to register non-static key", "plant_unknown_lock"),
        ("sleep-in-atomic", "sleep in atomic", "plant_sleep_in_atomic"),
        ("hang", "hang", "plant_hang"),
        ("fault", "fault", "plant_fault"),
    ] {
        assert_reported(fault, kind, Some(function), &here(fault));
    }
    assert_reported("leak", "kmemleak", Some("plant_leak"), &Place::After);
    assert_reported("kept device", "never released", None, &Place::After);
    assert_reported("hang in background", "hang", Some("plant_hang"), &Place::After);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_report_in_a_thread_is_of_the_threads_step() {
    match verdict("managed-bridge@slow-transfer-host", "start command, unbind host") {
        Verdict::Reported(report) => assert_eq!(report.place, Place::Step(1, "start-command".to_owned())),
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_device_on_its_drivers_own_host_is_never_detached() {
    for (variant, detaches) in [("own-device", 1), ("own-device-and-host", 0)] {
        let (log, verdict) = hear(variant, "unbind peripheral");
        assert_eq!(verdict, Verdict::Clean, "{variant}");
        assert_eq!(log::read(&log).counts.detaches, detaches, "{variant}");
    }
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
fn a_report_that_nobody_heard_is_an_error() {
    match verdict("plain-bridge", "plant unheard warning") {
        Verdict::Error(Reason::Unheard(left)) => assert_eq!(left.taint, 1 << 9),
        other => panic!("{other:?}"),
    }
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
#[ignore = "needs the kernel: linux/lab test"]
fn a_driver_that_is_not_bound_is_an_error() {
    // What a driver's log looks like that was to be bound, and whose probe fails.
    let (log, verdict) = hear("managed-failing-bridge", "unbind host, bind host");
    assert_eq!(verdict, Verdict::Clean);
    let boot = Boot { log, timed_out: false };
    let order = Order::parse("managed-bridge", "unbind host, bind host").expect("an order");
    match judge_told(&boot, Told::Order(&order)).verdict {
        Verdict::Error(Reason::BoundOtherwise { step: 0, expected, found }) => {
            assert_eq!(
                (expected.to_string(), found.to_string()),
                ("host, peripheral".to_owned(), "host".to_owned())
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "configures kernels: linux/lab test"]
fn a_kernel_without_a_checker_is_refused_before_it_is_built() {
    let source = Source::package().expect("linux/lab installs the package");
    for (config, lacks) in [
        ("CONFIG_KASAN=n\n", &["CONFIG_KASAN=y", "CONFIG_KASAN_GENERIC=y"][..]),
        ("CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=y\n", &["CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=n"]),
    ] {
        match kernel::build(&source, Machine::default(), Core::Stock, None, config, &mut |_| ()) {
            Err(BuildError::Lacks(missing)) => assert_eq!(missing, lacks),
            other => panic!("{other:?}"),
        }
    }
}
