//! Searches one of the wider worlds under `mipi-dsi`, and prints one line: its name, the actors, the states, the steps,
//! the depth, seconds of processor time, peak memory in MiB, bytes a state, and what came of it. Without a name it lists
//! the worlds.
//!
//! ```text
//! cargo run --release -p teardown-check --example wide -- NAME [--plain] [--most STATES] [--script]
//! ```
//!
//! Actors count as alike, and private steps are merged, unless `--plain` is given, or `--told-apart` or `--unmerged` for one
//! of the two. It stops at STATES states (100 million where nothing is said) and says so. With `--script` it says how each
//! broken property comes about.

#[path = "../benches/process/mod.rs"]
mod process;

use std::process::ExitCode;
use teardown_check::follow;
use teardown_check::ownership::Production;
use teardown_check::replay::script_of;
use teardown_check::search::{Options, Searched, search};
use teardown_check::worlds::{self, WideWorld};
use teardown_check::{Names, Property};

const MAX_STATES: usize = 100_000_000;

/// What is asked for.
struct Asked {
    world: WideWorld,
    options: Options,
    scripts: bool,
}

impl Asked {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut options = Options { most_states: Some(MAX_STATES), ..Options::REDUCED };
        let mut scripts = false;
        let (name, mut words) = match words {
            [name, rest @ ..] => (name, rest.iter()),
            [] => return Err("no world is named".to_owned()),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--plain" => (options.actors_are_alike, options.merges_private_steps) = (false, false),
                "--told-apart" => options.actors_are_alike = false,
                "--unmerged" => options.merges_private_steps = false,
                "--script" => scripts = true,
                "--most" => {
                    let most = words.next().ok_or("--most: how many?")?;
                    options.most_states =
                        Some(most.parse().map_err(|error| format!("--most {most}: {error}"))?);
                }
                word => return Err(format!("there is no option '{word}'")),
            }
        }
        let world = worlds::all().into_iter().find(|world| world.name == name);
        Ok(Self { world: world.ok_or_else(|| format!("there is no world '{name}'"))?, options, scripts })
    }

    /// The verdict of a search: "holds", or what is broken and in how many steps.
    fn verdict(&self, searched: &Searched) -> String {
        let Self { world: WideWorld { shape, actors, .. }, scripts, .. } = self;
        let names = Names::plain(shape.hosts.len(), shape.peripherals.len());
        let mut verdict: Vec<String> = Vec::new();
        for (property, way) in &searched.broken {
            let mut broken = format!("{} in {} steps", property.broken(), way.len());
            if *scripts {
                match follow::path::<Production>((), shape, *actors, way) {
                    Ok(replay) => broken = format!("{broken} [{}]", script_of(&replay, &names)),
                    Err(error) => broken = format!("{broken} [{error}]"),
                }
            }
            verdict.push(broken);
        }
        if verdict.is_empty() {
            verdict.push("holds".to_owned());
        }
        if !searched.is_complete {
            verdict.push(format!("given up: {} states were not looked at", searched.not_looked_at));
        }
        verdict.join("; ")
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        worlds::all().iter().for_each(|world| println!("{}", world.name));
        return ExitCode::SUCCESS;
    }
    let asked = match Asked::parse(&words) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let WideWorld { name, shape, actors, actions } = &asked.world;
    let searched =
        match search::<Production>((), shape, *actors, asked.options, |action| actions.has(action), |_| {}) {
            Ok(searched) => searched,
            Err(broken) => {
                let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
                println!("{name} does not come up: {}", broken.join(", "));
                return ExitCode::FAILURE;
            }
        };
    let seconds = process::processor_time().unwrap_or(0.0);
    let memory = process::peak_memory().unwrap_or(0);
    let Searched { states, steps, depth, .. } = searched;
    println!(
        "{name} {actors} {states} {steps} {depth} {seconds:.1} {} {} {}",
        memory / 1024,
        memory * 1024 / states.max(1) as u64,
        asked.verdict(&searched)
    );
    ExitCode::SUCCESS
}
