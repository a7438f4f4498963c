//! The odd shapes that real device trees have, each in a small tree of its own.

mod common;

use board::Tree;
use board::link::{DualLink, groups};
use board::names::Names;
use board::pipeline::{self, Connection};

use common::{Item, cells, compatible, disabled, endpoint, flag, lines, node, reg, report, text, tree};

const HOST: &str = "st,stm32-dsi";
const PANEL: &str = "orisetech,otm8009a";
const BRIDGE: &str = "ti,sn65dsi83";

/// Phandles of the endpoints at either end.
const AT_HOST: u32 = 1;
const AT_DEVICE: u32 = 2;

/// A host with the given contents in the root.
fn host(items: impl Into<Vec<Item>>) -> Item {
    let mut all = vec![compatible(HOST), reg(1)];
    all.extend(items.into());
    node("dsi@1", all)
}

fn panel(items: impl Into<Vec<Item>>) -> Item {
    let mut all = vec![compatible(PANEL), reg(0)];
    all.extend(items.into());
    node("panel@0", all)
}

/// An I2C bus with a bridge on it.
fn i2c(bridge: impl Into<Vec<Item>>) -> Item {
    let mut all = vec![compatible(BRIDGE), reg(0x2c)];
    all.extend(bridge.into());
    node("i2c@9", [reg(9), node("bridge@2c", all)])
}

fn port(endpoint: Item) -> Item {
    node("port", [endpoint])
}

/// `ports` or one of its other names, with one numbered port.
fn ports(name: &str, number: u32, endpoint: Item) -> Item {
    node(name, [node(&format!("port@{number}"), [reg(number), endpoint])])
}

#[test]
fn without_status_okay_and_ok_are_enabled_and_nothing_else_is() {
    for (status, expected) in [("okay", 1), ("ok", 1), ("disabled", 0), ("fail", 0), ("", 0)] {
        let tree = tree([host([text("status", status), panel([])])]);
        assert_eq!(lines(&tree).len(), expected, "{status:?}");
    }
    assert_eq!(lines(&tree([host([panel([])])])), ["/dsi@1 /dsi@1/panel@0 child"]);
}

#[test]
fn a_disabled_node_anywhere_above_either_end_switches_the_pipeline_off() {
    let above_host = node("soc", [disabled(), node("display", [host([panel([])])])]);
    assert!(lines(&tree([above_host])).is_empty());
    assert!(lines(&tree([host([panel([disabled()])])])).is_empty());

    let linked = |status: Vec<Item>| {
        let bus = [status, vec![i2c([port(endpoint(AT_DEVICE, AT_HOST))])]].concat();
        tree([host([port(endpoint(AT_HOST, AT_DEVICE))]), node("soc", bus)])
    };
    assert_eq!(lines(&linked(vec![])), ["/dsi@1 /soc/i2c@9/bridge@2c graph"]);
    assert!(lines(&linked(vec![disabled()])).is_empty());
}

#[test]
fn a_child_needs_reg_compatible_and_a_channel_that_exists() {
    let children = [
        node("no-reg", [compatible(PANEL)]),
        node("no-compatible@1", [reg(1)]),
        node("fifth@4", [compatible(PANEL), reg(4)]),
        node("half@1", [compatible(PANEL), Item::Property("reg".into(), vec![0, 0])]),
        node("opp-table", [compatible("operating-points-v2"), node("opp-1", [flag("opp-hz")])]),
        node("panel@3", [compatible(PANEL), reg(3)]),
    ];
    assert_eq!(lines(&tree([host(children)])), ["/dsi@1 /dsi@1/panel@3 child"]);
}

#[test]
fn of_two_children_on_one_channel_the_host_registers_the_first() {
    let second = node("late@0", [compatible(PANEL), reg(0)]);
    assert_eq!(lines(&tree([host([panel([]), second])])), ["/dsi@1 /dsi@1/panel@0 child"]);
}

