//! What may never happen, whoever steps when: kept from the callbacks and outcomes that are seen, not from the book.

use mipi_dsi::bus::machine::{Callback, Generation, Profile};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey},
    Caller, RemovalKind, Removed,
};
use mipi_dsi::testing::{CallRecord, ChannelState, Violation};
use mipi_dsi::wire::VirtualChannel;
use std::collections::{BTreeMap, BTreeSet};

/// A callback that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    /// `None` for a transfer whose caller has gone away.
    pub(crate) caller: Option<Caller>,
    pub(crate) callback: Callback,
    /// The host was asked to end it.
    is_cancelled: bool,
    /// It is a notice, for which the link is reserved.
    has_link: bool,
}

#[derive(Default)]
pub(crate) struct Watch {
    running: Vec<Running>,
    /// The calls of each host's controller.
    records: BTreeMap<HostKey, (Profile, CallRecord)>,
    announced: BTreeSet<DeviceKey>,
    told: BTreeSet<DeviceKey>,
    forgotten: BTreeSet<DeviceKey>,
    surrendered: BTreeSet<HostKey>,
    /// The peripheral's unregister has returned for these.
    unregistered: BTreeSet<DeviceKey>,
    /// How often somebody was told that they did it.
    by_this_call: BTreeSet<(&'static str, HostKey, usize, Generation)>,
}

impl Watch {
    fn runs_on(&self, host: HostKey) -> impl Iterator<Item = &Running> {
        self.running.iter().filter(move |running| running.callback.host() == host)
    }

    pub(crate) fn host_registered(&mut self, host: HostKey, profile: Profile) {
        self.records.insert(host, (profile, CallRecord::new(profile)));
    }

    pub(crate) fn profile(&self, host: HostKey) -> Profile {
        self.records[&host].0
    }

    fn record(&mut self, host: HostKey) -> &mut CallRecord {
        &mut self.records.get_mut(&host).expect("it was registered").1
    }

    fn state(&mut self, device: DeviceKey) -> ChannelState {
        self.record(device.host).state(device.channel)
    }

    /// `for_host` says that a removal of the host asks for it, `is_attached` that its device can send to the end of the
    /// notice.
    pub(crate) fn begins(&mut self, caller: Caller, callback: Callback, for_host: bool, is_attached: bool) {
        let host = callback.host();
        let mut has_link = false;
        assert!(!self.surrendered.contains(&host), "{callback:?} after the host was given back");
        if let Some(device) = callback.device() {
            assert!(!self.unregistered.contains(&device), "{callback:?} after the peripheral's unregister");
            assert!(!self.forgotten.contains(&device), "{callback:?} after the device was forgotten");
        }
        match callback {
            Callback::Attach(device) => {
                self.no_cancel_runs(callback, device);
                legal(callback, self.record(host).attach_begins(device.channel));
            }
            Callback::Detach(device) => {
                let cut =
                    self.runs_on(host).find(|running| running.callback == Callback::Transaction(device));
                assert!(cut.is_none() || self.profile(host) == Profile::Shared, "{callback:?} cuts {cut:?}");
                legal(callback, self.record(host).detach_begins(device.channel));
            }
            Callback::Transfer(device) | Callback::Transaction(device) => {
                self.check_link(caller, callback, device);
            }
            Callback::Cancel(_, channel) => self.cancel(caller, callback, host, channel),
            Callback::Announce(device) => {
                assert!(self.announced.insert(device), "{callback:?} twice");
                assert_eq!(self.state(device), ChannelState::Idle, "{callback:?}");
            }
            Callback::Withdraw(device) => {
                assert!(self.announced.remove(&device), "{callback:?} of one who was not announced");
                let announces = |running: &Running| running.callback == Callback::Announce(device);
                assert!(!self.running.iter().any(announces), "{callback:?} while it is announced");
            }
            Callback::Tell(device, removal) => {
                assert!(self.told.insert(device), "{callback:?} twice");
                assert_ne!(self.state(device), ChannelState::Attaching);
                has_link =
                    removal == RemovalKind::Orderly && self.profile(host) != Profile::Shared && is_attached;
                let sends = |running: &&Running| {
                    matches!(running.callback, Callback::Transfer(_) | Callback::Transaction(_))
                };
                let sender = self.runs_on(host).find(sends);
                assert!(!has_link || sender.is_none(), "{callback:?} while the link is with {sender:?}");
            }
            Callback::Forget(device) => self.forget(callback, device, for_host),
            Callback::Surrender(_) => {
                // The body of a transaction has nothing of a host of the shared profile.
                let is_shared = self.profile(host) == Profile::Shared;
                let running: Vec<_> = self
                    .runs_on(host)
                    .filter(|running| {
                        let is_transaction = matches!(running.callback, Callback::Transaction(_));
                        !(is_shared && is_transaction)
                    })
                    .collect();
                assert!(running.is_empty(), "{callback:?} while these run: {running:?}");
                assert_eq!(self.record(host).host_unregistered(), [], "{callback:?}");
            }
        }
        self.running.push(Running { caller: Some(caller), callback, is_cancelled: false, has_link });
    }

