//! Where the drivers of peripherals look for their hosts and lanes.

use crate::common::{self, Item, cells, compatible, disabled, endpoint, node, ports, reg, tree};
use crate::{
    AT_DEVICE, AT_HOST, BRIDGE, PANEL, answers, child, host, i2c, our_own, port, to_device, to_host,
    warnings, with_lanes,
};
use board::pipeline;
use board::warning::WarningKind;

#[test]
fn a_port_beside_ports_is_not_found() {
    let tree = our_own("port-beside-ports");
    assert_eq!(answers(&tree), ["panel@0: fails -ENODEV"]);
    assert_eq!(warnings(&tree), [(WarningKind::PortBesidePorts, "/dsi@fe060000/port@1".to_owned())]);
    // At the bridge: its driver follows port 0, and finds nobody to wait for.
    let beside = [node("ports", [node("port@2", [reg(2)])]), port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])];
    let tree = common::tree([host("fsl,imx8mm-mipi-dsim", [ports(1, to_device())]), i2c(BRIDGE, beside)]);
    assert_eq!(answers(&tree), ["chip@2c: deferred -EPROBE_DEFER"]);
    // At a host that looks at its first child, nothing is lost.
    let panel = || child("panel@0", PANEL, 0, []);
    let items = [node("ports", []), port([to_device()]), panel()];
    assert_eq!(answers(&common::tree([host("fsl,imx8mm-mipi-dsim", items)])), ["panel@0: attaches"]);
    // At one that looks at port 0.
    let items = [
        node("ports", []),
        node("port@0", [reg(0), to_device()]),
        child("panel@0", PANEL, 0, [port([to_host()])]),
    ];
    assert_eq!(answers(&common::tree([host("mediatek,mt8183-dsi", items)])), ["panel@0: fails -ENODEV"]);
}

