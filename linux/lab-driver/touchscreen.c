// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The touchscreen of the Raspberry Pi: registered by the driver of the chip on I2C, attached by one on the DSI bus.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

/* The DSI device of the bound driver, for the command step. */
static struct mipi_dsi_device *bound;

static int touchscreen_dsi_probe(struct mipi_dsi_device *dsi)
{
	dsi->lanes = 1;
	dsi->format = MIPI_DSI_FMT_RGB888;
	dsi->mode_flags = MIPI_DSI_MODE_VIDEO;
	return mipi_dsi_attach(dsi);
}

static struct mipi_dsi_driver touchscreen_dsi_driver = {
	.probe = touchscreen_dsi_probe,
	.driver.name = "lab-touchscreen",
};

static int touchscreen_probe(struct platform_device *pdev)
{
	const struct mipi_dsi_device_info info = { .type = "lab-touchscreen" };
	struct mipi_dsi_host *host = lab_host_find(0);
	struct mipi_dsi_device *dsi;

	if (!host)
		return -EPROBE_DEFER;
	dsi = mipi_dsi_device_register_full(host, &info);
	if (IS_ERR(dsi))
		return PTR_ERR(dsi);
	bound = dsi;
	return 0;
}

static void touchscreen_remove(struct platform_device *pdev)
{
	struct mipi_dsi_device *dsi = bound;

	bound = NULL;
	mipi_dsi_detach(dsi);
	mipi_dsi_device_unregister(dsi);
}

static struct platform_driver touchscreen_driver = {
	.probe = touchscreen_probe,
	.remove = touchscreen_remove,
	.driver.name = "lab-touchscreen-chip",
};

static int touchscreen_set_up(const struct lab_variant *variant)
{
	int ret = mipi_dsi_driver_register(&touchscreen_dsi_driver);

	if (ret)
		return ret;
	return lab_platform_set_up(&touchscreen_driver, 1);
}

static struct mipi_dsi_device *touchscreen_dsi(unsigned int peripheral, unsigned int link)
{
	return peripheral == 0 && link == 0 ? bound : NULL;
}

const struct lab_variant lab_touchscreens[] = {
	{
		.name = "touchscreen", .hosts = 1, .peripherals = 1, .links = 1,
		.set_up = touchscreen_set_up, .device = lab_platform_device, .dsi = touchscreen_dsi,
	},
	{ }
};
