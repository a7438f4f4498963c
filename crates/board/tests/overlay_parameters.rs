//! Every form that an entry of `__overrides__` may have, and what it makes of the values that it is given.

mod common;

use board::Tree;
use board::overlay::{OverlayError, Parameter, ParameterError, firmware, parameter_names};

use common::{Item, cells, flag, node, overlay_file as file, text, tree};

const FIRST: &str = "/soc/device@10";
const SECOND: &str = "/soc/device@20";
const I2C: &str = "/soc/i2c@7e804000";

fn set(parameters: &[&str]) -> Result<Tree, OverlayError> {
    let parameters: Vec<Parameter> =
        parameters.iter().map(|text| text.parse().expect("a parameter")).collect();
    let applied = firmware::apply(&file("raspberry-pi.dtb"), &file("parameters.dtbo"), &parameters);
    applied.map(|applied| applied.tree)
}

/// Parameters, a node and a property of it, and the value that this has then.
type Case = (&'static [&'static str], &'static str, &'static str, Option<Vec<u8>>);

#[test]
fn what_each_form_writes() {
    let hex = |text: &str| {
        let digits: String = text.split(' ').collect();
        (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..][..2], 16).expect("hex")).collect()
    };
    let string = |text: &str| [text.as_bytes(), b"\0"].concat();
    let cases: Vec<Case> = vec![
        (&[], FIRST, "number", Some(hex("00000001 00000002"))),
        // Numbers of each size, at an offset.
        (&["byte=0x1ff"], FIRST, "number", Some(hex("000000ff 00000002"))),
        (&["half=0xabcd"], FIRST, "number", Some(hex("0000abcd 00000002"))),
        (&["word=-1"], FIRST, "number", Some(hex("00000001 ffffffff"))),
        (&["double=0x0102030405060708"], FIRST, "number", Some(hex("01020304 05060708"))),
        (&["double=-2"], FIRST, "number", Some(hex("ffffffff fffffffe"))),
        (&["word=010"], FIRST, "number", Some(hex("00000001 00000008"))),
        (&["word"], FIRST, "number", Some(hex("00000001 00000001"))),
        (&["word=up"], FIRST, "number", Some(hex("00000001 00000002"))),
        (&["longer=5"], FIRST, "longer", Some(hex("00000000 00000005"))),
        // Text.
        (&["text=new"], FIRST, "text", Some(string("new"))),
        (&["text"], FIRST, "text", Some(string("true"))),
        (&["text=a=b"], FIRST, "text", Some(string("a=b"))),
        (&[r"text=a\0b\x21"], FIRST, "text", Some(string("a\0b!"))),
        (&["status=on"], FIRST, "status", Some(string("okay"))),
        (&["status=0"], FIRST, "status", Some(string("disabled"))),
        (&["status=fail"], FIRST, "status", Some(string("fail"))),
        (&["arguments=two"], SECOND, "bootargs", Some(string("one two"))),
        // Bytes.
        (&["bytes=b8:27:eb"], FIRST, "bytes", Some(hex("b827eb"))),
        (&["bytes="], FIRST, "bytes", Some(vec![])),
        // Flags.
        (&["flag"], FIRST, "flag", Some(vec![])),
        (&["flag=off"], FIRST, "flag", None),
        (&["inverse"], FIRST, "set", None),
        (&["inverse=no"], FIRST, "set", Some(vec![])),
        // Literals in place of what is given.
        (&["literals=99"], FIRST, "number", Some(hex("00000007 00000002"))),
        (&["literals"], FIRST, "text", Some(string("fixed"))),
        (&["literals"], FIRST, "flag", Some(vec![])),
        (&["literals"], FIRST, "bytes", Some(hex("b827"))),
        (&["path"], FIRST, "text", Some(string("/soc/some:where"))),
        (&["path"], FIRST, "flag", Some(vec![])),
        (&["empty"], FIRST, "text", Some(string(""))),
        (&["empty"], FIRST, "flag", Some(vec![])),
        (&["empty_at_the_end"], FIRST, "text", Some(string(""))),
        // Tables; what comes behind one is carried out too.
        (&["table=red"], FIRST, "text", Some(string("r,}"))),
        (&["table=blue"], FIRST, "text", Some(string("b"))),
        (&["table=plain"], FIRST, "text", Some(string("plain"))),
        (&["table=green"], FIRST, "text", Some(string("rest"))),
        (&["without_default=high"], FIRST, "number", Some(hex("00000001 ffffffff"))),
        (&["cells=other"], FIRST, "partner", Some(hex("fffffffe"))),
        (&["cells=own"], FIRST, "flag", Some(vec![])),
        // reg is never made longer.
        (&["address=0x3c"], "/soc/device@3c", "reg", Some(hex("0000003c 00000004"))),
        (&["size=8"], FIRST, "reg", Some(hex("00000010 00000008"))),
        (&["no_such_reg=8"], FIRST, "reg", Some(hex("00000010 00000004"))),
        // Several targets, several parameters: the last one counts.
        (&["several=5"], FIRST, "number", Some(hex("00000005 00000002"))),
        (&["several=5"], SECOND, "number", Some(hex("00000005"))),
        (&["text=a", "text=b"], FIRST, "text", Some(string("b"))),
        (&["nothing"], FIRST, "text", Some(string("old"))),
    ];
    for (parameters, path, property, expected) in cases {
        let tree = set(parameters).unwrap_or_else(|error| panic!("{parameters:?}: {error}"));
        let node = tree.find(path).unwrap_or_else(|| panic!("{parameters:?}: no {path}"));
        assert_eq!(node.property(property).map(<[u8]>::to_vec), expected, "{parameters:?} {property}");
    }
}

