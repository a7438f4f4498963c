//! A counterexample's section: what it breaks under which model, its timeline, the line that replays it, and the
//! commands for the real board. A counterexample that breaks several properties has one section.

use super::timeline::Timeline;
use crate::check::{BoardPart, shell, story};
use board::text::visible;
use teardown_check::{Checked, Counterexample, Property};

/// A section.
pub(super) struct Section {
    pub(super) id: String,
    pub(super) model: &'static str,
    /// What it is the shortest way to break.
    pub(super) properties: Vec<PropertyWords>,
    /// How many actions of how many actors.
    pub(super) size: String,
    pub(super) is_race: bool,
    pub(super) timeline: Timeline,
    pub(super) replay: String,
    pub(super) turns: Vec<Turn>,
}

/// A property, in the words of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PropertyWords {
    pub(super) name: &'static str,
    pub(super) sentence: &'static str,
    pub(super) broken: &'static str,
}

/// What to type into one shell until it is another's turn.
pub(super) struct Turn {
    pub(super) shell: char,
    pub(super) lines: Vec<Line>,
}

/// A line of a shell.
pub(super) struct Line {
    pub(super) is_comment: bool,
    pub(super) text: String,
}

impl From<Property> for PropertyWords {
    fn from(property: Property) -> Self {
        Self { name: property.name(), sentence: property.sentence(), broken: property.broken() }
    }
}

/// The counterexamples of one model, those with the same steps together.
pub(super) fn groups(checked: &Checked) -> Vec<Vec<&Counterexample>> {
    let mut groups: Vec<Vec<&Counterexample>> = Vec::new();
    for found in &checked.counterexamples {
        let same = |group: &&mut Vec<&Counterexample>| {
            group.first().is_some_and(|first| first.replay.taken == found.replay.taken)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(found),
            None => groups.push(vec![found]),
        }
    }
    groups
}

/// The id of the section to which the cell of a property links.
pub(super) fn id(shape: usize, checked: &Checked, property: Property) -> Option<String> {
    let groups = groups(checked);
    let group = groups.iter().find(|group| group.iter().any(|found| found.property == property))?;
    let first = group.first()?.property.name();
    Some(format!("shape{}-{}-{first}", shape + 1, checked.model))
}

/// The sections of one model on a shape, with the names of one of the boards that have it.
pub(super) fn of(shape: usize, checked: &Checked, part: &BoardPart) -> Vec<Section> {
    let section = |group: Vec<&Counterexample>| {
        let found = *group.first()?;
        Some(Section {
            id: id(shape, checked, found.property)?,
            model: checked.model,
            properties: group.iter().map(|found| found.property.into()).collect(),
            size: size(found),
            is_race: found.actors > 1,
            timeline: Timeline::of(&found.replay, &part.part.names),
            replay: replay(checked.model, found, part),
            turns: turns(found, part),
        })
    };
    groups(checked).into_iter().filter_map(section).collect()
}

fn size(found: &Counterexample) -> String {
    let steps = found.replay.taken.len();
    let (actions, actors) = (found.actions(), found.actors);
    let action = if actions == 1 { "action" } else { "actions" };
    let order = match (actions, actors) {
        (1, 1) => String::new(),
        (_, 1) => ", one after the other".to_owned(),
        _ => format!(" of {actors} actors at once"),
    };
    format!("{actions} {action}{order}, in {steps} steps")
}

fn replay(model: &str, found: &Counterexample, part: &BoardPart) -> String {
    visible(&story::replay_line(&part.given, model, found, &part.part.names)).into_owned()
}

fn turns(found: &Counterexample, part: &BoardPart) -> Vec<Turn> {
    let turns = shell::turns(&found.script(&part.part.names), &part.part);
    let line = |text: &String| Line { is_comment: text.starts_with('#'), text: visible(text).into_owned() };
    turns
        .iter()
        .map(|turn| Turn { shell: turn.actor.letter(), lines: turn.lines.iter().map(line).collect() })
        .collect()
}
