//! The graph as Linux's drivers look it up: from one device, by the numbers of a port and an endpoint.
//!
//! Mirrors `drivers/of/property.c`, which takes any child of a port for an endpoint, looks only into `ports` if a
//! device has such a node, and knows `in-ports` and `out-ports` only on the way back. [`crate::graph`] is more generous:
//! it finds every link that the tree's author meant.

use crate::facts::table::{EndpointAt, Number};
use crate::tree::Node;

/// The ports of a device: those inside `ports`, if it has that, else its own.
pub fn ports<'t>(device: Node<'t>) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let holder = device.children().find(|child| child.base_name() == "ports").unwrap_or(device);
    holder.children().filter(|child| child.base_name() == "port")
}

/// The ports that a device has beside `ports`, if it has that: Linux does not find them.
pub fn ports_beside<'t>(device: Node<'t>) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let has_ports = device.children().any(|child| child.base_name() == "ports");
    device.children().filter(move |child| has_ports && child.base_name() == "port")
}

/// The endpoint of a device at a place (`of_graph_get_endpoint_by_regs`). `channel` is that of the DSI device, for the
/// places that depend on it.
#[must_use]
pub fn endpoint_at(device: Node<'_>, at: EndpointAt, channel: u32) -> Option<Node<'_>> {
    let number = |node: Node<'_>| node.u32("reg").unwrap_or(0);
    ports(device)
        .filter(|port| at.port.matches(number(*port), channel))
        .flat_map(Node::children)
        .find(|endpoint| at.endpoint.matches(number(*endpoint), channel))
}

/// The device that an endpoint leads to (`of_graph_get_remote_port_parent`), enabled or not.
#[must_use]
pub fn remote_device(endpoint: Node<'_>) -> Option<Node<'_>> {
    let around = endpoint.reference("remote-endpoint")?.parent()?.parent()?;
    match around.base_name() {
        "ports" | "in-ports" | "out-ports" => around.parent(),
        _ => Some(around),
    }
}

/// The device that an endpoint at a place leads to, if it is enabled (`of_graph_get_remote_node`).
#[must_use]
pub fn remote_at(device: Node<'_>, at: EndpointAt, channel: u32) -> Option<Node<'_>> {
    remote_device(endpoint_at(device, at, channel)?).filter(|remote| remote.is_enabled())
}

/// How many lanes a property states: one entry for each lane.
#[must_use]
pub fn lane_entries(node: Node<'_>, property: &str) -> Option<usize> {
    let value = node.property(property)?;
    // Half a cell at the end makes the whole property invalid.
    value.len().is_multiple_of(4).then_some(value.len() / 4)
}

/// Any port and any endpoint.
pub const ANYWHERE: EndpointAt = EndpointAt { port: Number::Any, endpoint: Number::Any };
