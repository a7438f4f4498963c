//! From the pipelines of a board to the shapes to search: who is linked to whom, and what kind of driver each
//! has. Ends that have nothing to do with each other are shapes of their own.

use super::not_judged::{self, NotJudged};
use crate::input::Board;
use board::facts::{self, Bus, HostFact, Release as FactRelease};
use board::names::{CHANNEL_FROM_OTHER_BUS, Names as BoardNames};
use board::pipeline::Connection;
use board::{NodeId, Pipeline, Tree};
use std::collections::BTreeMap;
use teardown_check::Names;
use teardown_check::action::End;
use teardown_check::shape::{
    Callers, Control, HostShape, LinkShape, OnNotice, OtherChild, PeripheralShape, Release, Shape,
};

/// A part of a board that has nothing to do with the rest: a shape, and the names of its ends.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) shape: Shape,
    pub(crate) names: Names,
    /// Where the driver of each end is in sysfs.
    pub(crate) drivers: Vec<(End, Driver)>,
    /// Peripherals that claim a channel of another peripheral: the board's mistake, as no bus can serve both.
    pub(crate) left_out: Vec<String>,
}

/// A driver, as sysfs shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Driver {
    pub(crate) bus: Bus,
    pub(crate) name: &'static str,
}

impl Driver {
    /// Its folder.
    pub(crate) fn folder(&self) -> String {
        format!("{}/drivers/{}", self.bus.sysfs_folder(), self.name)
    }
}

impl Part {
    /// The driver of an end.
    pub(crate) fn driver(&self, end: End) -> Option<&Driver> {
        self.drivers.iter().find(|(of, _)| *of == end).map(|(_, driver)| driver)
    }
}

/// The parts of a board of which an order can be judged, in the order of its hosts; and the peripherals that can't be
/// judged. A part has the hosts that are registered and the peripherals that attach.
pub(crate) fn parts(board: &Board) -> (Vec<Part>, Vec<NotJudged>) {
    let Board { tree, facts, pipelines, .. } = board;
    let names = BoardNames::with(tree, facts);
    let not_judged = not_judged::of(tree, &names, pipelines);
    let judged = pipelines.iter().filter(|pipeline| pipeline.answer.is_up());
    let mut groups: Vec<Vec<&Pipeline>> = Vec::new();
    for pipeline in judged {
        let touches = |group: &Vec<&Pipeline>| {
            group.iter().any(|other| {
                other.host.node == pipeline.host.node || other.peripheral.node == pipeline.peripheral.node
            })
        };
        // One pipeline may tie two groups together.
        let (touched, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(touches);
        groups = others;
        groups.push(touched.into_iter().flatten().chain([pipeline]).collect());
    }
    groups.sort_by_key(|group| {
        group.iter().filter_map(|one| pipelines.iter().position(|other| std::ptr::eq(*one, other))).min()
    });
    let are_all = groups.len() == 1;
    (groups.iter().map(|group| part(tree, &names, group, are_all)).collect(), not_judged)
}

fn part(tree: &Tree, names: &BoardNames<'_>, pipelines: &[&Pipeline], are_all: bool) -> Part {
    let node_name = |node: NodeId| tree.node(node).name().to_owned();
    let mut modules: Vec<&'static str> = Vec::new();
    let mut module_of = |driver: &'static str| {
        modules.iter().position(|known| *known == driver).unwrap_or_else(|| {
            modules.push(driver);
            modules.len() - 1
        })
    };
    let mut hosts: Vec<NodeId> = Vec::new();
    let mut part = Part {
        shape: Shape { hosts: Vec::new(), peripherals: Vec::new(), callers: Callers::default() },
        names: Names { hosts: Vec::new(), peripherals: Vec::new(), are_all },
        drivers: Vec::new(),
        left_out: Vec::new(),
    };
    let mut claimed: Vec<LinkShape> = Vec::new();
    for pipeline in pipelines {
        if hosts.contains(&pipeline.host.node) {
            continue;
        }
        let fact = pipeline.host.fact;
        part.shape.hosts.push(HostShape {
            other_child: has_phy_child(fact).then_some(OtherChild::LooksDetached),
            ..HostShape::new(module_of(fact.driver_name))
        });
        part.drivers.push((End::Host(hosts.len()), Driver { bus: fact.bus, name: fact.driver_name }));
        let name = names.host(pipeline).map_or_else(|| node_name(pipeline.host.node), |name| name.text);
        part.names.hosts.push(name);
        hosts.push(pipeline.host.node);
    }
    // By peripheral, the link by which it is its host's child first.
    let mut peripherals: BTreeMap<NodeId, Vec<&Pipeline>> = BTreeMap::new();
    for pipeline in pipelines {
        peripherals.entry(pipeline.peripheral.node).or_default().push(pipeline);
    }
    for links in peripherals.values_mut() {
        links.sort_by_key(|pipeline| pipeline.connection == Connection::SecondLink);
        let Some(first) = links.first().copied() else { continue };
        // What no driver knows is never bound.
        let Some(fact) = first.peripheral.fact else { continue };
        let index = part.shape.peripherals.len();
        let control = if fact.bus == Bus::Dsi { Control::Dsi } else { Control::Other };
        let link = |pipeline: &&Pipeline| {
            let host = hosts.iter().position(|host| *host == pipeline.host.node)?;
            let channel = match pipeline.connection {
                Connection::Child | Connection::ChildAndGraph => pipeline.peripheral.channel,
                Connection::Graph | Connection::SecondLink => None,
            };
            Some(LinkShape { host, channel: channel.unwrap_or(CHANNEL_FROM_OTHER_BUS) })
        };
        let name = names.peripheral(first);
        let name = name.map_or_else(|| node_name(first.peripheral.node), |name| name.text);
        let links: Vec<LinkShape> = links.iter().filter_map(link).collect();
        if links.iter().any(|link| claimed.contains(link)) {
            part.left_out.push(name);
            continue;
        }
        claimed.extend(&links);
        part.shape.peripherals.push(PeripheralShape {
            module: module_of(fact.driver_name),
            control,
            links,
            release: release(fact),
            on_notice: OnNotice::LetGo,
        });
        let driver = Driver { bus: fact.bus, name: fact.driver_name };
        part.drivers.push((End::Peripheral(index), driver));
        part.names.peripherals.push(name);
    }
    part
}

