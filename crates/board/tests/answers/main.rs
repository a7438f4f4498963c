//! What Linux 6.12 makes of links that lead somewhere else than its drivers look, and that a live board does the same.

#[path = "../common/mod.rs"]
mod common;
mod hosts;
mod peripherals;
mod warned;

use std::path::Path;

use board::facts::Facts;
use board::live::{BoardOptions, LiveBoard};
use board::pipeline::{self, Pipeline};
use board::warning::{self, WarningKind};
use board::{Tree, answer};
use common::{Item, cells, compatible, endpoint, node, reg};
use mipi_dsi::bus::report::DeviceState;

/// Phandles of the endpoints at either end.
const AT_HOST: u32 = 1;
const AT_DEVICE: u32 = 2;

const PANEL: &str = "orisetech,otm8009a";
const BRIDGE: &str = "ti,sn65dsi83";

/// Each peripheral's answer: its name in the tree, the result and the error.
fn answers(tree: &Tree) -> Vec<String> {
    answers_with(tree, Facts::of_linux())
}

fn answers_with(tree: &Tree, facts: &Facts) -> Vec<String> {
    let pipelines = pipeline::find_with(tree, facts);
    holds_on_a_live_board(tree, facts, &pipelines);
    let unlinked = answer::unlinked::find(tree, facts, &pipelines);
    let said = |node, answer: &answer::Answer| {
        let error = answer.error().map_or(String::new(), |error| format!(" {error}"));
        format!("{}: {}{error}", tree.node(node).name(), answer.name())
    };
    let on_hosts = pipelines.iter().map(|pipeline| said(pipeline.peripheral.node, &pipeline.answer));
    let elsewhere = unlinked.iter().map(|unlinked| said(unlinked.node, &unlinked.answer));
    on_hosts.chain(elsewhere).collect()
}

/// On a live board just those are attached that attach, and just those show the picture that have one.
fn holds_on_a_live_board(tree: &Tree, facts: &Facts, pipelines: &[Pipeline]) {
    if pipelines.is_empty() {
        return;
    }
    let options = BoardOptions { width: 24, height: 16, facts: facts.clone(), ..BoardOptions::default() };
    let board = LiveBoard::bring_up(tree, pipelines, &options, None).expect("it comes up");
    let status = board.status();
    for (link, state) in board.all_links().zip(&status.peripherals) {
        let is_attached = state.state == DeviceState::Attached;
        assert_eq!(is_attached, link.answer.is_up(), "{}: {}\n{status}", link.name, link.answer);
        let has_picture = link.answer == answer::Answer::Attaches;
        assert_eq!(state.shows_picture, has_picture, "{}: {}\n{status}", link.name, link.answer);
        if let answer::Answer::Deferred { .. } = &link.answer {
            assert!(state.driver.starts_with("deferred: "), "{status}");
        }
    }
    assert_eq!(board.take_down(), Vec::<String>::new(), "{status}");
}

fn warnings(tree: &Tree) -> Vec<(WarningKind, String)> {
    let facts = Facts::of_linux();
    let found = warning::find(tree, facts, &pipeline::find(tree));
    found.into_iter().map(|warning| (warning.kind, warning.path)).collect()
}

fn our_own(name: &str) -> Tree {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dsi/boards/links");
    let bytes = std::fs::read(folder.join(name).with_extension("dtb")).expect("our own");
    Tree::from_dtb(&bytes).expect("a blob")
}

fn host(compatibles: &str, items: impl Into<Vec<Item>>) -> Item {
    node("dsi@1", [vec![compatible(compatibles), reg(1)], items.into()].concat())
}

/// A child of the host on a channel.
fn child(name: &str, compatibles: &str, channel: u32, items: impl Into<Vec<Item>>) -> Item {
    node(name, [vec![compatible(compatibles), reg(channel)], items.into()].concat())
}

/// An I2C bus with a chip on it.
fn i2c(compatibles: &str, items: impl Into<Vec<Item>>) -> Item {
    let chip = [vec![compatible(compatibles), reg(0x2c)], items.into()].concat();
    node("i2c@9", [reg(9), cells("#address-cells", &[1]), node("chip@2c", chip)])
}

/// An endpoint that states lanes.
fn with_lanes(own: u32, remote: u32, lanes: &[u32]) -> Item {
    let items = [cells("phandle", &[own]), cells("remote-endpoint", &[remote]), cells("data-lanes", lanes)];
    node("endpoint", items)
}

fn to_device() -> Item {
    endpoint(AT_HOST, AT_DEVICE)
}

fn to_host() -> Item {
    endpoint(AT_DEVICE, AT_HOST)
}

fn port(items: impl Into<Vec<Item>>) -> Item {
    node("port", items)
}
