//! The tool as a user sees it: what each command prints, where, and its exit code.
//!
//! `TRYCMD=overwrite cargo test -p dsi` writes what comes into the files of `tests/cmd`; read it before you commit it.

#[test]
fn what_each_command_prints() {
    trycmd::TestCases::new()
        .case("tests/cmd/*.md")
        .insert_var("[VERSION]", env!("CARGO_PKG_VERSION"))
        .expect("a name")
        .run();
}
