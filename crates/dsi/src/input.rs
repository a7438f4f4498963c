//! Reading the board: a file, its overlays, or what is built in.

use crate::Failure;
use crate::cli::BoardArguments;
use crate::output::refuse_what_is_no_file;
use crate::overlays;
use board::facts::{Assumed, Facts};
use board::{Pipeline, Tree, overlay, pipeline};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The board of the thread, from boards/thread.dts.
static BUILT_IN: &[u8] = include_bytes!("../boards/thread.dtb");
/// No device tree of a real board is nearly as large; the tool does not read larger files.
const MAX_FILE_LEN: u64 = 16 << 20;

/// A board's tree with its pipelines, and its name in messages.
pub(crate) struct Board {
    pub(crate) name: String,
    pub(crate) tree: Tree,
    /// The drivers of Linux, and those that the user assumes.
    pub(crate) facts: Facts,
    pub(crate) pipelines: Vec<Pipeline>,
}

/// Reads the files that the arguments name.
pub(crate) fn read(arguments: &BoardArguments) -> Result<Board, Failure> {
    let (name, tree) = match &arguments.board {
        None => ("the built-in board".to_owned(), parse(Path::new("the built-in board"), BUILT_IN)?),
        Some(path) => (path.display().to_string(), read_tree(path)?),
    };
    if overlay::is_overlay(&tree) {
        return Err(Failure::Input(format!(
            "{name}: this is an overlay, not a board; give its board, and this file with --overlay"
        )));
    }
    let tree = overlays::apply(&name, tree, &arguments.overlays)?;
    refuse_contradictions(&arguments.assumed)?;
    let facts = Facts::with(arguments.assumed.clone());
    let pipelines = pipeline::find_with(&tree, &facts);
    Ok(Board { name, tree, facts, pipelines })
}

/// Says on standard error which assumption is about no node of any of these boards: a slip of the pen as a rule.
pub(crate) fn say_unused<'a>(assumed: &[Assumed], boards: impl Iterator<Item = &'a Board> + Clone) {
    let has =
        |board: &Board, name: &str| board.tree.nodes().any(|node| node.compatible().any(|one| one == name));
    for one in assumed.iter().filter(|one| !boards.clone().any(|board| has(board, one.compatible()))) {
        let said = format!("--as {one} changes nothing: no node is compatible with {}", one.compatible());
        let _ = writeln!(std::io::stderr(), "dsi: {}", board::text::visible(&said));
    }
}

/// A compatible is one kind of device, however often it is given.
fn refuse_contradictions(assumed: &[Assumed]) -> Result<(), Failure> {
    let contradicts = |one: &Assumed, other: &Assumed| {
        one.compatible() == other.compatible() && one.to_string() != other.to_string()
    };
    let mut pairs = assumed.iter().enumerate().flat_map(|(index, other)| {
        assumed.iter().take(index).filter(|one| contradicts(one, other)).map(move |one| (one, other))
    });
    match pairs.next() {
        None => Ok(()),
        Some((one, other)) => Err(Failure::Input(format!(
            "--as {one} and --as {other} contradict each other; a compatible is one of them"
        ))),
    }
}

/// Reads a compiled tree, of a board or an overlay.
pub(crate) fn read_tree(path: &Path) -> Result<Tree, Failure> {
    let unreadable = |error| Failure::Input(format!("{}: can't be read: {error}", path.display()));
    refuse_what_is_no_file(path)?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_LEN {
        return Err(Failure::Input(format!(
            "{}: larger than {} MiB, so it is no device tree blob; give the .dtb file of a board",
            path.display(),
            MAX_FILE_LEN >> 20
        )));
    }
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Tree, Failure> {
    Tree::from_dtb(bytes).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}
