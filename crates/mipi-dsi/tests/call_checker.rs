//! The checker of legal call sequences: a bus that breaks one rule is caught at that rule, and a legal one at none.
//!
//! The bus here is the test itself, which calls the host as it likes.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

use mipi_dsi::bus::{
    Attachment, HostAttachError, HostController, HostError, Lanes, LinkConfig, Message, Payload, PixelFormat,
    Profile, Speed, TransferError, Transport,
};
use mipi_dsi::testing::{Call, CallRecord, ChannelState, CheckedHost, Violation, ViolationKind as Kind};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::channel;
use std::sync::Mutex;
use std::thread;

const VC0: VirtualChannel = VirtualChannel::VC0;
const VC1: VirtualChannel = VirtualChannel::VC1;

/// One thing that a record is told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    Begins(Call, VirtualChannel),
    /// A transfer from inside of the channel's attach or detach.
    Inside(VirtualChannel),
    Ends(Call, VirtualChannel),
    Refuses(VirtualChannel),
    Unregistered,
    Registered,
}

use Call::{Attach, Cancel, Detach, Transfer};
use Event::{Begins, Ends, Inside, Refuses, Registered, Unregistered};

fn tell(record: &mut CallRecord, event: Event) -> Vec<Violation> {
    let legal = match event {
        Begins(Attach, channel) => record.attach_begins(channel),
        Begins(Detach, channel) => record.detach_begins(channel),
        Begins(Transfer, channel) => record.transfer_begins(channel, false),
        Begins(Cancel, channel) => record.cancel_begins(channel),
        Inside(channel) => record.transfer_begins(channel, true),
        Ends(Attach, channel) => record.attach_ends(channel, true),
        Ends(Detach, channel) => record.detach_ends(channel),
        Ends(Transfer, channel) => record.transfer_ends(channel),
        Ends(Cancel, channel) => record.cancel_ends(channel),
        Refuses(channel) => record.attach_ends(channel, false),
        Unregistered => return record.host_unregistered(),
        Registered => {
            record.host_registered();
            Ok(())
        }
    };
    legal.err().into_iter().collect()
}

/// A call that begins and ends.
fn whole(call: Call, channel: VirtualChannel) -> [Event; 2] {
    [Begins(call, channel), Ends(call, channel)]
}

/// Attached channels, then these events; the violations of the last one, as all others are legal.
#[track_caller]
fn last_of(profile: Profile, attached: &[VirtualChannel], events: &[Event]) -> Vec<Violation> {
    let mut record = CallRecord::new(profile);
    let attaches = attached.iter().flat_map(|channel| whole(Attach, *channel));
    let all: Vec<Event> = attaches.chain(events.iter().copied()).collect();
    let (last, before) = all.split_last().unwrap();
    for event in before {
        assert_eq!(tell(&mut record, *event), [], "{event:?} of {all:?}");
    }
    tell(&mut record, *last)
}

#[track_caller]
fn is_legal(profile: Profile, attached: &[VirtualChannel], events: &[Event]) {
    assert_eq!(last_of(profile, attached, events), [], "{events:?}");
}

/// That the last event breaks one rule, or in a profile none; whether it does is given in the order exclusive, serialised,
/// shared. (A shared host is never cancelled: a rule about cancels says nothing of it.)
#[track_caller]
fn breaks(attached: &[VirtualChannel], events: &[Event], kind: Kind, in_profiles: [bool; 3]) {
    let (Begins(call, channel) | Ends(call, channel)) = *events.last().unwrap() else { panic!("{events:?}") };
    for (profile, breaks) in
        [Profile::Exclusive, Profile::Serialised, Profile::Shared].into_iter().zip(in_profiles)
    {
        let has_cancel = events.iter().any(|event| matches!(event, Begins(Cancel, _)));
        if profile == Profile::Shared && !breaks && has_cancel {
            continue;
        }
        let expected: Vec<Violation> =
            breaks.then_some(Violation { call, channel, kind }).into_iter().collect();
        assert_eq!(last_of(profile, attached, events), expected, "{profile:?}: {events:?}");
    }
}

