//! Logs of real boots, shortened: of each boot what came after the lab's first line, with a part of the kernel's
//! guesses.

use super::*;
use crate::boot::Boot;
use crate::verdict::{Reason, Verdict, judge};

macro_rules! log {
    ($name:literal) => {
        include_str!(concat!("logs/", $name, ".log"))
    };
}

fn first(text: &str) -> Report {
    read(text).reports.first().expect("there is a report").clone()
}

fn verdict(text: &str, timed_out: bool) -> Verdict {
    judge(&Boot { log: text.to_owned(), timed_out }).verdict
}

#[test]
fn a_clean_order() {
    let log = read(log!("clean"));
    assert_eq!(log.reports, []);
    assert!(log.set_up && log.ended);
    assert_eq!(log.counts, Counts { attaches: 2, detaches: 1, transfers: 2, ..Counts::default() });
    assert_eq!(verdict(log!("clean"), false), Verdict::Clean);
}

#[test]
fn a_user_space_counts_what_the_chips_were_asked() {
    let text = "\
dsi_lab: checkers: kasan 1 lockdep 1 jiffies 4294937311
dsi_lab: set up: i2c 0-000e 12 1-002c 4
dsi_lab: step 1 rmmod tc358768: begin
dsi_lab: step 1 rmmod tc358768: returned 0
dsi_lab: counts: i2c 0-000e 15 1-002c 4
dsi_lab: after: begin
";
    let log = read(text);
    assert!(log.set_up && !log.ended);
    assert_eq!(log.counts.i2c_transfers(), 19);
    let log = read(&format!("{text}dsi_lab: end: i2c 0-000e 16 1-002c 4\n"));
    assert!(log.ended);
    assert_eq!((log.counts.i2c["0-000e"], log.counts.i2c_transfers()), (16, 20));
    assert_eq!(read("dsi_lab: end: i2c\n").counts, Counts::default());
}

#[test]
fn a_use_after_free_is_the_first_of_many_reports() {
    let log = read(log!("use_after_free"));
    let report = first(log!("use_after_free"));
    assert_eq!(report.kind.to_string(), "KASAN use-after-free");
    assert_eq!(report.function.as_deref(), Some("mipi_dsi_detach"));
    assert_eq!(report.dsi_function(), Some("mipi_dsi_detach"));
    assert_eq!(report.place, Place::Step(2, "unbind-peripheral".to_owned()));
    assert_eq!(report.trace[..3], ["mipi_dsi_detach", "devm_mipi_dsi_detach", "devm_action_release"]);
    assert_eq!(report.trace.last().map(String::as_str), Some("device_release_driver"));
    assert_eq!(log.counts.attaches, 1);
}

#[test]
fn where_the_page_of_the_object_went_makes_no_other_fault_of_it() {
    let freed_page = log!("use_after_free").replace("KASAN: slab-use", "KASAN: use");
    assert_ne!(freed_page, log!("use_after_free"));
    assert_eq!(first(&freed_page).kind, first(log!("use_after_free")).kind);
}

#[test]
fn a_report_of_a_thread_is_of_the_step_that_it_takes() {
    let in_thread = |text: &str| {
        text.replace("swapper/1", "lab-step-1/27").replace("Comm: swapper ", "Comm: lab-step-1 ")
    };
    let report = first(&in_thread(log!("use_after_free")));
    assert_eq!(report.place, Place::Step(1, "unbind-host".to_owned()));
    let report = first(&in_thread(log!("detach_warning")));
    assert_eq!(report.place, Place::Step(1, "command".to_owned()));
    let hang = log!("hang").replace("INFO: task swapper:1 ", "INFO: task lab-step-1:27 ");
    let hang = hang
        .replace("step 1 plant-hang: begin", "step 1 start-plant-hang: begin\ndsi_lab: step 2 wait: begin");
    assert_eq!(first(&hang).place, Place::Step(1, "start-plant-hang".to_owned()));
}

#[test]
fn what_is_shown_of_a_report_names_who_freed_what_is_used() {
    let text = first(log!("use_after_free")).text;
    assert_eq!(text[0], "BUG: KASAN: slab-use-after-free in mipi_dsi_detach+0x3d/0x180");
    let freed = text.iter().position(|line| line.starts_with("Freed by")).expect("it is said");
    assert_eq!(text[freed + 1], "    mipi_dsi_dev_release");
    assert!(text.contains(&"    mipi_dsi_host_unregister".to_owned()));
    for noise in ["?", "kasan_", "0x600", "page:", "====="] {
        assert!(!text[1..].iter().any(|line| line.contains(noise)), "{noise}");
    }
}

