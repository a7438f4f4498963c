//! `dsi check`: every teardown order of a board, with every interleaving, under every model of ownership.
//!
//! * `shapes`: from pipelines to the shapes to search.
//! * `not_judged`: the peripherals that are in no shape, and why.
//! * `search`: runs the searches.
//! * `table`, `story`: the matrix, and a counterexample step by step.
//! * `json`: the same for programs.
//! * `html`: the same as a page.
//! * `lab`: what a model predicts for the kernel lab's orders, compared with what a kernel reported.

mod html;
mod json;
mod lab;
pub(crate) mod not_judged;
mod search;
pub(crate) mod shapes;
mod shell;
pub(crate) mod story;
mod table;

use crate::cli::{BoardArguments, CheckArguments};
use crate::output::{Output, write_file};
use crate::{Failure, Outcome, input};
use not_judged::NotJudged;
use shapes::Part;
use std::io::Write;
use std::time::Instant;
use teardown_check::check::model;
use teardown_check::{Checked, Counterexample, MODELS, Model, Property, Shape};

/// Where `--serve` listens: on loopback only.
#[cfg(feature = "explorer")]
const EXPLORER: &str = "127.0.0.1:3000";
/// If there are more shapes than this, the output has details only of those that the user asked for.
const FEW: usize = 2;

/// One part of one board, and which shape it has.
pub(crate) struct BoardPart {
    /// How the user gave it: its file and overlays; empty for the built-in board.
    pub(crate) given: Vec<String>,
    pub(crate) board: String,
    pub(crate) part: Part,
    /// Its index among the shapes.
    pub(crate) shape: usize,
}

/// All results of a check.
pub(crate) struct Results {
    pub(crate) parts: Vec<BoardPart>,
    /// The peripherals that are in no part, each with its board.
    pub(crate) not_judged: Vec<(String, NotJudged)>,
    pub(crate) shapes: Vec<Shape>,
    /// How many shapes there are in all shards.
    of_shapes: usize,
    /// By shape, then by model.
    pub(crate) checked: Vec<Vec<Checked>>,
    pub(crate) actors: usize,
    pub(crate) seconds: f64,
}

pub(crate) fn check(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    if arguments.lab {
        return lab::check(arguments);
    }
    let wanted = arguments.property()?;
    let models = models(&arguments.model)?;
    let mut results = read(arguments)?;
    if arguments.serve {
        return serve(&results, &models, arguments.actors);
    }
    let begin = Instant::now();
    results.checked = search::all(&results.shapes, &models, arguments.actors);
    results.seconds = begin.elapsed().as_secs_f64();

    let mut out = Output::new();
    if arguments.json {
        writeln!(out, "{}", json::of(&results))?;
    } else {
        write_results(&mut out, &results, wanted)?;
    }
    if let Some(path) = &arguments.html {
        write_file(path, html::of(&results)?.as_bytes())?;
    }
    // A search of nothing must not look like one in which everything holds.
    if results.of_shapes == 0 {
        return Err(Failure::Input(
            "nothing was judged: there is no host with a peripheral of which both come up".to_owned(),
        ));
    }
    if results.shapes.is_empty()
        && let Some(shard) = &arguments.shard
    {
        let there_are = plural(results.of_shapes, "shape", "shapes");
        let _ = writeln!(
            std::io::stderr(),
            "dsi: nothing is left for shard {shard}: the boards have {there_are}"
        );
    }
    Ok(outcome(&results, !arguments.model.is_empty()))
}

/// The models of Linux and its repairs are expected to fail, unless the user named them.
fn outcome(results: &Results, were_named: bool) -> Outcome {
    let own = |checked: &&Checked| model(checked.model).is_some_and(|model| model.is_own());
    let mut counting = results.checked.iter().flatten().filter(|checked| were_named || own(checked));
    if counting.all(Checked::holds) { Outcome::Fine } else { Outcome::ContractBroken }
}

/// The models with these names, or all.
fn models(names: &[String]) -> Result<Vec<&'static dyn Model>, Failure> {
    if names.is_empty() {
        return Ok(MODELS.to_vec());
    }
    names.iter().map(|name| named(name)).collect()
}

/// The model with this name.
pub(crate) fn named(name: &str) -> Result<&'static dyn Model, Failure> {
    model(name).ok_or_else(|| {
        let there_are: Vec<&str> = MODELS.iter().map(|model| model.name()).collect();
        Failure::Input(format!("there is no model '{name}'; there are: {}", there_are.join(", ")))
    })
}