const ALWAYS: [bool; 3] = [true; 3];
const NOT_SHARED: [bool; 3] = [true, true, false];
const SERIALISED: [bool; 3] = [false, true, false];

#[test]
fn attach_comes_to_an_idle_channel() {
    let again = Begins(Attach, VC0);
    breaks(&[VC0], &[again], Kind::WrongState(ChannelState::Attached), ALWAYS);
    breaks(&[], &[again, again], Kind::WrongState(ChannelState::Attaching), ALWAYS);
    breaks(&[VC0], &[Begins(Detach, VC0), again], Kind::WrongState(ChannelState::Detaching), ALWAYS);
}

#[test]
fn detach_comes_once_after_an_attach_that_succeeded() {
    let detach = Begins(Detach, VC0);
    breaks(&[], &[detach], Kind::WrongState(ChannelState::Idle), ALWAYS);
    breaks(&[VC1], &[detach], Kind::WrongState(ChannelState::Idle), ALWAYS);
    breaks(&[], &[Begins(Attach, VC0), Refuses(VC0), detach], Kind::WrongState(ChannelState::Idle), ALWAYS);
    breaks(&[], &[Begins(Attach, VC0), detach], Kind::WrongState(ChannelState::Attaching), ALWAYS);
    breaks(&[VC0], &[detach, detach], Kind::WrongState(ChannelState::Detaching), ALWAYS);
    let twice = [detach, Ends(Detach, VC0), detach];
    breaks(&[VC0], &twice, Kind::WrongState(ChannelState::Idle), ALWAYS);
}

#[test]
fn transfer_comes_to_an_attached_channel() {
    let transfer = Begins(Transfer, VC0);
    let idle = Kind::WrongState(ChannelState::Idle);
    breaks(&[], &[transfer], idle, NOT_SHARED);
    breaks(&[VC1], &[transfer], idle, NOT_SHARED);
    breaks(&[VC0], &[Begins(Detach, VC0), Ends(Detach, VC0), transfer], idle, NOT_SHARED);
}

#[test]
fn transfer_during_attach_and_detach_comes_from_inside_of_them() {
    let transfer = Begins(Transfer, VC0);
    let attaching = Begins(Attach, VC0);
    breaks(&[], &[attaching, transfer], Kind::FromOutside(ChannelState::Attaching), NOT_SHARED);
    let detaching = Begins(Detach, VC0);
    breaks(&[VC0], &[detaching, transfer], Kind::FromOutside(ChannelState::Detaching), NOT_SHARED);
    for profile in [Profile::Exclusive, Profile::Serialised, Profile::Shared] {
        is_legal(profile, &[], &[attaching, Inside(VC0), Ends(Transfer, VC0), Inside(VC0)]);
        is_legal(profile, &[VC0], &[detaching, Inside(VC0), Ends(Transfer, VC0), Inside(VC0)]);
    }
}

#[test]
fn transfers_of_one_host_are_serialised() {
    for channel in [VC0, VC1] {
        let kind = Kind::CallRuns { running: Transfer, on: VC0 };
        breaks(&[VC0, VC1], &[Begins(Transfer, VC0), Begins(Transfer, channel)], kind, NOT_SHARED);
    }
}

#[test]
fn detach_comes_when_the_transfers_of_its_channel_have_returned() {
    let kind = Kind::CallRuns { running: Transfer, on: VC0 };
    breaks(&[VC0], &[Begins(Transfer, VC0), Begins(Detach, VC0)], kind, NOT_SHARED);
}

/// One that its host left to the hardware inside attach or detach may outlive that call.
#[test]
fn attach_comes_when_the_transfers_of_its_channel_have_returned() {
    let kind = Kind::CallRuns { running: Transfer, on: VC0 };
    let refused = [Begins(Attach, VC0), Inside(VC0), Refuses(VC0), Begins(Attach, VC0)];
    breaks(&[], &refused, kind, NOT_SHARED);
    let detached = [Begins(Detach, VC0), Inside(VC0), Ends(Detach, VC0), Begins(Attach, VC0)];
    breaks(&[VC0], &detached, kind, NOT_SHARED);
    is_legal(Profile::Exclusive, &[VC0], &[Begins(Transfer, VC0), Begins(Attach, VC1)]);
}

