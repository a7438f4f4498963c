//! Where the drivers of hosts look, and what they take.

use crate::common::{self, Item, cells, compatible, endpoint, flag, node, ports, reg, tree};
use crate::{
    AT_DEVICE, AT_HOST, BRIDGE, PANEL, answers, child, host, i2c, our_own, port, to_device, to_host,
    warnings, with_lanes,
};
use board::Tree;
use board::pipeline;
use board::warning::WarningKind;

#[test]
fn a_child_alone_is_enough_for_some_hosts() {
    assert_eq!(answers(&our_own("child-without-graph")), ["panel@0: fails -ENODEV"]);
    let on = |compatibles: &str| {
        let tree = tree([host(compatibles, [child("panel@0", PANEL, 0, [])])]);
        answers(&tree).remove(0)
    };
    for finds_it in [
        "allwinner,sun6i-a31-mipi-dsi",
        "nvidia,tegra124-dsi",
        "fsl,imx8mp-mipi-dsim",
        "samsung,exynos5433-mipi-dsi",
        "cdns,dsi",
        "ste,mcde-dsi",
    ] {
        assert_eq!(on(finds_it), "panel@0: attaches", "{finds_it}");
    }
    for wants_a_port in [
        "rockchip,px30-mipi-dsi",
        "st,stm32-dsi",
        "amlogic,meson-g12a-dw-mipi-dsi",
        "fsl,imx93-mipi-dsi",
        "mediatek,mt8173-dsi",
        "qcom,mdss-dsi-ctrl",
        "brcm,bcm2711-dsi1",
        "sprd,sharkl3-dsi-host",
        "hisilicon,hi6220-dsi",
    ] {
        assert_eq!(on(wants_a_port), "panel@0: fails -ENODEV", "{wants_a_port}");
    }
    // Whoever looks after the attach, or does without, has an attached panel and no picture.
    assert_eq!(on("fsl,imx8mq-nwl-dsi"), "panel@0: no-display -ENODEV");
    assert_eq!(on("ti,omap4-dsi"), "panel@0: no-display");
    // Whoever wants lanes at the port is never registered.
    assert_eq!(on("renesas,r8a779a0-dsi-csi2-tx"), "panel@0: not-registered");
}

/// A panel below each host whose port and endpoint are those at which its driver looks, and one beside.
#[test]
fn each_host_looks_at_its_own_port() {
    let on = |compatibles: &str, number: u32| {
        let own = with_lanes(AT_HOST, AT_DEVICE, &[0, 1]);
        let panel = child("panel@0", PANEL, 0, [port([to_host()])]);
        let tree = tree([host(compatibles, [ports(number, own), panel])]);
        answers(&tree).remove(0)
    };
    for (compatibles, number) in [
        ("rockchip,rk3399-mipi-dsi", 1),
        ("st,stm32-dsi", 1),
        ("fsl,imx93-mipi-dsi", 1),
        ("amlogic,meson-g12a-dw-mipi-dsi", 1),
        ("renesas,rzg2l-mipi-dsi", 1),
        ("renesas,r8a779g0-dsi-csi2-tx", 1),
        ("qcom,mdss-dsi-ctrl", 1),
        ("sprd,sharkl3-dsi-host", 1),
        ("fsl,imx8mq-nwl-dsi", 1),
        ("mediatek,mt8186-dsi", 0),
        ("brcm,bcm2835-dsi1", 0),
    ] {
        assert_eq!(on(compatibles, number), "panel@0: attaches", "{compatibles}");
        assert_ne!(on(compatibles, 1 - number), "panel@0: attaches", "{compatibles}");
    }
    // Its endpoint is endpoint 0, not any.
    let second =
        node("endpoint@1", [reg(1), cells("phandle", &[AT_HOST]), cells("remote-endpoint", &[AT_DEVICE])]);
    let panel = child("panel@0", PANEL, 0, [port([to_host()])]);
    let tree = tree([host("st,stm32-dsi", [ports(1, second), panel])]);
    assert_eq!(answers(&tree), ["panel@0: fails -ENODEV"]);
}

