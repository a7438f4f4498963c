//! The drawing beside a row of a timeline: the lanes, what happens in them, and memory, as parts of an SVG.
//!
//! Each row has an SVG of its own, as high as its text turns out to be: on a telephone, a text of two lines stays
//! beside its mark. So x is in percent of the drawing's width, and y is in pixels from the row's top, or covers the
//! whole row. Actors are told apart by the shape and letter of their marks, by the kind of their lines, and only then
//! by colour.

use super::memory::{self, Memory};
use teardown_check::note::Lane;
use teardown_check::ownership::Subject;
use teardown_check::replay::{Snapshot, Taken};
use teardown_steps::Actor;

/// How far below the top of a row its mark is, in pixels: the middle of its first line of text.
const MARK: &str = "19";
const TOP: &str = "0";
const BOTTOM: &str = "100%";
/// How far the lines of two actors in one lane are from each other, in pixels.
const APART: i32 = 10;
/// How much of the width the lanes of the drivers and the bus have together; the rest is memory's.
const LANES: f64 = 60.0;

/// What the SVG of one row contains.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawing {
    pub(super) strokes: Vec<Stroke>,
    pub(super) bars: Vec<Stroke>,
    pub(super) counts: Vec<Count>,
    pub(super) mark: Option<Mark>,
}

/// A line, with its kind as a class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stroke {
    pub(super) class: String,
    /// To the right, in pixels.
    pub(super) shift: i32,
    pub(super) x1: String,
    pub(super) y1: &'static str,
    pub(super) x2: String,
    pub(super) y2: &'static str,
}

/// A change of memory: the new number of references, or a sign for freed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Count {
    pub(super) x: String,
    pub(super) y: &'static str,
    pub(super) text: String,
    pub(super) is_freed: bool,
}

/// The mark of a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) actor: char,
    pub(super) letter: String,
    /// Its outline, around its middle.
    pub(super) outline: &'static str,
    pub(super) shift: i32,
    pub(super) x: String,
    pub(super) y: &'static str,
}

/// The lanes, from one row to the next.
pub(super) struct Lanes {
    /// Where each actor is that is in the middle of an action.
    at: Vec<Option<Lane>>,
    subjects: Vec<Subject>,
    memory: Vec<Memory>,
}

impl Lanes {
    pub(super) fn new(actors: usize, subjects: Vec<Subject>) -> Self {
        let memory = vec![Memory::None; subjects.len()];
        Self { at: vec![None; actors], subjects, memory }
    }

    /// Before the first step: the state of memory.
    pub(super) fn before(&mut self, snapshot: &Snapshot) -> Drawing {
        let mut drawing = Drawing::default();
        self.change_memory(snapshot, &mut drawing);
        drawing
    }

    /// A row in which nothing happens.
    pub(super) fn pass(&self) -> Drawing {
        let mut drawing = Drawing::default();
        self.others(None, &mut drawing);
        for (column, memory) in self.memory.iter().enumerate() {
            drawing.bars.extend(self.bar(column, *memory, TOP, BOTTOM));
        }
        drawing
    }

    /// A step: its actor comes from where they were, is marked where they are, and goes on from there unless they are
    /// done.
    pub(super) fn step(&mut self, taken: &Taken, is_last: bool) -> Drawing {
        let actor = taken.actor;
        let mut drawing = Drawing::default();
        self.others(Some(actor), &mut drawing);
        let was = self.at.get(actor.index()).copied().flatten();
        let was = if taken.sets_out { None } else { was };
        let is = taken.seen.map(|seen| seen.lane).or(was).unwrap_or(Lane::Bus);
        let mut draw = |from: Lane, y1, to: Lane, y2| {
            drawing.strokes.push(self.stroke(actor, "goes", (from, y1), (to, y2)));
        };
        if let Some(was) = was {
            draw(was, TOP, was, MARK);
            if was != is {
                draw(was, MARK, is, MARK);
            }
        }
        if !taken.ends && !is_last {
            draw(is, MARK, is, BOTTOM);
        }
        let class = match taken.seen {
            _ if !taken.broken.is_empty() => {
                if is_last {
                    "breaks"
                } else {
                    "also"
                }
            }
            _ if taken.fails => "fails",
            None => "sleeps",
            Some(_) => "does",
        };
        drawing.mark = Some(Mark {
            class,
            actor: actor.letter(),
            letter: if self.at.len() > 1 { actor.to_string() } else { String::new() },
            outline: if taken.broken.is_empty() { outline(actor) } else { BURST },
            shift: self.shift(actor),
            x: x_of(is),
            y: MARK,
        });
        if let Some(at) = self.at.get_mut(actor.index()) {
            *at = (!taken.ends).then_some(is);
        }
        self.change_memory(&taken.after, &mut drawing);
        drawing
    }

