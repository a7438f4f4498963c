//! What a timeline's lane of memory shows: the things that exist, and for each step whether one is allocated, with how
//! many references, or freed. `lanes` decides where it is drawn.

use board::text::visible;
use teardown_check::Names;
use teardown_check::Replay;
use teardown_check::action::End;
use teardown_check::ownership::{Holding, Subject};
use teardown_check::replay::Snapshot;

/// If there are more things than this, the lane shows only those that change.
const FEW: usize = 4;

/// The state of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It does not exist.
    None,
    /// It exists, and is not reference-counted.
    Allocated,
    /// It exists, with this many references.
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
    let snapshots = || std::iter::once(&replay.before).chain(replay.taken.iter().map(|taken| &taken.after));
    let mut subjects: Vec<Subject> = snapshots()
        .flat_map(|snapshot| &snapshot.holdings)
        .map(|holding| holding.what)
        .filter(|what| what.is_memory())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    if subjects.len() > FEW {
        let changes =
            |what: &Subject| snapshots().any(|snapshot| of(snapshot, *what) != of(&replay.before, *what));
        subjects.retain(changes);
    }
    subjects
}

/// The state of a thing. If several were in one place, such as a freed device and its successor, that of the one that
/// exists.
pub(super) fn of(snapshot: &Snapshot, what: Subject) -> Memory {
    let all = snapshot.holdings.iter().filter(|holding| holding.what == what).map(Memory::of);
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
