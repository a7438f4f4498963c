//! The bus of crate `mipi-dsi` itself: its book and its operations, driven step by step as its shell drives them.
//!
//! A step is one section of the lock, or one atomic operation on a gate. A caller who has to wait is asked again only
//! when what they wait for has ended, as the lock's adapters do it: a change that should end a wait and does not shows
//! as a deadlock.
//!
//! * `gate`: what a packet passes while nobody removes and nobody waits. `packet`: the two ways of a packet. `turns`:
//!   in which order callers get links. `remains`: what a removal still has to end.
//! * `read`: the one call that consists of several operations.
//! * `canonical`, `holdings`: the canonical form of a state, and its description for a reader.

mod canonical;
mod gate;
mod holdings;
mod packet;
mod read;
mod remains;
mod turns;

use super::{Holding, Ownership, Progress, Reply, Request};
use crate::encoding::{actor, caller};
use crate::hardware::HostCall;
use crate::note::Seen;
use crate::property::Property;
use crate::shape::{self, Shape, Waiting};
use gate::Gate;
use mipi_dsi::bus::machine::{
    Attach, AttachOutcome, Books, Callback, Caller, DeclareGone, Detach, DeviceBook, DeviceKey, Errands,
    Generation, Holder, HostBook, HostKey, HostPhase, LinkKey, Next, Operation, Profile, Purpose,
    RegisterDevice, RegisterDeviceOutcome, Removed, Running, UnregisterDevice, UnregisterHost, UseLinkError,
    WaitFor,
};
use mipi_dsi::bus::{Gone, RemovalKind, Side, StillRunning, WaitError, adapter};
use mipi_dsi::wire::VirtualChannel;
use remains::Remains;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use turns::Turns;

/// The bus: a book and a gate for each host, and who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    slots: SmallVec<[Slot; 1]>,
    /// What each actor waits for. Their calls say so too.
    waits: SmallVec<[Option<WaitFor>; 2]>,
}

/// What the bus has for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    /// The key with which the host is registered.
    profile: Profile,
    book: HostBook,
    gate: Gate,
    turns: Turns,
}

impl Hash for Production {
    /// For a channel on which nothing was ever registered (most are), hashes only that. What actors wait for is in
    /// their calls.
    fn hash<H: Hasher>(&self, state: &mut H) {
        for Slot { profile: _, book, gate, turns } in &self.slots {
            let HostBook {
                newest,
                generation,
                profile: _,
                phase,
                devices,
                link,
                queue,
                errand,
                gate_is_open,
                ended,
                handles: _,
            } = book;
            (newest, generation, phase, link, queue, errand, gate_is_open, ended, gate, turns).hash(state);
            let used = devices.0.each_ref().map(|device| *device != DeviceBook::EMPTY);
            used.hash(state);
            devices
                .0
                .iter()
                .filter(|device| **device != DeviceBook::EMPTY)
                .for_each(|device| device.hash(state));
        }
    }
}

impl Books for Production {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.slots.get(slot).map(|slot| &slot.book)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.slots.get_mut(slot).map(|slot| &mut slot.book)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.get(actor(caller)?).copied().flatten()
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        let Some(actor) = actor(caller) else { return false };
        if self.waits.len() <= actor {
            self.waits.resize(actor + 1, None);
        }
        if let Some(noted) = self.waits.get_mut(actor) {
            *noted = wait;
        }
        while self.waits.last().is_some_and(Option::is_none) {
            self.waits.pop();
        }
        true
    }
}

/// A device's key, and its attachment, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handle {
    device: DeviceKey,
    attachment: Option<Generation>,
}

impl Handle {
    fn link(&self) -> LinkKey {
        LinkKey { device: self.device, attachment: self.attachment }
    }
}

