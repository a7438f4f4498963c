//! A wait that turns out, after another wait, to be one that would never end: who has changed nothing yet changes
//! nothing, and what others have seen stays.
//!
//! Ann is in a transfer on the second host, and does something on the first, where she has to wait for Cleo. Meanwhile
//! Ben, who is in a transfer on the first host, begins to wait for Ann's. What Cleo was doing is over, so he does not
//! wait for himself; but when Ann looks again, she would.

use super::{give_up, next, returned, TheBooks, ANN, BEN, CLEO, VC0, VC1, VC2};
use mipi_dsi::bus::machine::{
    Attach, Callback, DeclareGone, Detach, HostPhase, Life, LinkKey, Next, Profile, Registration, Running,
    Serving, UnregisterDevice, UnregisterHost, UseLink,
};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey, WaitFor},
    RemovalKind, Side, StillRunning, WaitError,
};

struct Scene {
    books: TheBooks,
    /// The first host.
    host: HostKey,
    /// Of the second host.
    anns: LinkKey,
    _anns_packet: Running<UseLink>,
    /// On the first host, and not attached.
    device: DeviceKey,
}

impl Scene {
    /// The first host is serialised, so that an end of an attachment waits for Ben's packet.
    fn new() -> Self {
        Self::with_profile(Profile::Serialised)
    }

    fn with_profile(profile: Profile) -> Self {
        let mut books = TheBooks::new();
        let (host, second) = (books.new_host(0, profile), books.new_host(1, Profile::Exclusive));
        let anns = books.attached(second, VC0);
        let anns_packet = books.sending(anns, ANN);
        let device = books.device(host, VC0);
        Self { books, host, anns, _anns_packet: anns_packet, device }
    }

    fn registration(&self) -> Registration {
        self.books.hosts[0].registration(self.device).unwrap().clone()
    }

    /// Ben is in a transfer on the first host.
    fn ben_sends(&mut self) -> Running<UseLink> {
        let bens = self.books.attached(self.host, VC2);
        self.books.sending(bens, BEN)
    }

    /// Ben, in his transfer, waits for Ann's.
    #[track_caller]
    fn ben_waits_for_ann(&mut self) {
        let mut nested = Running::new(UseLink::packet(self.anns), BEN);
        let waits = Next::Wait(WaitFor::Link(self.anns.device.host));
        assert_eq!(next(&mut nested, &mut self.books), waits);
    }

    fn refusal(&self, begun: bool) -> StillRunning {
        StillRunning { waiting_for: WaitFor::Link(self.host), why: WaitError::WouldDeadlock, begun }
    }
}

/// Cleo is in an attach of the device.
fn cleo_attaches(scene: &mut Scene) -> Running<Attach> {
    let mut attach = Running::new(Attach::new(scene.device), CLEO);
    assert_eq!(next(&mut attach, &mut scene.books), Next::Call(Callback::Attach(scene.device)));
    attach
}

#[test]
fn a_detach_that_is_refused_after_a_wait_has_changed_nothing() {
    let mut scene = Scene::new();
    let mut attach = cleo_attaches(&mut scene);
    let mut detach = Running::new(Detach::device(scene.device), ANN);
    let waits = Next::Wait(WaitFor::Serving(scene.device));
    assert_eq!(next(&mut detach, &mut scene.books), waits);
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    let before = scene.registration();
    let _bens = scene.ben_sends();
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut detach, &mut scene.books), Next::Done);
    assert_eq!(detach.outcome(), Err(scene.refusal(false)));
    assert_eq!(scene.registration(), before);
}

#[test]
fn an_unregister_that_others_have_seen_stays_begun() {
    let mut scene = Scene::new();
    let mut attach = cleo_attaches(&mut scene);
    let operation = UnregisterDevice::new(scene.device, Side::Peripheral, RemovalKind::Surprise);
    let mut unregister = Running::new(operation, ANN);
    let waits = Next::Wait(WaitFor::Serving(scene.device));
    assert_eq!(next(&mut unregister, &mut scene.books), waits);
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    let _bens = scene.ben_sends();
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut unregister, &mut scene.books), Next::Done);
    assert_eq!(unregister.outcome(), Err(scene.refusal(true)));
    let after = scene.registration();
    assert_eq!((after.life, after.is_surprise), (Life::Unregistering(None), true));
    assert!(matches!(after.serving, Serving::Draining { by: None, .. }));
}

/// The device is attached, and Ben sends to another of the host.
fn scene_with_a_busy_link() -> (Scene, Running<UseLink>) {
    let mut scene = Scene::new();
    let mut attach = cleo_attaches(&mut scene);
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    let bens = scene.ben_sends();
    (scene, bens)
}

