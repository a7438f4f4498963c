//! Several callers without threads: each a stack of operations and the callbacks that they are in, stepped one at a
//! time by whoever schedules them.

use super::watch::Watch;
use mipi_dsi::bus::operation::{
    register, Attach, AttachRefusal, Call, DeclareGone, Detach, Errands, Next, Operation, Purpose, Running,
    UnregisterDevice, UnregisterHost, UseLink, UseLinkError,
};
use mipi_dsi::bus::{
    Caller, Errand, Generation, HostBook, HostKey, HostPhase, Lease, LinkKey, Removal, Removed, Serving,
    Side, StillRunning, Unregistering, WaitFor, WhyNot,
};
use mipi_dsi::wire::VirtualChannel;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

std::thread_local! {
    /// Whether the steps are printed: for the shortest schedule that failed.
    pub(crate) static TRACED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) type TheBooks = [HostBook; 2];

/// Random numbers, of which each decision takes one. When they have run out, every decision is the quiet one.
pub(crate) struct Choices {
    numbers: std::vec::IntoIter<u8>,
}

impl Choices {
    pub(crate) fn new(numbers: Vec<u8>) -> Self {
        Self { numbers: numbers.into_iter() }
    }

    pub(crate) fn have_run_out(&self) -> bool {
        self.numbers.as_slice().is_empty()
    }

    /// A number below `of`, 0 for the quiet choice.
    pub(crate) fn choose(&mut self, of: usize) -> usize {
        self.numbers.next().map_or(0, |number| usize::from(number).checked_rem(of).unwrap_or(0))
    }
}

/// An operation on its way, and what its answer means to its caller.
#[derive(Clone)]
enum Frame {
    Attach(Running<Attach>, Lease),
    Detach(Running<Detach>, Lease, Generation),
    UnregisterDevice(Running<UnregisterDevice>, Lease),
    UnregisterHost(Running<UnregisterHost>, HostKey),
    UseLink(Running<UseLink>),
    DeclareGone(Running<DeclareGone>),
    Errands(Running<Errands>),
}

/// What an operation came to, where it matters.
#[derive(Debug)]
enum Outcome {
    Attached(Generation),
    Removed(Removed),
    Refused(StillRunning),
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    /// The operation is to be asked what is next.
    Asking,
    Waiting(WaitFor),
    Calling(Call),
}

struct InProgress {
    frame: Frame,
    doing: Doing,
    /// Whether a wait may be given up.
    hasty: bool,
    /// It is the drop of a handle: if it is refused, it leaves an errand.
    is_drop: bool,
    slot: usize,
}

pub(crate) struct OneCaller {
    caller: Caller,
    stack: Vec<InProgress>,
}

/// Everything that the callers share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) books: Books2,
    pub(crate) watch: Watch,
    hosts: Vec<HostKey>,
    leases: Vec<Lease>,
    links: Vec<(Lease, Generation)>,
    /// Errands that were left by the drop of these links.
    dropped_links: BTreeSet<(Lease, Generation)>,
    dropped_devices: BTreeSet<Lease>,
    /// How often each kind of step was seen.
    pub(crate) seen: BTreeMap<String, usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Books2(pub(crate) TheBooks);

impl Default for Books2 {
    fn default() -> Self {
        Self([HostBook::NEW, HostBook::NEW])
    }
}

impl Shared {
    fn see(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn hosts(&self) -> Vec<HostKey> {
        self.hosts.clone()
    }
}

/// Asks an operation, and checks that it is a value: its copy does the same to a copy of the books.
fn ask<O: Operation + std::fmt::Debug>(
    running: &mut Running<O>,
    books: &mut TheBooks,
    outcome: impl Fn(O::Answer) -> Outcome,
) -> Next<Outcome> {
    let (mut copy, mut copied_books) = (running.clone(), books.clone());
    let next = running.next(books);
    let _ = copy.next(&mut copied_books);
    assert!(copy == *running && copied_books == *books, "the same question had two answers");
    match next {
        Next::Call(call) => Next::Call(call),
        Next::Wait(wait) => Next::Wait(wait),
        Next::Done(answer) => Next::Done(outcome(answer)),
    }
}

fn removed(answer: Result<Removed, StillRunning>) -> Outcome {
    answer.map_or_else(Outcome::Refused, Outcome::Removed)
}

fn attached(answer: Result<Generation, AttachRefusal>) -> Outcome {
    match answer {
        Ok(attachment) => Outcome::Attached(attachment),
        Err(AttachRefusal::StillRunning(still_running)) => Outcome::Refused(still_running),
        Err(_) => Outcome::Other,
    }
}

fn used(answer: Result<(), UseLinkError>) -> Outcome {
    match answer {
        Err(UseLinkError::StillRunning(still_running)) => Outcome::Refused(still_running),
        _ => Outcome::Other,
    }
}

fn other<A>(_: A) -> Outcome {
    Outcome::Other
}

impl Frame {
    fn kind(&self) -> &'static str {
        match self {
            Self::Attach(..) => "attach",
            Self::Detach(..) => "detach",
            Self::UnregisterDevice(..) => "unregister device",
            Self::UnregisterHost(..) => "unregister host",
            Self::UseLink(_) => "use link",
            Self::DeclareGone(_) => "declare gone",
            Self::Errands(_) => "errands",
        }
    }

