// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Panels: drivers on the DSI bus itself, for DSI devices that the host's side registers. With a second link, the
 * driver registers the DSI device on the second host itself, as the dual-link panels of the tree do.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

/* How a panel's driver is written. */
struct manner {
	bool managed;
	/* The probe fails once everything is attached; what is not managed it undoes. */
	bool fails;
};

static const struct manner managed = { .managed = true };
static const struct manner plain = { };
static const struct manner managed_failing = { .managed = true, .fails = true };
static const struct manner plain_failing = { .fails = true };

struct panel {
	/* The second is the one that the panel registered. */
	struct mipi_dsi_device *dsi[2];
};

static const struct lab_variant *variant;
static const struct manner *manner;
/* What is bound, for the command step. */
static struct panel *bound[LAB_PERIPHERALS];

/* Which of the variant's peripherals this is: it is named host.channel. */
static unsigned int panel_number(struct mipi_dsi_device *dsi)
{
	return dsi->channel == variant->link[0][0].channel ? 0 : 1;
}

static struct mipi_dsi_device *second_register(struct device *dev, const struct lab_link *link)
{
	const struct mipi_dsi_device_info info = { .type = "lab-second-link", .channel = link->channel };
	struct mipi_dsi_host *host = lab_host_find(link->host);

	if (!host)
		return ERR_PTR(-EPROBE_DEFER);
	if (manner->managed)
		return devm_mipi_dsi_device_register_full(dev, host, &info);
	return mipi_dsi_device_register_full(host, &info);
}

static void second_unregister(struct panel *panel)
{
	if (variant->links == 2 && !manner->managed)
		mipi_dsi_device_unregister(panel->dsi[1]);
}

static int panel_probe(struct mipi_dsi_device *dsi)
{
	struct panel *panel = devm_kzalloc(&dsi->dev, sizeof(*panel), GFP_KERNEL);
	unsigned int number = panel_number(dsi);
	unsigned int i;
	int ret;

	if (!panel)
		return -ENOMEM;
	panel->dsi[0] = dsi;
	if (variant->links == 2) {
		panel->dsi[1] = second_register(&dsi->dev, &variant->link[number][1]);
		if (IS_ERR(panel->dsi[1]))
			return PTR_ERR(panel->dsi[1]);
	}
	mipi_dsi_set_drvdata(dsi, panel);
	for (i = 0; i < variant->links; i++) {
		panel->dsi[i]->lanes = 4;
		panel->dsi[i]->format = MIPI_DSI_FMT_RGB888;
		panel->dsi[i]->mode_flags = MIPI_DSI_MODE_VIDEO;
		if (manner->managed)
			ret = devm_mipi_dsi_attach(&dsi->dev, panel->dsi[i]);
		else
			ret = mipi_dsi_attach(panel->dsi[i]);
		if (ret)
			goto undo;
	}
	if (manner->fails) {
		ret = -EIO;
		goto undo;
	}
	bound[number] = panel;
	return 0;
undo:
	if (!manner->managed)
		while (i--)
			mipi_dsi_detach(panel->dsi[i]);
	second_unregister(panel);
	return ret;
}

static void panel_remove(struct mipi_dsi_device *dsi)
{
	struct panel *panel = mipi_dsi_get_drvdata(dsi);
	int i;

	bound[panel_number(dsi)] = NULL;
	mipi_dsi_dcs_set_display_off(dsi);
	if (manner->managed)
		return;
	for (i = variant->links - 1; i >= 0; i--)
		mipi_dsi_detach(panel->dsi[i]);
	second_unregister(panel);
}

static struct mipi_dsi_driver panel_driver = {
	.probe = panel_probe,
	.remove = panel_remove,
	.driver.name = "lab-panel",
};

static int panels_set_up(const struct lab_variant *this_variant)
{
	variant = this_variant;
	manner = variant->how;
	return mipi_dsi_driver_register(&panel_driver);
}

static struct device *panel_device(unsigned int peripheral)
{
	const struct lab_link *link = &variant->link[peripheral][0];
	struct device *host = lab_host_device(link->host);
	char name[32];

	snprintf(name, sizeof(name), "%s.%u", dev_name(host), link->channel);
	return device_find_child_by_name(host, name);
}

static struct mipi_dsi_device *panel_dsi(unsigned int peripheral, unsigned int link)
{
	return bound[peripheral] ? bound[peripheral]->dsi[link] : NULL;
}

#define PANELS(variant_name, manner, host_count, peripheral_count, link_count, ...) { \
	.name = variant_name, .how = &manner, .child = "lab-panel", .hosts = host_count, \
	.peripherals = peripheral_count, .links = link_count, .link = { __VA_ARGS__ }, \
	.set_up = panels_set_up, .device = panel_device, .dsi = panel_dsi }

const struct lab_variant lab_panels[] = {
	PANELS("managed-panel", managed, 1, 1, 1, { { 0, 0 } }),
	PANELS("plain-panel", plain, 1, 1, 1, { { 0, 0 } }),
	PANELS("managed-two-panels", managed, 1, 2, 1, { { 0, 0 } }, { { 0, 1 } }),
	PANELS("plain-two-panels", plain, 1, 2, 1, { { 0, 0 } }, { { 0, 1 } }),
	PANELS("managed-dual-panel", managed, 2, 1, 2, { { 0, 0 }, { 1, 0 } }),
	PANELS("plain-dual-panel", plain, 2, 1, 2, { { 0, 0 }, { 1, 0 } }),
	PANELS("managed-failing-panel", managed_failing, 1, 1, 1, { { 0, 0 } }),
	PANELS("plain-failing-panel", plain_failing, 1, 1, 1, { { 0, 0 } }),
	{ }
};
