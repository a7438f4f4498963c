//! Every order of up to three steps on a board, each on a fresh one: the five steps that the thread is about.

use crate::Failure;
use crate::input::Board;
use board::live::{BoardOptions, LiveBoard, Refused, Step};

const STEPS: [&str; 5] = ["unbind host", "unbind peripheral", "bind host", "bind peripheral", "command"];
const LONGEST: usize = 3;

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Orders in which every step is one that a driver can make.
    pub(crate) tried: usize,
    /// Orders that broke the contract, each with what it broke.
    pub(crate) broken: Vec<(String, String)>,
}

/// Tries them all. A board whose first peripheral no driver knows has only the orders of its host.
pub(crate) fn try_all(board: &Board) -> Result<Orders, Failure> {
    let mut orders = Orders::default();
    let mut scripts: Vec<Vec<&str>> = vec![vec![]];
    for _ in 0..LONGEST {
        let mut longer = Vec::new();
        for script in &scripts {
            for step in STEPS {
                let script: Vec<&str> = script.iter().copied().chain([step]).collect();
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
fn try_one(board: &Board, script: &[&str], orders: &mut Orders) -> Result<bool, Failure> {
    // Small screens: it is about who goes first.
    let options = BoardOptions { width: 16, height: 8, ..BoardOptions::default() };
    let live = bring_up(board, &options, None)?;
    let mut broken = Vec::new();
    for step in script {
        let step: Step = step.parse().map_err(|error| Failure::Input(format!("{error}")))?;
        match live.step(&step) {
            Ok(outcome) => broken.extend(outcome.breaches),
            Err(Refused::NotBound(_) | Refused::NoDriver { .. }) => return Ok(false),
            Err(refused) => return Err(Failure::Input(format!("{}: {refused}", board.name))),
        }
    }
    broken.extend(live.take_down());
    orders.tried += 1;
    if let Some(first) = broken.into_iter().next() {
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
    LiveBoard::bring_up(&board.tree, &board.pipelines, options, observer)
        .map_err(|error| Failure::Input(format!("{}: {error}", board.name)))
}
