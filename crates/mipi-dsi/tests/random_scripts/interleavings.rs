//! Operations of several callers, interleaved at every step by a random scheduler, with waits given up, callbacks that
//! unwind and packets whose callers go away at random.
//!
//! No threads and no lock: the operations and the books are values, and a list of numbers decides who steps and what they
//! do next, also from inside callbacks. A caller who waits is asked again only when an event of what they wait for has
//! come, so that one who is not woken is found. What may never happen is in `watch`.

use super::books::{is_interrupt, TheBooks, HOSTS};
use super::callers::{OneCaller, Shared, TRACED};
use super::choices::Choices;
use mipi_dsi::bus::machine::{Books, HostBook, HostPhase, Life, LinkState, Profile, Serving};
use mipi_dsi::bus::{report::WaitFor, Caller};
use mipi_dsi::wire::VirtualChannel;
use proptest::collection::vec;
use proptest::prelude::{any, Just, Strategy};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Schedules of one run. `RANDOM_SCHEDULES` sets another number.
const SCHEDULES: u32 = 10_000;

fn profile() -> impl Strategy<Value = Profile> {
    prop_oneof![
        3 => Just(Profile::Exclusive),
        2 => Just(Profile::Serialised),
        1 => Just(Profile::Shared),
    ]
}

