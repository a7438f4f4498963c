//! A host of the shared profile orders the packets itself: anybody sends to a device that is registered, at any time,
//! and unregistering waits for those who do.

use super::support::*;
use mipi_dsi::bus::{
    report::Presence, Commands, DeviceInfo, Gone, HostAttachError, HostInfo, LinkConfig, Profile,
    RemovalKind, Removed, Speed, TransferError, Transport,
};
use mipi_dsi::dcs;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Transfers that are held inside the host, one for each channel that is given.
fn hold(
    attached: &Attached,
    links: &[Arc<mipi_dsi::bus::Link<Handle>>],
) -> (Vec<JoinHandle<Result<(), TransferError>>>, Gate) {
    let go_on = Gate::default();
    {
        let go_on = go_on.clone();
        attached.controller.on_transfer(move || go_on.pass());
    }
    let before = attached.controller.counts()[2];
    let senders = links
        .iter()
        .map(|link| {
            let link = link.clone();
            thread::spawn(move || link.write(dcs::Nop))
        })
        .collect();
    wait_until(|| attached.controller.counts()[2] == before + links.len());
    (senders, go_on)
}

#[test]
fn several_send_at_once_to_one_channel_and_to_several() {
    let attached = Attached::shared(bus());
    let (_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    // Nobody returns before all are inside.
    let all_inside = Arc::new(Barrier::new(3));
    attached.controller.on_transfer(move || {
        all_inside.wait();
    });
    let senders = [&attached.link, &attached.link, &other].map(|link| {
        let link = link.clone();
        thread::spawn(move || link.write(dcs::Nop))
    });
    for sender in senders {
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

/// A backlight may be used before its panel attaches: 26 of Linux's panel drivers register one.
#[test]
fn a_device_sends_from_its_registration_on() {
    let attached = Attached::shared(bus());
    let device = attached.host.register_device(DeviceInfo::new(VC1, "panel")).unwrap();
    assert_eq!(device.sender().write(dcs::Nop), Ok(()));
    let link = device.attach(CONFIG).unwrap();
    assert_eq!(device.sender().write(dcs::Nop), Ok(()));
    link.detach().unwrap();
    assert_eq!(device.sender().write(dcs::Nop), Ok(()));
    device.unregister().unwrap();
    let late = device.sender().write(dcs::Nop);
    assert_eq!(late, Err(TransferError::Gone(Gone::Unregistered)));
    attached.controller.assert_lawful();
}

/// On an exclusive host that is only while it is attached.
#[test]
fn a_device_of_an_exclusive_host_sends_while_it_is_attached() {
    let attached = Attached::new();
    assert_eq!(attached.device.sender().write(dcs::Nop), Ok(()));
    attached.link.detach().unwrap();
    let late = attached.device.sender().write(dcs::Nop);
    assert_eq!(late, Err(TransferError::Gone(Gone::Detached)));
}

#[test]
fn other_threads_send_before_during_and_after_attach_and_detach() {
    let attached = Attached::shared(bus());
    // Attached and detached once, so that there is a link for the time before the next attach.
    let link = attached.link.clone();
    let sends = {
        let link = link.clone();
        move || {
            let link = link.clone();
            thread::spawn(move || link.write(dcs::Nop)).join().unwrap()
        }
    };
    for serve in [false, true] {
        let (sends, results) = (sends.clone(), Arc::new(Mutex::new(vec![])));
        {
            let results = results.clone();
            let hook = move |_: &mipi_dsi::bus::Attachment<'_>| results.lock().unwrap().push(sends());
            if serve {
                attached.controller.on_attach(hook);
            } else {
                attached.controller.on_detach(hook);
            }
        }
        if serve {
            assert_eq!(link.write(dcs::Nop), Ok(()), "before the attach");
            let again = attached.device.attach(CONFIG).unwrap();
            assert_eq!(again.write(dcs::Nop), Ok(()));
        } else {
            assert_eq!(link.detach(), Ok(Removed::ByThisCall));
            assert_eq!(link.write(dcs::Nop), Ok(()), "after the detach");
        }
        assert_eq!(results.lock().unwrap()[0], Ok(()));
        attached.controller.forget_hooks();
    }
    attached.controller.assert_lawful();
    assert_eq!(attached.device.unregister(), Ok(Removed::ByThisCall));
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::Unregistered)));
    attached.controller.assert_quiet();
}

