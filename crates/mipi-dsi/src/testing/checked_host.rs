//! A host controller around another one that checks the calls on their way.

use super::checker::CallChecker;
use super::violation::Violation;
use crate::bus::{Attachment, Caller, HostAttachError, HostController, HostError, Message, Profile};
use crate::wire::VirtualChannel;
use std::vec::Vec;

/// A host controller that checks every call and passes it on to another host controller, legal or not.
///
/// [The module's documentation](super) has an example.
#[derive(Debug)]
pub struct CheckedHost<H> {
    checker: CallChecker,
    inner: H,
}

impl<H> CheckedHost<H> {
    /// Checks what [`HostController`] documents.
    ///
    /// # Features
    ///
    /// It needs `exclusive`.
    #[cfg(feature = "exclusive")]
    pub const fn new(inner: H) -> Self {
        Self::with_profile(inner, Profile::Exclusive)
    }

    /// Also checks that `attach` and `detach` are serialised with transfers and with each other.
    ///
    /// # Features
    ///
    /// It needs `serialised`.
    #[cfg(feature = "serialised")]
    pub const fn serialised(inner: H) -> Self {
        Self::with_profile(inner, Profile::Serialised)
    }

    /// Checks what the profile says.
    pub const fn with_profile(inner: H, profile: Profile) -> Self {
        Self { checker: CallChecker::new(profile), inner }
    }

    /// Checks what the profile says, with callers that `caller` tells apart. The other constructors take each thread of
    /// the standard library for a caller.
    pub const fn with_callers(inner: H, profile: Profile, caller: fn() -> Caller) -> Self {
        Self { checker: CallChecker::with_callers(profile, caller), inner }
    }

    /// The host that gets the calls.
    pub const fn inner(&self) -> &H {
        &self.inner
    }

    /// What checks the calls.
    pub const fn checker(&self) -> &CallChecker {
        &self.checker
    }

    /// Says that the host is registered again. Before the first registration there is no need to say so.
    pub fn host_registered(&self) {
        self.checker.host_registered();
    }

    /// Says that unregistering the host has returned: what still runs is a violation, and so is each later call.
    pub fn host_unregistered(&self) {
        self.checker.host_unregistered();
    }

    /// All violations so far, in their order.
    pub fn violations(&self) -> Vec<Violation> {
        self.checker.violations()
    }

    /// Asserts that every call was legal.
    ///
    /// # Panics
    ///
    /// If there was a violation; the message lists all of them.
    #[track_caller]
    pub fn assert_legal(&self) {
        self.checker.assert_legal();
    }
}

impl<H: HostController> HostController for CheckedHost<H> {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.checker.attach(attachment.channel, || self.inner.attach(attachment))
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        self.checker.detach(attachment.channel, || self.inner.detach(attachment));
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        self.checker.transfer(message.channel(), || self.inner.transfer(message, response))
    }

    fn cancel(&self, channel: VirtualChannel) {
        self.checker.cancel(channel, || self.inner.cancel(channel));
    }
}
