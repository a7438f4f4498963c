//! What the lab says of what it can't do, before any kernel is built or booted.

use std::path::Path;
use std::process::Command;

/// What it says on standard error, for which it ends with 2.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

/// With a cache that can't be made, so that nothing is built by mistake.
#[track_caller]
fn lab(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linux-lab"));
    refused(command.args(arguments).env("XDG_CACHE_HOME", "/dev/null"))
}

#[test]
fn an_order_that_nobody_can_make_is_refused() {
    assert_eq!(
        lab(&["run", "managed-bridge", "unbind peripheral, command"]),
        "linux/lab: step 2, 'command', can't be taken: no driver that could send it is bound\n"
    );
    assert_eq!(
        lab(&["run", "managed-panel", "bind second host"]),
        "linux/lab: step 1, 'bind second host', can't be taken: there is no second host\n"
    );
}

#[test]
fn a_manner_of_host_or_a_variant_that_is_not_known_is_named() {
    let said = lab(&["run", "managed-bridge@fast-host", "command"]);
    assert!(
        said.starts_with(
            "linux/lab: there is no manner of host 'fast-host'; there are: plain-host, slow-host, "
        ),
        "{said}"
    );
    let said = lab(&["run", "bridge", "command"]);
    assert_eq!(said, "linux/lab: there is no variant 'bridge'; `linux/lab orders --list` names them\n");
}

#[test]
fn a_step_that_means_nothing_in_the_lab_says_which_tool_takes_it() {
    let said = lab(&["run", "managed-bridge", "unload peripheral"]);
    assert!(said.contains("`linux/lab type` loads and unloads their modules"), "{said}");
    let said = lab(&["run", "managed-bridge", "b: unbind host until waits"]);
    assert!(said.contains("is for `dsi run --model`"), "{said}");
    let said = lab(&["run", "managed-bridge", "unbind hots"]);
    assert!(said.contains("'unbind hots' names what the lab does not have"), "{said}");
    let said = lab(&["run", "managed-bridge", "unbind"]);
    assert!(said.starts_with("linux/lab: the end of step 1 (character 7): expected host, "), "{said}");
    let said = lab(&["type", "sn65dsi83", "--steps", "unload host, command"]);
    assert!(said.starts_with("linux/lab: 'command' is not a command of a shell"), "{said}");
}

#[test]
fn without_cargo_it_says_so() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab");
    let said = refused(Command::new("/bin/bash").arg(lab).arg("orders").env("PATH", "/nowhere"));
    assert!(said.starts_with("linux/lab: there is no cargo in PATH"), "{said}");
}
