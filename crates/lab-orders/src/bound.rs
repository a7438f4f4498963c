//! What is bound after which steps, worked out before any kernel is booted.
//!
//! This is not a model of the kernel: it knows nothing of its bugs. Where it is wrong, the kernel's side of the lab
//! says "cannot", or reports that something else is bound, and the order is an error.

use crate::impossible::WhyNot;
use crate::order::Order;
use crate::step::{Act, End, Nth};
use crate::variant::{Device, Peripherals, Probe, Release, Variant};
use std::fmt;
use teardown_steps::orders;

/// Which ends have a driver bound to them, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The hosts.
    pub hosts: Vec<bool>,
    /// The peripherals; one that does not exist has no driver.
    pub peripherals: Vec<bool>,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["host", "second host"].iter().zip(&self.hosts);
        let names = names.chain(["peripheral", "second peripheral"].iter().zip(&self.peripherals));
        let bound: Vec<_> = names.filter(|(_, bound)| **bound).map(|(name, _)| *name).collect();
        if bound.is_empty() { f.write_str("nothing") } else { f.write_str(&bound.join(", ")) }
    }
}

/// What is bound once the bench is set up, and then after each step, if every driver does what its variant says. Ends
/// before a step that nobody can take.
#[must_use]
pub fn bound(order: &Order) -> Vec<Bound> {
    let mut bench = Bench::new(&order.variant);
    let mut states = vec![bench.bound()];
    for step in &order.steps {
        if let Some(act) = step.act() {
            if bench.why_not(act).is_some() {
                break;
            }
            bench.take(act);
        }
        states.push(bench.bound());
    }
    states
}

/// What is bound and registered, as far as steps depend on it.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    peripherals: &'static Peripherals,
    outcome: Probe,
    hosts: Vec<bool>,
    /// Bound peripherals.
    bound: Vec<bool>,
    /// Peripherals whose probe was deferred.
    deferred: Vec<bool>,
    /// Taken channels, and which peripheral has each.
    taken: Vec<((usize, usize), usize)>,
}

impl Bench {
    /// The bench with all hosts bound, and every peripheral probed.
    pub(crate) fn new(variant: &Variant) -> Self {
        let peripherals = variant.peripherals;
        let count = peripherals.links.len();
        let mut bench = Self {
            peripherals,
            outcome: variant.probe(),
            hosts: vec![true; peripherals.hosts],
            bound: vec![false; count],
            deferred: vec![false; count],
            taken: Vec::new(),
        };
        (0..count).for_each(|peripheral| bench.probe(peripheral));
        bench
    }

    fn bound(&self) -> Bound {
        Bound { hosts: self.hosts.clone(), peripherals: self.bound.clone() }
    }

    /// The host of a peripheral's first link.
    fn home(&self, peripheral: usize) -> usize {
        self.peripherals.links[peripheral][0].0
    }

    fn probe(&mut self, peripheral: usize) {
        if self.bound[peripheral] {
            return;
        }
        let links = self.peripherals.links[peripheral];
        if links.iter().any(|(host, _)| !self.hosts[*host]) {
            self.deferred[peripheral] = true;
            return;
        }
        self.deferred[peripheral] = false;
        // The first link of a device on the DSI bus is that device itself.
        let registered = match self.peripherals.device {
            Device::OnAnotherBus => links,
            Device::OnTheDsiBus => &links[1..],
        };
        let is_free = |link| self.taken.iter().all(|(taken, _)| taken != link);
        if self.outcome != Probe::TakesNothing {
            if !registered.iter().all(is_free) {
                return;
            }
            self.taken.extend(registered.iter().map(|link| (*link, peripheral)));
        }
        match self.outcome {
            Probe::Succeeds | Probe::TakesNothing => self.bound[peripheral] = true,
            Probe::FailsRegistered | Probe::FailsAttached => self.release(peripheral),
        }
    }

    fn release(&mut self, peripheral: usize) {
        match self.peripherals.release {
            Release::Managed | Release::ByHand => self.taken.retain(|(_, owner)| *owner != peripheral),
            Release::Forgotten | Release::Never => (),
        }
    }

    fn unbind_host(&mut self, host: usize) {
        if !std::mem::replace(&mut self.hosts[host], false) {
            return;
        }
        if self.peripherals.device == Device::OnTheDsiBus {
            for peripheral in 0..self.bound.len() {
                if self.home(peripheral) == host {
                    self.unbind_peripheral(peripheral);
                    self.deferred[peripheral] = false;
                }
            }
        }
        self.taken.retain(|((taken_on, _), _)| *taken_on != host);
    }

    fn unbind_peripheral(&mut self, peripheral: usize) {
        // Where none is bound it does nothing: what waits to be probed again still waits.
        if std::mem::replace(&mut self.bound[peripheral], false) {
            self.release(peripheral);
        }
    }

