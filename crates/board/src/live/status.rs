//! Who is registered, attached, running, or gone but still held, and by whom: of a live board at one moment.

use super::board::LiveBoard;
use super::hardware::{HostHardware, PeripheralHardware};
use crate::text::visible;
use device_model::{DeviceId, DeviceState as ModelState};
use mipi_dsi::bus::{
    adapter::Name,
    report::{DeviceState, Presence},
};
use std::fmt;

/// What is known of a host of the DSI bus.
type HostReport = mipi_dsi::bus::report::HostReport<Name>;
/// What is known of one of its channels.
type DeviceReport = mipi_dsi::bus::report::DeviceReport<Name>;

/// All hosts and peripherals of a board.
#[derive(Debug, Clone)]
pub struct Status {
    /// In the order of the tree.
    pub hosts: Vec<HostStatus>,
    /// In the order of the pipelines.
    pub peripherals: Vec<PeripheralStatus>,
    /// What is gone but still held: a sentence each.
    pub held: Vec<String>,
}

/// One host.
#[derive(Debug, Clone)]
pub struct HostStatus {
    /// Its device's name.
    pub name: String,
    /// What its driver is doing.
    pub driver: String,
    /// Whether it is on the DSI bus.
    pub presence: Presence,
    /// Whether it is or was there.
    pub was_registered: bool,
    /// Whether it has been pulled out of the board.
    pub is_out: bool,
    /// Whether the tree does not fix the bus number in its name.
    pub name_is_guessed: bool,
}

/// One peripheral.
#[derive(Debug, Clone)]
pub struct PeripheralStatus {
    /// Its device's name.
    pub name: String,
    /// What its driver is doing.
    pub driver: String,
    /// What its DSI device is doing.
    pub state: DeviceState,
    /// Whether its DSI device is or was registered.
    pub was_registered: bool,
    /// Whether the tree does not fix the bus number in its name.
    pub name_is_guessed: bool,
    /// Whether its cable is in.
    pub plugged: bool,
    /// Whether its screen shows the test picture, and not black or something else.
    pub shows_picture: bool,
    /// Why its link shows no picture in Linux, while it is attached.
    pub no_picture: Option<String>,
}

impl LiveBoard {
    /// The state of everything.
    pub fn status(&self) -> Status {
        let reports: Vec<HostReport> = self.bus.reports().collect();
        let hosts = self.hosts().map(|host| HostStatus {
            name: host.name.clone(),
            driver: self.driver_state(self.host_device(host)),
            presence: report_of(&reports, host).map_or(Presence::Gone, |report| report.presence),
            was_registered: host.was_registered.get(),
            is_out: host.is_out.get(),
            name_is_guessed: host.name_is_guessed,
        });
        let mut peripherals = Vec::new();
        for peripheral in self.peripherals() {
            let driver = self.driver_state(self.peripheral_device(peripheral));
            peripherals.push(self.peripheral_status(&reports, peripheral, driver));
            for second in &peripheral.second_links {
                let driver = format!("second link of {}", peripheral.name);
                peripherals.push(self.peripheral_status(&reports, second, driver));
            }
        }
        Status { hosts: hosts.collect(), peripherals, held: self.held(&reports) }
    }

    fn peripheral_status(
        &self,
        reports: &[HostReport],
        peripheral: &PeripheralHardware,
        driver: String,
    ) -> PeripheralStatus {
        let state = self.device_state(reports, peripheral);
        PeripheralStatus {
            name: peripheral.name.clone(),
            driver,
            state,
            was_registered: peripheral.was_registered.get(),
            name_is_guessed: peripheral.name_is_guessed,
            plugged: peripheral.is_plugged(),
            shows_picture: peripheral.picture() == *self.test_picture(),
            no_picture: peripheral.why_not_displayed().filter(|_| state == DeviceState::Attached),
        }
    }

    fn driver_state(&self, device: Option<DeviceId>) -> String {
        let state = device.and_then(|device| self.model.state(device).ok());
        let failure = device.and_then(|device| self.model.last_failure(device).ok()).flatten();
        match state {
            None => "no such device".to_owned(),
            Some(ModelState::Unbound) => failure.map_or_else(
                || "not bound".to_owned(),
                |failure| format!("not bound: probe failed: {}", failure.reason),
            ),
            Some(ModelState::Bound { driver }) => format!("bound to {driver}"),
            Some(ModelState::Deferred { reason, .. }) => format!("deferred: {reason}"),
            Some(ModelState::Probing { driver }) => format!("{driver} is probing it"),
            Some(ModelState::Unbinding { driver }) => format!("{driver} is leaving it"),
            Some(ModelState::Removing { .. }) => "being removed".to_owned(),
        }
    }

