//! An async shell of a few lines, and the proof that its futures can be dropped at any await.
//!
//! `Bus::drive` is what to read: it drives an operation of the machine with callbacks that are futures. A guard around
//! each token tells the book what was left open when the future around it is dropped. A transfer that was begun goes on
//! in the hardware then, which keeps the link until its interrupt says `hardware_is_done`.
//!
//! The executor polls only what was woken, so an event that the machine forgets to say stalls a test. Each test runs its
//! tasks again and again: dropped after 0 polls, 1, 2, ..., begun a few rounds earlier or later, until every pair of
//! await points was met.

use mipi_dsi::bus::machine::{
    begin, Attach, Books, Callback, Caller, DeviceKey, Errands, Event, Generation, HostBook, HostKey,
    LinkKey, Operation, PendingCallback, PendingWait, Profile, RegisterDevice, Running, Turn,
    UnregisterDevice, UnregisterHost, UseLink, WaitFor,
};
use mipi_dsi::bus::{RemovalKind, Removed, Side, WaitError};
use mipi_dsi::wire::VirtualChannel;
use std::cell::{Cell, RefCell};
use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

const CHANNEL: VirtualChannel = VirtualChannel::VC1;

const PERIPHERAL: Caller = Caller::from_number(1);
const SENDER: Caller = Caller::from_number(2);
const REMOVER: Caller = Caller::from_number(3);
const SUCCESSOR: Caller = Caller::from_number(4);
const JANITOR: Caller = Caller::MAIN;

// ---- The shell.

/// A bus with one host slot, on one thread. Nothing borrows `slot` across an await, so it needs no lock.
#[derive(Default)]
struct Bus {
    slot: RefCell<Slot>,
    /// Tasks that wait for an event of the host.
    waiting: RefCell<Vec<(Event, Waker)>>,
    /// Tasks that wait for the next round.
    timers: RefCell<Vec<Waker>>,
    round: Cell<u32>,
    hardware: Hardware,
    seen: Seen,
    /// How many callbacks return before one unwinds.
    returns: Cell<Option<u32>>,
}

struct Slot {
    book: HostBook,
    waits: Vec<(Caller, WaitFor)>,
}

impl Default for Slot {
    fn default() -> Self {
        Self { book: HostBook::EMPTY, waits: Vec::new() }
    }
}

impl Books for Slot {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        (slot == 0).then_some(&self.book)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        (slot == 0).then_some(&mut self.book)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.iter().find(|(who, _)| *who == caller).map(|(_, wait)| *wait)
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        self.waits.retain(|(who, _)| *who != caller);
        self.waits.extend(wait.map(|wait| (caller, wait)));
        true
    }
}

/// A token, and what becomes of it if the future that holds it is dropped.
struct Guard<'a, T: Token> {
    bus: &'a Bus,
    token: Option<T>,
}

trait Token {
    fn dropped(self, books: &mut dyn Books);
}

impl Token for PendingCallback<'_> {
    fn dropped(self, books: &mut dyn Books) {
        if std::thread::panicking() {
            self.unwound(books);
        } else {
            self.abandoned(books);
        }
    }
}

impl Token for PendingWait<'_> {
    fn dropped(self, books: &mut dyn Books) {
        self.abandoned(books);
    }
}

impl<'a, T: Token> Guard<'a, T> {
    fn new(bus: &'a Bus, token: T) -> Self {
        Self { bus, token: Some(token) }
    }

    /// The token, of a future that was not dropped.
    fn token(mut self) -> T {
        self.token.take().expect("it is taken once")
    }
}

impl<T: Token> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            self.bus.section(|slot| token.dropped(slot));
            // If it was a transfer's and the interrupt came first, no other will come.
            if !self.bus.hardware.is_busy() {
                self.bus.interrupt();
            }
        }
    }
}

impl Bus {
    /// Changes the book, and wakes those who wait for what has ended.
    fn section<R>(&self, work: impl FnOnce(&mut Slot) -> R) -> R {
        let mut slot = self.slot.borrow_mut();
        let result = work(&mut slot);
        let ended = slot.book.take_ended();
        self.waiting.borrow_mut().retain(|(event, waker)| {
            if ended.contains(*event) {
                waker.wake_by_ref();
            }
            !ended.contains(*event)
        });
        result
    }

