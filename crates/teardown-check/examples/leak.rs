use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use stateright::Model;
use teardown_check::ownership::linux::*;
use teardown_check::*;
fn fp<T: Hash>(t: &T) -> u64 { let mut h = std::collections::hash_map::DefaultHasher::new(); t.hash(&mut h); h.finish() }
fn main() {
    let s = Search::<Linux<Linux612>>::new(Shape::thread(), 2);
    let mut from: HashMap<u64, Option<(u64, Step)>> = HashMap::new(); let mut q = VecDeque::new();
    for w in s.init_states() { from.insert(fp(&w), None); q.push_back(w); }
    while let Some(w) = q.pop_front() {
        if w.actors.iter().flatten().count() == 0 && w.peripherals[0].held.is_none() && w.bus.holdings().iter().any(|h| h.is.starts_with("4 ref")) {
            let mut path = vec![]; let mut at = fp(&w);
            while let Some(Some((p, st))) = from.get(&at) { path.push(*st); at = *p; }
            path.reverse();
            let mut w = s.init_states().remove(0);
            for st in path { let seen = match st { Step::SetOut(a, x) => { print!("{a} {x:?}: "); w.set_out(a, x) }, Step::Go(a) => { print!("{a}: "); w.step(a) }, Step::Fail(a) => { print!("{a} fail: "); w.fail(a) } };
              println!("{} {:?}  | {:?}", seen.map_or("", |s| s.at), seen.map(|s| s.broke), w.bus.holdings().iter().map(|h| &h.is[..]).collect::<Vec<_>>()); }
            return;
        }
        let mut acts = vec![]; s.actions(&w, &mut acts); let f = fp(&w);
        for a in acts { if let Some(n) = s.next_state(&w, a) { let g = fp(&n); if !from.contains_key(&g) { from.insert(g, Some((f, a))); q.push_back(n); } } }
    }
}