    fn bind_host(&mut self, host: usize) {
        if std::mem::replace(&mut self.hosts[host], true) {
            return;
        }
        for peripheral in 0..self.bound.len() {
            let is_new = self.peripherals.device == Device::OnTheDsiBus && self.home(peripheral) == host;
            if is_new || self.deferred[peripheral] {
                self.probe(peripheral);
            }
        }
    }

    /// The peripheral that sends the command of that number, if there are so many DSI devices.
    fn sender(&self, command: Nth) -> Option<usize> {
        match (command, self.peripherals.links.len(), self.peripherals.links[0].len()) {
            (Nth::First, ..) | (Nth::Second, _, 2) => Some(0),
            (Nth::Second, 2, _) => Some(1),
            (Nth::Second, ..) => None,
        }
    }

    /// Why something can't be done now, if it can't.
    pub(crate) fn why_not(&self, act: Act) -> Option<WhyNot> {
        match act {
            Act::Unbind(end) | Act::Bind(end) => self.why_is_missing(end),
            Act::Command(number) => match self.sender(number) {
                None => Some(WhyNot::NoSecondDevice),
                Some(sender) => (!self.bound[sender]).then_some(WhyNot::NotBound),
            },
        }
    }

    fn why_is_missing(&self, end: End) -> Option<WhyNot> {
        match end {
            End::Host(host) => (host.index() >= self.hosts.len()).then_some(WhyNot::NotThere(end)),
            End::Peripheral(peripheral) if peripheral.index() >= self.bound.len() => {
                Some(WhyNot::NotThere(end))
            }
            End::Peripheral(peripheral) => match self.peripherals.device {
                Device::OnAnotherBus => None,
                Device::OnTheDsiBus => {
                    (!self.hosts[self.home(peripheral.index())]).then_some(WhyNot::GoneWithItsHost)
                }
            },
        }
    }

    /// Whether an act that is possible changes anything.
    pub(crate) fn does_something(&self, act: Act) -> bool {
        let is_bound = |end: End| match end {
            End::Host(host) => self.hosts[host.index()],
            End::Peripheral(peripheral) => self.bound[peripheral.index()],
        };
        match act {
            Act::Unbind(end) => is_bound(end),
            Act::Bind(end) => !is_bound(end),
            Act::Command(_) => true,
        }
    }

    /// Does an act that is possible.
    pub(crate) fn take(&mut self, act: Act) {
        match act {
            Act::Unbind(End::Host(host)) => self.unbind_host(host.index()),
            Act::Unbind(End::Peripheral(peripheral)) => self.unbind_peripheral(peripheral.index()),
            Act::Bind(End::Host(host)) => self.bind_host(host.index()),
            Act::Bind(End::Peripheral(peripheral)) => self.probe(peripheral.index()),
            Act::Command(_) => (),
        }
    }

    /// Everything that can be done to this bench at some time.
    pub(crate) fn acts(&self) -> Vec<Act> {
        let hosts = Nth::ALL.into_iter().take(self.hosts.len()).map(End::Host);
        let peripherals = Nth::ALL.into_iter().take(self.bound.len()).map(End::Peripheral);
        let ends: Vec<_> = hosts.chain(peripherals).collect();
        let commands = Nth::ALL.into_iter().filter(|number| self.sender(*number).is_some()).map(Act::Command);
        orders::teardown(&ends, Act::Unbind, Act::Bind, commands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_follows_from_the_steps() {
        let order = Order::parse("managed-panel", "unbind host, bind host, command").expect("an order");
        let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
        assert_eq!(said, ["host, peripheral", "nothing", "host, peripheral", "host, peripheral"]);
        let order = Order::parse("managed-failing-bridge", "bind peripheral, command").expect("an order");
        let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
        assert_eq!(said, ["host", "host"]);
    }

    /// A real 6.12 does the same.
    #[test]
    fn what_waits_to_be_probed_again_still_waits_when_it_is_unbound() {
        let steps = "unbind peripheral, unbind host, bind peripheral, unbind peripheral, bind host";
        let order = Order::parse("managed-bridge", steps).expect("an order");
        assert_eq!(bound(&order).last().map(Bound::to_string).as_deref(), Some("host, peripheral"));
    }

    #[test]
    fn a_host_that_refuses_leaves_its_peripherals_unbound() {
        for variant in ["plain-bridge@refusing-host", "managed-panel@refusing-host"] {
            let order = Order::parse(variant, "bind peripheral, unbind host, bind host").expect("an order");
            let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
            assert_eq!(said, ["host", "host", "nothing", "host"], "{variant}");
        }
    }
}