#[test]
fn attach_and_detach_wait_for_no_transfer() {
    let attached = Attached::shared(bus());
    let (senders, go_on) = hold(&attached, &[attached.link.clone(), attached.link.clone()]);
    assert_eq!(attached.link.detach(), Ok(Removed::ByThisCall));
    drop(attached.device.attach(CONFIG).unwrap());
    assert_eq!(attached.controller.counts(), [2, 2, 2]);
    go_on.open();
    assert!(senders.into_iter().all(|sender| sender.join().unwrap() == Ok(())));
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

#[test]
fn unregistering_a_device_waits_for_its_senders_and_for_nobody_elses() {
    let attached = Attached::shared(bus());
    let (other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (senders, go_on) = hold(&attached, &[attached.link.clone(), attached.link.clone(), other.clone()]);
    let unregister = {
        let device = attached.device.clone();
        thread::spawn(move || device.unregister())
    };
    // The senders may go on while the host detaches, and no more come after that.
    wait_until(|| attached.controller.counts()[1] == 1);
    wait_until(|| attached.link.write(dcs::SetDisplayOff) == Err(TransferError::Gone(Gone::Unregistered)));
    let_others_run();
    assert!(!unregister.is_finished(), "it waits for its senders");
    let transfers = attached.controller.counts()[2];
    go_on.open();
    assert_eq!(unregister.join().unwrap(), Ok(Removed::ByThisCall));
    assert_eq!(attached.controller.counts(), [2, 1, transfers]);
    assert!(senders.into_iter().all(|sender| sender.join().unwrap() == Ok(())));
    assert_eq!((other_device.check(), other.write(dcs::Nop)), (Ok(()), Ok(())));
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

#[test]
fn unregistering_a_host_drains_it_and_gives_the_only_handle_back() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        let attached = Attached::shared(bus());
        let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
        let (senders, go_on) =
            hold(&attached, &[attached.link.clone(), other.clone(), attached.link.clone()]);
        let remover = {
            let host = attached.host.clone();
            thread::spawn(move || {
                let controller = host.unregister_with(removal, None).unwrap().expect("the only remover");
                controller.retire();
                Arc::strong_count(&controller)
            })
        };
        let_others_run();
        assert!(!remover.is_finished(), "it waits for the senders");
        go_on.open();
        assert_eq!(remover.join().unwrap(), 2, "the one that was given back, and this test's");
        assert!(senders.into_iter().all(|sender| sender.join().unwrap() == Ok(())));
        for link in [&attached.link, &other] {
            assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
        }
        assert_eq!(attached.controller.counts(), [2, 2, 3]);
        assert_eq!(attached.controller.cancels.load(SeqCst), 0, "nobody knows whose transfer it would reach");
        attached.controller.assert_quiet();
        attached.controller.forget_hooks();
    }
}

#[test]
fn the_last_commands_of_a_notice_go_out_and_a_surprise_has_none() {
    for (removal, sent) in [(RemovalKind::Orderly, 2), (RemovalKind::Surprise, 0)] {
        let Attached { controller, peripheral, host, link, device: _device, .. } = Attached::shared(bus());
        peripheral.on_leaving(move |notice| {
            let results = [notice.transport.write(dcs::SetDisplayOff), link.write(dcs::EnterSleepMode)];
            let expected = match removal {
                RemovalKind::Orderly => Ok(()),
                RemovalKind::Surprise => Err(TransferError::Gone(Gone::HostRemoved)),
            };
            assert_eq!(results, [expected; 2]);
        });
        assert!(host.unregister_with(removal, None).unwrap().is_some());
        assert_eq!((peripheral.told(), controller.counts()), (1, [1, 1, sent]));
        controller.assert_quiet();
        peripheral.forget_hooks();
    }
}

#[test]
fn a_transaction_keeps_nobody_out_and_holds_nothing_of_a_host_that_leaves() {
    let attached = Attached::shared(bus());
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (link, host, controller) =
        (attached.link.clone(), attached.host.clone(), attached.controller.clone());
    let mut after = vec![];
    link.transaction(&mut |transport| {
        assert_eq!(transport.write(dcs::SetDisplayOff), Ok(()));
        let other = other.clone();
        assert_eq!(thread::spawn(move || other.write(dcs::Nop)).join().unwrap(), Ok(()));
        let host = host.clone();
        let given_back = thread::spawn(move || host.unregister().unwrap()).join().unwrap();
        drop(given_back.expect("the only remover"));
        // `attached` and `controller` have one each.
        after.push((transport.write(dcs::EnterSleepMode), Arc::strong_count(&controller)));
    })
    .unwrap();
    assert_eq!(after, [(Err(TransferError::Gone(Gone::HostRemoved)), 2)]);
    controller.assert_quiet();
}

#[test]
fn a_device_that_is_registered_again_has_senders_of_its_own() {
    let attached = Attached::shared(bus());
    attached.device.unregister().unwrap();
    let device = attached.host.register_device(DeviceInfo::new(VC0, "next")).unwrap();
    let link = device.attach(CONFIG).unwrap();
    assert_eq!(attached.link.write(dcs::Nop), Err(TransferError::Gone(Gone::Unregistered)));
    assert_eq!(link.write(dcs::Nop), Ok(()));
    attached.controller.assert_lawful();
}

/// The bus does not know who sends, so a host that is dropped inside its own transfer waits for that until the bus's limit has
/// passed; then it is an errand, which the end of the transfer carries out.
#[test]
fn a_host_that_is_dropped_inside_its_own_transfer_waits_until_the_limit_of_the_bus() {
    let limit = Duration::from_millis(100);
    let Attached { bus, controller, host, link, device: _device, .. } =
        Attached::shared(bus_with_limit(limit));
    let (host, took) = (Mutex::new(Some(host)), Arc::new(Mutex::new(None)));
    let waited = took.clone();
    controller.on_transfer(move || {
        let begun = Instant::now();
        drop(host.lock().unwrap().take());
        *waited.lock().unwrap() = Some(begun.elapsed());
    });
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert!(took.lock().unwrap().is_some_and(|took| took >= limit), "{took:?}");
    assert_eq!(bus.report(0).unwrap().presence, Presence::Gone);
    controller.assert_quiet();
}

/// No configuration is in force before an attach, after one that the host refused, and after a detach.
#[test]
fn a_device_that_is_not_attached_sends_at_no_attachments_speed() {
    let controller = TestHost::with_profile(Profile::Shared);
    let bus = bus();
    let host = bus.register_host(HostInfo::new("shared").shared(), controller.clone()).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    let config = LinkConfig { commands: Speed::LowPower, ..CONFIG };
    device.sender().write(dcs::Nop).unwrap();
    *controller.refuse.lock().unwrap() = Some(HostAttachError::NotReady);
    assert!(device.attach(config).is_err());
    device.sender().write(dcs::Nop).unwrap();
    *controller.refuse.lock().unwrap() = None;
    let link = device.attach(config).unwrap();
    link.write(dcs::Nop).unwrap();
    drop(link);
    device.sender().write(dcs::Nop).unwrap();
    let (low, high) = (Speed::LowPower, Speed::HighSpeed);
    assert_eq!(*controller.speeds.lock().unwrap(), [high, high, low, high]);
    controller.assert_lawful();
}
