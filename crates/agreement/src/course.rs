//! An order of the lab as a course of the model: which shape the variant's hosts and peripherals have, and what each step
//! does.
//!
//! What the variant's drivers do is written in C, in `linux/lab-driver`; here it is said in the model's words.

use lab_orders::bound::bound;
use lab_orders::variant::{self, Device, Peripherals, Probe};
use lab_orders::{Act, End, Manner, Order, Step, Variant};
use std::fmt;
use teardown_check::course::{self, Course, Slow};
use teardown_check::program::ProgramKind;
use teardown_check::shape::{
    Acquisition, AttachAnswer, Callers, Control, HostShape, LinkShape, OnNotice, OtherChild, PeripheralShape,
    Release, Shape,
};

/// An order that the model has no words for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// A fault of the lab's own was planted: this one.
    Planted(String),
    /// The second command comes from nowhere.
    SecondCommand,
    /// This step can't be made: what it is about is not there, or no driver is bound that could send a command.
    CannotBeMade(Step),
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Planted(fault) => write!(f, "a model knows nothing of planted faults ({fault})"),
            Self::SecondCommand => f.write_str("there is neither a second link nor a second peripheral"),
            Self::CannotBeMade(step) => write!(f, "the step '{step}' can't be made"),
        }
    }
}

impl std::error::Error for Beyond {}

/// The course of an order.
///
/// # Errors
///
/// A step that a model has no words for, or that can't be made.
pub fn of(order: &Order) -> Result<Course, Beyond> {
    let Variant { peripherals, host } = order.variant;
    let shape = shape(&order.variant);
    let fails = shape.peripherals.iter().map(|own| fails(peripherals, own)).collect();
    let steps = order.steps.iter().map(|step| of_step(step, &shape)).collect::<Result<_, _>>()?;
    if let Some(step) = not_made(order) {
        return Err(Beyond::CannotBeMade(step.clone()));
    }
    Ok(Course { shape, fails, slow: slow(host), steps })
}

/// The first step that can't be made. With threads that depends on who is faster, but for what is not there at all.
fn not_made(order: &Order) -> Option<&Step> {
    let Peripherals { hosts, links, .. } = order.variant.peripherals;
    let is_nowhere = |step: &&Step| match step.act {
        Act::Unbind(End::Host(host)) | Act::Bind(End::Host(host)) => host >= *hosts,
        Act::Unbind(End::Peripheral(index)) | Act::Bind(End::Peripheral(index)) => index >= links.len(),
        Act::Command(_) | Act::Wait | Act::Plant(_) => false,
    };
    let made = if order.has_threads() { order.steps.len() } else { bound(order).len() - 1 };
    order.steps.iter().find(is_nowhere).or_else(|| order.steps.get(made))
}

fn of_step(step: &Step, shape: &Shape) -> Result<course::Step, Beyond> {
    let kind = match &step.act {
        Act::Unbind(End::Host(host)) => ProgramKind::UnbindHost { host: *host, surprise: false },
        Act::Unbind(End::Peripheral(index)) => {
            ProgramKind::UnbindPeripheral { index: *index, surprise: false }
        }
        Act::Bind(End::Host(host)) => ProgramKind::BindHost(*host),
        Act::Bind(End::Peripheral(index)) => ProgramKind::BindPeripheral(*index),
        Act::Command(0) => ProgramKind::CommandOver { index: 0, link: 0 },
        Act::Command(_) if shape.peripherals.first().is_some_and(|first| first.links.len() > 1) => {
            ProgramKind::CommandOver { index: 0, link: 1 }
        }
        Act::Command(_) if shape.peripherals.len() > 1 => ProgramKind::CommandOver { index: 1, link: 0 },
        Act::Command(_) => return Err(Beyond::SecondCommand),
        Act::Wait => return Ok(course::Step::Wait),
        Act::Plant(fault) => return Err(Beyond::Planted(fault.clone())),
    };
    Ok(if step.started { course::Step::Start(kind) } else { course::Step::Do(kind) })
}

