//! The ends of the links as values: hosts and peripherals, what their drivers know, and what they have to release.

use crate::hardware::Controller;
use crate::shape::Acquisition;
use smallvec::SmallVec;

/// Whether a driver is bound. `Changing` is also the device's lock: nobody else can begin then.
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
    /// Whether its hardware is plugged in. Hardware that was pulled counts as back when its driver is unbound.
    pub present: bool,
    /// Whether its driver has the handle of its registration, and nobody unregisters it.
    pub has_handle: bool,
    /// The controller.
    pub controller: Controller,
}

impl HostEnd {
    /// Whether everybody can find it, and nobody is removing it.
    pub fn serves(&self) -> bool {
        self.bound == Bound::Yes && self.present && self.has_handle
    }
}

/// A peripheral and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeripheralEnd<H> {
    /// Its driver.
    pub bound: Bound,
    /// Whether its hardware is plugged in. Hardware that was pulled counts as back when its driver is unbound.
    pub present: bool,
    /// Its device, as the host's side has it, if it is on the DSI bus.
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
    /// Whether its driver has registered a device, and has not unregistered it.
    pub registered: bool,
    /// How often it was told since it registered (up to two).
    pub told: u8,
    /// Whether it was registered when the removal of its host began.
    pub expects_notice: bool,
    /// What has left of what the handle names, as an onlooker knows it.
    pub left: Left,
}

/// A handle that somebody keeps, whatever happens: an open file, another driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held<H> {
    /// The handle.
    pub handle: H,
    /// What has left of what it names, as an onlooker knows it.
    pub left: Left,
}

/// Which side has left, of what a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Left {
    /// Neither.
    Neither,
    /// The attachment has ended; the device is still on the host.
    Detached,
    /// The device was unregistered.
    Device,
    /// The host was unregistered.
    Host,
    /// Unknown: it depends on who was faster, or the handle is of an earlier registration.
    Unknown,
}