#[test]
fn ports_may_be_direct_or_in_any_of_their_containers_and_without_reg() {
    for at_host in [
        port(endpoint(AT_HOST, AT_DEVICE)),
        node("ports", [port(endpoint(AT_HOST, AT_DEVICE))]),
        ports("ports", 1, endpoint(AT_HOST, AT_DEVICE)),
        ports("out-ports", 0, endpoint(AT_HOST, AT_DEVICE)),
    ] {
        for at_device in [
            port(endpoint(AT_DEVICE, AT_HOST)),
            ports("ports", 0, endpoint(AT_DEVICE, AT_HOST)),
            ports("in-ports", 0, endpoint(AT_DEVICE, AT_HOST)),
        ] {
            // Where a driver looks that nobody knows can't be told.
            let chip = node("chip@3", [compatible("acme,new"), reg(3), at_device.clone()]);
            let linked = tree([host([at_host.clone()]), node("i2c@9", [reg(9), chip])]);
            assert_eq!(lines(&linked), ["/dsi@1 /i2c@9/chip@3 graph"]);
            let child = tree([host([at_host.clone(), panel([at_device])])]);
            assert_eq!(lines(&child), ["/dsi@1 /dsi@1/panel@0 child+graph"]);
        }
    }
}

/// sn65dsi83 follows port 0, inside `ports` where there is that, and knows no other container.
#[test]
fn a_driver_that_is_known_looks_at_its_own_place() {
    let leads = || endpoint(AT_DEVICE, AT_HOST);
    let found = |at_device: Vec<Item>| {
        let tree = tree([host([port(endpoint(AT_HOST, AT_DEVICE))]), i2c(at_device)]);
        lines(&tree).len()
    };
    assert_eq!(found(vec![port(leads())]), 1);
    assert_eq!(found(vec![node("ports", [port(leads())])]), 1);
    assert_eq!(found(vec![ports("ports", 0, leads())]), 1);
    assert_eq!(found(vec![ports("ports", 1, leads())]), 0);
    assert_eq!(found(vec![ports("in-ports", 0, leads())]), 0);
    assert_eq!(found(vec![node("ports", []), port(leads())]), 0);
}

#[test]
fn endpoints_that_lead_nowhere_link_nothing() {
    let nowhere = [
        node("endpoint", []),
        node("endpoint", [cells("remote-endpoint", &[77])]),
        node("endpoint", [cells("remote-endpoint", &[0])]),
        node("endpoint", [flag("remote-endpoint")]),
        node("endpoint", [text("remote-endpoint", "x")]),
        // To itself.
        endpoint(AT_DEVICE, AT_DEVICE),
    ];
    for endpoint in nowhere {
        let tree = tree([host([panel([])]), i2c([port(endpoint)])]);
        assert_eq!(lines(&tree), ["/dsi@1 /dsi@1/panel@0 child"]);
    }
}

/// The peripheral's driver looks for its host from its own endpoint; the host's endpoint alone brings nobody.
#[test]
fn a_one_way_link_counts_from_the_peripheral() {
    let one_way = |phandle, remote| endpoint(phandle, remote);
    let silent = |phandle| node("endpoint", [cells("phandle", &[phandle])]);
    let from_device = tree([host([port(silent(AT_HOST))]), i2c([port(one_way(AT_DEVICE, AT_HOST))])]);
    assert_eq!(lines(&from_device), ["/dsi@1 /i2c@9/bridge@2c graph"]);
    let from_host = tree([host([port(one_way(AT_HOST, AT_DEVICE))]), i2c([port(silent(AT_DEVICE))])]);
    assert!(lines(&from_host).is_empty());
}

#[test]
fn a_reference_to_something_that_is_no_endpoint_is_no_link() {
    let tree = tree([
        node("dsi@1", [compatible(HOST), cells("phandle", &[AT_HOST])]),
        i2c([port(endpoint(AT_DEVICE, AT_HOST))]),
    ]);
    assert!(lines(&tree).is_empty());
}

#[test]
fn an_endpoint_outside_of_a_port_is_none() {
    let tree = tree([host([port(endpoint(AT_HOST, AT_DEVICE))]), i2c([endpoint(AT_DEVICE, AT_HOST)])]);
    assert!(lines(&tree).is_empty());
}

#[test]
fn what_feeds_the_host_is_no_peripheral() {
    let feeder = node(
        "display-controller@5",
        [compatible("st,stm32-ltdc"), reg(5), port(endpoint(AT_DEVICE, AT_HOST))],
    );
    assert!(lines(&tree([host([port(endpoint(AT_HOST, AT_DEVICE))]), feeder])).is_empty());
}

