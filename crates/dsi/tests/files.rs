//! The files that the tool writes and reads: pictures, traces, blobs that are none.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn dsi(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dsi")).args(arguments).output().expect("the tool runs")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Width, height, RGB bytes.
fn read_png(path: &PathBuf) -> (u32, u32, Vec<u8>) {
    let decoder =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).expect("it was written")));
    let mut reader = decoder.read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    (info.width, info.height, pixels)
}

#[test]
fn the_picture_is_the_test_picture_while_all_is_up_and_black_when_the_host_has_gone() {
    let path = file("picture.png");
    let name = path.to_str().expect("a name");
    assert!(dsi(&["run", "--steps", "command", "--png", name]).status.success());
    let expected = virtual_hardware::test_picture(480, 320);
    let (width, height, pixels) = read_png(&path);
    assert_eq!((width, height), (480, 320));
    assert!(pixels == expected.rgb_bytes(), "the screen shows something else");

    assert!(dsi(&["run", "--steps", "unbind host", "--png", name]).status.success());
    assert!(read_png(&path).2.iter().all(|byte| *byte == 0));
}

#[test]
fn the_trace_is_json_whose_spans_end_and_whose_time_does_not_go_back() {
    let path = file("trace.json");
    let name = path.to_str().expect("a name");
    let steps = "unbind host, command, bind host, unbind peripheral, bind peripheral";
    assert!(dsi(&["run", "--steps", steps, "--trace", name]).status.success());
    let text = std::fs::read_to_string(&path).expect("it was written");
    let trace: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("a list");
    let (mut last, mut open) = (0.0, std::collections::BTreeMap::new());
    for event in events.iter().filter(|event| event["ph"] != "M") {
        let time = event["ts"].as_f64().expect("a time");
        assert!(time > last, "{event}");
        last = time;
        let depth = open.entry(event["tid"].as_u64().expect("a row")).or_insert(0);
        match event["ph"].as_str().expect("a phase") {
            "B" => *depth += 1,
            "E" => *depth -= 1,
            "X" | "i" => {}
            other => panic!("phase {other}"),
        }
        assert!(*depth >= 0, "{event}");
    }
    assert!(open.values().all(|depth| *depth == 0), "{open:?}");
    let named = |name: &str| events.iter().any(|event| event["name"] == name);
    for name in [
        "probe by sn65dsi83",
        "remove by rcar-mipi-dsi",
        "unbind host",
        "HS > VC0 vertical sync start",
        "refused: the host has been removed",
        "fd922800.dsi: registered as a host",
        "fd922800.dsi: unregistered",
        "fd922800.dsi.0: attached",
        "fd922800.dsi.0: unregistered",
    ] {
        assert!(named(name), "no event '{name}'");
    }
}

#[test]
fn a_truncated_or_damaged_blob_is_told_and_never_a_panic() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/boards/thread.dtb")).expect("our own");
    let path = file("damaged.dtb");
    let name = path.to_str().expect("a name").to_owned();
    let lengths = [0, 1, 39, 40, 56, 100, 500, whole.len() - 1];
    let truncated = lengths.map(|length| whole[..length].to_vec());
    let mut claims_more = whole.clone();
    claims_more[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    for damaged in truncated.into_iter().chain([claims_more]) {
        std::fs::write(&path, &damaged).expect("a file of the test's");
        for command in ["topology", "run"] {
            let output = dsi(&[command, &name]);
            let said = String::from_utf8(output.stderr).expect("text");
            assert_eq!(output.status.code(), Some(2), "{} bytes: {said}", damaged.len());
            assert!(said.starts_with(&format!("dsi: {name}: ")), "names the file: {said}");
            assert_eq!(said.lines().count(), 1, "one sentence: {said}");
        }
    }
}

/// Runs the tool with an output that nobody reads.
fn unread(arguments: &[&str]) -> Option<i32> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dsi"));
    let child = child.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("the tool runs");
    drop(child.stdout.take());
    child.wait().expect("it ends").code()
}

