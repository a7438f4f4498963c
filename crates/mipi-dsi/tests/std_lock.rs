//! The lock for threads by itself: a change that is made at the end of a wait wakes the others who wait.

use mipi_dsi::bus::{Lock, StdLock};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn the_end_of_a_wait_wakes_those_who_wait_for_it() {
    const LINKS: usize = 8;
    let lock = Arc::new(StdLock::new(0));
    // Each waits for the one before him. All are woken by the first change, and all but one wait again.
    let chain: Vec<_> = (1..=LINKS)
        .rev()
        .map(|link| {
            let lock = lock.clone();
            thread::spawn(move || {
                let limit = Instant::now() + Duration::from_secs(20);
                lock.wait(Some(limit), |last| (*last + 1 == link).then(|| *last = link)).is_ok()
            })
        })
        .collect();
    assert!(chain.into_iter().all(|waiting| waiting.join().expect("nobody panics")));
    assert_eq!(lock.with(|last| *last), LINKS);
}
