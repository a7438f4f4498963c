// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Bridges that are controlled over another bus than DSI and register their DSI devices themselves. A platform device
 * stands in for the I2C client: what differs is how the chip is reached, which the lab never does.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

/* How a bridge's driver is written. */
struct manner {
	bool managed_register;
	bool managed_attach;
	/* The probe fails once everything is registered, or once it is attached; what is not managed it undoes. */
	bool fails_unattached;
	bool fails;
	/* What was registered unmanaged is never unregistered: ti-dlpc3433. */
	bool forgets;
};

static const struct manner managed = { .managed_register = true, .managed_attach = true };
static const struct manner plain = { };
static const struct manner managed_failing = { .managed_register = true, .managed_attach = true, .fails = true };
static const struct manner plain_failing = { .fails = true };
static const struct manner managed_unattached = {
	.managed_register = true, .managed_attach = true, .fails_unattached = true,
};
static const struct manner plain_unattached = { .fails_unattached = true };
static const struct manner forgetful = { .managed_attach = true, .forgets = true };
static const struct manner forgetful_failing = { .managed_attach = true, .forgets = true, .fails = true };

struct bridge {
	struct mipi_dsi_device *dsi[2];
};

static const struct lab_variant *variant;
static const struct manner *manner;
/* What is bound, for the command step. */
static struct bridge *bound[LAB_PERIPHERALS];

static struct mipi_dsi_device *link_up(struct device *dev, const struct lab_link *link)
{
	const struct mipi_dsi_device_info info = { .type = "lab-bridge", .channel = link->channel };
	struct mipi_dsi_host *host = lab_host_find(link->host);
	struct mipi_dsi_device *dsi;

	if (!host)
		return ERR_PTR(-EPROBE_DEFER);
	if (manner->managed_register)
		dsi = devm_mipi_dsi_device_register_full(dev, host, &info);
	else
		dsi = mipi_dsi_device_register_full(host, &info);
	if (IS_ERR(dsi))
		return dsi;
	dsi->lanes = 4;
	dsi->format = MIPI_DSI_FMT_RGB888;
	dsi->mode_flags = MIPI_DSI_MODE_VIDEO;
	return dsi;
}

static void undo(struct bridge *bridge, unsigned int attached)
{
	int i;

	for (i = variant->links - 1; i >= 0; i--) {
		if (!bridge->dsi[i])
			continue;
		if (!manner->managed_attach && i < attached)
			mipi_dsi_detach(bridge->dsi[i]);
		if (!manner->managed_register && !manner->forgets)
			mipi_dsi_device_unregister(bridge->dsi[i]);
	}
}

static int bridge_probe(struct platform_device *pdev)
{
	struct bridge *bridge = devm_kzalloc(&pdev->dev, sizeof(*bridge), GFP_KERNEL);
	unsigned int i, attached = 0;
	int ret = 0;

	if (!bridge)
		return -ENOMEM;
	for (i = 0; i < variant->links; i++) {
		struct mipi_dsi_device *dsi = link_up(&pdev->dev, &variant->link[pdev->id][i]);

		if (IS_ERR(dsi)) {
			ret = PTR_ERR(dsi);
			goto out;
		}
		bridge->dsi[i] = dsi;
	}
	if (manner->fails_unattached) {
		ret = -EIO;
		goto out;
	}
	for (; attached < variant->links; attached++) {
		if (manner->managed_attach)
			ret = devm_mipi_dsi_attach(&pdev->dev, bridge->dsi[attached]);
		else
			ret = mipi_dsi_attach(bridge->dsi[attached]);
		if (ret)
			goto out;
	}
	if (manner->fails)
		ret = -EIO;
out:
	if (ret) {
		undo(bridge, attached);
		return ret;
	}
	platform_set_drvdata(pdev, bridge);
	bound[pdev->id] = bridge;
	return 0;
}

static void bridge_remove(struct platform_device *pdev)
{
	bound[pdev->id] = NULL;
	undo(platform_get_drvdata(pdev), variant->links);
}

static struct platform_driver bridge_driver = {
	.probe = bridge_probe,
	.remove = bridge_remove,
	.driver.name = "lab-bridge",
};

static int bridges_set_up(const struct lab_variant *this_variant)
{
	variant = this_variant;
	manner = variant->how;
	return lab_platform_set_up(&bridge_driver, variant->peripherals);
}

static struct mipi_dsi_device *bridge_dsi(unsigned int peripheral, unsigned int link)
{
	return bound[peripheral] ? bound[peripheral]->dsi[link] : NULL;
}

#define BRIDGES(variant_name, manner, host_count, peripheral_count, link_count, ...) { \
	.name = variant_name, .how = &manner, .hosts = host_count, .peripherals = peripheral_count, \
	.links = link_count, .link = { __VA_ARGS__ }, \
	.set_up = bridges_set_up, .device = lab_platform_device, .dsi = bridge_dsi }

const struct lab_variant lab_bridges[] = {
	BRIDGES("managed-bridge", managed, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("plain-bridge", plain, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("managed-two-bridges", managed, 1, 2, 1, { { 0, 0 } }, { { 0, 1 } }),
	BRIDGES("plain-two-bridges", plain, 1, 2, 1, { { 0, 0 } }, { { 0, 1 } }),
	BRIDGES("managed-dual-bridge", managed, 2, 1, 2, { { 0, 0 }, { 1, 0 } }),
	BRIDGES("plain-dual-bridge", plain, 2, 1, 2, { { 0, 0 }, { 1, 0 } }),
	BRIDGES("managed-same-channel", managed, 1, 2, 1, { { 0, 0 } }, { { 0, 0 } }),
	BRIDGES("plain-same-channel", plain, 1, 2, 1, { { 0, 0 } }, { { 0, 0 } }),
	BRIDGES("managed-failing-bridge", managed_failing, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("plain-failing-bridge", plain_failing, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("managed-unattached-bridge", managed_unattached, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("plain-unattached-bridge", plain_unattached, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("forgetful-bridge", forgetful, 1, 1, 1, { { 0, 0 } }),
	BRIDGES("forgetful-failing-bridge", forgetful_failing, 1, 1, 1, { { 0, 0 } }),
	{ }
};