/// A call: an operation, and afterwards the errands that callbacks left on the slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductionCall {
    slot: usize,
    caller: Caller,
    /// Whether it asked for a callback last, and has not told its operation yet that the callback has returned.
    called: bool,
    /// What it has found that it must wait for: if that is still so when it asks again in the wait, it sleeps.
    waits_for: Option<WaitFor>,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    /// A handle is counted, on which nothing depends.
    Count(Reply<Handle>),
    /// A slot is taken for the host, with these children, one bit each.
    BeginHost(u8),
    /// Its name is unique: it is registered.
    FinishHost(HostKey, u8),
    /// The host is registered; these children's devices are not yet.
    RegisterChildren(HostKey, u8),
    RegisterChild(Running<RegisterDevice>, u8),
    /// A host is looked up, to register a device on this channel.
    Find(VirtualChannel),
    RegisterOn(Running<RegisterDevice>),
    UnregisterHost(Running<UnregisterHost>),
    DeclareGone(Running<DeclareGone>),
    DropHost(Running<UnregisterHost>, Dropped),
    Attach(Running<Attach>, DeviceKey),
    Detach(Running<Detach>),
    Unregister(Running<UnregisterDevice>),
    Packet(packet::Packet),
    Read(Box<read::Read>),
    DropLink(Running<Detach>, Dropped),
    DropDevice(Running<UnregisterDevice>, Dropped),
    /// What was dropped could not be released at once: it leaves an errand.
    LeaveErrand(Dropped),
    Errands(Running<Errands>, Reply<Handle>),
}

/// A handle that is being dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Dropped {
    Link(Handle),
    Device(DeviceKey),
    Host(HostKey),
}

impl Dropped {
    fn leave_errand(&self, book: &mut HostBook) {
        match *self {
            Self::Link(Handle { device, attachment: Some(attachment) }) => {
                book.leave_detach_errand(device, attachment);
            }
            Self::Link(Handle { attachment: None, .. }) => {}
            Self::Device(device) => book.leave_unregister_errand(device),
            Self::Host(host) => book.leave_host_errand(host),
        }
    }
}

type Response = Reply<Handle>;
/// The result of one step: more to do, or the reply.
type Round = Result<Turn, Response>;

enum Turn {
    Waits(WaitFor),
    Goes(Progress<Handle>),
}

/// An operation has ended, and knows its outcome.
struct Ended;

/// The operation that releases what was dropped has ended, and so has the drop, unless it leaves an errand.
fn after_drop(
    stage: &mut Stage,
    dropped: Dropped,
    outcome: Result<Removed, StillRunning>,
    seen: &mut Seen,
) -> Round {
    if outcome.is_ok() {
        return Err(Reply::Done(None));
    }
    seen.note("can't-wait", "the drop would have to wait for the caller's own callback");
    *stage = Stage::LeaveErrand(dropped);
    Ok(Turn::Goes(Progress::Goes))
}

fn refused(still_running: StillRunning) -> Response {
    match still_running.why {
        WaitError::WouldDeadlock => Reply::WouldDeadlock,
        // The bus may come to have more reasons.
        _ => Reply::GaveUp,
    }
}

fn gone(gone: Gone) -> Response {
    match gone {
        Gone::HostRemoved => Reply::HostGone,
        Gone::Unregistered | Gone::Detached => Reply::DeviceGone,
    }
}

fn used(outcome: Result<(), UseLinkError>) -> Response {
    match outcome {
        Ok(()) => Reply::Done(None),
        Err(UseLinkError::Gone(side)) => gone(side),
        Err(UseLinkError::StillRunning(error)) => refused(error),
    }
}

fn removed(outcome: Result<Removed, StillRunning>) -> Response {
    outcome.map_or_else(refused, |_| Reply::Done(None))
}

fn registered(outcome: Result<DeviceKey, RegisterDeviceOutcome>) -> Response {
    match outcome {
        Ok(device) => Reply::Done(Some(Handle { device, attachment: None })),
        Err(RegisterDeviceOutcome::Gone(side)) => gone(side),
        Err(RegisterDeviceOutcome::ChannelTaken(_) | RegisterDeviceOutcome::NotAnnounced) => Reply::Busy,
    }
}

