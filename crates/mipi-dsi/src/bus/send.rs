//! Sending: the shell's way through a packet and a transaction, kept apart because it is the fast one.
//!
//! A packet costs two rounds of the lock and no clone: the controller's handle is taken out of the slot for the length
//! of the call, and put back. Who has taken it has the link.

use super::caller::WaitFor;
use super::error::{Gone, StillRunning, TransferError};
use super::host_controller::{HostController, HostError};
use super::key::LinkKey;
use super::link_config::Speed;
use super::lock::Lock;
use super::message::Message;
use super::operation::{Next, Purpose, Running, Taken, UseLink, UseLinkError};
use super::registry::{HostSlot, Registered};
use super::shell::{run_errands, BusHandle, Controller, Deadline};
use super::transport::Transport;
use super::wire::DataType;

/// A transport: what a callback and the body of a transaction are lent, and what a link is underneath.
pub(super) struct Lent<'a, R: BusHandle> {
    pub(super) bus: &'a R,
    pub(super) key: LinkKey,
    /// How long its sender may wait for the link.
    pub(super) deadline: Option<Deadline<R>>,
    /// The speed of commands, if not that of the attachment. It is the sender's and not the device's, so that nobody
    /// else's commands change theirs.
    pub(super) speed: Option<Speed>,
}

impl<R: BusHandle> Transport for Lent<'_, R> {
    #[inline]
    fn transfer(
        &self,
        data_type: DataType,
        payload: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, TransferError> {
        let message = Message::new(self.key.lease.channel, data_type, payload, Speed::HighSpeed)
            .map_err(TransferError::Message)?;
        let mut result = Err(TransferError::Gone(Gone::HostRemoved));
        use_link(self.bus, self.key, Purpose::Packet, self.deadline, |equipment| {
            if let Some(controller) = &equipment.controller {
                let message = message.at(self.speed.unwrap_or(equipment.speed));
                result = controller.transfer(&message, answer).map_err(TransferError::Host);
            }
        })?;
        match result {
            // A host that claims more than there is room for is not believed: the caller would take it for a length.
            Ok(got) if got > answer.len() => {
                Err(TransferError::Host(HostError::AnswerTooLong { expected: answer.len(), got }))
            }
            result => result,
        }
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        use_link(self.bus, self.key, Purpose::Transaction, self.deadline, |_| body(self))
    }
}

/// What a packet needs of the slot.
struct Equipment<C> {
    controller: Option<C>,
    speed: Speed,
    /// Inside a transaction of the same caller, who keeps the link afterwards.
    nested: bool,
}

/// Has the link for the length of `work`.
#[inline]
fn use_link<R: BusHandle>(
    bus: &R,
    key: LinkKey,
    purpose: Purpose,
    deadline: Option<Deadline<R>>,
    work: impl FnOnce(&Equipment<Controller<R>>),
) -> Result<(), TransferError> {
    let lock = bus.lock();
    let slot = key.lease.host.slot;
    let operation = UseLink::new(key, purpose);
    let caller = lock.caller();
    // Where nobody is in the way, one round of the lock does.
    let taken = lock.with(|data| {
        let Some(slot) = data.slot_mut(slot) else { return Err(Taken::Gone(Gone::HostRemoved)) };
        match operation.take(&mut slot.book, caller) {
            Taken::Has { nested } => Ok(equip(slot, key, purpose, nested)),
            otherwise => Err(otherwise),
        }
    });
    let equipment = match taken {
        Ok(equipment) => equipment,
        Err(Taken::Gone(gone)) => return Err(TransferError::Gone(gone)),
        Err(Taken::Waits(_) | Taken::Has { .. }) => wait_for_link(bus, operation, key, purpose, deadline)?,
    };
    let mut having = Having { bus, slot, equipment: Some(equipment) };
    if let Some(equipment) = &having.equipment {
        work(equipment);
    }
    if having.end() {
        run_errands(bus, slot);
    }
    Ok(())
}

/// What the one who has the link is given of the slot.
#[inline]
fn equip<C, P>(slot: &mut HostSlot<C, P>, key: LinkKey, purpose: Purpose, nested: bool) -> Equipment<C> {
    let speed = slot.device(key.lease.channel).1.config.map_or(Speed::HighSpeed, |config| config.commands);
    let controller = if purpose == Purpose::Packet { slot.for_link.take() } else { None };
    Equipment { controller, speed, nested }
}

/// The long way: the operation as a value, which notes what it waits for.
#[cold]
fn wait_for_link<R: BusHandle>(
    bus: &R,
    operation: UseLink,
    key: LinkKey,
    purpose: Purpose,
    deadline: Option<Deadline<R>>,
) -> Result<Equipment<Controller<R>>, TransferError> {
    let lock = bus.lock();
    let mut running = Running::new(operation, lock.caller());
    let mut begun = lock.with(|data| begin(&mut running, data, key, purpose));
    loop {
        begun = match begun {
            Begun::Has(equipment) => return Ok(equipment),
            Begun::Refused(UseLinkError::Gone(gone)) => return Err(TransferError::Gone(gone)),
            Begun::Refused(UseLinkError::StillRunning(error)) => {
                return Err(TransferError::StillRunning(error))
            }
            Begun::Waits(waiting_for) => {
                let waited = lock.wait(deadline, |data| match begin(&mut running, data, key, purpose) {
                    Begun::Waits(now) if now == waiting_for => None,
                    next => Some(next),
                });
                match waited {
                    Ok(next) => next,
                    Err(unwaited) => {
                        lock.with(|data| running.give_up(data));
                        let why = unwaited.into();
                        return Err(TransferError::StillRunning(StillRunning { waiting_for, why }));
                    }
                }
            }
        };
    }
}

/// What asking for the link came to.
enum Begun<C> {
    Has(Equipment<C>),
    Waits(WaitFor),
    Refused(UseLinkError),
}

fn begin<D: Registered>(
    running: &mut Running<UseLink>,
    data: &mut D,
    key: LinkKey,
    purpose: Purpose,
) -> Begun<D::Controller> {
    match running.next(data) {
        Next::Wait(waiting_for) => return Begun::Waits(waiting_for),
        Next::Done(Err(error)) => return Begun::Refused(error),
        Next::Done(Ok(())) | Next::Call(_) => {}
    }
    let nested = running.operation().is_nested();
    match data.slot_mut(key.lease.host.slot) {
        Some(slot) => Begun::Has(equip(slot, key, purpose, nested)),
        None => Begun::Refused(UseLinkError::Gone(Gone::HostRemoved)),
    }
}

/// The link is had. Ends that when dropped, so that a callback that unwinds ends it too.
struct Having<'a, R: BusHandle> {
    bus: &'a R,
    slot: usize,
    equipment: Option<Equipment<Controller<R>>>,
}

impl<R: BusHandle> Having<'_, R> {
    /// Gives the link back, once. Says whether there are errands to run.
    #[inline]
    fn end(&mut self) -> bool {
        let Some(Equipment { controller, nested, .. }) = self.equipment.take() else { return false };
        self.bus.lock().with(|data| {
            let Some(slot) = data.slot_mut(self.slot) else { return false };
            if controller.is_some() {
                slot.for_link = controller;
            }
            UseLink::give_back(&mut slot.book, nested);
            slot.book.has_errands()
        })
    }
}

impl<R: BusHandle> Drop for Having<'_, R> {
    fn drop(&mut self) {
        if self.end() {
            run_errands(self.bus, self.slot);
        }
    }
}