    fn next(&mut self, books: &mut TheBooks) -> Next<Outcome> {
        match self {
            Self::Attach(running, _) => ask(running, books, attached),
            Self::Detach(running, ..) => ask(running, books, removed),
            Self::UnregisterDevice(running, _) => ask(running, books, removed),
            Self::UnregisterHost(running, _) => ask(running, books, removed),
            Self::UseLink(running) => ask(running, books, used),
            Self::DeclareGone(running) => ask(running, books, other),
            Self::Errands(running) => ask(running, books, other),
        }
    }

    fn returned(&mut self, books: &mut TheBooks, succeeded: bool) {
        match self {
            Self::Attach(running, _) => running.returned(books, succeeded),
            Self::Detach(running, ..) => running.returned(books, succeeded),
            Self::UnregisterDevice(running, _) => running.returned(books, succeeded),
            Self::UnregisterHost(running, _) => running.returned(books, succeeded),
            Self::UseLink(running) => running.returned(books, succeeded),
            Self::DeclareGone(running) => running.returned(books, succeeded),
            Self::Errands(running) => running.returned(books, succeeded),
        }
    }

    fn give_up(&mut self, books: &mut TheBooks) {
        match self {
            Self::Attach(running, _) => running.give_up(books),
            Self::Detach(running, ..) => running.give_up(books),
            Self::UnregisterDevice(running, _) => running.give_up(books),
            Self::UnregisterHost(running, _) => running.give_up(books),
            Self::UseLink(running) => running.give_up(books),
            Self::DeclareGone(running) => running.give_up(books),
            Self::Errands(running) => running.give_up(books),
        }
    }
}

impl OneCaller {
    pub(crate) fn new(number: u64) -> Self {
        Self { caller: Caller(number), stack: vec![] }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.stack.is_empty()
    }

    /// Operations that are inside each other.
    pub(crate) fn depth(&self) -> usize {
        self.stack.len()
    }

    pub(crate) fn waits_for(&self) -> Option<WaitFor> {
        match self.stack.last()?.doing {
            Doing::Waiting(wait) => Some(wait),
            _ => None,
        }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.caller
    }

    /// One step. `begin` says whether new operations may be begun.
    pub(crate) fn step(&mut self, shared: &mut Shared, choices: &mut Choices, begin: bool) {
        let depth = self.stack.len();
        let Some(top) = self.stack.last_mut() else {
            if begin {
                self.begin(shared, choices, None);
            }
            return;
        };
        match top.doing {
            Doing::Asking => self.ask(shared),
            Doing::Waiting(waiting_for) if top.hasty && choices.choose(4) == 1 => {
                let why = if top.is_drop { WhyNot::CannotWait } else { WhyNot::DeadlinePassed };
                shared.see(format!("{} gave up", top.frame.kind()));
                top.frame.give_up(&mut shared.books.0);
                self.done(shared, Outcome::Refused(StillRunning { waiting_for, why }));
            }
            Doing::Waiting(_) => self.ask(shared),
            Doing::Calling(call) => {
                let inside = !matches!(call, Call::Forget(_) | Call::Surrender(_));
                if begin && inside && depth < 4 && choices.choose(3) != 0 {
                    self.begin(shared, choices, Some(call));
                } else {
                    let succeeded = choices.choose(8) != 7;
                    self.trace(format_args!("returned {succeeded}"));
                    let top = self.stack.last_mut().expect("it was there");
                    shared.watch.ends(self.caller, call, succeeded);
                    top.frame.returned(&mut shared.books.0, succeeded);
                    top.doing = Doing::Asking;
                }
            }
        }
    }

