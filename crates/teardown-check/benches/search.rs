//! How many states a second the search looks at, and how states and time grow with actors, devices and actions.
//!
//! Without arguments it prints tables: the thread's board with one to six actors, and with one to four bridges on one
//! host. A row that does not end in [`LIMIT`] seconds of processor time and [`MEMORY`] is given up and says how far it
//! came. Each row is a process of its own, so that its memory is its own.
//!
//! With arguments it makes one search, and prints its states, steps, seconds of processor time and peak memory in KiB;
//! `scripts/bench-search` does so beside SPIN. Time is the processor's and not the clock's: on a machine that others use
//! too it drifts least. (Outside Linux it is the clock's, and the memory 0.)
//!
//! Engines: `stateright` is what `dsi check` uses, with all its properties; `bare` the same with one property, which asks
//! each state once what it breaks. `plain` is no part of the tool, but the yardstick for it: the same worlds and steps,
//! asked the same, under a queue and a table of fingerprints, with each state's predecessor kept. What lies between
//! these is the engine's; what `plain` takes is our world's.
//!
//! ```text
//! cargo bench -p teardown-check --bench search
//! cargo bench -p teardown-check --bench search -- linux-6.12 --actors 2 --devices 1 --actions all --engine plain
//! ```

use stateright::{Checker, Model, Property};
use std::collections::{HashMap, VecDeque};
use std::env;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};
use teardown_check::ownership::Production;
use teardown_check::ownership::linux::{Idempotent, Linux, Linux612, Notify, OwnReferences, RemoveAction};
use teardown_check::{Ownership, Search, Shape, Step, UserAction, World};

/// Seconds of processor time.
const LIMIT: f64 = 60.0;
/// 8 GiB, in KiB.
const MEMORY: u64 = 8 << 20;

/// What the actors set out to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actions {
    /// All that they can.
    All,
    /// Unbind and bind.
    BindUnbind,
    /// These, and commands of the peripheral's driver.
    Commands,
}

impl Actions {
    fn named(name: &str) -> Self {
        match name {
            "all" => Self::All,
            "bind-unbind" => Self::BindUnbind,
            "commands" => Self::Commands,
            other => panic!("no such set of actions: {other}"),
        }
    }

    fn allow(self, action: UserAction) -> bool {
        match self {
            Self::All => true,
            Self::BindUnbind => matches!(action, UserAction::Bind(_) | UserAction::Unbind(_)),
            Self::Commands => {
                matches!(action, UserAction::Bind(_) | UserAction::Unbind(_) | UserAction::Command(_))
            }
        }
    }
}

/// A search in which only some actions are set out for.
struct Restricted<O> {
    search: Search<O>,
    actions: Actions,
}

impl<O: Ownership> Model for Restricted<O> {
    type State = World<O>;
    type Action = Step;

    fn init_states(&self) -> Vec<World<O>> {
        self.search.init_states()
    }

    fn actions(&self, world: &World<O>, steps: &mut Vec<Step>) {
        self.search.actions(world, steps);
        if self.actions != Actions::All {
            steps.retain(|step| match step {
                Step::SetOut(_, action) => self.actions.allow(*action),
                Step::Go(_) | Step::Fail(_) => true,
            });
        }
    }

    fn next_state(&self, last: &World<O>, step: Step) -> Option<World<O>> {
        self.search.next_state(last, step)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // Never broken: stateright ends when it has seen something of every property.
        vec![Property::always("every state is asked what it breaks", |_, world: &World<O>| {
            black_box(world.broken());
            true
        })]
    }
}

/// What a search has come to.
#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    states: usize,
    steps: usize,
}

/// One thread of stateright.
fn stateright<M>(model: M) -> Reached
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let checker = model.checker().spawn_bfs();
    let reached = || Reached { states: checker.unique_state_count(), steps: checker.state_count() };
    // To look at the limits takes time too, which is counted.
    for look in 1.. {
        if checker.is_done() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
        if look % 100 == 0 && is_too_much() {
            finish(reached(), false);
        }
    }
    reached()
}

