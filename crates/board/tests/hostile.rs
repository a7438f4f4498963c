//! Damaged and hostile files: an error that says what and where, or an answer; never a panic, never forever.

mod common;

use std::time::{Duration, Instant};

use board::blob::{BlobErrorKind, MAX_NAME, MAX_SIZE};
use board::facts::Facts;
use board::names::Names;
use board::overlay::{self, OverlayError, Parameter, firmware, libfdt};
use board::report::Report;
use board::tree::{MAX_DEPTH, MAX_NODES};
use board::{Tree, link, pipeline};
use proptest::prelude::*;

use common::{Item, blob, cells, compatible, endpoint, node, reg, text, tree};

/// A small board with everything that the code looks at.
fn small() -> Vec<u8> {
    blob([
        cells("#address-cells", &[1]),
        cells("#size-cells", &[1]),
        node("aliases", [text("i2c1", "/soc/i2c@9")]),
        node(
            "soc",
            [
                cells("ranges", &[0, 0x1000, 0x1000]),
                node(
                    "dsi@1",
                    [
                        compatible("qcom,mdss-dsi-ctrl"),
                        cells("reg", &[1, 1]),
                        cells("nvidia,ganged-mode", &[1]),
                        node("port", [endpoint(1, 2)]),
                        node("panel@0", [compatible("orisetech,otm8009a"), reg(0), cells("link2", &[2])]),
                    ],
                ),
                node(
                    "i2c@9",
                    [node(
                        "bridge@2c",
                        [
                            compatible("ti,sn65dsi83"),
                            reg(0x2c),
                            cells("adi,dsi-lanes", &[4]),
                            node("ports", [node("port@0", [reg(0), endpoint(2, 1)])]),
                        ],
                    )],
                ),
            ],
        ),
    ])
}

/// An overlay that adds a panel to `small`'s host, with a reference to itself.
fn small_overlay() -> Vec<u8> {
    let content = node(
        "panel@3",
        [compatible("orisetech,otm8009a"), reg(3), cells("phandle", &[1]), cells("self", &[1])],
    );
    blob([
        node("fragment@0", [text("target-path", "/soc/dsi@1"), node("__overlay__", [content])]),
        node("__symbols__", [text("panel", "/fragment@0/__overlay__/panel@3")]),
        node(
            "__local_fixups__",
            [node("fragment@0", [node("__overlay__", [node("panel@3", [cells("self", &[0])])])])],
        ),
    ])
}

/// Everything that can be asked of a file.
fn ask(bytes: &[u8]) {
    match Tree::from_dtb(bytes) {
        Err(error) => assert!(error.to_string().starts_with("byte 0x"), "{error}"),
        Ok(tree) => {
            let pipelines = pipeline::find(&tree);
            let names = Names::new(&tree);
            for pipeline in &pipelines {
                let _ = (names.host(pipeline), names.dsi_device(pipeline), names.peripheral(pipeline));
            }
            let grouped: usize = link::groups(&pipelines).iter().map(Vec::len).sum();
            assert_eq!(grouped, pipelines.len());
            let _ = Report::new(&tree, Facts::of_linux(), &pipelines).to_json();
            let base = Tree::from_dtb(&small()).expect("the small board is valid");
            for base in [&base, &tree] {
                let _ = libfdt::apply(base, &tree);
                let parameters = overlay::parameter_names(&tree)
                    .map(|name| Parameter { name: name.to_owned(), value: "1".to_owned() });
                let _ = firmware::apply(base, &tree, &parameters.collect::<Vec<_>>());
            }
        }
    }
}

fn kind(bytes: &[u8]) -> BlobErrorKind {
    Tree::from_dtb(bytes).expect_err("it is damaged").kind
}

#[test]
fn every_truncation_is_an_error() {
    let whole = small();
    for len in 0..whole.len() {
        let error = Tree::from_dtb(&whole[..len]).expect_err("something is missing");
        let expected = matches!(error.kind, BlobErrorKind::TooShort { .. } | BlobErrorKind::Truncated { .. });
        assert!(expected, "{len}: {error}");
    }
}

