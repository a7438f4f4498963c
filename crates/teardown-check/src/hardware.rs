//! The host controller as its callbacks find it: what it serves, what is running, and whether its driver's data is
//! there.

use crate::encoding::ActorNumber;
use crate::note::Seen;
use crate::property::Property;
use crate::shape::Profile;

/// What a host serves on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Served {
    /// Nothing.
    #[default]
    Idle,
    /// Its attach is running.
    Attaching,
    /// It is attached.
    Attached,
    /// Its detach is running.
    Detaching,
}

/// One host controller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Controller {
    /// Its driver's data is allocated.
    pub alive: bool,
    /// By channel.
    pub served: [Served; 4],
    /// A packet is being sent.
    pub transferring: bool,
    /// Whether the host was asked to cancel that packet.
    pub cancelled: bool,
    /// Whether the cancel callback for a transfer of this channel is running.
    pub cancelling: Option<u8>,
    /// The actor who is between the packets of a read.
    pub reading: Option<ActorNumber>,
    /// Callbacks that run.
    pub running: u8,
}

/// A call into a host controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostCall {
    /// Attach a channel.
    Attach(u8),
    /// Detach a channel.
    Detach(u8),
    /// Send a command of a channel.
    Transfer(u8),
    /// Send the first packet of a read, Set Maximum Return Packet Size.
    SetReturnSize(u8),
    /// Send the second, the read itself, and take the response.
    Read(u8),
    /// Ask the host to cancel the transfer of a channel.
    Cancel(u8),
}

impl HostCall {
    /// The channel whose packet it sends, if it sends one.
    pub fn sends(self) -> Option<u8> {
        match self {
            Self::Transfer(channel) | Self::SetReturnSize(channel) | Self::Read(channel) => Some(channel),
            Self::Attach(_) | Self::Detach(_) | Self::Cancel(_) => None,
        }
    }

    /// The places of its first and last instructions, as scripts name them.
    pub fn places(self) -> (&'static str, &'static str) {
        match self {
            Self::Attach(_) => ("host.attach", "host.attach.end"),
            Self::Detach(_) => ("host.detach", "host.detach.end"),
            Self::Transfer(_) => ("host.transfer", "host.transfer.end"),
            Self::SetReturnSize(_) => ("host.set-return-size", "host.set-return-size.end"),
            Self::Read(_) => ("host.read", "host.read.end"),
            Self::Cancel(_) => ("host.cancel", "host.cancel.end"),
        }
    }

    /// What its last instruction does, as a sentence without a full stop.
    pub fn ends(self) -> &'static str {
        match self {
            Self::Attach(_) => "attach returns: the host serves the channel",
            Self::Detach(_) => "detach returns: the host no longer serves the channel",
            Self::Transfer(_) => "transfer returns",
            Self::SetReturnSize(_) => "transfer of Set Maximum Return Packet Size returns",
            Self::Read(_) => "transfer of the read returns",
            Self::Cancel(_) => "cancel returns",
        }
    }
}

impl Controller {
    /// The first instruction of a callback, for this actor.
    pub fn enter(&mut self, call: HostCall, actor: usize, profile: Profile, seen: &mut Seen) {
        seen.breaks_if(!self.alive, Property::NeverUsedAfterFree);
        self.running = self.running.saturating_add(1);
        // What a request to end a transfer looks at may be gone with the channel: it comes only to one that is attached, and
        // no detach begins beside it. (The transfer that it is about may enter after it: it was on its way.)
        let is_gone = match call {
            HostCall::Cancel(channel) => self.served(channel) != Served::Attached,
            HostCall::Detach(channel) => self.cancelling == Some(channel),
            _ => false,
        };
        seen.breaks_if(is_gone, Property::NothingCalledAfter);
        // A host that wants them serialised has neither two of them at once nor one of them beside a packet.
        let serves = |served: &Served| matches!(served, Served::Attaching | Served::Detaching);
        let is_beside = self.transferring || self.served.iter().any(serves);
        match call {
            HostCall::Attach(channel) => {
                seen.breaks_if(profile == Profile::Serialised && is_beside, Property::OneTransfer);
                self.change(channel, Served::Idle, Served::Attaching, seen);
            }
            HostCall::Detach(channel) => {
                seen.breaks_if(profile == Profile::Serialised && is_beside, Property::OneTransfer);
                self.change(channel, Served::Attached, Served::Detaching, seen);
            }
            HostCall::Cancel(channel) => {
                seen.breaks_if(profile == Profile::Shared, Property::NothingRefused);
                self.cancelling = Some(channel);
                self.cancelled |= self.transferring;
            }
            HostCall::Transfer(channel) | HostCall::SetReturnSize(channel) | HostCall::Read(channel) => {
                let served = self.served(channel);
                let is_other = self.reading.is_some_and(|reader| reader != ActorNumber::of(actor));
                if profile != Profile::Shared {
                    seen.breaks_if(served == Served::Idle, Property::LateCommandsFail);
                    seen.breaks_if(self.transferring || is_other, Property::OneTransfer);
                }
                let is_of_another =
                    self.served.iter().zip(0..).any(|(served, of)| serves(served) && of != channel);
                seen.breaks_if(profile == Profile::Serialised && is_of_another, Property::OneTransfer);
                self.transferring = true;
                self.cancelled = false;
                if matches!(call, HostCall::SetReturnSize(_)) && !is_other {
                    self.reading = Some(ActorNumber::of(actor));
                }
            }
        }
    }

    /// Its last instruction; returns whether it has refused.
    pub fn leave(&mut self, call: HostCall, refused: bool, seen: &mut Seen) {
        seen.breaks_if(!self.alive, Property::NeverUsedAfterFree);
        self.running = self.running.saturating_sub(1);
        match call {
            HostCall::Attach(channel) => {
                let to = if refused { Served::Idle } else { Served::Attached };
                self.change(channel, Served::Attaching, to, seen);
            }
            HostCall::Detach(channel) => {
                self.change(channel, Served::Detaching, Served::Idle, seen);
            }
            HostCall::Transfer(_) | HostCall::SetReturnSize(_) | HostCall::Read(_) => {
                self.transferring = false;
                self.cancelled = false;
            }
            HostCall::Cancel(_) => self.cancelling = None,
        }
    }

    /// What it serves on a channel.
    pub fn served(&self, channel: u8) -> Served {
        self.served.get(usize::from(channel)).copied().unwrap_or_default()
    }

    /// This actor's read is over, however it ended.
    pub fn read_is_over(&mut self, actor: usize) {
        if self.reading == Some(ActorNumber::of(actor)) {
            self.reading = None;
        }
    }

    fn change(&mut self, channel: u8, from: Served, to: Served, seen: &mut Seen) {
        let Some(served) = self.served.get_mut(usize::from(channel)) else { return };
        seen.breaks_if(*served != from, Property::DetachedOnce);
        *served = to;
    }
}
