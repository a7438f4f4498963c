//! Which orders of steps can be made, worked out before any kernel is booted.
//!
//! An order counts only if real drivers could make each of its steps: a command comes from a bound peripheral, and
//! nothing is done to a device that does not exist. Binding what is bound and unbinding what is not are steps that do
//! nothing. This is not a model of the kernel: of its bugs it knows nothing. Where its word is not true, the kernel's side of
//! the lab says "cannot", or that something else is bound ([`bound`]), and the order is reported as an error.

use crate::manner::Manner;
use crate::step::{self, Act, End, Step, UnknownStep};
use crate::variant::{Device, Peripherals, Probe, Release, Variant};
use std::fmt;

/// An order: what stands on the table, and the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What stands on the table.
    pub variant: Variant,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Order {
    /// The order of a variant with this name, and steps with commas between them.
    ///
    /// # Errors
    ///
    /// The variant or a step is not known, or there is no step: of nothing there is nothing to be said.
    pub fn parse(variant: &str, steps: &str) -> Result<Self, OrderError> {
        let variant = Variant::named(variant).ok_or_else(|| OrderError::Variant(variant.to_owned()))?;
        let steps = step::parse_list(steps).map_err(OrderError::Step)?;
        if steps.is_empty() { Err(OrderError::NoSteps) } else { Ok(Self { variant, steps }) }
    }

    /// Whether some step is begun in a thread of its own.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        self.steps.iter().any(|step| step.started)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variant.name(), step::list(&self.steps))
    }
}

/// A text that names no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderError {
    /// There is no such variant.
    Variant(String),
    /// One of its steps is none.
    Step(UnknownStep),
    /// It has no steps.
    NoSteps,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variant(name) => {
                write!(f, "there is no variant '{name}'; `linux/lab orders --list` names them")
            }
            Self::Step(error) => write!(f, "{error}"),
            Self::NoSteps => f.write_str("an order without a step is none"),
        }
    }
}

impl std::error::Error for OrderError {}

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

/// What is bound once the table is set, and then after each step, if every driver does what its variant says. It ends
/// before a step that can't be made.
#[must_use]
pub fn bound(order: &Order) -> Vec<Bound> {
    let mut table = Table::new(&order.variant);
    let mut states = vec![table.bound()];
    for step in &order.steps {
        if !table.can(&step.act) {
            break;
        }
        table.take(&step.act);
        states.push(table.bound());
    }
    states
}

/// What is bound and registered, as far as steps depend on it.
#[derive(Debug, Clone)]
struct Table {
    peripherals: &'static Peripherals,
    outcome: Probe,
    hosts: Vec<bool>,
    /// Bound peripherals.
    bound: Vec<bool>,
    /// Peripherals whose probe was deferred.
    deferred: Vec<bool>,
    /// Taken channels, and by whom.
    taken: Vec<((usize, usize), usize)>,
}

impl Table {
    fn new(variant: &Variant) -> Self {
        let peripherals = variant.peripherals;
        let count = peripherals.links.len();
        let mut table = Self {
            peripherals,
            outcome: variant.probe(),
            hosts: vec![true; peripherals.hosts],
            bound: vec![false; count],
            deferred: vec![false; count],
            taken: Vec::new(),
        };
        (0..count).for_each(|peripheral| table.probe(peripheral));
        table
    }

    fn bound(&self) -> Bound {
        Bound { hosts: self.hosts.clone(), peripherals: self.bound.clone() }
    }

