//! Every order of up to three steps on a board, each on a fresh one: the five steps that the thread is about, of each
//! pipeline in turn.

use crate::Failure;
use crate::input::Board;
use board::live::{BoardOptions, BringUpError, LiveBoard, PeripheralHardware, Refused};
use std::fmt;
use teardown_steps::{Act, Script, Step, Target, Verb, orders};

const LONGEST: usize = 3;

/// Whose steps to try: a host's, and those of a peripheral that is linked to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    host: String,
    peripheral: String,
    /// Whether a driver knows the peripheral; if not, there are only its host's steps.
    has_driver: bool,
}

impl Pair {
    /// The five steps.
    fn steps(&self) -> Vec<Act> {
        let host = Target::named(&self.host);
        let peripheral = self.has_driver.then(|| Target::named(&self.peripheral));
        let command = peripheral.clone().map(|peripheral| Act::Do(Verb::Command, peripheral));
        let ends: Vec<Target> = std::iter::once(host).chain(peripheral).collect();
        let does = |verb| move |end| Act::Do(verb, end);
        orders::teardown(&ends, does(Verb::Unbind), does(Verb::Bind), command)
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

/// The results.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Orders in which drivers can make every step.
    pub(crate) tried: usize,
    /// Orders that broke the contract, each with the breach.
    pub(crate) broken: Vec<(String, String)>,
}

/// Tries them all.
pub(crate) fn try_all(board: &Board, pair: &Pair) -> Result<Orders, Failure> {
    let mut broken = Vec::new();
    let tried = orders::up_to(&pair.steps(), LONGEST, |acts| {
        let Some(breaches) = try_one(board, acts)? else { return Ok(false) };
        if let Some(first) = breaches.into_iter().next() {
            let script = Script(acts.iter().cloned().map(Step::new).collect());
            broken.push((script.to_string(), first));
        }
        Ok::<_, Failure>(true)
    })?;
    Ok(Orders { tried: tried.len(), broken })
}

/// What an order breaks; `None` if nobody can make one of its steps.
fn try_one(board: &Board, acts: &[Act]) -> Result<Option<Vec<String>>, Failure> {
    // Small screens: it is about who goes first.
    let options = BoardOptions { width: 16, height: 8, ..BoardOptions::default() };
    let live = bring_up(board, &options, None)?;
    let mut broken = Vec::new();
    for act in acts {
        if !act.target().is_some_and(|target| live.has_device(target)) {
            return Ok(None);
        }
        match live.step(&Step::new(act.clone())) {
            Ok(outcome) => broken.extend(outcome.breaches),
            Err(Refused::NotBound(_) | Refused::HostGone { .. } | Refused::NoDriver { .. }) => {
                return Ok(None);
            }
            Err(refused) => return Err(Failure::Input(format!("{}: {refused}", board.name))),
        }
    }
    broken.extend(live.take_down());
    Ok(Some(broken))
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
            BringUpError::NoPipeline(_) => "; if an overlay adds the display, give it with --overlay",
            _ => "",
        };
        Failure::Input(format!("{}: {error}{hint}", board.name))
    })
}
