//! Sending: who may, who has the link, one packet or several.

use super::*;

impl Reference {
    pub(super) fn may_send(&mut self, sender: Sender) -> Result<(), Gone> {
        let Sender { lease, attachment } = sender;
        let hold = self.slots[lease.slot].link;
        let device = self.registered(lease)?;
        let (serving, removal, surprise) = (device.serving, device.removal, device.surprise);
        if self.removal(lease.slot) == Removal::Surprise {
            return Err(Gone::HostRemoved);
        }
        if surprise {
            return Err(Gone::Unregistered);
        }
        let is_meant = |present| attachment.is_none_or(|meant| meant == present);
        let may = match serving {
            Serving::Idle => false,
            Serving::Attaching => attachment.is_none(),
            Serving::Attached(present) | Serving::Detaching(present) => is_meant(present),
            Serving::Draining(present) => {
                is_meant(present) && hold.is_some_and(|hold| hold.channel == lease.channel)
            }
        };
        if may {
            Ok(())
        } else if !self.is_present(lease.slot) {
            Err(Gone::HostRemoved)
        } else if removal != DeviceRemoval::No {
            Err(Gone::Unregistered)
        } else {
            Err(Gone::Detached)
        }
    }

    /// Takes the link; gives who had it before.
    pub(super) fn take_link(&mut self, sender: Sender, transferring: bool) -> Result<Option<Hold>, Answer> {
        self.may_send(sender).map_err(Answer::Gone)?;
        let Lease { slot, channel, .. } = sender.lease;
        let before = self.slots[slot].link;
        if before.is_some_and(|hold| hold.transferring || hold.channel != channel) {
            return Err(Answer::WouldDeadlock(Awaited { what: What::Link, slot, channel: None }));
        }
        self.slots[slot].link = Some(Hold { channel, transferring });
        Ok(before)
    }

    pub(super) fn transfer(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, true) {
            Ok(before) => before,
            Err(answer) => return answer,
        };
        let Lease { slot, channel, .. } = sender.lease;
        let controller = self.controller(slot);
        self.callback(Callback::Transfer { controller, channel }, None);
        self.slots[slot].link = before;
        self.run_errands(slot);
        Answer::Sent
    }

    pub(super) fn transaction(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, false) {
            Ok(before) => before,
            Err(answer) => return answer,
        };
        self.callback(Callback::Transaction, Some(sender));
        self.slots[sender.lease.slot].link = before;
        self.run_errands(sender.lease.slot);
        Answer::Sent
    }
}
