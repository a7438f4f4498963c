//! What is wrong with a tree, and told.

use crate::common::{self, Item, cells, compatible, disabled, endpoint, flag, node, ports, reg, tree};
use crate::{
    AT_DEVICE, AT_HOST, BRIDGE, PANEL, answers, answers_with, child, host, i2c, our_own, port, to_device,
    to_host, warnings, with_lanes,
};
use board::Tree;
use board::facts::Facts;
use board::pipeline;
use board::warning::{self, WarningKind};

/// What the tool says of wrong lanes.
fn said_of_lanes(tree: &Tree) -> Vec<String> {
    let found = warning::find(tree, Facts::of_linux(), &pipeline::find(tree)).into_iter();
    found.filter(|warning| warning.kind == WarningKind::MissingLanes).map(|warning| warning.text).collect()
}

#[test]
fn wrong_lanes_are_told_with_what_was_expected_and_what_is_there() {
    let bridge = |lanes: &[u32]| i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, lanes)])]);
    let own = |lanes: &[u32]| ports(1, with_lanes(AT_HOST, AT_DEVICE, lanes));
    let rcar = |at_host: &[u32], at_device: &[u32]| {
        tree([host("renesas,r8a779g0-dsi-csi2-tx", [own(at_host)]), bridge(at_device)])
    };
    assert_eq!(said_of_lanes(&rcar(&[1, 2], &[1, 2])), Vec::<String>::new());
    assert_eq!(
        said_of_lanes(&rcar(&[1, 2, 3, 4], &[1, 2, 3, 4, 5])),
        ["sn65dsi83_host_attach wants data-lanes at port 0 of /i2c@9/chip@2c for 1 to 4 lanes, and it has 5"]
    );
    for (lanes, has) in [(&[1, 2, 3, 4, 5][..], "5"), (&[], "no value")] {
        let wants = "rcar_mipi_dsi_parse_dt wants data-lanes at port 1, endpoint 0 of /dsi@1 with 1 to 4 cells, and it has";
        assert_eq!(said_of_lanes(&rcar(lanes, &[1, 2, 3, 4])), [format!("{wants} {has}")]);
    }
}

#[test]
fn what_a_host_passes_over_is_told() {
    let without_reg = our_own("panel-without-reg");
    assert!(answers(&without_reg).is_empty());
    let expected = [(WarningKind::ChildWithoutReg, "/dsi@1ca0000/panel".to_owned())];
    assert_eq!(warnings(&without_reg), expected);
    let taken = our_own("channel-taken");
    assert_eq!(answers(&taken), ["panel@0: attaches"]);
    assert_eq!(warnings(&taken), [(WarningKind::ChannelTaken, "/dsi@1ca0000/display@0".to_owned())]);

    let sun6i = |items: Vec<Item>| tree([host("allwinner,sun50i-a64-mipi-dsi", items)]);
    let fifth = sun6i(vec![child("panel@4", PANEL, 4, [])]);
    assert_eq!(warnings(&fifth), [(WarningKind::NoSuchChannel, "/dsi@1/panel@4".to_owned())]);
    // An unknown panel without reg counts only by its name; a table of clock rates is not a panel.
    let called = sun6i(vec![
        node("display", [compatible("acme,new")]),
        node("opp-table", [compatible("operating-points-v2")]),
    ]);
    assert_eq!(warnings(&called), [(WarningKind::ChildWithoutReg, "/dsi@1/display".to_owned())]);
    // A reg that is no cell is there, and makes no device; nor does a reg without a compatible.
    let half = sun6i(vec![node("panel@0", [compatible(PANEL), flag("reg")])]);
    assert_eq!(warnings(&half), [(WarningKind::ChildWithoutReg, "/dsi@1/panel@0".to_owned())]);
    let said = warning::find(&half, Facts::of_linux(), &[]).remove(0).text;
    assert_eq!(said, "of_mipi_dsi_device_add gives -EINVAL: its reg has 0 bytes, and a channel takes 4");
    let nameless = sun6i(vec![node("panel@0", [reg(0)]), node("port@0", [reg(0)])]);
    assert_eq!(warnings(&nameless), [(WarningKind::ChildWithoutCompatible, "/dsi@1/panel@0".to_owned())]);
    let off = [child("panel@0", PANEL, 0, []), child("other@0", PANEL, 0, [disabled()])];
    assert!(warnings(&sun6i(off.to_vec())).is_empty());
    // A driver on another bus wants channel 0 of a host whose child has it.
    let bridge = i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
    let both = [ports(1, to_device()), child("panel@0", PANEL, 0, [])];
    let tree = tree([host("fsl,imx8mm-mipi-dsim", both), bridge]);
    assert_eq!(answers(&tree), ["panel@0: attaches", "chip@2c: fails -EEXIST"]);
    assert_eq!(warnings(&tree), [(WarningKind::ChannelTaken, "/i2c@9/chip@2c".to_owned())]);
}

