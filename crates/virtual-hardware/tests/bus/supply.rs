//! A panel without power, a panel that is reset, and what a host notices of it.

use crate::rig::{First, ID, Rig, acknowledging, host_error, sensing};
use mipi_dsi::bus::{Commands, HostError, ReadError};
use virtual_hardware::{HostOptions, Rule};

#[test]
fn a_panel_without_power_never_responds() {
    let cases = [
        (HostOptions::default(), Ok(()), HostError::Timeout),
        (acknowledging(), Err(host_error(HostError::Timeout)), HostError::Timeout),
        (sensing(), Err(host_error(HostError::NoPeripheral)), HostError::NoPeripheral),
    ];
    for (options, written, read) in cases {
        let rig = Rig::awake(options);
        let end = rig.end();
        end.panel.set_powered(false);
        for _ in 0..3 {
            assert_eq!(end.link().dcs_write(&[0x51, 9]), written);
            assert_eq!(end.read_id(), Err(ReadError::Transfer(host_error(read))));
        }
        let heard = end.panel.broken_rules();
        assert!(heard.iter().all(|rule| *rule == Rule::NoPower));
        assert_eq!(heard.is_empty(), read == HostError::NoPeripheral, "{heard:?}");
        end.repair();
        assert!(end.panel.is_asleep() && end.panel.brightness() == [0], "it begins anew");
        rig.assert_works(0);
        rig.take_down(First::Host);
    }
}

#[test]
fn power_that_fails_within_a_transaction_fails_what_is_left_of_it() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    let mut sent = Vec::new();
    mipi_dsi::bus::Transport::transaction(end.link(), &mut |link| {
        sent.push(link.dcs_write(&[0x51, 1]));
        end.panel.set_powered(false);
        sent.push(link.dcs_write(&[0x51, 2]));
        end.panel.set_powered(true);
        sent.push(link.dcs_write(&[0x51, 3]));
    })
    .expect("the link was free");
    assert_eq!(sent, [Ok(()), Err(host_error(HostError::Timeout)), Ok(())]);
    assert_eq!(end.panel.brightness(), [3]);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn a_reset_forgets_the_return_size_and_reads_set_it_again() {
    let rig = Rig::awake(HostOptions::default());
    for _ in 0..3 {
        rig.end().panel.reset(rig.controller.clock().now());
        rig.wait(5);
        assert_eq!(rig.end().read_id(), Ok(ID));
    }
    rig.assert_works(0);
    rig.take_down(First::Host);
}