fn attached(running: &Running<Attach>, device: DeviceKey) -> Response {
    match running.outcome() {
        Ok(attachment) => Reply::Done(Some(Handle { device, attachment: Some(attachment) })),
        Err(AttachOutcome::Gone(side)) => gone(side),
        Err(AttachOutcome::AlreadyAttached) => Reply::Busy,
        Err(AttachOutcome::RefusedByHost) => Reply::Refused,
        Err(AttachOutcome::StillRunning(error)) => refused(error),
    }
}

impl Stage {
    /// Whether its step is a section of the lock in which the gate is closed.
    fn is_section(&self) -> bool {
        match self {
            Self::Count(_) | Self::BeginHost(_) | Self::Find(_) | Self::RegisterChildren(..) => false,
            Self::Packet(packet) => packet.is_section(),
            _ => true,
        }
    }

    /// The operation that it is in the middle of.
    fn running(&mut self) -> Option<&mut Running<dyn Operation + 'static>> {
        Some(match self {
            Self::Count(_)
            | Self::BeginHost(_)
            | Self::FinishHost(..)
            | Self::RegisterChildren(..)
            | Self::Find(_)
            | Self::LeaveErrand(..) => return None,
            Self::RegisterChild(running, _) | Self::RegisterOn(running) => running,
            Self::UnregisterHost(running) | Self::DropHost(running, _) => running,
            Self::DeclareGone(running) => running,
            Self::Attach(running, _) => running,
            Self::Detach(running) | Self::DropLink(running, _) => running,
            Self::Unregister(running) | Self::DropDevice(running, _) => running,
            Self::Packet(packet) => return packet.running(),
            Self::Read(read) => read.running(),
            Self::Errands(running, _) => running,
        })
    }
}

impl Production {
    /// Asks an operation for its next step, and first tells it that its callback has returned, as the shell does in one
    /// section.
    fn drive(
        &mut self,
        running: &mut Running<dyn Operation + 'static>,
        returned: Option<bool>,
        seen: &mut Seen,
    ) -> Result<Turn, Ended> {
        if let Some(succeeded) = returned {
            running.returned(self, succeeded);
        }
        match running.next(self) {
            Next::Wait(wait) => Ok(Turn::Waits(wait)),
            Next::Done => Err(Ended),
            Next::Call(callback) => Ok(Turn::Goes(self.call(callback, seen))),
        }
    }

    fn call(&mut self, callback: Callback, seen: &mut Seen) -> Progress<Handle> {
        let host = |device: DeviceKey| device.host.slot;
        let channel = |device: DeviceKey| device.channel.get();
        match callback {
            Callback::Attach(device) => {
                seen.note("calls-attach", "the bus notes the attach, and calls the host's attach");
                Progress::CallHost(host(device), HostCall::Attach(channel(device)))
            }
            Callback::Detach(device) => {
                seen.note("calls-detach", "nothing runs on the channel: the bus calls the host's detach");
                Progress::CallHost(host(device), HostCall::Detach(channel(device)))
            }
            Callback::Transfer(device) => {
                seen.note("calls-transfer", "the link is held: the bus calls the host's transfer");
                Progress::CallHost(host(device), HostCall::Transfer(channel(device)))
            }
            Callback::Cancel(key, channel) => {
                seen.note("calls-cancel", "the bus asks the host to cancel the running transfer");
                Progress::CallHost(key.slot, HostCall::Cancel(channel.get()))
            }
            Callback::Tell(device, _) => {
                seen.note("tells", "the bus tells the peripheral that its device leaves");
                Progress::Tell { host: host(device), channel: channel(device) }
            }
            // The shell drops or takes handles: a step without a callback.
            Callback::Forget(_) => {
                seen.note("forgets", "the bus drops what it kept for the peripheral");
                Progress::Goes
            }
            Callback::Surrender(key) => {
                seen.note("surrenders", "the bus gives the controller's handle back");
                if let Some(slot) = self.slots.get_mut(key.slot) {
                    slot.gate.surrender(seen);
                }
                Progress::Goes
            }
            Callback::Transaction(_) => {
                seen.note("has-link", "the link is held for a transaction");
                Progress::Goes
            }
            // Nobody here asks for them.
            Callback::Announce(_) | Callback::Withdraw(_) => Progress::Goes,
        }
    }

