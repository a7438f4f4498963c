//! Live boards: every mainline board with a pipeline is brought up and taken apart, in every order of three steps where
//! that is cheap, and nothing breaks the contract or is left.

mod common;

use std::convert::Infallible;
use std::path::Path;

use board::facts::Release;
use board::live::{BoardOptions, LiveBoard, Refused};
use board::{Pipeline, Tree, pipeline};
use common::{boards, cells, compatible, files, flag, node, reg};
use mipi_dsi::bus::report::{DeviceState, Presence};
use teardown_steps::{BoardAct, Script, Step, orders};

/// Small screens: the pictures are compared pixel by pixel.
fn options() -> BoardOptions {
    BoardOptions { width: 24, height: 16, ..BoardOptions::default() }
}

fn read(path: &Path) -> (Tree, Vec<Pipeline>) {
    let bytes = std::fs::read(path).expect("a file of the cache can be read");
    let tree = Tree::from_dtb(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pipelines = pipeline::find(&tree);
    (tree, pipelines)
}

fn bring_up(tree: &Tree, pipelines: &[Pipeline]) -> LiveBoard {
    LiveBoard::bring_up(tree, pipelines, &options(), None).expect("a board with a pipeline comes up")
}

#[track_caller]
fn take(board: &LiveBoard, steps: &str) {
    take_all(board, &script(steps));
}

#[track_caller]
fn take_all(board: &LiveBoard, steps: &[Step]) {
    for step in steps {
        match board.step(step) {
            Ok(outcome) => assert_eq!(outcome.breaches, Vec::<String>::new(), "after {step} of {steps:?}"),
            // Nobody can make it: a script of the search has such steps.
            Err(Refused::NotBound(_) | Refused::HostGone { .. } | Refused::NoDriver { .. }) => {
                assert!(matches!(step.for_hardware(), Ok(BoardAct::Command(_))), "{step} of {steps:?}")
            }
            Err(refused) => panic!("{steps:?}: {refused}"),
        }
    }
}

#[track_caller]
fn script(steps: &str) -> Vec<Step> {
    steps.parse::<Script>().expect("a script").0
}

/// Every screen that a driver knows shows the test picture.
#[track_caller]
fn assert_up(board: &LiveBoard, what: &str) {
    let status = board.status();
    for host in &status.hosts {
        assert_eq!(host.presence, Presence::Present, "{what}: {}", host.name);
    }
    for (peripheral, link) in status.peripherals.iter().zip(board.all_links()) {
        let (state, shows) = match link.fact {
            Some(_) => (DeviceState::Attached, true),
            None => (DeviceState::Registered, false),
        };
        assert_eq!((peripheral.state, peripheral.shows_picture), (state, shows), "{what}: {status}");
    }
    assert!(status.held.is_empty(), "{what}: {status}");
}

#[track_caller]
fn assert_down(board: LiveBoard, what: &str) {
    assert_eq!(board.take_down(), Vec::<String>::new(), "{what}");
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn every_mainline_board_comes_up_shows_the_picture_and_is_taken_apart_in_both_orders() {
    let (mut live, mut pipelines_in_all) = (0, 0);
    let folder = boards();
    for path in files(folder.join("base"), "dtb").into_iter().chain(files(folder.join("combined"), "dtb")) {
        let (tree, pipelines) = read(&path);
        if pipelines.is_empty() {
            continue;
        }
        live += 1;
        pipelines_in_all += pipelines.len();
        let what = path.display().to_string();
        let known = pipelines.first().is_some_and(|pipeline| pipeline.peripheral.fact.is_some());
        for script in ["unbind host, unbind peripheral", "unbind peripheral, unbind host"] {
            let board = bring_up(&tree, &pipelines);
            assert_up(&board, &what);
            take(&board, script);
            // And back again, host first and host last.
            take(&board, "bind host");
            if known {
                take(&board, "bind peripheral, command");
            }
            assert_up(&board, &what);
            take(&board, "pull host, plug host");
            if known {
                take(&board, "bind peripheral");
            }
            assert_up(&board, &what);
            assert_down(board, &what);
        }
    }
    // 245 base boards and 18 with overlays; a number that falls is a board that was lost.
    assert!(live >= 256, "{live} boards");
    println!("{live} boards, {pipelines_in_all} pipelines");
}

/// Our own, as no mainline board has them.
const THREAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dsi/boards/thread.dtb");
const PLAIN_BRIDGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dsi/boards/plain-bridge.dtb");
const PLAIN_PANEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dsi/boards/plain-panel.dtb");

/// Boards of different kind: a child panel, a bridge on I2C, a host on I2C, two links to one panel, an overlay, a panel
/// that is controlled over SPI, plain (not managed) drivers on I2C: of a bridge and of a panel.
const KINDS: [(&str, &str); 9] = [
    ("child panel", "base/arm64/rockchip/rk3399-pinephone-pro.dtb"),
    ("bridge on I2C", "base/arm64/renesas/r8a779g0-white-hawk.dtb"),
    ("host on I2C", "base/arm/nvidia/tegra30-asus-tf700t.dtb"),
    ("dual link", "base/arm64/qcom/sm8250-xiaomi-elish-boe.dtb"),
    ("ganged", "base/arm/nvidia/tegra114-asus-tf701t.dtb"),
    ("overlay", "combined"),
    ("over SPI", "base/arm64/rockchip/rk3566-anbernic-rg503.dtb"),
    ("plain bridge", PLAIN_BRIDGE),
    ("plain panel", PLAIN_PANEL),
];

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn every_order_of_three_steps_on_boards_of_each_kind() {
    let steps = [
        "unbind host",
        "unbind peripheral",
        "bind host",
        "bind peripheral",
        "command",
        "unload host",
        "load host",
        "unload peripheral",
        "load peripheral",
        "pull host",
        "plug host",
        "pull peripheral",
        "plug peripheral",
    ];
    for (kind, path) in KINDS {
        let path = boards().join(path);
        let path = if path.is_dir() {
            files(path, "dtb").into_iter().find(|path| !read(path).1.is_empty()).expect("an overlay")
        } else {
            path
        };
        let (tree, pipelines) = read(&path);
        assert!(!pipelines.is_empty(), "{kind}: {} has no pipeline", path.display());
        // On a board with two hosts the second one's steps as well.
        let board = bring_up(&tree, &pipelines);
        let second = board.hosts().nth(1).map(|host| host.name.clone());
        assert_down(board, kind);
        let of_second =
            second.iter().flat_map(|name| ["unbind", "bind", "pull"].map(|verb| format!("{verb} {name}")));
        let steps: Vec<Step> =
            steps.iter().map(ToString::to_string).chain(of_second).flat_map(|step| script(&step)).collect();
        let tried = orders::up_to(&steps, 3, |order| {
            if order.len() == 3 {
                let board = bring_up(&tree, &pipelines);
                take_all(&board, order);
                assert_down(board, &format!("{kind}: {order:?}"));
            }
            Ok::<_, Infallible>(true)
        });
        let Ok(tried) = tried;
        let all: usize = (1..=3).map(|length| steps.len().pow(length)).sum();
        assert_eq!(tried.len(), all);
    }
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn what_was_brought_up_in_any_order_comes_back() {
    for (kind, path) in KINDS.iter().filter(|(_, path)| *path != "combined") {
        let (tree, pipelines) = read(&boards().join(path));
        for script in [
            "unbind host, bind host",
            "unload peripheral, unbind host, bind host, load peripheral",
            "unload host, unload peripheral, load peripheral, load host",
            "pull host, unbind peripheral, plug host, bind peripheral",
        ] {
            let board = bring_up(&tree, &pipelines);
            take(&board, script);
            assert_up(&board, &format!("{kind}: {script}"));
            assert_down(board, kind);
        }
    }
}

/// As Linux's driver core does: it lists the probes that it began and that were deferred, and no others.
#[test]
fn a_driver_that_is_loaded_is_probed_again_when_its_host_has_come_and_a_bind_by_hand_is_not() {
    let (tree, pipelines) = read(Path::new(THREAD));
    let board = bring_up(&tree, &pipelines);
    take(&board, "unload peripheral, unbind host, load peripheral, bind host");
    assert_up(&board, "loaded");
    take(&board, "unbind peripheral, unbind host");
    assert_eq!(
        said(&board, "bind peripheral").as_deref(),
        Ok("not bound: its DSI host is not there yet; a bind by hand is not tried again")
    );
    take(&board, "bind host");
    assert!(!board.status().peripherals[0].shows_picture, "{}", board.status());
    take(&board, "bind peripheral");
    assert_up(&board, "by hand");
    assert_down(board, "by hand");
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn a_second_link_comes_back_with_its_host() {
    let two_inputs = "base/arm64/qcom/sdm845-db845c.dtb";
    let two_links = "base/arm64/qcom/sm8250-xiaomi-elish-boe.dtb";
    for path in [two_inputs, two_links] {
        let (tree, pipelines) = read(&boards().join(path));
        let board = bring_up(&tree, &pipelines);
        for host in board.hosts().map(|host| host.name.clone()).collect::<Vec<_>>() {
            take(&board, &format!("unbind {host}"));
            assert!(board.status().peripherals.iter().any(|link| !link.shows_picture), "{}", board.status());
            take(&board, &format!("bind {host}"));
            assert_up(&board, path);
        }
        assert_down(board, path);
    }
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn a_command_says_what_it_meets() {
    let (tree, pipelines) = read(&boards().join("base/arm64/rockchip/rk3399-pinephone-pro.dtb"));
    let board = bring_up(&tree, &pipelines);
    let command = script("command").remove(0);
    let said = |board: &LiveBoard| board.step(&command).map(|outcome| outcome.what);
    assert_eq!(said(&board).as_deref(), Ok("sent, and the panel responded"));
    take(&board, "pull peripheral");
    assert_eq!(said(&board).as_deref(), Ok("refused: nobody responds at the other end of the link"));
    take(&board, "plug peripheral, unbind peripheral");
    assert!(matches!(said(&board), Err(Refused::NotBound(_))));
    assert_down(board, "command");
}

#[test]
fn a_plain_driver_holds_a_device_that_is_gone_until_it_is_unbound_or_its_host_is_back() {
    for path in [PLAIN_BRIDGE, PLAIN_PANEL] {
        let (tree, pipelines) = read(Path::new(path));
        let board = bring_up(&tree, &pipelines);
        let name = board.peripherals().next().expect("one").name.clone();
        let host = board.hosts().next().expect("one").name.clone();
        let release = board.peripherals().next().and_then(|peripheral| peripheral.fact?.release);
        assert_ne!(release, Some(Release::Managed));
        for last in ["unbind peripheral, bind host, bind peripheral", "bind host"] {
            take(&board, "unbind host");
            let held = format!("the DSI device {host}.0 is gone, but still held by {name} (2 handles)");
            assert_eq!(board.status().held, [held]);
            take(&board, last);
            assert_up(&board, path);
        }
        take(&board, "pull host, unbind peripheral");
        assert_eq!(board.status().held, [""; 0]);
        assert_down(board, path);
    }
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn a_panel_with_two_links_holds_the_device_that_went_with_the_second_host() {
    let (tree, pipelines) = read(&boards().join("base/arm64/qcom/sm8250-xiaomi-elish-boe.dtb"));
    let board = bring_up(&tree, &pipelines);
    take(&board, "unbind ae96000.dsi");
    let held = "the DSI device ae96000.dsi.0 is gone, but still held by ae94000.dsi.0 (1 handle)";
    assert_eq!(board.status().held, [held]);
    assert_down(board, held);
}

#[test]
fn hosts_whose_long_names_begin_alike_are_two() {
    let host = |name: &str| common::host_with_panel(name, "st,stm32-dsi", "orisetech,otm8009a", &[]);
    let inner = node("that-goes-on-and-on", [host("dsi-a"), host("dsi-b")]);
    let tree = common::tree([node("a-bus-with-a-rather-long-name", [inner])]);
    let pipelines = pipeline::find(&tree);
    let board = bring_up(&tree, &pipelines);
    let names: Vec<String> = board.hosts().map(|host| host.name.clone()).collect();
    let [first, second] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(first.get(..39), second.get(..39));
    assert_up(&board, "both");
    for (gone, stays) in [(first, second), (second, first)] {
        for (away, back) in [("unbind", "bind"), ("pull", "plug")] {
            take(&board, &format!("{away} {gone}"));
            let status = board.status();
            for host in &status.hosts {
                let expected = if host.name == *stays { Presence::Present } else { Presence::Gone };
                assert_eq!(host.presence, expected, "{away} {gone}: {status}");
            }
            for peripheral in &status.peripherals {
                assert_eq!(peripheral.shows_picture, peripheral.name.starts_with(stays), "{status}");
            }
            take(&board, &format!("{back} {gone}"));
            assert_up(&board, back);
        }
    }
    assert_down(board, "both");
}

fn said(board: &LiveBoard, step: &str) -> Result<String, Refused> {
    board.step(&script(step)[0]).map(|outcome| outcome.what)
}

/// What a refused step says.
#[track_caller]
fn refused(board: &LiveBoard, step: &str) -> String {
    said(board, step).expect_err(step).to_string()
}

#[test]
fn a_command_without_a_driver_says_what_is_missing() {
    let child = |panel: &str| {
        let host = common::host_with_panel("dsi@1", "st,stm32-dsi", panel, &[reg(1)]);
        let tree = common::tree([host]);
        let pipelines = pipeline::find(&tree);
        bring_up(&tree, &pipelines)
    };
    let board = child("nobody,knows");
    let unknown =
        "no driver of Linux 6.12 knows '1.dsi.0' (nobody,knows), so it can't be bound and sends no command";
    assert_eq!(refused(&board, "command"), unknown);
    take(&board, "unbind host");
    assert_eq!(refused(&board, "command"), unknown);
    assert_down(board, "unknown");

    let board = child("orisetech,otm8009a");
    take(&board, "unbind host");
    let said = refused(&board, "command");
    assert!(said.ends_with("its host '1.dsi' is gone; bind the host first"), "{said}");
    assert_down(board, "child");
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn a_second_link_is_a_target_of_what_can_be_done_to_it() {
    let (tree, pipelines) = read(&boards().join("base/arm64/qcom/sm8250-xiaomi-elish-boe.dtb"));
    let board = bring_up(&tree, &pipelines);
    assert_eq!(said(&board, "command ae96000.dsi.0").as_deref(), Ok("sent, and the panel responded"));
    assert_eq!(said(&board, "pull ae96000.dsi.0").as_deref(), Ok("the cable is out"));
    assert_eq!(said(&board, "pull ae96000.dsi.0").as_deref(), Ok("the cable was out"));
    let nobody = "refused: nobody responds at the other end of the link";
    assert_eq!(said(&board, "command ae96000.dsi.0").as_deref(), Ok(nobody));
    assert_eq!(said(&board, "command").as_deref(), Ok("sent, and the panel responded"));
    assert_eq!(said(&board, "plug ae96000.dsi.0").as_deref(), Ok("the cable is in"));
    assert_up(&board, "plugged");
    let told = refused(&board, "unbind ae96000.dsi.0");
    assert!(told.ends_with("name 'ae94000.dsi.0' for this step"), "{told}");
    assert!(refused(&board, "bind x").contains("ae96000.dsi.0"), "every name that there is");
    assert_down(board, "second link");
}

#[test]
fn a_host_that_is_pulled_and_plugged_says_what_happened() {
    let (tree, pipelines) = read(Path::new(PLAIN_BRIDGE));
    let board = bring_up(&tree, &pipelines);
    let say = |step: &str| said(&board, step).expect("a step");
    assert_eq!(say("plug host"), "it was in the board, it was bound");
    assert_eq!(say("pull host"), "the host is out, its driver unbound");
    assert_eq!(say("pull host"), "it was out of the board");
    let why = "the controller does not respond: it has been pulled out";
    assert!(say("bind host").contains(why));
    let status = board.status().to_string();
    let told = format!("gone          not bound: probe failed: {why}, out of the board");
    assert!(status.contains(&told), "{status}");
    assert_eq!(say("plug host"), "the host is in, bound");
    assert_eq!(say("unbind host"), "unbound");
    assert_eq!(say("pull host"), "the host is out, no driver was bound");
    assert_eq!(say("plug host"), "the host is in, bound");
    assert_up(&board, "plugged");
    assert_down(board, "pulled");
}

#[test]
fn what_never_was_registered_is_not_gone() {
    // No driver knows the bridge, so nobody registers its DSI device.
    let end = |phandle, remote| node("port", [common::endpoint(phandle, remote)]);
    let host = node("dsi@1", [compatible("st,stm32-dsi"), reg(1), end(1, 2)]);
    let bridge = node("bridge@2c", [compatible("nobody,knows"), reg(0x2c), end(2, 1)]);
    let bus = node("i2c@9", [reg(9), cells("#address-cells", &[1]), bridge]);
    let tree = common::tree([host, bus]);
    let board = bring_up(&tree, &pipeline::find(&tree));
    let status = board.status().to_string();
    let line = status.lines().find(|line| line.contains("peripheral")).expect("a line");
    assert_eq!(line, "  peripheral  0-002c  not registered  not bound, dark (bus number guessed)");
    assert_eq!(said(&board, "pull 0-002c").as_deref(), Ok("the cable is out"), "the name is a target");
    assert_down(board, "no driver");
}

#[test]
fn a_channel_that_dsi_does_not_have_is_refused() {
    let (tree, mut pipelines) = read(Path::new(PLAIN_BRIDGE));
    pipelines[0].peripheral.channel = Some(4);
    let error = LiveBoard::bring_up(&tree, &pipelines, &options(), None).err().expect("it is refused");
    let told = "/soc/i2c@e6508000/bridge@1b: there is no channel 4: a DSI link has the channels 0 to 3";
    assert_eq!(error.to_string(), told);
}

#[test]
fn a_tree_without_pipelines_says_why_each_host_does_not_count() {
    let host = |name: &str, more: &[common::Item]| {
        node(name, [vec![compatible("st,stm32-dsi"), reg(1)], more.to_vec()].concat())
    };
    let tree = common::tree([
        host("dsi@1", &[common::disabled()]),
        node("soc", [common::disabled(), host("dsi@2", &[])]),
        host("dsi@3", &[]),
    ]);
    let error = |tree: &Tree| {
        let error = LiveBoard::bring_up(tree, &pipeline::find(tree), &options(), None);
        error.err().expect("there is nothing to bring up").to_string()
    };
    assert_eq!(
        error(&tree),
        "no enabled DSI host has an enabled peripheral: /dsi@1 is disabled; /soc/dsi@2 is below /soc, which is \
         disabled; /dsi@3 has no enabled peripheral"
    );
    assert_eq!(error(&common::tree([])), "the tree has no DSI host that a driver of Linux 6.12 knows");
}

#[test]
fn two_devices_of_one_name_are_told_with_both_nodes() {
    let host = || {
        let panel = node("panel@0", [compatible("orisetech,otm8009a"), reg(0)]);
        node("dsi@1", [compatible("st,stm32-dsi"), reg(1), panel])
    };
    let tree = common::tree([node("a", [flag("ranges"), host()]), node("b", [flag("ranges"), host()])]);
    let error = LiveBoard::bring_up(&tree, &pipeline::find(&tree), &options(), None).err();
    let told = error.map(|error| error.to_string());
    let expected = "/a/dsi@1 and /b/dsi@1 are both '1.dsi' in sysfs; give them different addresses";
    assert_eq!(told.as_deref(), Some(expected));
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn a_second_link_that_could_not_be_set_up_again_is_dark_until_it_can_be() {
    let (tree, pipelines) = read(&boards().join("base/arm64/qcom/sm8250-xiaomi-elish-boe.dtb"));
    let board = bring_up(&tree, &pipelines);
    take(&board, "pull ae96000.dsi.0, unbind ae96000.dsi, bind ae96000.dsi");
    let second = board.all_links().nth(1).expect("a second link");
    assert_eq!(second.is_powered(), Some(false), "the attempt failed, and has left the panel switched on");
    // Another attempt is made after the next bind.
    take(&board, "plug ae96000.dsi.0, unbind ae96000.dsi, bind ae96000.dsi");
    assert_up(&board, "plugged");
    assert_down(board, "second link");
}
