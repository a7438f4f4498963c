// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A DSI device that its driver allocates itself, and whose struct device nobody initialises. On the lab's host; or, as i915
 * has it, on a host of the same driver, that is never registered and whose device is attached and never detached.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

/* How such a driver is written. */
struct manner {
	bool own_host;
};

static const struct manner on_lab_host = { };
static const struct manner on_own_host = { .own_host = true };

struct own_device {
	struct mipi_dsi_device dsi;
	struct mipi_dsi_host host;
};

static const struct manner *manner;
/* The DSI device of the bound driver, for the command step. */
static struct mipi_dsi_device *bound;

static int own_host_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	atomic_inc(&lab_attaches);
	return 0;
}

static ssize_t own_host_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	atomic_inc(&lab_transfers);
	return msg->tx_len;
}

static const struct mipi_dsi_host_ops own_host_ops = {
	.attach = own_host_attach,
	.transfer = own_host_transfer,
};

static int own_probe(struct platform_device *pdev)
{
	struct own_device *own = kzalloc(sizeof(*own), GFP_KERNEL);
	int ret;

	if (!own)
		return -ENOMEM;
	own->host.ops = &own_host_ops;
	own->dsi.host = manner->own_host ? &own->host : lab_host_find(0);
	ret = -EPROBE_DEFER;
	if (!own->dsi.host)
		goto free;
	own->dsi.lanes = 1;
	own->dsi.format = MIPI_DSI_FMT_RGB888;
	own->dsi.mode_flags = MIPI_DSI_MODE_VIDEO;
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
	if (!manner->own_host)
		mipi_dsi_detach(&own->dsi);
	kfree(own);
}

static struct platform_driver own_driver = {
	.probe = own_probe,
	.remove = own_remove,
	.driver.name = "lab-own-device",
};

static int own_set_up(const struct lab_variant *variant)
{
	manner = variant->how;
	return lab_platform_set_up(&own_driver, 1);
}

static struct mipi_dsi_device *own_dsi(unsigned int peripheral, unsigned int link)
{
	return peripheral == 0 && link == 0 ? bound : NULL;
}

const struct lab_variant lab_own_devices[] = {
	{
		.name = "own-device", .how = &on_lab_host, .hosts = 1, .peripherals = 1, .links = 1,
		.set_up = own_set_up, .device = lab_platform_device, .dsi = own_dsi,
	},
	{
		.name = "own-device-and-host", .how = &on_own_host, .hosts = 0, .peripherals = 1, .links = 1,
		.set_up = own_set_up, .device = lab_platform_device, .dsi = own_dsi,
	},
	{ }
};
