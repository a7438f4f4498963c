//! The gate and the book: what the shell does around every section of the lock and around every packet.

use super::bus::gate::GateWord;
use super::scenes;
use super::world::World;
use loom::sync::Arc;
use loom::thread;
use mipi_dsi::bus::{Caller, Profile, RemovalKind, Removed};
use mipi_dsi::wire::VirtualChannel;

scenes! {
    Some(3);
    a_sender_and_a_removal,
    a_sender_and_a_surprise,
    a_sender_and_an_unregister,
    two_senders,
    a_late_sender_a_removal_and_a_successor,
    a_late_sender_and_a_successor_of_another_profile;
}

const VC1: VirtualChannel = VirtualChannel::VC1;

/// The sender's packet goes out, or fails; when the removal has returned, nothing of the controller's is held.
fn a_sender_and_a_removal<W: GateWord + 'static>(profile: Profile) {
    removal::<W>(profile, RemovalKind::Orderly);
}

/// As that, with a cancel.
fn a_sender_and_a_surprise<W: GateWord + 'static>(profile: Profile) {
    removal::<W>(profile, RemovalKind::Surprise);
}

fn removal<W: GateWord + 'static>(profile: Profile, removal: RemovalKind) {
    let world = Arc::new(World::<W>::new());
    let host = world.host(1, profile);
    let link = world.link(host, VC1);
    let sender = thread::spawn({
        let world = Arc::clone(&world);
        move || world.send(link, Caller::from_number(1))
    });
    assert_eq!(world.remove(host, removal, Caller::MAIN), Removed::ByThisCall);
    assert!(matches!(sender.join().expect("a sender ends"), Some(1) | None));
    assert_eq!(world.send(link, Caller::MAIN), None, "nobody is reached any more");
    world.assert_quiet();
}

/// The peripheral unregisters while its own thread sends.
fn a_sender_and_an_unregister<W: GateWord + 'static>(profile: Profile) {
    let world = Arc::new(World::<W>::new());
    let host = world.host(1, profile);
    let link = world.link(host, VC1);
    let sender = thread::spawn({
        let world = Arc::clone(&world);
        move || world.send(link, Caller::from_number(1))
    });
    assert_eq!(world.unregister(link.key.device, Caller::MAIN), Removed::ByThisCall);
    assert!(matches!(sender.join().expect("a sender ends"), Some(1) | None));
    assert_eq!(world.send(link, Caller::MAIN), None, "nobody is reached any more");
    assert_eq!(world.remove(host, RemovalKind::Orderly, Caller::MAIN), Removed::ByThisCall);
    world.assert_quiet();
}

/// Both packets go out, one after the other where the host wants that.
fn two_senders<W: GateWord + 'static>(profile: Profile) {
    let world = Arc::new(World::<W>::new());
    let host = world.host(1, profile);
    let link = world.link(host, VC1);
    let other = thread::spawn({
        let world = Arc::clone(&world);
        move || world.send(link, Caller::from_number(1))
    });
    assert_eq!(world.send(link, Caller::MAIN), Some(1));
    assert_eq!(other.join().expect("a sender ends"), Some(1));
    world.remove(host, RemovalKind::Orderly, Caller::MAIN);
    world.assert_quiet();
}

/// One whose device has gone is inside, without sending, while the host is removed: its handle is given back whole, and
/// the successor's packets reach the successor.
fn a_late_sender_a_removal_and_a_successor<W: GateWord + 'static>(profile: Profile) {
    succession::<W>(profile, profile);
}

/// As that, where the successor's words would mean another thing.
fn a_late_sender_and_a_successor_of_another_profile<W: GateWord + 'static>(profile: Profile) {
    let other = if profile == Profile::Shared { Profile::Exclusive } else { Profile::Shared };
    succession::<W>(profile, other);
}

fn succession<W: GateWord + 'static>(first: Profile, second: Profile) {
    let world = Arc::new(World::<W>::new());
    let host = world.host(1, first);
    let old = world.link(host, VirtualChannel::VC0);
    assert_eq!(world.unregister(old.key.device, Caller::MAIN), Removed::ByThisCall);
    let late = thread::spawn({
        let world = Arc::clone(&world);
        move || world.send(old, Caller::from_number(1))
    });
    assert_eq!(world.remove(host, RemovalKind::Orderly, Caller::MAIN), Removed::ByThisCall);
    let successor = world.host(2, second);
    let link = world.link(successor, VirtualChannel::VC0);
    assert_eq!(world.send(link, Caller::MAIN), Some(2));
    assert_eq!(world.remove(successor, RemovalKind::Orderly, Caller::MAIN), Removed::ByThisCall);
    assert_eq!(late.join().expect("a sender ends"), None, "its device has gone");
    world.assert_quiet();
}
