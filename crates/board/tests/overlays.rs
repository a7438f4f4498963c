//! What overlays make of a base, by the firmware's rules and by libfdt's. Their sources are beside them, in
//! `tests/overlays`; what each comes to was compared with `dtmerge` and `fdtoverlay`.

mod common;

use board::Tree;
use board::overlay::{self, Applied, OverlayError, Parameter, Rules, Target, firmware, libfdt};

use common::{cells, compatible, lines, node, overlay_file as file, reg, text, tree};

fn by_firmware(base: &Tree, overlay: &str, parameters: &[&str]) -> Result<Applied, OverlayError> {
    let parameters: Vec<Parameter> =
        parameters.iter().map(|text| text.parse().expect("a parameter")).collect();
    firmware::apply(base, &file(overlay), &parameters)
}

fn by_libfdt(base: &Tree, overlay: &str) -> Result<Applied, OverlayError> {
    libfdt::apply(base, &file(overlay))
}

/// The names of a node's children, in order.
fn children(tree: &Tree, path: &str) -> Vec<String> {
    let node = tree.find(path).expect("a node");
    node.children().map(|child| child.name().to_owned()).collect()
}

#[test]
fn a_raspberry_pi_has_the_firmwares_rules_and_any_other_board_libfdts() {
    assert_eq!(Rules::of(&file("raspberry-pi.dtb")), Rules::Firmware);
    for (compatibles, rules) in [
        ("raspberrypi,5-model-b\0brcm,bcm2712", Rules::Firmware),
        ("vendor,carrier\0brcm,bcm2837", Rules::Firmware),
        ("brcm,bcm7445", Rules::Libfdt),
        ("vendor,raspberrypi,like", Rules::Libfdt),
    ] {
        assert_eq!(Rules::of(&tree([compatible(compatibles)])), rules, "{compatibles}");
    }
    assert_eq!(Rules::of(&file("labels.dtb")), Rules::Libfdt);
}

#[test]
fn the_firmware_merges_a_fragment_whose_target_is_in_the_overlay() {
    let base = file("labels.dtb");
    let bridge = "/dsi@7e700000 /dsi@7e700000/bridge@0";
    for (name, rotation, connection) in [
        ("own-target.dtbo", 180, "child+graph"),
        ("own-target-behind.dtbo", 90, "child"),
        ("own-target-twice.dtbo", 270, "child"),
    ] {
        let merged = by_firmware(&base, name, &[]).expect("it fits").tree;
        assert_eq!(lines(&merged), [format!("{bridge} {connection}")], "{name}");
        let bridge = merged.find("/dsi@7e700000/bridge@0").expect("the bridge");
        assert_eq!(bridge.u32("rotation"), Some(rotation), "{name}");
    }
    let merged = by_firmware(&base, "own-target-twice.dtbo", &[]).expect("it fits");
    assert_eq!(merged.fragments, 1, "the others change this one");
    let endpoint = merged.tree.find("/dsi@7e700000/bridge@0/port/endpoint").expect("the endpoint");
    assert_eq!(endpoint.u32("data-lanes"), Some(1));
}

#[test]
fn libfdt_refuses_it_unless_an_earlier_fragment_has_brought_the_target() {
    let base = file("labels.dtb");
    for (name, own) in [
        ("own-target.dtbo", "/fragment@1/__overlay__/bridge@0"),
        ("own-target-twice.dtbo", "/fragment@1/__overlay__/port"),
    ] {
        let expected = OverlayError::MissingTarget {
            fragment: "fragment@0".to_owned(),
            target: Target::Own(own.to_owned()),
        };
        assert_eq!(by_libfdt(&base, name).expect_err("it is not in the base"), expected);
    }
    let merged = by_libfdt(&base, "own-target-behind.dtbo").expect("it fits").tree;
    let bridge = merged.find("/dsi@7e700000/bridge@0").expect("the bridge");
    assert_eq!(bridge.u32("rotation"), Some(90));
}

