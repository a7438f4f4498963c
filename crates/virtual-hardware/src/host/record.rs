//! What a host remembers of its calls: how many there were, and what each channel was attached with.
//!
//! `mipi_dsi` decides whether a call was legal ([`CallChecker`](mipi_dsi::testing::CallChecker)); the host goes on as
//! well as it can, as hardware does.

use mipi_dsi::bus::LinkConfig;
use mipi_dsi::wire::VirtualChannel;

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

#[derive(Debug, Default)]
struct Channel {
    config: Option<LinkConfig>,
    /// Whether `cancel` was called and `detach` was not yet.
    cancelled: bool,
}

/// The record of one host.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    channels: [Channel; 4],
    counts: Counts,
}

impl Ledger {
    fn channel(&mut self, channel: VirtualChannel) -> &mut Channel {
        // A virtual channel's index is below four by its type.
        &mut self.channels[channel.index()]
    }

    pub(super) fn attach_begins(&mut self, channel: VirtualChannel, config: LinkConfig) {
        self.counts.attach += 1;
        *self.channel(channel) = Channel { config: Some(config), cancelled: false };
    }

    pub(super) fn attach_ends(&mut self, channel: VirtualChannel, succeeded: bool) {
        self.counts.attached += usize::from(succeeded);
        let channel = self.channel(channel);
        channel.config = channel.config.filter(|_| succeeded);
    }

    pub(super) fn detach_begins(&mut self) {
        self.counts.detach += 1;
    }

    pub(super) fn detach_ends(&mut self, channel: VirtualChannel) {
        *self.channel(channel) = Channel::default();
    }

    pub(super) fn transfer_begins(&mut self) {
        self.counts.transfer += 1;
    }

    pub(super) fn cancel(&mut self, channel: VirtualChannel) {
        self.counts.cancel += 1;
        self.channel(channel).cancelled = true;
    }

    pub(super) fn is_cancelled(&self, channel: VirtualChannel) -> bool {
        self.channels.get(channel.index()).is_some_and(|channel| channel.cancelled)
    }

    pub(super) fn config(&self, channel: VirtualChannel) -> Option<LinkConfig> {
        self.channels.get(channel.index()).and_then(|channel| channel.config)
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }
}
