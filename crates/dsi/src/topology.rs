//! `dsi topology`: the pipelines of a board, as a tree for people or as JSON.

use crate::cli::TopologyArguments;
use crate::output::Output;
use crate::{Failure, Outcome, input};
use board::names::Names;
use board::pipeline::Connection;
use board::report::Report;
use board::{Pipeline, Tree, facts};
use std::io::{self, Write};

pub(crate) fn topology(arguments: &TopologyArguments) -> Result<Outcome, Failure> {
    let board = input::read(&arguments.board)?;
    let mut out = Output::new();
    if arguments.json {
        let json = Report::new(&board.tree, &board.pipelines)
            .to_json()
            .map_err(|error| Failure::Output(io::Error::other(error)))?;
        writeln!(out, "{json}")?;
    } else if board.pipelines.is_empty() {
        out.line(&format!("{}: no enabled DSI host has an enabled peripheral", board.name))?;
    } else {
        write_tree(&mut out, &board.tree, &board.pipelines)?;
    }
    Ok(Outcome::Fine)
}

/// A host a line, and under it a peripheral a line.
fn write_tree(out: &mut Output, tree: &Tree, pipelines: &[Pipeline]) -> io::Result<()> {
    let names = Names::new(tree);
    for (index, pipeline) in pipelines.iter().enumerate() {
        let host = &pipeline.host;
        let is_first =
            index == 0 || pipelines.get(index - 1).is_none_or(|other| other.host.node != host.node);
        if is_first {
            let name = names.host(pipeline).map_or_else(|| tree.node(host.node).name().to_owned(), shown);
            out.line(&format!(
                "{name}  {} host on {}, driver {}  {}",
                host.fact.compatible,
                host.fact.bus.name(),
                host.fact.driver_name,
                tree.node(host.node).path()
            ))?;
        }
        let is_last = pipelines.get(index + 1).is_none_or(|other| other.host.node != host.node);
        let branch = if is_last { "└─" } else { "├─" };
        out.line(&format!("{branch} {}", line(tree, &names, pipeline)))?;
    }
    Ok(())
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
        peripheral.fact.map_or("no driver".to_owned(), |fact| format!("driver {}", fact.driver_name));
    let lanes = match pipeline.link.lanes() {
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

/// A name whose bus number is a guess says so. The name itself is a target of steps.
fn shown(name: board::names::Name) -> String {
    if name.guessed { format!("{} (bus number guessed)", name.text) } else { name.text }
}
