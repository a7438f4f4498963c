//! The first step of an order that nobody can take, and why: a command without a driver, or a device that is not there.

use crate::bound::Bench;
use crate::order::Order;
use crate::step::{End, Step};
use thiserror::Error;

/// A step that nobody can take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("step {number}, '{step}', can't be taken: {why}")]
pub struct Impossible {
    /// Its number, from 1.
    pub number: usize,
    /// The step.
    pub step: Step,
    /// Why.
    pub why: WhyNot,
}

/// Why a step can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WhyNot {
    /// The bench has no such end.
    #[error("there is no {0}")]
    NotThere(End),
    /// It has neither a second peripheral nor a second link.
    #[error("there is neither a second peripheral nor a second link")]
    NoSecondDevice,
    /// The peripheral is on the DSI bus, and goes with its host, which is unbound.
    #[error("its device exists only while its host is bound, and its host is not")]
    GoneWithItsHost,
    /// No driver that could send the command is bound.
    #[error("no driver that could send it is bound")]
    NotBound,
}

/// The first step that nobody can take. After a step that is started in a thread, what is bound depends on which thread
/// is faster: from there on, only what the bench does not have at all counts.
#[must_use]
pub fn first(order: &Order) -> Option<Impossible> {
    let set_up = Bench::new(&order.variant);
    let mut bench = set_up.clone();
    let mut is_known = true;
    for (index, step) in order.steps.iter().enumerate() {
        let Some(act) = step.act() else { continue };
        let why = match bench.why_not(act) {
            Some(WhyNot::GoneWithItsHost | WhyNot::NotBound) if !is_known => None,
            why => why,
        };
        if let Some(why) = why {
            return Some(Impossible { number: index + 1, step: step.clone(), why });
        }
        is_known &= !step.is_started();
        bench.take(act);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::{Group, built_in};

    #[track_caller]
    fn why(variant: &str, steps: &str) -> String {
        first(&Order::parse(variant, steps).expect("an order"))
            .map_or_else(String::new, |step| step.to_string())
    }

    #[test]
    fn what_cannot_be_made_says_why() {
        assert_eq!(
            why("managed-bridge", "command, unbind peripheral, command"),
            "step 3, 'command', can't be taken: no driver that could send it is bound"
        );
        assert_eq!(
            why("managed-panel", "unbind host, bind peripheral"),
            "step 2, 'bind peripheral', can't be taken: its device exists only while its host is bound, and its host is not"
        );
        assert_eq!(
            why("managed-bridge", "start command, unbind second host"),
            "step 2, 'unbind second host', can't be taken: there is no second host"
        );
        assert_eq!(
            why("managed-bridge", "wait, second command"),
            "step 2, 'second command', can't be taken: there is neither a second peripheral nor a second link"
        );
        assert_eq!(why("managed-dual-bridge", "second command, unbind second host"), "");
        assert_eq!(why("managed-two-panels", "second command, plant leak"), "");
        assert_eq!(
            why("managed-bridge", "start unbind peripheral, command"),
            "",
            "who is faster is not known"
        );
    }

    #[test]
    fn every_order_that_is_built_in_can_be_made() {
        for order in Group::ALL.into_iter().flat_map(built_in) {
            assert_eq!(first(&order), None, "{order}");
        }
    }
}
