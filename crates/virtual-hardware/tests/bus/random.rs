//! Random sequences of faults, commands, attaches, detaches and removals, against a plain expectation: with no fault
//! since the last repair everything succeeds; with some, an error is one that one of them has; which side has left is
//! always known; and after a repair all works again.

use crate::fault::{Fault, Operation};
use crate::rig::{First, HostKind, Rig, Sent};
use core::time::Duration;
use mipi_dsi::bus::{
    AttachError, Commands, DeviceInfo, Gone, HostAttachError, HostError, RegisterDeviceError, RemovalKind,
    Removed, TransferError, Transport,
};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Fault(Fault),
    Repair,
    Do(Operation),
    Transaction,
    Refuse(bool),
    Attach,
    Detach,
    Unregister(RemovalKind),
    RemoveHost(RemovalKind),
    DeclareGone,
}

fn step() -> impl Strategy<Value = Step> {
    let removal = || prop_oneof![Just(RemovalKind::Orderly), Just(RemovalKind::Surprise)];
    prop_oneof![
        6 => (0..Fault::ALL.len()).prop_map(|fault| Step::Fault(Fault::ALL[fault])),
        3 => Just(Step::Repair),
        8 => (0..Operation::ALL.len()).prop_map(|operation| Step::Do(Operation::ALL[operation])),
        2 => Just(Step::Transaction),
        1 => any::<bool>().prop_map(Step::Refuse),
        3 => Just(Step::Attach),
        1 => Just(Step::Detach),
        1 => removal().prop_map(Step::Unregister),
        1 => removal().prop_map(Step::RemoveHost),
        1 => Just(Step::DeclareGone),
    ]
}

/// What is known without looking at the bus.
struct World {
    rig: Rig,
    host: HostKind,
    /// Faults since the last repair.
    faults: Vec<Fault>,
    refuses: bool,
    /// Whether the device is registered, and its host there and not declared gone.
    registered: bool,
    host_present: bool,
    /// Whether the device is attached; a host that was declared gone still has it.
    attached: bool,
    /// Whether the link that is held is of the host that there is, and not of its predecessor.
    link_is_current: bool,
    attaches: usize,
}

impl World {
    fn new(host: HostKind, shuts_down: bool) -> Self {
        let options = if shuts_down { host.options().shutting_panels_down() } else { host.options() };
        let rig = Rig::awake(options);
        let faults = Vec::new();
        Self {
            rig,
            host,
            faults,
            refuses: false,
            registered: true,
            host_present: true,
            attached: true,
            link_is_current: true,
            attaches: 1,
        }
    }

    /// Which side has left, as far as the link that is held is concerned.
    fn gone(&self) -> Option<Gone> {
        if !self.host_present || !self.link_is_current {
            Some(Gone::HostRemoved)
        } else if !self.registered {
            Some(Gone::Unregistered)
        } else if !self.attached {
            Some(Gone::Detached)
        } else {
            None
        }
    }

    /// Whether this may be what the host says of some packet.
    fn is_allowed(&self, sent: Sent) -> bool {
        let error = match sent {
            Ok(()) => return true,
            Err(TransferError::Host(error)) => error,
            Err(_) => return false,
        };
        let reports = self.faults.iter().fold(0, |bits, fault| bits | fault.reports().bits());
        match error {
            HostError::Reported(report) => report.bits() & !reports == 0 && !report.is_recoverable(),
            error => {
                self
                .faults
                .iter()
                .any(|fault| Operation::ALL.iter().any(|operation| fault.alone(*operation, self.host) == Err(error)))
                // A cable that came out a while ago is found to be out.
                || error == HostError::NoPeripheral
                    && self.host == HostKind::Sensing
                    && self.faults.contains(&Fault::PulledSoon)
            }
        }
    }

    #[track_caller]
    fn assert_sent(&self, sent: Sent) {
        match self.gone() {
            Some(gone) => assert_eq!(sent, Err(TransferError::Gone(gone))),
            None => assert!(self.is_allowed(sent), "{sent:?} with {:?} on {:?}", self.faults, self.host),
        }
    }

    fn take(&mut self, step: Step) {
        let before = self.rig.controller.clock().now();
        match step {
            Step::Fault(fault) => {
                // Bits of two such faults could meet in one header, and three wrong bits are no promise.
                let again = fault.is_of_requests() && self.faults.iter().any(|fault| fault.is_of_requests());
                if !again {
                    fault.happens(self.rig.end(), &self.faults);
                    self.faults.push(fault);
                }
            }
            Step::Repair => self.repair(),
            Step::Do(operation) => self.assert_sent(operation.run(self.rig.end())),
            Step::Transaction => self.transaction(),
            Step::Refuse(refuses) => {
                self.refuses = refuses;
                self.rig.controller.refuse_attach(refuses.then_some(HostAttachError::NoCapacity));
            }
            Step::Attach => self.attach(),
            Step::Detach => {
                let removed = self.rig.end().link().detach().expect("nothing runs");
                assert_eq!(removed == Removed::ByThisCall, self.attached && self.link_is_current);
                self.attached &= !self.link_is_current;
            }
            Step::Unregister(removal) => {
                let removed = self.rig.end().device().unregister_with(removal, None).expect("nothing runs");
                assert_eq!(removed == Removed::ByThisCall, self.registered);
                (self.registered, self.attached) = (false, false);
            }
            Step::RemoveHost(removal) => self.remove_host(removal),
            Step::DeclareGone => {
                assert_eq!(self.rig.host().declare_gone(), self.host_present);
                self.host_present = false;
            }
        }
        let took = self.rig.controller.clock().now().since(before);
        assert!(took < Duration::from_millis(200), "{step:?} took {took:?}");
        self.rig.wait(10);
    }