#[test]
fn a_host_whose_port_leads_nowhere_refuses_the_bridge_that_finds_it() {
    let tree = our_own("host-without-endpoint");
    assert_eq!(answers(&tree), ["bridge@2d: fails -ENODEV"]);
    let one_sided = "/i2c@10058000/bridge@2d/ports/port@0/endpoint".to_owned();
    assert_eq!(warnings(&tree), [(WarningKind::OneSidedLink, one_sided)]);
    let on = |compatibles: &str, at_host: Item| {
        let bridge = i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
        answers(&common::tree([host(compatibles, [at_host]), bridge])).remove(0)
    };
    let silent = || node("endpoint", [cells("phandle", &[AT_HOST])]);
    // Its probe fails, as it wants lanes too: nobody comes.
    assert_eq!(on("renesas,r8a779a0-dsi-csi2-tx", ports(1, silent())), "chip@2c: deferred -EPROBE_DEFER");
    assert_eq!(on("brcm,bcm2711-dsi1", ports(0, silent())), "chip@2c: fails -ENODEV");
    assert_eq!(on("fsl,imx8mm-mipi-dsim", ports(1, silent())), "chip@2c: fails -ENODEV");
    // One that looks at the device's own node finds none, as the bridge's driver gives none.
    assert_eq!(on("allwinner,sun50i-a64-mipi-dsi", ports(1, to_device())), "chip@2c: fails -ENODEV");
    assert_eq!(on("cdns,dsi", ports(1, to_device())), "chip@2c: fails -EINVAL");
    assert_eq!(on("cdns,dsi", ports(0, to_device())), "chip@2c: attaches");
    // The port leads to something else, which no driver knows.
    let elsewhere = tree_with_a_stranger_at_port_1();
    assert_eq!(answers(&elsewhere), ["chip@2c: deferred -EPROBE_DEFER"]);
}

fn tree_with_a_stranger_at_port_1() -> Tree {
    let at_host =
        node("ports", [node("port@0", [reg(0), to_device()]), node("port@1", [reg(1), endpoint(3, 4)])]);
    let bridge = i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
    let stranger = node("stranger", [compatible("acme,stranger"), port([endpoint(4, 3)])]);
    tree([host("st,stm32-dsi", [at_host]), bridge, stranger])
}

#[test]
fn a_host_takes_as_many_lanes_as_it_has() {
    let on = |compatibles: &str, panel: &str, at_host: Item| {
        let panel = child("panel@0", panel, 0, [port([to_host()])]);
        answers(&tree([host(compatibles, [ports(1, at_host), panel])])).remove(0)
    };
    let four_lanes = "xingbangda,xbd599";
    assert_eq!(on("st,stm32-dsi", PANEL, to_device()), "panel@0: attaches");
    assert_eq!(on("st,stm32-dsi", four_lanes, to_device()), "panel@0: fails -EINVAL");
    assert_eq!(on("rockchip,rk3399-mipi-dsi", four_lanes, to_device()), "panel@0: attaches");
    // Qualcomm's has four, unless its node says how many.
    let two = || with_lanes(AT_HOST, AT_DEVICE, &[0, 1]);
    assert_eq!(on("qcom,mdss-dsi-ctrl", four_lanes, to_device()), "panel@0: attaches");
    assert_eq!(on("qcom,mdss-dsi-ctrl", four_lanes, two()), "panel@0: fails -EINVAL");
    assert_eq!(on("qcom,mdss-dsi-ctrl", PANEL, two()), "panel@0: attaches");
    assert_eq!(on("renesas,rzg2l-mipi-dsi", four_lanes, two()), "panel@0: fails -EINVAL");
    assert_eq!(on("renesas,rzg2l-mipi-dsi", PANEL, two()), "panel@0: attaches");
    let five = with_lanes(AT_HOST, AT_DEVICE, &[0, 1, 2, 3, 3]);
    assert_eq!(on("qcom,mdss-dsi-ctrl", PANEL, five), "panel@0: not-registered");
    // OMAP has a property of its own, with two pins a lane and two for the clock.
    let omap = |more: Vec<Item>| {
        let own = vec![cells("phandle", &[AT_HOST]), cells("remote-endpoint", &[AT_DEVICE])];
        let at_host = port([node("endpoint", [own, more].concat())]);
        let panel = child("panel@0", PANEL, 0, [port([to_host()])]);
        answers(&tree([host("ti,omap4-dsi", [at_host, panel])])).remove(0)
    };
    assert_eq!(omap(vec![cells("lanes", &[0, 1, 2, 3, 4, 5])]), "panel@0: attaches");
    assert_eq!(omap(vec![]), "panel@0: not-registered");
    assert_eq!(omap(vec![cells("lanes", &[0, 1])]), "panel@0: not-registered");
}

