//! What may never happen, whoever steps when: kept from the calls and answers that are seen, not from the book.

use mipi_dsi::bus::operation::Call;
use mipi_dsi::bus::{Caller, Generation, HostKey, Lease, Removed};
use std::collections::{BTreeMap, BTreeSet};

/// A call that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) caller: Caller,
    pub(crate) call: Call,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Serving {
    #[default]
    Idle,
    Attaching,
    Attached,
    Detaching,
}

#[derive(Default)]
pub(crate) struct Watch {
    running: Vec<Running>,
    serving: BTreeMap<(usize, usize), Serving>,
    told: BTreeSet<Lease>,
    forgotten: BTreeSet<Lease>,
    surrendered: BTreeSet<HostKey>,
    /// Transfers that were asked to end.
    cancelled: Vec<(HostKey, Caller)>,
    /// The peripheral's unregister has returned for these.
    unregistered: BTreeSet<Lease>,
    /// How often somebody was told that he did it.
    by_this_call: BTreeSet<(&'static str, HostKey, usize, Generation)>,
}

fn host_of(call: Call) -> HostKey {
    match call {
        Call::Attach(lease) | Call::Detach(lease) | Call::Transfer(lease) | Call::Transaction(lease) => {
            lease.host
        }
        Call::Tell(lease, _) | Call::Forget(lease) => lease.host,
        Call::Cancel(host, _) | Call::Surrender(host) => host,
    }
}

fn lease_of(call: Call) -> Option<Lease> {
    match call {
        Call::Attach(lease) | Call::Detach(lease) | Call::Transfer(lease) | Call::Transaction(lease) => {
            Some(lease)
        }
        Call::Tell(lease, _) | Call::Forget(lease) => Some(lease),
        Call::Cancel(..) | Call::Surrender(_) => None,
    }
}

impl Watch {
    fn runs_on(&self, host: HostKey) -> impl Iterator<Item = &Running> {
        self.running.iter().filter(move |running| host_of(running.call) == host)
    }

    fn serving(&mut self, lease: Lease) -> &mut Serving {
        self.serving.entry((lease.host.slot, lease.channel.index())).or_default()
    }

    /// `for_host` says that a removal of the host asks for it.
    pub(crate) fn begins(&mut self, caller: Caller, call: Call, for_host: bool) {
        let host = host_of(call);
        assert!(!self.surrendered.contains(&host), "{call:?} after the host was given back");
        if let Some(lease) = lease_of(call) {
            assert!(!self.unregistered.contains(&lease), "{call:?} after the peripheral's unregister");
            assert!(!self.forgotten.contains(&lease), "{call:?} after the device was forgotten");
        }
        match call {
            Call::Attach(lease) => {
                let before = std::mem::replace(self.serving(lease), Serving::Attaching);
                assert_eq!(before, Serving::Idle, "{call:?}");
            }
            Call::Detach(lease) => {
                let before = std::mem::replace(self.serving(lease), Serving::Detaching);
                assert_eq!(before, Serving::Attached, "{call:?}");
                let transfers = |running: &&Running| matches!(running.call, Call::Transfer(other) | Call::Transaction(other) if other == lease);
                assert_eq!(self.running.iter().find(transfers), None, "{call:?} cuts it");
            }
            Call::Transfer(lease) | Call::Transaction(lease) => self.check_link(caller, call, lease),
            Call::Cancel(_, channel) => {
                let its = self.runs_on(host).find(
                    |running| matches!(running.call, Call::Transfer(lease) if lease.channel == channel),
                );
                let its = its.unwrap_or_else(|| panic!("{call:?} of nothing"));
                assert_ne!(its.caller, caller, "nobody cancels himself");
                let once = (host, its.caller);
                assert!(!self.cancelled.contains(&once), "{call:?} twice");
                self.cancelled.push(once);
            }
            Call::Tell(lease, _) => {
                assert!(self.told.insert(lease), "{call:?} twice");
                assert_ne!(self.serving.get(&(host.slot, lease.channel.index())), Some(&Serving::Attaching));
            }
            Call::Forget(lease) => {
                assert_eq!(*self.serving(lease), Serving::Idle, "{call:?}");
                assert!(!for_host || self.told.contains(&lease), "{call:?} of one who was not told");
                let running = self.running.iter().find(|running| {
                    lease_of(running.call) == Some(lease) && !matches!(running.call, Call::Tell(..))
                });
                assert_eq!(running, None, "{call:?} while this runs");
            }
            Call::Surrender(host) => {
                let running: Vec<_> = self.runs_on(host).collect();
                assert!(running.is_empty(), "{call:?} while these run: {running:?}");
                let slot = self.serving.iter().filter(|((slot, _), _)| *slot == host.slot);
                assert!(slot.into_iter().all(|(_, serving)| *serving == Serving::Idle), "{call:?}");
            }
        }
        self.running.push(Running { caller, call });
    }

