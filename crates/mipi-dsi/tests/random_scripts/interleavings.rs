//! Operations of several callers, interleaved at every step by a random scheduler, with waits given up at random.
//!
//! No threads and no lock: the operations and the books are values, and a list of numbers decides who steps and what
//! he does next, also from inside callbacks. What may never happen is in `watch`.

use super::callers::{has_errands, Choices, OneCaller, Shared, TRACED};
use mipi_dsi::bus::{Caller, HostBook, HostPhase, Serving, Unregistering, WaitFor};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Schedules of one run. `RANDOM_SCHEDULES` sets another number.
const SCHEDULES: u32 = 10_000;

#[test]
fn what_may_never_happen_does_not_happen() {
    let number = std::env::var("RANDOM_SCHEDULES").ok().and_then(|number| number.parse().ok());
    let config =
        Config { cases: number.unwrap_or(SCHEDULES), failure_persistence: None, ..Config::default() };
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let schedules = (2..5_u64, vec(any::<u8>(), 1..4_000));
    let result = TestRunner::new(config).run(&schedules, |(callers, numbers)| {
        for (what, times) in run(callers, numbers) {
            *seen.borrow_mut().entry(what).or_default() += times;
        }
        Ok(())
    });
    match result {
        Err(TestError::Fail(why, (callers, numbers))) => {
            TRACED.set(true);
            run(callers, numbers);
            panic!("{why}, but not again");
        }
        other => other.expect("enough schedules"),
    }
    let seen = seen.into_inner();
    for (what, times) in &seen {
        println!("{times:8} {what}");
    }
    for rare in RARE {
        assert!(seen.contains_key(*rare), "no schedule came to this: {rare}");
    }
}

/// What a run sees a hundred times and more, and has to see at all.
const RARE: &[&str] = &[
    "attach gave up",
    "attach is refused: WouldDeadlock",
    "declare gone calls cancel",
    "detach calls cancel",
    "detach gave up",
    "errands calls detach",
    "errands calls notice",
    "errands calls surrender",
    "unregister device calls cancel",
    "unregister device gave up",
    "unregister device is refused: WouldDeadlock",
    "unregister host calls cancel",
    "unregister host gave up",
    "unregister host is refused: WouldDeadlock",
    "use link gave up",
    "use link is refused: WouldDeadlock",
];

fn run(callers: u64, numbers: Vec<u8>) -> BTreeMap<String, usize> {
    let mut callers: Vec<OneCaller> = (0..callers).map(OneCaller::new).collect();
    let mut shared = Shared::default();
    let mut choices = Choices::new(numbers);
    while !choices.have_run_out() {
        let which = choices.choose(callers.len());
        callers[which].step(&mut shared, &mut choices, true);
        no_cycle(&callers, &shared);
    }
    finish(&mut callers, &mut shared);
    for book in &shared.books.0 {
        assert!(!has_errands(book), "whoever ended the last call left an errand: {book:#?}");
    }
    for slot in 0..2 {
        callers[0].run_errands(slot);
        finish(&mut callers, &mut shared);
    }
    for book in &shared.books.0 {
        assert!(nobody_works(book), "{book:#?}");
        assert!(!has_errands(book), "{book:#?}");
    }
    for host in shared.hosts() {
        callers[1].unregister_host(host);
        finish(&mut callers, &mut shared);
    }
    for book in &shared.books.0 {
        assert!(nobody_works(book), "{book:#?}");
        assert_eq!(book.phase, HostPhase::Vacant);
        assert!(book.devices.iter().all(|device| device.registration.is_none()), "{book:#?}");
    }
    shared.watch.nothing_runs();
    shared.seen
}

/// More rounds than any number of operations that are on their way can take.
const ENDLESS: usize = 10_000;

/// Everybody steps in turn, beginning nothing new, until all have ended.
fn finish(callers: &mut [OneCaller], shared: &mut Shared) {
    let mut quiet = Choices::new(vec![]);
    for round in 0.. {
        if callers.iter().all(OneCaller::is_idle) {
            return;
        }
        assert!(round < ENDLESS, "no end: {:#?}", shared.books);
        let waiting =
            |callers: &[OneCaller]| callers.iter().all(|one| one.is_idle() || one.waits_for().is_some());
        let depth = |callers: &[OneCaller]| callers.iter().map(OneCaller::depth).sum::<usize>();
        let (waited, deep, before) = (waiting(callers), depth(callers), shared.books.0.clone());
        for one in &mut *callers {
            one.step(shared, &mut quiet, false);
        }
        let stuck = waited && waiting(callers) && deep == depth(callers) && before == shared.books.0;
        let waits: Vec<_> = callers.iter().map(|one| (one.caller(), one.waits_for())).collect();
        assert!(!stuck, "everybody waits: {waits:?} {:#?}", shared.books);
    }
}

fn nobody_works(book: &HostBook) -> bool {
    let leaving = matches!(book.phase, HostPhase::Leaving { worker: Some(_), .. });
    let devices = book.devices.iter().any(|device| {
        let registration = device.registration.as_ref();
        device.telling.is_some()
            || registration.is_some_and(|device| {
                !matches!(
                    device.serving,
                    Serving::Idle | Serving::Attached(_) | Serving::Draining { worker: None, .. }
                ) || matches!(device.unregistering, Unregistering::By(_))
            })
    });
    !leaving && !devices && book.link.is_none() && book.cancel.is_none()
}

/// Nobody waits for himself, through whomever.
fn no_cycle(callers: &[OneCaller], shared: &Shared) {
    for one in callers {
        let mut wait = one.waits_for();
        for _ in 0..=callers.len() {
            let Some(ending) = wait.and_then(|wait| who_ends(&shared.books.0, wait)) else { break };
            assert_ne!(ending, one.caller(), "{ending:?} waits for himself");
            wait = callers.iter().find(|other| other.caller() == ending).and_then(OneCaller::waits_for);
        }
    }
}

fn who_ends(books: &[HostBook; 2], wait: WaitFor) -> Option<Caller> {
    let worker = match wait {
        WaitFor::Link(host) => books[host.slot].link.as_ref().map(|hold| hold.worker),
        WaitFor::Cancel(host) => books[host.slot].cancel,
        WaitFor::HostRemoval(host) => match books[host.slot].phase {
            HostPhase::Leaving { worker, .. } => worker,
            _ => None,
        },
        WaitFor::Notice(lease) => books[lease.host.slot].device(lease.channel).telling,
        WaitFor::Serving(lease) => match books[lease.host.slot].registration(lease).ok()?.serving {
            Serving::Attaching(worker) | Serving::Detaching { worker, .. } => Some(worker),
            Serving::Draining { worker, .. } => worker,
            _ => None,
        },
        WaitFor::DeviceRemoval(lease) => match books[lease.host.slot].registration(lease).ok()?.unregistering
        {
            Unregistering::By(worker) => Some(worker),
            _ => None,
        },
    };
    worker.map(|worker| worker.caller)
}