    /// The beginning of a section: the book is the truth from here on.
    fn close_gate(&mut self, slot: usize) {
        if let Some(Slot { book, gate, .. }) = self.slots.get_mut(slot) {
            gate.close(book);
        }
    }

    /// The end of a section.
    fn settle(&mut self, slot: usize, seen: &mut Seen) {
        if let Some(Slot { book, gate, .. }) = self.slots.get_mut(slot) {
            gate.settle(book, seen);
        }
    }

    /// Whether the caller has taken the link, which was free, before somebody who came first.
    fn overtakes(&self, call: &ProductionCall, channel: VirtualChannel, sends: bool) -> bool {
        let Some(Slot { book, turns, .. }) = self.slots.get(call.slot) else { return false };
        let is_there = |waiter| self.waits_for(waiter) == Some(WaitFor::Link(book.key(call.slot)));
        turns.overtakes(book, call.caller, channel, sends, is_there)
    }

    /// The end of a step: whether its caller waits for the link now.
    fn note_turn(&mut self, ProductionCall { slot, caller, stage, .. }: &ProductionCall) {
        let (slot, caller) = (*slot, *caller);
        let sends_to = match stage {
            Stage::Packet(packet) => Some(packet.channel()),
            Stage::Read(read) => Some(read.channel()),
            _ => None,
        };
        let waits = matches!(self.waits_for(caller), Some(WaitFor::Link(host)) if host.slot == slot);
        if let Some(Slot { book, turns, .. }) = self.slots.get_mut(slot) {
            turns.note(book, caller, waits, sends_to);
        }
    }

    /// The call has its reply: the result, after the errands that are left.
    fn replies(&self, call: &mut ProductionCall, reply: Response) -> Progress<Handle> {
        let has_errands = self.host(call.slot).is_some_and(HostBook::has_errands);
        let looks = call.stage.is_section() && !matches!(call.stage, Stage::Errands(..));
        if has_errands && looks {
            call.stage = Stage::Errands(Running::new(Errands::new(call.slot), call.caller), reply);
            return Progress::Goes;
        }
        Progress::Done(reply)
    }