#[test]
fn a_detach_that_is_refused_leaves_what_another_had_begun() {
    let (mut scene, _bens) = scene_with_a_busy_link();
    let mut cleos = Running::new(Detach::device(scene.device), CLEO);
    assert_eq!(next(&mut cleos, &mut scene.books), Next::Wait(WaitFor::Link(scene.host)));
    let mut anns = Running::new(Detach::device(scene.device), ANN);
    assert_eq!(next(&mut anns, &mut scene.books), Next::Wait(WaitFor::Serving(scene.device)));
    give_up(&mut cleos, &mut scene.books);
    let before = scene.registration();
    assert!(matches!(before.serving, Serving::Draining { by: None, .. }));
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut anns, &mut scene.books), Next::Done);
    assert_eq!(anns.outcome(), Err(scene.refusal(false)));
    assert_eq!(scene.registration(), before);
}

#[test]
fn an_unregister_that_is_refused_leaves_what_another_had_begun() {
    let (mut scene, _bens) = scene_with_a_busy_link();
    let operation = UnregisterDevice::new(scene.device, Side::Peripheral, RemovalKind::Orderly);
    let mut cleos = Running::new(operation.clone(), CLEO);
    assert_eq!(next(&mut cleos, &mut scene.books), Next::Wait(WaitFor::Link(scene.host)));
    let mut anns = Running::new(operation, ANN);
    assert_eq!(next(&mut anns, &mut scene.books), Next::Wait(WaitFor::Registration(scene.device)));
    give_up(&mut cleos, &mut scene.books);
    let before = scene.registration();
    assert_eq!(before.life, Life::Unregistering(None));
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut anns, &mut scene.books), Next::Done);
    assert_eq!(anns.outcome(), Err(scene.refusal(false)));
    assert_eq!(scene.registration(), before);
}

/// Another host may have its name by now.
#[test]
fn a_host_that_others_have_seen_leave_does_not_come_back() {
    let mut scene = Scene::with_profile(Profile::Exclusive);
    let _bens = scene.ben_sends();
    let mut attach = cleo_attaches(&mut scene);
    let mut removal = Running::new(UnregisterHost::new(scene.host, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut scene.books), Next::Wait(WaitFor::Serving(scene.device)));
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut removal, &mut scene.books), Next::Done);
    assert_eq!(removal.outcome(), Err(scene.refusal(true)));
    let given_up = HostPhase::Leaving { removal: RemovalKind::Orderly, remover: None };
    assert_eq!(scene.books.hosts[0].phase, given_up);
}

#[test]
fn what_is_refused_after_a_callback_stays_begun() {
    let mut scene = Scene::with_profile(Profile::Exclusive);
    let _bens = scene.ben_sends();
    // The device of the first channel is told and unregistered before Cleo's is looked at.
    let told = scene.device;
    scene.device = scene.books.device(scene.host, VC1);
    let mut attach = cleo_attaches(&mut scene);
    let mut removal = Running::new(UnregisterHost::new(scene.host, RemovalKind::Orderly), ANN);
    let tell = Callback::Tell(told, RemovalKind::Orderly);
    assert_eq!(next(&mut removal, &mut scene.books), Next::Call(tell));
    assert_eq!(returned(&mut removal, &mut scene.books), Next::Call(Callback::Forget(told)));
    assert_eq!(returned(&mut removal, &mut scene.books), Next::Wait(WaitFor::Serving(scene.device)));
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    scene.ben_waits_for_ann();
    assert_eq!(next(&mut removal, &mut scene.books), Next::Done);
    assert_eq!(removal.outcome(), Err(scene.refusal(true)));
    let given_up = HostPhase::Leaving { removal: RemovalKind::Orderly, remover: None };
    assert_eq!(scene.books.hosts[0].phase, given_up);
}

/// Of a second remover nothing stays but that the host was asked to cancel.
#[test]
fn what_is_refused_after_a_cancel_has_begun_something() {
    let mut scene = Scene::with_profile(Profile::Exclusive);
    let bens = scene.ben_sends();
    let mut attach = cleo_attaches(&mut scene);
    assert_eq!(returned(&mut attach, &mut scene.books), Next::Done);
    let mut removal = Running::new(UnregisterHost::new(scene.host, RemovalKind::Orderly), CLEO);
    assert_eq!(next(&mut removal, &mut scene.books), Next::Wait(WaitFor::Link(scene.host)));
    // Who is in the transfer can't cancel it themselves.
    let mut gone = Running::new(DeclareGone::new(scene.host), bens.caller());
    assert_eq!(next(&mut gone, &mut scene.books), Next::Done);
    let mut second = Running::new(UnregisterHost::new(scene.host, RemovalKind::Surprise), ANN);
    assert_eq!(next(&mut second, &mut scene.books), Next::Call(Callback::Cancel(scene.host, VC2)));
    scene.ben_waits_for_ann();
    assert_eq!(returned(&mut second, &mut scene.books), Next::Done);
    let waiting_for = WaitFor::HostRemoval(scene.host);
    assert_eq!(second.outcome(), Err(StillRunning { waiting_for, ..scene.refusal(true) }));
}
