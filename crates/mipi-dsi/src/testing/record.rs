//! The record of a host's calls: what runs, what is attached, and whether the next call is legal.
//!
//! It is a plain value, without a lock and without a history, so that a search can hold it in a state. It keeps no list
//! of violations: whoever asks keeps them.

use super::violation::{Call, Violation, ViolationKind};
use crate::bus::Profile;
use crate::wire::VirtualChannel;
use std::fmt;
use std::vec::Vec;

/// Where a channel is in its sequence of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelState {
    /// Nothing is attached.
    Idle,
    /// Its `attach` runs.
    Attaching,
    /// `attach` has succeeded, and `detach` has not begun.
    Attached,
    /// Its `detach` runs.
    Detaching,
}

impl fmt::Display for ChannelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Attaching => "attaching",
            Self::Attached => "attached",
            Self::Detaching => "detaching",
        })
    }
}

/// What runs on one channel. These are counts, as a bus that breaks the rules may start a call twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Channel {
    attached: bool,
    attaching: u8,
    detaching: u8,
    transfers: u8,
    cancels: u8,
    after_cancel: AfterCancel,
}

/// What may still be sent on a channel after `cancel`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum AfterCancel {
    /// There was no `cancel` since the last `attach` began.
    #[default]
    NoCancel,
    /// The transfer that `cancel` is for has not begun yet: it may.
    OneTransfer,
    /// Nothing.
    Nothing,
}

impl Channel {
    const fn state(&self) -> ChannelState {
        if self.detaching > 0 {
            ChannelState::Detaching
        } else if self.attaching > 0 {
            ChannelState::Attaching
        } else if self.attached {
            ChannelState::Attached
        } else {
            ChannelState::Idle
        }
    }

    const fn running(&self, call: Call) -> u8 {
        match call {
            Call::Attach => self.attaching,
            Call::Detach => self.detaching,
            Call::Transfer => self.transfers,
            Call::Cancel => self.cancels,
        }
    }

    fn running_mut(&mut self, call: Call) -> &mut u8 {
        match call {
            Call::Attach => &mut self.attaching,
            Call::Detach => &mut self.detaching,
            Call::Transfer => &mut self.transfers,
            Call::Cancel => &mut self.cancels,
        }
    }
}

/// The calls of one host, as far as the next call's legality depends on them.
///
/// Call `*_begins` at the first instruction of a call and `*_ends` at its last. It records an illegal call like a legal
/// one, so that it judges what follows by what really runs. Each method returns the first rule that is broken. It
/// counts at most 255 calls of one method on one channel.
///
/// ```
/// use mipi_dsi::bus::Profile;
/// use mipi_dsi::testing::{Call, CallRecord, ChannelState, Violation, ViolationKind};
/// use mipi_dsi::wire::VirtualChannel;
///
/// let mut record = CallRecord::new(Profile::Exclusive);
/// let channel = VirtualChannel::VC0;
/// assert_eq!(record.attach_begins(channel), Ok(()));
/// assert_eq!(record.attach_ends(channel, false), Ok(()));
/// let kind = ViolationKind::WrongState(ChannelState::Idle);
/// assert_eq!(record.detach_begins(channel), Err(Violation { call: Call::Detach, channel, kind }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallRecord {
    profile: Profile,
    registered: bool,
    channels: [Channel; 4],
}

impl CallRecord {
    /// The record of a host that is registered and was not called yet.
    pub const fn new(profile: Profile) -> Self {
        const UNUSED: Channel = Channel {
            attached: false,
            attaching: 0,
            detaching: 0,
            transfers: 0,
            cancels: 0,
            after_cancel: AfterCancel::NoCancel,
        };
        Self { profile, registered: true, channels: [UNUSED; 4] }
    }

    /// Where a channel is in its sequence.
    pub fn state(&self, channel: VirtualChannel) -> ChannelState {
        self.channels[channel.index()].state()
    }

    /// How many calls run, on all channels.
    pub fn running(&self) -> usize {
        let calls = [Call::Attach, Call::Detach, Call::Transfer, Call::Cancel];
        self.channels.iter().flat_map(|channel| calls.map(|call| usize::from(channel.running(call)))).sum()
    }

    /// `attach` of a channel begins.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if that is illegal now.
    pub fn attach_begins(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        let legal = self.may_attach(channel);
        self.channels[channel.index()].after_cancel = AfterCancel::NoCancel;
        self.begins(Call::Attach, channel);
        legal.map_err(|kind| Violation { call: Call::Attach, channel, kind })
    }

