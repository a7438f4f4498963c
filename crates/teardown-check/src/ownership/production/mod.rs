//! The bus of crate `mipi-dsi` itself: its book and its operations, driven step by step as its shell drives them.
//!
//! A step is one round of the lock. One who has to wait is asked again only when somebody else had the lock, as the
//! lock's adapters do it: a change that wakes nobody shows up as a deadlock.
//!
//! * `read`: the one call that is made of several operations.
//! * `rename`, `holdings`: the canonical form of a state, and what a reader is told of one.

mod holdings;
mod read;
mod rename;

use super::{Holding, Ownership, Progress, Reply, Request};
use crate::hardware::HostCall;
use crate::note::Seen;
use crate::property::Property;
use mipi_dsi::bus::operation::{
    Attach, AttachRefusal, Call, Detach, Errands, Next, Operation, Purpose, Removed, Running,
    UnregisterDevice, UnregisterHost, UseLink, UseLinkError, register,
};
use mipi_dsi::bus::{
    Caller, DeviceBook, Generation, Gone, HostBook, HostKey, Lease, LinkKey, RegisterDeviceError, Removal,
    Rename, Side, StillRunning, WaitFor, WhyNot,
};
use mipi_dsi::wire::VirtualChannel;
use smallvec::{SmallVec, smallvec};
use std::hash::{Hash, Hasher};

/// The book of a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    books: SmallVec<[HostBook; 1]>,
}

impl Hash for Production {
    /// Of channels on which nothing was ever registered, which are most, only that.
    fn hash<H: Hasher>(&self, state: &mut H) {
        for HostBook { newest, generation, phase, devices, link, cancel, errand, handles } in &self.books {
            (newest, generation, phase, link, cancel, errand, handles).hash(state);
            let used = devices.each_ref().map(|device| *device != DeviceBook::NEW);
            used.hash(state);
            devices.iter().filter(|device| **device != DeviceBook::NEW).for_each(|device| device.hash(state));
        }
    }
}

/// A lease, and the attachment while there is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handle {
    lease: Lease,
    attachment: Option<Generation>,
}

/// A call: an operation, and afterwards the errands that callbacks left on the slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductionCall {
    slot: usize,
    caller: Caller,
    /// It asked for a call last, and its operation has not been told yet that this has returned.
    called: bool,
    /// What it has found that it must wait for: if that is still so when it is asked in the wait, it sleeps.
    waits_for: Option<WaitFor>,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    /// One round of the lock.
    Immediate(Request<Handle>),
    /// The host is registered; these children's devices are not yet, one bit each.
    RegisterChildren(HostKey, u8),
    /// The host was found; a device is registered with this handle to it.
    RegisterOn(HostKey, VirtualChannel),
    UnregisterHost(Running<UnregisterHost>),
    Attach(Running<Attach>, Handle),
    Detach(Running<Detach>),
    Unregister(Running<UnregisterDevice>),
    Transfer(Running<UseLink>),
    Read(Box<read::Read>),
    Errands(Running<Errands>, Reply<Handle>),
}

type Answer = Reply<Handle>;
/// What one round of the lock comes to: more to do, or the answer.
type Round = Result<Turn, Answer>;

enum Turn {
    Waits(WaitFor),
    Goes(Progress<Handle>),
}

fn refused(still_running: StillRunning) -> Answer {
    match still_running.why {
        WhyNot::WouldDeadlock => Reply::WouldDeadlock,
        _ => Reply::Busy,
    }
}

fn gone(gone: Gone) -> Answer {
    match gone {
        Gone::HostRemoved => Reply::HostGone,
        Gone::Unregistered | Gone::Detached => Reply::DeviceGone,
    }
}

fn used(answer: Result<(), UseLinkError>) -> Answer {
    match answer {
        Ok(()) => Reply::Done(None),
        Err(UseLinkError::Gone(side)) => gone(side),
        Err(UseLinkError::StillRunning(error)) => refused(error),
    }
}

fn removed(answer: Result<Removed, StillRunning>) -> Answer {
    answer.map_or_else(refused, |_| Reply::Done(None))
}

