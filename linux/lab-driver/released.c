// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Counts the DSI devices that are removed from the bus, and those of them that are never released: these keep their memory,
 * their name and their node, and kmemleak says nothing of it as long as somebody points to them. One that the driver which
 * has registered it may still look at, as it is bound, is held, and no fault.
 *
 * Whoever made the device frees it in the release function of its type. A device's own comes first, so ours is put there
 * when the device is added, and calls the other.
 */
#include <linux/device.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

/* More than any order has at a time. */
#define MOST 64

static DEFINE_SPINLOCK(lock);
static struct device *left[MOST];
static unsigned int removed, released;

static struct device **place_of(struct device *dev)
{
	unsigned int i;

	for (i = 0; i < MOST; i++)
		if (left[i] == dev)
			return &left[i];
	return NULL;
}

static void note_removed(struct device *dev)
{
	struct device **place;

	spin_lock(&lock);
	removed++;
	place = place_of(NULL);
	if (place)
		*place = dev;
	spin_unlock(&lock);
}

static void note_released(struct device *dev)
{
	struct device **place;

	spin_lock(&lock);
	place = place_of(dev);
	if (place) {
		*place = NULL;
		released++;
	}
	spin_unlock(&lock);
}

static void lab_dsi_release(struct device *dev)
{
	note_released(dev);
	dev->type->release(dev);
}

static int lab_dsi_changes(struct notifier_block *block, unsigned long action, void *data)
{
	struct device *dev = data;

	if (action == BUS_NOTIFY_ADD_DEVICE)
		dev->release = lab_dsi_release;
	else if (action == BUS_NOTIFY_REMOVED_DEVICE)
		note_removed(dev);
	return NOTIFY_OK;
}

static struct notifier_block lab_dsi_devices = { .notifier_call = lab_dsi_changes };

/* Only a driver of the bus is told which bus that is. */
static struct mipi_dsi_driver nobody = { .driver.name = "lab-nobody" };

static int __init lab_released_init(void)
{
	const struct bus_type *bus;
	int ret = mipi_dsi_driver_register(&nobody);

	if (ret)
		return ret;
	bus = nobody.driver.bus;
	mipi_dsi_driver_unregister(&nobody);
	return bus_register_notifier(bus, &lab_dsi_devices);
}
late_initcall(lab_released_init);

/* How many of those that were removed and not released a driver that is bound may look at. Nobody follows a pointer here. */
static unsigned int held(const struct lab_variant *variant)
{
	unsigned int peripheral, link, count = 0;

	for (peripheral = 0; peripheral < variant->peripherals; peripheral++)
		for (link = 0; link < variant->links; link++) {
			struct mipi_dsi_device *dsi = variant->dsi(peripheral, link);

			if (dsi && place_of(&dsi->dev))
				count++;
		}
	return count;
}

void lab_released_say(const struct lab_variant *variant)
{
	lab_say("devices: removed %u released %u held %u", removed, released, held(variant));
}
