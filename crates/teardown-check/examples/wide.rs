//! Searches one of the wider worlds under `mipi-dsi`, and prints one line: its name, the actors, the states, the
//! depth, seconds of processor time, peak memory in MiB, bytes a state, and what came of it. Without a name it lists
//! the worlds.
//!
//! ```text
//! cargo run --release -p teardown-check --example wide -- NAME [--plain] [--most STATES] [--script]
//! ```
//!
//! Actors count as alike unless `--plain` is given. It stops at STATES states (100 million where nothing is said) and
//! says so.

use std::process::ExitCode;
use std::time::Instant;
use teardown_check::ownership::Production;
use teardown_check::replay::{of_path, script_of};
use teardown_check::search::{Options, search};
use teardown_check::{Names, Property, worlds};

const MAX_STATES: usize = 100_000_000;

/// The most memory that this process has had, in KiB; 0 outside of Linux.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(name) = words.first() else {
        worlds::all().iter().for_each(|world| println!("{}", world.name));
        return ExitCode::SUCCESS;
    };
    let has = |option: &str| words.iter().any(|word| word == option);
    let after = |option: &str| words.iter().skip_while(|word| *word != option).nth(1);
    let most = match after("--most").map(|most| most.parse()) {
        None => MAX_STATES,
        Some(Ok(most)) => most,
        Some(Err(error)) => {
            eprintln!("--most: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Some(world) = worlds::all().into_iter().find(|world| world.name == name) else {
        eprintln!("there is no world '{name}'");
        return ExitCode::FAILURE;
    };
    let options =
        Options { actors_are_alike: !has("--plain"), most_states: Some(most), ..Options::default() };
    let began = Instant::now();
    let searched = match search::<Production>(&world.shape, world.actors, options, |_| true, |_| {}) {
        Ok(searched) => searched,
        Err(broken) => {
            let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
            println!("{} does not come up: {}", world.name, broken.join(", "));
            return ExitCode::FAILURE;
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    let memory = peak_memory();
    let mut verdict: Vec<String> = Vec::new();
    let names = Names::plain(world.shape.hosts.len(), world.shape.peripherals.len());
    for (property, way) in &searched.broken {
        let mut said = format!("{} in {} steps", property.broken(), way.len());
        if has("--script") {
            match of_path::<Production>(&world.shape, world.actors, way) {
                Ok(replay) => said = format!("{said} [{}]", script_of(&replay, &names)),
                Err(error) => said = format!("{said} [{error}]"),
            }
        }
        verdict.push(said);
    }
    if verdict.is_empty() {
        verdict.push("holds".to_owned());
    }
    if !searched.is_complete {
        verdict.push("given up".to_owned());
    }
    println!(
        "{} {} {} {} {seconds:.1} {} {} {}",
        world.name,
        world.actors,
        searched.states,
        searched.depth,
        memory / 1024,
        memory * 1024 / searched.states.max(1) as u64,
        verdict.join("; ")
    );
    ExitCode::SUCCESS
}
