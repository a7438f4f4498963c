//! What must not compile, and that the compiler says why in words that a user of the bus understands.
//!
//! What the compiler says is its own, and changes with it: the cases are compared under the version that they were
//! written down with, and passed over under others. After a change: `TRYBUILD=overwrite cargo test -p mipi-dsi
//! --test must_not_compile`, and read what comes.

use std::process::Command;

/// The compiler whose words `tests/ui` has.
const WRITTEN_DOWN_WITH: &str = "rustc 1.95.";

#[test]
#[ignore = "takes most of a minute: scripts/test slow"]
fn misuse_does_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().expect("the compiler says its version").stdout;
    let version = String::from_utf8_lossy(&version);
    if version.starts_with(WRITTEN_DOWN_WITH) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        println!("passed over: {version} is not {WRITTEN_DOWN_WITH}");
    }
}
