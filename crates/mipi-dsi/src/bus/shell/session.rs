//! One call of a user: what the loop needs from one bus. It is generic over what the bus is made of, and so kept small.
//!
//! It clones the handles that a callback needs out of the slot under the lock, and uses and drops them without it. Only
//! then does it tell the operation that the callback has returned: so whoever waits for "nothing runs" finds no clone
//! left.

use super::super::error::WaitError;
use super::super::host_controller::{Attachment, HostAttachError, HostController};
use super::super::link_config::{LinkConfig, Speed};
use super::super::listener::{DeviceListener, Notice};
use super::super::lock::{Ended, Lock};
use super::super::machine::{
    Books, Callback, DeviceKey, Errands, HostBook, LinkKey, Next, Operation, Running, WaitFor, CALLERS_WAIT,
};
use super::super::memory::Memory;
use super::super::name::HostName;
use super::super::slots::{KeptConfig, Slots};
use super::drive::{drive, Shell};
use super::gate_and_book;
use super::send::Sender;
use core::ops::Deref;

/// How a bus is reached: a cloneable handle to its memory, such as `&'static FirmwareMemory<..>` or `Arc<..>`.
///
/// It is implemented for all of them; nobody needs to implement it.
pub trait MemoryRef: Clone {
    /// The memory.
    type Memory: Memory<Lock = Self::Lock>;
    /// Its lock.
    type Lock: Lock<Data = <Self::Memory as Memory>::Slots>;

    /// The memory.
    fn memory(&self) -> &Self::Memory;
}

impl<R> MemoryRef for R
where
    R: Clone + Deref,
    R::Target: Memory + Sized,
{
    type Memory = R::Target;
    type Lock = <R::Target as Memory>::Lock;

    #[inline]
    fn memory(&self) -> &R::Target {
        self
    }
}

type SlotsOf<R> = <<R as MemoryRef>::Memory as Memory>::Slots;
pub(in super::super) type Controller<R> = <<R as MemoryRef>::Memory as Memory>::Controller;
pub(in super::super) type Listener<R> = <SlotsOf<R> as Slots>::Listener;
pub(in super::super) type NameOf<R> = <SlotsOf<R> as Slots>::Name;
/// A moment until which to wait: the [`Deadline`](Lock::Deadline) of a bus's lock.
pub type Deadline<R> = <<R as MemoryRef>::Lock as Lock>::Deadline;

/// What a sender does while they have the link.
pub(super) enum Work<'a, C> {
    /// Sends one packet. It gets the controller and the speed of the attachment's commands.
    Packet(SendPacket<'a, C>),
    /// Sends packets that are calls of their own. It gets no handle of the controller: in the shared profile, where
    /// nobody holds the link, that could outlive the host's registration.
    Transaction(&'a mut dyn FnMut()),
}

pub(super) type SendPacket<'a, C> = &'a mut dyn FnMut(&C, Speed);

/// One call of a user.
pub(in super::super) struct Session<'a, R: MemoryRef> {
    bus: &'a R,
    slot: usize,
    deadline: Option<Deadline<R>>,
    /// In: the configuration to attach with.
    pub(in super::super) config: Option<&'a LinkConfig>,
    /// Out: why the host refused to attach.
    pub(in super::super) refused: Option<HostAttachError>,
    /// Out: the handle of the controller whose host was unregistered.
    pub(in super::super) controller: Option<Controller<R>>,
    /// In: what to do with the link.
    pub(super) work: Option<Work<'a, Controller<R>>>,
    loan: Loan<Controller<R>, Listener<R>, NameOf<R>>,
    has_errands: bool,
}

/// What a callback has borrowed from its slot.
enum Loan<C, L, N> {
    Nothing,
    /// For a packet at this speed, or a cancel.
    Controller(Option<C>, Speed),
    /// For attach and detach.
    Host {
        controller: Option<C>,
        name: Option<N>,
        config: KeptConfig,
    },
    Listener(Option<L>),
    Surrendered {
        controller: Option<C>,
        of_gate: Option<C>,
    },
}

impl<'a, R: MemoryRef> Session<'a, R> {
    /// A call on the host in this slot. It waits until `deadline`, or as long as the lock's limit allows.
    pub(in super::super) fn new(bus: &'a R, slot: usize, deadline: Option<Deadline<R>>) -> Self {
        Self {
            bus,
            slot,
            deadline,
            config: None,
            refused: None,
            controller: None,
            work: None,
            loan: Loan::Nothing,
            has_errands: false,
        }
    }

