//! The bus of `mipi-dsi` itself: every state that two or three actors can reach.

use stateright::{Checker, Model};
use teardown_check::ownership::Production;
use teardown_check::shape::{Control, Release};
use teardown_check::{Search, Shape};

/// Searches completely; gives the number of states.
fn holds(shape: Shape, actors: usize) -> usize {
    let search = Search::<Production>::new(shape, actors);
    let checker = search.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn one() {
    println!("{}", holds(Shape::thread(), 1));
    println!("{}", holds(Shape::of_one(Control::Dsi, Release::Managed), 1));
    println!("{}", holds(Shape::dual_link(Control::Other, Release::Managed), 1));
    println!("{}", holds(Shape::dual_link(Control::Dsi, Release::Plain), 1));
}
#[test]
fn two() {
    println!("{}", holds(Shape::thread(), 2));
    println!("{}", holds(Shape::of_one(Control::Dsi, Release::Managed), 2));
}