#[test]
fn labels_can_be_values() {
    for (parameter, path) in [
        ("own_label", SECOND),
        ("foreign_label", "/soc/dsi@7e700000"),
        ("cells=own", SECOND),
        ("cells=foreign", "/soc/dsi@7e700000"),
    ] {
        let tree = set(&[parameter]).expect("it fits");
        let partner = tree.find(FIRST).and_then(|node| node.reference("partner"));
        assert_eq!(partner.map(|node| node.path()).as_deref(), Some(path), "{parameter}");
    }
}

#[test]
fn nodes_can_get_another_name() {
    let tree = set(&["rename=thing@10"]).expect("it fits");
    assert!(tree.find("/soc/thing@10").is_some() && tree.find(FIRST).is_none());
    assert_eq!(tree.find("/soc/thing@10").and_then(|node| node.property("name")), None);
    for name in ["rename=", "rename=a/b", r"rename=a\0b"] {
        assert!(set(&[name]).is_err(), "{name}");
    }
}

#[test]
fn fragments_are_switched() {
    let of = |parameters: &[&str]| {
        let tree = set(parameters).expect("it fits");
        let has = |name: &str| {
            tree.find(&format!("{I2C}/{name}")).is_some()
                || tree.find(I2C).is_some_and(|i2c| i2c.property(name).is_some())
        };
        (has("one"), has("two"))
    };
    assert_eq!(of(&[]), (false, true));
    assert_eq!(of(&["several=0"]), (true, false));
    assert_eq!(of(&["switch"]), (true, false));
    assert_eq!(of(&["switch=off"]), (false, true));
    assert_eq!(of(&["switch=0"]), (false, true));
    assert_eq!(of(&["switch=any text"]), (true, false));
    assert_eq!(of(&["switch=0", "several=0"]), (true, false));
}

