//! The bus of `mipi-dsi` itself: every state that two or three actors can reach.

use stateright::{Checker, Model};
use teardown_check::ownership::Production;
use teardown_check::{OnNotice, PeripheralShape, Search, Shape};

/// Searches completely; gives the number of states.
fn holds(shape: Shape, actors: usize) -> usize {
    let search = Search::<Production>::new(shape, actors);
    let checker = search.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn on_the_threads_board_with_two_actors() {
    for on_notice in [OnNotice::Nothing, OnNotice::LastCommand, OnNotice::LetGo] {
        println!("{on_notice:?}: {} states", holds(Shape::thread(true, on_notice), 2));
    }
}

#[test]
fn on_the_threads_board_with_three_actors() {
    for on_notice in [OnNotice::Nothing, OnNotice::LastCommand, OnNotice::LetGo] {
        println!("{on_notice:?}: {} states", holds(Shape::thread(true, on_notice), 3));
    }
}

#[test]
fn with_two_peripherals_on_one_host() {
    let peripheral =
        |channel| PeripheralShape { host: 0, channel, managed: true, on_notice: OnNotice::LetGo };
    println!("{} states", holds(Shape { hosts: 1, peripherals: vec![peripheral(0), peripheral(1)] }, 2));
}