#[test]
fn a_warning_of_the_bus() {
    let report = first(log!("detach_warning"));
    assert_eq!(report.kind, Kind::Warning);
    assert_eq!(report.function.as_deref(), Some("mipi_dsi_detach"));
    assert_eq!(report.source.as_deref(), Some("drivers/gpu/drm/drm_mipi_dsi.c:397"));
    assert_eq!(report.place, Place::Step(2, "unbind-host".to_owned()));
    assert!(report.trace.contains(&"mipi_dsi_host_unregister".to_owned()));
}

#[test]
fn a_warning_as_later_kernels_print_it() {
    let text = log!("detach_warning").replace(
        "WARNING: CPU: 0 PID: 1 at drivers/gpu/drm/drm_mipi_dsi.c:397 mipi_dsi_detach+0x12b/0x180",
        "WARNING: drivers/gpu/drm/drm_mipi_dsi.c:397 at mipi_dsi_detach+0x12b/0x180, CPU#0: swapper/1",
    );
    let report = first(&text);
    assert_eq!(report.function.as_deref(), Some("mipi_dsi_detach"));
    assert_eq!(report.source.as_deref(), Some("drivers/gpu/drm/drm_mipi_dsi.c:397"));
}

#[test]
fn each_checker_is_known_by_its_words() {
    let here = |fault: &str| Place::Step(1, format!("plant-{fault}"));
    let second = |fault: &str| Place::Step(2, format!("plant-{fault}"));
    for (text, kind, function, place) in [
        (log!("refcount"), "refcount", "plant_refcount", here("refcount")),
        (
            log!("lock_order"),
            "lockdep possible circular locking dependency detected",
            "plant_lock_order",
            here("lock-order"),
        ),
        (log!("sleep_in_atomic"), "sleep in atomic", "plant_sleep_in_atomic", here("sleep-in-atomic")),
        (log!("bug"), "BUG", "plant_bug", second("bug")),
        (log!("list_corruption"), "list corruption", "plant_list_corruption", second("list-corruption")),
        (
            log!("recursive_lock"),
            "lockdep possible recursive locking detected",
            "plant_recursive_lock",
            second("recursive-lock"),
        ),
        (
            log!("unknown_lock"),
            "lockdep trying to register non-static key",
            "plant_unknown_lock",
            second("unknown-lock"),
        ),
        (log!("double_free"), "KASAN double-free", "plant_double_free", second("double-free")),
        (log!("unlock"), "lockdep bad unlock balance detected!", "plant_unlock", second("unlock")),
        (log!("kept_lock"), "lockdep still has locks held", "keep_lock", second("kept-lock")),
        (log!("rcu_sleep"), "WARN", "plant_rcu_sleep", second("rcu-sleep")),
        (log!("leak"), "kmemleak", "plant_leak", Place::After),
        (log!("hang"), "hang", "plant_hang", here("hang")),
        (log!("fault"), "fault", "plant_fault", here("fault")),
    ] {
        let report = first(text);
        assert_eq!(report.kind.to_string(), kind);
        assert_eq!(report.function.as_deref(), Some(function), "{kind}");
        assert_eq!(report.place, place, "{kind}");
        assert!(matches!(verdict(text, false), Verdict::Reported(_)), "{kind}");
    }
}

#[test]
fn reports_in_other_words_are_known() {
    let with = |line: &str| {
        log!("clean").replace("dsi_lab: step 2 bind-peripheral: returned", &format!("{line}\ndsi_lab: "))
    };
    // The last two are printed by kernels with options that the lab's own has not.
    for (line, kind, source) in [
        ("INFO: trying to register non-static key.", "lockdep trying to register non-static key", None),
        ("[ BUG: Invalid wait context ]", "lockdep Invalid wait context", None),
        (
            "UBSAN: array-index-out-of-bounds in drivers/gpu/drm/drm_mipi_dsi.c:398:12",
            "UBSAN array-index-out-of-bounds",
            Some("drivers/gpu/drm/drm_mipi_dsi.c:398:12"),
        ),
    ] {
        let report = first(&with(line));
        assert_eq!((report.kind.to_string().as_str(), report.source.as_deref()), (kind, source));
        assert_eq!(report.place, Place::Step(2, "bind-peripheral".to_owned()));
    }
}

#[test]
fn a_stall_of_rcu_is_a_hang() {
    for line in [
        "rcu: INFO: rcu_preempt self-detected stall on CPU",
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "INFO: rcu_tasks detected stalls on tasks:",
    ] {
        let text = log!("clean").replace("dsi_lab: step 2 ", &format!("{line}\ndsi_lab: step 2 "));
        assert_eq!(first(&text).kind, Kind::Hang, "{line}");
    }
}

#[test]
fn the_panic_that_ends_a_hang_is_no_report_of_its_own() {
    assert_eq!(read(log!("hang")).reports.len(), 1);
}

#[test]
fn the_checkers_own_functions_begin_no_stack() {
    for (text, function) in [
        (log!("double_free"), "plant_double_free"),
        (log!("unlock"), "plant_unlock"),
        (log!("rcu_sleep"), "plant_rcu_sleep"),
    ] {
        assert_eq!(first(text).trace[0], function);
    }
}