/// The yardstick: a queue, and a table of fingerprints.
fn plain<O: Ownership>(model: &Restricted<O>) -> Reached {
    let mut known: HashMap<u64, u64, BuildHasherDefault<AsIs>> = HashMap::default();
    let mut pending = VecDeque::new();
    let mut reached = Reached::default();
    for world in model.init_states() {
        let name = fingerprint(&world);
        known.insert(name, 0);
        pending.push_back((name, world));
        reached.steps += 1;
    }
    let mut steps = Vec::new();
    while let Some((from, world)) = pending.pop_front() {
        black_box(world.broken());
        model.actions(&world, &mut steps);
        for step in steps.drain(..) {
            let Some(next) = model.next_state(&world, step) else { continue };
            reached.steps += 1;
            let name = fingerprint(&next);
            known.entry(name).or_insert_with(|| {
                pending.push_back((name, next));
                from
            });
        }
        reached.states += 1;
        if reached.states % 4096 == 0 && is_too_much() {
            finish(reached, false);
        }
    }
    Reached { states: known.len(), ..reached }
}

fn fingerprint(state: &impl Hash) -> u64 {
    let mut hasher = Folding(0);
    state.hash(&mut hasher);
    hasher.finish()
}

/// Multiplies, and folds the product's halves together. Good enough to count with, and nothing more is asked of it.
struct Folding(u64);

impl Folding {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_a076_1d64;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Seconds of processor time that this process has had.
fn processor_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything: state is the first, user and system time the 12th and 13th.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(ticks / 100.0)
}

/// The most memory that this process has had, in KiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn is_too_much() -> bool {
    processor_time().unwrap_or(0.0) > LIMIT || peak_memory().unwrap_or(0) > MEMORY
}

/// Prints the one line, and ends: a search that is given up has a thread that can't be stopped.
fn finish(reached: Reached, is_complete: bool) -> ! {
    let seconds = processor_time().unwrap_or(0.0);
    let complete = if is_complete { "complete" } else { "given-up" };
    println!("{} {} {seconds} {} {complete}", reached.states, reached.steps, peak_memory().unwrap_or(0));
    std::process::exit(0)
}

/// The thread's board with so many bridges on its host, one a channel.
fn shape(devices: u8) -> Shape {
    let mut shape = Shape::thread();
    let bridge = shape.peripherals[0].clone();
    shape.peripherals = (0..devices)
        .map(|channel| {
            let mut bridge = bridge.clone();
            bridge.links[0].channel = channel;
            bridge
        })
        .collect();
    shape
}

/// What is searched, by the words of the command line.
#[derive(Debug, Clone)]
struct Row {
    model: String,
    actors: usize,
    devices: u8,
    actions: String,
    engine: String,
}

impl Row {
    fn new(model: &str, actors: usize, devices: u8, actions: &str) -> Self {
        Self { model: model.into(), actors, devices, actions: actions.into(), engine: "stateright".into() }
    }

    /// `MODEL [--actors N] [--devices N] [--actions SET] [--engine NAME]`
    fn parse(words: &[String]) -> Self {
        let mut row = Self::new(&words[0], 2, 1, "all");
        for pair in words[1..].chunks(2) {
            let [option, value] = pair else { panic!("{pair:?}: an option and its value") };
            match option.as_str() {
                "--actors" => row.actors = value.parse().expect("a number of actors"),
                "--devices" => row.devices = value.parse().expect("a number of devices"),
                "--actions" => row.actions = value.clone(),
                "--engine" => row.engine = value.clone(),
                _ => panic!("no such option: {option}"),
            }
        }
        row
    }

