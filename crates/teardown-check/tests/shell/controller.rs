//! The search's controller behind the bus's trait: what it sees broken fails the test.

use mipi_dsi::bus::{AttachRefused, Attachment, HostController, HostError, Message};
use mipi_dsi::wire::{DataType, VirtualChannel};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;
use teardown_check::Property;
use teardown_check::hardware::{Controller, HostCall, Served};
use teardown_check::note::Seen;

/// A host controller and its driver's data.
pub(crate) struct CheckedController {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    controller: Controller,
    /// Its hardware, or that at the other end of its link, has gone: a transfer ends only when it is cancelled.
    pulled: bool,
    /// The channel's transfers are cancelled. A cancel may come before the transfer's first instruction, so it is kept
    /// until the channel is attached again.
    cancelled: bool,
}

impl CheckedController {
    pub(crate) fn new() -> Self {
        let controller = Controller { alive: true, ..Controller::default() };
        Self {
            state: Mutex::new(State { controller, pulled: false, cancelled: false }),
            changed: Condvar::new(),
        }
    }

    fn actor() -> usize {
        usize::from(thread::current().id())
    }

    fn check(&self, check: impl FnOnce(&mut Controller, &mut Seen)) {
        let mut seen = Seen::NOTHING;
        check(&mut self.state.lock().unwrap().controller, &mut seen);
        let broken: Vec<&str> = seen.broke.iter().map(Property::broken).collect();
        assert!(broken.is_empty(), "{}", broken.join(", "));
    }

    /// A whole callback, in the middle of which others may run.
    fn call(&self, call: HostCall) {
        self.check(|controller, seen| controller.enter(call, Self::actor(), seen));
        thread::yield_now();
        if call.sends().is_some() {
            let state = self.state.lock().unwrap();
            let hangs = |state: &mut State| state.pulled && !state.cancelled;
            drop(self.changed.wait_while(state, hangs).unwrap());
        }
        self.check(|controller, seen| {
            controller.leave(call, false, seen);
            if matches!(call, HostCall::Read(_)) {
                controller.read_is_over(Self::actor());
            }
        });
    }

    /// The hardware goes, or comes back.
    pub(crate) fn pull(&self, pulled: bool) {
        self.state.lock().unwrap().pulled = pulled;
        self.changed.notify_all();
    }

    /// This thread's read is over, whatever came of it.
    pub(crate) fn read_is_over(&self) {
        self.state.lock().unwrap().controller.read_is_over(Self::actor());
    }

    /// Its host's unregistration has returned: its driver frees its data.
    pub(crate) fn retire(&self) {
        let controller = &mut self.state.lock().unwrap().controller;
        assert_eq!(controller.running, 0, "a callback runs after its owner has unregistered");
        assert_eq!(controller.served, [Served::Idle; 4], "a channel stays attached");
        controller.alive = false;
    }
}

impl HostController for CheckedController {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), AttachRefused> {
        {
            let mut state = self.state.lock().unwrap();
            state.cancelled = false;
            // A read that was cut short by a detach is over.
            state.controller.reading = None;
        }
        self.call(HostCall::Attach(attachment.channel.get()));
        Ok(())
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        self.call(HostCall::Detach(attachment.channel.get()));
    }

    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError> {
        let channel = message.channel().get();
        match (answer, message.data_type()) {
            ([], DataType::SET_MAXIMUM_RETURN_PACKET_SIZE) => {
                self.call(HostCall::SetReturnSize(channel));
                Ok(0)
            }
            ([], _) => {
                self.call(HostCall::Transfer(channel));
                Ok(0)
            }
            (answer, _) => {
                self.call(HostCall::Read(channel));
                answer.fill(0x1c);
                Ok(answer.len().min(1))
            }
        }
    }

    fn cancel(&self, channel: VirtualChannel) {
        self.check(|controller, seen| {
            controller.enter(HostCall::Cancel(channel.get()), Self::actor(), seen);
        });
        self.state.lock().unwrap().cancelled = true;
        self.changed.notify_all();
        self.check(|controller, seen| controller.leave(HostCall::Cancel(channel.get()), false, seen));
    }
}
