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
//! Engines: `own` is the tool's; `stateright` is stateright's breadth-first checker over the same states and properties,
//! on one thread, to see what an engine of our own is worth.
//!
//! ```text
//! cargo bench -p teardown-check --features explorer --bench search
//! cargo bench -p teardown-check --features explorer --bench search -- linux-6.12 --actors 2 --devices 1 --actions all --engine stateright
//! ```

mod process;

use process::{peak_memory, processor_time};
use stateright::{Checker, Model};
use std::env;
use std::process::Command;
use std::time::{Duration, Instant};
use teardown_check::explorer::States;
use teardown_check::ownership::Production;
use teardown_check::ownership::linux::{Linux, Rules};
use teardown_check::search::{Options, search};
use teardown_check::{Ownership, Shape, UserAction};

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

/// What a search has come to.
#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    states: usize,
    steps: usize,
}

/// One thread of stateright.
fn stateright<O: Ownership>(rules: O::Rules, shape: Shape, actors: usize) -> Reached {
    let checker = States::<O>::new(rules, shape, actors).checker().spawn_bfs();
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

/// The tool's own.
fn own<O: Ownership>(rules: O::Rules, shape: &Shape, actors: usize, actions: Actions) -> Reached {
    let give_up = |states| {
        if is_too_much() {
            finish(Reached { states, steps: 0 }, false);
        }
    };
    let searched =
        search::<O>(rules, shape, actors, Options::default(), |action| actions.allow(action), give_up);
    let searched = searched.expect("the board comes up");
    Reached { states: searched.states, steps: searched.steps }
}

/// Seconds of processor time that this process has had.
fn is_too_much() -> bool {
    processor_time().unwrap_or(0.0) > LIMIT || peak_memory().unwrap_or(0) > MEMORY
}

/// Prints the one line, and ends: a search that is given up can't be stopped otherwise.
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
        Self { model: model.into(), actors, devices, actions: actions.into(), engine: "own".into() }
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
        let reached = match self.model.as_str() {
            "linux-6.12" => self.search_under::<Linux>(Rules::Linux612),
            "remove-action" => self.search_under::<Linux>(Rules::RemoveAction),
            "idempotent" => self.search_under::<Linux>(Rules::Idempotent),
            "own-references" => self.search_under::<Linux>(Rules::OwnReferences),
            "notify" => self.search_under::<Linux>(Rules::Notify),
            "mipi-dsi" => self.search_under::<Production>(()),
            other => panic!("no such model: {other}"),
        };
        finish(reached, true)
    }

    fn search_under<O: Ownership>(&self, rules: O::Rules) -> Reached {
        let shape = shape(self.devices);
        let actions = Actions::named(&self.actions);
        match self.engine.as_str() {
            "own" => own::<O>(rules, &shape, self.actors, actions),
            "stateright" if actions == Actions::All => stateright::<O>(rules, shape, self.actors),
            "stateright" => panic!("stateright takes all actions"),
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
