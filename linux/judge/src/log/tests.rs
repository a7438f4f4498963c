//! Logs of real boots, cut down: of each boot what came after the lab's first line, with a part of the kernel's guesses.

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
    assert_eq!(report.kind.to_string(), "KASAN slab-use-after-free");
    assert_eq!(report.function.as_deref(), Some("mipi_dsi_detach"));
    assert_eq!(report.dsi_function(), Some("mipi_dsi_detach"));
    assert_eq!(report.place, Place::Step(2, "unbind-peripheral".to_owned()));
    assert_eq!(report.trace[..3], ["mipi_dsi_detach", "devm_mipi_dsi_detach", "devm_action_release"]);
    assert_eq!(report.trace.last().map(String::as_str), Some("device_release_driver"));
    assert_eq!(log.counts.attaches, 1);
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
    for (text, kind, function, place) in [
        (log!("refcount"), "refcount", "plant_refcount", here("refcount")),
        (
            log!("lock_order"),
            "lockdep possible circular locking dependency detected",
            "plant_lock_order",
            here("lock-order"),
        ),
        (log!("sleep_in_atomic"), "sleep in atomic", "plant_sleep_in_atomic", here("sleep-in-atomic")),
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
fn the_panic_that_ends_a_hang_is_no_report_of_its_own() {
    assert_eq!(read(log!("hang")).reports.len(), 1);
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
