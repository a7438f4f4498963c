// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Peripherals that are neither a bridge which does everything itself nor a panel on the DSI bus: one that registers
 * from one driver and attaches from another, and two whose DSI device the core did not allocate.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

static const struct lab_variant *variant;
/* The DSI device of the bound driver, for the command step. */
static struct mipi_dsi_device *bound;

static struct mipi_dsi_device *bound_dsi(unsigned int peripheral, unsigned int link)
{
	return peripheral == 0 && link == 0 ? bound : NULL;
}

static void configure(struct mipi_dsi_device *dsi)
{
	dsi->lanes = 1;
	dsi->format = MIPI_DSI_FMT_RGB888;
	dsi->mode_flags = MIPI_DSI_MODE_VIDEO;
}

/* The touchscreen of the Raspberry Pi: registered by the driver of the chip on I2C, attached by one on the DSI bus. */

static int touchscreen_dsi_probe(struct mipi_dsi_device *dsi)
{
	configure(dsi);
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

static int touchscreen_set_up(const struct lab_variant *this_variant)
{
	int ret;

	variant = this_variant;
	ret = mipi_dsi_driver_register(&touchscreen_dsi_driver);
	if (ret)
		return ret;
	return lab_platform_set_up(&touchscreen_driver, 1);
}

/*
 * A DSI device that the driver allocates, and whose struct device nobody initialises. On the lab's host, or, as i915
 * has it, on a host of the same driver that is never registered.
 */

struct own_device {
	struct mipi_dsi_device dsi;
	struct mipi_dsi_host host;
};

static const bool on_own_host = true;
static const bool on_lab_host = false;

static int own_host_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	atomic_inc(&lab_attaches);
	return 0;
}

static int own_host_detach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	atomic_inc(&lab_detaches);
	return 0;
}

static ssize_t own_host_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	atomic_inc(&lab_transfers);
	return msg->tx_len;
}

static const struct mipi_dsi_host_ops own_host_ops = {
	.attach = own_host_attach,
	.detach = own_host_detach,
	.transfer = own_host_transfer,
};

static int own_probe(struct platform_device *pdev)
{
	struct own_device *own = kzalloc(sizeof(*own), GFP_KERNEL);
	int ret;

	if (!own)
		return -ENOMEM;
	own->host.ops = &own_host_ops;
	own->dsi.host = *(const bool *)variant->how ? &own->host : lab_host_find(0);
	ret = -EPROBE_DEFER;
	if (!own->dsi.host)
		goto free;
	configure(&own->dsi);
	ret = mipi_dsi_attach(&own->dsi);
	if (ret)
		goto free;
	platform_set_drvdata(pdev, own);
	bound = &own->dsi;
	return 0;
free:
	kfree(own);
	return ret;
}

static void own_remove(struct platform_device *pdev)
{
	struct own_device *own = platform_get_drvdata(pdev);

	bound = NULL;
	mipi_dsi_detach(&own->dsi);
	kfree(own);
}

static struct platform_driver own_driver = {
	.probe = own_probe,
	.remove = own_remove,
	.driver.name = "lab-own-device",
};

static int own_set_up(const struct lab_variant *this_variant)
{
	variant = this_variant;
	return lab_platform_set_up(&own_driver, 1);
}

const struct lab_variant lab_others[] = {
	{
		.name = "touchscreen", .hosts = 1, .peripherals = 1, .links = 1,
		.set_up = touchscreen_set_up, .device = lab_platform_device, .dsi = bound_dsi,
	},
	{
		.name = "own-device", .how = &on_lab_host, .hosts = 1, .peripherals = 1, .links = 1,
		.set_up = own_set_up, .device = lab_platform_device, .dsi = bound_dsi,
	},
	{
		.name = "own-device-and-host", .how = &on_own_host, .hosts = 0, .peripherals = 1, .links = 1,
		.set_up = own_set_up, .device = lab_platform_device, .dsi = bound_dsi,
	},
	{ }
};
