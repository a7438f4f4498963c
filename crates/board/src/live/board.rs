//! The live board: brought up, stepped, inspected, taken down.

use super::DsiBus;
use super::dsi_driver::DsiDriver;
use super::hardware::{BoardOptions, Hardware, HostHardware, PeripheralHardware};
use super::host_driver::HostDriver;
use super::other_driver::OtherDriver;
use super::watch::Watch;
use crate::facts::Bus;
use crate::pipeline::{self, CHANNELS, Peripheral, Pipeline};
use crate::tree::Tree;
use device_model::{AddError, BusType, DeviceDescription, DeviceId, Driver, Event, LoadError, Model};
use mipi_dsi::bus::report::Presence;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use thiserror::Error;
use virtual_hardware::{Picture, VirtualClock, test_picture};

/// A board with its devices on the model, its drivers loaded, and its hosts on the DSI bus.
pub struct LiveBoard {
    pub(super) model: Model,
    pub(super) bus: DsiBus,
    pub(super) hardware: Hardware,
    picture: Picture,
    /// The number of rounds after which the drivers gave up binding and unbinding one another, if they did.
    unsettled: Rc<Cell<Option<usize>>>,
    watch: Option<Rc<Watch>>,
}

/// Called with everything that happens on the device model.
pub type Observer = Rc<dyn Fn(&Event)>;

/// Why a board could not be brought up.
#[derive(Debug, Error)]
pub enum BringUpError {
    /// The tree has no live pipeline; a sentence for each of its DSI hosts says why.
    #[error("{}", no_pipeline(.0))]
    NoPipeline(Vec<String>),
    /// Two devices have one name in sysfs.
    #[error("{} and {} are both '{name}' in sysfs; give them different addresses", .paths[0], .paths[1])]
    SameName {
        /// The name.
        name: String,
        /// Their nodes.
        paths: [String; 2],
    },
    /// A peripheral is on a virtual channel that DSI does not have.
    #[error("{path}: there is no channel {channel}: a DSI link has the channels 0 to 3")]
    Channel {
        /// Its node.
        path: String,
        /// The channel.
        channel: u8,
    },
    /// Two of its devices have the same name, or another conflict.
    #[error("a device can't be added: {0}")]
    Device(AddError),
    /// Two of its drivers have the same name.
    #[error("a driver can't be loaded: {0}")]
    Driver(LoadError),
}

/// Why none of these hosts has a live pipeline.
fn no_pipeline(hosts: &[String]) -> String {
    match hosts {
        [] => "the tree has no DSI host that a driver of Linux 6.12 knows".to_owned(),
        hosts => format!("no enabled DSI host has an enabled peripheral: {}", hosts.join("; ")),
    }
}

impl LiveBoard {
    /// Builds the hardware, adds the devices, loads the drivers. After this, everything that can be bound is bound, set
    /// up, and shows the test picture.
    ///
    /// The drivers of peripherals are loaded before those of hosts, so that those on other buses are deferred first.
    ///
    /// # Errors
    ///
    /// [`BringUpError`], if there is nothing to bring up or names collide.
    pub fn bring_up(
        tree: &Tree,
        pipelines: &[Pipeline],
        options: &BoardOptions,
        observer: Option<Observer>,
    ) -> Result<Self, BringUpError> {
        for Peripheral { node, channel, .. } in pipelines.iter().map(|pipeline| &pipeline.peripheral) {
            if let Some(channel) = channel.filter(|channel| u32::from(*channel) >= CHANNELS) {
                return Err(BringUpError::Channel { path: tree.node(*node).path(), channel });
            }
        }
        let hardware = Hardware::new(tree, pipelines, options);
        if hardware.hosts.is_empty() {
            return Err(BringUpError::NoPipeline(pipeline::why_none(tree, &options.facts)));
        }
        let bus = DsiBus::with_hosts(hardware.hosts.len());
        let model = Model::new();
        let unsettled = Rc::new(Cell::new(None));
        let listener = options.bus_listener.clone();
        let watch = listener.map(|listener| Rc::new(Watch::new(bus.clone(), &hardware, listener)));
        model.set_observer(noting_unsettled(unsettled.clone(), observer, watch.clone()));
        let picture = test_picture(options.width, options.height);
        let board = Self { model, bus, hardware, picture, unsettled, watch };
        board.add_devices()?;
        board.load_drivers().map_err(BringUpError::Driver)?;
        board.refresh();
        Ok(board)
    }

