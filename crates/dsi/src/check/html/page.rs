//! The page as a whole: what it opens with, what must hold, and each shape with its boards, matrix and counterexamples.

use super::matrix::{self, MatrixRow};
use super::section::{self, PropertyWords, Section};
use super::timeline::Text;
use crate::check::{BoardPart, Results, plural, shapes, table};
use askama::Template;
use board::text::visible;
use teardown_check::check::model;
use teardown_check::{Checked, Property};

/// The page folds away more boards than this.
const FEW_BOARDS: usize = 3;

/// The page.
#[derive(Template)]
#[template(path = "check.html")]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) effort: String,
    pub(super) properties: Vec<PropertyWords>,
    pub(super) shapes: Vec<Shape>,
}

/// The result for one model, over all shapes.
pub(super) struct Verdict {
    pub(super) model: &'static str,
    pub(super) holds: bool,
    pub(super) is_own: bool,
    pub(super) words: String,
}

/// One shape.
pub(super) struct Shape {
    pub(super) number: usize,
    pub(super) description: String,
    pub(super) boards: Vec<Board>,
    pub(super) folds_boards: bool,
    pub(super) rows: Vec<MatrixRow>,
    /// The board whose names the sections use.
    pub(super) told_of: String,
    pub(super) sections: Vec<Section>,
}

/// A board, or a part of one, that has a shape.
pub(super) struct Board {
    pub(super) name: String,
    pub(super) ends: String,
}

impl Page {
    pub(super) fn of(results: &Results) -> Self {
        let mut boards: Vec<&str> = results.parts.iter().map(|part| part.board.as_str()).collect();
        boards.dedup();
        let of_what = match boards[..] {
            [one] => visible(one).into_owned(),
            _ => plural(boards.len(), "board", "boards"),
        };
        let states: usize = results.checked.iter().flatten().map(|checked| checked.states).sum();
        let searches = results.checked.iter().flatten().count();
        let actors = match results.actors {
            1 => "one actor".to_owned(),
            count => format!("up to {count} actors at a time"),
        };
        let shapes = results.shapes.iter().zip(&results.checked).enumerate();
        Self {
            title: format!("Every teardown order of {of_what}"),
            verdicts: verdicts(&results.checked),
            effort: format!(
                "{} with {actors}, each complete: {} states in {:.1} s.",
                plural(searches, "search", "searches"),
                table::thousands(states),
                results.seconds
            ),
            properties: Property::ALL.map(PropertyWords::from).to_vec(),
            shapes: shapes
                .map(|(index, (shape, checked))| {
                    let parts: Vec<&BoardPart> =
                        results.parts.iter().filter(|part| part.shape == index).collect();
                    shape_of(index, shapes::describe(shape), &parts, checked)
                })
                .collect(),
        }
    }

    /// Whether shapes have to be told apart.
    fn has_several(&self) -> bool {
        self.shapes.len() > 1
    }
}

fn verdicts(checked: &[Vec<Checked>]) -> Vec<Verdict> {
    let Some(first) = checked.first() else { return Vec::new() };
    let verdict = |name: &'static str| {
        let everywhere = || checked.iter().flatten().filter(|checked| checked.model == name);
        let is_broken =
            |property: &Property| everywhere().any(|checked| checked.counterexample(*property).is_some());
        Verdict {
            model: name,
            holds: everywhere().all(Checked::holds),
            is_own: model(name).is_some_and(|model| model.is_own()),
            words: matrix::verdict(
                Property::ALL.iter().filter(|property| is_broken(property)).count(),
                everywhere(),
            ),
        }
    };
    first.iter().map(|checked| verdict(checked.model)).collect()
}

fn shape_of(index: usize, description: String, parts: &[&BoardPart], checked: &[Checked]) -> Shape {
    let boards: Vec<Board> = parts
        .iter()
        .map(|part| {
            let names = &part.part.names;
            let ends: Vec<&str> = names.hosts.iter().chain(&names.peripherals).map(String::as_str).collect();
            Board { name: visible(&part.board).into_owned(), ends: visible(&ends.join(", ")).into_owned() }
        })
        .collect();
    let told_of = parts.first();
    let sections = |checked| told_of.map(|part| section::of(index, checked, part)).unwrap_or_default();
    Shape {
        number: index + 1,
        description: capitalised(&description),
        folds_boards: boards.len() > FEW_BOARDS,
        boards,
        told_of: told_of.map(|part| visible(&part.board).into_owned()).unwrap_or_default(),
        rows: checked.iter().map(|checked| matrix::row(index, checked)).collect(),
        sections: checked.iter().flat_map(sections).collect(),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