#[test]
fn a_channel_is_neither_detached_nor_attached_while_its_cancel_runs() {
    let runs = Kind::CallRuns { running: Cancel, on: VC0 };
    let cancelled = [Begins(Transfer, VC0), Begins(Cancel, VC0), Ends(Transfer, VC0)];
    breaks(&[VC0], &[&cancelled[..], &[Begins(Detach, VC0)]].concat(), runs, NOT_SHARED);
    // After a detach that was illegal, and in the next life of its host, a cancel that still runs reaches a successor.
    for profile in [Profile::Exclusive, Profile::Serialised] {
        for ends in [&whole(Detach, VC0), &[Unregistered, Registered]] {
            let mut record = CallRecord::new(profile);
            let events = [&whole(Attach, VC0)[..], &cancelled, ends].concat();
            let broken: usize = events.iter().map(|event| tell(&mut record, *event).len()).sum();
            assert!(broken > 0, "{ends:?}");
            let beside = Violation { call: Attach, channel: VC0, kind: runs };
            assert_eq!(tell(&mut record, Begins(Attach, VC0)), [beside], "{ends:?}");
        }
    }
    // Another channel's cancel is nothing to it.
    for event in [Begins(Detach, VC1), Begins(Attach, VirtualChannel::VC2)] {
        is_legal(Profile::Exclusive, &[VC0, VC1], &[&cancelled[..], &[event]].concat());
    }
}

#[test]
fn no_transfer_is_started_while_cancel_runs() {
    let cancelled = [Begins(Transfer, VC0), Begins(Cancel, VC0), Ends(Transfer, VC0)];
    let other = [&cancelled[..], &[Begins(Transfer, VC1)]].concat();
    breaks(&[VC0, VC1], &other, Kind::CallRuns { running: Cancel, on: VC0 }, NOT_SHARED);
    let own = [&cancelled[..], &[Begins(Transfer, VC0)]].concat();
    breaks(&[VC0], &own, Kind::AfterCancel, NOT_SHARED);
}

#[test]
fn after_cancel_only_the_transfer_that_it_is_for_still_begins() {
    let cancel = whole(Cancel, VC0);
    let transfer = whole(Transfer, VC0);
    let second = [&cancel[..], &transfer[..], &[Begins(Transfer, VC0)]].concat();
    breaks(&[VC0], &second, Kind::AfterCancel, NOT_SHARED);
    let cancelled_again = [&cancel[..], &transfer[..], &cancel[..], &[Begins(Transfer, VC0)]].concat();
    breaks(&[VC0], &cancelled_again, Kind::AfterCancel, NOT_SHARED);
    // Nor what the host would send in its detach, whether or not the transfer came.
    let in_detach = [Begins(Detach, VC0), Inside(VC0)];
    let sends_in_detach = Violation { call: Transfer, channel: VC0, kind: Kind::AfterCancel };
    for before in [&cancel[..], &[&cancel[..], &transfer].concat()] {
        let seen = last_of(Profile::Exclusive, &[VC0], &[before, &in_detach].concat());
        assert_eq!(seen, [sends_in_detach], "{before:?}");
    }
    // The request is older than its transfer, and may be kept while that runs.
    is_legal(Profile::Exclusive, &[VC0], &[Begins(Cancel, VC0), Begins(Transfer, VC0)]);
    // Another channel's transfers follow, and so do those of the next attachment.
    is_legal(Profile::Exclusive, &[VC0, VC1], &[&cancel[..], &transfer, &whole(Transfer, VC1)].concat());
    let next =
        [&cancel[..], &transfer, &whole(Detach, VC0), &whole(Attach, VC0), &transfer, &transfer].concat();
    is_legal(Profile::Exclusive, &[VC0], &next);
}