#[test]
fn the_firmware_follows_a_path_before_a_phandle_and_libfdt_a_phandle_before_a_path() {
    let base = file("labels.dtb");
    let content = node("__overlay__", [node("new", [])]);
    let target = [text("target-path", "/"), cells("target", &[u32::MAX]), content];
    let fixups = node("__fixups__", [text("dsi", "/fragment@0:target:0")]);
    let both = tree([node("fragment@0", target), fixups]);
    let merged = firmware::apply(&base, &both, &[]).expect("it fits").tree;
    assert!(merged.find("/new").is_some());
    let merged = libfdt::apply(&base, &both).expect("it fits").tree;
    assert!(merged.find("/dsi@7e700000/new").is_some());

    // A path leads out of the overlay, even where the phandle is the overlay's own.
    let own = node("a", [cells("phandle", &[1])]);
    let own = node("fragment@1", [text("target-path", "/"), node("__overlay__", [own])]);
    let target =
        [text("target-path", "/dsi@7e700000"), cells("target", &[1]), node("__overlay__", [node("new", [])])];
    let local = node("__local_fixups__", [node("fragment@0", [cells("target", &[0])])]);
    let both = tree([node("fragment@0", target), own, local]);
    let merged = firmware::apply(&base, &both, &[]).expect("it fits").tree;
    assert!(merged.find("/dsi@7e700000/new").is_some() && merged.find("/a/new").is_none());
}

/// One node of a board that is no overlay by its form, though it has a fragment.
#[test]
fn a_board_with_a_fragment_is_a_board() {
    let stray = |content| node("fragment@7", [text("target-path", "/"), node(content, [])]);
    let host = node("dsi@1", [compatible("st,stm32-dsi"), reg(1)]);
    for (what, board) in [
        ("a fragment", file("stray-fragment.dtb")),
        ("a dormant one", tree([cells("#address-cells", &[1]), host.clone(), stray("__dormant__")])),
        ("processors", tree([node("cpus", []), host.clone(), stray("__overlay__")])),
        ("labels", tree([cells("#address-cells", &[1]), node("__symbols__", []), stray("__overlay__")])),
    ] {
        assert!(overlay::has_fragments(&board) && !overlay::is_overlay(&board), "{what}");
    }
    assert_eq!(lines(&file("stray-fragment.dtb")), ["/dsi@4800000 /dsi@4800000/bridge@0 child"]);
    assert!(!overlay::has_fragments(&file("labels.dtb")));

    let fixups = node("__fixups__", [text("dsi", "/fragment@7:target:0")]);
    let about = node("metadata", [compatible("vendor,board"), text("title", "a panel")]);
    for (what, overlay) in [
        ("references", file("order-a.dtbo")),
        ("a dormant fragment only", file("dormant-without-parameter.dtbo")),
        ("what it is for", tree([compatible("vendor,board"), about, stray("__overlay__")])),
        ("cells and references", tree([cells("#address-cells", &[1]), stray("__overlay__"), fixups])),
    ] {
        assert!(overlay::is_overlay(&overlay), "{what}");
    }
}

#[test]
fn new_children_go_first_and_the_last_before_the_others() {
    let base = file("default-panel.dtb");
    let host = "/dsi@1ca0000";
    for apply in [by_libfdt, |base: &Tree, name: &str| by_firmware(base, name, &[])] {
        let b = apply(&base, "order-b.dtbo").expect("it fits").tree;
        assert_eq!(children(&b, host), ["panel-b@0", "panel@0"]);
        assert_eq!(lines(&b), [format!("{host} {host}/panel-b@0 child")]);

        let a = apply(&base, "order-a.dtbo").expect("it fits").tree;
        let both = apply(&a, "order-b.dtbo").expect("it fits").tree;
        assert_eq!(children(&both, host), ["panel-b@0", "panel-a@0", "panel@0"]);
        assert_eq!(lines(&both), [format!("{host} {host}/panel-b@0 child")]);

        let three = apply(&base, "order-three.dtbo").expect("it fits").tree;
        assert_eq!(children(&three, host), ["third@0", "second@0", "first@0", "panel@0"]);
        assert_eq!(lines(&three), [format!("{host} {host}/third@0 child")]);
    }
}