#[test]
fn targets_can_be_changed() {
    let place = |parameters: &[&str]| {
        let tree = set(parameters).expect("it fits");
        let three = tree.nodes().find(|node| node.property("three").is_some()).map(|node| node.path());
        let device = tree.nodes().find(|node| node.name() == "device@10").map(|node| node.path());
        [three, device].map(|path| path.expect("a node"))
    };
    assert_eq!(place(&[]), ["/soc/dsi@7e209000", FIRST]);
    assert_eq!(place(&["target"]), ["/soc/dsi@7e700000", FIRST]);
    assert_eq!(place(&["target_path=/"]), ["/soc/dsi@7e209000", "/device@10"]);
    assert_eq!(place(&["no_target"]), ["/", FIRST]);
}

#[test]
fn what_the_overlay_does_not_have_is_set_in_the_board() {
    let tree = set(&["i2c_arm=on", "i2c_arm_baudrate=400000", "text=new"]).expect("it fits");
    let i2c = tree.find(I2C).expect("the bus");
    assert_eq!((i2c.string("status"), i2c.u32("clock-frequency")), (Some("okay"), Some(400_000)));
    assert_eq!(tree.find(FIRST).and_then(|node| node.string("text")), Some("new"));

    let base = file("raspberry-pi.dtb");
    let parameters = ["i2c_arm=on".parse().expect("one"), "dsi1_address=0x7e800000".parse().expect("one")];
    let tree = firmware::set_parameters(&base, &parameters).expect("it has them");
    assert_eq!(tree.find(I2C).and_then(|node| node.string("status")), Some("okay"));
    // The labels of the board follow a node that gets another name.
    let dsi1 = tree.find("/__symbols__").and_then(|labels| labels.string("dsi1"));
    assert_eq!(dsi1, Some("/soc/dsi@7e800000"));
    assert!(tree.find("/soc/dsi@7e800000").is_some_and(|host| host.u32("reg") == Some(0x7e80_0000)));
}

#[test]
fn a_parameter_of_the_base_is_counted_where_the_overlay_is_given() {
    let (base, overlay) = (file("raspberry-pi.dtb"), file("display.dtbo"));
    let set_in_base = |parameter: &str| {
        let parameters = [parameter.parse().expect("one")];
        firmware::apply(&base, &overlay, &parameters).expect("it is there").base_parameters
    };
    assert_eq!((set_in_base("i2c_arm=on"), set_in_base("rotation=90")), (1, 0));
}