#[test]
fn cancel_comes_to_an_attached_channel_and_not_inside_attach_and_detach() {
    let detached = whole(Detach, VC0);
    let cases: [(ChannelState, &[VirtualChannel], &[Event]); 4] = [
        (ChannelState::Idle, &[], &[]),
        (ChannelState::Attaching, &[], &[Begins(Attach, VC0), Inside(VC0)]),
        (ChannelState::Detaching, &[VC0], &[Begins(Detach, VC0), Inside(VC0)]),
        (ChannelState::Idle, &[VC0], &detached),
    ];
    for (state, attached, before) in cases {
        let cancelled = [before, &[Begins(Cancel, VC0)]].concat();
        breaks(attached, &cancelled, Kind::WrongState(state), NOT_SHARED);
    }
    is_legal(Profile::Exclusive, &[VC0], &[Begins(Transfer, VC0), Begins(Cancel, VC0)]);
}

#[test]
fn a_serialised_host_has_one_attach_detach_or_transfer_at_a_time() {
    for (running, begun) in [(Attach, Begins(Attach, VC1)), (Transfer, Begins(Transfer, VC1))] {
        let attached: &[VirtualChannel] = if running == Attach { &[VC0] } else { &[VC0, VC1] };
        let kind = Kind::CallRuns { running, on: VC1 };
        for next in [Begins(Transfer, VC0), Begins(Detach, VC0)] {
            let is_transfer_during_transfer = (running, next) == (Transfer, Begins(Transfer, VC0));
            let profiles = if is_transfer_during_transfer { NOT_SHARED } else { SERIALISED };
            breaks(attached, &[begun, next], kind, profiles);
        }
    }
    for next in [Begins(Transfer, VC0), Begins(Detach, VC0)] {
        let kind = Kind::CallRuns { running: Detach, on: VC1 };
        breaks(&[VC0, VC1], &[Begins(Detach, VC1), next], kind, SERIALISED);
    }
    for running in [Transfer, Detach] {
        let kind = Kind::CallRuns { running, on: VC1 };
        breaks(&[VC1], &[Begins(running, VC1), Begins(Attach, VC0)], kind, SERIALISED);
    }
    let kind = Kind::CallRuns { running: Attach, on: VC1 };
    breaks(&[], &[Begins(Attach, VC1), Begins(Attach, VC0)], kind, SERIALISED);
}

#[test]
fn nothing_is_called_after_unregistration_until_the_host_is_registered_again() {
    for call in [Attach, Detach, Transfer, Cancel] {
        breaks(&[], &[Unregistered, Begins(call, VC0)], Kind::AfterUnregistration, ALWAYS);
    }
    let again = [Unregistered, Registered, Begins(Attach, VC0)];
    is_legal(Profile::Exclusive, &[], &again);
}

#[test]
fn nothing_runs_and_nothing_is_attached_when_unregistering_returns() {
    let late = |call| vec![Violation { call, channel: VC0, kind: Kind::RunsAtUnregistration }];
    let missing = Violation { call: Detach, channel: VC0, kind: Kind::MissingAtUnregistration };
    for profile in [Profile::Exclusive, Profile::Serialised, Profile::Shared] {
        assert_eq!(last_of(profile, &[], &[Begins(Attach, VC0), Unregistered]), late(Attach));
        assert_eq!(last_of(profile, &[VC0], &[Begins(Detach, VC0), Unregistered]), late(Detach));
        for call in [Transfer, Cancel] {
            let expected = [late(call), vec![missing]].concat();
            if (profile, call) != (Profile::Shared, Cancel) {
                assert_eq!(last_of(profile, &[VC0], &[Begins(call, VC0), Unregistered]), expected);
            }
        }
        is_legal(profile, &[VC0], &[&whole(Detach, VC0)[..], &[Unregistered, Unregistered]].concat());
        // What was said of one life is not said of the next.
        let mut record = CallRecord::new(profile);
        let lives = [Begins(Attach, VC0), Unregistered, Ends(Attach, VC0), Registered, Begins(Attach, VC0)];
        let seen: Vec<usize> = lives.iter().map(|event| tell(&mut record, *event).len()).collect();
        assert_eq!(seen, [0, 1, 0, 0, 0]);
    }
}

#[test]
fn only_what_has_begun_ends() {
    for call in [Attach, Detach, Transfer, Cancel] {
        breaks(&[], &[Ends(call, VC0)], Kind::NotBegun, ALWAYS);
        breaks(&[VC0], &[Ends(call, VC0)], Kind::NotBegun, ALWAYS);
    }
}

