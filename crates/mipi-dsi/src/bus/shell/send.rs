//! Sending: the way of a packet through the gate, and the long way through the book.

use super::super::error::{Gone, TransferError};
use super::super::gate::Visit;
use super::super::host_controller::{HostController, HostError};
use super::super::link_config::Speed;
use super::super::lock::Lock;
use super::super::machine::{DeviceKey, Generation, HostBook, LinkKey, Profile, UseLink, UseLinkError};
use super::super::memory::Memory;
use super::super::message::Message;
use super::super::transport::Transport;
use super::super::wire::{DataType, Payload};
use super::gate_and_book::let_through;
use super::session::{begin, run, Controller, Deadline, MemoryRef, SendPacket, Session, Work};

/// The transport behind a link, and the one that callbacks and bodies of transactions get.
pub(in super::super) struct Sender<'a, R: MemoryRef> {
    pub(in super::super) bus: &'a R,
    pub(in super::super) key: LinkKey,
    /// What the sender shows at the open gate; `None` for one who always takes the long way.
    pub(in super::super) permit: Option<(Profile, Generation)>,
    /// How long the sender may wait for the link.
    pub(in super::super) deadline: Option<Deadline<R>>,
    /// The speed of commands, if not that of the attachment. It belongs to the sender and not to the device, so that it
    /// changes nobody else's commands.
    pub(in super::super) speed: Option<Speed>,
}

impl<'a, R: MemoryRef> Sender<'a, R> {
    /// The transport for a callback of this device.
    pub(super) fn lent(bus: &'a R, device: DeviceKey, deadline: Option<Deadline<R>>) -> Self {
        // A packet that is sent from inside waits for the link no longer than the operation around it.
        Self { bus, key: LinkKey { device, attachment: None }, permit: None, deadline, speed: None }
    }

    /// Takes the link for one packet, and runs `send` with the controller and the speed.
    #[inline]
    fn have_link(&self, send: SendPacket<'_, Controller<R>>) -> Result<(), TransferError> {
        if let Some((profile, permit)) = self.permit.filter(|_| HostBook::HAS_GATE) {
            let memory = self.bus.memory();
            let LinkKey { device, .. } = self.key;
            let caller = memory.lock().caller();
            let inside =
                memory.gate(device.host.slot).and_then(|gate| gate.enter(profile, caller, device.channel));
            if let Some(inside) = inside {
                let mut passed = LeaveOnDrop { sender: self, profile, inside: Some(inside) };
                let was_sent = passed
                    .inside
                    .as_ref()
                    .is_some_and(|inside| let_through(inside, device.channel, permit, &mut *send));
                passed.leave();
                if was_sent {
                    return Ok(());
                }
            }
        }
        self.have_link_by_the_book(UseLink::packet(self.key), Work::Packet(send))
    }

    /// Takes the link the long way: with the operation, which waits and says who has left.
    #[cold]
    fn have_link_by_the_book<'w>(
        &'w self,
        operation: UseLink,
        work: Work<'w, Controller<R>>,
    ) -> Result<(), TransferError> {
        let mut session = Session::with_work(self.bus, self.key, self.deadline, work);
        let mut running = begin(self.bus, operation);
        session.run(&mut running);
        running.outcome().map_err(|error| match error {
            UseLinkError::Gone(gone) => TransferError::Gone(gone),
            UseLinkError::StillRunning(error) => TransferError::StillRunning(error),
        })
    }
}

impl<R: MemoryRef> Transport for Sender<'_, R> {
    #[inline]
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        let message = Message::new(self.key.device.channel, data_type, payload, Speed::HighSpeed)
            .map_err(TransferError::Message)?;
        let mut result = Err(TransferError::Gone(Gone::HostRemoved));
        let room = response.len();
        self.have_link(&mut |controller, speed| {
            let message = message.at(self.speed.unwrap_or(speed));
            result = controller.transfer(&message, response).map_err(TransferError::Host);
        })?;
        match result {
            // Do not believe a host that claims more than there is room for: the caller would use it as a length.
            Ok(got) if got > room => {
                Err(TransferError::Host(HostError::ResponseTooLong { expected: room, got }))
            }
            result => result,
        }
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        // Its packets do not pass the gate: they find the link held in the book.
        let inner = Sender { permit: None, ..*self };
        self.have_link_by_the_book(UseLink::transaction(self.key), Work::Transaction(&mut || body(&inner)))
    }
}

/// Leaves the gate when dropped, so that a callback that unwinds leaves it too.
struct LeaveOnDrop<'a, 'b, R: MemoryRef> {
    sender: &'b Sender<'a, R>,
    profile: Profile,
    inside: Option<Visit<'b, Controller<R>, <R::Lock as Lock>::Word>>,
}

impl<R: MemoryRef> LeaveOnDrop<'_, '_, R> {
    #[inline]
    fn leave(&mut self) {
        if self.inside.take().is_some_and(Visit::leave) {
            self.end_in_the_book();
        }
    }

    /// The gate was closed meanwhile, so the book has this sender, and somebody may wait for them there.
    #[cold]
    fn end_in_the_book(&self) {
        let Sender { bus, key, deadline, .. } = *self.sender;
        let mut running = begin(bus, UseLink::passed_gate(key, self.profile));
        run(bus, key.device.host.slot, deadline, &mut running);
    }
}

impl<R: MemoryRef> Drop for LeaveOnDrop<'_, '_, R> {
    fn drop(&mut self) {
        self.leave();
    }
}