#[test]
fn what_can_t_be_set_is_named() {
    for (parameter, says) in [
        ("word=many", "the parameter 'word' takes a number, or on or off; got 'many'"),
        ("flag=maybe", "the parameter 'flag' takes a number, or on or off; got 'maybe'"),
        ("without_default=middle", "the parameter 'without_default' takes low, high; got 'middle'"),
        ("rename=a/b", "would name a node 'a/b'; the root keeps its name, and any other name is not empty"),
        ("bytes=xyz", "takes at most 32 bytes in hexadecimal, such as b8:27:eb; got 'xyz'"),
        (r"text=\q", r"a backslash in '\q' escapes nothing"),
        ("unknown_fragment", "switches fragment 9, which the overlay does not have"),
        ("nobody", "there is no parameter 'nobody'; there are: address, arguments, byte, "),
    ] {
        let said = set(&[parameter]).expect_err("it can't be set").to_string();
        assert!(said.contains(says), "{parameter}: {said}");
    }
    let error: ParameterError = match set(&["nobody"]) {
        Err(OverlayError::Parameter(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error.parameter, "nobody");
    let base = tree([node("a", [])]);
    let overlay = tree([node("fragment@0", [text("target-path", "/a"), node("__overlay__", [])])]);
    let error = firmware::apply(&base, &overlay, &["x".parse().expect("one")]).expect_err("no parameters");
    assert!(error.to_string().ends_with("neither the overlay nor the board has parameters"), "{error}");
    for text in ["", "=1"] {
        assert!(text.parse::<Parameter>().is_err(), "{text:?}");
    }
    let names: Vec<String> = parameter_names(&file("half-dormant.dtbo")).map(str::to_owned).collect();
    assert_eq!(names, ["second"]);
}

/// An overlay whose node /a has phandle 1, and a parameter x of these bytes.
fn with_entry(entry: &[u8]) -> Tree {
    let content = node("__overlay__", [node("a", [cells("phandle", &[1]), flag("old")])]);
    tree([
        node("fragment@0", [text("target-path", "/"), content]),
        node("__overrides__", [Item::Property("x".to_owned(), entry.to_vec())]),
    ])
}

/// In the order of `__overrides__`'s bytes: a phandle, which has been moved by none as the base has none, and a string.
#[test]
fn damaged_entries_are_errors() {
    let base = tree([node("b", [])]);
    let try_it = |entry: &[u8], value: &str| {
        let parameter = Parameter { name: "x".to_owned(), value: value.to_owned() };
        firmware::apply(&base, &with_entry(entry), &[parameter]).map(|applied| applied.tree)
    };
    let phandle = b"\0\0\0\x01";
    let entry = |text: &[u8]| [phandle, text].concat();
    assert!(
        try_it(&entry(b"y:0\0"), "5")
            .is_ok_and(|tree| tree.find("/a").is_some_and(|a| a.u32("y") == Some(5)))
    );
    for damaged in [
        &b"\0\0"[..],
        b"\0\0\0\x01",
        b"\0\0\0\x01y",
        b"\0\0\0\x01\0",
        b"\0\0\0\x01:0\0",
        b"\0\0\0\x07y:0\0",
        b"\xff\xff\xff\xffy:0\0",
        b"\0\0\0\0*1\0",
        b"\0\0\0\0+\0",
        b"\0\0\0\x01y:0=\0\0\0",
        b"\0\0\0\x01y:99999999999999999999\0",
        b"\0\0\0\x01y:4000000000\0",
        b"\0\0\0\x01y{5=1\0",
        b"\0\0\0\x01y{5='1}\0",
        b"\0\0\0\x01y{5=\0\0\0\0",
        b"\0\0\0\x01y{5=1}z\0",
        b"\0\0\0\x01y=\0z",
        b"\0\0\0\x01\xff:0\0",
    ] {
        assert!(try_it(damaged, "5").is_err(), "{damaged:x?}");
    }
    // Not damaged, though it looks so.
    for (fine, expected) in [
        (&b"y{5=\0\0\0\0\x07"[..], &b"7\0"[..]),
        (b"y{,5=6}\0", b"6\0"),
        (b"y{,4=6}\0", b"5\0"),
        (b"y{=6,5=7}\0", b"6\0"),
        (b"y{=6,6=7}\0", b"7\0"),
        (b"y{5=5,5=6}\0", b"5\0"),
        (b"y#0{5=\0\xff\xff\xff\xfe}\0", b"\xff\xff\xff\xff\xff\xff\xff\xfe"),
        (b"y#0=\0\xff\xff\xff\xfe", b"\0\0\0\0\xff\xff\xff\xfe"),
        (b"y[=\0", b""),
    ] {
        let tree = try_it(&entry(fine), "5").unwrap_or_else(|error| panic!("{fine:x?}: {error}"));
        assert_eq!(tree.find("/a").and_then(|a| a.property("y")), Some(expected), "{fine:x?}");
    }
    assert!(try_it(&entry(b"y{}\0"), "5").is_err(), "an empty table has nothing");
}

/// Each entry makes a property as long as a blob may be.
#[test]
fn parameters_write_a_bounded_amount() {
    let entries: Vec<u8> =
        (0..1000).flat_map(|at| format!("\0\0\0\x01p{at}.2000000\0").into_bytes()).collect();
    let overlay = with_entry(&entries);
    let error = firmware::apply(&tree([]), &overlay, &["x".parse().expect("one")]).expect_err("too much");
    assert_eq!(
        error.to_string(),
        "the parameter 'x' would write too much: with all others more than 2097152 bytes"
    );
}