#[test]
fn a_bug_has_the_stack_of_its_panic() {
    let log = read(log!("bug"));
    assert_eq!(log.reports.len(), 1);
    let report = &log.reports[0];
    assert_eq!((&report.kind, report.function.as_deref()), (&Kind::BugOn, Some("plant_bug")));
    assert_eq!(report.source.as_deref(), Some("drivers/gpu/drm/dsi-lab/plant.c:64"));
    assert_eq!(report.trace, ["plant_bug", "lab_plant"]);
    assert!(report.text.contains(&"    plant_bug".to_owned()), "{:?}", report.text);
}

#[test]
fn what_the_boot_has_lost_is_not_the_orders() {
    let text = log!("leak").replacen("jiffies 4294937311", "jiffies 4299999999", 1);
    assert_eq!(read(&text).reports, []);
}

#[test]
fn what_comes_before_the_lab_begins_is_not_read() {
    let text =
        format!("WARNING: CPU: 0 PID: 1 at arch/um/drivers/virt-pci.c:1006 0x600086f9\n{}", log!("clean"));
    assert_eq!(verdict(&text, false), Verdict::Clean);
}

#[test]
fn a_boot_that_is_not_heard_to_its_end_is_an_error() {
    for text in [log!("early_end"), log!("lost_console")] {
        assert_eq!(verdict(text, false), Verdict::Error(Reason::NeverEnded));
    }
    assert_eq!(verdict("Linux version 6.12.117\n", false), Verdict::Error(Reason::NeverBegan));
    assert_eq!(verdict("", true), Verdict::Error(Reason::NeverBegan));
    // However little of the log is missing.
    let clean = log!("clean");
    for (end, _) in clean.match_indices('\n') {
        if !clean[..end].contains("dsi_lab: end:") {
            assert!(matches!(verdict(&clean[..end], false), Verdict::Error(_)), "{}", &clean[..end]);
        }
    }
}

#[test]
fn a_kernel_that_is_killed_has_run_in_a_circle() {
    let text = log!("lost_console");
    match verdict(text, true) {
        Verdict::Reported(report) => {
            assert_eq!(report.kind, Kind::Timeout);
            assert_eq!(report.place, Place::Step(1, "plant-lost-console".to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kernel_that_has_reported_what_nobody_heard_is_an_error() {
    for (lockdep, taint) in [(false, 0), (true, 1 << 9), (true, 1 << 7), (true, 1 << 5 | 1 << 12)] {
        let left = format!("left: lockdep {} tainted {taint}", u8::from(lockdep));
        let text = log!("clean").replace("left: lockdep 1 tainted 0", &left);
        assert_eq!(verdict(&text, false), Verdict::Error(Reason::Unheard(Health { lockdep, taint })));
    }
    // A module that is none of the tree's; and a warning of the boot.
    for (before, left) in [(0, 1 << 12), (1 << 9, 1 << 9)] {
        let text = log!("clean")
            .replace("before: lockdep 1 tainted 0", &format!("before: lockdep 1 tainted {before}"))
            .replace("left: lockdep 1 tainted 0", &format!("left: lockdep 1 tainted {left}"));
        assert_eq!(verdict(&text, false), Verdict::Clean);
    }
    for said in ["left: lockdep 1 tainted 0", "before: lockdep 1 tainted 0"] {
        assert_eq!(verdict(&log!("clean").replace(said, ""), false), Verdict::Error(Reason::NeverEnded));
    }
}

#[test]
fn a_console_that_lost_lines_is_an_error() {
    let text = log!("clean").replace("dsi_lab: step 3", "** 7 printk messages dropped **\ndsi_lab: step 3");
    assert_eq!(verdict(&text, false), Verdict::Error(Reason::Dropped));
}

#[test]
fn a_kernel_without_a_checker_says_nothing() {
    for text in [log!("clean"), log!("use_after_free")] {
        let blind = text.replace("checkers: kasan 1", "checkers: kasan 0");
        assert_eq!(verdict(&blind, false), Verdict::Error(Reason::NoKasan));
    }
    let blind = log!("clean").replace("lockdep 1", "lockdep 0");
    assert_eq!(verdict(&blind, false), Verdict::Error(Reason::NoLockdep));
}

#[test]
fn a_step_that_could_not_be_made_is_an_error() {
    let text = log!("clean").replace("step 3 command: returned 1", "step 3 command: cannot");
    assert_eq!(verdict(&text, false), Verdict::Error(Reason::Cannot("command".to_owned())));
    let text = log!("clean").replace("end: attaches 2 detaches 1 transfers 2", "failed: -2");
    assert_eq!(verdict(&text, false), Verdict::Error(Reason::NotSetUp("-2".to_owned())));
}
