//! The record of a host's calls: how many there were, and which of them should not have been.
//!
//! The legal sequences are those of `mipi_dsi::bus::HostController`. Whether a call was right is decided here; the host
//! goes on as well as it can, as hardware does.

use core::fmt;
use mipi_dsi::bus::LinkConfig;
use mipi_dsi::wire::VirtualChannel;

/// A method of `HostController`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `attach`.
    Attach,
    /// `detach`.
    Detach,
    /// `transfer`.
    Transfer,
    /// `cancel`.
    Cancel,
}

/// How many calls of each method there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Calls of `attach`, refused ones included.
    pub attach: usize,
    /// Calls of `attach` that succeeded.
    pub attached: usize,
    /// Calls of `detach`.
    pub detach: usize,
    /// Calls of `transfer`.
    pub transfer: usize,
    /// Calls of `cancel`.
    pub cancel: usize,
}

/// A call that the documentation of `HostController` forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The channel of the call.
    pub channel: VirtualChannel,
    /// Which call.
    pub call: Call,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// `attach` of a channel that is attached, or that an `attach` or `detach` runs on.
    AlreadyServed,
    /// `detach`, `transfer` or `cancel` of a channel that is not attached.
    NotServed,
    /// `detach` while a `transfer` of this channel runs that is not its own.
    TransferRuns,
    /// `transfer` while another `transfer` runs.
    AnotherTransferRuns,
    /// A second `transfer` after `cancel`: the one that was meant may come after it, another may not.
    AfterCancel,
    /// Any call after the host was unregistered.
    AfterRetirement,
    /// The host was unregistered while this call was running.
    RunsAtRetirement,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, call, wrong } = self;
        let call = match call {
            Call::Attach => "attach",
            Call::Detach => "detach",
            Call::Transfer => "transfer",
            Call::Cancel => "cancel",
        };
        write!(f, "{call} of channel {channel} ")?;
        f.write_str(match wrong {
            Wrong::AlreadyServed => "although it is attached",
            Wrong::NotServed => "although it is not attached",
            Wrong::TransferRuns => "while a transfer of it runs",
            Wrong::AnotherTransferRuns => "while another transfer runs",
            Wrong::AfterCancel => "after its transfer was cancelled",
            Wrong::AfterRetirement => "after the host was unregistered",
            Wrong::RunsAtRetirement => "was still running when the host had been unregistered",
        })
    }
}

/// Where a channel is in its sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Serving {
    #[default]
    Idle,
    Attaching,
    Attached,
    Detaching,
}

#[derive(Debug, Default)]
struct Channel {
    serving: Serving,
    config: Option<LinkConfig>,
    /// `transfer` calls that run.
    transfers: usize,
    /// `cancel` was called and `detach` was not yet.
    cancelled: bool,
    /// `transfer` calls that began since `cancel`.
    since_cancel: usize,
}

/// The record of one host.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    channels: [Channel; 4],
    counts: Counts,
    violations: Vec<Violation>,
    retired: bool,
}

impl Ledger {
    fn channel(&mut self, channel: VirtualChannel) -> &mut Channel {
        // A virtual channel's index is below four by its type.
        &mut self.channels[channel.index()]
    }

    fn wrong(&mut self, channel: VirtualChannel, call: Call, wrong: Wrong) {
        self.violations.push(Violation { channel, call, wrong });
    }

    fn check_retired(&mut self, channel: VirtualChannel, call: Call) {
        if self.retired {
            self.wrong(channel, call, Wrong::AfterRetirement);
        }
    }

    pub(super) fn attach_begins(&mut self, channel: VirtualChannel, config: LinkConfig) {
        self.counts.attach += 1;
        self.check_retired(channel, Call::Attach);
        if self.channel(channel).serving != Serving::Idle {
            self.wrong(channel, Call::Attach, Wrong::AlreadyServed);
        }
        let transfers = self.channel(channel).transfers;
        *self.channel(channel) =
            Channel { serving: Serving::Attaching, config: Some(config), transfers, ..Channel::default() };
    }

