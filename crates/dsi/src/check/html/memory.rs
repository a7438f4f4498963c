//! What a timeline's lane of memory shows: which things there are, and for each step whether one is allocated, with how
//! many references, or freed. Where it is drawn is the business of `lanes`.

use board::text::visible;
use teardown_check::Names;
use teardown_check::Replay;
use teardown_check::action::End;
use teardown_check::ownership::{Holding, Subject};
use teardown_check::replay::Standing;

/// With more things than this only those are shown that change.
const FEW: usize = 4;

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It is not there.
    None,
    /// It is there, and is not counted.
    Allocated,
    /// It is there, with so many references.
    Counted(usize),
    /// It was freed, and somebody still points to it.
    Freed,
}

impl Memory {
    /// Whether it may be used.
    pub(super) fn is_there(self) -> bool {
        matches!(self, Self::Allocated | Self::Counted(_))
    }

    /// By the first words of what a model says of it.
    fn of(holding: &Holding) -> Self {
        let first = holding.is.split(',').next().unwrap_or_default();
        match first.split_once(' ') {
            _ if first == "freed" => Self::Freed,
            Some((count, "reference" | "references")) => count.parse().map_or(Self::Allocated, Self::Counted),
            _ => Self::Allocated,
        }
    }
}

/// The things that a replay's lane of memory shows, in the order of their columns.
pub(super) fn subjects(replay: &Replay) -> Vec<Subject> {
    let standings = || std::iter::once(&replay.before).chain(replay.taken.iter().map(|taken| &taken.after));
    let mut subjects: Vec<Subject> = standings()
        .flat_map(|standing| &standing.holdings)
        .map(|holding| holding.what)
        .filter(|what| what.is_memory())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    if subjects.len() > FEW {
        let changes =
            |what: &Subject| standings().any(|standing| of(standing, *what) != of(&replay.before, *what));
        subjects.retain(changes);
    }
    subjects
}

/// How a thing is. Of several in one place, as a freed device and its successor, the one that is there.
pub(super) fn of(standing: &Standing, what: Subject) -> Memory {
    let all = standing.holdings.iter().filter(|holding| holding.what == what).map(Memory::of);
    all.reduce(|one, other| if one.is_there() { one } else { other }).unwrap_or(Memory::None)
}

/// A name that fits over a narrow column: with one host on the board, it needs no name.
pub(super) fn short_name(what: Subject, names: &Names) -> String {
    let host = |index: usize| visible(names.of(End::Host(index)));
    match what {
        Subject::HostData(_) if names.hosts.len() == 1 => "host data".to_owned(),
        Subject::HostData(index) => format!("{} data", host(index)),
        Subject::Device { channel, .. } if names.hosts.len() == 1 => match channel {
            0 => "DSI device".to_owned(),
            _ => format!("DSI device {channel}"),
        },
        Subject::Device { host: index, channel } => format!("{}.{channel}", host(index)),
        _ => visible(&what.name(names)).into_owned(),
    }
}
