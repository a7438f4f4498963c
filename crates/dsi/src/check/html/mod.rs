//! The page of `dsi check --html`: the matrix of each shape, and each way to break something as a timeline.
//!
//! One file that needs nothing else: no script, no font, no network. This module collects what the page says as plain
//! values; `templates/` has the layout. It searches nothing, and says nothing that the terminal's output does not say.
//!
//! * `page`: the page as a whole: what it opens with, the shapes and their boards.
//! * `matrix`: models down, properties across.
//! * `section`: a counterexample: what it breaks, its timeline, the lines that replay it.
//! * `timeline`: its steps, one row each, in words.
//! * `lanes`: the same as marks and lines of an SVG.
//! * `memory`: what is allocated, with how many references, and what was freed.

mod lanes;
mod matrix;
mod memory;
mod page;
mod section;
#[cfg(test)]
mod tests;
mod timeline;

use super::Results;
use crate::Failure;
use askama::Template;

/// The page, as HTML.
pub(crate) fn of(results: &Results) -> Result<String, Failure> {
    let page = page::Page::of(results).render();
    page.map_err(|error| Failure::Output(std::io::Error::other(error.to_string())))
}