/// Says why a board without pipelines has none.
pub(crate) fn no_pipeline(board: &input::Board) -> Failure {
    let why = board::pipeline::why_none(&board.tree, &board.facts);
    let why = if why.is_empty() { "no DSI host that a driver knows".to_owned() } else { why.join("; ") };
    Failure::Input(format!(
        "{}: there is no DSI pipeline ({why}); if an overlay adds the display, give it with --overlay",
        board.name
    ))
}

/// The boards, their parts, and the shapes that these have, each once; of all shapes only those of this shard.
fn read(arguments: &CheckArguments) -> Result<Results, Failure> {
    let mut boards = Vec::new();
    if arguments.boards.is_empty() {
        let (overlays, assumed) = (arguments.overlays.clone(), arguments.assumed.clone());
        let given = BoardArguments { board: None, overlays, assumed };
        let words = arguments.overlays.words().into_iter().chain(as_words(arguments));
        boards.push((words.collect::<Vec<_>>(), input::read(&given)?));
    }
    for path in &arguments.boards {
        let words = std::iter::once(path.display().to_string()).chain(arguments.overlays.words());
        let words = words.chain(as_words(arguments));
        let (overlays, assumed) = (arguments.overlays.clone(), arguments.assumed.clone());
        let given = BoardArguments { board: Some(path.clone()), overlays, assumed };
        boards.push((words.collect(), input::read(&given)?));
    }
    if boards.len() > 1 && !arguments.overlays.overlays.is_empty() {
        return Err(Failure::Input("--overlay belongs to one board; several were given".to_owned()));
    }
    input::say_unused(&arguments.assumed, boards.iter().map(|(_, board)| board));
    if boards.iter().all(|(_, board)| board.pipelines.is_empty()) {
        return Err(match boards.as_slice() {
            [(_, board)] => no_pipeline(board),
            _ => Failure::Input(format!("none of the {} boards has a DSI pipeline", boards.len())),
        });
    }
    let mut all_shapes: Vec<Shape> = Vec::new();
    let mut parts = Vec::new();
    let mut not_judged = Vec::new();
    for (given, board) in &boards {
        let (found, without) = shapes::parts(board);
        not_judged.extend(without.into_iter().map(|one| (board.name.clone(), one)));
        for part in found {
            let shape = all_shapes.iter().position(|shape| *shape == part.shape).unwrap_or_else(|| {
                all_shapes.push(part.shape.clone());
                all_shapes.len() - 1
            });
            parts.push(BoardPart { given: given.clone(), board: board.name.clone(), part, shape });
        }
    }
    // Said once, and not of a board's other parts.
    for BoardPart { board, part, .. } in &parts {
        for name in &part.left_out {
            let said =
                format!("{board}: {name} claims a channel that another peripheral has; it is left out");
            let _ = writeln!(std::io::stderr(), "dsi: {}", board::text::visible(&said));
        }
    }
    let of_shapes = all_shapes.len();
    if let Some(shard) = arguments.shard {
        let is_in = |shape: usize| shape % shard.of == shard.index - 1;
        parts.retain(|part| is_in(part.shape));
        for part in &mut parts {
            part.shape /= shard.of;
        }
        let kept = all_shapes.into_iter().enumerate().filter(|(index, _)| is_in(*index));
        all_shapes = kept.map(|(_, shape)| shape).collect();
    }
    let actors = arguments.actors;
    Ok(Results {
        parts,
        not_judged,
        shapes: all_shapes,
        of_shapes,
        checked: Vec::new(),
        actors,
        seconds: 0.0,
    })
}

/// What the user said of compatibles, as words of the command line.
fn as_words(arguments: &CheckArguments) -> impl Iterator<Item = String> {
    arguments.assumed.iter().flat_map(|assumed| ["--as".to_owned(), assumed.to_string()])
}

