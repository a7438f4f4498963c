//! What is wrong in the drop-in's Rust is reported as what is wrong in C is.
//!
//! This needs the kernel, which takes minutes to build: `linux/lab test` runs it, plain `cargo test` does not.

use lab_orders::Order;
use linux_lab::boot::Leaks;
use linux_lab::judge::Judge;
use linux_lab::kernel::{self, Core, Machine, Source};
use linux_lab::verdict::Verdict;

#[test]
#[ignore = "needs the kernel with Rust: linux/lab test"]
fn a_use_after_free_in_rust_is_reported_where_it_is() {
    let source = Source::package().expect("linux/lab installs the package");
    let verdict = |core, steps: &str| {
        let kernel =
            kernel::build(&source, Machine::default(), core, None, "", &mut |_| ()).expect("it builds");
        let judge = Judge::new(&kernel).expect("it sees");
        let order = Order::parse("managed-bridge", steps).expect("an order");
        judge.judge(&order, Leaks::NotLooked).expect("it boots").verdict
    };
    let steps = "unbind host, unbind peripheral";
    assert_eq!(verdict(Core::Rust, steps), Verdict::Clean);
    match verdict(Core::RustWithFault, steps) {
        Verdict::Reported(report) => {
            assert_eq!(report.kind.to_string(), "KASAN use-after-free");
            assert_eq!(report.function.as_deref(), Some("mipi_dsi_device_unregister"));
        }
        other => panic!("{other:?}"),
    }
}
