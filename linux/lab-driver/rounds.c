// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Rounds of threads: one registers and unregisters hosts whose memory is freed at once, others find them, register, attach,
 * send, detach and unregister on their channels, and others send on the same devices meanwhile. A late call is a use after
 * free; an attach without its detach is counted.
 *
 *   dsi_lab.lives=1000   so many hosts; the machine halts afterwards
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

static uint lives;
module_param(lives, uint, 0400);
MODULE_PARM_DESC(lives, "how many hosts live and die in rounds of threads");

#define CHANNELS 4

static struct device_node node;
static bool over;
static atomic_t unequal, devices_made, attaches_made, transfers_made, transfers_refused;

struct round_host {
	struct mipi_dsi_host host;
	atomic_t attached, sending;
};

/* What the threads of one channel share. */
static struct channel {
	unsigned int number;
	spinlock_t lock;
	struct mipi_dsi_device *dsi;
	struct completion worker_done, sender_done;
} channels[CHANNELS];

/* Others run. By sleeping, as no time passes in the lab while somebody does not sleep, and nobody is preempted. */
static void others(void)
{
	usleep_range(1, 1 + get_random_u32_below(20));
}

/* As often as not. */
static void perhaps_others(void)
{
	if (get_random_u32_below(2))
		others();
}

static struct round_host *to_round(struct mipi_dsi_host *host)
{
	return container_of(host, struct round_host, host);
}

static int round_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	perhaps_others();
	if (!get_random_u32_below(8))
		return -EIO;
	atomic_inc(&to_round(host)->attached);
	atomic_inc(&attaches_made);
	return 0;
}

static int round_detach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	perhaps_others();
	atomic_dec(&to_round(host)->attached);
	return 0;
}

static ssize_t round_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	atomic_inc(&to_round(host)->sending);
	perhaps_others();
	atomic_dec(&to_round(host)->sending);
	return msg->tx_len;
}

static const struct mipi_dsi_host_ops round_ops = {
	.attach = round_attach,
	.detach = round_detach,
	.transfer = round_transfer,
};

static void send(struct mipi_dsi_device *dsi)
{
	atomic_inc(mipi_dsi_dcs_nop(dsi) ? &transfers_refused : &transfers_made);
}

static void publish(struct channel *channel, struct mipi_dsi_device *dsi)
{
	spin_lock(&channel->lock);
	channel->dsi = dsi;
	spin_unlock(&channel->lock);
}

/* Finds the host, and lives a life on it. */
static int work(void *data)
{
	struct channel *channel = data;
	const struct mipi_dsi_device_info info = { .type = "lab-rounds", .channel = channel->number };

	while (!READ_ONCE(over)) {
		struct mipi_dsi_host *host = of_find_mipi_dsi_host_by_node(&node);
		struct mipi_dsi_device *dsi;

		others();
		if (!host)
			continue;
		dsi = mipi_dsi_device_register_full(host, &info);
		if (IS_ERR(dsi))
			continue;
		atomic_inc(&devices_made);
		get_device(&dsi->dev);
		dsi->lanes = 1;
		publish(channel, dsi);
		if (!mipi_dsi_attach(dsi)) {
			send(dsi);
			perhaps_others();
			if (get_random_u32_below(2))
				mipi_dsi_detach(dsi);
		}
		mipi_dsi_device_unregister(dsi);
		publish(channel, NULL);
		put_device(&dsi->dev);
	}
	complete(&channel->worker_done);
	return 0;
}

/* Sends on the channel's device, whatever becomes of that. */
static int send_on(void *data)
{
	struct channel *channel = data;

	while (!READ_ONCE(over)) {
		struct mipi_dsi_device *dsi;

		others();
		spin_lock(&channel->lock);
		dsi = channel->dsi;
		if (dsi)
			get_device(&dsi->dev);
		spin_unlock(&channel->lock);
		if (!dsi)
			continue;
		send(dsi);
		put_device(&dsi->dev);
	}
	complete(&channel->sender_done);
	return 0;
}

static void live(struct device *dev)
{
	struct round_host *round = kzalloc(sizeof(*round), GFP_KERNEL);
	unsigned int i, turns = get_random_u32_below(20);

	if (!round)
		return;
	round->host.dev = dev;
	round->host.ops = &round_ops;
	if (!mipi_dsi_host_register(&round->host)) {
		for (i = 0; i < turns; i++)
			others();
		mipi_dsi_host_unregister(&round->host);
		if (atomic_read(&round->attached) || atomic_read(&round->sending))
			atomic_inc(&unequal);
	}
	kfree(round);
}

bool lab_rounds(void)
{
	struct platform_device *pdev;
	unsigned int i;

	if (!lives)
		return false;
	pdev = platform_device_register_simple("lab-rounds", -1, NULL, 0);
	if (IS_ERR(pdev))
		return true;
	lab_checkers_say();
	of_node_init(&node);
	node.full_name = "lab-rounds";
	pdev->dev.of_node = of_node_get(&node);
	for (i = 0; i < CHANNELS; i++) {
		channels[i].number = i;
		spin_lock_init(&channels[i].lock);
		init_completion(&channels[i].worker_done);
		init_completion(&channels[i].sender_done);
		kthread_run(work, &channels[i], "lab-worker-%u", i);
		kthread_run(send_on, &channels[i], "lab-sender-%u", i);
	}
	for (i = 0; i < lives; i++)
		live(&pdev->dev);
	WRITE_ONCE(over, true);
	for (i = 0; i < CHANNELS; i++) {
		wait_for_completion(&channels[i].worker_done);
		wait_for_completion(&channels[i].sender_done);
	}
	lab_say("rounds: hosts %u devices %d attaches %d transfers %d refused %d unequal %d", lives,
		atomic_read(&devices_made), atomic_read(&attaches_made), atomic_read(&transfers_made),
		atomic_read(&transfers_refused), atomic_read(&unequal));
	lab_left_say();
	return true;
}