    /// `attach` of a channel returns, or unwinds, which counts as refused.
    ///
    /// # Errors
    ///
    /// [`ViolationKind::NotBegun`], if no `attach` of this channel runs.
    pub fn attach_ends(&mut self, channel: VirtualChannel, succeeded: bool) -> Result<(), Violation> {
        self.ends(Call::Attach, channel)?;
        // After unregistration nothing is attached; a call that came so late is a violation already.
        self.channels[channel.index()].attached |= succeeded && self.registered;
        Ok(())
    }

    /// `detach` of a channel begins.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if that is illegal now.
    pub fn detach_begins(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        let legal = self.may_detach(channel);
        let record = &mut self.channels[channel.index()];
        record.attached = false;
        // The transfer that `cancel` was for has returned, and what detach itself would send is refused after a surprise.
        if record.after_cancel == AfterCancel::OneTransfer {
            record.after_cancel = AfterCancel::Nothing;
        }
        self.begins(Call::Detach, channel);
        legal.map_err(|kind| Violation { call: Call::Detach, channel, kind })
    }

    /// `detach` of a channel returns, or unwinds, which counts as done.
    ///
    /// # Errors
    ///
    /// [`ViolationKind::NotBegun`], if no `detach` of this channel runs.
    pub fn detach_ends(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        self.ends(Call::Detach, channel)
    }

    /// `transfer` to a channel begins. `inside` says that its caller is inside the channel's `attach` or `detach`; a
    /// transfer during one of these is legal only from there.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if that is illegal now.
    pub fn transfer_begins(&mut self, channel: VirtualChannel, inside: bool) -> Result<(), Violation> {
        let legal = self.may_transfer(channel, inside);
        let record = &mut self.channels[channel.index()];
        if record.after_cancel == AfterCancel::OneTransfer {
            record.after_cancel = AfterCancel::Nothing;
        }
        self.begins(Call::Transfer, channel);
        legal.map_err(|kind| Violation { call: Call::Transfer, channel, kind })
    }

    /// `transfer` to a channel returns or unwinds.
    ///
    /// # Errors
    ///
    /// [`ViolationKind::NotBegun`], if no `transfer` to this channel runs.
    pub fn transfer_ends(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        self.ends(Call::Transfer, channel)
    }

    /// `cancel` of a channel begins.
    ///
    /// It is legal between a successful `attach` and its `detach`, and not inside one of the two; on a shared host it never
    /// is. A transfer need not run:
    /// as nothing is locked, `cancel` may come just before the transfer's first instruction or just after its last. One
    /// transfer may follow if none was running.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if that is illegal now.
    pub fn cancel_begins(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        let legal = self.may_cancel(channel);
        let record = &mut self.channels[channel.index()];
        record.after_cancel = match (record.transfers, record.after_cancel) {
            (0, AfterCancel::NoCancel) => AfterCancel::OneTransfer,
            (0, before) => before,
            _ => AfterCancel::Nothing,
        };
        self.begins(Call::Cancel, channel);
        legal.map_err(|kind| Violation { call: Call::Cancel, channel, kind })
    }

    /// `cancel` of a channel returns or unwinds.
    ///
    /// # Errors
    ///
    /// [`ViolationKind::NotBegun`], if no `cancel` of this channel runs.
    pub fn cancel_ends(&mut self, channel: VirtualChannel) -> Result<(), Violation> {
        self.ends(Call::Cancel, channel)
    }

    /// The host is registered again: calls are legal again.
    pub fn host_registered(&mut self) {
        self.registered = true;
    }

    /// Unregistering the host has returned. Returns a violation for each method of each channel that is still running,
    /// and for each channel that was not detached.
    pub fn host_unregistered(&mut self) -> Vec<Violation> {
        let mut violations = Vec::new();
        if !std::mem::replace(&mut self.registered, false) {
            return violations;
        }
        for channel in VirtualChannel::ALL {
            let record = &mut self.channels[channel.index()];
            for call in [Call::Attach, Call::Detach, Call::Transfer, Call::Cancel] {
                if record.running(call) > 0 {
                    violations.push(Violation { call, channel, kind: ViolationKind::RunsAtUnregistration });
                }
            }
            if record.attached {
                let kind = ViolationKind::MissingAtUnregistration;
                violations.push(Violation { call: Call::Detach, channel, kind });
            }
            record.attached = false;
            record.after_cancel = AfterCancel::NoCancel;
        }
        violations
    }

