//! Sending: the shell's way through a packet and a transaction, kept apart because it is the fast one.
//!
//! A packet costs two rounds of the lock and no clone: the controller's handle is taken out of the slot for the length
//! of the call, and put back. Who has taken it has the link.

use super::book::Books;
use super::error::{Gone, TransferError};
use super::host_controller::HostController;
use super::key::LinkKey;
use super::link_config::Speed;
use super::lock::Lock;
use super::message::Message;
use super::operation::{Next, Purpose, Running, UseLink, UseLinkError};
use super::registry::Registered;
use super::shell::{run_errands, BusHandle, Controller};
use super::transport::Transport;
use super::wire::DataType;

/// A transport that a callback or the body of a transaction is lent.
pub(super) struct Lent<'a, R: BusHandle> {
    pub(super) bus: &'a R,
    pub(super) key: LinkKey,
}

impl<R: BusHandle> Transport for Lent<'_, R> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, TransferError> {
        packet(self.bus, self.key, data_type, payload, answer)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        transaction(self.bus, self.key, body)
    }
}

/// What a packet needs of the slot.
struct Equipment<C> {
    controller: Option<C>,
    speed: Speed,
}

/// Sends one packet.
pub(super) fn packet<R: BusHandle>(
    bus: &R,
    key: LinkKey,
    data_type: DataType,
    payload: &[u8],
    answer: &mut [u8],
) -> Result<usize, TransferError> {
    let message = Message::new(key.lease.channel, data_type, payload, Speed::HighSpeed)
        .map_err(TransferError::Message)?;
    let mut result = Err(TransferError::Gone(Gone::HostRemoved));
    use_link(bus, key, Purpose::Packet, |equipment| {
        if let Some(controller) = &equipment.controller {
            result = controller.transfer(&message.at(equipment.speed), answer).map_err(TransferError::Host);
        }
    })?;
    result
}

/// Runs `body` with the link to itself.
pub(super) fn transaction<R: BusHandle>(
    bus: &R,
    key: LinkKey,
    body: &mut dyn FnMut(&dyn Transport),
) -> Result<(), TransferError> {
    use_link(bus, key, Purpose::Transaction, |_| body(&Lent { bus, key }))
}

/// Has the link for the length of `work`.
#[inline]
fn use_link<R: BusHandle>(
    bus: &R,
    key: LinkKey,
    purpose: Purpose,
    work: impl FnOnce(&Equipment<Controller<R>>),
) -> Result<(), TransferError> {
    let lock = bus.lock();
    let slot = key.lease.host.slot;
    let mut running = Running::new(UseLink::new(key, purpose), lock.caller());
    let mut begun = lock.with(|data| begin(&mut running, data, key, purpose));
    if begun.is_none() {
        begun = match lock.wait(None, |data| begin(&mut running, data, key, purpose).map(Some)) {
            Ok(begun) => begun,
            Err(unwaited) => lock
                .with(|data| running.give_up(data, unwaited.into()))
                .map(|answer| answer.map(no_equipment)),
        };
    }
    let equipment = match begun {
        Some(Ok(equipment)) => equipment,
        Some(Err(UseLinkError::Gone(gone))) => return Err(TransferError::Gone(gone)),
        Some(Err(UseLinkError::StillRunning(running))) => return Err(TransferError::StillRunning(running)),
        // Neither begun, nor refused, nor waiting: there is no such outcome of `begin`.
        None => return Err(TransferError::Gone(Gone::HostRemoved)),
    };
    let mut having = Having { bus, slot, running: &mut running, equipment: Some(equipment) };
    if let Some(equipment) = &having.equipment {
        work(equipment);
    }
    if having.end() {
        run_errands(bus, slot);
    }
    Ok(())
}

type Begun<C> = Result<Equipment<C>, UseLinkError>;

fn no_equipment<C>(_: ()) -> Equipment<C> {
    Equipment { controller: None, speed: Speed::HighSpeed }
}

/// Asks for the link; `None` if that has to wait.
#[inline]
fn begin<D: Registered>(
    running: &mut Running<UseLink>,
    data: &mut D,
    key: LinkKey,
    purpose: Purpose,
) -> Option<Begun<D::Controller>> {
    match running.next(data) {
        Next::Wait(_) => None,
        Next::Done(answer) => Some(answer.map(no_equipment)),
        Next::Call(_) => {
            let mut equipment = no_equipment(());
            if let Some(slot) = data.slot_mut(key.lease.host.slot) {
                if let Some(config) = slot.device(key.lease.channel).1.config {
                    equipment.speed = config.commands;
                }
                if purpose == Purpose::Packet {
                    equipment.controller = slot.for_link.take();
                }
            }
            Some(Ok(equipment))
        }
    }
}

/// The link is had. Ends that when dropped, so that a callback that unwinds ends it too.
struct Having<'a, R: BusHandle> {
    bus: &'a R,
    slot: usize,
    running: &'a mut Running<UseLink>,
    equipment: Option<Equipment<Controller<R>>>,
}

impl<R: BusHandle> Having<'_, R> {
    /// Gives the link back, once. Says whether there are errands to run.
    #[inline]
    fn end(&mut self) -> bool {
        let Some(equipment) = self.equipment.take() else { return false };
        self.bus.lock().with(|data| {
            if let (Some(controller), Some(slot)) = (equipment.controller, data.slot_mut(self.slot)) {
                slot.for_link = Some(controller);
            }
            self.running.returned(data, true);
            data.host(self.slot).is_some_and(|host| host.has_errands())
        })
    }
}

impl<R: BusHandle> Drop for Having<'_, R> {
    fn drop(&mut self) {
        self.end();
    }
}
