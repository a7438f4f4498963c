//! Unregister a host: nothing new starts; each device is told, detached and unregistered; the handle is given back.
//!
//! The counterpart of `mipi_dsi_host_unregister`, whose defects D1, D4 and D9 come from doing these in another order.

use super::*;

/// Ends the registration of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnregisterHost {
    host: HostKey,
    removal: Removal,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    /// Not the worker: the host is still whole, or another removes it.
    Start,
    /// The worker of `HostPhase::Leaving`, and looking for what is left to do.
    Working,
    /// The host's cancel callback runs, called by one who is the worker or not.
    Cancelling {
        working: bool,
    },
    /// A peripheral is being told.
    Telling(Lease),
    /// A device that was told is being unregistered.
    Removing(UnregisterDevice),
    /// All is gone; the controller's handle is being taken out.
    Surrendering,
    Unregistered,
}

impl UnregisterHost {
    /// Orderly, or because the hardware has gone.
    pub fn new(host: HostKey, removal: Removal) -> Self {
        Self { host, removal, stage: Stage::Start }
    }

    fn start<B: Books + ?Sized>(
        &mut self,
        books: &mut B,
        caller: Caller,
    ) -> Option<Next<Result<Removed, StillRunning>>> {
        let already = Some(Next::Done(Ok(Removed::Already)));
        let Some(host) = books.host(self.host.slot).filter(|host| host.has(self.host)) else {
            return already;
        };
        if host.phase == HostPhase::Present {
            // Everything that runs now will have to be waited for. If that can't be, nothing is begun.
            let endless =
                running(host, self.host).find(|wait| waits::would_close_a_cycle(books, caller, *wait));
            if let Some(wait) = endless {
                return Some(Next::Wait(wait));
            }
        }
        let host = books.host_mut(self.host.slot)?;
        let (removal, worker) = match &host.phase {
            HostPhase::Vacant => return already,
            HostPhase::Present => (Removal::Orderly, None),
            HostPhase::Leaving { removal, worker } => (*removal, *worker),
        };
        let removal = if self.removal == Removal::Surprise { Removal::Surprise } else { removal };
        let working = worker.is_none();
        host.phase = HostPhase::Leaving { removal, worker: worker.or(Some(Worker::new(caller))) };
        if let Some(cancel) = self.cancel(host, caller, working) {
            return Some(cancel);
        }
        if !working {
            return Some(Next::Wait(WaitFor::HostRemoval(self.host)));
        }
        self.stage = Stage::Working;
        None
    }

    /// In a surprise removal the running transfer is asked, once, to end.
    fn cancel<A>(&mut self, host: &mut HostBook, caller: Caller, working: bool) -> Option<Next<A>> {
        if !host.is_surprise() {
            return None;
        }
        let channel = host.claim_cancel(caller)?;
        self.stage = Stage::Cancelling { working };
        Some(Next::Call(Call::Cancel(self.host, channel)))
    }

    /// The worker looks for what is left: a device to tell or to unregister, a call to wait for, or nothing.
    fn work<B: Books + ?Sized>(
        &mut self,
        books: &mut B,
        caller: Caller,
    ) -> Next<Result<Removed, StillRunning>> {
        let Some(host) = books.host_mut(self.host.slot) else { return Next::Done(Ok(Removed::Already)) };
        if let Some(cancel) = self.cancel(host, caller, true) {
            return cancel;
        }
        let removal = if host.is_surprise() { Removal::Surprise } else { Removal::Orderly };
        let registered = VirtualChannel::ALL.into_iter().find_map(|channel| {
            let device = host.device(channel);
            let lease = Lease { host: self.host, channel, generation: device.generation };
            device.registration.as_ref().map(|registration| (lease, registration))
        });
        let Some((lease, registration)) = registered else {
            return if host.link.is_some() {
                Next::Wait(WaitFor::Link(self.host))
            } else if host.cancel.is_some() {
                Next::Wait(WaitFor::Cancel(self.host))
            } else {
                self.stage = Stage::Surrendering;
                Next::Call(Call::Surrender(self.host))
            };
        };
        if registration.told {
            self.stage = Stage::Removing(UnregisterDevice::new(lease, Side::Host, removal));
            return self.advance(books, caller);
        }
        // One who has begun to unregister is not told; one who is attaching gets his link first.
        if matches!(registration.unregistering, Unregistering::By(_)) {
            return Next::Wait(WaitFor::DeviceRemoval(lease));
        }
        if matches!(registration.serving, Serving::Attaching(_)) {
            return Next::Wait(WaitFor::Serving(lease));
        }
        if let Ok(registration) = host.registration_mut(lease) {
            registration.told = true;
        }
        host.device_mut(lease.channel).telling = Some(Worker::new(caller));
        self.stage = Stage::Telling(lease);
        Next::Call(Call::Tell(lease, removal))
    }
}

/// What runs on a host, as things that can be waited for.
fn running(host: &HostBook, key: HostKey) -> impl Iterator<Item = WaitFor> + '_ {
    let devices = VirtualChannel::ALL.into_iter().flat_map(move |channel| {
        let lease = Lease { host: key, channel, generation: host.device(channel).generation };
        [WaitFor::Serving(lease), WaitFor::Notice(lease), WaitFor::DeviceRemoval(lease)]
    });
    [WaitFor::Link(key), WaitFor::Cancel(key)].into_iter().chain(devices)
}

impl Operation for UnregisterHost {
    type Answer = Result<Removed, StillRunning>;

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer> {
        if self.stage == Stage::Start {
            if let Some(next) = self.start(books, caller) {
                return next;
            }
        }
        match &mut self.stage {
            Stage::Working => self.work(books, caller),
            Stage::Removing(unregister) => match unregister.advance(books, caller) {
                Next::Done(_) => {
                    self.stage = Stage::Working;
                    self.work(books, caller)
                }
                unfinished => unfinished,
            },
            // The other stages end with the return of their call.
            _ => Next::Done(Ok(Removed::ByThisCall)),
        }
    }

    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool) {
        if let Stage::Removing(unregister) = &mut self.stage {
            return unregister.returned(books, succeeded);
        }
        let Some(host) = books.host_mut(self.host.slot) else { return };
        self.stage = match self.stage {
            Stage::Cancelling { working } => {
                host.cancel = None;
                if working {
                    Stage::Working
                } else {
                    Stage::Start
                }
            }
            Stage::Telling(lease) => {
                host.device_mut(lease.channel).telling = None;
                Stage::Working
            }
            Stage::Surrendering => {
                host.phase = HostPhase::Vacant;
                host.errand = false;
                Stage::Unregistered
            }
            _ => return,
        };
    }

    fn give_up<B: Books + ?Sized>(&mut self, books: &mut B, refused: bool) {
        match &mut self.stage {
            Stage::Working => {}
            Stage::Removing(unregister) => unregister.give_up(books, refused),
            // Not the worker, or nothing left to give up.
            _ => return,
        }
        if let Some(host) = books.host_mut(self.host.slot) {
            if let HostPhase::Leaving { worker, .. } = &mut host.phase {
                *worker = None;
            }
        }
        self.stage = Stage::Start;
    }

    fn answer_to(still_running: StillRunning) -> Self::Answer {
        Err(still_running)
    }
}

impl Rename for UnregisterHost {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        match &mut self.stage {
            Stage::Telling(lease) => lease.rename(name),
            Stage::Removing(unregister) => unregister.rename(name),
            _ => {}
        }
    }
}