    /// What a call does in one step.
    fn round(
        &mut self,
        slot: usize,
        caller: Caller,
        stage: &mut Stage,
        returned: Option<bool>,
        seen: &mut Seen,
    ) -> Round {
        match stage {
            Stage::Count(reply) => Err(reply.clone()),
            Stage::BeginHost(children) => {
                let begun = self.slots.get_mut(slot).and_then(|at| at.book.begin_host(slot, at.profile));
                let key = begun.ok_or(Reply::Busy)?;
                seen.note("begins-host", "a slot is taken for the host, which can't be found yet");
                *stage = Stage::FinishHost(key, *children);
                Ok(Turn::Goes(Progress::Goes))
            }
            Stage::FinishHost(key, children) => {
                if let Some(book) = self.host_mut(slot) {
                    book.finish_host(true);
                }
                seen.note("registered", "the host is registered, and can be found");
                *stage = Stage::RegisterChildren(*key, *children);
                Ok(Turn::Goes(Progress::Goes))
            }
            Stage::RegisterChildren(key, children) => {
                let has = |channel: &VirtualChannel| *children & (1 << channel.get()) != 0;
                let Some(channel) = VirtualChannel::ALL.into_iter().find(has) else {
                    return Err(Reply::Done(None));
                };
                let left = *children & !(1 << channel.get());
                let running = Running::new(RegisterDevice::new(*key, channel, false), caller);
                seen.note("next-child", "the bus comes to the next child of the host's node");
                *stage = Stage::RegisterChild(running, left);
                Ok(Turn::Goes(Progress::Goes))
            }
            Stage::RegisterChild(running, left) => match self.drive(running, returned, seen) {
                Ok(turn) => Ok(turn),
                Err(Ended) => {
                    let outcome = running.outcome();
                    *stage = Stage::RegisterChildren(running.operation().host(), *left);
                    seen.note(
                        "registers-child",
                        "the device of a child is registered, and its driver may bind",
                    );
                    Ok(Turn::Goes(match outcome {
                        Ok(device) => {
                            let channel = device.channel.get();
                            let device = Handle { device, attachment: None };
                            Progress::AddChild { host: slot, channel, device }
                        }
                        Err(_) => Progress::Goes,
                    }))
                }
            },
            Stage::Find(channel) => {
                let found = self.host(slot).and_then(|book| book.present(slot));
                let key = found.ok_or(Reply::HostGone)?;
                seen.note("found", "the host is found, and the handle to it counted");
                *stage = Stage::RegisterOn(Running::new(RegisterDevice::new(key, *channel, false), caller));
                Ok(Turn::Goes(Progress::Goes))
            }
            Stage::RegisterOn(running) => {
                let named = running.operation().host().generation;
                let is_another = self.host(slot).is_some_and(|book| book.generation != named);
                self.drive(running, returned, seen).map_err(|Ended| {
                    let outcome = running.outcome();
                    // The handle is of a host that has left; it must not name the one that came after.
                    seen.breaks_if(is_another && outcome.is_ok(), Property::LateCommandsFail);
                    registered(outcome)
                })
            }
            Stage::UnregisterHost(running) => {
                self.drive(running, returned, seen).map_err(|Ended| removed(running.outcome()))
            }
            Stage::DeclareGone(running) => {
                let ended = self.drive(running, returned, seen);
                // An interrupt handler says so.
                seen.breaks_if(matches!(ended, Ok(Turn::Waits(_))), Property::NoDeadlock);
                let outcome = |Ended| match running.outcome() {
                    true => Reply::Done(None),
                    false => Reply::HostGone,
                };
                ended.map_err(outcome)
            }
            Stage::DropHost(running, dropped) => {
                let ended = self.drive(running, returned, seen);
                let (dropped, outcome) = (dropped.clone(), running.outcome());
                ended.or_else(|Ended| after_drop(stage, dropped, outcome, seen))
            }
            Stage::Attach(running, device) => {
                self.drive(running, returned, seen).map_err(|Ended| attached(running, *device))
            }
            Stage::Detach(running) => {
                self.drive(running, returned, seen).map_err(|Ended| removed(running.outcome()))
            }
            Stage::Unregister(running) => {
                self.drive(running, returned, seen).map_err(|Ended| removed(running.outcome()))
            }
            Stage::Packet(packet) => packet.round(self, returned, seen),
            Stage::Read(read) => read.round(self, returned, seen),
            Stage::DropLink(running, dropped) => {
                let ended = self.drive(running, returned, seen);
                let (dropped, outcome) = (dropped.clone(), running.outcome());
                ended.or_else(|Ended| after_drop(stage, dropped, outcome, seen))
            }
            Stage::DropDevice(running, dropped) => {
                let ended = self.drive(running, returned, seen);
                let (dropped, outcome) = (dropped.clone(), running.outcome());
                ended.or_else(|Ended| after_drop(stage, dropped, outcome, seen))
            }
            Stage::LeaveErrand(dropped) => {
                if let Some(book) = self.host_mut(slot) {
                    dropped.leave_errand(book);
                }
                seen.note(
                    "leaves-errand",
                    "it can't be released now: an errand is left for whoever ends what is running",
                );
                Err(Reply::Done(None))
            }
            Stage::Errands(running, reply) => {
                self.drive(running, returned, seen).map_err(|Ended| reply.clone())
            }
        }
    }
}