/// Asks an operation for its next step, told first that its callback has returned, as the shell does in one round of
/// the lock.
fn drive<O: Operation>(
    books: &mut [HostBook],
    running: &mut Running<O>,
    returned: Option<bool>,
    seen: &mut Seen,
) -> Result<Turn, O::Answer> {
    if let Some(agreed) = returned {
        running.returned(books, agreed);
    }
    match running.next(books) {
        Next::Wait(waiting_for) => Ok(Turn::Waits(waiting_for)),
        Next::Done(answer) => Err(answer),
        Next::Call(call) => Ok(Turn::Goes(progress(call, seen))),
    }
}

fn progress(call: Call, seen: &mut Seen) -> Progress<Handle> {
    let host = |lease: Lease| lease.host.slot;
    let channel = |lease: Lease| lease.channel.get();
    match call {
        Call::Attach(lease) => {
            seen.note("calls-attach", "the bus notes that it attaches, and calls the host's attach");
            Progress::CallHost(host(lease), HostCall::Attach(channel(lease)))
        }
        Call::Detach(lease) => {
            seen.note("calls-detach", "nothing of the channel runs: the bus calls the host's detach");
            Progress::CallHost(host(lease), HostCall::Detach(channel(lease)))
        }
        Call::Transfer(lease) => {
            seen.note("calls-transfer", "the link is had: the bus calls the host's transfer");
            Progress::CallHost(host(lease), HostCall::Transfer(channel(lease)))
        }
        Call::Cancel(key, channel) => {
            seen.note("calls-cancel", "the bus asks the host to end the running transfer");
            Progress::CallHost(key.slot, HostCall::Cancel(channel.get()))
        }
        Call::Tell(lease, _) => {
            seen.note("tells", "the bus tells the peripheral that its device leaves");
            Progress::Tell { host: host(lease), channel: channel(lease) }
        }
        // The shell drops or takes handles: a step without a callback.
        Call::Forget(_) => {
            seen.note("forgets", "the bus drops what it kept of the peripheral's");
            Progress::Goes
        }
        Call::Surrender(_) => {
            seen.note("surrenders", "the bus gives the controller's handle back");
            Progress::Goes
        }
        Call::Transaction(_) => {
            seen.note("has-link", "the link is had for a transaction");
            Progress::Goes
        }
    }
}

impl Ownership for Production {
    type Handle = Handle;
    type Call = ProductionCall;

    const NAME: &'static str = "mipi-dsi";
    const SENTENCE: &'static str = "this project's bus: a book, leases, and everybody told";
    const LEASES: bool = true;
    const TAKES_OTHER_CHILDREN: bool = false;
    const CANCELS: bool = true;

    fn new(hosts: usize) -> Self {
        Self { books: smallvec![HostBook::NEW; hosts] }
    }

