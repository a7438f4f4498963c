//! What is typed in the lab's user space happens to the kernel's own drivers, and is judged like the built-in orders.
//!
//! These need the kernel, which takes minutes to build: `linux/lab test` runs them, plain `cargo test` does not.

use lab_orders::pipeline::{HOST, PIPELINES, Pipeline, switch};
use lab_orders::typed::{Typed, built_in};
use linux_lab::judge::Judge;
use linux_lab::kernel::{self, Core, Machine, Source};
use linux_lab::log::Place;
use linux_lab::user_space::run::UserSpace;
use linux_lab::verdict::{Judgement, Reason, Verdict};

fn hear(orders: &[Typed]) -> Vec<(String, Judgement)> {
    let source = Source::package().expect("linux/lab installs the package");
    let kernel =
        kernel::build(&source, Machine::default(), Core::Stock, None, "", &mut |_| ()).expect("it builds");
    let judge = Judge::new(&kernel).expect("it sees");
    let user_space = UserSpace::new(&judge).expect("linux/lab installs busybox and dtc");
    orders.iter().map(|typed| user_space.hear(typed).expect("it boots")).collect()
}

fn typed(pipeline: &str, commands: &[&str]) -> Typed {
    let pipeline = Pipeline::named(pipeline).expect("the pipeline is known");
    Typed { pipeline, commands: commands.iter().map(|command| (*command).to_owned()).collect() }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn the_threads_own_order_crashes_and_its_reverse_does_not() {
    let thread = built_in().swap_remove(0);
    let reverse = typed("sn65dsi83", &["rmmod ti-sn65dsi83", "rmmod tc358768"]);
    let heard = hear(&[thread, reverse]);
    match &heard[0].1.verdict {
        Verdict::Reported(report) => {
            assert_eq!(report.kind.to_string(), "KASAN use-after-free");
            assert_eq!(report.function.as_deref(), Some("mipi_dsi_detach"));
            assert_eq!(report.place, Place::Step(2, "rmmod ti-sn65dsi83".to_owned()));
            assert!(report.trace.iter().any(|name| name == "sys_delete_module"), "{:?}", report.trace);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(heard[1].1.verdict, Verdict::Clean);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn every_pipeline_comes_up_and_is_left_clean() {
    let lists: Vec<_> = PIPELINES.iter().map(|pipeline| typed(pipeline.name, &["lsmod"])).collect();
    for (pipeline, (log, judgement)) in PIPELINES.iter().zip(hear(&lists)) {
        assert_eq!(judgement.verdict, Verdict::Clean, "{}", pipeline.name);
        assert!(log.contains("dsi_lab: set up: i2c"), "{log}");
        assert!(log.contains(&pipeline.end().module.replace('-', "_")), "{log}");
    }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn commands_go_through_only_while_the_host_is_enabled() {
    let (on, off) = (switch(true), switch(false));
    let order = typed("ili9881c", &["modprobe dsi-lab-kms", &on, &off]);
    let (log, judgement) = hear(&[order]).remove(0);
    assert_eq!(judgement.verdict, Verdict::Clean, "{log}");
    // The drivers of host and panel say so where a command fails.
    for complaint in ["Bridge is not enabled", "Software disable failed", "failed to"] {
        assert!(!log.contains(complaint), "{log}");
    }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_command_that_fails_is_an_error_unless_it_has_to() {
    let bind = HOST.bind();
    let not = format!("! {bind}");
    let verdicts: Vec<_> = hear(&[typed("sn65dsi83", &[&bind]), typed("sn65dsi83", &[&not])])
        .into_iter()
        .map(|(_, judgement)| judgement.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Error(Reason::Cannot(bind)), Verdict::Clean]);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_module_that_takes_anothers_place_is_no_report() {
    // KASAN's guards around the variables of the module that has gone: lab-driver/modules.c.
    let order = typed("lt8912b", &["rmmod tc358768", "modprobe tc358768"]);
    assert_eq!(hear(&[order]).remove(0).1.verdict, Verdict::Clean);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_console_that_is_told_to_be_quiet_is_an_error() {
    let loud = typed("ili9881c", &["rmmod tc358768"]);
    let quiet = typed("ili9881c", &["dmesg -n 1", "rmmod tc358768"]);
    let for_a_while = typed("ili9881c", &["dmesg -n 1; rmmod tc358768; dmesg -n 8"]);
    let heard = hear(&[loud, quiet, for_a_while]);
    assert!(matches!(&heard[0].1.verdict, Verdict::Reported(report) if report.kind.to_string() == "WARN"));
    assert_eq!(heard[1].1.verdict, Verdict::Error(Reason::NeverEnded));
    assert!(matches!(heard[2].1.verdict, Verdict::Error(Reason::Unheard(_))), "{:?}", heard[2].1);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn chips_count_what_they_are_asked_also_when_they_have_gone() {
    let (on, off) = (switch(true), switch(false));
    let shown = ["modprobe dsi-lab-kms", &on];
    let gone = [
        &shown[..],
        &[&off, "rmmod dsi-lab-kms", "rmmod ti-sn65dsi83", "rmmod tc358768", "rmmod dsi-lab-i2c"],
    ];
    let orders =
        [typed("sn65dsi83", &["lsmod"]), typed("sn65dsi83", &shown), typed("sn65dsi83", &gone.concat())];
    let heard: Vec<_> = hear(&orders).into_iter().map(|(_, judgement)| judgement).collect();
    assert!(heard.iter().all(|judgement| judgement.verdict == Verdict::Clean), "{heard:?}");
    let [quiet, shown, gone] = [0, 1, 2].map(|number| &heard[number].counts.i2c);
    // Probes of host and bridge ask their chips for nothing.
    assert!(quiet.is_empty(), "{quiet:?}");
    for chip in ["0-000e", "1-002c"] {
        assert!(0 < shown[chip] && shown[chip] <= gone[chip], "{shown:?}, {gone:?}");
    }
    // The host is told to stop; the bridge is held in reset.
    assert!(shown["0-000e"] < gone["0-000e"], "{shown:?}, {gone:?}");
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn what_hangs_in_the_background_is_a_hang() {
    let plant = "echo -n hang-in-background > /sys/module/dsi_lab/parameters/plant";
    let order = typed("ili9881c", &[plant]);
    match &hear(&[order])[0].1.verdict {
        Verdict::Reported(report) => {
            assert_eq!(report.kind.to_string(), "hang");
            assert_eq!(report.place, Place::After);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn lost_memory_is_found_at_the_end() {
    // D6: the name of the device whose channel is taken.
    let icn6211 = Pipeline::named("icn6211").expect("the pipeline is known").end();
    let order = typed("icn6211", &[&icn6211.unbind(), &format!("! {}", icn6211.bind())]);
    let (log, judgement) = hear(&[order]).remove(0);
    match judgement.verdict {
        Verdict::Reported(report) => {
            assert_eq!(report.kind.to_string(), "kmemleak");
            assert_eq!(report.dsi_function(), Some("mipi_dsi_device_add"));
            assert_eq!(report.place, Place::After);
        }
        other => panic!("{other:?}: {log}"),
    }
}

/// What the models and the virtual hardware of `dsi run` do as well.
#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn a_driver_that_was_loaded_is_probed_again_when_its_host_has_come_and_a_bind_by_hand_is_not() {
    let bridge = Pipeline::named("sn65dsi83").expect("the pipeline is known").end();
    let is_bound = format!("test -e {}/{}", bridge.folder, bridge.device);
    let is_not = format!("! {is_bound}");
    let by_hand = format!("! {}", bridge.bind());
    let loaded = [bridge.unload(), HOST.unload(), bridge.load(), is_not.clone(), HOST.load(), is_bound];
    let bound = [bridge.unbind(), HOST.unbind(), by_hand, HOST.bind(), is_not];
    for commands in [&loaded[..], &bound[..]] {
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        assert_eq!(hear(&[typed("sn65dsi83", &commands)])[0].1.verdict, Verdict::Clean, "{commands:?}");
    }
}
