//! Models of ownership: what the bus core does when a driver calls it.
//!
//! A driver's request becomes a call, and a call takes steps; between two steps any other actor may take theirs. A step
//! may need a callback of a host or a peripheral first, which the world carries out with steps of its own.

pub mod linux;
mod production;

pub use production::Production;

use crate::action::End;
use crate::hardware::HostCall;
use crate::names::Names;
use crate::note::Seen;
use crate::shape::{OtherChild, Shape, Waiting};
use std::fmt::Debug;
use std::hash::Hash;

/// What a driver asks of the bus. Hosts by index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request<H> {
    /// Register a host, and the devices of its children on the DSI bus.
    RegisterHost {
        /// Which.
        host: usize,
        /// The channels of its children, one bit each.
        children: u8,
    },
    /// Unregister a host, by surprise or not.
    UnregisterHost {
        /// Which.
        host: usize,
        /// Whether its hardware has gone.
        surprise: bool,
        /// A child of the controller's device that is not a DSI device.
        other_child: Option<OtherChild>,
    },
    /// Find a host, and register a device on this channel of it.
    Register {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
    },
    /// Find a host, and create a device of the driver's own for it, which is not registered.
    Make {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
    },
    /// Free such a device.
    Free(H),
    /// Attach a device.
    Attach(H),
    /// Detach it.
    Detach(H),
    /// Unregister it.
    Unregister {
        /// Which.
        device: H,
        /// Whether its hardware has gone.
        surprise: bool,
    },
    /// Send a packet.
    Transfer(H),
    /// Read: Set Maximum Return Packet Size, and the read itself.
    Read(H),
    /// Take another handle to a device.
    Hold(H),
    /// Drop that handle.
    Drop(H),
    /// The host's side drops what it kept for a child's device, whose driver it has unbound.
    DropChild(H),
    /// The owner of a link drops it.
    DropLink(H),
    /// The owner of a device drops it.
    DropDevice(H),
    /// The owner of a host drops its handle.
    DropHost {
        /// Which.
        host: usize,
    },
    /// The owner of a host says that its hardware has gone.
    DeclareGone {
        /// Which.
        host: usize,
    },
}

impl<H> Request<H> {
    /// The handle in it, so that it can be renamed.
    pub fn handle_mut(&mut self) -> Option<&mut H> {
        match self {
            Self::RegisterHost { .. }
            | Self::UnregisterHost { .. }
            | Self::DropHost { .. }
            | Self::DeclareGone { .. }
            | Self::Register { .. }
            | Self::Make { .. } => None,
            Self::Attach(handle)
            | Self::Free(handle)
            | Self::Detach(handle)
            | Self::Unregister { device: handle, .. }
            | Self::Transfer(handle)
            | Self::Read(handle)
            | Self::Hold(handle)
            | Self::Drop(handle)
            | Self::DropChild(handle)
            | Self::DropLink(handle)
            | Self::DropDevice(handle) => Some(handle),
        }
    }
}

/// What a call does next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Progress<H> {
    /// It sleeps until what it waits for has ended.
    Sleeps,
    /// It has taken a step, and has more.
    Goes,
    /// It needs a callback of a host (by index).
    CallHost(usize, HostCall),
    /// It needs the peripheral that is on this channel of a host to be told.
    Tell {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
    },
    /// The device of a host's child on the DSI bus is there: its driver may bind.
    AddChild {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
        /// The device.
        device: H,
    },
    /// The device of a host's child is leaving: its driver has to be unbound.
    RemoveChild {
        /// Which host.
        host: usize,
        /// Which channel.
        channel: u8,
    },
    /// The release actions that a managed driver has for this device have to be taken away from it.
    RemoveActions(H),
    /// It has ended.
    Done(Reply<H>),
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reply<H> {
    /// Done; a new or changed handle, if there is one.
    Done(Option<H>),
    /// Refused, as the host has gone or is not there.
    HostGone,
    /// Refused, as the device was unregistered or detached.
    DeviceGone,
    /// Refused, as one of them has gone; it does not say which.
    Gone,
    /// Refused by the host's driver.
    Refused,
    /// Refused, as something else is in the way.
    Busy,
    /// Refused, as waiting would never end.
    WouldDeadlock,
    /// The caller stopped waiting.
    GaveUp,
}

/// One line of "who holds what": a thing, and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The thing.
    pub what: Subject,
    /// Its state.
    pub is: String,
}

/// A thing that somebody may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The data of a host's driver, in which its `struct mipi_dsi_host` is.
    HostData(usize),
    /// A host, as the bus has it.
    Host(usize),
    /// A DSI device.
    Device {
        /// Its host.
        host: usize,
        /// Its virtual channel.
        channel: u8,
    },
    /// The hold on a host's link.
    Wires(usize),
    /// A handle that somebody else holds to the device of a peripheral.
    Held(usize),
    /// Something that nothing points to any more.
    Lost,
}

