//! A panel's lists keep the newest entries and count all of them.

use crate::rig::Rig;
use virtual_hardware::MAX_KEPT;

#[test]
fn commands_breaches_and_writes_are_counted_and_only_the_newest_are_kept() {
    let rig = Rig::awake(2, 2);
    let before = rig.panel.command_count();
    let rounds = MAX_KEPT + 10;
    for round in 0..rounds {
        rig.dcs(&[0xb1, round as u8]);
        rig.dcs(&[0x60]);
    }
    assert_eq!(rig.panel.command_count() - before, rounds as u64);
    assert_eq!(
        (rig.panel.breach_count(), rig.panel.manufacturer_write_count()),
        (rounds as u64, rounds as u64)
    );
    let lengths =
        [rig.panel.commands().len(), rig.panel.breaches().len(), rig.panel.manufacturer_writes().len()];
    assert_eq!(lengths, [MAX_KEPT; 3]);
    let (first, last) = (rounds - MAX_KEPT, rounds - 1);
    let writes = rig.panel.manufacturer_writes();
    let ends = [writes.first(), writes.last()].map(|write| write.map(|write| write.bytes()[1]));
    assert_eq!(ends, [Some(first as u8), Some(last as u8)]);
    rig.panel.clear_breaches();
    assert_eq!((rig.panel.breach_count(), rig.panel.breaches()), (0, vec![]));
    rig.panel.set_powered(false);
    rig.panel.set_powered(true);
    assert_eq!(rig.panel.manufacturer_write_count(), rounds as u64, "what happened has happened");
}