#[cfg(not(feature = "explorer"))]
fn serve(_: &Results, _: &[&'static dyn Model], _: usize) -> Result<Outcome, Failure> {
    Err(Failure::Input(
        "this dsi was built without the explorer: build it with --features explorer".to_owned(),
    ))
}

#[cfg(feature = "explorer")]
fn serve(results: &Results, models: &[&'static dyn Model], actors: usize) -> Result<Outcome, Failure> {
    let own = || models.iter().find(|model| model.is_own());
    let model = if models.len() == 1 { models.first() } else { own() };
    let (Some(model), Some(shape)) = (model, results.shapes.first()) else {
        return Err(Failure::Input("--serve shows one model of one board".to_owned()));
    };
    let _ = writeln!(
        std::io::stderr(),
        "{} on {}: http://{EXPLORER}; Ctrl-C ends it",
        model.name(),
        shapes::describe(shape)
    );
    model.explore(shape, actors, EXPLORER);
    Ok(Outcome::Fine)
}

fn write_results(out: &mut Output, results: &Results, wanted: Option<Property>) -> Result<(), Failure> {
    let actors = match results.actors {
        1 => "1 actor".to_owned(),
        count => format!("{count} actors at a time"),
    };
    for (index, shape) in results.shapes.iter().enumerate() {
        let Some(checked) = results.checked.get(index) else { continue };
        let parts: Vec<&BoardPart> = results.parts.iter().filter(|part| part.shape == index).collect();
        let Some(first) = parts.first() else { continue };
        if index > 0 {
            out.line("")?;
        }
        for line in title(shape, &parts) {
            out.line(&line)?;
        }
        out.line("")?;
        for line in table::lines(checked) {
            out.line(&line)?;
        }
        if results.shapes.len() <= FEW || wanted.is_some() {
            write_counterexamples(out, checked, first, wanted)?;
        }
    }
    if !results.shapes.is_empty() && !results.not_judged.is_empty() {
        out.line("")?;
    }
    for (board, one) in &results.not_judged {
        out.line(&not_judged::line(board, one))?;
    }
    if results.shapes.is_empty() {
        return Ok(());
    }
    let states: usize = results.checked.iter().flatten().map(|checked| checked.states).sum();
    out.line("")?;
    out.line(&format!(
        "{} of {} states in all, {actors}, took {:.1} s.",
        plural(results.checked.iter().flatten().count(), "complete search", "complete searches"),
        table::thousands(states),
        results.seconds
    ))?;
    out.line(
        "ok: the property holds. 2: two actions, one after the other, break it; 2x2: two actions of two actors at once break it.",
    )?;
    Ok(())
}

fn title(shape: &Shape, parts: &[&BoardPart]) -> Vec<String> {
    let boards: Vec<&str> = parts.iter().map(|part| part.board.as_str()).collect();
    match boards[..] {
        [board] => {
            let names = parts.first().map(|part| &part.part.names);
            let ends = names.map(|names| {
                let ends = names.hosts.iter().chain(&names.peripherals);
                ends.cloned().collect::<Vec<_>>().join(", ")
            });
            vec![format!("{board}: {} ({})", shapes::describe(shape), ends.unwrap_or_default())]
        }
        _ => {
            let shown: Vec<&str> = boards.iter().take(3).copied().collect();
            let more = if boards.len() > shown.len() { ", …" } else { "" };
            vec![
                format!("{}: {}", plural(boards.len(), "pipeline", "pipelines"), shapes::describe(shape)),
                format!("  {}{more}", shown.join(", ")),
            ]
        }
    }
}

fn write_counterexamples(
    out: &mut Output,
    checked: &[Checked],
    first: &BoardPart,
    wanted: Option<Property>,
) -> Result<(), Failure> {
    let names = &first.part.names;
    let all: Vec<(&Checked, &Counterexample)> = checked
        .iter()
        .flat_map(|checked| checked.counterexamples.iter().map(move |found| (checked, found)))
        .filter(|(_, found)| wanted.is_none_or(|wanted| wanted == found.property))
        .collect();
    if !all.is_empty() {
        out.line("")?;
        out.line("The shortest way to break each property, as a command that takes it again:")?;
    }
    for (checked, found) in &all {
        let line = story::replay_line(&first.given, checked.model, found, names);
        out.line(&format!("  {line}"))?;
    }
    for checked in checked {
        if let Some(broken) = checked.not_up {
            let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
            out.line("")?;
            out.line(&format!("{}: the board does not come up: {}", checked.model, broken.join(", ")))?;
        }
        for event in &checked.never {
            out.line("")?;
            out.line(&format!("{}: never seen: {}", checked.model, event.sentence()))?;
        }
    }
    let Some((checked, chosen)) = all.first() else { return Ok(()) };
    out.line("")?;
    out.line(&format!("{}, step by step: {}", checked.model, chosen.property.broken()))?;
    for line in story::lines(&chosen.replay, names) {
        out.line(&line)?;
    }
    out.line("")?;
    out.line("On the board itself:")?;
    for line in shell::commands(&chosen.script(names), &first.part) {
        out.line(&format!("  {line}"))?;
    }
    Ok(())
}

pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
