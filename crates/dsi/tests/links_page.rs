//! The page of the documentation about where drivers look for the other end of a link: its command prints what it says.

#[test]
fn the_page_of_links_shows_what_the_tool_prints() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::env::set_current_dir(root).expect("the folder of the checkout");
    trycmd::TestCases::new().case(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/links.md")).run();
}