impl Ownership for Production {
    type Handle = Handle;
    type Call = ProductionCall;
    type Rules = ();

    const HANDLES_RELEASE: bool = true;
    const TAKES_OTHER_CHILDREN: bool = false;
    const CANCELS: bool = true;
    const SAYS_WHAT_ENDS: bool = true;

    fn new((): (), shape: &Shape) -> Self {
        let profile = |host: &shape::HostShape| match host.profile {
            shape::Profile::Exclusive => Profile::Exclusive,
            shape::Profile::Serialised => Profile::Serialised,
            shape::Profile::Shared => Profile::Shared,
        };
        let slot = |host| Slot {
            profile: profile(host),
            book: HostBook::EMPTY,
            gate: Gate::EMPTY,
            turns: Turns::default(),
        };
        Self { slots: shape.hosts.iter().map(slot).collect(), waits: SmallVec::new() }
    }

    fn begin(&self, request: Request<Handle>, actor: usize) -> ProductionCall {
        let caller = caller(actor);
        let removal = |surprise| if surprise { RemovalKind::Surprise } else { RemovalKind::Orderly };
        let (slot, stage) = match request {
            Request::UnregisterHost { host, surprise, .. } => {
                let operation = UnregisterHost::new(self.present_key(host), removal(surprise));
                (host, Stage::UnregisterHost(Running::new(operation, caller)))
            }
            Request::DropHost { host } => {
                let key = self.present_key(host);
                let operation = UnregisterHost::new(key, RemovalKind::Orderly);
                (host, Stage::DropHost(Running::new(operation, caller), Dropped::Host(key)))
            }
            Request::DeclareGone { host } => {
                (host, Stage::DeclareGone(Running::new(DeclareGone::new(self.present_key(host)), caller)))
            }
            Request::Attach(Handle { device, .. }) => {
                (device.host.slot, Stage::Attach(Running::new(Attach::new(device), caller), device))
            }
            Request::Detach(Handle { device, attachment }) => {
                let operation = attachment
                    .map_or_else(|| Detach::device(device), |attachment| Detach::link(device, attachment));
                (device.host.slot, Stage::Detach(Running::new(operation, caller)))
            }
            Request::Unregister { device: Handle { device, .. }, surprise } => {
                let operation = UnregisterDevice::new(device, Side::Peripheral, removal(surprise));
                (device.host.slot, Stage::Unregister(Running::new(operation, caller)))
            }
            // The drop of the host's side's handle, from inside the notice.
            Request::DropChild(Handle { device, .. }) | Request::DropDevice(Handle { device, .. }) => {
                let operation = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
                (
                    device.host.slot,
                    Stage::DropDevice(Running::new(operation, caller), Dropped::Device(device)),
                )
            }
            Request::DropLink(handle) => {
                let Handle { device, attachment } = handle;
                let operation = match attachment {
                    Some(attachment) => Detach::link(device, attachment),
                    None => Detach::device(device),
                };
                (device.host.slot, Stage::DropLink(Running::new(operation, caller), Dropped::Link(handle)))
            }
            Request::Transfer(handle) => {
                (handle.device.host.slot, Stage::Packet(packet::Packet::new(handle.link(), caller)))
            }
            Request::Read(handle) => {
                (handle.device.host.slot, Stage::Read(Box::new(read::Read::new(handle.link(), caller))))
            }
            Request::RegisterHost { host, children } => (host, Stage::BeginHost(children)),
            // Nothing can be attached that is not registered.
            Request::Register { host, channel } | Request::Make { host, channel } => {
                let stage = VirtualChannel::new(channel).map_or(Stage::Count(Reply::Busy), Stage::Find);
                (host, stage)
            }
            Request::Free(device) => {
                return self.begin(Request::Unregister { device, surprise: false }, actor);
            }
            Request::Hold(handle) => (handle.device.host.slot, Stage::Count(Reply::Done(Some(handle)))),
            Request::Drop(handle) => (handle.device.host.slot, Stage::Count(Reply::Done(None))),
        };
        ProductionCall { slot, caller, called: false, waits_for: None, stage }
    }