#[test]
fn an_unknown_chip_on_i2c_or_spi_is_an_unknown_peripheral() {
    let device = |bus: &str| {
        let chip = [compatible("acme,new\0acme,old"), reg(3), port(endpoint(AT_DEVICE, AT_HOST))];
        let bus = node(bus, [reg(9), node("chip@3", chip)]);
        let tree = tree([host([port(endpoint(AT_HOST, AT_DEVICE))]), bus]);
        report(&tree).to_json().expect("JSON")
    };
    assert_eq!(
        device("spi@9"),
        "{\"pipelines\":[{\"host\":{\"path\":\"/dsi@1\",\"compatible\":\"st,stm32-dsi\",\"bus\":\"platform\",\
         \"driver\":{\"name\":\"stm32-display-dsi\",\"assumed\":false},\
         \"name\":{\"text\":\"1.dsi\",\"guessed\":false},\"lanes\":null,\
         \"answer\":{\"result\":\"attaches\",\"error\":null,\"why\":null}},\
         \"device\":{\"path\":\"/spi@9/chip@3\",\"compatible\":\"acme,new\",\"kind\":\"unknown\",\
         \"control_bus\":\"spi\",\"channel\":null,\"connection\":\"graph\",\"driver\":null,\"name\":null,\
         \"lanes\":null,\"answer\":{\"result\":\"no-driver\",\"error\":null,\"why\":null}}}],\"warnings\":[]}"
    );
    assert!(device("i2c@9").contains("\"control_bus\":\"i2c\""));
}

#[test]
fn several_endpoints_on_one_port_are_one_pipeline_for_each_device() {
    let two = node(
        "port",
        [
            node("endpoint@0", [cells("phandle", &[1]), cells("remote-endpoint", &[3])]),
            node("endpoint@1", [cells("phandle", &[2]), cells("remote-endpoint", &[4])]),
        ],
    );
    let bridge =
        node("ports", [node("port@0", [reg(0), endpoint(3, 1)]), node("port@1", [reg(1), endpoint(4, 2)])]);
    assert_eq!(lines(&tree([host([two]), i2c([bridge])])), ["/dsi@1 /i2c@9/bridge@2c graph"]);
}

#[test]
fn the_compatible_that_a_driver_knows_is_reported() {
    let items = |compatibles: &str| {
        let host = node(
            "dsi@1",
            [
                compatible("qcom,new-dsi-ctrl\0qcom,mdss-dsi-ctrl"),
                node("panel@0", [compatible(compatibles), reg(0)]),
            ],
        );
        let report = report(&tree([host]));
        let pipeline = report.pipelines.into_iter().next().expect("one pipeline");
        (pipeline.host.compatible, pipeline.device.compatible)
    };
    let known = ("qcom,mdss-dsi-ctrl", PANEL.to_owned());
    assert_eq!(items("acme,panel\0orisetech,otm8009a"), known);
    assert_eq!(items("acme,panel\0acme,other").1, "acme,panel");
}

#[test]
fn old_phandles_link_too() {
    let old =
        |own, remote| node("endpoint", [cells("linux,phandle", &[own]), cells("remote-endpoint", &[remote])]);
    let tree = tree([host([port(old(AT_HOST, AT_DEVICE))]), i2c([port(old(AT_DEVICE, AT_HOST))])]);
    assert_eq!(lines(&tree), ["/dsi@1 /i2c@9/bridge@2c graph"]);
}

