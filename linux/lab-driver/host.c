// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The host controllers: platform devices whose driver registers a DSI host, with its state in memory that the driver
 * core frees at unbind, as most host drivers of the tree have it. There is no wire: a transfer succeeds.
 *
 * Every callback touches the host's state, as a real one touches its registers through it.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>
#include <video/mipi_display.h>

#include "lab.h"

atomic_t lab_attaches, lab_detaches, lab_transfers;

static const struct lab_host_manner manners[] = {
	{ .name = "plain-host" },
	{ .name = "slow-host", .slow_attach = true, .slow_detach = true, .slow_transfer = true },
	{ .name = "slow-attach-host", .slow_attach = true },
	{ .name = "slow-transfer-host", .slow_transfer = true },
	{ .name = "sending-host", .sends_in_detach = true },
	{ .name = "refusing-host", .refuses = true },
	{ .name = "parent-host", .has_child = true, .child_number = 0 },
	{ .name = "parent-host-1", .has_child = true, .child_number = 1 },
};

static const struct lab_host_manner *manner;
static const struct lab_variant *variant;
static struct platform_device *hosts[LAB_HOSTS];
/* The lookup of the kernel goes by node, so each host has one. They are in no tree. */
static struct device_node nodes[LAB_HOSTS];

/* A child of the host's device that has nothing to do with DSI, laid out like the kernel's PHY. */
struct other_child {
	struct device dev;
	int id;
};

struct lab_host {
	struct mipi_dsi_host host;
	unsigned int calls;
};

static struct lab_host *to_lab_host(struct mipi_dsi_host *host)
{
	return container_of(host, struct lab_host, host);
}

/*
 * The host polls its registers while it waits, so whoever takes its memory away meanwhile is found then. Inlined, so
 * that a report names the callback.
 */
static __always_inline void take_time(struct mipi_dsi_host *host, bool slow)
{
	unsigned int left = slow ? lab_call_ms() : 0;

	while (left) {
		unsigned int part = lab_part_of(left);

		msleep(part);
		to_lab_host(host)->calls++;
		left -= part;
	}
}

static int lab_host_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	atomic_inc(&lab_attaches);
	to_lab_host(host)->calls++;
	take_time(host, manner->slow_attach);
	to_lab_host(host)->calls++;
	if (manner->refuses)
		return -EIO;
	return dsi->lanes ? 0 : -EINVAL;
}

static int lab_host_detach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	atomic_inc(&lab_detaches);
	to_lab_host(host)->calls++;
	if (manner->sends_in_detach) {
		mipi_dsi_dcs_set_display_off(dsi);
		mipi_dsi_dcs_enter_sleep_mode(dsi);
	}
	take_time(host, manner->slow_detach);
	to_lab_host(host)->calls++;
	return 0;
}

static ssize_t lab_host_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	atomic_inc(&lab_transfers);
	to_lab_host(host)->calls++;
	take_time(host, manner->slow_transfer);
	to_lab_host(host)->calls++;
	return msg->tx_len;
}

static const struct mipi_dsi_host_ops lab_host_ops = {
	.attach = lab_host_attach,
	.detach = lab_host_detach,
	.transfer = lab_host_transfer,
};

static void other_child_release(struct device *dev)
{
	kfree(container_of(dev, struct other_child, dev));
}

static void other_child_unregister(void *child)
{
	device_unregister(child);
}

/* As devm_phy_create() does: a device of its own below `dev`, unregistered when the driver of `dev` is unbound. */
static int other_child_add(struct device *dev)
{
	struct other_child *child = kzalloc(sizeof(*child), GFP_KERNEL);
	int ret;

	if (!child)
		return -ENOMEM;
	child->id = manner->child_number;
	child->dev.parent = dev;
	child->dev.release = other_child_release;
	device_initialize(&child->dev);
	ret = dev_set_name(&child->dev, "%s.other", dev_name(dev));
	if (!ret)
		ret = device_add(&child->dev);
	if (ret) {
		put_device(&child->dev);
		return ret;
	}
	return devm_add_action_or_reset(dev, other_child_unregister, &child->dev);
}

/*
 * The nodes of the DSI devices that the host's side registers, as children of their host's node. The kernel registers them
 * when it registers the host. They are in no tree, and their properties are written here.
 */
static struct child_node {
	struct device_node node;
	struct property compatible;
	struct property reg;
	char name[32];
	__be32 channel;
} child_nodes[LAB_PERIPHERALS];

static void child_node_init(struct child_node *child, struct device_node *host, unsigned int channel)
{
	of_node_init(&child->node);
	child->node.full_name = "panel";
	child->node.parent = host;
	child->node.properties = &child->compatible;
	snprintf(child->name, sizeof(child->name), "lab,%s", variant->child);
	child->compatible.name = "compatible";
	child->compatible.value = child->name;
	child->compatible.length = strlen(child->name) + 1;
	child->compatible.next = &child->reg;
	child->channel = cpu_to_be32(channel);
	child->reg.name = "reg";
	child->reg.value = &child->channel;
	child->reg.length = sizeof(child->channel);
	child->node.sibling = NULL;
}

static void child_nodes_init(void)
{
	unsigned int i;

	for (i = 0; variant->child && i < variant->peripherals; i++) {
		struct device_node *host = &nodes[variant->link[i][0].host];
		struct device_node **end = &host->child;

		child_node_init(&child_nodes[i], host, variant->link[i][0].channel);
		while (*end)
			end = &(*end)->sibling;
		*end = &child_nodes[i].node;
	}
}

static int lab_host_probe(struct platform_device *pdev)
{
	struct lab_host *lab = devm_kzalloc(&pdev->dev, sizeof(*lab), GFP_KERNEL);
	int ret;

	if (!lab)
		return -ENOMEM;
	lab->host.dev = &pdev->dev;
	lab->host.ops = &lab_host_ops;
	platform_set_drvdata(pdev, lab);
	if (manner->has_child) {
		ret = other_child_add(&pdev->dev);
		if (ret)
			return ret;
	}
	return mipi_dsi_host_register(&lab->host);
}

static void lab_host_remove(struct platform_device *pdev)
{
	struct lab_host *lab = platform_get_drvdata(pdev);

	mipi_dsi_host_unregister(&lab->host);
}

static struct platform_driver lab_host_driver = {
	.probe = lab_host_probe,
	.remove = lab_host_remove,
	.driver.name = "lab-host",
};

const struct lab_host_manner *lab_host_manner(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(manners); i++)
		if (!strcmp(manners[i].name, name))
			return &manners[i];
	return NULL;
}

int lab_hosts_set_up(const struct lab_host_manner *this_manner, const struct lab_variant *this_variant)
{
	unsigned int i;
	int ret;

	manner = this_manner;
	variant = this_variant;
	for (i = 0; i < variant->hosts; i++) {
		of_node_init(&nodes[i]);
		nodes[i].full_name = "lab-host";
	}
	child_nodes_init();
	for (i = 0; i < variant->hosts; i++) {
		hosts[i] = platform_device_alloc("lab-host", i);
		if (!hosts[i])
			return -ENOMEM;
		hosts[i]->dev.of_node = of_node_get(&nodes[i]);
		ret = platform_device_add(hosts[i]);
		if (ret)
			return ret;
	}
	return platform_driver_register(&lab_host_driver);
}

struct device *lab_host_device(unsigned int host)
{
	return host < variant->hosts ? &hosts[host]->dev : NULL;
}

struct mipi_dsi_host *lab_host_find(unsigned int host)
{
	return of_find_mipi_dsi_host_by_node(&nodes[host]);
}
