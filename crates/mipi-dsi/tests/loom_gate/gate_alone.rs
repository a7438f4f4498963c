//! The gate without a book: whoever is found inside is told by their leave, and nobody else is; and nobody reads the
//! cell while it is edited.

use super::bus::gate::{Gate, GateWord, Occupants};
use super::scenes;
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use mipi_dsi::bus::{Caller, Profile};
use mipi_dsi::wire::VirtualChannel;

scenes! {
    None; two_senders_and_a_closer, a_sender_and_two_closers, a_late_sender_of_another_profile;
    Some(3); a_closer_waits_edits_and_opens, a_sender_of_each_channel_and_an_editor;
}

/// A gate with a controller, which is open.
fn open_gate<W: GateWord>(profile: Profile) -> Gate<u32, W> {
    let gate = Gate::EMPTY;
    // Makes the words of both profiles.
    assert_eq!(count(gate.close(Profile::Shared)), 0);
    assert_eq!(count(gate.close(Profile::Exclusive)), 0);
    let opened = gate.edit(profile, |pass| {
        pass.controller = Some(1);
        (true, ())
    });
    assert_eq!(opened, Some(()), "nobody is inside");
    gate
}

fn count(found: Occupants) -> usize {
    found.senders.0.iter().copied().map(usize::from).sum::<usize>() + usize::from(found.holder.is_some())
}

fn sender(number: usize) -> (Caller, VirtualChannel) {
    (Caller::from_number(number), VirtualChannel::ALL[number % 4])
}

/// Goes through once. Says whether this one was told that the gate was closed meanwhile.
fn go_through<W: GateWord>(gate: &Gate<u32, W>, profile: Profile, number: usize) -> bool {
    let (caller, channel) = sender(number);
    let Some(inside) = gate.enter(profile, caller, channel) else { return false };
    inside.with(|pass| assert!(pass.controller.is_some(), "an open gate has a controller"));
    inside.leave()
}

/// A closer is told of as many as are told by their leave, and of the right one.
fn two_senders_and_a_closer<W: GateWord + 'static>(profile: Profile) {
    let gate = Arc::new(open_gate::<W>(profile));
    let senders = [1, 5].map(|number| {
        let gate = Arc::clone(&gate);
        thread::spawn(move || go_through(&gate, profile, number))
    });
    let found = gate.close(profile);
    let told = senders.map(|sender| sender.join().expect("a sender ends"));
    assert_eq!(told.into_iter().filter(|told| *told).count(), count(found), "{found:?}");
    if let Some(holder) = found.holder {
        let number = if told[0] { 1 } else { 5 };
        assert_eq!(holder, sender(number));
    }
    for channel in VirtualChannel::ALL {
        let is_theirs = channel == VirtualChannel::VC1;
        assert!(is_theirs || found.senders[channel] == 0, "{found:?}");
    }
}

/// Of two who close, only one is told of the sender.
fn a_sender_and_two_closers<W: GateWord + 'static>(profile: Profile) {
    let gate = Arc::new(open_gate::<W>(profile));
    let sender = thread::spawn({
        let gate = Arc::clone(&gate);
        move || go_through(&gate, profile, 2)
    });
    let other = thread::spawn({
        let gate = Arc::clone(&gate);
        move || count(gate.close(profile))
    });
    let found = count(gate.close(profile)) + other.join().expect("a closer ends");
    assert_eq!(usize::from(sender.join().expect("a sender ends")), found);
}

/// One who closes waits for those found, edits, and opens again; nobody passes with a controller that was taken out.
fn a_closer_waits_edits_and_opens<W: GateWord + 'static>(profile: Profile) {
    let gate = Arc::new(open_gate::<W>(profile));
    // How many have ended in the book.
    let book = Arc::new((Mutex::new(0), Condvar::new()));
    let senders = [1, 5].map(|number| {
        let (gate, book) = (Arc::clone(&gate), Arc::clone(&book));
        thread::spawn(move || {
            if go_through(&gate, profile, number) {
                *book.0.lock().expect("nobody panics with it") += 1;
                book.1.notify_one();
            }
        })
    });
    let found = count(gate.close(profile));
    let mut ended = book.0.lock().expect("nobody panics with it");
    while *ended < found {
        ended = book.1.wait(ended).expect("nobody panics with it");
    }
    let taken = gate.edit(profile, |pass| (true, pass.controller.replace(2)));
    assert_eq!(taken, Some(Some(1)), "all who were found have ended");
    drop(ended);
    for sender in senders {
        sender.join().expect("a sender ends");
    }
}

/// One who edits without having waited is refused while anybody is inside, on whichever channel.
fn a_sender_of_each_channel_and_an_editor<W: GateWord + 'static>(profile: Profile) {
    let gate = Arc::new(open_gate::<W>(profile));
    let senders = [0, 3].map(|number| {
        let gate = Arc::clone(&gate);
        thread::spawn(move || go_through(&gate, profile, number))
    });
    assert_eq!(gate.edit(profile, |_| (false, ())), None, "the gate is open");
    gate.close(profile);
    // Loom sees it if somebody still reads.
    let edited = gate.edit(profile, |pass| (false, pass.controller.take()));
    for sender in senders {
        sender.join().expect("a sender ends");
    }
    if edited.is_none() {
        let edited = gate.edit(profile, |pass| (false, pass.controller.take()));
        assert_eq!(edited, Some(Some(1)), "a refusal changes nothing");
    }
}

/// A late sender of another profile neither enters nor changes who is inside: of a shared host whose slot an exclusive
/// one has by now, and the other way round.
fn a_late_sender_of_another_profile<W: GateWord + 'static>(present: Profile) {
    let past = if present == Profile::Shared { Profile::Exclusive } else { Profile::Shared };
    let (caller, channel) = sender(4);
    let gate = Arc::new(open_gate::<W>(present));
    let late = thread::spawn({
        let gate = Arc::clone(&gate);
        move || gate.enter(past, Caller::from_number(7), channel).is_none()
    });
    let inside = gate.enter(present, caller, channel).expect("the gate is open");
    let found = gate.close(present);
    let is_shared = present == Profile::Shared;
    assert_eq!(found.holder, (!is_shared).then_some((caller, channel)));
    assert_eq!(found.senders[channel], u16::from(is_shared));
    assert_eq!(gate.edit(present, |_| (true, ())), None, "not while one is inside");
    assert!(inside.leave(), "the gate was closed meanwhile");
    assert!(late.join().expect("a sender ends"), "a late sender has entered");
}
