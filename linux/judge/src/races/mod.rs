//! Orders that need two threads, each taken many times, every time with other lengths of sleeps.
//!
//! * this file: the boots, and how often each outcome was seen.
//! * [`output`]: these counts as a table for people and as lines of JSON for programs.
//!
//! The lengths come from a seed, and the machine is User Mode Linux in time travel: a seed's outcome is the same in
//! every run. The count is the share of the interleavings that ends in a report, not how likely that is on a board.

pub mod output;

use crate::facts;
use crate::judge::{Judge, usual_leaks};
use crate::verdict::Judgement;
use lab_orders::Order;
use lab_orders::how_often::Row;
use rayon::prelude::*;
use std::io;
use std::num::NonZeroU32;

/// An order that was taken once, with the lengths of sleeps of one seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The order.
    pub order: Order,
    /// The seed.
    pub seed: NonZeroU32,
    /// The outcome.
    pub judgement: Judgement,
}

/// Takes each of `orders` with the seeds from 1 to `times`, on all cores; all of an order come after each other.
/// `progress` is called after each boot.
///
/// # Errors
///
/// The kernel could not be started.
pub fn take(
    judge: &Judge<'_>,
    orders: &[Order],
    times: NonZeroU32,
    progress: &(dyn Fn() + Sync),
) -> io::Result<Vec<Taken>> {
    let seeds = || (1..=times.get()).filter_map(NonZeroU32::new);
    let boots: Vec<_> = orders.iter().flat_map(|order| seeds().map(move |seed| (order, seed))).collect();
    let boot = |(order, seed): (&Order, NonZeroU32)| {
        let heard = judge.hear(order, usual_leaks(order), Some(seed));
        progress();
        Ok(Taken { order: order.clone(), seed, judgement: heard?.1 })
    };
    boots.into_par_iter().map(boot).collect()
}

/// How often each outcome was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// The orders as they were taken, each with its outcomes, the most frequent first.
    pub rows: Vec<Row>,
    /// Boots that could not be judged, in words. They are not among the rows.
    pub errors: Vec<String>,
}

/// Counts the outcomes of `taken`, where all of an order come after each other.
#[must_use]
pub fn tally(taken: &[Taken]) -> Tally {
    let mut tally = Tally::default();
    for of_one in taken.chunk_by(|one, next| one.order == next.order) {
        let mut rows: Vec<Row> = Vec::new();
        for Taken { order, seed, judgement } in of_one {
            let outcome = match facts::said(judgement) {
                Ok(outcome) => outcome,
                Err(reason) => {
                    tally.errors.push(format!("{order}, seed {seed}: {reason}"));
                    continue;
                }
            };
            match rows.iter_mut().find(|row| row.outcome == outcome) {
                Some(row) => row.times += 1,
                None => rows.push(Row { order: order.clone(), times: 1, of: 0, outcome, seed: *seed }),
            }
        }
        let of = rows.iter().map(|row| row.times).sum();
        rows.iter_mut().for_each(|row| row.of = of);
        // Of as many, the earlier seed stays first.
        rows.sort_by_key(|row| std::cmp::Reverse(row.times));
        tally.rows.extend(rows);
    }
    tally
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::verdict::{Reason, Verdict, judge};
    use lab_orders::Step;

    const FREED: &str = include_str!("../log/logs/use_after_free.log");
    const CLEAN: &str = include_str!("../log/logs/clean.log");

    /// An order with the log of each seed from 1.
    pub(crate) fn taken(steps: &str, logs: &[&str]) -> Vec<Taken> {
        let order = Order::parse("managed-bridge@slow-host", steps).expect("an order");
        let seeds = (1..).filter_map(NonZeroU32::new);
        let take = |(seed, log): (NonZeroU32, &&str)| {
            let mut judgement = judge(&Boot { log: (*log).to_owned(), timed_out: false });
            // The log is that of another order: what it was told is not compared with it.
            if let Verdict::Error(Reason::Cannot(step)) = judgement.verdict {
                judgement.verdict = Verdict::NotTaken(step);
            }
            Taken { order: order.clone(), seed, judgement }
        };
        seeds.zip(logs).map(take).collect()
    }

    pub(crate) fn some_races() -> Vec<Taken> {
        let cannot = CLEAN.replace("step 3 command: returned 1", "step 3 command: cannot");
        let mut all = taken("start unbind host, command", &[CLEAN, CLEAN, CLEAN]);
        all.extend(taken("start unbind host, unbind peripheral", &[CLEAN, FREED, FREED]));
        all.extend(taken("start unbind host, bind host", &[FREED, FREED, FREED]));
        all.extend(taken("start command, command", &[&cannot, &cannot, CLEAN]));
        all
    }

    #[test]
    fn outcomes_are_counted_with_the_first_seed_that_gave_them() {
        let tally = tally(&some_races());
        assert_eq!(tally.errors, [""; 0]);
        let rows: Vec<_> = tally
            .rows
            .iter()
            .map(|row| (row.order.steps[1].to_string(), row.times, row.seed.get(), row.outcome.to_string()))
            .collect();
        let freed = "reported\t2\tKASAN use-after-free\tmipi_dsi_detach";
        let expected = [
            ("command", 3, 1, "clean\t-\t-\t-"),
            ("unbind peripheral", 2, 2, freed),
            ("unbind peripheral", 1, 1, "clean\t-\t-\t-"),
            ("bind host", 3, 1, freed),
            ("command", 2, 1, "cannot\t-\t-\t-"),
            ("command", 1, 3, "clean\t-\t-\t-"),
        ];
        let expected =
            expected.map(|(step, times, seed, said)| (step.to_owned(), times, seed, said.to_owned()));
        assert_eq!(rows, expected);
        assert!(tally.rows.iter().all(|row| row.of == 3));
    }

    #[test]
    fn a_boot_that_says_nothing_is_named_and_not_counted() {
        let tally = tally(&taken("start command, command", &[CLEAN, "Linux version 6.12.117\n"]));
        assert_eq!((tally.rows.len(), tally.rows[0].of), (1, 1));
        let steps: Vec<_> = tally.rows[0].order.steps.iter().map(Step::to_string).collect();
        assert_eq!(steps, ["start command", "command"]);
        let [error] = &tally.errors[..] else { panic!("{:?}", tally.errors) };
        assert!(
            error.starts_with("managed-bridge@slow-host: start command, command, seed 2: the lab's"),
            "{error}"
        );
    }
}