#[test]
fn a_second_device_is_refused_by_the_hosts_that_take_one() {
    let first_attaches = ["panel@0: attaches", "panel@1: taken -EBUSY"];
    assert_eq!(answers(&our_own("two-panels")), first_attaches);
    let two = |compatibles: &str, at: Item| {
        let panels = [child("panel@0", PANEL, 0, [port([to_host()])]), child("panel@1", PANEL, 1, [])];
        answers(&tree([host(compatibles, [vec![at], panels.to_vec()].concat())]))
    };
    assert_eq!(two("rockchip,rk3399-mipi-dsi", ports(1, to_device())), first_attaches);
    let with_pins = node(
        "endpoint",
        [cells("phandle", &[AT_HOST]), cells("remote-endpoint", &[AT_DEVICE]), cells("lanes", &[0, 1, 2, 3])],
    );
    assert_eq!(two("ti,omap3-dsi", port([with_pins])), first_attaches);
    // Others attach it, and no picture of their own comes of that.
    let both = ["panel@0: attaches", "panel@1: attaches"];
    assert_eq!(two("allwinner,sun50i-a64-mipi-dsi", flag("x")), both);
    // Whose probe fails does not take the place.
    let tree = tree([host(
        "cdns,dsi",
        [
            child("panel@0", "acme,unknown", 0, []),
            child("panel@1", PANEL, 1, []),
            child("panel@2", PANEL, 2, []),
        ],
    )]);
    assert_eq!(answers(&tree), ["panel@0: no-driver", "panel@1: attaches", "panel@2: taken -EBUSY"]);
}

#[test]
fn a_host_that_waits_for_what_waits_for_it_is_deferred_for_ever() {
    // tegra wants the panel that its graph leads to before it registers.
    let panel = || child("panel@0", PANEL, 0, [port([to_host()])]);
    let tegra = tree([host("nvidia,tegra124-dsi", [port([to_device()]), panel()])]);
    let pipelines = pipeline::find(&tegra);
    assert_eq!(pipelines[0].host_answer.name(), "deferred");
    assert_eq!(answers(&tegra), ["panel@0: not-registered"]);
    // OMAP wants it right after, when its children have been probed, and nobody else has.
    let with_pins = |own, remote| {
        let items =
            [cells("phandle", &[own]), cells("remote-endpoint", &[remote]), cells("lanes", &[0, 1, 2, 3])];
        port([node("endpoint", items)])
    };
    let bridge = i2c(BRIDGE, [port([with_lanes(AT_DEVICE, AT_HOST, &[1, 2])])]);
    let omap = tree([host("ti,omap4-dsi", [with_pins(AT_HOST, AT_DEVICE)]), bridge]);
    assert_eq!(answers(&omap), ["chip@2c: deferred -EPROBE_DEFER"]);
    let omap = tree([host("ti,omap4-dsi", [with_pins(AT_HOST, AT_DEVICE), panel()])]);
    assert_eq!(answers(&omap), ["panel@0: attaches"]);
    // A child that does not attach, as its second host takes fewer lanes, is not there either.
    let at_panel = [node("port@0", [reg(0), to_host()]), node("port@1", [reg(1), endpoint(4, 3)])];
    let dual = child("panel@0", "truly,nt35597-2K-display", 0, [node("ports", at_panel)]);
    let first = host("ti,omap4-dsi", [with_pins(AT_HOST, AT_DEVICE), dual]);
    let second = node("dsi@2", [compatible("st,stm32-dsi"), reg(2), ports(1, endpoint(3, 4))]);
    let omap = tree([first, second]);
    assert_eq!(pipeline::find(&omap)[0].host_answer.name(), "deferred");
    assert_eq!(answers(&omap), ["panel@0: not-registered", "panel@0: fails -EINVAL"]);
}