#[test]
fn a_panel_with_two_links_by_the_graph_is_one_group() {
    let panel =
        node("ports", [node("port@0", [reg(0), endpoint(3, 1)]), node("port@1", [reg(1), endpoint(4, 2)])]);
    let first = node(
        "dsi@1",
        [
            compatible("qcom,mdss-dsi-ctrl"),
            flag("qcom,dual-dsi-mode"),
            flag("qcom,master-dsi"),
            port(endpoint(1, 3)),
            node("panel@0", [compatible("xiaomi,elish-boe-nt36523"), reg(0), panel]),
        ],
    );
    let second = node("dsi@2", [compatible("qcom,mdss-dsi-ctrl"), port(endpoint(2, 4))]);
    let tree = tree([first, second]);
    assert_eq!(lines(&tree), ["/dsi@1 /dsi@1/panel@0 child+graph", "/dsi@2 /dsi@1/panel@0 second-link"]);
    let pipelines = pipeline::find(&tree);
    assert_eq!(groups(&pipelines), [[0, 1]]);
    let dual = DualLink::QcomDualDsi { master: true, sync: false };
    assert_eq!(pipelines[0].link.dual, [dual]);
    assert_eq!(pipelines[1].connection, Connection::SecondLink);
}

#[test]
fn two_panels_tied_by_link2_or_ganged_mode_are_one_group() {
    let host = |name: &str, phandle: u32, items: Vec<Item>, panel: Vec<Item>| {
        let panel = [vec![compatible("sharp,lq101r1sx01"), reg(0)], panel].concat();
        let own = vec![compatible("nvidia,tegra114-dsi"), cells("phandle", &[phandle])];
        node(name, [own, items, vec![node("panel@0", panel)]].concat())
    };
    let ganged = vec![cells("nvidia,ganged-mode", &[2])];
    let by_mode = tree([host("dsi@1", 1, ganged, vec![]), host("dsi@2", 2, vec![], vec![])]);
    let by_link2 = tree([
        host("dsi@1", 1, vec![], vec![cells("link2", &[3])]),
        host("dsi@2", 2, vec![], vec![cells("phandle", &[3])]),
    ]);
    let apart = tree([host("dsi@1", 1, vec![], vec![]), host("dsi@2", 2, vec![], vec![])]);
    assert_eq!(groups(&pipeline::find(&by_mode)), [vec![0, 1]]);
    assert_eq!(groups(&pipeline::find(&by_link2)), [vec![0, 1]]);
    assert_eq!(groups(&pipeline::find(&apart)), [vec![0], vec![1]]);
}

#[test]
fn lanes_come_from_either_end_or_from_old_properties() {
    let lanes = |at_host: Vec<Item>, at_device: Vec<Item>, of_node: Vec<Item>| {
        let end = |own, remote, more: Vec<Item>| {
            let own = vec![cells("phandle", &[own]), cells("remote-endpoint", &[remote])];
            port(node("endpoint", [own, more].concat()))
        };
        let device = [of_node, vec![end(AT_DEVICE, AT_HOST, at_device)]].concat();
        let tree = tree([host([end(AT_HOST, AT_DEVICE, at_host)]), i2c(device)]);
        pipeline::find(&tree)[0].link.lanes()
    };
    assert_eq!(lanes(vec![], vec![], vec![]), None);
    assert_eq!(lanes(vec![cells("data-lanes", &[0, 1])], vec![], vec![]), Some(2));
    assert_eq!(lanes(vec![], vec![cells("data-lanes", &[1, 2, 3, 4])], vec![]), Some(4));
    assert_eq!(lanes(vec![], vec![], vec![cells("adi,dsi-lanes", &[3])]), Some(3));
}

fn one_cell() -> Item {
    cells("#address-cells", &[1])
}

/// A host behind an I2C mux, whose buses have no alias.
fn behind_a_mux() -> Tree {
    let host = node(
        "dsi@7",
        [
            compatible("toshiba,tc358768"),
            reg(7),
            node("panel@1", [compatible("panasonic,vvx10f004b00"), reg(1)]),
        ],
    );
    tree([
        node("aliases", [text("i2c2", "/soc/i2c@4000")]),
        node("pins", [node("i2c-pins", [])]),
        node("soc", [node("i2c@4000", [reg(0x4000), one_cell()])]),
        node("i2c-mux", [one_cell(), node("i2c@1", [reg(1), one_cell(), host])]),
    ])
}

#[test]
fn a_host_on_i2c_is_found_behind_a_mux_and_its_bus_number_is_a_guess() {
    let tree = behind_a_mux();
    assert_eq!(lines(&tree), ["/i2c-mux/i2c@1/dsi@7 /i2c-mux/i2c@1/dsi@7/panel@1 child"]);
    let pipeline = &pipeline::find(&tree)[0];
    let name = Names::new(&tree).dsi_device(pipeline).expect("it has a name");
    assert_eq!((name.text.as_str(), name.guessed), ("3-0007.1", true));
}

