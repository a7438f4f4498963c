//! The live board: brought up, stepped, looked at, taken down.

use super::dsi_driver::DsiDriver;
use super::hardware::{BoardOptions, Hardware, HostHardware, PeripheralHardware};
use super::host_driver::HostDriver;
use super::other_driver::OtherDriver;
use super::{BusLock, DsiBus};
use crate::facts::Bus;
use crate::pipeline::Pipeline;
use crate::tree::Tree;
use device_model::{AddError, BusType, DeviceDescription, DeviceId, Driver, Event, LoadError, Model};
use mipi_dsi::bus::{Bus as MipiDsiBus, HostSlot, Registry, StdLock};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use virtual_hardware::{Picture, VirtualClock, test_picture};

/// A board with its devices on the model, its drivers loaded, and its hosts on the DSI bus.
pub struct LiveBoard {
    pub(super) model: Model,
    pub(super) bus: DsiBus,
    pub(super) hardware: Hardware,
    picture: Picture,
}

/// Called with everything that happens on the device model.
pub type Observer = Rc<dyn Fn(&Event)>;

/// Why a board could not be brought up.
#[derive(Debug)]
pub enum BringUpError {
    /// The tree has no live pipeline.
    NoPipeline,
    /// Two of its devices have one name, or the like.
    Device(AddError),
    /// Two of its drivers have one name.
    Driver(LoadError),
}

impl fmt::Display for BringUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPipeline => f.write_str("the tree has no enabled DSI host with an enabled peripheral"),
            Self::Device(error) => write!(f, "a device can't be added: {error}"),
            Self::Driver(error) => write!(f, "a driver can't be loaded: {error}"),
        }
    }
}

impl std::error::Error for BringUpError {}

impl LiveBoard {
    /// Builds the hardware, adds the devices, loads the drivers: after this, what can be bound is bound, set up, and
    /// shows the test picture.
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
        let hardware = Hardware::new(tree, pipelines, options);
        if hardware.hosts.is_empty() {
            return Err(BringUpError::NoPipeline);
        }
        let slots = hardware.hosts.iter().map(|_| HostSlot::NEW).collect();
        let lock: BusLock = Rc::new(StdLock::new(Registry::new(slots)));
        let bus = MipiDsiBus::new(lock);
        let model = Model::new();
        if let Some(observer) = observer {
            model.set_observer(observer);
        }
        let picture = test_picture(options.width, options.height);
        let board = Self { model, bus, hardware, picture };
        board.add_devices().map_err(BringUpError::Device)?;
        board.load_drivers().map_err(BringUpError::Driver)?;
        board.refresh();
        Ok(board)
    }

    fn add_devices(&self) -> Result<(), AddError> {
        for host in &self.hardware.hosts {
            let device = DeviceDescription::new(bus_type(host.fact.bus), host.name.as_str())
                .compatible([host.fact.compatible])
                .node(host.path.as_str())
                .data(host.clone());
            self.model.add(device)?;
        }
        let elsewhere = self.hardware.peripherals.iter().filter(|device| device.control_bus != Bus::Dsi);
        for peripheral in elsewhere {
            let bus = bus_type(peripheral.control_bus);
            let device = DeviceDescription::new(bus, peripheral.name.as_str())
                .compatible([peripheral.compatible.as_str()])
                .node(peripheral.path.as_str())
                .data(peripheral.clone());
            self.model.add(device)?;
        }
        Ok(())
    }

    fn load_drivers(&self) -> Result<(), LoadError> {
        for driver in self.drivers() {
            self.model.load(driver)?;
        }
        Ok(())
    }

    /// One driver for each that Linux has: peripherals' first.
    pub(super) fn drivers(&self) -> Vec<Rc<dyn Driver>> {
        let mut peripherals: BTreeMap<(Bus, &'static str), Vec<&'static str>> = BTreeMap::new();
        for fact in self.hardware.peripherals.iter().filter_map(|peripheral| peripheral.fact) {
            let compatible = peripherals.entry((fact.bus, fact.driver_name)).or_default();
            if !compatible.contains(&fact.compatible) {
                compatible.push(fact.compatible);
            }
        }
        let mut hosts: BTreeMap<(Bus, &'static str), Vec<&'static str>> = BTreeMap::new();
        for host in &self.hardware.hosts {
            let compatible = hosts.entry((host.fact.bus, host.fact.driver_name)).or_default();
            if !compatible.contains(&host.fact.compatible) {
                compatible.push(host.fact.compatible);
            }
        }
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
            let Some(host) = self.host_of(peripheral) else { continue };
            if peripheral.link.borrow().is_some() {
                // Not attached any more: then there is nothing to show.
                let _ = host.controller.scan_out(peripheral.channel, &self.picture);
            }
        }
    }

    /// The picture that is sent to every screen.
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

    pub(super) fn host_of(&self, peripheral: &PeripheralHardware) -> Option<&HostHardware> {
        self.hosts().find(|host| host.node == peripheral.host)
    }

    /// The device of the model that a host is.
    pub(super) fn host_device(&self, host: &HostHardware) -> Option<DeviceId> {
        self.model.find(&bus_type(host.fact.bus), &host.name)
    }

    /// The device of the model that a peripheral is; one on the DSI bus is there while its host is.
    pub(super) fn peripheral_device(&self, peripheral: &PeripheralHardware) -> Option<DeviceId> {
        self.model.find(&bus_type(peripheral.control_bus), &peripheral.name)
    }

    /// What breaks the contract in what the hardware has seen, as sentences; nothing if all is well.
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
        for peripheral in self.all_links() {
            let of = |breach: String| format!("{}: {breach}", peripheral.name);
            breaches.extend(peripheral.breaches().into_iter().map(of));
        }
        breaches
    }

    /// Removes all devices and unloads all drivers. Gives what broke the contract or is left, as sentences.
    pub fn take_down(self) -> Vec<String> {
        let residue = self.model.tear_down();
        let mut left = self.breaches();
        if !residue.is_empty() {
            left.push(format!("left on the device model: {residue}"));
        }
        for report in self.bus.reports() {
            left.push(format!("left on the DSI bus: {report:?}"));
        }
        left
    }
}

pub(super) fn bus_type(bus: Bus) -> BusType {
    match bus {
        Bus::Platform => BusType::PLATFORM,
        Bus::I2c => BusType::I2C,
        Bus::Spi => BusType::SPI,
        Bus::Dsi => BusType::MIPI_DSI,
    }
}
