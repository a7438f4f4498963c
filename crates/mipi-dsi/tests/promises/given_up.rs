//! What was begun and given up stays begun: nothing new is sent, except the last commands.

use super::support::{attach, bus, Attached, Gate, TestPeripheral, CONFIG, VC1};
use super::{send, transfers_stop_at};
use mipi_dsi::bus::{Commands, Gone, RemovalKind, TransferError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// It gave up as the device was being attached; that attach succeeds, and sends on.
#[test]
fn nothing_new_is_sent_to_a_device_whose_unregistration_was_given_up() {
    for attached in [Attached::new(), Attached::serialised(bus()), Attached::shared(bus())] {
        let Attached { controller, host, device, link, peripheral, .. } = attached;
        link.detach().unwrap();
        let (attaching, go_on) = (Gate::default(), Gate::default());
        let sent = Arc::new(Mutex::new(None));
        let (enter, leave, sends) = (attaching.clone(), go_on.clone(), sent.clone());
        controller.on_attach(move |attachment| {
            enter.open();
            leave.pass();
            *sends.lock().unwrap() = Some(attachment.transport.dcs_write(&[1]));
        });
        let attacher = {
            let device = device.clone();
            thread::spawn(move || device.attach(CONFIG).unwrap())
        };
        attaching.pass();
        let unregistered = device.unregister_with(RemovalKind::Orderly, Some(Instant::now()));
        assert!(unregistered.is_err_and(|error| error.begun));
        let refused = Err(TransferError::Gone(Gone::Unregistered));
        assert_eq!(device.sender().dcs_write(&[2]), refused, "while it is attached");
        go_on.open();
        let again = attacher.join().unwrap();
        assert_eq!(*sent.lock().unwrap(), Some(Ok(())), "from inside the attach");
        assert_eq!((again.dcs_write(&[3]), device.sender().dcs_write(&[4])), (refused, refused));
        // The host tells it, and the last commands go out.
        let last = sent.clone();
        peripheral.on_leaving(move |notice| {
            *last.lock().unwrap() = Some(notice.transport.dcs_write(&[0x28]));
        });
        *sent.lock().unwrap() = None;
        assert!(host.unregister().is_ok_and(|controller| controller.is_some()));
        assert_eq!((*sent.lock().unwrap(), peripheral.told()), (Some(Ok(())), 1));
        controller.assert_quiet();
    }
}

/// On a shared host too, where nobody holds a link.
#[test]
fn nothing_new_is_sent_on_a_shared_host_whose_removal_was_given_up() {
    let Attached { controller, host, link, device: _device, .. } = Attached::shared(bus());
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    controller.forget_hooks();
    let removed = host.unregister_with(RemovalKind::Orderly, Some(Instant::now()));
    assert!(removed.is_err_and(|error| error.begun));
    assert_eq!(other.dcs_write(&[2]), Err(TransferError::Gone(Gone::HostRemoved)));
    go_on.open();
    sender.join().unwrap().unwrap();
    assert!(host.unregister().is_ok_and(|controller| controller.is_some()));
    controller.assert_quiet();
}