#[test]
fn platform_names_have_the_translated_address_or_the_way_to_one() {
    let device =
        |name: &str, items: Vec<Item>| node(name, [items, vec![compatible(HOST), panel([])]].concat());
    let bus = |ranges: Item| {
        node(
            "soc",
            [
                cells("#address-cells", &[1]),
                cells("#size-cells", &[1]),
                ranges,
                device("dsi@100", vec![cells("reg", &[0x100, 0x10])]),
            ],
        )
    };
    let root = |ranges| {
        let counts = [cells("#address-cells", &[2]), cells("#size-cells", &[2])];
        tree([counts.to_vec(), vec![bus(ranges)]].concat())
    };
    let name = |tree: &Tree| {
        let pipeline = &pipeline::find(tree)[0];
        Names::new(tree).dsi_device(pipeline).expect("it has a name").text
    };
    assert_eq!(name(&root(flag("ranges"))), "100.dsi.0");
    let window = cells("ranges", &[0, 0x1, 0xf000_0000, 0x1000]);
    assert_eq!(name(&root(window)), "1f0000100.dsi.0");
    let elsewhere = cells("ranges", &[0x200, 0, 0xf000_0000, 0x1000]);
    assert_eq!(name(&root(elsewhere)), "soc:dsi@100.0");
    let just_below = cells("ranges", &[0, 0, 0xf000_0000, 0x100]);
    assert_eq!(name(&root(just_below)), "soc:dsi@100.0");
    assert_eq!(name(&root(flag("no-ranges"))), "soc:dsi@100.0");
    assert_eq!(name(&tree([device("dsi", vec![])])), "dsi.0");
    // Nobody says how many cells: one each.
    assert_eq!(name(&tree([device("dsi@7", vec![cells("reg", &[7, 1])])])), "7.dsi.0");
}

/// Addresses of three cells begin with flags, which a range has to share.
#[test]
fn a_range_counts_only_for_addresses_with_its_flags() {
    let name = |flags: u32| {
        let device = [compatible(HOST), cells("reg", &[flags, 0, 0x100, 0x10]), panel([])];
        let bus = node(
            "bus",
            [
                cells("#address-cells", &[3]),
                cells("#size-cells", &[1]),
                cells("ranges", &[1, 0, 0, 0xf000_0000, 0x1000, 2, 0, 0, 0xe000_0000, 0x1000]),
                node("dsi@100", device),
            ],
        );
        let tree = tree([cells("#address-cells", &[1]), cells("#size-cells", &[1]), bus]);
        let pipeline = &pipeline::find(&tree)[0];
        Names::new(&tree).host(pipeline).expect("it has a name").text
    };
    assert_eq!(name(1), "f0000100.dsi");
    assert_eq!(name(2), "e0000100.dsi");
    assert_eq!(name(3), "bus:dsi@100");
}

#[test]
fn flags_above_an_i2c_address_are_not_in_the_name() {
    let chip = [compatible(BRIDGE), reg(0x4000_002c), port(endpoint(AT_DEVICE, AT_HOST))];
    let tree = tree([
        host([port(endpoint(AT_HOST, AT_DEVICE))]),
        node("i2c@9", [reg(9), one_cell(), node("bridge@2c", chip)]),
    ]);
    let pipeline = &pipeline::find(&tree)[0];
    let name = Names::new(&tree).peripheral(pipeline).expect("it has a name");
    assert_eq!(name.text, "0-002c");
}

#[test]
fn i2c_and_spi_names_follow_aliases() {
    let tree = tree([
        node("aliases", [text("i2c4", "/i2c@9"), text("i2c9x", "/i2c@9")]),
        host([port(endpoint(AT_HOST, AT_DEVICE))]),
        i2c([port(endpoint(AT_DEVICE, AT_HOST))]),
    ]);
    let pipeline = &pipeline::find(&tree)[0];
    let name = Names::new(&tree).peripheral(pipeline).expect("it has a name");
    assert_eq!((name.text.as_str(), name.guessed), ("4-002c", false));
}