#[test]
fn a_bridge_follows_its_own_port() {
    let tree = our_own("bridge-on-port1");
    assert_eq!(answers(&tree), ["bridge@2c: deferred -EPROBE_DEFER"]);
    assert!(pipeline::find(&tree).is_empty());
    assert_eq!(warnings(&tree), [(WarningKind::NoHost, "/i2c@30a30000/bridge@2c".to_owned())]);
    let on_port = |chip: &str, number: u32| {
        let device =
            i2c(chip, [cells("adi,dsi-lanes", &[4]), ports(number, with_lanes(AT_DEVICE, AT_HOST, &[1, 2]))]);
        answers(&common::tree([host("fsl,imx8mm-mipi-dsim", [ports(1, to_device())]), device]))
    };
    for (chip, on_port_1) in [
        ("ti,sn65dsi84", Some("deferred -EPROBE_DEFER")),
        ("lontium,lt9211", Some("deferred -EPROBE_DEFER")),
        ("ti,sn65dsi86", Some("fails -ENODEV")),
        ("lontium,lt9611", Some("fails -ENODEV")),
        ("parade,ps8640", Some("fails -ENODEV")),
        ("adi,adv7535", Some("fails -ENODEV")),
        ("analogix,anx7625", Some("fails -ENODEV")),
        // It wants lanes there, before anything else.
        ("lontium,lt8912b", Some("fails -EINVAL")),
        ("toshiba,tc358775", Some("fails -EINVAL")),
        ("ti,dlpc3433", Some("fails -EINVAL")),
        ("chipone,icn6211", Some("fails -EINVAL")),
        // Then it is no DSI bridge at all.
        ("toshiba,tc358767", None),
        // It takes whatever there is first.
        ("raspberrypi,7inch-touchscreen-panel", Some("attaches")),
    ] {
        assert_eq!(on_port(chip, 0), ["chip@2c: attaches"], "{chip}");
        let expected: Vec<_> = on_port_1.iter().map(|answer| format!("chip@2c: {answer}")).collect();
        assert_eq!(on_port(chip, 1), expected, "{chip}");
    }
    // Some drivers wait for a host that is disabled; for others there is no host.
    let off = |chip: &str| {
        let at_host = [ports(1, to_device()), disabled()];
        let device =
            i2c(chip, [cells("adi,dsi-lanes", &[4]), port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
        answers(&common::tree([host("fsl,imx8mm-mipi-dsim", at_host), device])).remove(0)
    };
    assert_eq!(off(BRIDGE), "chip@2c: deferred -EPROBE_DEFER");
    assert_eq!(off("adi,adv7533"), "chip@2c: fails -ENODEV");
}

#[test]
fn lanes_are_wanted_where_each_driver_reads_them() {
    let tree = our_own("bridge-without-lanes");
    assert_eq!(answers(&tree), ["bridge@2c: fails -EINVAL"]);
    assert_eq!(warnings(&tree), [(WarningKind::MissingLanes, "/i2c@30a30000/bridge@2c".to_owned())]);
    let without = |chip: &str, at_host: Item| {
        let tree =
            common::tree([host("fsl,imx8mm-mipi-dsim", [ports(1, at_host)]), i2c(chip, [port([to_host()])])]);
        answers(&tree).remove(0)
    };
    for (chip, answer) in [
        ("lontium,lt8912b", "fails -EINVAL"),
        ("lontium,lt9211", "fails -EINVAL"),
        ("toshiba,tc358767", "fails -EINVAL"),
        ("toshiba,tc358765", "fails -EINVAL"),
        ("ti,dlpc3433", "fails -EINVAL"),
        ("chipone,icn6211", "attaches"),
        ("analogix,anx7625", "attaches"),
        ("ti,sn65dsi86", "attaches"),
        ("parade,ps8640", "attaches"),
        ("lontium,lt9611uxc", "attaches"),
    ] {
        assert_eq!(without(chip, to_device()), format!("chip@2c: {answer}"), "{chip}");
    }
    // The host's side counts for one of them.
    let at_host = || with_lanes(AT_HOST, AT_DEVICE, &[1, 2, 3, 4]);
    assert_eq!(without("toshiba,tc358775", at_host()), "chip@2c: attaches");
    assert_eq!(without("ti,sn65dsi83", at_host()), "chip@2c: fails -EINVAL");
    // No link has five lanes.
    let five = i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[0, 1, 2, 3, 4])])]);
    let tree = common::tree([host("fsl,imx8mm-mipi-dsim", [ports(1, to_device())]), five]);
    assert_eq!(answers(&tree), ["chip@2c: fails -EINVAL"]);
    // What reads a variable that it has not set can't be judged, and a wrong number can.
    let adv = |lanes: Vec<Item>| {
        let items = [lanes, vec![port([to_host()])]].concat();
        common::tree([host("fsl,imx8mm-mipi-dsim", [ports(1, to_device())]), i2c("adi,adv7535", items)])
    };
    assert_eq!(answers(&adv(vec![cells("adi,dsi-lanes", &[1])])), ["chip@2c: fails -EINVAL"]);
    assert_eq!(warnings(&adv(vec![])), [(WarningKind::MissingLanes, "/i2c@9/chip@2c".to_owned())]);
}

#[test]
fn a_panel_with_two_links_needs_both_hosts() {
    let dual = |at_panel: Item, compatibles: &str, second: Vec<Item>| {
        let panel = child("panel@0", "truly,nt35597-2K-display", 0, [at_panel]);
        let first = host("qcom,mdss-dsi-ctrl", [ports(1, endpoint(1, 3)), panel]);
        let second =
            node("dsi@2", [vec![compatible(compatibles), reg(2), ports(1, endpoint(2, 4))], second].concat());
        answers(&tree([first, second]))
    };
    let both = || {
        let first = node("port@0", [reg(0), endpoint(3, 1)]);
        node("ports", [first, node("port@1", [reg(1), endpoint(4, 2)])])
    };
    const HOST: &str = "qcom,mdss-dsi-ctrl";
    assert_eq!(dual(both(), HOST, vec![]), ["panel@0: attaches", "panel@0: attaches"]);
    assert_eq!(dual(ports(0, endpoint(3, 1)), HOST, vec![]), ["panel@0: fails -ENODEV"]);
    assert_eq!(dual(both(), HOST, vec![disabled()]), ["panel@0: fails -ENODEV"]);
    assert_eq!(dual(both(), "acme,dsi", vec![]), ["panel@0: deferred -EPROBE_DEFER"]);
}
