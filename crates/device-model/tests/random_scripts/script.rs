//! What both sides play: operations by number, and what each callback does.
//!
//! In a callback, half of the operations are on the device that the callback is about: [`OWN`].
//!
//! Devices are named `d0` to `d5` (the first three on one bus), drivers `r0` to `r3`; an operation on a device means
//! the last one of that name that was ever added, there or not, so stale ids are used all the time.

use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) const DEVICES: usize = 6;
/// In place of a device's number: the device whose callback is playing; from outside, `d0`.
pub(crate) const OWN: usize = DEVICES;
pub(crate) const DRIVERS: usize = 4;
pub(crate) const RELEASES: usize = 3;

/// How many operations a whole script may make, those of callbacks included: callbacks call callbacks.
pub(crate) const FUEL: usize = 120;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Add {
        device: usize,
        parent: Option<usize>,
    },
    AddManaged {
        owner: usize,
        device: usize,
        parent: Option<usize>,
    },
    Remove(usize),
    RemoveWhenIdle(usize),
    Load(usize),
    Unload(usize),
    Bind(usize),
    BindTo(usize, usize),
    Unbind(usize),
    /// An entry whose release plays `releases[_]`; by drop or by call.
    Manage {
        device: usize,
        release: usize,
        by_drop: bool,
    },
    /// Of the entries that ever were, the one of that number, counted from the last.
    Release(usize),
    Disown(usize),
    WantsRetry(usize, bool),
    Look(usize),
    Shutdown,
}

impl Op {
    /// The operation that this is in a callback of device `own`.
    pub(crate) fn of(self, own: usize) -> Self {
        let it = |device| if device == OWN { own } else { device };
        match self {
            Self::Add { device, parent } => Self::Add { device: it(device), parent: parent.map(it) },
            Self::AddManaged { owner, device, parent } => {
                Self::AddManaged { owner: it(owner), device: it(device), parent: parent.map(it) }
            }
            Self::Remove(device) => Self::Remove(it(device)),
            Self::RemoveWhenIdle(device) => Self::RemoveWhenIdle(it(device)),
            Self::Bind(device) => Self::Bind(it(device)),
            Self::BindTo(device, driver) => Self::BindTo(it(device), driver),
            Self::Unbind(device) => Self::Unbind(it(device)),
            Self::Manage { device, release, by_drop } => {
                Self::Manage { device: it(device), release, by_drop }
            }
            Self::WantsRetry(device, wanted) => Self::WantsRetry(it(device), wanted),
            Self::Look(device) => Self::Look(it(device)),
            other @ (Self::Load(_)
            | Self::Unload(_)
            | Self::Release(_)
            | Self::Disown(_)
            | Self::Shutdown) => other,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Bind,
    Defer,
    Fail,
}

#[derive(Clone, Debug)]
pub(crate) struct DriverScript {
    /// Which devices it matches, of those on its bus.
    pub(crate) matches: [bool; DEVICES],
    /// Taken in turn, for ever.
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) probe: Vec<Op>,
    pub(crate) remove: Vec<Op>,
    pub(crate) retry: Vec<Op>,
    pub(crate) shutdown: Vec<Op>,
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) drivers: Vec<DriverScript>,
    pub(crate) releases: Vec<Vec<Op>>,
    pub(crate) outside: Vec<Op>,
}

pub(crate) fn bus_of_device(device: usize) -> &'static str {
    if device < 3 { "left" } else { "right" }
}

pub(crate) fn bus_of_driver(driver: usize) -> &'static str {
    if driver < 2 { "left" } else { "right" }
}

fn op() -> impl Strategy<Value = Op> {
    let d = || prop_oneof![0..DEVICES, Just(OWN)];
    let parent = || proptest::option::of(prop_oneof![0..DEVICES, Just(OWN)]);
    prop_oneof![
        4 => (0..DEVICES, parent()).prop_map(|(device, parent)| Op::Add { device, parent }),
        3 => (d(), 0..DEVICES, parent())
            .prop_map(|(owner, device, parent)| Op::AddManaged { owner, device, parent }),
        2 => d().prop_map(Op::Remove),
        1 => d().prop_map(Op::RemoveWhenIdle),
        4 => (0..DRIVERS).prop_map(Op::Load),
        1 => (0..DRIVERS).prop_map(Op::Unload),
        3 => d().prop_map(Op::Bind),
        1 => (d(), 0..DRIVERS).prop_map(|(device, driver)| Op::BindTo(device, driver)),
        2 => d().prop_map(Op::Unbind),
        4 => (d(), 0..RELEASES, any::<bool>())
            .prop_map(|(device, release, by_drop)| Op::Manage { device, release, by_drop }),
        1 => (0..6_usize).prop_map(Op::Release),
        1 => (0..6_usize).prop_map(Op::Disown),
        2 => d().prop_map(Op::Look),
        2 => (d(), prop_oneof![3 => Just(true), 1 => Just(false)])
            .prop_map(|(device, wanted)| Op::WantsRetry(device, wanted)),
    ]
}

/// Shutdown ends all binding, so it is rare.
fn op_or_shutdown() -> impl Strategy<Value = Op> {
    prop_oneof![60 => op(), 1 => Just(Op::Shutdown)]
}

fn driver() -> impl Strategy<Value = DriverScript> {
    let verdict = prop_oneof![4 => Just(Verdict::Bind), 1 => Just(Verdict::Defer), 1 => Just(Verdict::Fail)];
    let some = |n: usize| vec(op_or_shutdown(), 0..n);
    (
        proptest::array::uniform6(prop_oneof![3 => Just(true), 1 => Just(false)]),
        vec(verdict, 1..5),
        some(4),
        some(3),
        some(3),
        some(3),
    )
        .prop_map(|(matches, verdicts, probe, remove, retry, shutdown)| DriverScript {
            matches,
            verdicts,
            probe,
            remove,
            retry,
            shutdown,
        })
}

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let drivers = vec(driver(), DRIVERS);
    let releases = vec(vec(op(), 1..5), RELEASES);
    (drivers, releases, any::<bool>(), vec(op_or_shutdown(), 5..40)).prop_map(
        |(drivers, releases, populated, mut outside)| {
            if populated {
                let devices = (0..DEVICES).map(|device| Op::Add { device, parent: None });
                outside.splice(0..0, (0..DRIVERS).map(Op::Load).chain(devices));
            }
            Script { drivers, releases, outside }
        },
    )
}