/// The shape of what stands on the lab's table.
pub fn shape(variant: &Variant) -> Shape {
    let Variant { peripherals, host } = *variant;
    let links = |links: &[(usize, usize)]| -> Vec<LinkShape> {
        let link = |(host, channel): &(usize, usize)| LinkShape { host: *host, channel: *channel as u8 };
        links.iter().map(link).collect()
    };
    let peripheral = |own: &&[(usize, usize)]| PeripheralShape {
        module: 1,
        control: control(peripherals),
        // One whose host is its own has no link to the lab's. The model's host 0 stands for that host of its own, and no
        // step is about it.
        links: if own.is_empty() { vec![LinkShape { host: 0, channel: 0 }] } else { links(own) },
        release: release(peripherals),
        on_notice: OnNotice::LetGo,
    };
    Shape {
        hosts: vec![host_shape(host); peripherals.hosts.max(1)],
        peripherals: peripherals.links.iter().map(peripheral).collect(),
        callers: Callers::default(),
    }
}

/// In which calls of the hosts is time for something else.
fn slow(host: Manner) -> Slow {
    let quick = Slow::default();
    match host {
        Manner::Slow => Slow { attach: true, detach: true, transfer: true },
        Manner::SlowAttach => Slow { attach: true, ..quick },
        Manner::SlowTransfer => Slow { transfer: true, ..quick },
        Manner::Plain | Manner::Sending | Manner::Refusing | Manner::Parent | Manner::Parent1 => quick,
    }
}

fn host_shape(host: Manner) -> HostShape {
    let plain = HostShape::new(0);
    match host {
        Manner::Plain | Manner::Slow | Manner::SlowAttach | Manner::SlowTransfer => plain,
        Manner::Sending => HostShape { sends_in_detach: true, ..plain },
        Manner::Refusing => HostShape { attach: AttachAnswer::Refuses, ..plain },
        Manner::Parent => HostShape { other_child: Some(OtherChild::LooksDetached), ..plain },
        Manner::Parent1 => HostShape { other_child: Some(OtherChild::LooksAttached), ..plain },
    }
}

/// After how many acquisitions its probe fails.
fn fails(peripherals: &Peripherals, own: &PeripheralShape) -> Option<usize> {
    let count = own.acquisitions().count();
    let attachments = own.acquisitions().filter(|what| matches!(what, Acquisition::Attachment(_))).count();
    match peripherals.probe {
        Probe::Succeeds | Probe::TakesNothing => None,
        Probe::FailsRegistered => Some(count - attachments),
        Probe::FailsAttached => Some(count),
    }
}

fn control(peripherals: &Peripherals) -> Control {
    match (peripherals.device, peripherals.probe) {
        (Device::OnTheDsiBus, _) => Control::Dsi,
        (Device::OnAnotherBus, Probe::TakesNothing) => Control::OwnDevice,
        (Device::OnAnotherBus, _) => Control::Other,
    }
}

fn release(peripherals: &Peripherals) -> Release {
    match peripherals.release {
        variant::Release::Managed => Release::Managed,
        // The touchscreen's two drivers do to the bus what one driver would that does both: it is attached while it is
        // being registered, and the one that registered it detaches it.
        variant::Release::ByHand => Release::Plain,
        variant::Release::Forgotten => Release::Forgotten,
        variant::Release::Never => Release::Abandoned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_is_named() {
        let beyond = |variant: &str, steps: &str| {
            of(&Order::parse(variant, steps).expect("an order")).expect_err("beyond the model").to_string()
        };
        assert_eq!(beyond("managed-bridge", "bind second host"), "the step 'bind second host' can't be made");
        assert_eq!(
            beyond("managed-bridge", "start command, unbind second peripheral"),
            "the step 'unbind second peripheral' can't be made"
        );
        assert_eq!(
            beyond("managed-bridge", "command, unbind peripheral, command"),
            "the step 'command' can't be made"
        );
        assert_eq!(
            beyond("managed-bridge", "second command"),
            "there is neither a second link nor a second peripheral"
        );
        assert_eq!(
            beyond("managed-bridge", "plant warning"),
            "a model knows nothing of planted faults (warning)"
        );
    }
}