#[test]
fn legal_lives_of_two_channels_are_legal_and_leave_the_record_as_it_was() {
    let life = |channel, profile| {
        let is_cancelled = profile != Profile::Shared;
        [
            vec![Begins(Attach, channel), Refuses(channel)],
            vec![Begins(Attach, channel), Inside(channel), Ends(Transfer, channel), Ends(Attach, channel)],
            whole(Transfer, channel).to_vec(),
            whole(Transfer, channel).to_vec(),
            vec![Begins(Detach, channel), Inside(channel), Ends(Transfer, channel), Ends(Detach, channel)],
            whole(Attach, channel).to_vec(),
            vec![Begins(Transfer, channel)],
            if is_cancelled { whole(Cancel, channel).to_vec() } else { vec![] },
            vec![Ends(Transfer, channel)],
            whole(Detach, channel).to_vec(),
            whole(Attach, channel).to_vec(),
            whole(Detach, channel).to_vec(),
        ]
        .concat()
    };
    for profile in [Profile::Exclusive, Profile::Serialised, Profile::Shared] {
        let mut record = CallRecord::new(profile);
        let [life_of_0, life_of_1] = [VC0, VC1].map(|channel| life(channel, profile));
        for event in [&life_of_0[..], &life_of_1, &[Unregistered, Registered], &life_of_0].concat() {
            assert_eq!(tell(&mut record, event), [], "{event:?}");
        }
        assert_eq!(record, CallRecord::new(profile), "a search comes back to the same state");
    }
    // One channel's attach and detach beside another's transfer.
    let beside = [
        Begins(Transfer, VC0),
        Begins(Attach, VC1),
        Ends(Attach, VC1),
        Begins(Detach, VC1),
        Ends(Transfer, VC0),
        Begins(Detach, VC0),
        Ends(Detach, VC1),
        Ends(Detach, VC0),
    ];
    is_legal(Profile::Exclusive, &[VC0], &beside);
}

#[test]
fn a_shared_host_transfers_from_registration_to_unregistration() {
    let transfers = [Begins(Transfer, VC0), Begins(Transfer, VC0), Begins(Transfer, VC1)];
    let during = [Begins(Attach, VC0), Ends(Attach, VC0), Begins(Detach, VC0), Ends(Detach, VC0)];
    let end = [Ends(Transfer, VC0), Ends(Transfer, VC0), Ends(Transfer, VC1), Unregistered];
    is_legal(Profile::Shared, &[], &[&transfers[..], &during[..], &end[..]].concat());
}

#[test]
fn a_shared_host_is_never_cancelled() {
    let cancelled = Violation { call: Cancel, channel: VC0, kind: Kind::CancelOfShared };
    for before in [&[][..], &[Begins(Transfer, VC0)], &whole(Attach, VC0)] {
        let seen = last_of(Profile::Shared, &[], &[before, &[Begins(Cancel, VC0)]].concat());
        assert_eq!(seen, [cancelled], "{before:?}");
    }
}

