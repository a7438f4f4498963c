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

/// The README's commands, as they are typed in a checkout, print what it says.
#[test]
fn the_readme_shows_what_the_tool_prints() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let text = std::fs::read_to_string(readme).expect("the README can be read");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    // The folder that the commands run in, by trycmd's rule.
    std::fs::create_dir_all(folder.join("README.in")).expect("a folder can be made");
    let path = folder.join("README.md");
    let (before, time_and_after) = text.split_once(" at a time, took ").expect("it tells the time");
    let (_, after) = time_and_after.split_once(' ').expect("a time has a unit");
    let text =
        format!("{before} at a time, took [..] {after}").replace("$ cargo run --release -- ", "$ dsi ");
    // A block of trycmd's ends with an empty line where what is printed ends with a line.
    let text = text.replace("\n```\n", "\n\n```\n");
    std::fs::write(&path, text).expect("a file can be written");
    trycmd::TestCases::new().case(path).run();
}
