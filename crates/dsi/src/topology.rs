//! `dsi topology`: the pipelines of a board, as a tree for people or as JSON.

use crate::cli::TopologyArguments;
use crate::input::{self, Board};
use crate::output::Output;
use crate::{Failure, Outcome};
use board::answer::{Answer, lanes_asked_for};
use board::names::Names;
use board::pipeline::Connection;
use board::report::Report;
use board::{Pipeline, Tree, facts, warning};
use std::io::{self, Write};

pub(crate) fn topology(arguments: &TopologyArguments) -> Result<Outcome, Failure> {
    let board = input::read(&arguments.board)?;
    input::say_unused(&arguments.board.assumed, std::iter::once(&board));
    let mut out = Output::new();
    if arguments.json {
        let json = Report::new(&board.tree, &board.facts, &board.pipelines)
            .to_json()
            .map_err(|error| Failure::Output(io::Error::other(error)))?;
        writeln!(out, "{json}")?;
        return Ok(Outcome::Fine);
    }
    if board.pipelines.is_empty() {
        out.line(&format!("{}: no enabled DSI host has an enabled peripheral", board.name))?;
    }
    write_tree(&mut out, &board)?;
    for warning in warning::find(&board.tree, &board.facts, &board.pipelines) {
        out.line(&format!("warning: {}: {}", warning.path, warning.text))?;
    }
    Ok(Outcome::Fine)
}

/// One line for each host, and under it one for each peripheral; under each the answer, if it does not simply come up.
fn write_tree(out: &mut Output, Board { tree, facts, pipelines, .. }: &Board) -> io::Result<()> {
    let names = Names::with(tree, facts);
    for (index, pipeline) in pipelines.iter().enumerate() {
        let host = &pipeline.host;
        let is_first =
            index == 0 || pipelines.get(index - 1).is_none_or(|other| other.host.node != host.node);
        if is_first {
            let name = names.host(pipeline).map_or_else(|| tree.node(host.node).name().to_owned(), shown);
            out.line(&format!(
                "{name}  {} host on {}, {}  {}",
                host.fact.compatible,
                host.fact.bus.name(),
                driver_words(host.fact.driver_name, host.fact.driver),
                tree.node(host.node).path()
            ))?;
            write_answer(out, "   ", &pipeline.host_answer)?;
        }
        let is_last = pipelines.get(index + 1).is_none_or(|other| other.host.node != host.node);
        let branch = if is_last { "└─" } else { "├─" };
        out.line(&format!("{branch} {}", line(tree, &names, pipeline)))?;
        write_answer(out, if is_last { "      " } else { "│     " }, &pipeline.answer)?;
    }
    Ok(())
}

/// The line itself says that no driver knows it.
fn write_answer(out: &mut Output, indent: &str, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Attaches | Answer::NoDriver => Ok(()),
        _ => out.line(&format!("{indent}{answer}")),
    }
}

fn line(tree: &Tree, names: &Names<'_>, pipeline: &Pipeline) -> String {
    let peripheral = &pipeline.peripheral;
    let name = if pipeline.connection == Connection::SecondLink {
        names.dsi_device(pipeline)
    } else {
        names.peripheral(pipeline)
    };
    let name = name.map_or_else(|| tree.node(peripheral.node).name().to_owned(), shown);
    let connection = match pipeline.connection {
        Connection::Child => "child of the host",
        Connection::ChildAndGraph => "child of the host, in the graph too",
        Connection::Graph => "by the graph",
        Connection::SecondLink => "second link of another host's child",
    };
    let control = match peripheral.control_bus {
        facts::Bus::Dsi => match peripheral.channel {
            Some(channel) => format!("on DSI channel {channel}"),
            None => "on DSI".to_owned(),
        },
        other => format!("on {}", other.name()),
    };
    let driver =
        peripheral.fact.map_or("no driver".to_owned(), |fact| driver_words(fact.driver_name, fact.driver));
    let asked_for = peripheral.fact.and_then(|fact| lanes_asked_for(fact, tree.node(peripheral.node)));
    let lanes = match asked_for.or(pipeline.link.lanes()) {
        Some(1) => ", 1 lane".to_owned(),
        Some(lanes) => format!(", {lanes} lanes"),
        None => String::new(),
    };
    format!(
        "{name}  {} {} {control}, {connection}{lanes}, {driver}  {}",
        peripheral.compatible,
        peripheral.kind(),
        tree.node(peripheral.node).path()
    )
}

/// A driver that the user assumes has no known name.
fn driver_words(name: &str, source: Option<&str>) -> String {
    match source {
        Some(_) => format!("driver {name}"),
        None => "driver assumed (--as)".to_owned(),
    }
}

/// If a name's bus number is a guess, the output says so. The name itself can be the target of a step.
fn shown(name: board::names::Name) -> String {
    if name.guessed { format!("{} (bus number guessed)", name.text) } else { name.text }
}