#[test]
fn a_host_with_the_name_of_another_is_told() {
    let two = |second: u32| {
        let host = |name: &str, address: u32| {
            let items = [
                compatible("allwinner,sun50i-a64-mipi-dsi"),
                cells("reg", &[address, 1]),
                child("panel@0", PANEL, 0, []),
            ];
            node(name, items)
        };
        tree([
            cells("#address-cells", &[1]),
            cells("#size-cells", &[1]),
            host("dsi@1", 1),
            host("dsi@2", second),
        ])
    };
    assert_eq!(warnings(&two(2)), []);
    assert_eq!(warnings(&two(1)), [(WarningKind::NameTaken, "/dsi@2".to_owned())]);
}

#[test]
fn what_looks_like_a_host_is_told_if_no_driver_knows_it() {
    let unknown = our_own("unknown-host");
    assert!(answers(&unknown).is_empty());
    assert_eq!(warnings(&unknown), [(WarningKind::UnknownHost, "/dsi@fde20000".to_owned())]);
    let as_host = Facts::with(vec!["rockchip,rk3588-mipi-dsi2=host".parse().expect("a host")]);
    assert_eq!(answers_with(&unknown, &as_host), ["panel@0: attaches"]);
    // With a bridge on I2C that waits for it.
    let bridge = || i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
    let linked = tree([host("acme,dsi2", [ports(1, to_device())]), bridge()]);
    assert_eq!(answers(&linked), ["chip@2c: deferred -EPROBE_DEFER"]);
    let told =
        [(WarningKind::UnknownHost, "/dsi@1".to_owned()), (WarningKind::NoHost, "/i2c@9/chip@2c".to_owned())];
    assert_eq!(warnings(&linked), told);
    // Neither a PHY, nor a host that is disabled, nor a panel on SPI is one.
    let phy = host("acme,dsi-phy", [child("lane@0", "acme,lane", 0, [])]);
    let off = host("acme,dsi2", [child("panel@0", PANEL, 0, []), disabled()]);
    let spi = node("spi", [compatible("spi-gpio"), child("panel@0", "samsung,s6e63m0", 0, [])]);
    for none in [phy, off, spi] {
        assert_eq!(warnings(&tree([none])), []);
    }
}

#[test]
fn what_is_below_a_node_that_linux_does_not_populate_is_told() {
    let panel = || common::host_with_panel("dsi@1", "st,stm32-dsi", PANEL, &[reg(1)]);
    let below = |around: Item| warnings(&tree([node("around", [around, flag("ranges"), panel()])]));
    let told = [(WarningKind::ParentNotPopulated, "/around/dsi@1".to_owned())];
    assert_eq!(below(flag("x")), told);
    assert_eq!(below(compatible("acme,syscon\0syscon")), told);
    for populated in ["simple-bus", "acme,soc\0simple-mfd", "qcom,sm8250-mdss", "nvidia,tegra124-host1x"] {
        assert_eq!(below(compatible(populated)), [], "{populated}");
    }
    assert_eq!(warnings(&tree([panel()])), []);
}

#[test]
fn a_link_that_leads_one_way_is_told() {
    let told = |at_host: Item, at_device: Item| {
        let chip = i2c("acme,new", [port([at_device])]);
        warnings(&tree([host("st,stm32-dsi", [ports(1, at_host)]), chip]))
    };
    let silent = |phandle| node("endpoint", [cells("phandle", &[phandle])]);
    let at_host = (WarningKind::OneSidedLink, "/dsi@1/ports/port@1/endpoint".to_owned());
    let at_device = (WarningKind::OneSidedLink, "/i2c@9/chip@2c/port/endpoint".to_owned());
    assert_eq!(told(to_device(), to_host()), []);
    assert_eq!(told(to_device(), silent(AT_DEVICE)), std::slice::from_ref(&at_host));
    assert_eq!(told(silent(AT_HOST), to_host()), std::slice::from_ref(&at_device));
    assert_eq!(told(silent(AT_HOST), silent(AT_DEVICE)), []);
    assert_eq!(told(endpoint(AT_HOST, 77), silent(AT_DEVICE)), [at_host]);
    // Two lead to the host, which leads to one of them.
    let other = node("other", [compatible("acme,other"), port([endpoint(9, AT_HOST)])]);
    let chip = i2c("acme,new", [port([to_host()])]);
    let two = tree([host("st,stm32-dsi", [ports(1, to_device())]), chip, other]);
    assert_eq!(warnings(&two), [(WarningKind::OneSidedLink, "/other/port/endpoint".to_owned())]);
}