    fn trace(&self, what: impl std::fmt::Display) {
        if TRACED.get() {
            println!("{:1$}{what} ({2:?})", "", 4 * self.stack.len(), self.caller);
        }
    }

    fn ask(&mut self, shared: &mut Shared) {
        let top = self.stack.last_mut().expect("somebody is asked");
        let next = top.frame.next(&mut shared.books.0);
        let kind = top.frame.kind();
        self.trace(format_args!("{kind}: {next:?}"));
        let top = self.stack.last_mut().expect("it was there");
        match next {
            Next::Call(call) => {
                let for_host = matches!(top.frame, Frame::UnregisterHost(..));
                shared.see(format!("{} calls {}", top.frame.kind(), name(call)));
                shared.watch.begins(self.caller, call, for_host);
                if let (Frame::Errands(_), Call::Detach(lease)) = (&top.frame, call) {
                    errand_is_its_own(shared, lease);
                }
                top.doing = Doing::Calling(call);
            }
            Next::Wait(wait) => {
                shared.see(format!("{} waits", top.frame.kind()));
                top.doing = Doing::Waiting(wait);
            }
            Next::Done(outcome) => self.done(shared, outcome),
        }
    }

    fn done(&mut self, shared: &mut Shared, outcome: Outcome) {
        let InProgress { frame, is_drop, slot, .. } = self.stack.pop().expect("it has ended");
        match (&frame, &outcome) {
            (Frame::Attach(_, lease), Outcome::Attached(attachment)) => {
                shared.links.push((*lease, *attachment))
            }
            (Frame::Detach(_, lease, attachment), Outcome::Removed(removed)) => {
                shared.watch.detached(*lease, *attachment, *removed);
            }
            (Frame::UnregisterDevice(_, lease), Outcome::Removed(removed)) => {
                shared.watch.device_removed(self.caller, *lease, *removed);
            }
            (Frame::UnregisterHost(_, host), Outcome::Removed(removed)) => {
                shared.watch.host_removed(*host, *removed);
            }
            _ => {}
        }
        let mut errands = has_errands(&shared.books.0[slot]) && !matches!(frame, Frame::Errands(_));
        if let Outcome::Refused(still_running) = outcome {
            shared.see(format!("{} is refused: {:?}", frame.kind(), still_running.why));
            if is_drop {
                errands = true;
                self.leave_errand(shared, &frame);
            }
        }
        if errands {
            self.push(Frame::Errands(Running::new(Errands::new(slot), self.caller)), slot, false, false);
        }
    }

    fn leave_errand(&mut self, shared: &mut Shared, frame: &Frame) {
        self.trace(format_args!("leaves an errand of {}", frame.kind()));
        let books = &mut shared.books.0;
        match frame {
            Frame::Detach(_, lease, attachment) => {
                register::leave_errand(books, *lease, Errand::Detach(*attachment));
                shared.dropped_links.insert((*lease, *attachment));
            }
            Frame::UnregisterDevice(_, lease) => {
                register::leave_errand(books, *lease, Errand::Unregister);
                shared.dropped_devices.insert(*lease);
            }
            Frame::UnregisterHost(_, host) => register::leave_host_errand(books, *host),
            _ => {}
        }
    }

    fn push(&mut self, frame: Frame, slot: usize, hasty: bool, is_drop: bool) {
        self.stack.push(InProgress { frame, doing: Doing::Asking, hasty, is_drop, slot });
    }

    /// Runs the errands of a slot, as an operation of its own.
    pub(crate) fn run_errands(&mut self, slot: usize) {
        self.push(Frame::Errands(Running::new(Errands::new(slot), self.caller)), slot, false, false);
    }

    pub(crate) fn unregister_host(&mut self, host: HostKey) {
        let operation = UnregisterHost::new(host, Removal::Orderly);
        self.push(Frame::UnregisterHost(Running::new(operation, self.caller), host), host.slot, false, false);
    }