    fn exists(&self, end: End) -> bool {
        match end {
            End::Host(host) => host < self.hosts.len(),
            End::Peripheral(peripheral) => match self.peripherals.device {
                Device::OnAnotherBus => peripheral < self.bound.len(),
                Device::OnTheDsiBus => {
                    self.bound.get(peripheral).is_some() && self.hosts[self.home(peripheral)]
                }
            },
        }
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

    fn unbind(&mut self, end: End) {
        match end {
            End::Host(host) => {
                if !std::mem::replace(&mut self.hosts[host], false) {
                    return;
                }
                if self.peripherals.device == Device::OnTheDsiBus {
                    for peripheral in 0..self.bound.len() {
                        if self.home(peripheral) == host {
                            self.unbind(End::Peripheral(peripheral));
                            self.deferred[peripheral] = false;
                        }
                    }
                }
                self.taken.retain(|((taken_on, _), _)| *taken_on != host);
            }
            End::Peripheral(peripheral) => {
                // A driver that is taken away is not deferred any more, bound or not.
                self.deferred[peripheral] = false;
                if std::mem::replace(&mut self.bound[peripheral], false) {
                    self.release(peripheral);
                }
            }
        }
    }

    fn bind(&mut self, end: End) {
        match end {
            End::Host(host) => {
                if std::mem::replace(&mut self.hosts[host], true) {
                    return;
                }
                for peripheral in 0..self.bound.len() {
                    let is_new =
                        self.peripherals.device == Device::OnTheDsiBus && self.home(peripheral) == host;
                    if is_new || self.deferred[peripheral] {
                        self.probe(peripheral);
                    }
                }
            }
            End::Peripheral(peripheral) => self.probe(peripheral),
        }
    }

    /// The peripheral that sends the command of that number, if there are so many DSI devices.
    fn sender(&self, command: usize) -> Option<usize> {
        match (command, self.peripherals.links.len(), self.peripherals.links[0].len()) {
            (0, ..) | (1, _, 2) => Some(0),
            (1, 2, _) => Some(1),
            _ => None,
        }
    }

    fn can(&self, act: &Act) -> bool {
        match act {
            Act::Unbind(end) | Act::Bind(end) => self.exists(*end),
            Act::Command(number) => self.sender(*number).is_some_and(|sender| self.bound[sender]),
            Act::Wait | Act::Plant(_) => true,
        }
    }

    /// Whether the step does anything.
    fn does_something(&self, act: &Act) -> bool {
        let is_bound = |end: &End| match *end {
            End::Host(host) => self.hosts[host],
            End::Peripheral(peripheral) => self.bound[peripheral],
        };
        match act {
            Act::Unbind(end) => is_bound(end),
            Act::Bind(end) => !is_bound(end),
            Act::Command(_) | Act::Wait | Act::Plant(_) => true,
        }
    }

    fn take(&mut self, act: &Act) {
        match act {
            Act::Unbind(end) => self.unbind(*end),
            Act::Bind(end) => self.bind(*end),
            Act::Command(_) | Act::Wait | Act::Plant(_) => (),
        }
    }

    /// Every act on this table, whether it can be taken now or not.
    fn acts(&self) -> Vec<Act> {
        let hosts = (0..self.hosts.len()).map(End::Host);
        let ends: Vec<_> = hosts.chain((0..self.bound.len()).map(End::Peripheral)).collect();
        let unbinds = ends.iter().map(|end| Act::Unbind(*end));
        let binds = ends.iter().map(|end| Act::Bind(*end));
        let commands = (0..2).filter(|number| self.sender(*number).is_some()).map(Act::Command);
        unbinds.chain(binds).chain(commands).collect()
    }
}

/// Whether steps that do nothing are among the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// They are.
    Included,
    /// They are left out, which makes far fewer orders with the same outcomes.
    LeftOut,
}

/// Every order of one up to `depth` steps that can be made, the short ones first.
#[must_use]
pub fn orders(variant: Variant, depth: usize, idle: Idle) -> Vec<Order> {
    let mut found = Vec::new();
    let mut ends = vec![(Vec::new(), Table::new(&variant))];
    for _ in 0..depth {
        let mut longer = Vec::new();
        for (steps, table) in &ends {
            for act in table.acts() {
                if !table.can(&act) || (idle == Idle::LeftOut && !table.does_something(&act)) {
                    continue;
                }
                let mut table = table.clone();
                table.take(&act);
                let mut steps: Vec<Step> = steps.clone();
                steps.push(Step::new(act));
                found.push(Order { variant, steps: steps.clone() });
                longer.push((steps, table));
            }
        }
        ends = longer;
    }
    found
}

/// The orders for two threads: a call is begun in a thread and, while the host sleeps in it or a while later, something
/// else is done. What each of the two needs is there when the first begins.
#[must_use]
pub fn races(peripherals: &'static Peripherals) -> Vec<Order> {
    let start = Table::new(&Variant::plain(peripherals));
    let before = std::iter::once(None).chain(start.acts().into_iter().map(Some));
    let mut found = Vec::new();
    for before in before {
        let mut table = start.clone();
        if let Some(act) = &before {
            if !matches!(act, Act::Unbind(_)) {
                continue;
            }
            table.take(act);
        }
        let can: Vec<_> = table.acts().into_iter().filter(|act| table.can(act)).collect();
        for first in can.iter().filter(|act| table.does_something(act)) {
            for second in
                can.iter().filter(|second| is_new(peripherals.device, before.as_ref(), first, second))
            {
                for waits in [false, true] {
                    let mut steps: Vec<_> = before.iter().cloned().map(Step::new).collect();
                    steps.push(Step::started(first.clone()));
                    if waits {
                        steps.push(Step::new(Act::Wait));
                    }
                    steps.push(Step::new(second.clone()));
                    found.push(Order { variant: Variant { peripherals, host: sleeper(first) }, steps });
                }
            }
        }
    }
    found
}

