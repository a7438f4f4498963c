use std::collections::{HashSet, VecDeque, HashMap};
use std::hash::{Hash, Hasher};
use stateright::Model;
use teardown_check::ownership::{linux::*, Production};
use teardown_check::*;
fn fp<T: Hash>(t: &T) -> u64 { let mut h = std::collections::hash_map::DefaultHasher::new(); t.hash(&mut h); h.finish() }
fn go<O: Ownership>(actors: usize, max: usize) {
    let s = Search::<O>::new(Shape::thread(), actors);
    let mut seen = HashSet::new(); let mut q = VecDeque::new(); let mut idle = 0; let mut one = 0;
    let mut kinds: HashMap<String, usize> = HashMap::new();
    let mut idles: Vec<String> = vec![];
    for w in s.init_states() { seen.insert(fp(&w)); q.push_back((w, 0)); }
    let mut depth = 0;
    while let Some((w, d)) = q.pop_front() {
        if d > depth { depth = d; if d % 20 == 0 { eprintln!("depth {d} seen {}", seen.len()); } }
        let busy = w.actors.iter().flatten().count();
        if busy == 0 { idle += 1; idles.push(format!("{:?}\n {:?} {:?}\n", w.bus.holdings().iter().map(|h| format!("{}: {}", h.what, h.is)).collect::<Vec<_>>(), w.hosts, w.peripherals)); }
        if busy == 1 { one += 1; 
          let a = w.actors.iter().flatten().next().unwrap(); *kinds.entry(format!("{:?}", a.stack.first().map(|f| match f { stepping::Frame::Program(p) => format!("{:?}", p.kind), _ => String::new() }))).or_default() += 1; }
        let mut acts = vec![]; s.actions(&w, &mut acts);
        for a in acts { if let Some(n) = s.next_state(&w, a) { if seen.insert(fp(&n)) { q.push_back((n, d + 1)); } } }
        if seen.len() > max { break }
    }
    println!("{}: {} states, idle {idle}, one busy {one}, depth {depth}, {kinds:?}", O::NAME, seen.len());
    for i in idles.iter().take(std::env::var("IDLES").map_or(0, |n| n.parse().unwrap())) { println!("{i}"); }
}
fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    go::<Production>(n, 3_000_000);
    go::<Linux<Linux612>>(n, 3_000_000);
    go::<Linux<OwnReferences>>(n, 3_000_000);
}
