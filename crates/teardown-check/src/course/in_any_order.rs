//! Every schedule of a course, and everything that a kernel could report in one of them.

use super::run::{Run, Went};
use super::{Course, Outcome};
use crate::ownership::Ownership;
use crate::property::Broken;
use std::collections::{BTreeSet, HashSet};

/// All outcomes that a course may have, and what it breaks on the way.
pub fn outcomes<O: Ownership>(rules: O::Rules, course: &Course) -> (BTreeSet<Outcome>, Broken) {
    let mut outcomes = BTreeSet::new();
    let mut broken = Broken::NOTHING;
    let mut known = HashSet::with_hasher(foldhash::fast::FixedState::with_seed(0));
    let mut pending = vec![Run::<O>::new(rules, course)];
    while let Some(run) = pending.pop() {
        let can_go: Vec<usize> = (0..run.threads()).filter(|thread| run.can_go(*thread)).collect();
        if can_go.is_empty() {
            outcomes.insert(run.outcome());
        }
        for thread in can_go {
            let mut next = run.clone();
            let went = next.go(thread);
            next.broken().iter().for_each(|property| broken.add(property));
            match went {
                Went::Reported(outcome) => {
                    outcomes.insert(outcome);
                }
                _ if known.insert(next.clone()) => pending.push(next),
                _ => {}
            }
        }
    }
    (outcomes, broken)
}
