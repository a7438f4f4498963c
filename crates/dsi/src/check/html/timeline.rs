//! A counterexample as rows: the state before it, who sets out to do what, and each step with what it does and
//! changes. The words are those of the terminal; `lanes` makes the drawing beside each row.

use super::lanes::{self, Drawing, Lanes};
use super::memory;
use crate::check::story;
use board::text::visible;
use teardown_check::note::Lane;
use teardown_check::replay::Taken;
use teardown_check::{Names, Replay};
use teardown_steps::Actor;

/// The whole timeline.
pub(super) struct Timeline {
    pub(super) lanes: [&'static str; 3],
    /// The headings of the columns of the lane of memory.
    pub(super) memory: Vec<String>,
    /// The actors, if there are several.
    pub(super) actors: Vec<KeyEntry>,
    pub(super) rows: Vec<Row>,
}

/// An actor, for the key.
pub(super) struct KeyEntry {
    pub(super) letter: char,
    pub(super) outline: &'static str,
    /// What they do, in order.
    pub(super) does: String,
}

/// One row.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) drawing: Drawing,
    pub(super) text: Text,
    /// A thing, and its new state.
    pub(super) changes: Vec<(String, String)>,
    /// The properties that this step breaks.
    pub(super) broken: Vec<&'static str>,
}

/// What a row says.
pub(super) enum Text {
    /// Before the first step.
    Before,
    /// An actor sets out to do something, or goes on with it.
    Action { actor: Option<char>, words: String, goes_on: bool },
    /// A step.
    Step { number: usize, actor: Option<char>, place: &'static str, lane: &'static str, does: &'static str },
}

impl Timeline {
    pub(super) fn of(replay: &Replay, names: &Names) -> Self {
        let actors = replay.taken.iter().map(|taken| taken.actor.index() + 1).max().unwrap_or(1);
        let subjects = memory::subjects(replay);
        let mut lanes = Lanes::new(actors, subjects.clone());
        let mut rows = vec![Row {
            kind: "before",
            drawing: lanes.before(&replay.before),
            text: Text::Before,
            changes: shown(story::things(&replay.before, names)),
            broken: Vec::new(),
        }];
        let mut before = &replay.before;
        let mut last: Option<&Taken> = None;
        for (index, taken) in replay.taken.iter().enumerate() {
            let actor = (actors > 1).then(|| taken.actor.letter());
            if taken.sets_out || last.is_none_or(|last| last.actor != taken.actor) {
                rows.push(Row {
                    kind: if taken.sets_out { "action" } else { "action on" },
                    drawing: lanes.pass(),
                    text: Text::Action { actor, words: words(taken, names), goes_on: !taken.sets_out },
                    changes: Vec::new(),
                    broken: Vec::new(),
                });
            }
            let seen = taken.seen;
            let is_last = index + 1 == replay.taken.len();
            rows.push(Row {
                kind: match taken.broken.is_empty() {
                    true => "step",
                    false if is_last => "step broken",
                    false => "step also",
                },
                drawing: lanes.step(taken, is_last),
                text: Text::Step {
                    number: index + 1,
                    actor,
                    place: seen.map_or("", |seen| seen.at),
                    lane: seen.map_or("", |seen| seen.lane.name()),
                    does: seen.map_or("waits until another actor goes on", |seen| seen.does),
                },
                changes: shown(story::changes(before, &taken.after, names)),
                broken: taken.broken.iter().map(|property| property.broken()).collect(),
            });
            before = &taken.after;
            last = Some(taken);
        }
        let key = Actor::all().take(actors).filter(|_| actors > 1).map(|actor| KeyEntry {
            letter: actor.letter(),
            outline: lanes::outline(actor),
            does: does(replay, actor, names),
        });
        Self {
            lanes: Lane::ALL.map(Lane::name),
            memory: subjects.iter().map(|what| memory::short_name(*what, names)).collect(),
            actors: key.collect(),
            rows,
        }
    }
}

/// What an actor has set out to do.
fn words(taken: &Taken, names: &Names) -> String {
    visible(&names.act(taken.action).to_string()).into_owned()
}

/// Everything that an actor sets out to do.
fn does(replay: &Replay, actor: Actor, names: &Names) -> String {
    let own = replay.taken.iter().filter(|taken| taken.actor == actor && taken.sets_out);
    own.map(|taken| words(taken, names)).collect::<Vec<_>>().join(", then ")
}

/// A snapshot, in words for people.
fn shown(lines: Vec<(String, String)>) -> Vec<(String, String)> {
    lines.into_iter().map(|(what, is)| (visible(&what).into_owned(), visible(&is).into_owned())).collect()
}