    pub(super) fn attach_ends(&mut self, channel: VirtualChannel, succeeded: bool) {
        self.counts.attached += usize::from(succeeded);
        let channel = self.channel(channel);
        channel.serving = if succeeded { Serving::Attached } else { Serving::Idle };
        channel.config = channel.config.filter(|_| succeeded);
    }

    pub(super) fn detach_begins(&mut self, channel: VirtualChannel) {
        self.counts.detach += 1;
        self.check_retired(channel, Call::Detach);
        if self.channel(channel).serving != Serving::Attached {
            self.wrong(channel, Call::Detach, Wrong::NotServed);
        }
        if self.channel(channel).transfers > 0 {
            self.wrong(channel, Call::Detach, Wrong::TransferRuns);
        }
        self.channel(channel).serving = Serving::Detaching;
    }

    pub(super) fn detach_ends(&mut self, channel: VirtualChannel) {
        let transfers = self.channel(channel).transfers;
        *self.channel(channel) = Channel { transfers, ..Channel::default() };
    }

    pub(super) fn transfer_begins(&mut self, channel: VirtualChannel) {
        self.counts.transfer += 1;
        self.check_retired(channel, Call::Transfer);
        if self.channel(channel).serving == Serving::Idle {
            self.wrong(channel, Call::Transfer, Wrong::NotServed);
        }
        if self.channels.iter().any(|channel| channel.transfers > 0) {
            self.wrong(channel, Call::Transfer, Wrong::AnotherTransferRuns);
        }
        let state = self.channel(channel);
        state.transfers += 1;
        if state.cancelled {
            state.since_cancel += 1;
            if state.since_cancel > 1 {
                self.wrong(channel, Call::Transfer, Wrong::AfterCancel);
            }
        }
    }

    pub(super) fn transfer_ends(&mut self, channel: VirtualChannel) {
        let transfers = &mut self.channel(channel).transfers;
        *transfers = transfers.saturating_sub(1);
    }

    pub(super) fn cancel(&mut self, channel: VirtualChannel) {
        self.counts.cancel += 1;
        self.check_retired(channel, Call::Cancel);
        if self.channel(channel).serving == Serving::Idle {
            self.wrong(channel, Call::Cancel, Wrong::NotServed);
        }
        let state = self.channel(channel);
        // A transfer that runs is the one that is meant; none may follow it.
        state.since_cancel = state.transfers;
        state.cancelled = true;
    }

    pub(super) fn retire(&mut self) {
        self.retired = true;
        for channel in VirtualChannel::ALL {
            let state = self.channel(channel);
            let running = [
                (state.serving == Serving::Attaching, Call::Attach),
                (state.serving == Serving::Detaching, Call::Detach),
                (state.transfers > 0, Call::Transfer),
            ];
            for (_, call) in running.into_iter().filter(|(runs, _)| *runs) {
                self.wrong(channel, call, Wrong::RunsAtRetirement);
            }
        }
    }

    pub(super) fn register_anew(&mut self) {
        self.retired = false;
    }

    pub(super) fn is_cancelled(&self, channel: VirtualChannel) -> bool {
        self.channels.get(channel.index()).is_some_and(|channel| channel.cancelled)
    }

    pub(super) fn config(&self, channel: VirtualChannel) -> Option<LinkConfig> {
        self.channels.get(channel.index()).and_then(|channel| channel.config)
    }

    pub(super) fn attached(&self) -> impl Iterator<Item = VirtualChannel> {
        let served = |channel: &VirtualChannel| {
            self.channels.get(channel.index()).is_some_and(|channel| channel.serving == Serving::Attached)
        };
        VirtualChannel::ALL.into_iter().filter(served)
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn violations(&self) -> &[Violation] {
        &self.violations
    }
}