#[test]
fn dormant_fragments_sleep_until_a_parameter_wakes_them() {
    let base = file("labels.dtb");
    let panel = |address| format!("/dsi@7e700000 /dsi@7e700000/panel@{address} child");
    for name in ["all-dormant.dtbo", "dormant-without-parameter.dtbo"] {
        for applied in [by_firmware(&base, name, &[]), by_libfdt(&base, name)] {
            let applied = applied.expect("it fits");
            assert_eq!((applied.fragments, applied.tree.node_count()), (0, base.node_count()), "{name}");
        }
    }
    let woken = by_firmware(&base, "all-dormant.dtbo", &["on"]).expect("it fits");
    assert_eq!((woken.fragments, lines(&woken.tree)), (1, vec![panel(0)]));

    for (parameters, address) in [(&[][..], 0), (&["second"], 1), (&["second=off"], 0), (&["second=3"], 1)] {
        let merged = by_firmware(&base, "half-dormant.dtbo", parameters).expect("it fits");
        assert_eq!(merged.fragments, 1);
        assert_eq!(lines(&merged.tree), [panel(address)], "{parameters:?}");
    }
    assert_eq!(lines(&by_libfdt(&base, "half-dormant.dtbo").expect("it fits").tree), [panel(0)]);
}

#[test]
fn labels_are_the_overlays_own_for_the_firmware_but_for_those_that_it_exports() {
    let base = file("labels.dtb");
    let missing = OverlayError::MissingLabel { label: "panel".to_owned(), no_symbols: false };

    let libfdt = by_libfdt(&base, "chain-a.dtbo").expect("it fits").tree;
    assert_eq!(lines(&by_libfdt(&libfdt, "chain-b.dtbo").expect("it fits").tree).len(), 1);
    assert_eq!(by_libfdt(&base, "chain-b.dtbo").expect_err("wrong order"), missing);

    let firmware = by_firmware(&base, "chain-a.dtbo", &[]).expect("it fits").tree;
    assert_eq!(by_firmware(&firmware, "chain-b.dtbo", &[]).expect_err("a private label"), missing);
    let by_path = by_firmware(&firmware, "chain-by-path.dtbo", &[]).expect("it fits").tree;
    assert_eq!(lines(&by_path).len(), 1);

    let exported = by_firmware(&base, "chain-exported.dtbo", &[]).expect("it fits").tree;
    let labels = exported.find("/__symbols__").expect("labels");
    assert_eq!(labels.string("panel"), Some("/dsi@7e700000/panel@0"));
    assert_eq!(labels.property("inside"), None);
    assert_eq!(lines(&by_firmware(&exported, "chain-b.dtbo", &[]).expect("it fits").tree).len(), 1);
}

#[test]
fn the_firmware_appends_arguments_and_moves_aliases_along() {
    let base = file("raspberry-pi.dtb");
    let merged = by_firmware(&base, "paths.dtbo", &[]).expect("it fits").tree;
    let string = |path: &str, name| merged.find(path).and_then(|node| node.string(name));
    assert_eq!(string("/chosen", "bootargs"), Some("quiet drm.debug=4"));
    assert_eq!(string("/aliases", "touch0"), Some("/soc/i2c@7e804000/touch@38"));
    assert_eq!(string("/aliases", "console"), Some("/soc/serial@0"));
    assert_eq!(string("/aliases", "i2c1"), Some("/soc/i2c@7e804000"));

    let merged = by_libfdt(&base, "paths.dtbo").expect("it fits").tree;
    let string = |path: &str, name| merged.find(path).and_then(|node| node.string(name));
    assert_eq!(string("/chosen", "bootargs"), Some("drm.debug=4"));
    assert_eq!(string("/aliases", "touch0"), Some("/fragment@2/__overlay__/touch@38"));
}