    fn begin(&self, request: Request<Handle>, actor: usize) -> ProductionCall {
        let caller = Caller(actor as u64);
        let removal = |surprise| if surprise { Removal::Surprise } else { Removal::Orderly };
        let (slot, stage) = match request {
            Request::UnregisterHost { host, surprise, .. } => {
                let generation = self.books.get(host).map_or(Generation::NONE, |book| book.generation);
                let operation = UnregisterHost::new(HostKey { slot: host, generation }, removal(surprise));
                (host, Stage::UnregisterHost(Running::new(operation, caller)))
            }
            Request::Attach(handle) => (
                handle.lease.host.slot,
                Stage::Attach(Running::new(Attach::new(handle.lease), caller), handle),
            ),
            Request::Detach(Handle { lease, attachment }) => {
                let operation = attachment
                    .map_or_else(|| Detach::device(lease), |attachment| Detach::link(lease, attachment));
                (lease.host.slot, Stage::Detach(Running::new(operation, caller)))
            }
            Request::Unregister { device: Handle { lease, .. }, surprise } => {
                let operation = UnregisterDevice::new(lease, Side::Peripheral, removal(surprise));
                (lease.host.slot, Stage::Unregister(Running::new(operation, caller)))
            }
            // The drop of the host's side's handle, from inside the notice.
            Request::DropChild(device) => {
                return self.begin(Request::Unregister { device, surprise: false }, actor);
            }
            Request::Transfer(Handle { lease, attachment }) => {
                let operation = UseLink::new(LinkKey { lease, attachment }, Purpose::Packet);
                (lease.host.slot, Stage::Transfer(Running::new(operation, caller)))
            }
            Request::Read(Handle { lease, attachment }) => {
                let read = read::Read::new(LinkKey { lease, attachment }, caller);
                (lease.host.slot, Stage::Read(Box::new(read)))
            }
            Request::RegisterHost { host, .. } | Request::Register { host, .. } => {
                (host, Stage::Immediate(request))
            }
            // Nothing can be attached that is not registered.
            Request::Make { host, channel } => return self.begin(Request::Register { host, channel }, actor),
            Request::Free(device) => {
                return self.begin(Request::Unregister { device, surprise: false }, actor);
            }
            Request::Hold(Handle { lease, .. }) | Request::Drop(Handle { lease, .. }) => {
                (lease.host.slot, Stage::Immediate(request))
            }
        };
        ProductionCall { slot, caller, called: false, waits_for: None, stage }
    }