/// Also where the header's size is made to agree with what is left.
#[test]
fn every_truncation_that_the_header_agrees_with_is_an_error() {
    let whole = small();
    for len in 40..whole.len() {
        let mut cut = whole[..len].to_vec();
        let total = u32::try_from(len).expect("small");
        cut[4..8].copy_from_slice(&total.to_be_bytes());
        assert!(Tree::from_dtb(&cut).is_err(), "{len}");
    }
}

#[test]
fn every_byte_can_be_another() {
    for whole in [small(), small_overlay()] {
        for at in 0..whole.len() {
            // Every bit turned, the tokens, the extremes, a separator.
            let turned = (0..8).map(|bit| whole[at] ^ (1 << bit));
            for value in turned.chain([0, 1, 2, 3, 4, 9, b'/', b'@', 0x7f, 0xff]) {
                let mut changed = whole.clone();
                changed[at] = value;
                ask(&changed);
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        ask(&bytes);
    }

    /// Random tokens behind a valid header come further than random bytes.
    #[test]
    fn random_structures_are_answered(
        words in proptest::collection::vec(
            prop_oneof![
                6 => Just(1_u32), 6 => Just(2), 6 => Just(3), 1 => Just(4), 2 => Just(9),
                4 => 0_u32..64, 2 => Just(0x6100_0000), 1 => any::<u32>(),
            ],
            0..64,
        )
    ) {
        let structure: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let strings = b"reg\0compatible\0phandle\0remote-endpoint\0status\0";
        ask(&with_structure(&structure, strings));
    }

    #[test]
    fn random_changes_are_answered(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16)
    ) {
        let mut bytes = small();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        ask(&bytes);
    }
}

/// A blob of the given structure and strings blocks.
fn with_structure(structure: &[u8], strings: &[u8]) -> Vec<u8> {
    let word = |value: usize| u32::try_from(value).expect("small enough").to_be_bytes();
    let (start, end) = (56, 56 + structure.len());
    let total = end + strings.len();
    let mut blob = Vec::new();
    for field in [0xd00d_feed, total, start, end, 40, 17, 16, 0, strings.len(), structure.len()] {
        blob.extend(word(field));
    }
    blob.extend([0; 16]);
    blob.extend(structure);
    blob.extend(strings);
    blob
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[test]
fn errors_say_what_was_expected_where_and_what_to_do() {
    let source = Tree::from_dtb(b"/dts-v1/;\n/ { compatible = \"acme,board\"; };\n");
    let message = source.expect_err("a source file").to_string();
    assert!(message.contains("byte 0x0") && message.contains("dtc -I dts"), "{message}");

    let mut version = small();
    version[23] = 3;
    assert_eq!(kind(&version), BlobErrorKind::Version { found: 3, compatible: 16 });

    let mut newer = small();
    newer[27] = 18;
    let expected = BlobErrorKind::Version { found: 17, compatible: 18 };
    assert_eq!(kind(&newer), expected);

    let mut outside = small();
    outside[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(kind(&outside), BlobErrorKind::BlockOutside { block: "strings", .. }));

    // The value of a property of /a is longer than the block.
    let long = words(&[1, 0, 1, 0x6100_0000, 3, 1 << 30, 0]);
    let error = Tree::from_dtb(&with_structure(&long, b"reg\0")).expect_err("cut off");
    assert_eq!(error.node.as_deref(), Some("/a"));
    assert!(matches!(error.kind, BlobErrorKind::CutOff { .. }), "{error}");
}

#[test]
fn the_order_of_tokens_is_checked() {
    for (structure, expected) in [
        (words(&[9]), "the begin of the root node"),
        (words(&[2, 9]), "the begin of the root node"),
        (words(&[3, 0, 0, 1, 0, 2, 9]), "the begin of the root node"),
        (words(&[1, 0, 9]), "the end of a node, as one is still open"),
        (words(&[1, 0, 2, 1, 0, 2, 9]), "the end of the structure block, once the root node has ended"),
    ] {
        let found = kind(&with_structure(&structure, b"reg\0"));
        assert!(matches!(found, BlobErrorKind::Token { expected: text, .. } if text == expected), "{found}");
    }
}

#[test]
fn limits_are_errors() {
    let nested = |depth: usize| {
        let mut structure = words(&[1, 0]);
        for _ in 0..depth {
            structure.extend(words(&[1, 0x6100_0000]));
        }
        for _ in 0..=depth {
            structure.extend(words(&[2]));
        }
        structure.extend(words(&[9]));
        with_structure(&structure, b"")
    };
    assert!(Tree::from_dtb(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(kind(&nested(MAX_DEPTH + 1)), BlobErrorKind::TooDeep { limit: MAX_DEPTH });
    assert!(matches!(kind(&nested(1 << 17)), BlobErrorKind::TooDeep { .. }));

    let mut wide = words(&[1, 0]);
    for _ in 0..MAX_NODES {
        wide.extend(words(&[1, 0x6100_0000, 2]));
    }
    wide.extend(words(&[2, 9]));
    assert!(matches!(kind(&with_structure(&wide, b"")), BlobErrorKind::TooLarge { what: "nodes", .. }));

    let mut large = small();
    large.resize(MAX_SIZE + 4, 0);
    let total = u32::try_from(large.len()).expect("small enough");
    large[4..8].copy_from_slice(&total.to_be_bytes());
    assert!(matches!(kind(&large), BlobErrorKind::TooLarge { what: "bytes", .. }));

    let name = vec![b'x'; MAX_NAME + 1];
    let named = words(&[1, 0, 3, 0, 0, 2, 9]);
    let strings = [name.as_slice(), b"\0"].concat();
    assert!(matches!(kind(&with_structure(&named, &strings)), BlobErrorKind::Name { .. }));
}

/// Trees as large as they may be, made to hurt: equal names, links from everywhere to one host, long values in
/// nodes that many ask, overlays of themselves. A quadratic step would take many minutes here.
#[test]
fn the_largest_trees_take_bounded_time() {
    let started = Instant::now();
    let long = "x".repeat(200_000);
    let children = |count: u32| {
        (0..count).map(|index| {
            let own = vec![compatible("ti,sn65dsi83"), reg(index), cells("link2", &[1])];
            node("bridge@1", [own, vec![node("port", [endpoint(index + 2, 1)])]].concat())
        })
    };
    let host = |items: Vec<Item>| {
        let own = vec![
            compatible("st,stm32-dsi"),
            cells("nvidia,ganged-mode", &[1]),
            node("port", [endpoint(1, 2)]),
        ];
        node("dsi@1", [own, items].concat())
    };
    let fragments = (0..4000).map(|_| {
        let content = node("__overlay__", [cells("x", &[1])]);
        node("fragment@0", [text("target-path", "/i2c@9"), content])
    });
    let slow_bus =
        [vec![compatible(&long), text("status", "okay"), text("ranges", &long)], children(5000).collect()];
    let on_other_bus = [vec![host(vec![]), node("i2c@9", slow_bus.concat())], fragments.collect()];
    ask_a_large_one(&blob(on_other_bus.concat()));
    ask_a_large_one(&blob([host(children(9000).collect())]));

    // Many properties to be merged in front of as many others.
    let many = |letter: char| (0..30_000).map(move |index| text(&format!("{letter}{index}"), ""));
    let content = node("__overlay__", many('a').collect::<Vec<_>>());
    let fragment = node("fragment@0", [text("target-path", "/z"), content]);
    ask_a_large_one(&blob([fragment, node("z", many('z').collect::<Vec<_>>())]));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

fn ask_a_large_one(bytes: &[u8]) {
    let size = bytes.len();
    assert!(size < MAX_SIZE && size > MAX_SIZE / 3, "{size} bytes are no large tree");
    ask(bytes);
}

#[test]
fn an_overlay_is_merged_and_its_references_follow() {
    let base = Tree::from_dtb(&small()).expect("valid");
    let overlay = Tree::from_dtb(&small_overlay()).expect("valid");
    let merged = libfdt::apply(&base, &overlay).expect("it fits").tree;
    let panel = merged.find("/soc/dsi@1/panel@3").expect("it has been added");
    // The base's highest phandle is 2.
    assert_eq!(panel.phandle(), Some(3));
    assert_eq!(panel.reference("self"), Some(panel));
    let symbols = merged.find("/__symbols__").expect("labels are carried over");
    assert_eq!(symbols.string("panel"), Some("/soc/dsi@1/panel@3"));
    assert_eq!(pipeline::find(&merged).len(), pipeline::find(&base).len() + 1);
}

/// Found by the fuzz target `trees`: the empty property took the base's phandle away, zero made it the base's last.
#[test]
fn an_overlay_with_a_phandle_that_is_none_leaves_the_one_of_the_base() {
    let base =
        tree([node("a", [cells("phandle", &[1])]), node("b", [cells("phandle", &[2])]), node("aliases", [])]);
    for none in
        [cells("phandle", &[]), cells("phandle", &[0]), cells("linux,phandle", &[0]), text("phandle", "x")]
    {
        let fragment = |number: u32, target, content| {
            node(&format!("fragment@{number}"), [target, node("__overlay__", [content])])
        };
        // The second target is found only once the first fragment is merged.
        let overlay = tree([
            fragment(0, text("target-path", "/aliases"), text("late", "/a")),
            fragment(1, text("target-path", "late"), none.clone()),
            fragment(2, cells("target", &[2]), none),
        ]);
        let merged = libfdt::apply(&base, &overlay).expect("it fits").tree;
        for (phandle, path) in [(1, "/a"), (2, "/b")] {
            assert_eq!(merged.by_phandle(phandle), merged.find(path));
            assert_eq!(merged.find(path).and_then(|node| node.phandle()), Some(phandle));
        }
    }
}

#[test]
fn an_overlay_that_does_not_fit_says_why() {
    let base = Tree::from_dtb(&small()).expect("valid");
    let refused = |items: Vec<Item>| {
        let overlay = Tree::from_dtb(&blob(items)).expect("valid");
        libfdt::apply(&base, &overlay).expect_err("it does not fit")
    };
    let fragment = |target| node("fragment@0", [target, node("__overlay__", [])]);
    assert_eq!(refused(vec![]), OverlayError::NotAnOverlay);
    assert!(matches!(
        refused(vec![fragment(text("target-path", "/nowhere"))]),
        OverlayError::MissingTarget { fragment, .. } if fragment == "fragment@0"
    ));
    let label = node("__fixups__", [text("dsi0", "/fragment@0:target:0")]);
    let error = refused(vec![fragment(cells("target", &[u32::MAX])), label]);
    assert!(error.to_string().contains("dtc -@"), "{error}");
    let beyond = node("__local_fixups__", [node("fragment@0", [cells("target-path", &[99])])]);
    assert!(matches!(
        refused(vec![fragment(text("target-path", "/soc")), beyond]),
        OverlayError::BadFixup { .. }
    ));
}

/// Each fragment changes the next one, and carries along what the first has.
#[test]
fn fragments_that_change_each_other_take_bounded_memory() {
    let fragment = |number: u32| {
        let large = if number == 0 { "x".repeat(100_000) } else { String::new() };
        let content = node("__overlay__", [cells("phandle", &[number + 1]), text("large", &large)]);
        node(&format!("fragment@{number}"), [cells("target", &[number + 2]), content])
    };
    let with = |count: u32| {
        let last = node(
            "fragment@last",
            [text("target-path", "/soc"), node("__overlay__", [cells("phandle", &[count + 1])])],
        );
        let local = |number| node(&format!("fragment@{number}"), [cells("target", &[0])]);
        let local = node("__local_fixups__", (0..count).map(local).collect::<Vec<_>>());
        tree((0..count).map(fragment).chain([last, local]).collect::<Vec<_>>())
    };
    let base = Tree::from_dtb(&small()).expect("valid");
    let merged = firmware::apply(&base, &with(10), &[]).expect("a short chain").tree;
    assert_eq!(merged.find("/soc").and_then(|soc| soc.property("large")).map(<[u8]>::len), Some(100_001));
    let error = firmware::apply(&base, &with(1000), &[]).expect_err("a long chain");
    assert!(matches!(error, OverlayError::Limit(BlobErrorKind::TooLarge { .. })), "{error}");
}