impl Subject {
    /// Its name, made of the names on the board.
    pub fn name(self, names: &Names) -> String {
        let host = |index| names.of(End::Host(index));
        match self {
            Self::HostData(index) => format!("data of {}'s driver", host(index)),
            Self::Host(index) => host(index).to_owned(),
            Self::Device { host: index, channel } => format!("DSI device {}.{channel}", host(index)),
            Self::Wires(index) => format!("wires of {}", host(index)),
            Self::Held(index) => format!("handle to {}", names.of(End::Peripheral(index))),
            Self::Lost => "a lost device".to_owned(),
        }
    }

    /// Whether it is memory that may be freed.
    pub fn is_memory(self) -> bool {
        matches!(self, Self::HostData(_) | Self::Device { .. } | Self::Lost)
    }
}

impl Holding {
    /// A handle that somebody else holds.
    pub fn held(peripheral: usize) -> Self {
        Self { what: Subject::Held(peripheral), is: "held by somebody else".to_owned() }
    }
}

/// A bus core: what is one for all models whose rules it takes.
pub trait Ownership: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// What a driver holds for a device.
    type Handle: Clone + Eq + Hash + Debug + Send + Sync;
    /// A running call.
    type Call: Clone + Eq + Hash + Debug + Send + Sync;
    /// What models of this bus core differ in; `()` if there is one.
    type Rules: Copy + Debug + Send + Sync + 'static;

    /// Whether handles release what they name: dropping one is enough, so that nobody can forget to, and one whose
    /// device has gone can be released again. If not, a driver that releases in its notice has to forget what it
    /// released.
    const HANDLES_RELEASE: bool;
    /// Whether the removal of a host takes every child of the controller's device for a DSI device (D2).
    const TAKES_OTHER_CHILDREN: bool;
    /// Whether the bus asks the host to cancel a transfer whose hardware has gone. If not, the transfer's own timeout
    /// ends it.
    const CANCELS: bool;
    /// Whether a step says what it has ended ([`has_ended_wait`](Self::has_ended_wait)). If not, every step wakes all
    /// who wait for the bus, except a step of an actor who falls asleep.
    const SAYS_WHAT_ENDS: bool;

    /// The bus core under these rules with the hosts of this board, none of them registered.
    fn new(rules: Self::Rules, shape: &Shape) -> Self;

    /// A host driver's data, in which the host is embedded, was allocated or freed. Running calls may point to it.
    fn host_memory<'a>(
        &mut self,
        host: usize,
        is_allocated: bool,
        calls: impl Iterator<Item = &'a mut Self::Call>,
    ) {
        let _ = (host, is_allocated, calls);
    }

    /// The handle that the attach or detach callback for this call's channel gets to send with.
    fn lent(&self, call: &Self::Call, host: usize, channel: u8) -> Option<Self::Handle>;

    /// Whether both name the same registration of a device.
    fn is_same_device(one: &Self::Handle, other: &Self::Handle) -> bool;

    /// `actor` makes a request.
    fn begin(&self, request: Request<Self::Handle>, actor: usize) -> Self::Call;

    /// The call takes its next step. If it asked for a callback last, that has returned; `refused` says whether the
    /// host refused.
    fn step(&mut self, call: &mut Self::Call, refused: bool, seen: &mut Seen) -> Progress<Self::Handle>;

    /// Whether this call has its reply, and only carries out errands that others have left behind.
    fn has_reply(call: &Self::Call) -> bool {
        let _ = call;
        false
    }

    /// Whether nobody else can notice the next step of this call: it looks at nothing and changes nothing but the call.
    fn is_private(call: &Self::Call) -> bool {
        let _ = call;
        false
    }

    /// Whether the last step has ended what this call, which sleeps, waits for.
    fn has_ended_wait(&self, call: &Self::Call) -> bool {
        let _ = call;
        true
    }

    /// Wakes those who waited for what the last step has ended.
    fn has_woken(&mut self) {}

    /// Whether this call may stop waiting, with callers who wait this long.
    fn may_give_up(call: &Self::Call, waiting: Waiting) -> bool {
        let _ = (call, waiting);
        false
    }

    /// The call stops waiting. `None` if it can't with callers who wait this long.
    fn give_up(
        &mut self,
        call: &mut Self::Call,
        waiting: Waiting,
        seen: &mut Seen,
    ) -> Option<Progress<Self::Handle>> {
        let _ = (call, waiting, seen);
        None
    }

    /// Whether a command with this handle goes out unhindered, now that nobody does anything.
    fn lets_pass(&self, handle: &Self::Handle) -> bool {
        let _ = handle;
        true
    }

    /// Whether this host is registered, or is still leaving. Only asked if handles release what they name.
    fn has_host(&self, host: usize) -> bool {
        let _ = host;
        false
    }

    /// Whether nothing is registered or allocated any more.
    fn is_quiet(&self) -> bool;

    /// Brings names of what exists to a canonical form: in the bus, in the handles at the `ends`, in actors' running
    /// calls and in the handles of actors' programs. The names in the bus and the ends do not depend on which actor is
    /// which.
    fn canonical<'a>(
        &mut self,
        ends: impl Iterator<Item = &'a mut Self::Handle>,
        calls: impl Iterator<Item = &'a mut Self::Call>,
        programs: impl Iterator<Item = &'a mut Self::Handle>,
    );

    /// Who holds what, for a reader.
    fn holdings(&self) -> Vec<Holding>;
}