    /// A call that has the link of a device's host for the length of `work`.
    pub(super) fn with_work(
        bus: &'a R,
        key: LinkKey,
        deadline: Option<Deadline<R>>,
        work: Work<'a, Controller<R>>,
    ) -> Self {
        Self { work: Some(work), ..Self::new(bus, key.device.host.slot, deadline) }
    }

    /// Drives an operation to its end, then the errands that callbacks may have left.
    pub(in super::super) fn run(&mut self, running: &mut Running<dyn Operation + '_>) {
        self.drive(running);
        self.run_left_errands();
    }

    /// Carries out the errands that callbacks may have left, if this context may call back.
    pub(in super::super) fn run_left_errands(&mut self) {
        if self.has_errands() {
            self.run_errands();
        }
    }

    /// Drives an operation to its end.
    pub(in super::super) fn drive(&mut self, running: &mut Running<dyn Operation + '_>) {
        if can_wait::<R>() {
            drive::<true>(self, running);
        } else {
            drive::<false>(self, running);
        }
    }

    fn step(
        &mut self,
        slots: &mut SlotsOf<R>,
        step: &mut dyn FnMut(&mut dyn Books) -> Next,
    ) -> (Next, Ended) {
        let memory = self.bus.memory();
        close_gate(memory, slots, self.slot);
        let next = step(slots);
        if let Next::Call(callback) = next {
            self.loan = self.lend(slots, callback);
        }
        let (has_errands, ended) = settle(memory, slots, self.slot);
        self.has_errands = has_errands;
        (next, ended)
    }

    fn lend(
        &self,
        slots: &mut SlotsOf<R>,
        callback: Callback,
    ) -> Loan<Controller<R>, Listener<R>, NameOf<R>> {
        let Some(slot) = slots.slot_mut(self.slot) else { return Loan::Nothing };
        match callback {
            Callback::Attach(DeviceKey { channel, .. }) | Callback::Detach(DeviceKey { channel, .. }) => {
                let device = &mut slot.devices[channel];
                if let (Callback::Attach(_), Some(config)) = (callback, self.config) {
                    device.config = KeptConfig::of(config);
                }
                Loan::Host { controller: slot.controller.clone(), name: device.name, config: device.config }
            }
            Callback::Transfer(device) => {
                let speed = slot.devices[device.channel].speed(&slot.book.devices[device.channel]);
                Loan::Controller(slot.controller.clone(), speed)
            }
            Callback::Cancel(..) => Loan::Controller(slot.controller.clone(), Speed::HighSpeed),
            Callback::Tell(device, _) => Loan::Listener(slot.devices[device.channel].listener.clone()),
            Callback::Forget(device) => Loan::Listener(slot.devices[device.channel].listener.take()),
            Callback::Surrender(_) => {
                let controller = slot.controller.take();
                let gate = self.bus.memory().gate(self.slot);
                let of_gate = gate.and_then(|gate| gate_and_book::surrender(gate, &slot.book));
                Loan::Surrendered { controller, of_gate }
            }
            Callback::Transaction(_) | Callback::Announce(_) | Callback::Withdraw(_) => Loan::Nothing,
        }
    }

    /// Calls the host's attach or detach.
    fn serve(
        &mut self,
        callback: Callback,
        device: DeviceKey,
        controller: &Controller<R>,
        name: Option<NameOf<R>>,
        kept: KeptConfig,
    ) -> bool {
        let transport = Sender::lent(self.bus, device, self.deadline);
        let name = name.as_ref().map_or("", HostName::as_str);
        let kept = kept.without_timings();
        let is_attach = matches!(callback, Callback::Attach(_));
        let config = self.config.filter(|_| is_attach).unwrap_or(&kept);
        let attachment = Attachment { channel: device.channel, name, config, transport: &transport };
        if is_attach {
            self.refused = controller.attach(&attachment).err();
            return self.refused.is_none();
        }
        controller.detach(&attachment);
        true
    }
}

