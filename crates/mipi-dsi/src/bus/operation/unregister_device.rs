//! Unregister a device: detach it where it is attached, then free its channel.

use super::*;

/// Ends the registration of a device, for the peripheral that made it or for the removal of its host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnregisterDevice {
    lease: Lease,
    asked_by: Side,
    removal: Removal,
    /// This operation was the one to say that the device's hardware has gone.
    said_gone: bool,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// The host's cancel callback runs; then it is `Start` again.
    Cancelling,
    /// This operation is the worker of `Unregistering::By`.
    Detaching {
        detach: Detach,
        took_over: bool,
    },
    /// What is kept of the peripheral's is being dropped.
    Forgetting,
    Unregistered,
}

impl UnregisterDevice {
    /// The peripheral's own unregister, or the half of a host removal that comes after the notice.
    pub fn new(lease: Lease, asked_by: Side, removal: Removal) -> Self {
        Self { lease, asked_by, removal, said_gone: false, stage: Stage::Start }
    }

    /// Where the hardware has gone: its transfers fail from here on, and the one that runs is asked to end. This comes
    /// before any wait, as what is waited for (a notice in which the peripheral sends its last command) may itself wait
    /// for that transfer.
    fn say_gone<A>(&mut self, host: &mut HostBook, caller: Caller) -> Option<Next<A>> {
        if self.removal != Removal::Surprise {
            return None;
        }
        let registration = host.registration_mut(self.lease).ok()?;
        if !registration.surprise {
            registration.surprise = true;
            self.said_gone = true;
        }
        let Lease { host: key, channel, .. } = self.lease;
        if host.link.as_ref()?.channel != channel {
            return None;
        }
        host.claim_cancel(caller)?;
        self.stage = Stage::Cancelling;
        Some(Next::Call(Call::Cancel(key, channel)))
    }

    /// Claims the registration, or says what is to be waited for or that there is nothing to do.
    fn start(&mut self, host: &mut HostBook, caller: Caller) -> Option<Next<Result<Removed, StillRunning>>> {
        if let Some(cancel) = self.say_gone(host, caller) {
            return Some(cancel);
        }
        let device = host.device(self.lease.channel);
        // When the peripheral's unregister returns, no notice may run but the one that it is called from. This
        // comes first, as a notice can outlive the registration (the peripheral unregistered from inside).
        let told_by_another = device.telling.is_some_and(|worker| worker.caller != caller);
        if self.asked_by == Side::Peripheral && told_by_another && device.generation == self.lease.generation
        {
            return Some(Next::Wait(WaitFor::Notice(self.lease)));
        }
        let Ok(registration) = host.registration_mut(self.lease) else {
            return Some(Next::Done(Ok(Removed::Already)));
        };
        let took_over = match registration.unregistering {
            Unregistering::By(_) => return Some(Next::Wait(WaitFor::DeviceRemoval(self.lease))),
            Unregistering::No => false,
            Unregistering::Stalled => true,
        };
        registration.unregistering = Unregistering::By(Worker::new(caller));
        self.stage = Stage::Detaching { detach: Detach::device(self.lease), took_over };
        None
    }
}

impl Operation for UnregisterDevice {
    type Answer = Result<Removed, StillRunning>;

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer> {
        if self.stage == Stage::Start {
            let Some(host) = books.host_mut(self.lease.host.slot) else {
                return Next::Done(Ok(Removed::Already));
            };
            if let Some(next) = self.start(host, caller) {
                return next;
            }
        }
        let Stage::Detaching { detach, .. } = &mut self.stage else {
            return Next::Done(Ok(Removed::ByThisCall));
        };
        match detach.advance(books, caller) {
            Next::Done(_) => {
                self.stage = Stage::Forgetting;
                Next::Call(Call::Forget(self.lease))
            }
            unfinished => unfinished,
        }
    }

    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool) {
        match &mut self.stage {
            Stage::Detaching { detach, .. } => detach.returned(books, succeeded),
            Stage::Forgetting => {
                if let Some(host) = books.host_mut(self.lease.host.slot) {
                    host.device_mut(self.lease.channel).registration = None;
                }
                self.stage = Stage::Unregistered;
            }
            Stage::Cancelling => {
                if let Some(host) = books.host_mut(self.lease.host.slot) {
                    host.cancel = None;
                }
                self.stage = Stage::Start;
            }
            Stage::Start | Stage::Unregistered => {}
        }
    }

    fn give_up<B: Books + ?Sized>(&mut self, books: &mut B, refused: bool) {
        let takes_back_surprise = refused && self.asked_by == Side::Peripheral && self.said_gone;
        if let (true, Some(host)) = (takes_back_surprise, books.host_mut(self.lease.host.slot)) {
            self.said_gone = false;
            if let Ok(registration) = host.registration_mut(self.lease) {
                registration.surprise = false;
            }
        }
        let Stage::Detaching { detach, took_over } = &mut self.stage else { return };
        // A removal of the host that is refused half way stays begun; a peripheral's own is taken back.
        let take_back = refused && self.asked_by == Side::Peripheral && !*took_over;
        detach.give_up(books, take_back);
        let Some(host) = books.host_mut(self.lease.host.slot) else { return };
        if let Ok(registration) = host.registration_mut(self.lease) {
            registration.unregistering = if take_back { Unregistering::No } else { Unregistering::Stalled };
        }
        self.stage = Stage::Start;
    }

    fn answer_to(still_running: StillRunning) -> Self::Answer {
        Err(still_running)
    }
}

impl Rename for UnregisterDevice {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        if let Stage::Detaching { detach, .. } = &mut self.stage {
            detach.rename(name);
        }
    }
}