    fn begins(&mut self, call: Call, channel: VirtualChannel) {
        let running = self.channels[channel.index()].running_mut(call);
        *running = running.saturating_add(1);
    }

    fn ends(&mut self, call: Call, channel: VirtualChannel) -> Result<(), Violation> {
        let running = self.channels[channel.index()].running_mut(call);
        let left =
            running.checked_sub(1).ok_or(Violation { call, channel, kind: ViolationKind::NotBegun })?;
        *running = left;
        Ok(())
    }

    fn may_attach(&self, channel: VirtualChannel) -> Result<(), ViolationKind> {
        self.is_registered()?;
        self.is_in(channel, ChannelState::Idle)?;
        if self.profile.is_shared() {
            return Ok(());
        }
        // That of a predecessor, from inside its attach or detach.
        self.does_not_run(Call::Transfer, &[channel])?;
        // A host may keep the request until attach, and the request must not reach a successor.
        self.does_not_run(Call::Cancel, &[channel])?;
        self.is_serialised()
    }

    fn may_detach(&self, channel: VirtualChannel) -> Result<(), ViolationKind> {
        self.is_registered()?;
        self.is_in(channel, ChannelState::Attached)?;
        if self.profile.is_shared() {
            return Ok(());
        }
        self.does_not_run(Call::Transfer, &[channel])?;
        self.does_not_run(Call::Cancel, &[channel])?;
        self.is_serialised()
    }

    fn may_transfer(&self, channel: VirtualChannel, inside: bool) -> Result<(), ViolationKind> {
        self.is_registered()?;
        if self.profile.is_shared() {
            return Ok(());
        }
        let record = &self.channels[channel.index()];
        match record.state() {
            ChannelState::Idle => return Err(ViolationKind::WrongState(ChannelState::Idle)),
            state @ (ChannelState::Attaching | ChannelState::Detaching) if !inside => {
                return Err(ViolationKind::FromOutside(state));
            }
            ChannelState::Attaching | ChannelState::Attached | ChannelState::Detaching => {}
        }
        self.does_not_run(Call::Transfer, &VirtualChannel::ALL)?;
        if record.after_cancel == AfterCancel::Nothing {
            return Err(ViolationKind::AfterCancel);
        }
        // The transfer that `cancel` is for was started before it; on another channel none was.
        for other in VirtualChannel::ALL.into_iter().filter(|other| *other != channel) {
            self.does_not_run(Call::Cancel, &[other])?;
            if self.profile.is_serialised() {
                self.does_not_run(Call::Attach, &[other])?;
                self.does_not_run(Call::Detach, &[other])?;
            }
        }
        Ok(())
    }

    fn may_cancel(&self, channel: VirtualChannel) -> Result<(), ViolationKind> {
        self.is_registered()?;
        if self.profile.is_shared() {
            return Err(ViolationKind::CancelOfShared);
        }
        self.is_in(channel, ChannelState::Attached)
    }

    const fn is_registered(&self) -> Result<(), ViolationKind> {
        if self.registered {
            Ok(())
        } else {
            Err(ViolationKind::AfterUnregistration)
        }
    }

    fn is_in(&self, channel: VirtualChannel, expected: ChannelState) -> Result<(), ViolationKind> {
        let state = self.state(channel);
        if state == expected {
            Ok(())
        } else {
            Err(ViolationKind::WrongState(state))
        }
    }

    fn does_not_run(&self, running: Call, on: &[VirtualChannel]) -> Result<(), ViolationKind> {
        match on.iter().find(|on| self.channels[on.index()].running(running) > 0) {
            Some(on) => Err(ViolationKind::CallRuns { running, on: *on }),
            None => Ok(()),
        }
    }

    fn is_serialised(&self) -> Result<(), ViolationKind> {
        if !self.profile.is_serialised() {
            return Ok(());
        }
        [Call::Attach, Call::Detach, Call::Transfer]
            .into_iter()
            .try_for_each(|running| self.does_not_run(running, &VirtualChannel::ALL))
    }
}

#[cfg(feature = "exclusive")]
impl Default for CallRecord {
    fn default() -> Self {
        Self::new(Profile::default())
    }
}
