//! Whoever waits for the link longest has it next, and whoever waits no longer is in nobody's way.

use super::support::*;
use mipi_dsi::bus::{report::WaitFor, Commands, Link, StillRunning, TransferError, Transport, WaitError};
use mipi_dsi::wire::VirtualChannel;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A host whose link is held by a transfer, and links of all its channels.
struct Scene {
    attached: Attached,
    links: Vec<Arc<Link<Handle>>>,
    _devices: Vec<Arc<mipi_dsi::bus::Device<Handle>>>,
    first: JoinHandle<Result<(), TransferError>>,
    go_on: Gate,
}

impl Scene {
    fn new() -> Self {
        let attached = Attached::new();
        let (mut links, mut devices) = (vec![attached.link.clone()], vec![]);
        for channel in [VC1, VirtualChannel::VC2, VirtualChannel::VC3] {
            let (device, link) = attach(&attached.host.reference(), channel, &attached.peripheral);
            links.push(link);
            devices.push(device);
        }
        let (sending, go_on) = (Gate::default(), Gate::default());
        {
            let (sending, go_on) = (sending.clone(), go_on.clone());
            attached.controller.on_transfer(move || {
                sending.open();
                go_on.pass();
            });
        }
        let link = attached.link.clone();
        let first = thread::spawn(move || link.dcs_write(&[0]));
        sending.pass();
        Self { attached, links, _devices: devices, first, go_on }
    }

    fn queue(&self) -> u8 {
        self.attached.bus.report(0).unwrap().queue
    }

    /// Has a thread of its own queue for the link, after those who wait already.
    fn queue_for<R: Send + 'static>(
        &self,
        channel: usize,
        send: impl FnOnce(&Link<Handle>) -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let (link, before) = (self.links[channel].clone(), self.queue());
        let sender = thread::spawn(move || send(&link));
        wait_until(|| self.queue() == before + 1);
        sender
    }

    /// The opcodes that reached the host, in their order.
    fn sent(&self) -> Vec<u8> {
        self.attached.controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect()
    }
}

#[test]
fn four_senders_are_served_in_the_order_in_which_they_came_and_nobody_overtakes() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 2, 0, 0]] {
        let scene = Scene::new();
        let senders: Vec<_> = (1..=4)
            .zip(order)
            .map(|(number, channel)| {
                // Each comes again as soon as it has sent: that is later than those who still wait.
                scene.queue_for(channel, move |link| {
                    link.dcs_write(&[number]).and_then(|()| link.dcs_write(&[number + 10]))
                })
            })
            .collect();
        scene.go_on.open();
        assert_eq!(scene.first.join().unwrap(), Ok(()));
        assert!(senders.into_iter().all(|sender| sender.join().unwrap() == Ok(())));
        let sent: Vec<u8> =
            scene.attached.controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect();
        assert_eq!(sent[..5], [0, 1, 2, 3, 4]);
        let mut again = sent[5..].to_vec();
        again.sort_unstable();
        assert_eq!(again, [11, 12, 13, 14]);
        scene.attached.controller.assert_lawful();
        scene.attached.controller.forget_hooks();
    }
}

#[test]
fn a_transaction_has_its_place_among_packets() {
    let scene = Scene::new();
    let packet = scene.queue_for(1, |link| link.dcs_write(&[1]));
    let transaction = scene.queue_for(2, |link| {
        link.transaction(&mut |transport| {
            [2, 3, 4].iter().for_each(|opcode| transport.dcs_write(&[*opcode]).unwrap())
        })
    });
    let last = scene.queue_for(3, |link| link.dcs_write(&[5]));
    scene.go_on.open();
    for sender in [packet, transaction, last] {
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
    assert_eq!(scene.sent(), [0, 1, 2, 3, 4, 5]);
    scene.attached.controller.forget_hooks();
}

#[test]
fn one_who_waits_no_longer_is_passed_over() {
    let scene = Scene::new();
    let impatient =
        scene.queue_for(1, |link| link.until(Instant::now() + Duration::from_millis(20)).dcs_write(&[1]));
    let gone = scene.queue_for(2, |link| link.dcs_write(&[2]));
    let patient = scene.queue_for(3, |link| link.dcs_write(&[3]));
    let late =
        |error| matches!(error, TransferError::StillRunning(error) if error.why == WaitError::DeadlinePassed);
    assert!(impatient.join().unwrap().is_err_and(late));
    scene.links[2].detach().unwrap();
    assert!(matches!(gone.join().unwrap(), Err(TransferError::Gone(_))));
    scene.go_on.open();
    assert_eq!(patient.join().unwrap(), Ok(()));
    assert_eq!(scene.sent(), [0, 3]);
    scene.attached.controller.forget_hooks();
}

#[test]
fn the_thirty_third_who_would_wait_is_refused() {
    let scene = Scene::new();
    let waiting: Vec<_> =
        (1..=32).map(|number| scene.queue_for(0, move |link| link.dcs_write(&[number]))).collect();
    let waiting_for = WaitFor::Link(scene.attached.host.key());
    let full = StillRunning { waiting_for, why: WaitError::QueueFull, begun: false };
    assert_eq!(scene.links[1].dcs_write(&[33]), Err(TransferError::StillRunning(full)));
    scene.go_on.open();
    assert!(waiting.into_iter().all(|sender| sender.join().unwrap() == Ok(())));
    assert_eq!(scene.sent(), (0..=32).collect::<Vec<u8>>());
    scene.attached.controller.forget_hooks();
}