    fn step(&mut self, call: &mut ProductionCall, host_refuses: bool, seen: &mut Seen) -> Progress<Handle> {
        let returned = std::mem::take(&mut call.called).then_some(!host_refuses);
        let asked_in_wait = call.waits_for.take();
        let is_section = call.stage.is_section();
        if is_section {
            self.close_gate(call.slot);
        }
        let was_free = self.host(call.slot).is_some_and(|book| book.hold().is_none());
        let remained = self.host(call.slot).and_then(Remains::of);
        let round = self.round(call.slot, call.caller, &mut call.stage, returned, seen);
        if is_section {
            let hold = self.host(call.slot).and_then(HostBook::hold).filter(|_| was_free);
            if let Some(hold) = hold.filter(|hold| hold.holder == Holder::Caller(call.caller)) {
                let sends = matches!(hold.purpose, Purpose::Packet | Purpose::Transaction);
                seen.breaks_if(self.overtakes(call, hold.channel, sends), Property::NoDeadlock);
            }
            let remains = self.host(call.slot).and_then(Remains::of);
            let has_grown = remained.zip(remains).is_some_and(|(before, now)| now.has_grown(&before));
            seen.breaks_if(has_grown, Property::NoDeadlock);
            self.settle(call.slot, seen);
        }
        self.note_turn(call);
        if let (Stage::Packet(packet), Ok(Turn::Goes(Progress::CallHost(..)))) = (&call.stage, &round)
            && let Some(channel) = packet.passes_gate()
        {
            seen.breaks_if(self.overtakes(call, channel, true), Property::NoDeadlock);
        }
        match round {
            Ok(Turn::Waits(waits_for)) => {
                call.waits_for = Some(waits_for);
                seen.note("waits", "it has to wait for another actor");
                // Found out in one section; asked once more in the wait.
                let asks = |wait| Next::Wait(waits_for).after_wait(wait).is_some();
                if asked_in_wait.is_none_or(asks) { Progress::Goes } else { Progress::Sleeps }
            }
            Ok(Turn::Goes(progress)) => {
                call.called = true;
                progress
            }
            Err(reply) => {
                note_reply(seen, &reply);
                self.replies(call, reply)
            }
        }
    }

    fn has_reply(call: &ProductionCall) -> bool {
        matches!(call.stage, Stage::Errands(..))
    }

    fn is_private(call: &ProductionCall) -> bool {
        matches!(call.stage, Stage::Count(_) | Stage::RegisterChildren(..))
    }

    fn has_ended_wait(&self, call: &ProductionCall) -> bool {
        let has_ended = |wait: WaitFor| {
            let slot = wait.host().slot;
            self.host(slot).is_some_and(|book| adapter::Ended { slot, events: book.ended }.is_end_of(wait))
        };
        call.waits_for.is_some_and(has_ended)
    }

    fn has_woken(&mut self) {
        for slot in &mut self.slots {
            slot.book.take_ended();
        }
    }

    fn lent(&self, _call: &ProductionCall, host: usize, channel: u8) -> Option<Handle> {
        let channel = VirtualChannel::new(channel).ok()?;
        Some(Handle { device: self.host(host)?.device_key(host, channel), attachment: None })
    }

    fn is_same_device(one: &Handle, other: &Handle) -> bool {
        one.device == other.device
    }

    fn may_give_up(call: &ProductionCall, waiting: Waiting) -> bool {
        let is_drop = matches!(call.stage, Stage::DropLink(..) | Stage::DropDevice(..) | Stage::DropHost(..));
        call.waits_for.is_some() && (!is_drop || waiting == Waiting::Never)
    }