    /// A cancel reaches one transfer of somebody else's, once.
    fn cancel(&mut self, caller: Caller, callback: Callback, host: HostKey, channel: VirtualChannel) {
        let its = |running: &&mut Running| {
            matches!(running.callback, Callback::Transfer(device)
                if device.host == host && device.channel == channel)
        };
        let its = self.running.iter_mut().find(its).unwrap_or_else(|| panic!("{callback:?} of nothing"));
        assert_ne!(its.caller, Some(caller), "nobody cancels their own");
        assert!(!std::mem::replace(&mut its.is_cancelled, true), "{callback:?} twice");
        assert_ne!(self.profile(host), Profile::Shared, "a cancel would reach all senders");
        legal(callback, self.record(host).cancel_begins(channel));
    }

    /// No cancel that is aimed at a packet of before reaches what begins now.
    fn no_cancel_runs(&self, callback: Callback, device: DeviceKey) {
        let cancel = self.runs_on(device.host).find(
            |running| matches!(running.callback, Callback::Cancel(_, channel) if channel == device.channel),
        );
        assert_eq!(cancel, None, "this can reach {callback:?}");
    }

    fn forget(&mut self, callback: Callback, device: DeviceKey, for_host: bool) {
        let is_shared = self.profile(device.host) == Profile::Shared;
        assert_eq!(self.state(device), ChannelState::Idle, "{callback:?}");
        assert!(!for_host || self.told.contains(&device), "{callback:?} of one who was not told");
        assert!(!self.announced.contains(&device), "{callback:?} of one who was not withdrawn");
        let running = self.running.iter().find(|running| {
            running.callback.device() == Some(device)
                && !matches!(running.callback, Callback::Tell(..))
                && !(is_shared && matches!(running.callback, Callback::Transaction(_)))
        });
        assert_eq!(running, None, "{callback:?} while this runs");
    }

    fn check_link(&mut self, caller: Caller, callback: Callback, device: DeviceKey) {
        let own = |running: &Running| {
            running.caller == Some(caller)
                && matches!(running.callback,
                    Callback::Attach(its) | Callback::Detach(its) if its == device)
        };
        let inside = self.running.iter().any(own);
        if self.profile(device.host) != Profile::Shared {
            self.no_cancel_runs(callback, device);
            for running in self.runs_on(device.host) {
                let own = running.caller == Some(caller);
                match running.callback {
                    Callback::Transaction(other) => {
                        assert!(own && other == device, "{callback:?} comes between {running:?}");
                    }
                    Callback::Tell(other, _) if running.has_link => {
                        assert!(own || other.channel == device.channel, "{callback:?} during {running:?}");
                    }
                    _ => {}
                }
            }
        }
        // A transaction begins where its transfers might.
        let mut as_transfer = self.record(device.host).clone();
        legal(callback, as_transfer.transfer_begins(device.channel, inside));
        if matches!(callback, Callback::Transfer(_)) {
            *self.record(device.host) = as_transfer;
        }
    }

