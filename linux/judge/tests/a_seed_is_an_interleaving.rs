//! With a seed the kernel's threads sleep for other times: the same seed is the same race, and another may be another.
//!
//! These need the kernel, which takes minutes to build: `linux/lab test` runs them, plain `cargo test` does not.

use lab_orders::{Order, how_often};
use linux_lab::boot::Leaks;
use linux_lab::facts;
use linux_lab::judge::Judge;
use linux_lab::kernel::{self, Core, Machine, Source};
use linux_lab::races;
use linux_lab::verdict::Judgement;
use std::num::NonZeroU32;

/// A second command of a bridge whose host is leaving: the bus's use after free, the host's, or nothing.
fn order() -> Order {
    Order::parse("managed-bridge@slow-host", "start unbind host, wait, command").expect("an order")
}

fn with_judge<R>(work: impl FnOnce(&Judge<'_>) -> R) -> R {
    let source = Source::package().expect("linux/lab installs the package");
    let kernel =
        kernel::build(&source, Machine::default(), Core::Stock, None, "", &mut |_| ()).expect("it builds");
    work(&Judge::new(&kernel).expect("it sees"))
}

fn hear(seeds: &[u32]) -> Vec<(String, Judgement)> {
    let hear = |judge: &Judge<'_>, seed: u32| judge.hear(&order(), Leaks::NotLooked, NonZeroU32::new(seed));
    with_judge(|judge| seeds.iter().map(|seed| hear(judge, *seed).expect("it boots")).collect())
}

/// What the lab and the checkers say: with addresses at random, memory is another every time.
fn without_addresses(log: &str) -> Vec<&str> {
    let tells =
        |line: &&str| line.contains("dsi_lab: ") || line.contains("BUG: ") || line.contains("WARNING: ");
    log.lines().filter(tells).collect()
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn the_same_seed_is_the_same_log() {
    let heard = hear(&[5, 5]);
    let [first, second] = [&heard[0].0, &heard[1].0].map(|log| without_addresses(log));
    assert!(first.iter().any(|line| line.contains("dsi_lab: seed 5")), "{first:?}");
    assert_eq!(first, second);
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn another_seed_may_be_another_outcome() {
    let heard = hear(&[1, 2, 3]);
    let said: Vec<_> = heard
        .iter()
        .map(|(_, judgement)| facts::said(judgement).expect("it is judged").to_string())
        .collect();
    let function = |said: &String| said.rsplit('\t').next().unwrap_or_default().to_owned();
    let functions: Vec<_> = said.iter().map(function).collect();
    assert_eq!(functions, ["mipi_dsi_dcs_write_buffer", "lab_host_transfer", "-"], "{said:?}");
}

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn an_order_is_reported_as_often_as_the_table_says() {
    let is_wanted = |row: &how_often::Row| row.order == order();
    let known = how_often::rows(how_often::TEXT).expect("it can be read");
    let of =
        known.iter().find(|row| is_wanted(row)).and_then(|row| NonZeroU32::new(row.of)).expect("it is there");
    let taken = with_judge(|judge| races::take(judge, &[order()], of, &|| ())).expect("it boots");
    let tally = races::tally(&taken);
    assert_eq!(tally.errors, [""; 0]);
    assert_eq!(how_often::differences(how_often::TEXT, &tally.rows), Ok(Vec::new()));
}
