//! The bus does what the reference does: each answer, each callback in order, each report in between.

use super::event::{Answer, Callback, Event, What};
use super::script::script;
use super::{reference, world};
use mipi_dsi::bus::{Gone, RemovalKind, Removed};
use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Scripts of one run. `RANDOM_SCRIPTS` sets another number.
const SCRIPTS: u32 = 3_000;

/// How often each kind of event was seen.
type Seen = BTreeMap<String, usize>;

#[test]
fn the_bus_does_what_the_reference_does() {
    let number = std::env::var("RANDOM_SCRIPTS").ok().and_then(|number| number.parse().ok());
    let config = Config { cases: number.unwrap_or(SCRIPTS), failure_persistence: None, ..Config::default() };
    let seen = RefCell::new(Seen::new());
    let result = TestRunner::new(config).run(&script(), |script| {
        let expected = reference::run(&script);
        let events = world::run(&script);
        for (index, (event, expected)) in events.iter().zip(&expected).enumerate() {
            prop_assert_eq!(event, expected, "after {:#?}", brief(&events[..index]));
        }
        prop_assert_eq!(events.len(), expected.len());
        count(&events, &mut seen.borrow_mut());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let seen = seen.into_inner();
    for (what, times) in &seen {
        println!("{times:8} {what}");
    }
    if number.is_none_or(|number| number >= SCRIPTS) {
        let never: Vec<_> = rare_cases().into_iter().filter(|case| !seen.contains_key(case)).collect();
        assert!(never.is_empty(), "the scripts did not reach {never:#?}");
    }
}

/// What happened, without the reports.
fn brief(events: &[Event]) -> Vec<String> {
    let is_report = |event: &&Event| matches!(event, Event::Reports(_));
    events.iter().filter(|event| !is_report(event)).map(|event| format!("{event:?}")).collect()
}

fn count(events: &[Event], seen: &mut Seen) {
    let mut see = |what: String| *seen.entry(what).or_default() += 1;
    let mut depth = 0;
    for event in events {
        match event {
            Event::Answer { kind, answer } => see(format!("{kind}: {}", answer.kind())),
            Event::Begins(callback) => {
                depth += 1;
                see(format!("callbacks nested {depth} deep"));
                if let Callback::Notice { removal, .. } = callback {
                    see(format!("notice of an {removal}"));
                }
            }
            Event::Ends(_) => depth -= 1,
            Event::Reports(slots) => {
                for device in slots.iter().flat_map(|slot| &slot.devices) {
                    if device.errand != "nothing" {
                        see(format!("an errand is left: {}", device.errand));
                    }
                }
            }
        }
    }
}

/// What a run of [`SCRIPTS`] sees ten times and more, and has to see at all.
fn rare_cases() -> Vec<String> {
    let waits = [What::Link, What::Serving, What::Registration];
    let would_deadlock = |what: &What| format!("would deadlock on {what:?}");
    let mut cases = vec![
        "an errand is left: detach".to_string(),
        "an errand is left: unregister".into(),
        "callbacks nested 3 deep".into(),
        "lent transaction: Sent".into(),
        "lent transfer: Gone(HostRemoved)".into(),
        "lent transfer: Gone(Unregistered)".into(),
        "lent transfer: would deadlock on Link".into(),
        "notice of an orderly removal".into(),
        format!("notice of an {}", RemovalKind::Surprise),
        "unregister host: would deadlock on Notice".into(),
        "unregister host by surprise: would deadlock on Link".into(),
        "unregister host: removed already".into(),
        "register host: NameTaken".into(),
        "register host: NoSlot".into(),
        "declare gone: Declared(false)".into(),
    ];
    for gone in [Gone::HostRemoved, Gone::Unregistered, Gone::Detached] {
        cases.push(format!("transfer: {}", Answer::Gone(gone).kind()));
        cases.push(format!("transaction: {}", Answer::Gone(gone).kind()));
    }
    for answer in [Answer::AlreadyAttached, Answer::Refused, Answer::Gone(Gone::Unregistered)] {
        cases.push(format!("attach: {}", answer.kind()));
    }
    for kind in ["unregister device", "unregister device by surprise"] {
        cases.extend(waits.iter().map(|what| format!("{kind}: {}", would_deadlock(what))));
    }
    for kind in ["unregister host", "detach"] {
        cases.extend(waits[..2].iter().map(|what| format!("{kind}: {}", would_deadlock(what))));
    }
    for removed in [Removed::ByThisCall, Removed::Already] {
        cases.push(format!("detach: {}", Answer::Removed(removed).kind()));
        cases.push(format!("unregister device: {}", Answer::Removed(removed).kind()));
    }
    cases
}