    pub(crate) fn ends(&mut self, caller: Caller, callback: Callback, succeeded: bool) {
        self.end(Some(caller), callback, succeeded);
    }

    /// The host says that a transfer is over whose caller has gone away.
    pub(crate) fn hardware_is_done(&mut self, device: DeviceKey) {
        self.end(None, Callback::Transfer(device), true);
    }

    /// The caller of a callback has gone away: a transfer still runs, any other has failed.
    pub(crate) fn abandoned(&mut self, caller: Caller, callback: Callback) {
        if !matches!(callback, Callback::Transfer(_)) {
            return self.ends(caller, callback, false);
        }
        let is_it = |running: &&mut Running| running.caller == Some(caller) && running.callback == callback;
        self.running.iter_mut().rfind(is_it).expect("it has begun").caller = None;
    }

    fn end(&mut self, caller: Option<Caller>, callback: Callback, succeeded: bool) {
        let is_it = |running: &Running| running.caller == caller && running.callback == callback;
        let index = self.running.iter().rposition(is_it).expect("it has begun");
        self.running.remove(index);
        match callback {
            Callback::Attach(device) => {
                legal(callback, self.record(device.host).attach_ends(device.channel, succeeded));
            }
            Callback::Detach(device) => {
                legal(callback, self.record(device.host).detach_ends(device.channel));
            }
            Callback::Transfer(device) => {
                legal(callback, self.record(device.host).transfer_ends(device.channel));
            }
            Callback::Cancel(host, channel) => legal(callback, self.record(host).cancel_ends(channel)),
            Callback::Announce(device) => {
                if !succeeded {
                    self.announced.remove(&device);
                }
            }
            Callback::Forget(device) => assert!(self.forgotten.insert(device), "{callback:?} twice"),
            Callback::Surrender(host) => assert!(self.surrendered.insert(host), "{callback:?} twice"),
            Callback::Transaction(_) | Callback::Tell(..) | Callback::Withdraw(_) => {}
        }
    }

    /// A peripheral's unregister has returned.
    pub(crate) fn device_removed(&mut self, caller: Caller, device: DeviceKey, removed: Removed) {
        let is_shared = self.profile(device.host) == Profile::Shared;
        for running in &self.running {
            let of_it = running.callback.device() == Some(device);
            let may_run = match running.callback {
                Callback::Tell(..) => running.caller == Some(caller),
                Callback::Transaction(_) => is_shared,
                _ => false,
            };
            assert!(!of_it || may_run, "unregister of {device:?} returned while {running:?} runs");
        }
        self.unregistered.insert(device);
        if removed == Removed::ByThisCall {
            self.once("device", device.host, device.channel.index(), device.generation);
        }
    }

    /// A detach of this attachment has returned.
    pub(crate) fn detached(&mut self, device: DeviceKey, attachment: Generation, removed: Removed) {
        if removed == Removed::ByThisCall {
            self.once("link", device.host, device.channel.index(), attachment);
        }
    }

    /// An unregister of the host has returned.
    pub(crate) fn host_removed(&mut self, host: HostKey, removed: Removed) {
        assert!(self.surrendered.contains(&host), "unregister of {host:?} returned early");
        if removed == Removed::ByThisCall {
            self.once("host", host, 0, host.generation);
        }
    }

    fn once(&mut self, what: &'static str, host: HostKey, channel: usize, generation: Generation) {
        let first = self.by_this_call.insert((what, host, channel, generation));
        assert!(first, "{what} of {host:?}, channel {channel}, {generation:?} was ended twice");
    }

    pub(crate) fn is_told(&self, device: DeviceKey) -> bool {
        self.told.contains(&device)
    }

    pub(crate) fn nothing_runs(&mut self) {
        assert_eq!(self.running, []);
        for (_, record) in self.records.values_mut() {
            assert_eq!((record.running(), record.host_unregistered()), (0, vec![]));
        }
    }
}

#[track_caller]
fn legal(callback: Callback, result: Result<(), Violation>) {
    if let Err(violation) = result {
        panic!("{callback:?}: {violation}");
    }
}