    fn add_devices(&self) -> Result<(), BringUpError> {
        for host in &self.hardware.hosts {
            let device = DeviceDescription::new(bus_type(host.fact.bus), host.name.as_str())
                .compatible([host.fact.compatible])
                .node(host.path.as_str())
                .data(host.clone());
            self.model.add(device).map_err(|error| self.not_added(error, &host.name, &host.path))?;
        }
        let elsewhere = self.hardware.peripherals.iter().filter(|device| device.control_bus != Bus::Dsi);
        for peripheral in elsewhere {
            let bus = bus_type(peripheral.control_bus);
            let device = DeviceDescription::new(bus, peripheral.name.as_str())
                .compatible([peripheral.compatible.as_str()])
                .node(peripheral.path.as_str())
                .data(peripheral.clone());
            let not_added = |error| self.not_added(error, &peripheral.name, &peripheral.path);
            self.model.add(device).map_err(not_added)?;
        }
        Ok(())
    }

    fn not_added(&self, error: AddError, name: &str, path: &str) -> BringUpError {
        let AddError::Duplicate { existing } = &error else { return BringUpError::Device(error) };
        let first = self.model.info(existing.id).ok().and_then(|info| info.node().map(str::to_owned));
        let paths = [first.unwrap_or_else(|| existing.name.to_string()), path.to_owned()];
        BringUpError::SameName { name: name.to_owned(), paths }
    }

    fn load_drivers(&self) -> Result<(), LoadError> {
        for driver in self.drivers() {
            self.model.load(driver)?;
        }
        Ok(())
    }

    /// One driver for each that Linux has: peripherals' first.
    pub(super) fn drivers(&self) -> Vec<Rc<dyn Driver>> {
        let peripherals = self.hardware.peripherals.iter().filter_map(|peripheral| peripheral.fact);
        let peripherals = drivers_of(peripherals.map(|fact| (fact.bus, fact.driver_name, fact.compatible)));
        let hosts = self.hardware.hosts.iter().map(|host| host.fact);
        let hosts = drivers_of(hosts.map(|fact| (fact.bus, fact.driver_name, fact.compatible)));
        let (bus, clock) = (&self.bus, &self.hardware.clock);
        let peripherals = peripherals.into_iter().map(|((on, name), compatible)| -> Rc<dyn Driver> {
            let (bus, clock) = (bus.clone(), clock.clone());
            match on {
                Bus::Dsi => Rc::new(DsiDriver { name, compatible, bus, clock }),
                _ => Rc::new(OtherDriver { name, bus_type: bus_type(on), compatible, bus, clock }),
            }
        });
        let hosts = hosts.into_iter().map(|((on, name), compatible)| -> Rc<dyn Driver> {
            Rc::new(HostDriver { name, bus_type: bus_type(on), compatible, bus: bus.clone() })
        });
        peripherals.chain(hosts).collect()
    }

    /// Sends a frame to every screen that is attached in video mode, as the display controller does all the time.
    pub(super) fn refresh(&self) {
        for peripheral in self.all_links() {
            if peripheral.link.borrow().is_none() {
                continue;
            }
            let Some(host) = self.host_of(peripheral) else { continue };
            if peripheral.is_displayed() {
                // Not attached any more: then there is nothing to show.
                let _ = host.controller.scan_out(peripheral.channel, &self.picture);
            }
        }
    }

    /// The picture that every screen gets.
    pub fn test_picture(&self) -> &Picture {
        &self.picture
    }

    /// Virtual time.
    pub fn clock(&self) -> &VirtualClock {
        &self.hardware.clock
    }

    /// Its hosts, in the order of the tree.
    pub fn hosts(&self) -> impl Iterator<Item = &HostHardware> {
        self.hardware.hosts.iter().map(|host| &**host)
    }

    /// Its peripherals, in the order of the pipelines.
    pub fn peripherals(&self) -> impl Iterator<Item = &PeripheralHardware> {
        self.hardware.peripherals.iter().map(|peripheral| &**peripheral)
    }

    /// Its peripherals and their second links.
    pub fn all_links(&self) -> impl Iterator<Item = &PeripheralHardware> {
        self.peripherals().flat_map(|peripheral| {
            std::iter::once(peripheral).chain(peripheral.second_links.iter().map(|link| &**link))
        })
    }

