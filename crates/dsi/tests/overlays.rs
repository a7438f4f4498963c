//! What the tool says of overlays, and the page of the documentation about them. Both name files of
//! `crates/board/tests/overlays`, where each test here runs.
//!
//! `TRYCMD=overwrite cargo test -p dsi --test overlays` writes what comes; read it before you commit it.

#[test]
fn overlays_and_their_page() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../board/tests/overlays");
    std::env::set_current_dir(here).expect("the folder of the overlays");
    trycmd::TestCases::new()
        .case(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/overlays/*.md"))
        .case(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/overlays.md"))
        .run();
}