    fn search(&self) -> ! {
        let search = match self.model.as_str() {
            "linux-6.12" => Self::search_under::<Linux<Linux612>>,
            "remove-action" => Self::search_under::<Linux<RemoveAction>>,
            "idempotent" => Self::search_under::<Linux<Idempotent>>,
            "own-references" => Self::search_under::<Linux<OwnReferences>>,
            "notify" => Self::search_under::<Linux<Notify>>,
            "mipi-dsi" => Self::search_under::<Production>,
            other => panic!("no such model: {other}"),
        };
        finish(search(self), true)
    }

    fn search_under<O: Ownership>(&self) -> Reached {
        let search = Search::<O>::new(shape(self.devices), self.actors);
        let actions = Actions::named(&self.actions);
        match self.engine.as_str() {
            // What the tool does, to the letter.
            "stateright" if actions == Actions::All => stateright(search),
            "stateright" | "bare" => stateright(Restricted { search, actions }),
            "plain" => plain(&Restricted { search, actions }),
            other => panic!("no such engine: {other}"),
        }
    }

    /// Makes the search in a process of its own, and gives the cells of its row, and whether it came to its end.
    fn measure(&self) -> (String, bool) {
        let program = env::current_exe().expect("this program has a path");
        let (actors, devices) = (self.actors.to_string(), self.devices.to_string());
        let words = ["--actors", &actors, "--devices", &devices, "--actions", &self.actions];
        let began = Instant::now();
        let output = Command::new(program)
            .arg(&self.model)
            .args(words)
            .args(["--engine", &self.engine])
            .output()
            .expect("this program runs");
        assert!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [states, steps, seconds, memory, complete] = cells[..] else { panic!("{self:?}: {line}") };
        let number = |cell: &str| cell.parse::<f64>().expect("a number");
        let seconds = if number(seconds) > 0.0 { number(seconds) } else { began.elapsed().as_secs_f64() };
        // A hundredth of a second is the clock's step.
        let rate = match number(states) / seconds / 1e3 {
            rate if seconds >= 0.1 => format!("{rate:.0}k"),
            _ => String::new(),
        };
        let memory = number(memory) / 1024.0;
        let is_complete = complete == "complete";
        let cells = if is_complete {
            format!("{states} | {steps} | {seconds:.2} s | {rate} | {memory:.0} MiB")
        } else {
            format!("more than {states} | | not within {LIMIT:.0} s and 8 GiB | {rate} | {memory:.0} MiB")
        };
        (cells, is_complete)
    }
}

/// From smaller to larger: what comes after one that was given up is not tried.
fn table(title: &str, model: &str, rows: impl IntoIterator<Item = (String, Row)>) {
    println!("\n### {title}, `{model}`\n");
    println!("| | states | steps | processor time | states a second | memory |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut go_on = true;
    for (name, row) in rows {
        if go_on {
            let (cells, is_complete) = row.measure();
            println!("| {name} | {cells} |");
            go_on = is_complete;
        } else {
            println!("| {name} | more | | not tried: the one above is too much | | |");
        }
    }
}

fn main() {
    // Cargo adds a word of its own.
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    if !words.is_empty() {
        Row::parse(&words).search();
    }
    let actors = |number: usize| format!("{number} actor{}", if number == 1 { "" } else { "s" });
    let devices = |number: u8| format!("{number} device{}", if number == 1 { "" } else { "s" });
    for model in ["linux-6.12", "mipi-dsi"] {
        for (title, actions) in [
            ("The thread's board, everything that can be done", "all"),
            ("The thread's board, bind, unbind, command", "commands"),
            ("The thread's board, bind and unbind", "bind-unbind"),
        ] {
            table(title, model, (1..=6).map(|n| (actors(n), Row::new(model, n, 1, actions))));
        }
        for (title, n, actions) in [
            ("One actor, everything that can be done", 1, "all"),
            ("Two actors, bind and unbind", 2, "bind-unbind"),
            ("Two actors, everything that can be done", 2, "all"),
        ] {
            table(title, model, (1..=4).map(|count| (devices(count), Row::new(model, n, count, actions))));
        }
    }
}