    fn step(&mut self, call: &mut ProductionCall, host_refuses: bool, seen: &mut Seen) -> Progress<Handle> {
        let books = &mut self.books[..];
        let returned = std::mem::take(&mut call.called).then_some(!host_refuses);
        let asked_in_wait = call.waits_for.take();
        let round = match &mut call.stage {
            Stage::Immediate(request) => match immediate(books, request, seen) {
                Ok(next) => {
                    call.stage = next;
                    Ok(Turn::Goes(Progress::Goes))
                }
                Err(answer) => Err(answer),
            },
            Stage::RegisterChildren(key, children) => register_child(books, *key, children, seen),
            Stage::RegisterOn(key, channel) => Err(register_on(books, *key, *channel, seen)),
            Stage::UnregisterHost(running) => drive(books, running, returned, seen).map_err(removed),
            Stage::Attach(running, handle) => {
                drive(books, running, returned, seen).map_err(|answer| match answer {
                    Ok(attachment) => {
                        Reply::Done(Some(Handle { attachment: Some(attachment), ..handle.clone() }))
                    }
                    Err(AttachRefusal::Gone(side)) => gone(side),
                    Err(AttachRefusal::AlreadyAttached) => Reply::Busy,
                    Err(AttachRefusal::ByHost) => Reply::Refused,
                    Err(AttachRefusal::StillRunning(error)) => refused(error),
                })
            }
            Stage::Detach(running) => drive(books, running, returned, seen).map_err(removed),
            Stage::Unregister(running) => drive(books, running, returned, seen).map_err(removed),
            Stage::Transfer(running) => drive(books, running, returned, seen).map_err(used),
            Stage::Read(read) => read.round(books, returned, seen),
            Stage::Errands(running, reply) => {
                drive(books, running, returned, seen).map_err(|()| reply.clone())
            }
        };
        match round {
            Ok(Turn::Waits(waits_for)) => {
                call.waits_for = Some(waits_for);
                seen.note("waits", "it has to wait for what another does");
                // Found out with the lock held, which wakes the others; then asked once more, in the wait.
                if asked_in_wait == Some(waits_for) { Progress::Sleeps } else { Progress::Goes }
            }
            Ok(Turn::Goes(progress)) => {
                call.called = true;
                progress
            }
            Err(reply) => {
                note_answer(seen, &reply);
                let has_errands = self.books.get(call.slot).is_some_and(HostBook::has_errands);
                if has_errands && !matches!(call.stage, Stage::Errands(..)) {
                    let running = Running::new(Errands::new(call.slot), call.caller);
                    call.stage = Stage::Errands(running, reply);
                    return Progress::Goes;
                }
                Progress::Done(reply)
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.books.iter().all(|book| book.is_quiet() && !book.has_errands())
    }

    fn canonical<'a>(
        &mut self,
        calls: impl Iterator<Item = &'a mut ProductionCall>,
        handles: impl Iterator<Item = &'a mut Handle>,
    ) {
        // A name for each generation, by its first appearance. One namespace does for all slots.
        let mut seen: SmallVec<[Generation; 16]> = smallvec![Generation::NONE];
        let mut name = |generation: &mut Generation| {
            let found = seen.iter().position(|other| other == generation).unwrap_or_else(|| {
                seen.push(*generation);
                seen.len() - 1
            });
            *generation = Generation(found as u64);
        };
        for book in &mut self.books {
            book.rename(&mut name);
        }
        for call in calls {
            call.rename(&mut name);
        }
        for handle in handles {
            handle.rename(&mut name);
        }
        let newest = Generation((seen.len() - 1) as u64);
        for book in &mut self.books {
            book.newest = newest;
        }
    }

    fn holdings(&self) -> Vec<Holding> {
        self.books.iter().enumerate().flat_map(|(slot, book)| holdings::of(slot, book)).collect()
    }
}

fn note_answer(seen: &mut Seen, answer: &Answer) {
    let (place, does) = match answer {
        Reply::Done(_) => ("done", "it is done"),
        Reply::HostGone => ("refused", "refused: the host has been removed"),
        Reply::DeviceGone => ("refused", "refused: the device has gone"),
        Reply::Gone => ("refused", "refused: one side has gone"),
        Reply::Refused => ("refused", "refused by the host's driver"),
        Reply::Busy => ("refused", "refused: something else is in the way"),
        Reply::WouldDeadlock => ("refused", "refused: the wait would never end"),
    };
    seen.note(place, does);
}

/// What takes one round of the lock: its answer, or what comes after.
fn immediate(books: &mut [HostBook], request: &Request<Handle>, seen: &mut Seen) -> Result<Stage, Answer> {
    match request {
        Request::RegisterHost { host, children } => match register::register_host(books, *host) {
            Some(key) => {
                seen.note("registered", "the host is registered, and can be found");
                Ok(Stage::RegisterChildren(key, *children))
            }
            None => Err(Reply::Busy),
        },
        Request::Hold(handle) => Err(Reply::Done(Some(handle.clone()))),
        Request::Register { host, channel } => {
            let Some(key) = register::present(books, *host) else { return Err(Reply::HostGone) };
            let Ok(channel) = VirtualChannel::new(*channel) else { return Err(Reply::Busy) };
            seen.note("found", "the host is found, and the handle to it counted");
            Ok(Stage::RegisterOn(key, channel))
        }
        _ => Err(Reply::Done(None)),
    }
}

/// A device is registered on a host that was found before.
fn register_on(books: &mut [HostBook], key: HostKey, channel: VirtualChannel, seen: &mut Seen) -> Answer {
    let is_another = books.get(key.slot).is_some_and(|book| book.generation != key.generation);
    match register::register_device(books, key, channel) {
        Ok(lease) => {
            // The handle is of a host that has left; it must not name the one that came after.
            seen.breaks_if(is_another, Property::LateCommandsFail);
            Reply::Done(Some(Handle { lease, attachment: None }))
        }
        Err(RegisterDeviceError::Gone(side)) => gone(side),
        Err(_) => Reply::Busy,
    }
}

/// The device of the next child is registered by the host's side.
fn register_child(books: &mut [HostBook], key: HostKey, children: &mut u8, seen: &mut Seen) -> Round {
    let channel = VirtualChannel::ALL.into_iter().find(|channel| *children & (1 << channel.get()) != 0);
    let Some(channel) = channel else { return Err(Reply::Done(None)) };
    *children &= !(1 << channel.get());
    seen.note("registers-child", "the device of a child is registered, and its driver may bind");
    Ok(Turn::Goes(match register::register_device(books, key, channel) {
        Ok(lease) => {
            let device = Handle { lease, attachment: None };
            Progress::AddChild { host: key.slot, channel: channel.get(), device }
        }
        Err(_) => Progress::Goes,
    }))
}