#[test]
fn an_output_that_nobody_reads_stops_neither_steps_nor_files_nor_the_verdict() {
    let (picture, trace) = (file("unread.png"), file("unread.json"));
    let (picture_name, trace_name) = (picture.to_str().expect("a name"), trace.to_str().expect("a name"));
    for path in [&picture, &trace] {
        let _ = std::fs::remove_file(path);
    }
    let code = unread(&["run", "--steps", "command", "--png", picture_name, "--trace", trace_name]);
    assert_eq!(code, Some(0));
    assert_eq!((read_png(&picture).0, trace.exists()), (480, true));

    assert_eq!(unread(&["run", "--steps", "unbind peripheral, command"]), Some(2), "the step is refused");
    assert_eq!(unread(&["topology"]), Some(0));
}

#[test]
fn what_a_hostile_blob_calls_its_nodes_does_not_reach_the_terminal_as_it_is() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/boards/thread.dtb")).expect("our own");
    let path = file("hostile.dtb");
    let name = path.to_str().expect("a name");
    let trace = file("hostile.json");
    let replaced = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let mut bytes = whole.clone();
        for at in 0..=bytes.len() - from.len() {
            if &bytes[at..at + from.len()] == from {
                bytes[at..at + from.len()].copy_from_slice(to);
            }
        }
        std::fs::write(&path, bytes).expect("a file of the test's");
    };
    let check = |arguments: &[&str]| {
        let output = dsi(arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).expect("text");
        assert!(!text.contains(|found: char| found.is_control() && found != '\n'), "{arguments:?}: {text:?}");
        text
    };
    let trace_name = trace.to_str().expect("a name");
    for (from, to) in [
        (&b"ti,sn65dsi83"[..], &b"ti,\x1b[31m\xc2\x9b\x7fx"[..]),
        (b"bridge@2c", b"\x1b[2J\r\n@2c"),
        (b"dsi@fd922800", b"\x1b]0@fd922800"),
    ] {
        replaced(from, to);
        assert!(check(&["topology", name]).contains(r"\u{1b}"));
        check(&["run", name]);
        // Not that of another run.
        let _ = std::fs::remove_file(&trace);
        check(&["run", name, "--steps", "command"]);
        // A step that each of these boards can take, so that there is a trace.
        check(&["run", name, "--steps", "unbind host", "--trace", trace_name]);
        check(&["run", name, "--steps", "bind nobody"]);
        let text = std::fs::read_to_string(&trace).expect("a trace");
        assert!(!text.contains(r"\u001b"), "an escape in a name of the trace");
    }
}

#[test]
fn a_refused_step_leaves_picture_and_trace() {
    let (picture, trace) = (file("refused.png"), file("refused.json"));
    for path in [&picture, &trace] {
        let _ = std::fs::remove_file(path);
    }
    let (png, json) = (picture.to_str().expect("a name"), trace.to_str().expect("a name"));
    let output = dsi(&["run", "--steps", "unbind peripheral, command", "--png", png, "--trace", json]);
    assert_eq!(output.status.code(), Some(2));
    assert!(read_png(&picture).2.iter().all(|byte| *byte == 0));
    let text = std::fs::read_to_string(&trace).expect("a trace");
    assert!(text.contains("refused: no driver is bound to"), "the outcome of the step is in it");
}

#[test]
fn what_is_no_file_is_refused_before_it_is_opened() {
    let fifo = file("pipe");
    let _ = std::fs::remove_file(&fifo);
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let socket = file("socket");
    let _ = std::fs::remove_file(&socket);
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    for (path, is) in [(&fifo, "a pipe"), (&socket, "a socket"), (&file(""), "a directory")] {
        let name = path.to_str().expect("a name");
        for arguments in [vec!["topology", name], vec!["run", "--steps", "command", "--png", name]] {
            let output = dsi(&arguments);
            let said = String::from_utf8(output.stderr).expect("text");
            assert_eq!(said, format!("dsi: {name}: this is {is}; give a file\n"));
            assert_eq!(output.status.code(), Some(2));
        }
    }
}
