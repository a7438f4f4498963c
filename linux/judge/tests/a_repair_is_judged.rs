//! A repair goes into the kernel, and the kernel says what its model does.
//!
//! This needs the kernel, which takes minutes to build: `linux/lab test` runs it, plain `cargo test` does not.

use lab_orders::Order;
use linux_lab::boot::Leaks;
use linux_lab::judge::Judge;
use linux_lab::kernel::{self, Core, Machine, Repair, Source};
use linux_lab::verdict::Verdict;

#[test]
#[ignore = "needs the kernel: linux/lab test"]
fn with_own_references_the_threads_order_is_clean_and_a_late_command_is_not() {
    let source = Source::package().expect("linux/lab installs the package");
    let repair = Repair::named("own-references");
    assert!(repair.is_some());
    let kernel =
        kernel::build(&source, Machine::default(), Core::Stock, repair, "", &mut |_| ()).expect("it builds");
    let judge = Judge::new(&kernel).expect("it sees");
    let verdict = |steps: &str| {
        let order = Order::parse("managed-bridge", steps).expect("an order");
        judge.judge(&order, Leaks::NotLooked).expect("it boots").verdict
    };
    assert_eq!(verdict("unbind host, unbind peripheral"), Verdict::Clean);
    match verdict("unbind host, command") {
        Verdict::Reported(report) => {
            assert_eq!(report.function.as_deref(), Some("mipi_dsi_device_transfer"));
        }
        other => panic!("{other:?}"),
    }
}