impl<R: MemoryRef> Shell for Session<'_, R> {
    fn section(&mut self, step: &mut dyn FnMut(&mut dyn Books) -> Next) -> Next {
        self.bus.memory().lock().with(|slots| self.step(slots, step))
    }

    fn wait(
        &mut self,
        wait: WaitFor,
        step: &mut dyn FnMut(&mut dyn Books) -> Next,
    ) -> Result<Next, WaitError> {
        if !can_wait::<R>() {
            // It is never asked to; without this, its code would be there.
            return Err(WaitError::CannotWait);
        }
        let lock = self.bus.memory().lock();
        let deadline = self.deadline.or_else(|| lock.limit());
        self.deadline = deadline;
        lock.wait(wait, deadline, |slots| {
            let (next, ended) = self.step(slots, step);
            (next.after_wait(wait), ended)
        })
    }

    fn perform(&mut self, callback: Callback) -> bool {
        match (callback, core::mem::replace(&mut self.loan, Loan::Nothing)) {
            (
                Callback::Attach(device) | Callback::Detach(device),
                Loan::Host { controller: Some(controller), name, config },
            ) => return self.serve(callback, device, &controller, name, config),
            (Callback::Transfer(_), Loan::Controller(Some(controller), speed)) => {
                if let Some(Work::Packet(send)) = &mut self.work {
                    send(&controller, speed);
                }
            }
            (Callback::Transaction(_), _) => {
                if let Some(Work::Transaction(body)) = &mut self.work {
                    body();
                }
            }
            (Callback::Cancel(_, channel), Loan::Controller(Some(controller), _)) => {
                controller.cancel(channel);
            }
            (Callback::Tell(device, removal), Loan::Listener(Some(listener))) => {
                let transport = Sender::lent(self.bus, device, self.deadline);
                listener.host_leaving(&Notice { removal, transport: &transport });
            }
            (Callback::Surrender(_), Loan::Surrendered { controller, of_gate }) => {
                drop(of_gate);
                self.controller = controller;
            }
            // There is nobody to tell, or something to drop, which happens at the end of this call.
            _ => {}
        }
        true
    }

    fn has_errands(&self) -> bool {
        self.has_errands && self.bus.memory().lock().may_call_back()
    }

    fn run_errands(&mut self) {
        // They wait for nobody.
        self.deadline = None;
        let result = self.controller.take();
        self.drive(&mut begin(self.bus, Errands::new(self.slot)));
        // The controller of a host that was unregistered as an errand has no owner left, and is dropped here.
        self.controller = result;
    }
}

/// Whether callers of this bus ever wait.
const fn can_wait<R: MemoryRef>() -> bool {
    CALLERS_WAIT && R::Lock::CAN_WAIT && SlotsOf::<R>::CAN_WAIT
}

/// The caller begins this operation.
pub(in super::super) fn begin<R: MemoryRef, O: Operation>(bus: &R, operation: O) -> Running<O> {
    Running::new(operation, bus.memory().lock().caller())
}

/// Drives an operation to its end, then the errands that callbacks may have left. Returns the handle of the controller
/// whose host it has unregistered.
#[inline(never)]
pub(in super::super) fn run<R: MemoryRef>(
    bus: &R,
    slot: usize,
    deadline: Option<Deadline<R>>,
    running: &mut Running<dyn Operation + '_>,
) -> Option<Controller<R>> {
    let mut session = Session::new(bus, slot, deadline);
    session.run(running);
    session.controller
}

/// Carries out those errands of a slot that can be carried out now.
pub(in super::super) fn run_errands<R: MemoryRef>(bus: &R, slot: usize) {
    Session::new(bus, slot, None).run_errands();
}

/// Closes the gate of a slot, and notes in its book who is inside: from now on the book is the truth.
pub(in super::super) fn close_gate<M: Memory>(memory: &M, slots: &mut M::Slots, slot: usize) {
    if let (Some(book), Some(gate)) = (slots.host_mut(slot), memory.gate(slot)) {
        gate_and_book::close(gate, book);
    }
}

/// Ends a section: opens the gate if nobody removes and nobody waits, and gives a vacant slot back. Returns whether
/// errands are left, and what has ended.
pub(in super::super) fn settle<M: Memory>(memory: &M, slots: &mut M::Slots, index: usize) -> (bool, Ended) {
    let Some(slot) = slots.slot_mut(index) else { return (false, Ended::NOTHING) };
    if let Some(gate) = memory.gate(index) {
        let devices = &slot.devices;
        gate_and_book::open(gate, &mut slot.book, &slot.controller, |channel, book| {
            devices[channel].speed(book)
        });
    }
    let ended = Ended { slot: index, events: slot.book.take_ended() };
    let has_errands = HostBook::has_errands(&slot.book);
    slots.give_back(index);
    if M::Slots::CAN_WAIT && !ended.events.is_empty() {
        slots.end_waits(ended, memory.lock().caller());
    }
    (has_errands, ended)
}
