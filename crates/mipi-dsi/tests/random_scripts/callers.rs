//! Several callers without threads: each a stack of operations and the callbacks that they are in, stepped one at a
//! time by whoever schedules them.

use super::books::{is_interrupt, TheBooks, HOSTS};
use super::choices::Choices;
use super::frame::{Frame, Outcome};
use super::watch::Watch;
use mipi_dsi::bus::machine::{
    Attach, Callback, DeclareGone, Detach, Errands, Generation, HostPhase, Life, LinkKey, Next, Profile,
    RegisterDevice, Running, Serving, UnregisterDevice, UnregisterHost, UseLink,
};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey, WaitFor},
    Caller, RemovalKind, Side, StillRunning, WaitError,
};
use mipi_dsi::wire::VirtualChannel;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

std::thread_local! {
    /// Whether the steps are printed: for the shortest schedule that failed.
    pub(crate) static TRACED: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    /// The operation is to be asked what is next.
    Asking,
    Waiting(WaitFor),
    Calling(Callback),
    /// A packet has left the gate, which was closed meanwhile, and the book is to be told.
    LeavingGate(Callback),
}

struct InProgress {
    frame: Frame,
    doing: Doing,
    /// It has made a callback.
    has_called: bool,
    /// A wait may be given up.
    is_hasty: bool,
    /// It is the drop of a handle: if it is refused, it leaves an errand.
    is_drop: bool,
    slot: usize,
}

/// One caller: operations, each inside a callback of the one before.
pub(crate) struct OneCaller {
    caller: Caller,
    stack: Vec<InProgress>,
}

/// Everything that the callers share.
pub(crate) struct Shared {
    pub(crate) books: TheBooks,
    pub(crate) watch: Watch,
    profiles: [Profile; HOSTS],
    hosts: Vec<HostKey>,
    devices: Vec<DeviceKey>,
    links: Vec<(DeviceKey, Generation)>,
    /// Packets that the hardware still sends for callers who have gone away.
    abandoned: Vec<DeviceKey>,
    /// Errands that were left by the drop of these.
    dropped_links: BTreeSet<(DeviceKey, Generation)>,
    dropped_devices: BTreeSet<DeviceKey>,
    /// How often each kind of step was seen.
    pub(crate) seen: BTreeMap<String, usize>,
}

impl Shared {
    pub(crate) fn new(profiles: [Profile; HOSTS]) -> Self {
        Self {
            books: TheBooks::new(),
            watch: Watch::default(),
            profiles,
            hosts: vec![],
            devices: vec![],
            links: vec![],
            abandoned: vec![],
            dropped_links: BTreeSet::new(),
            dropped_devices: BTreeSet::new(),
            seen: BTreeMap::new(),
        }
    }

