//! Children of a host for which Linux registers no device.

use std::collections::BTreeMap;

use super::{Warning, WarningKind};
use crate::facts::{Bus, Facts};
use crate::pipeline::CHANNELS;
use crate::tree::Node;

/// Enabled children without `reg` or `compatible`, on a channel that does not exist, or on a channel that another child has.
pub(super) fn wrong(facts: &Facts, host: Node<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut first_on: BTreeMap<u32, Node<'_>> = BTreeMap::new();
    for child in host.children().filter(|child| child.is_enabled()) {
        if child.property("compatible").is_none() && child.property("reg").is_some() {
            if is_peripheral(facts, child) {
                let text = "of_mipi_dsi_device_add gives -EINVAL: it has no compatible";
                warnings.push(Warning::new(child, WarningKind::ChildWithoutCompatible, text));
            }
            continue;
        }
        if child.compatible().next().is_none() {
            continue;
        }
        let Some(channel) = child.u32("reg") else {
            match child.property("reg") {
                None if !is_peripheral(facts, child) => {}
                None => {
                    let text = "it has no reg, so mipi_dsi_host_register skips it";
                    warnings.push(Warning::new(child, WarningKind::ChildWithoutReg, text));
                }
                Some(reg) => {
                    let text = format!(
                        "of_mipi_dsi_device_add gives -EINVAL: its reg has {} bytes, and a channel takes 4",
                        reg.len()
                    );
                    warnings.push(Warning::new(child, WarningKind::ChildWithoutReg, text));
                }
            }
            continue;
        };
        if channel >= CHANNELS {
            let text = format!("mipi_dsi_device_register_full gives -EINVAL: there is no channel {channel}");
            warnings.push(Warning::new(child, WarningKind::NoSuchChannel, text));
            continue;
        }
        match first_on.get(&channel) {
            None => {
                first_on.insert(channel, child);
            }
            Some(first) => {
                let first = first.path();
                let text =
                    format!("mipi_dsi_device_register_full gives -EEXIST: {first} has channel {channel}");
                warnings.push(Warning::new(child, WarningKind::ChannelTaken, text));
            }
        }
    }
    warnings
}

/// A host can have other children too: tables of operating points, PHYs.
fn is_peripheral(facts: &Facts, child: Node<'_>) -> bool {
    facts.peripheral(Bus::Dsi, child.compatible()).is_some()
        || matches!(child.base_name(), "panel" | "bridge" | "display")
}