    /// The lines of the actors that are in the middle of an action, and stay where they are.
    fn others(&self, actor: Option<Actor>, drawing: &mut Drawing) {
        for (other, at) in Actor::all().zip(&self.at) {
            if let (true, Some(lane)) = (Some(other) != actor, at) {
                drawing.strokes.push(self.stroke(other, "stays", (*lane, TOP), (*lane, BOTTOM)));
            }
        }
    }

    fn stroke(
        &self,
        actor: Actor,
        how: &str,
        (from, y1): (Lane, &'static str),
        (to, y2): (Lane, &'static str),
    ) -> Stroke {
        let class = format!("{actor} {how}");
        Stroke { class, shift: self.shift(actor), x1: x_of(from), y1, x2: x_of(to), y2 }
    }

    /// How far an actor is from the middle of a lane.
    fn shift(&self, actor: Actor) -> i32 {
        let doubled = |count: usize| i32::try_from(count * 2).unwrap_or_default();
        (doubled(actor.index()) - doubled(self.at.len().saturating_sub(1)) / 2) * APART / 2
    }

    fn change_memory(&mut self, snapshot: &Snapshot, drawing: &mut Drawing) {
        for (column, what) in self.subjects.clone().into_iter().enumerate() {
            let is = memory::of(snapshot, what);
            let Some(slot) = self.memory.get_mut(column) else { continue };
            let was = std::mem::replace(slot, is);
            if was == is {
                drawing.bars.extend(self.bar(column, is, TOP, BOTTOM));
                continue;
            }
            drawing.bars.extend(self.bar(column, was, TOP, MARK));
            drawing.bars.extend(self.bar(column, is, MARK, BOTTOM));
            let text = match is {
                Memory::None | Memory::Freed => "×".to_owned(),
                Memory::Allocated => "✓".to_owned(),
                Memory::Counted(count) => count.to_string(),
            };
            drawing.counts.push(Count {
                x: self.x_of_column(column),
                y: MARK,
                text,
                is_freed: !is.is_there(),
            });
        }
    }

    fn bar(&self, column: usize, memory: Memory, y1: &'static str, y2: &'static str) -> Option<Stroke> {
        let class = match memory {
            Memory::None => return None,
            Memory::Freed => "freed",
            Memory::Allocated | Memory::Counted(_) => "there",
        };
        let x = self.x_of_column(column);
        Some(Stroke { class: class.to_owned(), shift: 0, x1: x.clone(), y1, x2: x, y2 })
    }

    fn x_of_column(&self, column: usize) -> String {
        let columns = self.subjects.len().max(1) as f64;
        percent(LANES + (100.0 - LANES) * (column as f64 + 0.5) / columns)
    }
}

/// The middle of a lane.
fn x_of(lane: Lane) -> String {
    let index = Lane::ALL.iter().position(|other| *other == lane).unwrap_or_default();
    percent(LANES * (index as f64 + 0.5) / Lane::ALL.len() as f64)
}

fn percent(value: f64) -> String {
    let text = format!("{value:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The mark of a step that breaks something, whoever takes it.
const BURST: &str = "M0-12L4-9 8-9 9-5 12 0 9 5 8 9 4 9 0 12-4 9-8 9-9 5-12 0-9-5-8-9-4-9Z";

/// The shape of an actor's marks.
pub(super) fn outline(actor: Actor) -> &'static str {
    const OUTLINES: [&str; Actor::COUNT] = [
        "M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0Z",
        "M-7.5-7.5H7.5V7.5H-7.5Z",
        "M0-10 10 0 0 10-10 0Z",
        "M0-10 10 7H-10Z",
        "M-5-8H5L10 0 5 8H-5L-10 0Z",
        "M0 10 10-7H-10Z",
    ];
    OUTLINES.get(actor.index()).copied().unwrap_or_default()
}
