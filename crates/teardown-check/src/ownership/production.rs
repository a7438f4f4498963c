//! The bus of crate `mipi-dsi` itself: its book and its operations, driven step by step as its shell drives them.

use super::{HostCall, Ownership, Progress, Reply, Request};
use mipi_dsi::bus::operation::{
    Attach, AttachRefusal, Call, Detach, Errands, Next, Operation, Purpose, Removed, Running,
    UnregisterDevice, UnregisterHost, UseLink, UseLinkError, register,
};
use mipi_dsi::bus::{
    Caller, Generation, Gone, HostBook, HostKey, Lease, LinkKey, Removal, Rename, Side, StillRunning, WhyNot,
};
use mipi_dsi::wire::VirtualChannel;

/// The book of a bus.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Production {
    books: Vec<HostBook>,
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
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Immediate(Request<Handle>),
    UnregisterHost(Running<UnregisterHost>),
    Attach(Running<Attach>, Handle),
    Detach(Running<Detach>),
    Unregister(Running<UnregisterDevice>),
    Transfer(Running<UseLink>),
    Errands(Running<Errands>, Reply<Handle>),
}

type Answer = Reply<Handle>;

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

/// Asks an operation for its next step, told first that its callback has returned, as the shell does in one round of
/// the lock.
fn drive<O: Operation>(
    books: &mut [HostBook],
    running: &mut Running<O>,
    returned: bool,
) -> Result<Progress<Handle>, O::Answer> {
    if returned {
        running.returned(books, true);
    }
    Ok(match running.next(books) {
        Next::Wait(_) => Progress::Waits,
        Next::Done(answer) => return Err(answer),
        Next::Call(call) => progress(call),
    })
}

fn progress(call: Call) -> Progress<Handle> {
    let host = |lease: Lease| lease.host.slot;
    let channel = |lease: Lease| lease.channel.get();
    match call {
        Call::Attach(lease) => Progress::CallHost(host(lease), HostCall::Attach(channel(lease))),
        Call::Detach(lease) => Progress::CallHost(host(lease), HostCall::Detach(channel(lease))),
        Call::Transfer(lease) => Progress::CallHost(host(lease), HostCall::Transfer(channel(lease))),
        Call::Cancel(key, channel) => Progress::CallHost(key.slot, HostCall::Cancel(channel.get())),
        Call::Tell(lease, _) => Progress::Tell { host: host(lease), channel: channel(lease) },
        // The shell drops or takes handles: a step without a callback. No driver here makes transactions.
        Call::Forget(_) | Call::Surrender(_) | Call::Transaction(_) => Progress::Goes,
    }
}

impl Ownership for Production {
    type Handle = Handle;
    type Call = ProductionCall;

    const NAME: &'static str = "mipi-dsi";

    fn new(hosts: usize) -> Self {
        Self { books: vec![HostBook::NEW; hosts] }
    }

