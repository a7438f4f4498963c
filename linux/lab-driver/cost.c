// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the bus costs: a one-byte write through a host that does nothing, the life of a device, and, to compare with, two
 * locked read-modify-write operations, all in the same boot.
 *
 *   dsi_lab.cost=5       so many times, in thousandths of a nanosecond; the machine halts afterwards
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>

#include <drm/drm_mipi_dsi.h>
#include <video/mipi_display.h>

#include "lab.h"

static uint times;
module_param_named(cost, times, uint, 0400);
MODULE_PARM_DESC(cost, "how often to measure");

#define WRITES 1000000
#define LIVES 2000
/* Something was refused: then nothing is said, and the measurement has no end. */
#define FAILED U64_MAX

static int nothing_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	return 0;
}

static ssize_t nothing_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	return msg->tx_len;
}

static const struct mipi_dsi_host_ops nothing_ops = {
	.attach = nothing_attach,
	.detach = nothing_attach,
	.transfer = nothing_transfer,
};

static u64 since(ktime_t begun)
{
	return ktime_to_ns(ktime_sub(ktime_get(), begun));
}

/* With the prefix on one processor too, where the kernel's own operations are without it. */
static u64 two_locked(void)
{
	static unsigned long word;
	ktime_t begun = ktime_get();
	unsigned int i;

	for (i = 0; i < WRITES; i++) {
		unsigned long amount = 8;

		asm volatile("lock; xaddq %0, %1" : "+r" (amount), "+m" (word) : : "memory");
		amount = -8;
		asm volatile("lock; xaddq %0, %1" : "+r" (amount), "+m" (word) : : "memory");
	}
	return since(begun);
}

static u64 write_once(struct mipi_dsi_device *dsi)
{
	static const u8 data[] = { MIPI_DCS_NOP };
	ktime_t begun = ktime_get();
	unsigned int i;

	for (i = 0; i < WRITES; i++)
		if (mipi_dsi_dcs_write_buffer(dsi, data, sizeof(data)) != sizeof(data))
			return FAILED;
	return since(begun);
}

static u64 live_once(struct mipi_dsi_host *host)
{
	const struct mipi_dsi_device_info info = { .type = "lab-cost", .channel = 1 };
	ktime_t begun = ktime_get();
	unsigned int i;

	for (i = 0; i < LIVES; i++) {
		struct mipi_dsi_device *dsi = mipi_dsi_device_register_full(host, &info);

		if (IS_ERR(dsi))
			return FAILED;
		if (mipi_dsi_attach(dsi) || mipi_dsi_detach(dsi))
			return FAILED;
		mipi_dsi_device_unregister(dsi);
	}
	return since(begun);
}

bool lab_cost(void)
{
	const struct mipi_dsi_device_info info = { .type = "lab-cost" };
	static struct mipi_dsi_host host = { .ops = &nothing_ops };
	struct platform_device *pdev;
	struct mipi_dsi_device *dsi;
	unsigned int i;

	if (!times)
		return false;
	pdev = platform_device_register_simple("lab-cost", -1, NULL, 0);
	if (IS_ERR(pdev))
		return true;
	host.dev = &pdev->dev;
	if (mipi_dsi_host_register(&host))
		return true;
	dsi = mipi_dsi_device_register_full(&host, &info);
	if (IS_ERR(dsi) || mipi_dsi_attach(dsi))
		return true;
	for (i = 0; i < times; i++) {
		u64 locked = two_locked(), write = write_once(dsi), life = live_once(&host);

		if (write == FAILED || life == FAILED)
			return true;
		lab_say("cost: two locked %llu write %llu life %llu", locked / (WRITES / 1000), write / (WRITES / 1000),
			life / (LIVES / 1000));
	}
	mipi_dsi_detach(dsi);
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&host);
	lab_say("cost: end");
	return true;
}