    /// Drives an operation to its end, and waits for others until the round `deadline`.
    async fn drive(&self, running: &mut Running<dyn Operation + '_>, deadline: Option<u32>) {
        let caller = running.caller();
        let mut turn = self.section(|slot| begin(running, slot));
        loop {
            turn = match turn {
                Turn::Done => return,
                Turn::Call(called) => {
                    let callback = called.callback();
                    let guard = Guard::new(self, called);
                    let succeeded = self.perform(callback, caller).await;
                    self.section(|slot| guard.token().returned(slot, succeeded))
                }
                Turn::Wait(waiting) => {
                    let event = waiting.wait_for().event();
                    let guard = Guard::new(self, waiting);
                    match self.ended(event, deadline).await {
                        Ok(()) => self.section(|slot| guard.token().ask(slot)),
                        Err(why) => return self.section(|slot| guard.token().give_up(slot, why)),
                    }
                }
            };
        }
    }

    async fn run<O: Operation>(&self, operation: O, caller: Caller, deadline: Option<u32>) -> Running<O> {
        let mut running = Running::new(operation, caller);
        // Boxed, as a callback that sends drives another operation in here.
        let driven: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(self.drive(&mut running, deadline));
        driven.await;
        running
    }

    /// Waits until an event has ended.
    async fn ended(&self, event: Event, deadline: Option<u32>) -> Result<(), WaitError> {
        let mut is_noted = false;
        poll_fn(|context| {
            let waits = self.waiting.borrow().iter().any(|(_, waker)| waker.will_wake(context.waker()));
            if is_noted && !waits {
                return Poll::Ready(Ok(()));
            }
            if deadline.is_some_and(|deadline| deadline <= self.round.get()) {
                self.waiting.borrow_mut().retain(|(_, waker)| !waker.will_wake(context.waker()));
                return Poll::Ready(Err(WaitError::DeadlinePassed));
            }
            if !is_noted {
                self.waiting.borrow_mut().push((event, context.waker().clone()));
                is_noted = true;
            }
            if deadline.is_some() {
                self.timers.borrow_mut().push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until the next round.
    async fn tick(&self) {
        let round = self.round.get();
        poll_fn(|context| {
            if self.round.get() != round {
                return Poll::Ready(());
            }
            self.timers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// The host's interrupt: it sends no longer. Whoever began the transfer sees that themselves, if they are there.
    fn interrupt(&self) {
        self.section(|slot| {
            let host = slot.book.key(0);
            slot.book.hardware_is_done(host)
        });
    }
}

// ---- The two ends: a host and a peripheral whose callbacks are futures.

/// What sends: one packet at a time, which takes two rounds whether anybody waits for it or not.
#[derive(Default)]
struct Hardware {
    sends: Cell<Option<(VirtualChannel, u32)>>,
}

impl Hardware {
    fn is_busy(&self) -> bool {
        self.sends.get().is_some()
    }

    /// A round passes. Says whether a packet has gone out.
    fn tick(&self) -> bool {
        match self.sends.get() {
            None => false,
            Some((channel, left)) => {
                self.sends.set((left > 1).then_some((channel, left.wrapping_sub(1))));
                left <= 1
            }
        }
    }
}

/// What a callback unwinds with, if a test wants that.
struct Planned;

/// What the two ends have seen.
#[derive(Default)]
struct Seen {
    attached: Cell<u32>,
    detached: Cell<u32>,
    notices: Cell<u32>,
    surrendered: Cell<u32>,
    calls: Cell<u32>,
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get() + 1);
}

impl Bus {
    /// Makes a callback.
    async fn perform(&self, callback: Callback, caller: Caller) -> bool {
        assert_eq!(self.seen.surrendered.get(), 0, "{callback:?} after the host's handle was given back");
        count(&self.seen.calls);
        match callback {
            Callback::Attach(device) => self.attach_to_host(device, caller).await,
            Callback::Detach(_) => {
                assert!(!self.hardware.is_busy(), "detach while a packet of the channel goes out");
                // Counts before the first await: a detach that is dropped has been asked for.
                count(&self.seen.detached);
                self.tick().await;
            }
            Callback::Transfer(device) => self.send_packet(device.channel).await,
            Callback::Transaction(device) => {
                for _ in 0..2 {
                    self.run(UseLink::packet(LinkKey { device, attachment: None }), caller, None).await;
                }
            }
            Callback::Cancel(..) => {
                if let Some((channel, _)) = self.hardware.sends.get() {
                    self.hardware.sends.set(Some((channel, 1)));
                }
                self.tick().await;
            }
            Callback::Tell(..) => {
                count(&self.seen.notices);
                self.tick().await;
            }
            Callback::Surrender(_) => {
                assert!(!self.hardware.is_busy(), "the handle is given back while a packet goes out");
                count(&self.seen.surrendered);
            }
            Callback::Announce(_) | Callback::Withdraw(_) => self.tick().await,
            Callback::Forget(_) => {
                assert!(!self.hardware.is_busy(), "unregistered while a packet to the channel goes out");
                assert!(caller != REMOVER || self.seen.notices.get() == 1, "removed without a notice");
            }
        }
        if !matches!(callback, Callback::Attach(_)) {
            self.unwind_if_planned();
        }
        true
    }

    fn unwind_if_planned(&self) {
        self.returns.set(match self.returns.get() {
            Some(0) => {
                self.returns.set(None);
                resume_unwind(Box::new(Planned));
            }
            returns => returns.map(|returns| returns.wrapping_sub(1)),
        });
    }

    /// The host's attach, in which it sends a packet. One that is dropped has not attached.
    async fn attach_to_host(&self, device: DeviceKey, caller: Caller) {
        assert!(!self.hardware.is_busy(), "attach while a packet to the channel goes out");
        self.tick().await;
        self.run(UseLink::packet(LinkKey { device, attachment: None }), caller, None).await;
        self.unwind_if_planned();
        count(&self.seen.attached);
    }

    async fn send_packet(&self, channel: VirtualChannel) {
        assert!(!self.hardware.is_busy(), "one packet at a time");
        self.hardware.sends.set(Some((channel, 2)));
        while self.hardware.is_busy() {
            self.tick().await;
        }
    }
}

// ---- What users hold, as far as the tests need it: dropped, each leaves an errand.

struct Device {
    bus: Rc<Bus>,
    key: DeviceKey,
}

struct Link {
    bus: Rc<Bus>,
    device: DeviceKey,
    attachment: Generation,
}

struct Host {
    bus: Rc<Bus>,
    key: HostKey,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.bus.section(|slot| slot.book.leave_unregister_errand(self.key));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.bus.section(|slot| slot.book.leave_detach_errand(self.device, self.attachment));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.bus.section(|slot| slot.book.leave_host_errand(self.key));
    }
}

/// Registers, attaches, sends, and leaves again, if it `stays` not before its host. Shows its link to others.
async fn peripheral(
    bus: Rc<Bus>,
    host: HostKey,
    shown: Rc<Cell<Option<LinkKey>>>,
    stays: bool,
    deadline: Option<u32>,
) {
    let caller = PERIPHERAL;
    let registered = bus.run(RegisterDevice::new(host, CHANNEL, true), caller, deadline).await;
    let Ok(key) = registered.outcome() else { return };
    let device = Device { bus: Rc::clone(&bus), key };
    let attached = bus.run(Attach::new(key), caller, deadline).await;
    if let Ok(attachment) = attached.outcome() {
        let link = Link { bus: Rc::clone(&bus), device: key, attachment };
        let key = LinkKey { device: key, attachment: Some(attachment) };
        shown.set(Some(key));
        bus.run(UseLink::packet(key), caller, deadline).await;
        bus.run(UseLink::transaction(key), caller, deadline).await;
        while stays && bus.slot.borrow().book.registration(key.device).is_ok() && bus.round.get() < 100 {
            bus.tick().await;
        }
        drop(link);
    }
    let unregister = UnregisterDevice::new(key, Side::Peripheral, RemovalKind::Orderly);
    let unregistered = bus.run(unregister, caller, deadline).await;
    if unregistered.outcome().is_ok() {
        assert!(!bus.hardware.is_busy(), "its packet goes out after its unregister has returned");
    }
    drop(device);
}

/// Another peripheral, that comes when the channel is free.
async fn successor(bus: Rc<Bus>, host: HostKey) {
    let device = loop {
        let registered = bus.run(RegisterDevice::new(host, CHANNEL, false), SUCCESSOR, None).await;
        match registered.outcome() {
            Ok(key) => break Device { bus: Rc::clone(&bus), key },
            Err(_) if bus.round.get() < 60 => bus.tick().await,
            // Nobody has unregistered it: a dropped handle's errand waits for somebody.
            Err(_) => return,
        }
    };
    bus.run(Attach::new(device.key), SUCCESSOR, None).await;
}

/// Sends a packet over the peripheral's link, when there is one.
async fn sender(bus: Rc<Bus>, shown: Rc<Cell<Option<LinkKey>>>, deadline: Option<u32>) {
    for _ in 0..20 {
        if let Some(key) = shown.get() {
            bus.run(UseLink::packet(key), SENDER, deadline).await;
            return;
        }
        bus.tick().await;
    }
}

/// Unregisters the host. Says whether it was this call that did it.
async fn remover(host: Host, removal: RemovalKind, deadline: Option<u32>, has_removed: Rc<Cell<bool>>) {
    let bus = Rc::clone(&host.bus);
    let removed = bus.run(UnregisterHost::new(host.key, removal), REMOVER, deadline).await;
    if removed.outcome() == Ok(Removed::ByThisCall) {
        assert_eq!(bus.seen.surrendered.get(), 1);
        has_removed.set(true);
    }
}

// ---- The executor.

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct IsWoken(AtomicBool);

impl Wake for IsWoken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// When a task is begun, and after how many polls it is dropped.
#[derive(Debug, Clone, Copy)]
struct Plan {
    begins: u32,
    polls: Option<u32>,
}

/// Runs tasks as planned, until all have ended or were dropped and the hardware is idle. Gives how many polls each had.
fn execute(bus: &Bus, tasks: Vec<(Task, Plan)>) -> Vec<u32> {
    let mut tasks: Vec<_> = tasks
        .into_iter()
        .map(|(task, plan)| (Some(task), plan, Arc::new(IsWoken(AtomicBool::new(true))), 0_u32))
        .collect();
    let last = bus.round.get() + 500;
    while tasks.iter().any(|(task, ..)| task.is_some()) || bus.hardware.is_busy() {
        assert!(bus.round.get() < last, "stalled: {:?}", bus.slot.borrow().book);
        bus.round.set(bus.round.get() + 1);
        if bus.hardware.tick() {
            bus.interrupt();
        }
        bus.timers.take().iter().for_each(Waker::wake_by_ref);
        for (task, plan, woken, polls) in &mut tasks {
            let Some(future) = task else { continue };
            if bus.round.get() <= plan.begins {
                continue;
            }
            if plan.polls == Some(*polls) {
                *task = None;
                continue;
            }
            if woken.0.swap(false, Ordering::Relaxed) {
                *polls += 1;
                let waker = Waker::from(Arc::clone(woken));
                let mut context = Context::from_waker(&waker);
                let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
                match poll {
                    Ok(Poll::Pending) => {}
                    Ok(Poll::Ready(())) => *task = None,
                    Err(planned) if planned.is::<Planned>() => *task = None,
                    Err(failed) => resume_unwind(failed),
                }
            }
        }
    }
    tasks.into_iter().map(|(.., polls)| polls).collect()
}

// ---- The tests.

/// What happens on the bus.
#[derive(Debug, Clone, Copy)]
struct Scene {
    profile: Profile,
    /// The host is removed while its peripheral is there; otherwise another peripheral waits for the channel.
    removal: Option<RemovalKind>,
    /// How many rounds each may wait, counted from the first.
    deadline: Option<u32>,
    /// Whether somebody carries out errands in every round, and not only at the end.
    is_swept: bool,
}

/// Plays a scene once and asserts that it ends clean. Gives how many polls each task had, and how many callbacks there
/// were.
fn play(scene: Scene, plans: [Plan; 3], returns: Option<u32>) -> ([u32; 3], u32) {
    let bus = Rc::new(Bus::default());
    bus.returns.set(returns);
    let key = bus.section(|slot| {
        let key = slot.book.begin_host(0, scene.profile).expect("the slot is vacant");
        slot.book.finish_host(true);
        key
    });
    let Scene { removal, deadline, .. } = scene;
    let host = Host { bus: Rc::clone(&bus), key };
    let (shown, has_removed) = (Rc::<Cell<Option<LinkKey>>>::default(), Rc::new(Cell::new(false)));
    let mut kept = None;
    let mut tasks: Vec<Task> = vec![
        Box::pin(peripheral(Rc::clone(&bus), key, Rc::clone(&shown), removal.is_some(), deadline)),
        Box::pin(sender(Rc::clone(&bus), Rc::clone(&shown), deadline)),
        match removal {
            Some(removal) => Box::pin(remover(host, removal, deadline, Rc::clone(&has_removed))),
            None => {
                kept = Some(host);
                Box::pin(successor(Rc::clone(&bus), key))
            }
        },
    ];
    let mut all_plans = plans.to_vec();
    if scene.is_swept {
        tasks.push(Box::pin(sweep(Rc::clone(&bus), 80)));
        all_plans.push(Plan { begins: 0, polls: None });
    }
    let polls = execute(&bus, tasks.into_iter().zip(all_plans).collect());
    let sweep_up =
        || execute(&bus, vec![(Box::pin(sweep(Rc::clone(&bus), 1)), Plan { begins: 0, polls: None })]);
    bus.returns.set(None);
    sweep_up();
    if kept.is_some() {
        let book = &bus.slot.borrow().book;
        assert!(book.nothing_is_in_the_way(), "{book:?}");
    }
    drop(kept);
    sweep_up();
    let seen = &bus.seen;
    assert!(bus.slot.borrow().book.is_quiet(), "{:?}", bus.slot.borrow().book);
    assert!(bus.slot.borrow().waits.is_empty());
    assert_eq!(seen.attached.get(), seen.detached.get(), "every attach is undone once");
    assert_eq!(seen.surrendered.get(), 1, "the host's handle is given back once");
    assert!(seen.notices.get() <= 1, "a peripheral is told at most once");
    let was_there = shown.get().is_some() && plans[0].polls.is_none() && returns.is_none();
    if has_removed.get() && was_there && deadline.is_none() {
        assert_eq!(seen.notices.get(), 1, "it was there when the host was removed");
    }
    ([polls[0], polls[1], polls[2]], seen.calls.get())
}

/// What somebody who may call back does, for so many rounds and then until none is left: carries out errands.
async fn sweep(bus: Rc<Bus>, rounds: u32) {
    let until = bus.round.get() + rounds;
    while bus.round.get() < until || bus.slot.borrow().book.has_errands() {
        bus.run(Errands::new(0), JANITOR, None).await;
        bus.tick().await;
    }
}

/// Plays a scene with every way to drop one or two of its tasks, and with each callback unwinding, begun in several
/// orders.
fn play_all(scene: Scene) {
    let starts = [[0, 0, 0], [0, 0, 3], [0, 0, 6], [0, 0, 9], [0, 4, 5], [2, 0, 0], [0, 8, 12]];
    let mut plays = 0_u32;
    for is_swept in [false, true] {
        let scene = Scene { is_swept, ..scene };
        for begins in starts {
            let plans = begins.map(|begins| Plan { begins, polls: None });
            let (whole, calls) = play(scene, plans, None);
            for returns in 0..calls {
                play(scene, plans, Some(returns));
            }
            for (first, second) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
                for first_polls in 0..=whole[first] {
                    for second_polls in 0..=whole[second] {
                        let mut plans = plans;
                        plans[first].polls = Some(first_polls);
                        plans[second].polls = Some(second_polls);
                        play(scene, plans, None);
                        plays += 1;
                    }
                }
            }
        }
    }
    assert!(plays > 2000, "{plays} ways to drop them");
}

macro_rules! scenes {
    ($($name:ident: $profile:ident, $removal:expr, $deadline:expr;)+) => { $(
        #[test]
        fn $name() {
            let scene = Scene { profile: Profile::$profile, removal: $removal, deadline: $deadline, is_swept: false };
            play_all(scene);
        }
    )+ };
}

scenes! {
    a_host_that_stays: Exclusive, None, None;
    a_host_that_stays_and_serialises: Serialised, None, None;
    an_orderly_removal: Exclusive, Some(RemovalKind::Orderly), None;
    an_orderly_removal_of_one_that_serialises: Serialised, Some(RemovalKind::Orderly), None;
    a_surprise_removal: Exclusive, Some(RemovalKind::Surprise), None;
    a_surprise_removal_of_one_that_serialises: Serialised, Some(RemovalKind::Surprise), None;
    deadlines: Exclusive, Some(RemovalKind::Orderly), Some(8);
    deadlines_and_a_surprise: Serialised, Some(RemovalKind::Surprise), Some(8);
}
