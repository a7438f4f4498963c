//! A host controller whose calls are checked, and whose transfers hang while its hardware is pulled.

use super::std_lock_on_shuttle::this_thread;
use mipi_dsi::bus::{Attachment, Caller, HostAttachError, HostController, HostError, Message, Profile};
use mipi_dsi::testing::CheckedHost;
use mipi_dsi::wire::{DataType, VirtualChannel};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

/// A host controller and its driver's data.
pub(crate) struct CheckedController(CheckedHost<Controller>);

struct Controller {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Its hardware, or that at the other end of its link, has gone: a transfer ends only when it is cancelled.
    pulled: bool,
    /// The channel's transfers are cancelled. A cancel may come before the transfer's first instruction, so it is kept
    /// until the channel is attached again.
    cancelled: bool,
    /// Who has sent the first packet of a read and not yet the second: nobody's packet comes between.
    reading: Option<Caller>,
}

impl CheckedController {
    pub(crate) fn new() -> Self {
        let controller = Controller { state: Mutex::new(State::default()), changed: Condvar::new() };
        Self(CheckedHost::with_callers(controller, Profile::Exclusive, this_thread))
    }

    /// The hardware goes, or comes back.
    pub(crate) fn pull(&self, pulled: bool) {
        self.0.inner().state.lock().unwrap().pulled = pulled;
        self.0.inner().changed.notify_all();
    }

    /// This thread's read is over, whatever came of it.
    pub(crate) fn read_is_over(&self) {
        self.0.inner().read_is_over();
    }

    /// Its host's unregistration has returned: its driver frees its data.
    pub(crate) fn retire(&self) {
        self.0.host_unregistered();
        self.0.assert_legal();
    }

    /// Every call was legal until now.
    pub(crate) fn assert_legal(&self) {
        self.0.assert_legal();
    }
}

impl Controller {
    fn read_is_over(&self) {
        let mut state = self.state.lock().unwrap();
        state.reading = state.reading.filter(|reader| *reader != this_thread());
    }
}

impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        {
            let mut state = self.state.lock().unwrap();
            state.cancelled = false;
            // A read that was cut short by a detach is over.
            state.reading = None;
        }
        thread::yield_now();
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {
        thread::yield_now();
    }

    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError> {
        {
            let mut state = self.state.lock().unwrap();
            let is_own = state.reading.is_none_or(|reader| reader == this_thread());
            assert!(is_own, "a packet comes between those of a read");
            if message.data_type() == DataType::SET_MAXIMUM_RETURN_PACKET_SIZE {
                state.reading = Some(this_thread());
            }
        }
        thread::yield_now();
        let state = self.state.lock().unwrap();
        let hangs = |state: &mut State| state.pulled && !state.cancelled;
        drop(self.changed.wait_while(state, hangs).unwrap());
        if answer.is_empty() {
            return Ok(0);
        }
        self.read_is_over();
        answer.fill(0x1c);
        Ok(answer.len().min(1))
    }

    fn cancel(&self, _: VirtualChannel) {
        self.state.lock().unwrap().cancelled = true;
        self.changed.notify_all();
    }
}

impl HostController for CheckedController {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.0.attach(attachment)
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        self.0.detach(attachment);
    }

    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError> {
        self.0.transfer(message, answer)
    }

    fn cancel(&self, channel: VirtualChannel) {
        self.0.cancel(channel);
    }
}
