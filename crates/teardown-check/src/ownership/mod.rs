//! Models of ownership: what the bus core does when a driver calls it.
//!
//! A driver's request becomes a call, and a call takes steps; between two steps anybody else may take his. A step may
//! need a callback of a host or a peripheral first, which the world carries out with steps of its own.

mod linux;
mod production;

pub use linux::{Idempotent, Linux, Linux612, Notify, OwnReferences, RemoveAction, Rules};
pub use production::Production;

use crate::breach::Breach;
use crate::hardware::HostCall;
use std::fmt::Debug;
use std::hash::Hash;

/// What a driver asks of the bus. Hosts by index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request<H> {
    /// Register host.
    RegisterHost(usize),
    /// Unregister a host, by surprise or not.
    UnregisterHost {
        /// Which.
        host: usize,
        /// Whether its hardware has gone.
        surprise: bool,
    },
    /// Find a host, and register a device on this channel of it.
    Register {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
        /// Whether the release of device and attachment is left to the device model.
        managed: bool,
    },
    /// The device model begins to release what it manages for a driver: from here on nobody takes an entry away.
    TakeActions(H),
    /// Attach a device.
    Attach(H),
    /// Detach it.
    Detach(H),
    /// Unregister it.
    Unregister(H),
    /// Send a packet.
    Transfer(H),
}

/// What a call does next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Progress<H> {
    /// It waits: the step has changed nothing, or only what it notes about waiting.
    Waits,
    /// It needs a callback of a host (by index).
    CallHost(usize, HostCall),
    /// It needs the peripheral that is on this channel of a host to be told.
    Tell {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
    },
    /// It has taken a step, and has more.
    Goes,
    /// It did what must not be done.
    Broke(Breach),
    /// It has ended.
    Done(Reply<H>),
}

/// What a call comes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reply<H> {
    /// Done; a new or changed handle, where there is one.
    Done(Option<H>),
    /// Refused, as the host has gone or is not there.
    HostGone,
    /// Refused, as the device was unregistered or detached.
    DeviceGone,
    /// Refused, as something else is in the way.
    Busy,
    /// Refused, as waiting would never end.
    WouldDeadlock,
}

/// The bus core under one model of ownership.
pub trait Ownership: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// What a driver holds of a device.
    type Handle: Clone + Eq + Hash + Debug + Send + Sync;
    /// A call on its way.
    type Call: Clone + Eq + Hash + Debug + Send + Sync;

    /// Its name on the command line.
    const NAME: &'static str;

    /// With so many hosts, none of them registered.
    fn new(hosts: usize) -> Self;

    /// A host driver's memory, which the host is embedded in, was allocated or freed.
    fn memory(&mut self, host: usize, allocated: bool) {
        let _ = (host, allocated);
    }

    /// `actor` makes a request.
    fn begin(&self, request: Request<Self::Handle>, actor: usize) -> Self::Call;

    /// The call takes its next step. If it asked for a callback last, that has returned.
    fn step(&mut self, call: &mut Self::Call) -> Progress<Self::Handle>;

    /// Whether nothing is registered any more.
    fn is_quiet(&self) -> bool;

    /// Brings names of what exists to a canonical form, in the bus, in calls on their way and in handles alike.
    fn canonical<'a>(
        &mut self,
        calls: impl Iterator<Item = &'a mut Self::Call>,
        handles: impl Iterator<Item = &'a mut Self::Handle>,
    );
}