/// dtmerge does so for the oldest boards, and for every tree that does not say which bus `i2c` is.
#[test]
fn the_firmware_names_the_processors_i2c_bus_where_the_board_does_not() {
    let merged = by_firmware(&file("raspberry-pi.dtb"), "paths.dtbo", &[]).expect("it fits").tree;
    let label = |tree: &Tree, name| {
        tree.find("/__symbols__").and_then(|labels| labels.string(name)).map(str::to_owned)
    };
    assert_eq!(label(&merged, "i2c_vc").as_deref(), Some("/soc/i2c@7e804000"));
    assert_eq!(label(&merged, "i2c_arm"), None, "there is no i2c0");
    let said = tree([
        node("aliases", [text("i2c", "/i2c@1"), text("i2c1", "/i2c@1")]),
        node("i2c@1", []),
        node("__symbols__", [text("i2c1", "/i2c@1")]),
    ]);
    let merged = by_firmware(&said, "dormant-without-parameter.dtbo", &[]).expect("it fits").tree;
    assert_eq!(label(&merged, "i2c_vc"), None);
}

#[test]
fn a_name_without_a_unit_address_stands_for_the_first_node_that_has_one() {
    let base = file("default-panel.dtb");
    for merged in [by_libfdt(&base, "short-names.dtbo"), by_firmware(&base, "short-names.dtbo", &[])] {
        let merged = merged.expect("it fits").tree;
        assert_eq!(merged.node_count(), base.node_count());
        let panel = merged.find("/dsi@1ca0000/panel@0").expect("the panel");
        assert_eq!(panel.u32("rotation"), Some(90));
        assert_eq!(merged.find("/dsi/panel"), None, "Linux does not look for nodes in this way");
    }
}

/// The base has /a (1) with /a/b (2); the overlay's nodes come after.
#[test]
fn whose_phandle_a_node_keeps_is_a_matter_of_rules() {
    let base = tree([node("a", [cells("phandle", &[1]), node("b", [cells("phandle", &[2])])])]);
    let content = |extra: &str| {
        let below = node("b", [cells("phandle", &[2]), cells("self", &[2])]);
        let fixups = [node("__overlay__", [node("b", [cells("self", &[0])])])];
        tree([
            node(
                "fragment@0",
                [
                    text("target-path", "/a"),
                    node("__overlay__", [cells("phandle", &[1]), common::flag(extra), below]),
                ],
            ),
            node("__local_fixups__", [node("fragment@0", fixups)]),
        ])
    };
    let phandles = |tree: &Tree| {
        ["/a", "/a/b"].map(|path| tree.find(path).and_then(|node| node.phandle()).expect("a phandle"))
    };
    let refers_to_itself = |tree: &Tree| {
        let below = tree.find("/a/b").expect("a node");
        below.reference("self") == Some(below)
    };
    let plain = libfdt::apply(&base, &content("x")).expect("it fits").tree;
    assert_eq!((phandles(&plain), refers_to_itself(&plain)), ([1, 2], true));
    let plain = firmware::apply(&base, &content("x"), &[]).expect("it fits").tree;
    assert_eq!((phandles(&plain), refers_to_itself(&plain)), ([1, 4], true));
    let preserved = firmware::apply(&base, &content("dtoverlay,preserve-phandle"), &[]);
    let preserved = preserved.expect("it fits").tree;
    assert_eq!((phandles(&preserved), refers_to_itself(&preserved)), ([3, 4], true));
    assert_eq!(preserved.find("/a").and_then(|a| a.property("dtoverlay,preserve-phandle")), None);
}

