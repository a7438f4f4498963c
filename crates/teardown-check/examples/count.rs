use stateright::{Checker, Model};
use teardown_check::ownership::{linux::*, Production};
use teardown_check::shape::{Control, Release};
use teardown_check::*;
fn go<O: Ownership>(name: &str, shape: Shape, actors: usize) {
    let start = std::time::Instant::now();
    let search = Search::<O>::new(shape, actors);
    let checker = search.checker().spawn_bfs().join();
    println!("{} {name} {actors}: {} unique, {} states, {:?}", O::NAME, checker.unique_state_count(), checker.state_count(), start.elapsed());
    for p in Property::ALL { if let Some(d) = checker.discovery(p.sentence()) {
        let acts: Vec<String> = d.into_actions().iter().map(|s| match s { Step::SetOut(a, x) => format!("{a}:{x:?}"), Step::Go(a) => format!("{a}"), Step::Fail(a) => format!("{a}:fail") }).collect();
        println!("   BROKEN {}: {}", p.sentence(), acts.join(" ")) } }
    for e in Event::ALL { if checker.discovery(e.sentence()).is_none() { println!("   never: {}", e.sentence()) } }
}
fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let m = std::env::args().nth(2).unwrap_or_default();
    let s = std::env::args().nth(3).unwrap_or_default();
    let shapes = [("thread", Shape::thread()), ("panel", Shape::of_one(Control::Dsi, Release::Plain)), ("dual", Shape::dual_link(Control::Other, Release::Managed)), ("dualpanel", Shape::dual_link(Control::Dsi, Release::Plain))];
    for (name, shape) in shapes {
        if !s.is_empty() && s != name { continue }
        if m == "" || m == "p" { go::<Production>(name, shape.clone(), n); }
        if m == "" || m == "l" { go::<Linux<Linux612>>(name, shape.clone(), n);
        go::<Linux<RemoveAction>>(name, shape.clone(), n);
        go::<Linux<Idempotent>>(name, shape.clone(), n);
        go::<Linux<OwnReferences>>(name, shape.clone(), n);
        go::<Linux<Notify>>(name, shape.clone(), n); }
    }
}
