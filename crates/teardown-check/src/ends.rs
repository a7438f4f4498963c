//! The ends of the links as values: hosts and peripherals, what their drivers know, and what they have to release.

use crate::hardware::Controller;
use crate::shape::Acquisition;
use smallvec::SmallVec;

/// Whether a driver is bound. `Changing` is also the device's lock: nobody else begins then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// No.
    No,
    /// Yes.
    Yes,
    /// It is being bound or unbound.
    Changing,
}

/// A host controller and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostEnd {
    /// Its driver.
    pub bound: Bound,
    /// Its hardware is plugged in. One that was pulled is taken to be back when its driver is unbound.
    pub present: bool,
    /// Its driver has the handle of its registration, and nobody unregisters it.
    pub has_handle: bool,
    /// The controller.
    pub controller: Controller,
}

impl HostEnd {
    /// Whether it is there for everybody, and nobody takes it away.
    pub fn serves(&self) -> bool {
        self.bound == Bound::Yes && self.present && self.has_handle
    }
}

/// A peripheral and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeripheralEnd<H> {
    /// Its driver.
    pub bound: Bound,
    /// Its hardware is plugged in. One that was pulled is taken to be back when its driver is unbound.
    pub present: bool,
    /// On the DSI bus: its device, as the host's side has it.
    pub device: Option<H>,
    /// What its driver knows of each link.
    pub links: SmallVec<[LinkEnd<H>; 2]>,
    /// What its driver has to release, the last first: the devres list, or what its remove function knows.
    pub entries: Entries<H>,
    /// A handle that somebody else took.
    pub held: Option<Held<H>>,
}

/// What has to be released, in the order in which it was acquired.
pub type Entries<H> = SmallVec<[Entry<H>; 2]>;

/// Something to be released.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry<H> {
    /// What.
    pub what: Acquisition,
    /// With which handle.
    pub handle: H,
}

/// What a peripheral's driver knows of one link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkEnd<H> {
    /// The handle.
    pub handle: Option<H>,
    /// Its driver has registered a device, and has not unregistered it.
    pub registered: bool,
    /// How often it was told since it registered (up to two).
    pub told: u8,
    /// It was registered when the removal of its host began.
    pub expects_notice: bool,
    /// What has left of what the handle names, as an onlooker knows it.
    pub left: Left,
}

/// A handle that somebody holds over everything: an open file, another driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held<H> {
    /// It.
    pub handle: H,
    /// What has left of what it names, as an onlooker knows it.
    pub left: Left,
}

/// Which side has left, of what a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Left {
    /// None.
    Neither,
    /// The attachment has ended; the device is still the host's.
    Detached,
    /// The device was unregistered.
    Device,
    /// The host was.
    Host,
    /// That depends on who was faster, or the handle is of a registration before the present one.
    Unknown,
}