/// The host that sleeps in what is begun. One that sleeps in all its calls would not be gone before a call ends that
/// began earlier.
fn sleeper(first: &Act) -> Manner {
    match first {
        Act::Command(_) => Manner::SlowTransfer,
        Act::Bind(_) => Manner::SlowAttach,
        Act::Unbind(_) | Act::Wait | Act::Plant(_) => Manner::Slow,
    }
}

/// Whether two acts at once can be made, and are not among the races that begin with everything bound.
fn is_new(device: Device, before: Option<&Act>, first: &Act, second: &Act) -> bool {
    match (before, first, second) {
        // The driver that would send the command has begun to leave.
        (_, Act::Unbind(End::Peripheral(_)), Act::Command(_)) => false,
        (None, ..) | (Some(_), Act::Bind(_), _) => true,
        // One comes to a host that goes, and does not go with it.
        (Some(Act::Unbind(end)), Act::Unbind(End::Host(_)), Act::Bind(other)) => {
            device == Device::OnAnotherBus && end == other
        }
        (Some(_), ..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::list;
    use crate::variant::BASIC;

    fn variant(name: &str) -> Variant {
        Variant::named(name).expect("the variant is known")
    }

    #[test]
    fn the_four_basic_variants_have_506_orders() {
        let counts = BASIC.map(|known| orders(Variant::plain(known), 3, Idle::Included).len());
        assert_eq!(counts, [142, 142, 111, 111]);
    }

    #[test]
    fn a_panel_goes_with_its_host_and_comes_back_with_it() {
        let orders: Vec<_> = orders(variant("managed-panel"), 3, Idle::Included)
            .iter()
            .map(|order| list(&order.steps))
            .collect();
        for gone in ["unbind host, command", "unbind host, unbind peripheral", "unbind peripheral, command"] {
            assert!(!orders.iter().any(|order| order == gone), "{gone}");
        }
        assert!(orders.iter().any(|order| order == "unbind host, bind host, command"));
    }

    #[test]
    fn of_two_on_a_channel_the_second_is_bound_when_the_first_has_left() {
        let orders: Vec<_> = orders(variant("managed-same-channel"), 3, Idle::LeftOut)
            .iter()
            .map(|order| list(&order.steps))
            .collect();
        assert!(!orders.iter().any(|order| order == "second command"));
        assert!(!orders.iter().any(|order| order == "bind second peripheral, second command"));
        assert!(
            orders.iter().any(|order| order == "unbind peripheral, bind second peripheral, second command")
        );
    }

    #[test]
    fn what_is_bound_follows_from_the_steps() {
        let order = Order::parse("managed-panel", "unbind host, bind host, command").expect("an order");
        let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
        assert_eq!(said, ["host, peripheral", "nothing", "host, peripheral", "host, peripheral"]);
        let order = Order::parse("managed-failing-bridge", "bind peripheral, command").expect("an order");
        let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
        assert_eq!(said, ["host", "host"]);
    }

    #[test]
    fn a_host_that_refuses_leaves_its_peripherals_unbound() {
        for variant in ["plain-bridge@refusing-host", "managed-panel@refusing-host"] {
            let order = Order::parse(variant, "bind peripheral, unbind host, bind host").expect("an order");
            let said: Vec<_> = bound(&order).iter().map(Bound::to_string).collect();
            assert_eq!(said, ["host", "host", "nothing", "host"], "{variant}");
        }
    }

    #[test]
    fn an_order_has_steps() {
        for steps in ["", " , "] {
            assert_eq!(Order::parse("managed-bridge", steps), Err(OrderError::NoSteps));
        }
    }

    #[test]
    fn what_does_nothing_can_be_left_out() {
        for order in orders(variant("plain-bridge"), 1, Idle::LeftOut) {
            assert!(!matches!(order.steps[0].act, Act::Bind(_)), "{order:?}");
        }
    }

    #[test]
    fn every_variant_has_orders() {
        for peripherals in &crate::variant::PERIPHERALS {
            assert!(
                !orders(Variant::plain(peripherals), 2, Idle::LeftOut).is_empty(),
                "{}",
                peripherals.name
            );
        }
    }
}
