//! Reports what changes on the DSI bus, when it is seen: after each event of the device model and after each step.
//!
//! It compares reports, so it does not report what came and went between two looks.

use super::DsiBus;
use super::hardware::Hardware;
use mipi_dsi::bus::{
    Node,
    report::{DeviceState, Presence},
};
use mipi_dsi::wire::VirtualChannel;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Called with the name of a host or DSI device and what has become of it.
pub type BusListener = Rc<dyn Fn(&str, &str)>;

/// A host, or one of its channels.
type Place = (usize, Option<u8>);

pub(super) struct Watch {
    bus: DsiBus,
    /// The hosts' names.
    names: Vec<(Node, String)>,
    listener: BusListener,
    /// What was reported last.
    seen: RefCell<BTreeMap<Place, &'static str>>,
}

const GONE: &str = "unregistered";

impl Watch {
    pub(super) fn new(bus: DsiBus, hardware: &Hardware, listener: BusListener) -> Self {
        let names = hardware.hosts.iter().map(|host| (host.bus_node(), host.name.clone())).collect();
        Self { bus, names, listener, seen: RefCell::default() }
    }

    pub(super) fn look(&self) {
        let mut now = self.places();
        // A slot that nobody holds any more has no report.
        for place in self.seen.borrow().keys() {
            now.entry(*place).or_insert(GONE);
        }
        let before = self.seen.replace(now.clone());
        for (place, state) in now {
            let was = before.get(&place).copied().unwrap_or(GONE);
            if was != state {
                let lost_its_link = state == "registered" && (was == "attached" || was == "detaching");
                (self.listener)(&self.name(place), if lost_its_link { "detached" } else { state });
            }
        }
    }

    fn places(&self) -> BTreeMap<Place, &'static str> {
        let mut places = BTreeMap::new();
        let mut put = |place, state| {
            // A host that has come back may be in another slot than the one that has gone.
            if state != GONE || !places.contains_key(&place) {
                places.insert(place, state);
            }
        };
        for report in self.bus.reports() {
            let Some(Node(node)) = report.node else { continue };
            let host = match report.presence {
                Presence::Gone => GONE,
                Presence::Present => "registered as a host",
                Presence::Leaving(_) => "leaving: its peripherals get notice",
            };
            put((node, None), host);
            for device in &report.devices {
                let state = match device.state {
                    DeviceState::Gone => GONE,
                    DeviceState::Registered => "registered",
                    DeviceState::Attaching => "attaching",
                    DeviceState::Attached => "attached",
                    DeviceState::Detaching => "detaching",
                    DeviceState::Unregistering => "unregistering",
                };
                put((node, Some(VirtualChannel::get(device.channel))), state);
            }
        }
        places
    }

    fn name(&self, (node, channel): Place) -> String {
        let host = self.names.iter().find(|(found, _)| *found == Node(node));
        let host = host.map_or("a host", |(_, name)| name);
        channel.map_or_else(|| host.to_owned(), |channel| format!("{host}.{channel}"))
    }
}