#[test]
fn what_does_not_fit_is_named() {
    let base = file("labels.dtb");
    let said = |error: OverlayError| error.to_string();
    let label = by_libfdt(&base, "unknown-label.dtbo").expect_err("no such label");
    assert_eq!(said(label), "the overlay refers to the label nobody_has_this, which the base does not have");
    let path = by_libfdt(&base, "chain-by-path.dtbo").expect_err("no such node");
    assert_eq!(said(path), "the target of /fragment@0, /dsi@7e700000/panel@0, is not in the base");
    let none = tree([node("fragment@3", [node("__overlay__", [])])]);
    for error in [libfdt::apply(&base, &none).err(), firmware::apply(&base, &none, &[]).err()] {
        assert_eq!(said(error.expect("no target")), "/fragment@3 has neither a target nor a target-path");
    }

    // A label whose node has no phandle: libfdt can't refer to it, the firmware gives it one.
    let base = tree([node("dsi@1", []), node("__symbols__", [text("dsi", "/dsi@1")])]);
    let overlay = file("order-a.dtbo");
    let refused = libfdt::apply(&base, &overlay).expect_err("no phandle");
    assert_eq!(refused, OverlayError::NoPhandle { label: "dsi".to_owned() });
    let merged = firmware::apply(&base, &overlay, &[]).expect("it fits").tree;
    assert_eq!(merged.find("/dsi@1").and_then(|node| node.phandle()), Some(1));
}

/// Overlays of old for the Raspberry Pi: places of references to own nodes in one property, a path in place of a label.
#[test]
fn the_firmware_reads_references_that_libfdt_does_not() {
    let base = tree([node("a", [cells("phandle", &[7])]), node("__symbols__", [])]);
    let own = node("b", [cells("phandle", &[1]), cells("self", &[1])]);
    let fragment = node("fragment@0", [text("target-path", "/a"), node("__overlay__", [own])]);
    let places = node("__local_fixups__", [text("fixup", "/fragment@0/__overlay__/b:self:0")]);
    let overlay = tree([fragment, places]);
    let merged = firmware::apply(&base, &overlay, &[]).expect("it fits").tree;
    let own = merged.find("/a/b").expect("the node");
    assert_eq!((own.phandle(), own.reference("self")), (Some(8), Some(own)));
    assert!(matches!(libfdt::apply(&base, &overlay), Err(OverlayError::BadFixup { .. })));

    let fragment = node("fragment@0", [cells("target", &[u32::MAX]), node("__overlay__", [node("b", [])])]);
    let overlay = tree([fragment, node("__fixups__", [text("/a", "/fragment@0:target:0")])]);
    let merged = firmware::apply(&base, &overlay, &[]).expect("it fits").tree;
    assert!(merged.find("/a/b").is_some());
    assert!(matches!(libfdt::apply(&base, &overlay), Err(OverlayError::MissingLabel { .. })));
}

#[test]
fn fragments_that_change_each_other_alone_change_nothing_of_the_base() {
    let base = tree([node("a", [])]);
    let fragment = |number: u32, target: u32, own: u32| {
        let content = node(&format!("b{number}"), [cells("phandle", &[own])]);
        node(&format!("fragment@{number}"), [cells("target", &[target]), node("__overlay__", [content])])
    };
    let round = tree([fragment(0, 2, 1), fragment(1, 1, 2)]);
    let applied = firmware::apply(&base, &round, &[]).expect("the firmware merges them");
    assert_eq!((applied.fragments, applied.tree.node_count()), (0, base.node_count()));
}

#[test]
fn what_the_firmware_does_not_copy_or_append() {
    let base = tree([node("a", [text("bootargs", "")]), node("b", [])]);
    let fragment = |number: u32, path: &str| {
        let content = node("__overlay__", [text("bootargs", "x"), text("name", "other")]);
        node(&format!("fragment@{number}"), [text("target-path", path), content])
    };
    let overlay = tree([fragment(0, "/a"), fragment(1, "/b"), node("other", [node("__overlay__", [])])]);
    let applied = firmware::apply(&base, &overlay, &[]).expect("it fits");
    assert_eq!(applied.fragments, 2, "one has another name than a fragment's");
    for path in ["/a", "/b"] {
        let node = applied.tree.find(path).expect("a node");
        assert_eq!((node.string("bootargs"), node.property("name")), (Some("x"), None), "{path}");
    }
    assert!(matches!(
        libfdt::apply(&base, &overlay),
        Err(OverlayError::MissingTarget { fragment, target: Target::None }) if fragment == "other"
    ));
}