    /// Begins an operation of its own choice, inside `call` or outside of all.
    fn begin(&mut self, shared: &mut Shared, choices: &mut Choices, call: Option<Call>) {
        let caller = self.caller;
        let removal = if choices.choose(4) == 1 { Removal::Surprise } else { Removal::Orderly };
        let (hasty, is_drop) = (choices.choose(3) == 1, choices.choose(3) == 1);
        let latest =
            |choices: &mut Choices, number: usize| number.checked_sub(1 + choices.choose(number.min(6)));
        let host = latest(choices, shared.hosts.len()).map(|index| shared.hosts[index]);
        let lease = latest(choices, shared.leases.len()).map(|index| shared.leases[index]);
        let link = latest(choices, shared.links.len()).map(|index| shared.links[index]);
        let which = choices.choose(16);
        match (which, host, lease, link, call) {
            (0 | 1, ..) => {
                let slot = choices.choose(2);
                shared.hosts.extend(register::register_host(&mut shared.books.0, slot));
            }
            (2..=4, Some(host), ..) => {
                let channel = VirtualChannel::ALL[choices.choose(3)];
                shared.leases.extend(register::register_device(&mut shared.books.0, host, channel));
            }
            (5 | 6, _, Some(lease), ..) => {
                let running = Running::new(Attach::new(lease), caller);
                self.push(Frame::Attach(running, lease), lease.host.slot, hasty, false);
            }
            (7 | 8, _, _, Some((lease, attachment)), _) => {
                let running = Running::new(Detach::link(lease, attachment), caller);
                self.push(Frame::Detach(running, lease, attachment), lease.host.slot, hasty, is_drop);
            }
            (9, _, Some(lease), ..) => {
                let operation = UnregisterDevice::new(lease, Side::Peripheral, removal);
                let running = Running::new(operation, caller);
                self.push(Frame::UnregisterDevice(running, lease), lease.host.slot, hasty, is_drop);
            }
            (10, Some(host), ..) => {
                let running = Running::new(UnregisterHost::new(host, removal), caller);
                self.push(Frame::UnregisterHost(running, host), host.slot, hasty, is_drop);
            }
            (11, Some(host), ..) if choices.choose(4) == 1 => {
                let running = Running::new(DeclareGone::new(host), caller);
                self.push(Frame::DeclareGone(running), host.slot, false, false);
            }
            (12, _, _, _, Some(Call::Attach(lease) | Call::Detach(lease) | Call::Tell(lease, _))) => {
                let key = LinkKey { lease, attachment: None };
                let running = Running::new(UseLink::new(key, Purpose::Packet), caller);
                self.push(Frame::UseLink(running), lease.host.slot, hasty, false);
            }
            (11..=15, _, _, Some((lease, attachment)), _) => {
                let key = LinkKey { lease, attachment: Some(attachment) };
                let purpose = if which == 15 { Purpose::Transaction } else { Purpose::Packet };
                let running = Running::new(UseLink::new(key, purpose), caller);
                self.push(Frame::UseLink(running), lease.host.slot, hasty, false);
            }
            _ => {}
        }
    }
}

fn name(call: Call) -> &'static str {
    match call {
        Call::Attach(_) => "attach",
        Call::Detach(_) => "detach",
        Call::Transfer(_) => "transfer",
        Call::Transaction(_) => "transaction",
        Call::Cancel(..) => "cancel",
        Call::Tell(..) => "notice",
        Call::Forget(_) => "forget",
        Call::Surrender(_) => "surrender",
    }
}

pub(crate) fn has_errands(book: &HostBook) -> bool {
    let is_errand = |errand: Errand| errand != Errand::None;
    book.errand
        || book
            .devices
            .iter()
            .any(|device| device.registration.as_ref().is_some_and(|device| is_errand(device.errand)))
}

/// An errand ends an attachment only if its own link, its device or its host was dropped.
fn errand_is_its_own(shared: &Shared, lease: Lease) {
    let book = &shared.books.0[lease.host.slot];
    let Some(device) = &book.device(lease.channel).registration else { return };
    let Serving::Detaching { attachment, .. } = device.serving else { return };
    let own = shared.dropped_links.contains(&(lease, attachment))
        || shared.dropped_devices.contains(&lease)
        || matches!(device.unregistering, Unregistering::By(_)) && shared.watch.is_told(lease)
        || matches!(book.phase, HostPhase::Leaving { .. });
    assert!(own, "the errand of an earlier link ends attachment {attachment:?} of {lease:?}");
}
