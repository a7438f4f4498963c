//! What a host records of its calls, and what it does in attach, detach and cancel.

use crate::rig::{Direct, Rig, VC0};
use core::time::Duration;
use mipi_dsi::bus::{
    Attachment, Capabilities, HostAttachError, HostController, HostError, Lanes, LinkConfig, Mode,
    PixelFormat, Speed, TransferError,
};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use virtual_hardware::host::{Call, ChannelState, Counts, Gates, TooManyDevices, Violation, ViolationKind};
use virtual_hardware::link::Record;
use virtual_hardware::{Cable, DcsPanel, Gate, HostOptions, PanelOptions, Tap, VirtualClock, VirtualHost};

const NOP: &[u8] = &[0x00];

const NOT_ATTACHED: ViolationKind = ViolationKind::WrongState(ChannelState::Idle);
const TRANSFER_RUNS: ViolationKind = ViolationKind::CallRuns { running: Call::Transfer, on: VC0 };

fn violation(call: Call, kind: ViolationKind) -> Violation {
    Violation { channel: VC0, call, kind }
}

/// That a host is unregistered while the channel is attached.
fn never_detached() -> Violation {
    violation(Call::Detach, ViolationKind::MissingAtUnregistration)
}

fn rig(options: HostOptions) -> Rig {
    Rig::new(PanelOptions::command(4, 4), options)
}

fn send(rig: &Rig) -> Result<Vec<u8>, HostError> {
    rig.send(DataType::DCS_SHORT_WRITE_0, NOP, 0)
}

/// For steps whose outcome is not what a test is about.
fn ignore<T>(_: T) {}

#[test]
fn the_legal_sequence_is_no_violation() {
    let rig = rig(HostOptions::default());
    for _ in 0..3 {
        rig.host.refuse_attach(Some(HostAttachError::NotReady));
        assert_eq!(rig.attach(), Err(HostAttachError::NotReady));
        rig.host.refuse_attach(None);
        rig.attach().expect("can");
        assert_eq!(rig.host.attached(), [VC0]);
        assert_eq!(rig.host.config(VC0), Some(rig.panel.options().link_config()));
        send(&rig).expect("sent");
        send(&rig).expect("sent");
        rig.detach();
        assert_eq!((rig.host.attached(), rig.host.config(VC0)), (vec![], None));
    }
    rig.host.retired();
    assert_eq!(rig.host.violations(), []);
    let counts = Counts { attach: 6, attached: 3, detach: 3, transfer: 6, cancel: 0 };
    assert_eq!(rig.host.counts(), counts);
}

#[test]
fn each_illegal_call_is_written_down() {
    type Steps = fn(&Rig);
    let cases: [(Steps, Violation); 8] = [
        (
            |rig| ignore((rig.attach(), rig.attach())),
            violation(Call::Attach, ViolationKind::WrongState(ChannelState::Attached)),
        ),
        (Rig::detach, violation(Call::Detach, NOT_ATTACHED)),
        (
            |rig| {
                ignore(rig.attach());
                rig.detach();
                rig.detach();
            },
            violation(Call::Detach, NOT_ATTACHED),
        ),
        (|rig| ignore(send(rig)), violation(Call::Transfer, NOT_ATTACHED)),
        (|rig| rig.host.cancel(VC0), violation(Call::Cancel, NOT_ATTACHED)),
        (
            |rig| {
                rig.host.refuse_attach(Some(HostAttachError::NoCapacity));
                ignore((rig.attach(), send(rig)));
            },
            violation(Call::Transfer, NOT_ATTACHED),
        ),
        (
            |rig| {
                ignore(rig.attach());
                rig.host.cancel(VC0);
                ignore((send(rig), send(rig)));
            },
            violation(Call::Transfer, ViolationKind::AfterCancel),
        ),
        (
            |rig| {
                rig.host.retired();
                ignore(rig.attach());
            },
            violation(Call::Attach, ViolationKind::AfterUnregistration),
        ),
    ];
    for (steps, expected) in cases {
        let rig = rig(HostOptions::default());
        steps(&rig);
        assert_eq!(rig.host.violations(), [expected], "{expected}");
    }
}

#[test]
fn every_call_after_retirement_is_written_down_until_the_host_is_back() {
    let rig = rig(HostOptions::default());
    rig.attach().expect("can");
    rig.host.retired();
    send(&rig).expect("sent");
    rig.host.cancel(VC0);
    rig.detach();
    let late = |call| violation(call, ViolationKind::AfterUnregistration);
    let all = [never_detached(), late(Call::Transfer), late(Call::Cancel), late(Call::Detach)];
    assert_eq!(rig.host.violations(), all);
    rig.host.registered_anew();
    rig.attach().expect("can");
    assert_eq!(rig.host.violations(), all);
}