    fn begin(&self, request: Request<Handle>, actor: usize) -> ProductionCall {
        let caller = Caller(actor as u64);
        let (slot, stage) = match request {
            Request::UnregisterHost { host, surprise } => {
                let removal = if surprise { Removal::Surprise } else { Removal::Orderly };
                let generation = self.books.get(host).map_or(Generation::NONE, |book| book.generation);
                let operation = UnregisterHost::new(HostKey { slot: host, generation }, removal);
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
            Request::Unregister(Handle { lease, .. }) => {
                let operation = UnregisterDevice::new(lease, Side::Peripheral, Removal::Orderly);
                (lease.host.slot, Stage::Unregister(Running::new(operation, caller)))
            }
            Request::Transfer(Handle { lease, attachment }) => {
                let operation = UseLink::new(LinkKey { lease, attachment }, Purpose::Packet);
                (lease.host.slot, Stage::Transfer(Running::new(operation, caller)))
            }
            Request::RegisterHost(host) | Request::Register { host, .. } => (host, Stage::Immediate(request)),
            Request::TakeActions(Handle { lease, .. }) => (lease.host.slot, Stage::Immediate(request)),
        };
        ProductionCall { slot, caller, called: false, stage }
    }

    fn step(&mut self, call: &mut ProductionCall) -> Progress<Handle> {
        let books = &mut self.books[..];
        let returned = std::mem::take(&mut call.called);
        let removed =
            |answer: Result<Removed, StillRunning>| answer.map_or_else(refused, |_| Reply::Done(None));
        let progress = match &mut call.stage {
            Stage::Immediate(request) => Err(immediate(books, request)),
            Stage::UnregisterHost(running) => drive(books, running, returned).map_err(removed),
            Stage::Attach(running, handle) => {
                drive(books, running, returned).map_err(|answer| match answer {
                    Ok(attachment) => {
                        Reply::Done(Some(Handle { attachment: Some(attachment), ..handle.clone() }))
                    }
                    Err(AttachRefusal::Gone(side)) => gone(side),
                    Err(AttachRefusal::AlreadyAttached | AttachRefusal::ByHost) => Reply::Busy,
                    Err(AttachRefusal::StillRunning(error)) => refused(error),
                })
            }
            Stage::Detach(running) => drive(books, running, returned).map_err(removed),
            Stage::Unregister(running) => drive(books, running, returned).map_err(removed),
            Stage::Transfer(running) => drive(books, running, returned).map_err(|answer| match answer {
                Ok(()) => Reply::Done(None),
                Err(UseLinkError::Gone(side)) => gone(side),
                Err(UseLinkError::StillRunning(error)) => refused(error),
            }),
            Stage::Errands(running, reply) => drive(books, running, returned).map_err(|()| reply.clone()),
        };
        match progress {
            Ok(progress) => {
                call.called = progress != Progress::Waits;
                progress
            }
            Err(reply) => {
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
        self.books.iter().all(HostBook::is_quiet)
    }

    fn canonical<'a>(
        &mut self,
        calls: impl Iterator<Item = &'a mut ProductionCall>,
        handles: impl Iterator<Item = &'a mut Handle>,
    ) {
        // A name for each generation, by its first appearance. One namespace does for all slots.
        let mut seen = vec![Generation::NONE];
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
}

fn immediate(books: &mut [HostBook], request: &Request<Handle>) -> Answer {
    match request {
        Request::RegisterHost(host) => match register::register_host(books, *host) {
            Some(_) => Reply::Done(None),
            None => Reply::Busy,
        },
        // An entry whose resource has gone releases nothing: nobody needs to take it away.
        Request::TakeActions(_) => Reply::Done(None),
        Request::Register { host, channel, .. } => {
            let Some(key) = register::present(books, *host) else { return Reply::HostGone };
            let Ok(channel) = VirtualChannel::new(*channel) else { return Reply::Busy };
            match register::register_device(books, key, channel) {
                Ok(lease) => Reply::Done(Some(Handle { lease, attachment: None })),
                Err(_) => Reply::Busy,
            }
        }
        _ => Reply::Busy,
    }
}

impl Rename for Handle {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        self.attachment.rename(name);
    }
}

impl Rename for ProductionCall {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match &mut self.stage {
            Stage::Immediate(
                Request::Attach(handle)
                | Request::TakeActions(handle)
                | Request::Detach(handle)
                | Request::Unregister(handle)
                | Request::Transfer(handle),
            ) => handle.rename(name),
            Stage::Immediate(_) => {}
            Stage::UnregisterHost(running) => running.rename(name),
            Stage::Attach(running, handle) => {
                running.rename(name);
                handle.rename(name);
            }
            Stage::Detach(running) => running.rename(name),
            Stage::Unregister(running) => running.rename(name),
            Stage::Transfer(running) => running.rename(name),
            Stage::Errands(running, reply) => {
                running.rename(name);
                if let Reply::Done(Some(handle)) = reply {
                    handle.rename(name);
                }
            }
        }
    }
}