    /// What is gone but still held. A DSI device is registered with the name of its peripheral, which holds it.
    fn held(&self, reports: &[HostReport]) -> Vec<String> {
        let mut held = Vec::new();
        for report in reports {
            let of_host = if report.presence == Presence::Gone { report.handles.current } else { 0 };
            let handles = of_host + report.handles.old;
            let host = self.host_of_report(report);
            if handles > 0 {
                held.push(format!("host {host} is gone, but still held by {}", count(handles)));
            }
            for device in &report.devices {
                let gone = device.state == DeviceState::Gone;
                let handles = if gone { device.handles.current } else { 0 } + device.handles.old;
                if handles > 0 {
                    held.push(format!(
                        "the DSI device {}.{} is gone, but still held by {} ({})",
                        host,
                        device.channel.get(),
                        self.holder(report, device),
                        count(handles)
                    ));
                }
            }
        }
        held
    }

    /// The whole name of the host that a slot is or was of.
    fn host_of_report(&self, report: &HostReport) -> String {
        let host = self.hosts().find(|host| report.node == Some(host.bus_node()));
        host.map_or_else(|| shown(report.name), |host| host.name.clone())
    }

    /// The peripheral whose driver registered a DSI device: the one with that host and channel. Several bridges may
    /// have had the channel in turn; the name tells them apart.
    fn holder(&self, report: &HostReport, device: &DeviceReport) -> String {
        let of_it = |link: &PeripheralHardware| is_of(report, device, link);
        let holder = self
            .peripherals()
            .find(|peripheral| of_it(peripheral) || peripheral.second_links.iter().any(|link| of_it(link)));
        holder.map_or_else(|| shown(device.name), |peripheral| peripheral.name.clone())
    }

    fn device_state(&self, reports: &[HostReport], peripheral: &PeripheralHardware) -> DeviceState {
        let host = self.host_of(peripheral).and_then(|host| report_of(reports, host));
        let device = host.and_then(|host| host.devices.iter().find(|device| is_of(host, device, peripheral)));
        device.map_or(DeviceState::Gone, |device| device.state)
    }
}

/// The slot that a host is in, or was in last; a slot in use before one whose host has gone.
fn report_of<'r>(reports: &'r [HostReport], host: &HostHardware) -> Option<&'r HostReport> {
    let of_it = || reports.iter().filter(|report| report.node == Some(host.bus_node()));
    of_it().find(|report| report.presence != Presence::Gone).or_else(|| of_it().next())
}

/// Whether a channel of a host belongs, or last belonged, to a peripheral.
fn is_of(report: &HostReport, device: &DeviceReport, peripheral: &PeripheralHardware) -> bool {
    report.node == Some(peripheral.host_node())
        && device.channel == peripheral.channel
        && device.name.is_some_and(|name| name.as_str() == peripheral.device_name())
}

fn shown(name: Option<Name>) -> String {
    name.map_or_else(String::new, |name| name.to_string())
}

fn count(handles: u32) -> String {
    if handles == 1 { "1 handle".to_owned() } else { format!("{handles} handles") }
}

/// How the status says that a name is a guess.
const GUESSED: &str = " (bus number guessed)";

impl fmt::Display for Status {
    /// One line for each, without control characters from the tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.hosts.iter().map(|host| &host.name);
        let width = names.chain(self.peripherals.iter().map(|peripheral| &peripheral.name));
        let width = width.map(String::len).max().unwrap_or_default();
        for host in &self.hosts {
            let presence = match host.presence {
                Presence::Gone if !host.was_registered => "not registered",
                Presence::Gone => "gone",
                Presence::Present => "registered",
                Presence::Leaving(_) => "leaving",
            };
            let out = if host.is_out { ", out of the board" } else { "" };
            let guessed = if host.name_is_guessed { GUESSED } else { "" };
            let line =
                format!("  host        {:width$}  {presence:<12}  {}{out}{guessed}", host.name, host.driver);
            writeln!(f, "{}", visible(&line))?;
        }
        for peripheral in &self.peripherals {
            let state = match peripheral.state {
                DeviceState::Gone if !peripheral.was_registered => "not registered",
                DeviceState::Gone => "gone",
                DeviceState::Registered => "registered",
                DeviceState::Attaching => "attaching",
                DeviceState::Attached => "attached",
                DeviceState::Detaching => "detaching",
                DeviceState::Unregistering => "unregistering",
            };
            let shows = match &peripheral.no_picture {
                _ if peripheral.shows_picture => "picture".to_owned(),
                None => "dark".to_owned(),
                Some(why) => format!("dark: {why}"),
            };
            let cable = if peripheral.plugged { "" } else { ", cable out" };
            let driver = &peripheral.driver;
            let guessed = if peripheral.name_is_guessed { GUESSED } else { "" };
            let line = format!(
                "  peripheral  {:width$}  {state:<12}  {driver}, {shows}{cable}{guessed}",
                peripheral.name
            );
            writeln!(f, "{}", visible(&line))?;
        }
        for held in &self.held {
            writeln!(f, "  {}", visible(held))?;
        }
        Ok(())
    }
}