fn has_phy_child(fact: &HostFact) -> bool {
    fact.link.as_ref().is_some_and(|link| link.limits.has_phy_child)
}

fn release(fact: &facts::PeripheralFact) -> Release {
    match fact.release {
        Some(FactRelease::ForgetsToUnregister) => Release::Forgotten,
        Some(FactRelease::UndoesNothing) => Release::Abandoned,
        Some(FactRelease::Managed) => Release::Managed,
        // On the DSI bus nearly all detach in their remove function.
        Some(FactRelease::Plain) | None => Release::Plain,
    }
}

/// What a shape is, in words.
pub(crate) fn describe(shape: &Shape) -> String {
    let hosts = match shape.hosts.len() {
        1 => "one host".to_owned(),
        count => format!("{count} hosts"),
    };
    let phy = if shape.hosts.iter().any(|host| host.other_child.is_some()) {
        " with a PHY for a child"
    } else {
        ""
    };
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for peripheral in &shape.peripherals {
        let control = match peripheral.control {
            Control::Dsi => "on the DSI bus",
            Control::Other => "on another bus",
            Control::OwnDevice => "with a DSI device of its own",
        };
        let release = match (peripheral.control, peripheral.release) {
            (Control::Dsi, _) => "",
            (_, Release::Managed) => ", managed",
            (_, Release::Plain) => ", plain",
            (_, Release::Forgotten) => ", forgets to unregister",
            (_, Release::Abandoned) => ", undoes nothing",
        };
        let links = match peripheral.links.len() {
            1 => String::new(),
            count => format!(", {count} links"),
        };
        *kinds.entry(format!("{control}{release}{links}")).or_default() += 1;
    }
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| match count {
            1 => format!("a peripheral {kind}"),
            _ => format!("{count} peripherals {kind}"),
        })
        .collect();
    match kinds[..] {
        [] => format!("{hosts}{phy}, no peripheral that a driver knows"),
        _ => format!("{hosts}{phy}, {}", kinds.join(", ")),
    }
}