#[test]
fn a_transfer_stands_at_its_gate_and_what_comes_meanwhile_is_written_down() {
    let gate = Gate::closed();
    let gates = Gates { transfer: Some(gate.clone()), ..Gates::default() };
    let rig = rig(HostOptions { gates, ..HostOptions::default() });
    rig.attach().expect("can");
    thread::scope(|scope| {
        let first = scope.spawn(|| send(&rig));
        gate.wait_until_reached(1);
        let second = scope.spawn(|| send(&rig));
        gate.wait_until_reached(2);
        rig.host.retired();
        rig.host.registered_anew();
        gate.open();
        assert!(first.join().is_ok_and(|sent| sent.is_ok()) && second.join().is_ok_and(|sent| sent.is_ok()));
    });
    let at_once = violation(Call::Transfer, TRANSFER_RUNS);
    let late = violation(Call::Transfer, ViolationKind::RunsAtUnregistration);
    assert_eq!(rig.host.violations(), [at_once, late, never_detached()]);
}

#[test]
fn a_detach_during_a_transfer_is_written_down() {
    let gate = Gate::closed();
    let gates = Gates { transfer: Some(gate.clone()), ..Gates::default() };
    let rig = rig(HostOptions { gates, ..HostOptions::default() });
    rig.attach().expect("can");
    thread::scope(|scope| {
        scope.spawn(|| send(&rig));
        gate.wait_until_reached(1);
        rig.detach();
        gate.open();
    });
    assert_eq!(rig.host.violations(), [violation(Call::Detach, TRANSFER_RUNS)]);
}

#[test]
fn cancel_calls_the_transfer_back_and_the_panel_hears_nothing() {
    let gate = Gate::closed();
    let gates = Gates { transfer: Some(gate.clone()), ..Gates::default() };
    let rig = rig(HostOptions { gates, ..HostOptions::default() });
    rig.attach().expect("can");
    thread::scope(|scope| {
        let transfer = scope.spawn(|| send(&rig));
        gate.wait_until_reached(1);
        rig.host.cancel(VC0);
        assert_eq!(transfer.join().ok(), Some(Err(HostError::Cancelled)));
    });
    assert_eq!(rig.host.violations(), []);
    assert_eq!(send(&rig), Err(HostError::Cancelled));
    assert_eq!(rig.host.violations(), [violation(Call::Transfer, ViolationKind::AfterCancel)]);
    rig.detach();
    assert_eq!(rig.panel.commands(), []);
    // The next attachment is not cancelled.
    gate.open();
    rig.attach().expect("can");
    assert_eq!(send(&rig), Ok(vec![]));
    assert_eq!(rig.host.violations().len(), 1);
}

#[test]
fn a_cancel_is_kept_for_the_transfer_that_it_comes_before() {
    let rig = rig(HostOptions::default());
    rig.attach().expect("can");
    rig.host.cancel(VC0);
    assert_eq!(send(&rig), Err(HostError::Cancelled));
    rig.detach();
    rig.attach().expect("can");
    assert_eq!(send(&rig), Ok(vec![]), "a new attachment is not cancelled");
    assert_eq!(rig.panel.commands().len(), 1);
    assert_eq!(rig.host.violations(), []);
}

#[test]
fn a_transfer_that_unwinds_has_ended() {
    let panel = Arc::new(DcsPanel::new(PanelOptions::command(4, 4)));
    let host = VirtualHost::new(VirtualClock::new(), HostOptions::default());
    let unwind = |_: &Record<'_>| panic!("as a test asked for");
    host.connect(Arc::new(Tap::new(panel, Arc::new(unwind)))).expect("the first");
    let transport = Direct { host: &host, channel: VC0, speed: Speed::HighSpeed };
    let config = LinkConfig::command(Lanes::Four, PixelFormat::Rgb888);
    host.attach(&Attachment { channel: VC0, name: "panel", config: &config, transport: &transport })
        .expect("can");
    for _ in 0..2 {
        let send = || mipi_dsi::bus::Commands::dcs_write(&transport, NOP);
        assert!(catch_unwind(AssertUnwindSafe(send)).is_err());
    }
    assert_eq!(host.violations(), []);
    assert_eq!(host.counts().transfer, 2);
}

#[test]
fn attach_and_detach_stand_at_their_gates() {
    let (attach, detach) = (Gate::closed(), Gate::closed());
    let gates = Gates { attach: Some(attach.clone()), detach: Some(detach.clone()), transfer: None };
    let rig = rig(HostOptions { gates, ..HostOptions::default() });
    thread::scope(|scope| {
        let attaching = scope.spawn(|| rig.attach());
        attach.wait_until_reached(1);
        assert_eq!(rig.host.attached(), []);
        attach.open();
        assert_eq!(attaching.join().ok(), Some(Ok(())));
        let detaching = scope.spawn(|| rig.detach());
        detach.wait_until_reached(1);
        rig.host.retired();
        detach.open();
        detaching.join().expect("no panic");
    });
    assert_eq!(rig.host.violations(), [violation(Call::Detach, ViolationKind::RunsAtUnregistration)]);
}