    fn check_link(&mut self, caller: Caller, call: Call, lease: Lease) {
        let serving = *self.serving(lease);
        let own = |running: &Running| {
            running.caller == caller
                && matches!(running.call, Call::Attach(its) | Call::Detach(its) if its == lease)
        };
        assert!(
            serving == Serving::Attached || self.running.iter().any(own),
            "{call:?} while {serving:?} by somebody else"
        );
        for running in self.runs_on(lease.host) {
            match running.call {
                Call::Transfer(_) => panic!("{call:?} during {running:?}"),
                Call::Transaction(other) => {
                    assert_eq!((running.caller, other), (caller, lease), "{call:?} comes between");
                }
                Call::Cancel(..) => panic!("{call:?} during {running:?}"),
                _ => {}
            }
        }
    }

    pub(crate) fn ends(&mut self, caller: Caller, call: Call, succeeded: bool) {
        let index = self.running.iter().rposition(|running| *running == Running { caller, call });
        self.running.remove(index.expect("it has begun"));
        match call {
            Call::Attach(lease) => {
                let then = if succeeded { Serving::Attached } else { Serving::Idle };
                *self.serving(lease) = then;
            }
            Call::Detach(lease) => *self.serving(lease) = Serving::Idle,
            Call::Transfer(lease) => self.cancelled.retain(|once| *once != (lease.host, caller)),
            Call::Forget(lease) => assert!(self.forgotten.insert(lease), "{call:?} twice"),
            Call::Surrender(host) => assert!(self.surrendered.insert(host), "{call:?} twice"),
            Call::Transaction(_) | Call::Cancel(..) | Call::Tell(..) => {}
        }
    }

    /// A peripheral's unregister has returned.
    pub(crate) fn device_removed(&mut self, caller: Caller, lease: Lease, removed: Removed) {
        for running in &self.running {
            let of_it = lease_of(running.call) == Some(lease);
            let own_notice = running.caller == caller && matches!(running.call, Call::Tell(..));
            assert!(!of_it || own_notice, "unregister of {lease:?} returned while {running:?} runs");
        }
        self.unregistered.insert(lease);
        if removed == Removed::ByThisCall {
            let once = ("device", lease.host, lease.channel.index(), lease.generation);
            assert!(self.by_this_call.insert(once), "{once:?} was done twice");
        }
    }

    /// A detach of this attachment has returned.
    pub(crate) fn detached(&mut self, lease: Lease, attachment: Generation, removed: Removed) {
        if removed == Removed::ByThisCall {
            let once = ("link", lease.host, lease.channel.index(), attachment);
            assert!(self.by_this_call.insert(once), "{once:?} was done twice");
        }
    }

    /// An unregister of the host has returned.
    pub(crate) fn host_removed(&mut self, host: HostKey, removed: Removed) {
        assert!(self.surrendered.contains(&host), "unregister of {host:?} returned early");
        if removed == Removed::ByThisCall {
            let once = ("host", host, 0, host.generation);
            assert!(self.by_this_call.insert(once), "{once:?} was done twice");
        }
    }

    pub(crate) fn is_told(&self, lease: Lease) -> bool {
        self.told.contains(&lease)
    }

    pub(crate) fn nothing_runs(&self) {
        assert_eq!(self.running, []);
        assert!(self.serving.values().all(|serving| *serving == Serving::Idle));
    }
}
