//! The model of Linux 6.12 beside a real 6.12 kernel: what it says of every order, and what the kernel's checkers saw.
//!
//! `linux/verdicts-6.12.tsv` was measured by `linux/lab` (docs/linux-lab.md); nothing here runs a kernel.

use std::collections::BTreeMap;
use teardown_check::check::model;
use teardown_check::replay::ReplayError;
use teardown_check::shape::{Control, Release};
use teardown_check::{Model, Names, Property, Script, Shape};

/// What a kernel reports of an order, or nothing.
type Verdict = Option<(usize, &'static str, String)>;

/// What KASAN or a warning would show, the worst first.
const SEEN_BY_A_KERNEL: [(Property, &str); 3] = [
    (Property::NeverUsedAfterFree, "KASAN slab-use-after-free"),
    (Property::DetachedOnce, "WARN"),
    (Property::UnregisteredOnce, "KASAN slab-use-after-free"),
];

/// What the model says: the first step in which something is seen, what, and in which function.
fn predicted(
    linux: &dyn Model,
    shape: &Shape,
    names: &Names,
    script: &Script,
) -> Result<Verdict, ReplayError> {
    let mut first: Option<(usize, Verdict)> = None;
    for (property, kind) in SEEN_BY_A_KERNEL {
        let replay = linux.follow(shape, names, script, Some(property))?;
        let Some(broken) = replay.taken.iter().position(|taken| taken.broken.has(property)) else { continue };
        let taken = &replay.taken[..=broken];
        // A step without effect is one of the model's too: its first.
        let step = taken.iter().filter(|taken| taken.sets_out).count();
        let function = taken.last().and_then(|taken| taken.seen).map_or("", |seen| seen.at).to_owned();
        if first.as_ref().is_none_or(|(before, _)| broken < *before) {
            first = Some((broken, Some((step, kind, function))));
        }
    }
    Ok(first.and_then(|(_, verdict)| verdict))
}

#[test]
fn of_all_506_orders_the_model_says_what_the_kernel_said() {
    let linux = model("linux-6.12").expect("a known model");
    let (mut orders, mut reported, mut differ) = (0, 0, Vec::new());
    for line in include_str!("../../../linux/verdicts-6.12.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [variant, steps, verdict, step, kind, function] = columns[..] else { continue };
        let shape = match variant {
            "managed-bridge" => Shape::of_one(Control::Other, Release::Managed),
            "plain-bridge" => Shape::of_one(Control::Other, Release::Plain),
            "managed-panel" => Shape::of_one(Control::Dsi, Release::Managed),
            "plain-panel" => Shape::of_one(Control::Dsi, Release::Plain),
            _ => continue,
        };
        let script: Script = steps.parse().expect("a script");
        let said = predicted(linux, &shape, &Names::plain(1, 1), &script)
            .expect("it can be followed")
            .map_or_else(|| "clean".to_owned(), |(step, kind, function)| format!("{step} {kind} {function}"));
        let saw = match verdict {
            "clean" => "clean".to_owned(),
            _ => format!("{step} {kind} {function}"),
        };
        orders += 1;
        reported += usize::from(verdict != "clean");
        if said != saw {
            differ.push(format!("{variant}: {steps}: the model says {said}, the kernel {saw}"));
        }
    }
    assert_eq!(differ, [""; 0], "{} of {orders}", differ.len());
    assert_eq!((orders, reported), (506, 104));
}

/// Two peripherals, two links, drivers that forget, hosts with another child (D2): everything else that model and lab both
/// have.
#[test]
fn of_the_further_orders_every_difference_is_known() {
    let linux = model("linux-6.12").expect("a known model");
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut differ = Vec::new();
    for line in include_str!("../../../linux/verdicts-6.12-further.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [variant, steps, verdict, step, kind, function] = columns[..] else { continue };
        let Some(shape) = shape(variant) else { continue };
        // The lab's command goes over one link, the model's over each.
        if shape.hosts.len() > 1 && steps.contains("command") {
            continue;
        }
        let names = Names {
            hosts: vec!["host".to_owned(), "second-host".to_owned()],
            peripherals: vec!["peripheral".to_owned(), "second-peripheral".to_owned()],
            are_all: true,
        };
        let steps = steps
            .replace("second host", "second-host")
            .replace("second peripheral", "second-peripheral")
            .replace("second command", "command second-peripheral");
        let script: Script = steps.parse().expect("a script");
        let said = match predicted(linux, &shape, &names, &script) {
            Ok(None) => "clean".to_owned(),
            Ok(Some((step, kind, function))) => format!("{step} {kind} {function}"),
            Err(error) => format!("{error}"),
        };
        let saw = match verdict {
            "clean" => "clean".to_owned(),
            _ => format!("{step} {kind} {function}"),
        };
        let count = counts.entry(variant).or_default();
        count[0] += 1;
        count[1] += usize::from(verdict != "clean");
        // What kmemleak finds is seen by the model when all is quiet, as a leak; here the order has ended before.
        let leaks = said == "clean" && kind == "kmemleak" && function == "kobject_set_name_vargs";
        if said != saw && !(leaks && variant == "forgetful-bridge") {
            count[2] += 1;
            differ.push(format!("{variant}: {steps}: the model says {said}, the kernel {saw}"));
        }
    }
    assert_eq!(differ, [""; 0], "{}", differ.len());
    let sums =
        counts.values().fold([0; 3], |sums, counts| [0, 1, 2].map(|index| sums[index] + counts[index]));
    assert_eq!((counts.len(), sums), (13, [221, 69, 0]), "variants, and orders, reported, different");
}

/// The shape of a variant of the lab's, where the model has one.
fn shape(variant: &str) -> Option<Shape> {
    let two = |shape: Shape| {
        let mut shape = shape;
        let mut second = shape.peripherals[0].clone();
        second.links[0].channel = 1;
        shape.peripherals.push(second);
        shape
    };
    let with_phy = |mut shape: Shape| {
        shape.hosts[0].other_child = Some(teardown_check::shape::OtherChild::LooksDetached);
        shape
    };
    let (bridge, panel) = (Control::Other, Control::Dsi);
    let (managed, plain) = (Release::Managed, Release::Plain);
    Some(match variant {
        "managed-two-bridges" => two(Shape::of_one(bridge, managed)),
        "plain-two-bridges" => two(Shape::of_one(bridge, plain)),
        "managed-two-panels" => two(Shape::of_one(panel, managed)),
        "plain-two-panels" => two(Shape::of_one(panel, plain)),
        "managed-dual-bridge" => Shape::dual_link(bridge, managed),
        "plain-dual-bridge" => Shape::dual_link(bridge, plain),
        "managed-dual-panel" => Shape::dual_link(panel, managed),
        "plain-dual-panel" => Shape::dual_link(panel, plain),
        "forgetful-bridge" => Shape::of_one(bridge, Release::Forgotten),
        "managed-bridge@parent-host" => with_phy(Shape::of_one(bridge, managed)),
        "plain-bridge@parent-host" => with_phy(Shape::of_one(bridge, plain)),
        "managed-panel@parent-host" => with_phy(Shape::of_one(panel, managed)),
        "plain-panel@parent-host" => with_phy(Shape::of_one(panel, plain)),
        _ => return None,
    })
}