    fn transaction(&self) {
        let mut sent = Vec::new();
        let transaction = self.rig.end().link().transaction(&mut |link| {
            sent = (0..3).map(|level| link.dcs_write(&[0x51, level])).collect();
        });
        match self.gone() {
            Some(gone) => assert_eq!((transaction, sent), (Err(TransferError::Gone(gone)), vec![])),
            None => {
                assert_eq!((transaction, sent.len()), (Ok(()), 3));
                sent.into_iter().for_each(|sent| self.assert_sent(sent));
            }
        }
    }

    fn attach(&mut self) {
        let end = self.rig.end();
        let attached = end.device().attach(end.config());
        let refusal = if !self.host_present {
            Some(AttachError::Gone(Gone::HostRemoved))
        } else if !self.registered {
            Some(AttachError::Gone(Gone::Unregistered))
        } else if self.attached {
            Some(AttachError::AlreadyAttached)
        } else if self.refuses {
            Some(AttachError::Refused(HostAttachError::NoCapacity))
        } else {
            None
        };
        assert_eq!(attached.as_ref().err(), refusal.as_ref());
        if let Ok(link) = attached {
            self.attaches += 1;
            (self.attached, self.link_is_current) = (true, true);
            self.rig.ends[0].link = Some(link);
        }
    }

    /// Removes the host, and registers it and its device again. The old link is kept.
    fn remove_host(&mut self, removal: RemovalKind) {
        let told = self.rig.end().told.notices().len();
        let was_attached = self.attached;
        let host = self.rig.host.take().expect("registered");
        assert!(host.unregister_with(removal, None).expect("nothing runs").is_some());
        self.rig.controller.retired();
        let notices = self.rig.end().told.notices();
        assert_eq!(
            notices.len() - told,
            usize::from(self.registered),
            "told once if there was somebody to tell"
        );
        if let Some((how, sent)) = notices.get(told) {
            let expected = if self.host_present { removal } else { RemovalKind::Surprise };
            assert_eq!(*how, expected);
            for sent in sent {
                match (how, was_attached) {
                    (RemovalKind::Orderly, true) => assert!(self.is_allowed(*sent), "{sent:?}"),
                    _ => assert!(matches!(sent, Err(TransferError::Gone(_))), "{sent:?}"),
                }
            }
        }
        drop(host);
        self.link_is_current = false;
        self.assert_sent(Operation::Short.run(self.rig.end()));
        assert_eq!(self.rig.end().device().check(), Err(Gone::HostRemoved));
        self.rig.ends[0].device = None;
        self.rig.register_host();
        self.rig.register(0);
        (self.registered, self.host_present, self.attached) = (true, true, false);
    }

    fn repair(&mut self) {
        self.rig.end().repair();
        self.faults.clear();
        // Fetches what the panel still has to say of them; a repaired panel says it once.
        if self.gone().is_none() {
            self.rig.wait(10);
            let _ = Operation::Read.run(self.rig.end());
            self.assert_sent(Operation::Read.run(self.rig.end()));
        } else {
            self.rig.end().panel.set_powered(false);
            self.rig.end().panel.set_powered(true);
        }
    }

    /// Everything is put right, and works; then it is taken down.
    fn end(mut self, first: First) {
        self.take(Step::Repair);
        self.take(Step::Refuse(false));
        if !self.host_present {
            self.remove_host(RemovalKind::Orderly);
        } else if !self.registered {
            let found = self.rig.bus.find_host("fd922800.dsi").expect("present");
            let info = DeviceInfo::new(self.rig.end().panel.options().channel, "another");
            let free = found.register_device(info);
            assert!(!matches!(free, Err(RegisterDeviceError::ChannelTaken(_))), "its channel is free");
            drop(free);
            self.rig.ends[0].device = None;
            self.rig.register(0);
            self.registered = true;
        }
        if self.gone().is_some() {
            self.take(Step::Attach);
        }
        self.rig.assert_works(0);
        let counts = self.rig.controller.counts();
        assert_eq!((counts.attached, counts.detach + 1), (self.attaches, self.attaches));
        self.rig.take_down(first);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_is_known_and_can_be_repaired(
        host in 0..3usize,
        shuts_down in any::<bool>(),
        host_first in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut world = World::new(HostKind::ALL[host], shuts_down);
        for step in steps {
            world.take(step);
        }
        world.end(if host_first { First::Host } else { First::Peripheral });
    }
}
