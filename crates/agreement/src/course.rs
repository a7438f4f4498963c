//! An order of the lab as a course of the model: the shape of the variant's hosts and peripherals, and what each step
//! does.
//!
//! `linux/lab-driver` has what the variant's drivers do, in C; this module says the same in the model's terms.

use lab_orders::impossible::{self, Impossible};
use lab_orders::pipeline::Pipeline;
use lab_orders::variant::{self, Device, Peripherals, Probe};
use lab_orders::{Act, End, Manner, Nth, Order, Step, Variant};
use teardown_check::course::{self, Course, Slow};
use teardown_check::program::ProgramKind;
use teardown_check::shape::{
    Acquisition, AttachAnswer, Callers, Control, HostShape, LinkShape, OnNotice, OtherChild, PeripheralShape,
    Release, Shape,
};
use thiserror::Error;

/// An order that the model can't express.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Beyond {
    /// The lab planted one of its own faults: this one.
    #[error("a model knows nothing of planted faults ({0})")]
    Planted(String),
    /// This step can't be taken.
    #[error(transparent)]
    Impossible(Impossible),
}

/// The course of an order.
///
/// # Errors
///
/// A step that a model can't express, or that nobody can take.
pub fn of(order: &Order) -> Result<Course, Beyond> {
    let Variant { peripherals, host } = order.variant;
    let shape = shape(&order.variant);
    let fails = shape.peripherals.iter().map(|own| fails(peripherals, own)).collect();
    if let Some(step) = impossible::first(order) {
        return Err(Beyond::Impossible(step));
    }
    let steps = order.steps.iter().map(|step| of_step(step, &shape)).collect::<Result<_, _>>()?;
    Ok(Course { shape, fails, slow: slow(host), steps })
}

fn of_step(step: &Step, shape: &Shape) -> Result<course::CourseStep, Beyond> {
    match step {
        Step::Do(act) => Ok(course::CourseStep::Do(kind(*act, shape))),
        Step::Start(act) => Ok(course::CourseStep::Start(kind(*act, shape))),
        Step::Wait => Ok(course::CourseStep::Wait),
        Step::Plant(fault) => Err(Beyond::Planted(fault.clone())),
    }
}

/// The action for an act that is possible.
fn kind(act: Act, shape: &Shape) -> ProgramKind {
    match act {
        Act::Unbind(End::Host(host)) => ProgramKind::UnbindHost { host: host.index(), surprise: false },
        Act::Unbind(End::Peripheral(nth)) => {
            ProgramKind::UnbindPeripheral { index: nth.index(), surprise: false }
        }
        Act::Bind(End::Host(host)) => ProgramKind::BindHost(host.index()),
        Act::Bind(End::Peripheral(nth)) => ProgramKind::BindPeripheral(nth.index()),
        Act::Command(Nth::Second) if shape.peripherals.len() > 1 => {
            ProgramKind::CommandOver { index: 1, link: 0 }
        }
        Act::Command(nth) => ProgramKind::CommandOver { index: 0, link: nth.index() },
    }
}

/// The shape of what the lab's bench holds.
pub fn shape(variant: &Variant) -> Shape {
    let Variant { peripherals, host } = *variant;
    let links = |links: &[(usize, usize)]| -> Vec<LinkShape> {
        let link = |(host, channel): &(usize, usize)| LinkShape { host: *host, channel: *channel as u8 };
        links.iter().map(link).collect()
    };
    let peripheral = |own: &&[(usize, usize)]| PeripheralShape {
        module: 1,
        control: control(peripherals.device, peripherals.probe),
        // One whose host is its own has no link to the lab's. The model's host 0 stands for that host of its own, and no
        // step is about it.
        links: if own.is_empty() { vec![LinkShape { host: 0, channel: 0 }] } else { links(own) },
        release: release(peripherals.release),
        on_notice: OnNotice::LetGo,
    };
    Shape {
        hosts: vec![host_shape(host); peripherals.hosts.max(1)],
        peripherals: peripherals.links.iter().map(peripheral).collect(),
        callers: Callers::default(),
    }
}

/// The shape of a pipeline of the lab's user space.
pub fn shape_of_pipeline(pipeline: &Pipeline) -> Shape {
    Shape::of_one(control(pipeline.device(), Probe::Succeeds), release(pipeline.release))
}

/// The calls of the hosts in which they sleep, so that something else can happen.
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

fn control(device: Device, probe: Probe) -> Control {
    match (device, probe) {
        (Device::OnTheDsiBus, _) => Control::Dsi,
        (Device::OnAnotherBus, Probe::TakesNothing) => Control::OwnDevice,
        (Device::OnAnotherBus, _) => Control::Other,
    }
}

fn release(release: variant::Release) -> Release {
    match release {
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
        assert_eq!(
            beyond("managed-bridge", "command, unbind peripheral, command"),
            "step 3, 'command', can't be taken: no driver that could send it is bound"
        );
        assert_eq!(
            beyond("managed-bridge", "plant warning"),
            "a model knows nothing of planted faults (warning)"
        );
    }
}