#[test]
fn what_may_never_happen_does_not_happen() {
    let number = std::env::var("RANDOM_SCHEDULES").ok().and_then(|number| number.parse().ok());
    let config =
        Config { cases: number.unwrap_or(SCHEDULES), failure_persistence: None, ..Config::default() };
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let schedules = (2..5_usize, [profile(), profile()], vec(any::<u8>(), 1..4_000));
    let result = TestRunner::new(config).run(&schedules, |(callers, profiles, numbers)| {
        for (what, times) in run(callers, profiles, numbers) {
            *seen.borrow_mut().entry(what).or_default() += times;
        }
        Ok(())
    });
    match result {
        Err(TestError::Fail(why, (callers, profiles, numbers))) => {
            TRACED.set(true);
            println!("{callers} callers, {profiles:?}");
            run(callers, profiles, numbers);
            panic!("{why}, but not again");
        }
        other => other.expect("enough schedules"),
    }
    let seen = seen.into_inner();
    for (what, times) in &seen {
        println!("{times:8} {what}");
    }
    for rare in RARE {
        assert!(number.is_some() || seen.contains_key(*rare), "no schedule came to this: {rare}");
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
    "notice unwinds",
    "packet finds the gate closed when it leaves",
    "packet passes the gate",
    "transfer is abandoned",
    "transfer unwinds",
    "unregister device calls cancel",
    "unregister device calls withdraw",
    "unregister device gave up",
    "unregister device is refused: CannotWait",
    "unregister device is refused: WouldDeadlock",
    "unregister host calls cancel",
    "unregister host gave up",
    "unregister host is refused: WouldDeadlock",
    "use link gave up",
    "use link is refused: WouldDeadlock",
];

fn run(callers: usize, profiles: [Profile; HOSTS], numbers: Vec<u8>) -> BTreeMap<String, usize> {
    let mut callers: Vec<OneCaller> = (0..callers).map(OneCaller::new).collect();
    let mut shared = Shared::new(profiles);
    let mut choices = Choices::new(numbers);
    while !choices.have_run_out() {
        // One choice more than there are callers, for the hardware.
        let which = choices.choose(callers.len() + 1);
        match callers.get_mut(which) {
            Some(caller) => caller.step(&mut shared, &mut choices, true),
            None => {
                shared.hardware_is_done(&mut choices);
            }
        }
        no_cycle(&callers, &shared.books);
    }
    finish(&mut callers, &mut shared);
    let may_all_call_back = !callers.iter().any(|one| is_interrupt(one.caller()));
    if may_all_call_back && !shared.seen.contains_key("transfer is abandoned") {
        for book in &shared.books.hosts {
            assert!(!book.has_errands(), "whoever ended the last call left an errand: {book:#?}");
        }
    }
    for slot in 0..HOSTS {
        callers[0].run_errands(slot);
        finish(&mut callers, &mut shared);
    }
    for book in &shared.books.hosts {
        assert!(nobody_works(book) && !book.has_errands(), "{book:#?}");
    }
    finish_what_was_given_up(&mut callers, &mut shared);
    for slot in 0..HOSTS {
        shared.books.section(slot, callers[0].caller(), |_| {});
        let book = &shared.books.hosts[slot];
        let is_open = shared.books.is_gate_open(slot);
        let is_present = book.phase == HostPhase::Present;
        let somebody_may_send = VirtualChannel::ALL.iter().any(|channel| book.permit(*channel).is_some());
        assert_eq!(book.nothing_is_in_the_way(), is_present, "{book:#?}");
        assert_eq!(is_open, is_present && somebody_may_send, "whether the gate is open: {book:#?}");
    }
    for host in shared.hosts() {
        callers[1].unregister_host(host);
        finish(&mut callers, &mut shared);
    }
    for book in &shared.books.hosts {
        assert!(nobody_works(book) && book.is_quiet(), "{book:#?}");
    }
    shared.watch.nothing_runs();
    shared.seen
}

/// Each removal that was begun and given up is called again.
fn finish_what_was_given_up(callers: &mut [OneCaller], shared: &mut Shared) {
    for host in shared.hosts() {
        let book = &shared.books.hosts[host.slot];
        if book.has(host) && matches!(book.phase, HostPhase::Leaving { .. }) {
            callers[0].unregister_host(host);
            finish(callers, shared);
        }
    }
    for device in shared.devices() {
        let is_begun = shared.books.hosts[device.host.slot].registration(device).is_ok_and(|its| {
            its.life != Life::Registered || matches!(its.serving, Serving::Draining { .. }) || its.is_surprise
        });
        if is_begun {
            callers[0].unregister_device(device);
            finish(callers, shared);
        }
    }
}

/// More rounds than any number of operations that are on their way can take.
const ENDLESS: usize = 10_000;

/// Everybody steps in turn, beginning nothing new, until all have ended.
fn finish(callers: &mut [OneCaller], shared: &mut Shared) {
    let mut quiet = Choices::new(vec![]);
    for round in 0.. {
        if callers.iter().all(OneCaller::is_idle) {
            break;
        }
        assert!(round < ENDLESS, "no end: {:#?}", shared.books);
        let waiting =
            |callers: &[OneCaller]| callers.iter().all(|one| one.is_idle() || one.waits_for().is_some());
        let depth = |callers: &[OneCaller]| callers.iter().map(OneCaller::depth).sum::<usize>();
        let (waited, deep, before) = (waiting(callers), depth(callers), shared.books.clone());
        for one in &mut *callers {
            one.step(shared, &mut quiet, false);
        }
        let is_stuck = waited && waiting(callers) && deep == depth(callers) && before == shared.books;
        if is_stuck
            && !shared.hardware_is_done(&mut quiet)
            && !callers.iter_mut().any(|one| one.gives_up_on_senders(shared))
        {
            let waits: Vec<_> = callers.iter().map(|one| (one.caller(), one.waits_for())).collect();
            panic!("everybody waits: {waits:?} {:#?}", shared.books);
        }
    }
    while shared.hardware_is_done(&mut quiet) {}
}

fn nobody_works(book: &HostBook) -> bool {
    let is_leaving = matches!(book.phase, HostPhase::Leaving { remover: Some(_), .. });
    let devices = book.devices.0.iter().any(|device| {
        let registration = device.registration();
        device.telling.is_some()
            || device.senders > 0
            || registration.is_some_and(|device| {
                !matches!(
                    device.serving,
                    Serving::Idle | Serving::Attached(_) | Serving::Draining { by: None, .. }
                ) || matches!(device.life, Life::Unregistering(Some(_)) | Life::Registering(_))
            })
    });
    !is_leaving && !devices && book.link == LinkState::Free && book.queue.is_empty()
}

/// Nobody waits for themselves, through whomever. Whoever is about to look again waits no longer.
fn no_cycle(callers: &[OneCaller], books: &TheBooks) {
    for one in callers.iter().filter(|one| !books.will_look(one.caller())) {
        let mut open: Vec<WaitFor> = one.waits_for().into_iter().collect();
        let mut seen = vec![];
        while let Some(wait) = open.pop() {
            for ender in enders(books, wait) {
                assert_ne!(ender, one.caller(), "{ender:?} waits for themselves");
                if !seen.contains(&ender) && !books.will_look(ender) {
                    seen.push(ender);
                    open.extend(books.waits_for(ender));
                }
            }
        }
    }
}

/// Those who have to do something before this ends.
fn enders(books: &TheBooks, wait: WaitFor) -> Vec<Caller> {
    let book = &books.hosts[wait.host().slot];
    let one = match wait {
        WaitFor::Link(_) => {
            return book.hold().map_or(vec![], |hold| hold.enders().into_iter().flatten().collect())
        }
        WaitFor::Cancel(_) => book.canceller(),
        WaitFor::HostRemoval(_) => match book.phase {
            HostPhase::Leaving { remover, .. } => remover,
            _ => None,
        },
        WaitFor::Notice(device) => book.devices[device.channel].telling,
        WaitFor::Serving(device) => book.registration(device).ok().and_then(|its| match its.serving {
            Serving::Attaching(by) | Serving::Detaching { by, .. } => Some(by),
            Serving::Draining { by, .. } => by,
            Serving::Idle | Serving::Attached(_) | Serving::Ending(_) => None,
        }),
        WaitFor::Registration(device) => book.registration(device).ok().and_then(|its| match its.life {
            Life::Registering(by) => Some(by),
            Life::Unregistering(by) => by,
            Life::Registered => None,
        }),
        WaitFor::Senders(_) => None,
    };
    one.into_iter().collect()
}