    fn see(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn hosts(&self) -> Vec<HostKey> {
        self.hosts.clone()
    }

    pub(crate) fn devices(&self) -> Vec<DeviceKey> {
        self.devices.clone()
    }

    fn register_host(&mut self, slot: usize, caller: Caller) {
        let profile = self.profiles[slot];
        let host = self.books.section(slot, caller, |books| {
            let host = books.hosts[slot].begin_host(slot, profile);
            if host.is_some() {
                books.hosts[slot].finish_host(true);
            }
            host
        });
        if let Some(host) = host {
            self.watch.host_registered(host, profile);
            self.hosts.push(host);
        }
    }

    /// The hardware says that a packet is over whose caller has gone away. Says whether there was one.
    pub(crate) fn hardware_is_done(&mut self, choices: &mut Choices) -> bool {
        if self.abandoned.is_empty() {
            return false;
        }
        let which = choices.choose(self.abandoned.len());
        let device = self.abandoned.swap_remove(which);
        let is_shared = self.watch.profile(device.host) == Profile::Shared;
        self.watch.hardware_is_done(device);
        let slot = device.host.slot;
        // The interrupt of the host's hardware is nobody who waits.
        self.books.section(slot, Caller::from_number(100), |books| {
            if is_shared {
                books.hosts[slot].sender_is_done(device);
            } else {
                assert!(books.hosts[slot].hardware_is_done(device.host), "the book has the packet");
            }
        });
        true
    }
}

impl OneCaller {
    pub(crate) fn new(number: usize) -> Self {
        Self { caller: Caller::from_number(number), stack: vec![] }
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

    /// Gives up a wait for the senders of a host of the shared profile, which nobody knows: such a wait is never refused,
    /// and can be for this very caller. Says whether there was one.
    pub(crate) fn gives_up_on_senders(&mut self, shared: &mut Shared) -> bool {
        let gives_up = matches!(self.waits_for(), Some(WaitFor::Senders(_)));
        if gives_up {
            self.give_up(shared);
        }
        gives_up
    }

    pub(crate) fn caller(&self) -> Caller {
        self.caller
    }

    fn top(&mut self) -> &mut InProgress {
        self.stack.last_mut().expect("an operation is on its way")
    }

    /// One step. `begins` says whether new operations may be begun.
    pub(crate) fn step(&mut self, shared: &mut Shared, choices: &mut Choices, begins: bool) {
        let depth = self.stack.len();
        let Some(top) = self.stack.last_mut() else {
            if begins {
                self.begin(shared, choices, None);
            }
            return;
        };
        match top.doing {
            Doing::Asking => self.ask(shared, |_, _| {}),
            Doing::Waiting(_) if top.is_hasty && choices.choose(4) == 1 => self.give_up(shared),
            Doing::Waiting(_) => {
                if shared.books.is_woken(self.caller) {
                    self.ask(shared, |_, _| {});
                }
            }
            Doing::Calling(callback) => {
                let inside = !matches!(callback, Callback::Forget(_) | Callback::Surrender(_));
                if begins && inside && depth < 4 && choices.choose(3) != 0 {
                    self.begin(shared, choices, Some(callback));
                } else {
                    self.end_callback(shared, choices, callback);
                }
            }
            Doing::LeavingGate(callback) => {
                shared.watch.ends(self.caller, callback, true);
                let caller = self.caller;
                self.top().frame.end_in_the_book(caller);
                self.ask(shared, |_, _| {});
            }
        }
    }

    fn trace(&self, what: impl std::fmt::Display) {
        if TRACED.get() {
            println!("{:1$}{what} ({2:?})", "", 4 * self.stack.len(), self.caller);
        }
    }

    /// A callback returns, unwinds, or is abandoned.
    fn end_callback(&mut self, shared: &mut Shared, choices: &mut Choices, callback: Callback) {
        let caller = self.caller;
        if let (&mut Frame::Passed(..), Callback::Transfer(device)) = (&mut self.top().frame, callback) {
            if shared.books.leave_gate(caller, device) {
                shared.see("packet finds the gate closed when it leaves");
                self.top().doing = Doing::LeavingGate(callback);
            } else {
                shared.watch.ends(caller, callback, true);
                self.stack.pop();
            }
            return;
        }
        match choices.choose(16) {
            13 if self.may_go_away(callback) => {
                self.trace(format_args!("{callback:?} is abandoned"));
                shared.see(format!("{} is abandoned", name(callback)));
                shared.watch.abandoned(caller, callback);
                if let Callback::Transfer(device) = callback {
                    shared.abandoned.push(device);
                }
                self.leave(shared, |frame, books| frame.abandoned(books));
            }
            14 if !matches!(callback, Callback::Forget(_) | Callback::Surrender(_)) => {
                self.trace(format_args!("{callback:?} unwinds"));
                shared.see(format!("{} unwinds", name(callback)));
                shared.watch.ends(caller, callback, false);
                not_announced(shared, callback, false);
                self.leave(shared, |frame, books| frame.unwound(books));
            }
            other => {
                let may_fail = matches!(callback, Callback::Attach(_) | Callback::Announce(_));
                let succeeded = other != 15 || !may_fail;
                not_announced(shared, callback, succeeded);
                self.trace(format_args!("{callback:?} has returned {succeeded}"));
                shared.watch.ends(caller, callback, succeeded);
                self.ask(shared, |frame, books| frame.returned(books, succeeded));
            }
        }
    }

    /// Whether the caller of a callback may go away while it runs. What a host sends from inside its own attach and detach
    /// it waits for: when these have returned, it holds nothing of the peripheral's.
    fn may_go_away(&self, callback: Callback) -> bool {
        let serves = |below: &InProgress| {
            matches!((below.doing, callback),
                (Doing::Calling(Callback::Attach(serving) | Callback::Detach(serving)), Callback::Transfer(device))
                    if serving == device)
        };
        matches!(callback, Callback::Transfer(_)) && !self.stack.iter().any(serves)
    }

    /// The operation on top ends without an outcome.
    fn leave(&mut self, shared: &mut Shared, end: impl FnOnce(&mut Frame, &mut TheBooks)) {
        let InProgress { mut frame, slot, .. } = self.stack.pop().expect("an operation is on its way");
        shared.books.section(slot, self.caller, |books| end(&mut frame, books));
        if shared.books.hosts[slot].has_errands() {
            self.run_errands(slot);
        }
    }

    fn give_up(&mut self, shared: &mut Shared) {
        let caller = self.caller;
        let InProgress { frame, slot, .. } = self.top();
        let slot = *slot;
        shared.books.section(slot, caller, |books| frame.give_up(books, WaitError::DeadlinePassed));
        let kind = frame.kind();
        self.trace(format_args!("{kind} gives up"));
        shared.see(format!("{kind} gave up"));
        self.done(shared);
    }

    /// In one section: says what has come of the last callback, and asks what is next.
    fn ask(&mut self, shared: &mut Shared, tell: impl FnOnce(&mut Frame, &mut TheBooks)) {
        let caller = self.caller;
        let InProgress { frame, slot, doing, has_called, .. } = self.top();
        let (slot, was_waiting, is_first) = (*slot, *doing, *doing == Doing::Asking && !*has_called);
        let (next, before, after) = shared.books.section(slot, caller, |books| {
            let before = books.hosts.clone();
            tell(frame, books);
            (frame.next(books), before, books.hosts.clone())
        });
        let (kind, for_host) = (frame.kind(), matches!(frame, Frame::UnregisterHost(..)));
        let is_errand = matches!(frame, Frame::Errands(_));
        self.trace(format_args!("{kind}: {next:?}"));
        match next {
            Next::Call(callback) => {
                shared.see(format!("{kind} calls {}", name(callback)));
                let is_attached = match callback {
                    Callback::Tell(device, _) => after[slot]
                        .registration(device)
                        .is_ok_and(|registration| matches!(registration.serving, Serving::Attached(_))),
                    _ => false,
                };
                shared.watch.begins(caller, callback, for_host, is_attached);
                if let (true, Callback::Detach(device)) = (is_errand, callback) {
                    errand_is_its_own(shared, device);
                }
                if let Callback::Announce(device) = callback {
                    shared.devices.push(device);
                }
                let top = self.top();
                top.has_called = true;
                top.doing = Doing::Calling(callback);
            }
            Next::Wait(wait) => {
                if was_waiting != Doing::Waiting(wait) {
                    shared.see(format!("{kind} waits"));
                    // A wait begins with a look, in another section.
                    shared.books.wake(caller);
                }
                self.top().doing = Doing::Waiting(wait);
            }
            Next::Done => {
                if let (Outcome::Refused(StillRunning { begun: false, .. }), true) =
                    (self.top().frame.outcome(), is_first)
                {
                    for (mut before, mut after) in before.into_iter().zip(after) {
                        // What is over wakes others, and a ticket that was given back can leave a mark.
                        before.ended = after.ended;
                        after.queue = before.queue;
                        assert_eq!(before, after, "{kind} was refused, and has changed something");
                    }
                }
                self.done(shared);
            }
        }
    }

    fn done(&mut self, shared: &mut Shared) {
        let InProgress { frame, is_drop, slot, has_called, .. } =
            self.stack.pop().expect("an operation has ended");
        let outcome = frame.outcome();
        match (&frame, &outcome) {
            // One that was announced is known from then on.
            (Frame::RegisterDevice(_), Outcome::Registered(device)) if !shared.devices.contains(device) => {
                shared.devices.push(*device);
            }
            (Frame::Attach(_, device), Outcome::Attached(attachment)) => {
                shared.links.push((*device, *attachment));
            }
            (Frame::Detach(_, device, attachment), Outcome::Removed(removed)) => {
                shared.watch.detached(*device, *attachment, *removed);
                let book = &shared.books.hosts[slot];
                let still = book.registration(*device).is_ok_and(|its| its.serving.is_of(*attachment));
                assert!(!still, "detach of {device:?} has returned: {book:#?}");
            }
            (Frame::UnregisterDevice(_, device), Outcome::Removed(removed)) => {
                shared.watch.device_removed(self.caller, *device, *removed);
            }
            (Frame::UnregisterHost(_, host), Outcome::Removed(removed)) => {
                shared.watch.host_removed(*host, *removed);
            }
            _ => {}
        }
        self.run_errands_of(shared, &frame, slot);
        if let Outcome::Refused(StillRunning { why, begun, .. }) = outcome {
            let kind = frame.kind();
            self.trace(format_args!("{kind} is refused: {why:?}, begun {begun}"));
            shared.see(format!("{kind} is refused: {why:?}"));
            assert!(begun || !has_called, "{kind} has made a callback, and says that nothing was begun");
            if is_drop {
                self.leave_errand(shared, &frame);
                self.run_errands(slot);
            }
        }
    }

    /// Whoever may call back carries out the errands that they find.
    fn run_errands_of(&mut self, shared: &Shared, frame: &Frame, slot: usize) {
        if shared.books.hosts[slot].has_errands() && !matches!(frame, Frame::Errands(_)) {
            self.run_errands(slot);
        }
    }

    fn leave_errand(&mut self, shared: &mut Shared, frame: &Frame) {
        self.trace(format_args!("leaves an errand of {}", frame.kind()));
        let caller = self.caller;
        match frame {
            Frame::Detach(_, device, attachment) => {
                let slot = device.host.slot;
                shared.books.section(slot, caller, |books| {
                    books.hosts[slot].leave_detach_errand(*device, *attachment);
                });
                shared.dropped_links.insert((*device, *attachment));
            }
            Frame::UnregisterDevice(_, device) => {
                let slot = device.host.slot;
                shared
                    .books
                    .section(slot, caller, |books| books.hosts[slot].leave_unregister_errand(*device));
                shared.dropped_devices.insert(*device);
            }
            Frame::UnregisterHost(_, host) => shared
                .books
                .section(host.slot, caller, |books| books.hosts[host.slot].leave_host_errand(*host)),
            _ => {}
        }
    }

    fn push(&mut self, frame: Frame, slot: usize, is_hasty: bool, is_drop: bool) {
        let doing = Doing::Asking;
        self.stack.push(InProgress { frame, doing, has_called: false, is_hasty, is_drop, slot });
    }

    /// Runs the errands of a slot, as an operation of its own, if this caller may.
    pub(crate) fn run_errands(&mut self, slot: usize) {
        if !is_interrupt(self.caller) {
            let running = Running::new(Errands::new(slot), self.caller);
            self.push(Frame::Errands(running), slot, false, false);
        }
    }

    pub(crate) fn unregister_host(&mut self, host: HostKey) {
        let operation = UnregisterHost::new(host, RemovalKind::Orderly);
        self.push(Frame::UnregisterHost(Running::new(operation, self.caller), host), host.slot, false, false);
    }

    pub(crate) fn unregister_device(&mut self, device: DeviceKey) {
        let operation = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
        let running = Running::new(operation, self.caller);
        self.push(Frame::UnregisterDevice(running, device), device.host.slot, false, false);
    }

    /// Begins an operation of its own choice, inside `callback` or outside of all.
    fn begin(&mut self, shared: &mut Shared, choices: &mut Choices, callback: Option<Callback>) {
        let caller = self.caller;
        let removal = if choices.choose(4) == 1 { RemovalKind::Surprise } else { RemovalKind::Orderly };
        let (is_hasty, is_drop) = (choices.choose(3) == 1, choices.choose(3) == 1);
        let latest =
            |choices: &mut Choices, number: usize| number.checked_sub(1 + choices.choose(number.min(6)));
        let host = latest(choices, shared.hosts.len()).map(|index| shared.hosts[index]);
        let device = latest(choices, shared.devices.len()).map(|index| shared.devices[index]);
        let link = latest(choices, shared.links.len()).map(|index| shared.links[index]);
        let which = choices.choose(16);
        match (which, host, device, link, callback) {
            (0 | 1, ..) => shared.register_host(choices.choose(HOSTS), caller),
            (2..=4, Some(host), ..) => {
                let channel = VirtualChannel::ALL[choices.choose(3)];
                let operation = RegisterDevice::new(host, channel, choices.choose(4) == 1);
                let frame = Frame::RegisterDevice(Running::new(operation, caller));
                self.push(frame, host.slot, is_hasty, false);
            }
            (5 | 6, _, Some(device), ..) => {
                let running = Running::new(Attach::new(device), caller);
                self.push(Frame::Attach(running, device), device.host.slot, is_hasty, false);
            }
            (7 | 8, _, _, Some((device, attachment)), _) => {
                let running = Running::new(Detach::link(device, attachment), caller);
                let frame = Frame::Detach(running, device, attachment);
                self.push(frame, device.host.slot, is_hasty, is_drop);
            }
            (9, _, Some(device), ..) => {
                let operation = UnregisterDevice::new(device, Side::Peripheral, removal);
                let frame = Frame::UnregisterDevice(Running::new(operation, caller), device);
                self.push(frame, device.host.slot, is_hasty, is_drop);
            }
            (10, Some(host), ..) => {
                let running = Running::new(UnregisterHost::new(host, removal), caller);
                self.push(Frame::UnregisterHost(running, host), host.slot, is_hasty, is_drop);
            }
            (11, Some(host), ..) if choices.choose(4) == 1 => {
                let running = Running::new(DeclareGone::new(host), caller);
                self.push(Frame::DeclareGone(running), host.slot, false, false);
            }
            (
                12,
                _,
                _,
                _,
                Some(Callback::Attach(device) | Callback::Detach(device) | Callback::Tell(device, _)),
            ) => {
                let key = LinkKey { device, attachment: None };
                let running = Running::new(UseLink::packet(key), caller);
                self.push(Frame::UseLink(running), device.host.slot, is_hasty, false);
            }
            (11..=15, _, _, Some((device, attachment)), _) => {
                let key = LinkKey { device, attachment: Some(attachment) };
                self.send(shared, key, which == 15, is_hasty);
            }
            _ => {}
        }
    }

    /// A packet, through the gate if it is open, or a transaction.
    fn send(&mut self, shared: &mut Shared, key: LinkKey, is_transaction: bool, is_hasty: bool) {
        let slot = key.device.host.slot;
        if is_transaction {
            let running = Running::new(UseLink::transaction(key), self.caller);
            return self.push(Frame::UseLink(running), slot, is_hasty, false);
        }
        if !shared.books.enter_gate(self.caller, key) {
            let running = Running::new(UseLink::packet(key), self.caller);
            return self.push(Frame::UseLink(running), slot, is_hasty, false);
        }
        self.trace(format_args!("passes the gate with {key:?}"));
        shared.see("packet passes the gate");
        let callback = Callback::Transfer(key.device);
        shared.watch.begins(self.caller, callback, false, true);
        self.push(Frame::Passed(key, shared.watch.profile(key.device.host)), slot, false, false);
        let top = self.top();
        top.doing = Doing::Calling(callback);
    }
}

/// What could not be announced is undone, as an errand if need be.
fn not_announced(shared: &mut Shared, callback: Callback, succeeded: bool) {
    if let (Callback::Announce(device), false) = (callback, succeeded) {
        shared.dropped_devices.insert(device);
    }
}

fn name(callback: Callback) -> &'static str {
    match callback {
        Callback::Attach(_) => "attach",
        Callback::Detach(_) => "detach",
        Callback::Transfer(_) => "transfer",
        Callback::Transaction(_) => "transaction",
        Callback::Cancel(..) => "cancel",
        Callback::Tell(..) => "notice",
        Callback::Announce(_) => "announce",
        Callback::Withdraw(_) => "withdraw",
        Callback::Forget(_) => "forget",
        Callback::Surrender(_) => "surrender",
    }
}

/// An errand ends an attachment only if its own link, its device or its host was dropped.
fn errand_is_its_own(shared: &Shared, device: DeviceKey) {
    let book = &shared.books.hosts[device.host.slot];
    let Ok(registration) = book.registration(device) else { return };
    let Serving::Detaching { attachment, .. } = registration.serving else { return };
    let own = shared.dropped_links.contains(&(device, attachment))
        || shared.dropped_devices.contains(&device)
        || matches!(registration.life, Life::Unregistering(Some(_))) && shared.watch.is_told(device)
        || matches!(book.phase, HostPhase::Leaving { .. });
    assert!(own, "the errand of an earlier link ends attachment {attachment:?} of {device:?}");
}
