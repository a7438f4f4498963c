//! Every order of up to three steps on a board, each on a fresh one: the five steps that the thread is about, of each
//! pipeline in turn.

use crate::Failure;
use crate::input::Board;
use board::live::{BoardOptions, BringUpError, LiveBoard, PeripheralHardware, Refused, Step, Target, Verb};
use std::fmt;

const LONGEST: usize = 3;

/// Whose steps are tried: a host's, and those of a peripheral that is linked to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    host: String,
    peripheral: String,
    /// A driver knows the peripheral; else there are only its host's steps.
    has_driver: bool,
}

impl Pair {
    /// The five steps.
    fn steps(&self) -> Vec<Step> {
        let step = |verb, name: &String| Step { verb, target: Target::Named(name.clone()) };
        let mut steps = vec![step(Verb::Unbind, &self.host), step(Verb::Bind, &self.host)];
        if self.has_driver {
            let verbs = [Verb::Unbind, Verb::Bind, Verb::Command];
            steps.extend(verbs.map(|verb| step(verb, &self.peripheral)));
        }
        steps
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, peripheral, has_driver } = self;
        if *has_driver {
            write!(f, "unbind and bind {host} or {peripheral}, a command from {peripheral}")
        } else {
            write!(f, "unbind and bind {host}; no driver knows {peripheral}")
        }
    }
}

/// The pairs of a board, those of second links included.
pub(crate) fn pairs(live: &LiveBoard) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for peripheral in live.peripherals() {
        for link in std::iter::once(peripheral).chain(peripheral.second_links()) {
            let Some(host) = live.host_of(link) else { continue };
            let PeripheralHardware { name, fact, .. } = peripheral;
            let pair = Pair { host: host.name.clone(), peripheral: name.clone(), has_driver: fact.is_some() };
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
    }
    pairs
}

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Orders in which every step is one that a driver can make.
    pub(crate) tried: usize,
    /// Orders that broke the contract, each with what it broke.
    pub(crate) broken: Vec<(String, String)>,
}

/// Tries them all.
pub(crate) fn try_all(board: &Board, pair: &Pair) -> Result<Orders, Failure> {
    let mut orders = Orders::default();
    let steps = pair.steps();
    let mut scripts: Vec<Vec<&Step>> = vec![vec![]];
    for _ in 0..LONGEST {
        let mut longer = Vec::new();
        for script in &scripts {
            for step in &steps {
                let script: Vec<&Step> = script.iter().copied().chain([step]).collect();
                if try_one(board, &script, &mut orders)? {
                    longer.push(script);
                }
            }
        }
        scripts = longer;
    }
    Ok(orders)
}

/// Whether every step is one that somebody can make: if not, no longer order begins with this one.
fn try_one(board: &Board, script: &[&Step], orders: &mut Orders) -> Result<bool, Failure> {
    // Small screens: it is about who goes first.
    let options = BoardOptions { width: 16, height: 8, ..BoardOptions::default() };
    let live = bring_up(board, &options, None)?;
    let mut broken = Vec::new();
    for step in script {
        if !live.has_device(&step.target) {
            return Ok(false);
        }
        match live.step(step) {
            Ok(outcome) => broken.extend(outcome.breaches),
            Err(Refused::NotBound(_) | Refused::HostGone { .. } | Refused::NoDriver { .. }) => {
                return Ok(false);
            }
            Err(refused) => return Err(Failure::Input(format!("{}: {refused}", board.name))),
        }
    }
    broken.extend(live.take_down());
    orders.tried += 1;
    if let Some(first) = broken.into_iter().next() {
        let script: Vec<String> = script.iter().map(ToString::to_string).collect();
        orders.broken.push((script.join(", "), first));
    }
    Ok(true)
}

/// Brings the board up, or says why not.
pub(crate) fn bring_up(
    board: &Board,
    options: &BoardOptions,
    observer: Option<board::live::Observer>,
) -> Result<LiveBoard, Failure> {
    let options = &BoardOptions { facts: board.facts.clone(), ..options.clone() };
    LiveBoard::bring_up(&board.tree, &board.pipelines, options, observer).map_err(|error| {
        let hint = match error {
            BringUpError::NoPipeline(_) => "; where an overlay adds the display, give it with --overlay",
            _ => "",
        };
        Failure::Input(format!("{}: {error}{hint}", board.name))
    })
}