#[test]
fn an_illegal_call_does_not_make_the_legal_ones_around_it_illegal() {
    let mut record = CallRecord::default();
    let seen: Vec<usize> = [
        Begins(Attach, VC0),
        Begins(Attach, VC0),
        Refuses(VC0),
        Ends(Attach, VC0),
        Begins(Transfer, VC0),
        Begins(Transfer, VC0),
        Ends(Transfer, VC0),
        Ends(Transfer, VC0),
        Begins(Detach, VC0),
        Ends(Detach, VC0),
        Unregistered,
    ]
    .into_iter()
    .map(|event| tell(&mut record, event).len())
    .collect();
    assert_eq!(seen, [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_violation_says_what_was_called_what_was_going_on_and_what_was_legal() {
    let say = |call, kind| Violation { call, channel: VC1, kind }.to_string();
    let cases = [
        (
            say(Detach, Kind::WrongState(ChannelState::Idle)),
            "detach of channel 1 while the channel is idle; detach is legal once after each attach that succeeded",
        ),
        (
            say(Transfer, Kind::FromOutside(ChannelState::Attaching)),
            "transfer of channel 1 while the channel is attaching, from outside; during attach and detach, transfer \
             is legal from inside of them",
        ),
        (
            say(Transfer, Kind::CallRuns { running: Transfer, on: VC0 }),
            "transfer of channel 1 while a transfer of channel 0 runs; a host has one transfer at a time",
        ),
        (
            say(Detach, Kind::CallRuns { running: Cancel, on: VC1 }),
            "detach of channel 1 while a cancel of channel 1 runs; a channel is served on when its cancel has \
             returned",
        ),
        (
            say(Attach, Kind::CallRuns { running: Attach, on: VC0 }),
            "attach of channel 1 while an attach of channel 0 runs; a serialised host has one attach, detach \
             or transfer at a time",
        ),
        (
            say(Transfer, Kind::AfterCancel),
            "transfer of channel 1 after cancel; from cancel to the next attach, only the transfer that was \
             cancelled may still begin",
        ),
        (
            say(Cancel, Kind::CancelOfShared),
            "cancel of channel 1 of a shared host; nobody knows whose transfer it would reach",
        ),
        (
            say(Attach, Kind::CallRuns { running: Transfer, on: VC1 }),
            "attach of channel 1 while a transfer of channel 1 runs; attach is legal when the transfers of its \
             channel have returned",
        ),
        (
            say(Detach, Kind::CallRuns { running: Transfer, on: VC0 }),
            "detach of channel 1 while a transfer of channel 0 runs; a serialised host has one attach, detach or \
             transfer at a time",
        ),
        (
            say(Cancel, Kind::RunsAtUnregistration),
            "cancel of channel 1 is running although the host was unregistered; unregistering returns after the \
             last call",
        ),
        (
            say(Detach, Kind::MissingAtUnregistration),
            "no detach of channel 1, which is attached although the host was unregistered; each attached channel is \
             detached first",
        ),
        (
            say(Cancel, Kind::NotBegun),
            "end of cancel of channel 1, which is not running; only a call that has begun can end",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

/// Does in each call what it was told, and counts the calls.
#[derive(Default)]
struct Inner {
    calls: Mutex<Vec<Call>>,
    refuses: bool,
    unwinds: bool,
    sends: bool,
}

impl Inner {
    fn call(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
        assert!(!self.unwinds, "as a test asked for");
    }
}

impl HostController for Inner {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.call(Attach);
        if self.sends {
            let sent = attachment.transport.transfer(DataType::DCS_SHORT_WRITE_0, (&[0x11]).into(), &mut []);
            sent.map_err(|_| HostAttachError::NotReady)?;
        }
        if self.refuses {
            return Err(HostAttachError::NoCapacity);
        }
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {
        self.call(Detach);
    }

    fn transfer(&self, _: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        self.call(Transfer);
        response.fill(0x1c);
        Ok(response.len())
    }

    fn cancel(&self, _: VirtualChannel) {
        self.call(Cancel);
    }
}

/// A bus that passes on what it is told to.
struct LyingBus<'a>(&'a CheckedHost<Inner>);

impl Transport for LyingBus<'_> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        let message = Message::new(VC0, data_type, payload, Speed::LowPower).unwrap();
        self.0.transfer(&message, response).map_err(TransferError::Host)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        body(self);
        Ok(())
    }
}

impl LyingBus<'_> {
    fn serve<R>(&self, call: impl FnOnce(&Attachment<'_>) -> R) -> R {
        let config = LinkConfig::command(Lanes::One, PixelFormat::Rgb888);
        call(&Attachment { channel: VC0, name: "panel", config: &config, transport: self })
    }

    fn attach(&self) -> Result<(), HostAttachError> {
        self.serve(|attachment| self.0.attach(attachment))
    }

    fn detach(&self) {
        self.serve(|attachment| self.0.detach(attachment));
    }

    fn send(&self) -> Result<usize, TransferError> {
        self.transfer(DataType::DCS_READ, (&[0x0a]).into(), &mut [0; 3])
    }
}

#[test]
fn each_call_reaches_the_host_and_its_response_the_bus_whether_or_not_it_is_legal() {
    let checked = CheckedHost::new(Inner { sends: true, ..Inner::default() });
    let bus = LyingBus(&checked);
    assert_eq!(bus.attach(), Ok(()));
    assert_eq!(bus.send(), Ok(3));
    bus.detach();
    checked.assert_legal();
    checked.checker().assert_idle();
    assert_eq!(bus.send(), Ok(3));
    checked.cancel(VC0);
    let calls = checked.inner().calls.lock().unwrap().clone();
    assert_eq!(calls, [Attach, Transfer, Transfer, Detach, Transfer, Cancel]);
    let idle = |call| Violation { call, channel: VC0, kind: Kind::WrongState(ChannelState::Idle) };
    assert_eq!(checked.violations(), [idle(Transfer), idle(Cancel)]);
    let message = catch_unwind(AssertUnwindSafe(|| checked.assert_legal())).unwrap_err();
    let message = message.downcast::<String>().unwrap();
    assert!(message.contains("cancel of channel 0 while the channel is idle"), "{message}");
}

#[test]
fn a_host_that_was_left_attached_is_legal_so_far_and_not_idle() {
    let checked = CheckedHost::new(Inner::default());
    LyingBus(&checked).attach().unwrap();
    checked.assert_legal();
    assert!(catch_unwind(AssertUnwindSafe(|| checked.checker().assert_idle())).is_err());
    checked.host_unregistered();
    let kind = Kind::MissingAtUnregistration;
    assert_eq!(checked.violations(), [Violation { call: Detach, channel: VC0, kind }]);
}

#[test]
fn a_refused_attach_and_calls_that_unwind_have_ended() {
    let refusing = CheckedHost::new(Inner { refuses: true, ..Inner::default() });
    assert_eq!(LyingBus(&refusing).attach(), Err(HostAttachError::NoCapacity));
    refusing.checker().assert_idle();

    let unwinding = CheckedHost::with_profile(Inner { unwinds: true, ..Inner::default() }, Profile::Shared);
    let bus = LyingBus(&unwinding);
    for call in [Attach, Transfer, Cancel] {
        let unwound = catch_unwind(AssertUnwindSafe(|| match call {
            Attach => drop(bus.attach()),
            Transfer => drop(bus.send()),
            Cancel => unwinding.cancel(VC0),
            Detach => bus.detach(),
        }));
        assert!(unwound.is_err());
        let checker = unwinding.checker();
        assert_eq!((checker.running(), checker.state(VC0)), (0, ChannelState::Idle), "{call}");
    }
}

#[test]
fn calls_of_several_threads_are_told_apart() {
    struct Slow(Mutex<std::sync::mpsc::Sender<()>>, Mutex<std::sync::mpsc::Receiver<()>>);
    impl HostController for Slow {
        fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
            self.0.lock().unwrap().send(()).unwrap();
            self.1.lock().unwrap().recv().unwrap();
            Ok(())
        }
        fn detach(&self, _: &Attachment<'_>) {}
        fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
            Ok(0)
        }
    }
    let (says_entered, entered) = channel();
    let (says_go_on, go_on) = channel();
    let checked = CheckedHost::serialised(Slow(Mutex::new(says_entered), Mutex::new(go_on)));
    let unused = CheckedHost::new(Inner::default());
    thread::scope(|scope| {
        scope.spawn(|| LyingBus(&unused).serve(|attachment| checked.attach(attachment)));
        entered.recv().unwrap();
        // The checker's lock is free while the call runs, and what another thread sends is not from inside of it.
        let message = |channel| {
            Message::new(channel, DataType::DCS_SHORT_WRITE_0, Payload::new(&[0], &[]), Speed::LowPower)
                .unwrap()
        };
        assert_eq!(checked.transfer(&message(VC0), &mut []), Ok(0));
        assert_eq!(checked.transfer(&message(VC1), &mut []), Ok(0));
        says_go_on.send(()).unwrap();
    });
    let violation = |channel, kind| Violation { call: Transfer, channel, kind };
    assert_eq!(
        checked.violations(),
        [
            violation(VC0, Kind::FromOutside(ChannelState::Attaching)),
            violation(VC1, Kind::WrongState(ChannelState::Idle)),
        ]
    );
}
