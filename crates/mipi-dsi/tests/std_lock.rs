//! The lock for threads by itself: what a section ends, also one at the end of a wait, wakes those who wait for it.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

use mipi_dsi::bus::machine::Generation;
use mipi_dsi::bus::{
    adapter::{Ended, Events, Lock, StdLock},
    report::{DeviceKey, HostKey, WaitFor},
    WaitError,
};
use mipi_dsi::wire::VirtualChannel;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const HOST: HostKey = HostKey { slot: 3, generation: Generation::NONE };
const LINK: WaitFor = WaitFor::Link(HOST);

fn ended(wait: WaitFor) -> Ended {
    let mut events = Events::NONE;
    events.insert(wait.event());
    Ended { slot: wait.host().slot, events }
}

fn in_20_seconds() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(20))
}

#[test]
fn the_end_of_a_wait_wakes_those_who_wait_for_it() {
    const LINKS: usize = 8;
    let lock = Arc::new(StdLock::new(0, None));
    // Each waits for the one before. All are woken by the first change, and all but one wait again.
    let chain: Vec<_> = (1..=LINKS)
        .rev()
        .map(|link| {
            let lock = lock.clone();
            let section = move |last: &mut usize| {
                if *last + 1 == link {
                    *last = link;
                    (Some(()), ended(LINK))
                } else {
                    (None, Ended::NOTHING)
                }
            };
            thread::spawn(move || lock.wait(LINK, in_20_seconds(), section))
        })
        .collect();
    assert!(chain.into_iter().all(|waiting| waiting.join().unwrap() == Ok(())));
    assert_eq!(lock.with(|last| (*last, Ended::NOTHING)), LINKS);
}

#[test]
fn a_section_wakes_those_who_wait_for_what_it_has_ended() {
    let serving = |channel| WaitFor::Serving(DeviceKey { host: HOST, channel, generation: Generation::NONE });
    let waits = [LINK, WaitFor::Cancel(HOST), WaitFor::HostRemoval(HOST), serving(VirtualChannel::VC0)];
    let lock = Arc::new(StdLock::new([false; 4], None));
    let waiting: Vec<_> = (0..waits.len())
        .map(|index| {
            let lock = lock.clone();
            let section = move |is_over: &mut [bool; 4]| (is_over[index].then_some(()), Ended::NOTHING);
            thread::spawn(move || lock.wait(waits[index], in_20_seconds(), section))
        })
        .collect();
    for (index, waiting) in waiting.into_iter().enumerate() {
        let begun = Instant::now();
        lock.with(|is_over| {
            is_over[index] = true;
            ((), ended(waits[index]))
        });
        assert_eq!(waiting.join().unwrap(), Ok(()));
        assert!(begun.elapsed() < Duration::from_secs(10), "woken, and not by the deadline");
    }
}

#[test]
fn a_wait_ends_at_its_deadline_and_not_before_it_has_looked() {
    let lock = StdLock::new(7, Some(Duration::from_millis(30)));
    let nothing = |_: &mut i32| (None::<()>, Ended::NOTHING);
    let begun = Instant::now();
    assert_eq!(lock.wait(LINK, lock.limit(), nothing), Err(WaitError::DeadlinePassed));
    assert!(begun.elapsed() >= Duration::from_millis(30));
    // Whoever comes late still gets what is there.
    let found = lock.wait(LINK, Some(begun), |data| (Some(*data), Ended::NOTHING));
    assert_eq!(found, Ok(7));
}

/// Hosts in any slots: who waits on one of them looks again when something of that one has ended, and at nothing else.
#[test]
fn who_waits_on_one_host_is_not_asked_again_for_another() {
    const SLOTS: usize = 4096;
    let link = |slot| WaitFor::Link(HostKey { slot, generation: Generation::NONE });
    let lock = Arc::new(StdLock::new((0, false), None));
    let waiting = {
        let lock = lock.clone();
        let section = |(looks, is_over): &mut (usize, bool)| {
            *looks += 1;
            (is_over.then_some(()), Ended::NOTHING)
        };
        thread::spawn(move || lock.wait(link(0), in_20_seconds(), section))
    };
    while lock.with(|(looks, _)| (*looks, Ended::NOTHING)) == 0 {
        thread::yield_now();
    }
    for slot in 1..SLOTS {
        lock.with(|_| ((), ended(link(slot))));
        thread::yield_now();
    }
    lock.with(|(_, is_over)| {
        *is_over = true;
        ((), ended(link(0)))
    });
    assert_eq!(waiting.join().unwrap(), Ok(()));
    // At the beginning and at the end; a condition variable may wake somebody for nothing, but seldom.
    let looks = lock.with(|(looks, _)| (*looks, Ended::NOTHING));
    assert!((2..10).contains(&looks), "{looks} looks");
}

#[test]
fn who_waits_no_longer_takes_no_room_in_the_lock() {
    let lock = StdLock::new(0, None);
    let before = format!("{lock:?}");
    for _ in 0..3 {
        let waited = lock.wait(LINK, Instant::now().checked_add(Duration::from_millis(1)), |_| {
            (None::<()>, Ended::NOTHING)
        });
        assert_eq!(waited, Err(WaitError::DeadlinePassed));
    }
    assert_eq!(format!("{lock:?}"), before);
}