#[test]
fn a_detach_may_shut_the_panel_down_through_the_lent_transport() {
    let rig = rig(HostOptions::default().shutting_panels_down());
    rig.attach().expect("can");
    rig.wake();
    rig.detach();
    assert!(rig.panel.is_asleep() && !rig.panel.is_display_on());
    assert_eq!(rig.host.lent_transfers(), [Ok(0), Ok(0)]);
    assert_eq!((rig.host.violations(), rig.panel.broken_rules()), (vec![], vec![]));
}

#[test]
fn an_attach_may_send_and_fails_with_what_it_sent() {
    let options = HostOptions {
        attach_commands: vec![vec![0x11]],
        acknowledge_writes: true,
        attach_time: Duration::from_millis(3),
        detach_time: Duration::from_millis(4),
        ..HostOptions::default()
    };
    let rig = rig(options);
    rig.cable.pull();
    assert_eq!(rig.attach(), Err(HostAttachError::Transfer(HostError::Timeout)));
    assert_eq!(rig.host.lent_transfers(), [Err(TransferError::Host(HostError::Timeout))]);
    assert_eq!(rig.host.attached(), []);
    rig.cable.plug();
    let before = rig.host.clock().now();
    rig.attach().expect("can");
    assert!(!rig.panel.is_asleep());
    let attached = rig.host.clock().now();
    assert!(attached.since(before) >= Duration::from_millis(3));
    rig.detach();
    assert_eq!(rig.host.clock().now().since(attached), Duration::from_millis(4));
    assert_eq!(rig.host.violations(), []);
}

#[test]
fn what_the_host_cannot_do_is_refused() {
    let capabilities = Capabilities::all(Lanes::Two).only_modes(&[Mode::Command]);
    let rig = rig(HostOptions { capabilities, ..HostOptions::default() });
    assert_eq!(rig.host.capabilities(), capabilities);
    assert_eq!(rig.attach(), Err(HostAttachError::Unsupported), "it has two lanes");
    rig.attach_with(LinkConfig::command(Lanes::Two, PixelFormat::Rgb565)).expect("can");
}

#[test]
fn the_time_of_a_packet_is_that_of_its_bits() {
    let rig = rig(HostOptions { transfer_time: Duration::from_micros(7), ..HostOptions::default() });
    rig.attach().expect("can");
    let time = |speed, lanes| {
        let rig = &rig;
        rig.detach();
        rig.attach_with(LinkConfig { lanes, ..rig.panel.options().link_config() }).expect("can");
        let before = rig.host.clock().now();
        let transport = Direct { host: &rig.host, channel: VC0, speed };
        mipi_dsi::bus::Commands::dcs_write(&transport, NOP).expect("sent");
        rig.host.clock().now().since(before).as_nanos()
    };
    // Four bytes and an EoTp at 1 Gbit/s a lane; four bytes at 10 Mbit/s on one lane.
    assert_eq!(time(Speed::HighSpeed, Lanes::Four), 7000 + 16);
    assert_eq!(time(Speed::HighSpeed, Lanes::One), 7000 + 64);
    assert_eq!(time(Speed::LowPower, Lanes::Four), 7000 + 3200);
}

#[test]
fn four_panels_share_a_link_and_each_takes_its_own() {
    let host = VirtualHost::new(VirtualClock::new(), HostOptions::default());
    let panels = VirtualChannel::ALL.map(|channel| {
        let options = PanelOptions { channel, display_id: [channel.get(); 3], ..PanelOptions::command(4, 4) };
        let panel = Arc::new(DcsPanel::new(options));
        host.connect(Arc::new(Cable::new(panel.clone()))).expect("room for four");
        panel
    });
    assert_eq!(host.connect(panels[0].clone()), Err(TooManyDevices));
    for channel in VirtualChannel::ALL {
        let transport = Direct { host: &host, channel, speed: Speed::HighSpeed };
        let config = panels[channel.index()].options().link_config();
        host.attach(&Attachment { channel, name: "panel", config: &config, transport: &transport })
            .expect("can");
        mipi_dsi::bus::Commands::dcs_write(&transport, &[0x11]).expect("sent");
        assert_eq!(panels.iter().filter(|panel| !panel.is_asleep()).count(), channel.index() + 1);
        host.clock().sleep(Duration::from_millis(120));
        let mut id = [0xff; 3];
        mipi_dsi::bus::Commands::dcs_read(&transport, 0x04, &mut id).expect("a response");
        assert_eq!(id, [channel.get(); 3]);
    }
    assert!(panels.iter().all(|panel| panel.breaches().is_empty()));
    assert_eq!(host.violations(), []);
}