    fn give_up(
        &mut self,
        call: &mut ProductionCall,
        waiting: Waiting,
        seen: &mut Seen,
    ) -> Option<Progress<Handle>> {
        if !Self::may_give_up(call, waiting) {
            return None;
        }
        let why = match waiting {
            Waiting::Never => WaitError::CannotWait,
            Waiting::Forever | Waiting::UntilDeadline => WaitError::DeadlinePassed,
        };
        self.close_gate(call.slot);
        let remained = self.host(call.slot).and_then(Remains::of);
        call.stage.running()?.give_up(self, why);
        call.waits_for = None;
        seen.note("gives-up", "it stops waiting");
        // What it comes to is what it says now that it has ended.
        let round = Self::given_up(&mut call.stage);
        let remains = self.host(call.slot).and_then(Remains::of);
        let has_grown = remained.zip(remains).is_some_and(|(before, now)| now.has_grown(&before));
        seen.breaks_if(has_grown, Property::NoDeadlock);
        self.settle(call.slot, seen);
        self.note_turn(call);
        Some(match round {
            Ok(progress) => progress,
            Err(reply) => self.replies(call, reply),
        })
    }

    fn lets_pass(&self, handle: &Handle) -> bool {
        let slot = self.slots.get(handle.device.host.slot);
        slot.is_some_and(|slot| slot.gate.lets_pass(slot.profile, handle.device, handle.attachment))
    }

    fn has_host(&self, host: usize) -> bool {
        self.host(host).is_some_and(|book| book.phase != HostPhase::Vacant)
    }

    fn is_quiet(&self) -> bool {
        let is_quiet =
            |Slot { book, gate, .. }: &Slot| book.is_quiet() && !book.has_errands() && !gate.has_controller();
        self.slots.iter().all(is_quiet)
    }

    fn canonical<'a>(
        &mut self,
        ends: impl Iterator<Item = &'a mut Handle>,
        calls: impl Iterator<Item = &'a mut ProductionCall>,
        programs: impl Iterator<Item = &'a mut Handle>,
    ) {
        self.make_canonical(ends, calls, programs);
    }

    fn holdings(&self) -> Vec<Holding> {
        self.slots.iter().enumerate().flat_map(|(index, slot)| holdings::of(index, &slot.book)).collect()
    }
}

impl Production {
    /// The key of the host that is registered in this slot now.
    fn present_key(&self, host: usize) -> HostKey {
        self.host(host).map_or(HostKey { slot: host, generation: Generation::NONE }, |book| book.key(host))
    }

    /// The result of a call whose wait was given up.
    fn given_up(stage: &mut Stage) -> Result<Progress<Handle>, Response> {
        match stage {
            Stage::DropLink(_, dropped) | Stage::DropDevice(_, dropped) | Stage::DropHost(_, dropped) => {
                *stage = Stage::LeaveErrand(dropped.clone());
                Ok(Progress::Goes)
            }
            Stage::UnregisterHost(running) => Err(removed(running.outcome())),
            Stage::Attach(running, device) => Err(attached(running, *device)),
            Stage::Detach(running) => Err(removed(running.outcome())),
            Stage::Unregister(running) => Err(removed(running.outcome())),
            Stage::Packet(packet) => packet.given_up(),
            Stage::Read(read) => read.given_up(),
            _ => Err(Reply::GaveUp),
        }
    }
}

fn note_reply(seen: &mut Seen, reply: &Response) {
    let (place, does) = match reply {
        Reply::Done(_) => ("done", "the operation is done"),
        Reply::HostGone => ("refused", "refused: the host has been removed"),
        Reply::DeviceGone => ("refused", "refused: the device has gone"),
        Reply::Gone => ("refused", "refused: one side has gone"),
        Reply::Refused => ("refused", "refused by the host's driver"),
        Reply::Busy => ("refused", "refused: something else is in the way"),
        Reply::WouldDeadlock => ("refused", "refused: the wait would never end"),
        Reply::GaveUp => ("refused", "the wait was given up"),
    };
    seen.note(place, does);
}
