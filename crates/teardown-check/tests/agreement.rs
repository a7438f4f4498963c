//! The model of Linux 6.12 beside a real 6.12 kernel: what it says of every order, and what the kernel's checkers saw.
//!
//! `linux/verdicts-6.12.tsv` was measured by `linux/lab` (docs/linux-lab.md); nothing here runs a kernel.

use teardown_check::check::model;
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
fn predicted(linux: &dyn Model, shape: &Shape, script: &Script) -> Verdict {
    let names = Names::plain(1, 1);
    let of = |(property, kind): (Property, &'static str)| {
        let replay = linux.follow(shape, &names, script, Some(property)).expect("it can be followed");
        let broken = replay.taken.iter().position(|taken| taken.broken.has(property))?;
        let taken = &replay.taken[..=broken];
        // Steps of a script that have no effect take no step of the model but their first.
        let step = taken.iter().filter(|taken| taken.sets_out).count();
        Some((broken, step, kind, taken.last()?.seen?.at.to_owned()))
    };
    let first = SEEN_BY_A_KERNEL.into_iter().filter_map(of).min_by_key(|(broken, ..)| *broken);
    first.map(|(_, step, kind, function)| (step, kind, function))
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
        let said = predicted(linux, &shape, &script)
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
