//! The shell under shuttle: the actors of the search as threads, on the real bus with real handles and callbacks.
//!
//! What they set out to do and what their drivers do then is the search's. What the controller must not see is what
//! `HostController` forbids, as the checker in `mipi_dsi::testing` has it. The search looks at every interleaving of the
//! operations; here it is the shell around them that is looked at, its lock and its gates too, in as many schedules as there
//! is time for.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

mod board;
mod controller;
#[rustfmt::skip] // it is of another edition
#[allow(unused_imports)] // nobody here has a deadline
#[path = "../../../mipi-dsi/tests/support/std_lock_on_shuttle.rs"]
mod std_lock_on_shuttle;

use board::Board;
use shuttle::rand::Rng;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};
use std::sync::Arc;
use teardown_check::shape::{Control, OnNotice};

/// Schedules of each scene and scheduler. `SHUTTLE_SCHEDULES` sets another number.
const SCHEDULES: usize = 1_000;
/// Actions of each actor.
const ACTIONS: usize = 4;

/// A board that is up is taken apart by so many actors; afterwards nothing is left.
fn scene(control: Control, on_notice: OnNotice, actors: usize) {
    let schedules =
        std::env::var("SHUTTLE_SCHEDULES").ok().and_then(|number| number.parse().ok()).unwrap_or(SCHEDULES);
    let scene = move || {
        let board = Arc::new(Board::new(control, on_notice));
        board.comes_back();
        let actors: Vec<_> = (0..actors)
            .map(|_| {
                let board = board.clone();
                thread::spawn(move || {
                    for _ in 0..ACTIONS {
                        act(&board);
                    }
                })
            })
            .collect();
        for actor in actors {
            actor.join().unwrap();
        }
        board.comes_back();
        board.leaves_nothing();
    };
    Runner::new(RandomScheduler::new(schedules), Config::default()).run(scene);
    Runner::new(PctScheduler::new(3, schedules), Config::default()).run(scene);
}

/// One action, whatever it is; one that is not possible now does nothing.
fn act(board: &Arc<Board>) {
    match shuttle::rand::thread_rng().gen_range(0..10) {
        0 => board.unbind_host(false),
        1 => board.unbind_host(true),
        2 => board.bind_host(),
        3 => board.unbind_peripheral(false),
        4 => board.unbind_peripheral(true),
        5 => board.bind_peripheral(),
        6 => board.command(),
        7 => board.read(),
        8 => board.hold(),
        _ => board.command_held(),
    }
}

#[test]
fn two_actors_and_a_bridge_that_lets_go() {
    scene(Control::Other, OnNotice::LetGo, 2);
}

#[test]
fn two_actors_and_a_bridge_that_sends_a_last_command() {
    scene(Control::Other, OnNotice::LastCommand, 2);
}

#[test]
fn two_actors_and_a_bridge_that_does_nothing() {
    scene(Control::Other, OnNotice::Nothing, 2);
}

#[test]
fn three_actors_and_a_bridge() {
    scene(Control::Other, OnNotice::LetGo, 3);
}

#[test]
fn two_actors_and_a_panel() {
    scene(Control::Dsi, OnNotice::LetGo, 2);
}

#[test]
fn three_actors_and_a_panel() {
    scene(Control::Dsi, OnNotice::LetGo, 3);
}
