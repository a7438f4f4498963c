//! Sending: who may, who has the link, one packet or several.

use super::*;

impl Reference {
    pub(super) fn may_send(&mut self, sender: Sender) -> Result<(), Gone> {
        let Sender { key, attachment } = sender;
        let hold = self.slots[key.slot].link;
        let device = self.registered(key)?;
        let (serving, removal, surprise) = (device.serving, device.removal, device.surprise);
        if self.removal(key.slot) == RemovalKind::Surprise {
            return Err(Gone::HostRemoved);
        }
        if surprise {
            return Err(Gone::Unregistered);
        }
        // When the remover has given up, nothing new starts, but the last commands and the rest of a transaction.
        let leaving = self.slots[key.slot].host.as_ref().and_then(|host| host.leaving);
        let was_given_up = leaving.is_some_and(|leaving| !leaving.running);
        let goes_on = !was_given_up || hold.is_some_and(|hold| hold.is_for(key.channel));
        let is_meant = |present| attachment.is_none_or(|meant| meant == present);
        let may = match serving {
            Serving::Idle => false,
            Serving::Attaching => attachment.is_none(),
            Serving::Attached(present) => is_meant(present) && goes_on,
            Serving::Detaching(present) => is_meant(present),
            Serving::Draining(present) => {
                is_meant(present) && hold.is_some_and(|hold| hold.channel == key.channel)
            }
        };
        if may {
            Ok(())
        } else if !self.is_present(key.slot) {
            Err(Gone::HostRemoved)
        } else if removal != DeviceRemoval::No {
            Err(Gone::Unregistered)
        } else {
            Err(Gone::Detached)
        }
    }

    /// Takes the link; gives who had it before.
    pub(super) fn take_link(&mut self, sender: Sender, purpose: Purpose) -> Result<Option<Hold>, Answer> {
        self.may_send(sender).map_err(Answer::Gone)?;
        let Key { slot, channel, .. } = sender.key;
        let before = self.slots[slot].link;
        let packet = (purpose == Purpose::Packet).then_some(channel);
        let hold = match before {
            None => Hold { channel, purpose, packet, is_in_notice: false },
            Some(Hold { packet: Some(_), .. } | Hold { purpose: Purpose::Packet, .. }) => {
                return Err(Answer::WouldDeadlock(Awaited { what: What::Link, slot, channel: None }))
            }
            Some(Hold { purpose: Purpose::Transaction, channel: held_for, .. }) if held_for != channel => {
                return Err(Answer::WouldDeadlock(Awaited { what: What::Link, slot, channel: None }))
            }
            // In a notice a transaction has the link to itself.
            Some(Hold { purpose: Purpose::Notice, .. }) if purpose == Purpose::Transaction => {
                Hold { channel, purpose, packet, is_in_notice: true }
            }
            Some(outer) => Hold { packet, ..outer },
        };
        self.slots[slot].link = Some(hold);
        Ok(before)
    }

    pub(super) fn transfer(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, Purpose::Packet) {
            Ok(before) => before,
            Err(answer) => {
                self.run_errands(sender.key.slot);
                return answer;
            }
        };
        let Key { slot, channel, .. } = sender.key;
        let controller = self.controller(slot);
        self.callback(Callback::Transfer { controller, channel }, None);
        self.slots[slot].link = before;
        self.run_errands(slot);
        Answer::Sent
    }

    pub(super) fn transaction(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, Purpose::Transaction) {
            Ok(before) => before,
            Err(answer) => {
                self.run_errands(sender.key.slot);
                return answer;
            }
        };
        self.callback(Callback::Transaction, Some(sender));
        self.slots[sender.key.slot].link = before;
        self.run_errands(sender.key.slot);
        Answer::Sent
    }
}