#[test]
fn hosts_take_panels_or_bridges_or_both() {
    let on = |compatibles: &str, device: &str, number: u32| {
        let device = child("device@0", device, 0, [port([to_host()])]);
        answers(&tree([host(compatibles, [ports(number, to_device()), device])])).remove(0)
    };
    let bridge = "toshiba,tc358762";
    assert_eq!(on("allwinner,sun50i-a64-mipi-dsi", bridge, 1), "device@0: deferred -EPROBE_DEFER");
    assert_eq!(on("hisilicon,hi6220-dsi", bridge, 1), "device@0: attaches");
    assert_eq!(on("hisilicon,hi6220-dsi", PANEL, 1), "device@0: deferred -EPROBE_DEFER");
    assert_eq!(on("ste,mcde-dsi", bridge, 1), "device@0: no-display -EINVAL");
    assert_eq!(on("rockchip,rk3399-mipi-dsi", bridge, 1), "device@0: attaches");
}

/// Two hosts carry one picture, and the second one's driver looks for nobody.
#[test]
fn the_second_of_two_hosts_does_not_look() {
    let bonded = |at_second: Vec<Item>| {
        let at_panel = [node("port@0", [reg(0), endpoint(3, 1)]), node("port@1", [reg(1), endpoint(4, 2)])];
        let panel = child("panel@0", "truly,nt35597-2K-display", 0, [node("ports", at_panel)]);
        let first = [flag("qcom,dual-dsi-mode"), flag("qcom,master-dsi"), ports(1, endpoint(1, 3)), panel];
        let silent = ports(1, node("endpoint", [cells("phandle", &[2])]));
        let second = [vec![compatible("qcom,mdss-dsi-ctrl"), reg(2), silent], at_second].concat();
        answers(&tree([host("qcom,mdss-dsi-ctrl", first), node("dsi@2", second)]))
    };
    assert_eq!(bonded(vec![flag("qcom,dual-dsi-mode")]), ["panel@0: attaches", "panel@0: attaches"]);
    // One that leads itself does.
    let leads = vec![flag("qcom,dual-dsi-mode"), flag("qcom,master-dsi")];
    assert_eq!(bonded(leads), ["panel@0: fails -ENODEV", "panel@0: fails -ENODEV"]);

    // Tegra's looks for a panel, and a bridge is not one.
    let ganged = |target: u32| {
        let bridge = child("bridge@0", "toshiba,tc358762", 0, []);
        let first = host("nvidia,tegra124-dsi", [cells("nvidia,ganged-mode", &[target])]);
        let second = [compatible("nvidia,tegra124-dsi"), reg(2), cells("phandle", &[7]), bridge];
        answers(&tree([first, node("dsi@2", second)]))
    };
    assert_eq!(ganged(7), ["bridge@0: attaches"]);
    assert_eq!(ganged(8), ["bridge@0: no-display"]);
}