    /// Tells what has changed on the DSI bus.
    pub(super) fn watch(&self) {
        if let Some(watch) = &self.watch {
            watch.look();
        }
    }

    /// The host that a peripheral or second link is connected to.
    pub fn host_of(&self, peripheral: &PeripheralHardware) -> Option<&HostHardware> {
        self.hosts().find(|host| host.node == peripheral.host)
    }

    /// The model's device for a host.
    pub(super) fn host_device(&self, host: &HostHardware) -> Option<DeviceId> {
        self.model.find(&bus_type(host.fact.bus), &host.name)
    }

    /// The model's device for a peripheral; a device on the DSI bus exists while its host does.
    pub(super) fn peripheral_device(&self, peripheral: &PeripheralHardware) -> Option<DeviceId> {
        self.model.find(&bus_type(peripheral.control_bus), &peripheral.name)
    }

    /// What the hardware has seen that breaks the contract, as sentences; empty if all is well.
    pub fn breaches(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for host in self.hosts() {
            let violations = host.controller.violations();
            breaches.extend(violations.iter().map(|violation| format!("host {}: {violation}", host.name)));
            let handles = Arc::strong_count(&host.controller) - 1;
            if handles > 0 && self.bus.find_host_by_node(host.bus_node()).is_none() {
                breaches.push(format!(
                    "host {}: {handles} handles of the controller are left after its removal",
                    host.name
                ));
            }
        }
        if let Some(rounds) = self.unsettled.get() {
            breaches.push(format!("binding does not settle: given up after {rounds} rounds"));
        }
        for peripheral in self.all_links() {
            let of = |breach: String| format!("{}: {breach}", peripheral.name);
            breaches.extend(peripheral.breaches().into_iter().map(of));
        }
        breaches
    }

    /// Removes all devices and unloads all drivers. Returns what broke the contract or is left, as sentences.
    pub fn take_down(self) -> Vec<String> {
        let residue = self.model.tear_down();
        let mut left = self.breaches();
        if !residue.is_empty() {
            left.push(format!("left on the device model: {residue}"));
        }
        let status = self.status();
        left.extend(status.held.iter().map(|held| format!("left on the DSI bus: {held}")));
        let present = status.hosts.iter().filter(|host| host.presence != Presence::Gone);
        left.extend(present.map(|host| format!("left on the DSI bus: host {}", host.name)));
        left
    }
}

/// The model says only once that it has given up; the board keeps this as a breach.
fn noting_unsettled(
    unsettled: Rc<Cell<Option<usize>>>,
    observer: Option<Observer>,
    watch: Option<Rc<Watch>>,
) -> Observer {
    Rc::new(move |event| {
        if let Event::SettlingGivenUp { rounds } = event {
            unsettled.set(Some(*rounds));
        }
        if let Some(observer) = &observer {
            observer(event);
        }
        if let Some(watch) = &watch {
            watch.look();
        }
    })
}

/// What each driver serves, by its bus and name.
type Drivers = BTreeMap<(Bus, &'static str), Vec<&'static str>>;

fn drivers_of(facts: impl Iterator<Item = (Bus, &'static str, &'static str)>) -> Drivers {
    let mut drivers = Drivers::new();
    for (bus, name, compatible) in facts {
        let served = drivers.entry((bus, name)).or_default();
        if !served.contains(&compatible) {
            served.push(compatible);
        }
    }
    drivers
}

pub(super) fn bus_type(bus: Bus) -> BusType {
    match bus {
        Bus::Platform => BusType::PLATFORM,
        Bus::I2c => BusType::I2C,
        Bus::Spi => BusType::SPI,
        Bus::Dsi => BusType::MIPI_DSI,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binding_that_does_not_settle_is_a_breach() {
        let hardware = Hardware::new(&Tree::empty(), &[], &BoardOptions::default());
        let unsettled = Rc::new(Cell::new(None));
        let observer = noting_unsettled(unsettled.clone(), None, None);
        let (model, bus, picture) = (Model::new(), DsiBus::with_hosts(1), test_picture(8, 8));
        let board = LiveBoard { model, bus, hardware, picture, unsettled, watch: None };
        assert!(board.breaches().is_empty());
        observer(&Event::SettlingGivenUp { rounds: 7 });
        assert_eq!(board.breaches(), ["binding does not settle: given up after 7 rounds"]);
    }
}
