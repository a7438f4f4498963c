// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Lifetimes of DSI hosts and devices: who may go first, what is answered afterwards, and what is given back.
 *
 * Both ends are fakes, which keep their memory until a test has ended: a core that uses a host or a device after it has
 * gone is seen by counters and return values, and does not crash the machine. A test that could not go on after a failure
 * stops there. What only KASAN or a crash would show is skipped, unless the parameter crashing=1 asks for it.
 */
#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/slab.h>

#include <drm/drm_mipi_dsi.h>
#if IS_ENABLED(CONFIG_DRM_MIPI_DSI_RUST)
#include <drm/drm_mipi_dsi_leaving.h>
#endif
#include <video/mipi_display.h>

static bool crashing;
module_param(crashing, bool, 0400);
MODULE_PARM_DESC(crashing, "run the tests that crash a core without the mends that they ask for; one of them at a time");

/* How long a thread gets to come to where it waits, and how long a test waits for what has to happen. */
#define SOON_MS 50
#define LATE_MS 2000

/* A host, with what was asked of it. */
struct fake_host {
	struct mipi_dsi_host host;
	struct device *dev;
	unsigned int attaches, detaches, transfers;
	/* What it answers to an attach, a detach and a transfer that reads. */
	int attach_result, detach_result;
	ssize_t read_result;
	/* Transfers that came while the device was not attached. */
	unsigned int transfers_while_detached;
	/* In its detach, or in a child's probe, whether it could be found, and what registering another device said. */
	bool looks_in_detach, was_found;
	struct mipi_dsi_device *registered_in_detach;
	/* A call that is held says that it is there, and goes on when it may. */
	bool holds_attach, holds_detach, holds_transfer;
	/* It unregisters itself from its own attach, which would wait for itself. */
	bool leaves_in_attach;
	struct completion is_there, may_go_on;
};

/* The host's node and that of a child, in no tree. */
struct fake_nodes {
	struct device_node host, child;
	struct property compatible, reg;
	__be32 channel;
};

static struct fake_host *to_fake(struct mipi_dsi_host *host)
{
	return container_of(host, struct fake_host, host);
}

static void hold(struct fake_host *fake)
{
	complete(&fake->is_there);
	wait_for_completion_timeout(&fake->may_go_on, msecs_to_jiffies(LATE_MS));
}

static int fake_attach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	struct fake_host *fake = to_fake(host);

	fake->attaches++;
	if (fake->holds_attach)
		hold(fake);
	if (fake->leaves_in_attach)
		mipi_dsi_host_unregister(host);
	return fake->attach_result;
}

static int fake_detach(struct mipi_dsi_host *host, struct mipi_dsi_device *dsi)
{
	static const struct mipi_dsi_device_info info = { .type = "late", .channel = 3 };
	struct fake_host *fake = to_fake(host);

	fake->detaches++;
	if (fake->looks_in_detach) {
		fake->looks_in_detach = false;
		fake->was_found = of_find_mipi_dsi_host_by_node(fake->dev->of_node);
		fake->registered_in_detach = mipi_dsi_device_register_full(host, &info);
	}
	if (fake->holds_detach)
		hold(fake);
	return fake->detach_result;
}

static ssize_t fake_transfer(struct mipi_dsi_host *host, const struct mipi_dsi_msg *msg)
{
	struct fake_host *fake = to_fake(host);

	fake->transfers++;
	if (fake->detaches >= fake->attaches)
		fake->transfers_while_detached++;
	if (fake->holds_transfer)
		hold(fake);
	return msg->rx_len ? fake->read_result : msg->tx_len;
}

static const struct mipi_dsi_host_ops fake_ops = {
	.attach = fake_attach,
	.detach = fake_detach,
	.transfer = fake_transfer,
};

static void remove_root_device(void *dev)
{
	root_device_unregister(dev);
}

/* A host that is not registered yet. */
static struct fake_host *fake_host(struct kunit *test, const char *name)
{
	struct fake_host *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->dev = root_device_register(name);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fake->dev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_root_device, fake->dev));
	fake->host.dev = fake->dev;
	fake->host.ops = &fake_ops;
	init_completion(&fake->is_there);
	init_completion(&fake->may_go_on);
	return fake;
}

static struct fake_host *registered_host(struct kunit *test, const char *name)
{
	struct fake_host *fake = fake_host(test, name);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_host_register(&fake->host));
	return fake;
}

static void give_device_back(void *dev)
{
	put_device(dev);
}

/*
 * A device that somebody on another bus registers, as a bridge on I2C does. The test has a reference of its own until it
 * ends, so that the device can be looked at.
 */
static struct mipi_dsi_device *bridge_device(struct kunit *test, struct fake_host *fake, unsigned int channel)
{
	const struct mipi_dsi_device_info info = { .type = "fake-bridge", .channel = channel };
	struct mipi_dsi_device *dsi = mipi_dsi_device_register_full(&fake->host, &info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(dsi));
	get_device(&dsi->dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, give_device_back, &dsi->dev));
	dsi->lanes = 4;
	dsi->format = MIPI_DSI_FMT_RGB888;
	return dsi;
}

/*
 * The registrant unregisters after the host has gone. A core that leaves the device its host has freed the registration, and
 * would do so twice.
 */
static void unregister_late(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	if (dsi->host != &fake->host)
		mipi_dsi_device_unregister(dsi);
}

static void the_peripheral_goes_first(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-0");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_detach(dsi));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
}

/* The order of "drm/mipi-dsi: Fix devm unregister & detach" (September 2024). */
static void the_host_goes_first(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-1");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
	/* Not on: unregistering twice what was unregistered would crash. */
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_detach(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
	mipi_dsi_device_unregister(dsi);
}

static void managed_resources_survive_the_host(struct kunit *test)
{
	static const struct mipi_dsi_device_info info = { .type = "fake-bridge" };
	struct fake_host *fake;
	struct device *bridge;
	struct mipi_dsi_device *dsi;

	if (!crashing)
		kunit_skip(test, "crashes a core in which both sides free the device; crashing=1 runs it");
	fake = registered_host(test, "dsi-test-2");
	bridge = kunit_device_register(test, "dsi-test-bridge");
	KUNIT_ASSERT_FALSE(test, IS_ERR(bridge));
	dsi = devm_mipi_dsi_device_register_full(bridge, &fake->host, &info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dsi));
	dsi->lanes = 4;
	KUNIT_ASSERT_EQ(test, 0, devm_mipi_dsi_attach(bridge, dsi));
	mipi_dsi_host_unregister(&fake->host);
	kunit_device_unregister(test, bridge);
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
}

static void a_late_transfer_does_not_reach_the_host(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-3");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_dcs_nop(dsi));
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, -ENODEV, mipi_dsi_dcs_nop(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->transfers);
	unregister_late(fake, dsi);
}

static void a_late_attach_does_not_reach_the_host(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-4");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 0, fake->attaches);
	unregister_late(fake, dsi);
}

/* A device that has gone may be looked at as long as its registrant has it: its host pointer leads to something. */
static void the_host_of_a_device_that_has_gone_can_be_looked_at(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-5");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_PTR_NE(test, &fake->host, dsi->host);
	KUNIT_EXPECT_NOT_NULL(test, dsi->host);
	unregister_late(fake, dsi);
}

static struct fake_host *panels_host;

static int fake_panel_probe(struct mipi_dsi_device *dsi)
{
	dsi->lanes = 4;
	return mipi_dsi_attach(dsi);
}

static void fake_panel_remove(struct mipi_dsi_device *dsi)
{
	mipi_dsi_dcs_set_display_off(dsi);
	mipi_dsi_detach(dsi);
}

static struct mipi_dsi_driver fake_panel_driver = {
	.probe = fake_panel_probe,
	.remove = fake_panel_remove,
	.driver.name = "fake-panel",
};

/* D1: a panel's remove runs while its last commands can go out. */
static void a_panel_sends_its_last_command(struct kunit *test)
{
	static const struct mipi_dsi_device_info info = { .type = "fake-panel" };
	struct fake_host *fake = registered_host(test, "dsi-test-6");
	struct mipi_dsi_device *dsi;

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_driver_register(&fake_panel_driver));
	dsi = mipi_dsi_device_register_full(&fake->host, &info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	get_device(&dsi->dev);
	mipi_dsi_host_unregister(&fake->host);
	unregister_late(fake, dsi);
	put_device(&dsi->dev);
	mipi_dsi_driver_unregister(&fake_panel_driver);
	KUNIT_EXPECT_EQ(test, 1, fake->transfers);
	KUNIT_EXPECT_EQ(test, 0, fake->transfers_while_detached);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
}

/* Laid out so that a core which takes it for a DSI device stays within it, and finds it not attached. */
static void other_release(struct device *dev)
{
	kfree(container_of(dev, struct mipi_dsi_device, dev));
}

/* D2: another child of the host's device is not the core's. */
static void another_child_of_the_hosts_device_stays(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-7");
	struct mipi_dsi_device *other = kzalloc(sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	device_initialize(&other->dev);
	other->dev.parent = fake->dev;
	other->dev.release = other_release;
	KUNIT_ASSERT_EQ(test, 0, dev_set_name(&other->dev, "dsi-test-other"));
	KUNIT_ASSERT_EQ(test, 0, device_add(&other->dev));
	get_device(&other->dev);
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_TRUE(test, device_is_registered(&other->dev));
	if (device_is_registered(&other->dev))
		device_unregister(&other->dev);
	put_device(&other->dev);
}

static void fake_nodes_init(struct fake_nodes *nodes, unsigned int channel)
{
	of_node_init(&nodes->host);
	of_node_init(&nodes->child);
	nodes->host.full_name = "dsi-test";
	nodes->host.child = &nodes->child;
	nodes->child.full_name = "panel";
	nodes->child.parent = &nodes->host;
	nodes->child.properties = &nodes->compatible;
	nodes->compatible.name = "compatible";
	nodes->compatible.value = "test,fake-child";
	nodes->compatible.length = sizeof("test,fake-child");
	nodes->compatible.next = &nodes->reg;
	nodes->channel = cpu_to_be32(channel);
	nodes->reg.name = "reg";
	nodes->reg.value = &nodes->channel;
	nodes->reg.length = sizeof(nodes->channel);
}

static unsigned int references(struct device_node *node)
{
	return kref_read(&node->kobj.kref);
}

/* A host with a node that has a child. */
static struct fake_host *host_with_child(struct kunit *test, const char *name, unsigned int channel,
					 struct fake_nodes **nodes)
{
	struct fake_host *fake = fake_host(test, name);

	/* Not freed with the test: a core that leaks a reference still has it. */
	*nodes = kzalloc(sizeof(**nodes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *nodes);
	fake_nodes_init(*nodes, channel);
	fake->dev->of_node = &(*nodes)->host;
	return fake;
}

/* D4: a host that leaves is not found, and takes nobody. */
static void a_host_that_leaves_takes_nobody(struct kunit *test)
{
	struct fake_nodes *nodes;
	struct fake_host *fake = host_with_child(test, "dsi-test-8", 0, &nodes);
	struct mipi_dsi_device *dsi;

	nodes->host.child = NULL;
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_host_register(&fake->host));
	KUNIT_EXPECT_PTR_EQ(test, &fake->host, of_find_mipi_dsi_host_by_node(&nodes->host));
	dsi = bridge_device(test, fake, 0);
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	fake->looks_in_detach = true;
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_FALSE(test, fake->was_found);
	KUNIT_EXPECT_TRUE(test, IS_ERR(fake->registered_in_detach));
	KUNIT_EXPECT_NULL(test, of_find_mipi_dsi_host_by_node(&nodes->host));
	unregister_late(fake, dsi);
	fake->dev->of_node = NULL;
}

static int looking_panel_probe(struct mipi_dsi_device *dsi)
{
	panels_host->was_found = of_find_mipi_dsi_host_by_node(panels_host->dev->of_node);
	return 0;
}

static struct mipi_dsi_driver looking_panel_driver = {
	.probe = looking_panel_probe,
	.driver.name = "fake-child",
};

/* D5: a child of the host's node finds the host that it is probed on. */
static void a_child_finds_its_host(struct kunit *test)
{
	struct fake_nodes *nodes;
	struct fake_host *fake = host_with_child(test, "dsi-test-9", 0, &nodes);

	panels_host = fake;
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_driver_register(&looking_panel_driver));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_host_register(&fake->host));
	mipi_dsi_host_unregister(&fake->host);
	mipi_dsi_driver_unregister(&looking_panel_driver);
	KUNIT_EXPECT_TRUE(test, fake->was_found);
	fake->dev->of_node = NULL;
}

/* D7: a child that can't be registered keeps no reference to its node. */
static void a_child_on_no_channel_keeps_nothing(struct kunit *test)
{
	struct fake_nodes *nodes;
	struct fake_host *fake;
	unsigned int before;

	if (!IS_ENABLED(CONFIG_OF_DYNAMIC))
		kunit_skip(test, "nodes are counted with CONFIG_OF_DYNAMIC only");
	fake = host_with_child(test, "dsi-test-10", 4, &nodes);
	before = references(&nodes->child);
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_host_register(&fake->host));
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, before, references(&nodes->child));
	fake->dev->of_node = NULL;
}

/* D8: a device gives back the node that it took, and no other. */
static void a_device_gives_its_node_back(struct kunit *test)
{
	struct mipi_dsi_device_info info = { .type = "fake-bridge", .channel = 1 };
	struct fake_nodes *nodes;
	struct fake_host *fake;
	struct mipi_dsi_device *dsi;
	unsigned int before;

	if (!IS_ENABLED(CONFIG_OF_DYNAMIC))
		kunit_skip(test, "nodes are counted with CONFIG_OF_DYNAMIC only");
	fake = host_with_child(test, "dsi-test-11", 0, &nodes);
	nodes->host.child = NULL;
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_host_register(&fake->host));
	/* So that one reference too few is none that frees the node. */
	of_node_get(&nodes->child);
	before = references(&nodes->child);
	info.node = &nodes->child;
	dsi = mipi_dsi_device_register_full(&fake->host, &info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dsi));
	mipi_dsi_device_unregister(dsi);
	KUNIT_EXPECT_EQ(test, before, references(&nodes->child));
	mipi_dsi_host_unregister(&fake->host);
	fake->dev->of_node = NULL;
}

/* D6, with D15's trigger: the channel is taken. */
static void a_channel_is_taken_once(struct kunit *test)
{
	static const struct mipi_dsi_device_info info = { .type = "second" };
	struct fake_host *fake;
	struct mipi_dsi_device *dsi;

	if (!crashing)
		kunit_skip(test, "a core that frees what somebody may hold is seen by KASAN and kmemleak; crashing=1 runs it");
	fake = registered_host(test, "dsi-test-12");
	dsi = bridge_device(test, fake, 0);
	KUNIT_EXPECT_EQ(test, -EEXIST, PTR_ERR(mipi_dsi_device_register_full(&fake->host, &info)));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_detach(dsi));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

/* D9: a device is attached once. */
static void a_device_is_attached_once(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-13");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, -EALREADY, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_detach(dsi));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
}

/* A call that a thread makes. */
struct call {
	int (*make)(struct fake_host *fake, struct mipi_dsi_device *dsi);
	struct fake_host *fake;
	struct mipi_dsi_device *dsi;
	int result;
	struct completion done;
};

static int make_call(void *data)
{
	struct call *call = data;

	call->result = call->make(call->fake, call->dsi);
	complete_all(&call->done);
	return 0;
}

static struct call *start(struct kunit *test, int (*make)(struct fake_host *fake, struct mipi_dsi_device *dsi),
			  struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	struct call *call = kzalloc(sizeof(*call), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->make = make;
	call->fake = fake;
	call->dsi = dsi;
	init_completion(&call->done);
	task = kthread_run(make_call, call, "dsi-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	return call;
}

static bool ends(struct call *call, unsigned int within_ms)
{
	return wait_for_completion_timeout(&call->done, msecs_to_jiffies(within_ms));
}

/* Expects a call to end, and gives its result. One that hangs keeps its memory, which its thread may still use. */
static int result_of(struct kunit *test, struct call *call)
{
	int result;

	KUNIT_ASSERT_TRUE(test, ends(call, LATE_MS));
	result = call->result;
	kfree(call);
	return result;
}

/* Expects a call to come to the host's function that holds it. */
static void expect_to_be_there(struct kunit *test, struct fake_host *fake)
{
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&fake->is_there, msecs_to_jiffies(LATE_MS)));
}

static int make_attach(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	return mipi_dsi_attach(dsi);
}

static int make_detach(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	return mipi_dsi_detach(dsi);
}

static int make_transfer(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	return mipi_dsi_dcs_nop(dsi);
}

static int make_unregister(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	mipi_dsi_device_unregister(dsi);
	return 0;
}

static int make_host_unregister(struct fake_host *fake, struct mipi_dsi_device *dsi)
{
	mipi_dsi_host_unregister(&fake->host);
	return 0;
}

/* D9: an attach that runs when its host is removed is detached. */
static void a_removal_undoes_an_attach_that_runs(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-14");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);
	struct call *attach, *removal;

	fake->holds_attach = true;
	attach = start(test, make_attach, fake, dsi);
	expect_to_be_there(test, fake);
	removal = start(test, make_host_unregister, fake, dsi);
	KUNIT_EXPECT_FALSE(test, ends(removal, SOON_MS));
	complete(&fake->may_go_on);
	result_of(test, attach);
	result_of(test, removal);
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
	unregister_late(fake, dsi);
}

/* Drivers send from registration to unregistration: a backlight before attach, user space during it. */
static void a_transfer_before_attach_goes_out(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-24");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_dcs_nop(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->transfers);
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

/* Another thread sends while this call is inside of the host. */
static void expect_to_send_during(struct kunit *test, struct call *call)
{
	struct fake_host *fake = call->fake;
	struct call *transfer;

	expect_to_be_there(test, fake);
	transfer = start(test, make_transfer, fake, call->dsi);
	KUNIT_EXPECT_TRUE(test, ends(transfer, LATE_MS / 2));
	complete(&fake->may_go_on);
	KUNIT_EXPECT_EQ(test, 0, result_of(test, call));
	KUNIT_EXPECT_EQ(test, 0, result_of(test, transfer));
	KUNIT_EXPECT_EQ(test, 1, fake->transfers);
}

static void a_transfer_during_attach_goes_out(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-25");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	fake->holds_attach = true;
	expect_to_send_during(test, start(test, make_attach, fake, dsi));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_detach(dsi));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

static void a_transfer_during_detach_goes_out(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-26");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	fake->holds_detach = true;
	expect_to_send_during(test, start(test, make_detach, fake, dsi));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

/* D10: nothing of a device that was unregistered reaches the host, which may be about to go. */
static void a_transfer_after_unregister_does_not_reach_the_host(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-27");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	mipi_dsi_device_unregister(dsi);
	KUNIT_EXPECT_EQ(test, -ENODEV, mipi_dsi_dcs_nop(dsi));
	KUNIT_EXPECT_EQ(test, 0, fake->transfers);
	mipi_dsi_host_unregister(&fake->host);
}

/* D10: this removal waits for the transfer that runs. */
static void expect_to_wait_for_a_transfer(struct kunit *test, struct fake_host *fake, struct mipi_dsi_device *dsi,
					  int (*remove)(struct fake_host *fake, struct mipi_dsi_device *dsi))
{
	struct call *transfer, *removal;

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	fake->holds_transfer = true;
	transfer = start(test, make_transfer, fake, dsi);
	expect_to_be_there(test, fake);
	removal = start(test, remove, fake, dsi);
	KUNIT_EXPECT_FALSE(test, ends(removal, SOON_MS));
	complete(&fake->may_go_on);
	KUNIT_EXPECT_EQ(test, 0, result_of(test, transfer));
	result_of(test, removal);
}

static void a_removal_waits_for_a_transfer(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-15");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	expect_to_wait_for_a_transfer(test, fake, dsi, make_host_unregister);
	unregister_late(fake, dsi);
}

static void an_unregistration_waits_for_a_transfer(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-28");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	expect_to_wait_for_a_transfer(test, fake, dsi, make_unregister);
	mipi_dsi_host_unregister(&fake->host);
}

/* D12: one byte is not enough for a brightness. */
static void a_short_response_is_an_error(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-16");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);
	u16 brightness = 0;

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	fake->read_result = 1;
	KUNIT_EXPECT_LT(test, mipi_dsi_dcs_get_display_brightness(dsi, &brightness), 0);
	KUNIT_EXPECT_LT(test, mipi_dsi_dcs_get_display_brightness_large(dsi, &brightness), 0);
	fake->read_result = 2;
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_dcs_get_display_brightness(dsi, &brightness));
	mipi_dsi_detach(dsi);
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

/* D13: a packet says how long it is. */
static void a_packet_that_is_too_long_is_an_error(struct kunit *test)
{
	static const u8 byte;
	struct mipi_dsi_msg msg = { .type = MIPI_DSI_DCS_LONG_WRITE, .tx_buf = &byte, .tx_len = 0x10000 };
	struct mipi_dsi_packet packet;

	KUNIT_EXPECT_EQ(test, -EINVAL, mipi_dsi_create_packet(&packet, &msg));
	msg.tx_len = 0xffff;
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_create_packet(&packet, &msg));
	KUNIT_EXPECT_EQ(test, 0xffff, packet.payload_length);
}

/* D14: a length without data sends nothing. */
static void a_length_without_data_is_an_error(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-17");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, -EINVAL, mipi_dsi_dcs_write(dsi, MIPI_DCS_SET_TEAR_SCANLINE, NULL, 2));
	KUNIT_EXPECT_EQ(test, 0, fake->transfers);
	mipi_dsi_detach(dsi);
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
}

/* Of a dual-link panel either host may go first (D16): the other half goes on. */
static void of_two_hosts_the_other_goes_on(struct kunit *test)
{
	struct fake_host *first = registered_host(test, "dsi-test-18");
	struct fake_host *second = registered_host(test, "dsi-test-19");
	struct mipi_dsi_device *one = bridge_device(test, first, 0);
	struct mipi_dsi_device *two = bridge_device(test, second, 0);

	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(one));
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(two));
	mipi_dsi_host_unregister(&second->host);
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_dcs_nop(one));
	KUNIT_EXPECT_EQ(test, -ENODEV, mipi_dsi_dcs_nop(two));
	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_detach(one));
	mipi_dsi_device_unregister(one);
	mipi_dsi_host_unregister(&first->host);
	KUNIT_EXPECT_EQ(test, 1, first->detaches);
	KUNIT_EXPECT_EQ(test, 1, second->detaches);
	unregister_late(second, two);
}

#if IS_ENABLED(CONFIG_DRM_MIPI_DSI_RUST)
/* A host that unregisters itself from its own attach would wait for itself: a worker removes it when that attach has ended. */
static void a_removal_that_would_wait_for_itself_comes_later(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-29");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);
	unsigned int waited;

	fake->leaves_in_attach = true;
	mipi_dsi_attach(dsi);
	for (waited = 0; !READ_ONCE(fake->detaches) && waited < LATE_MS; waited += SOON_MS)
		msleep(SOON_MS);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
	/* Waits for what the worker is still about. */
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, -EPROBE_DEFER, mipi_dsi_attach(dsi));
	KUNIT_EXPECT_EQ(test, 1, fake->attaches);
	unregister_late(fake, dsi);
}

/* A bridge that sends its last command, detaches and unregisters when it is told. */
static void say_goodbye(struct mipi_dsi_device *dsi, void *told)
{
	(*(unsigned int *)told)++;
	mipi_dsi_dcs_set_display_off(dsi);
	mipi_dsi_detach(dsi);
	mipi_dsi_device_unregister(dsi);
}

static void a_bridge_that_asks_is_told(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-20");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);
	unsigned int told = 0;

	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_device_on_host_leaving(dsi, say_goodbye, &told));
	KUNIT_ASSERT_EQ(test, 0, mipi_dsi_attach(dsi));
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, 1, told);
	KUNIT_EXPECT_EQ(test, 1, fake->transfers);
	KUNIT_EXPECT_EQ(test, 0, fake->transfers_while_detached);
	KUNIT_EXPECT_EQ(test, 1, fake->detaches);
	KUNIT_EXPECT_EQ(test, -ENODEV, mipi_dsi_device_on_host_leaving(dsi, say_goodbye, &told));
}

static void a_bridge_that_goes_first_is_not_told(struct kunit *test)
{
	struct fake_host *fake = registered_host(test, "dsi-test-21");
	struct mipi_dsi_device *dsi = bridge_device(test, fake, 0);
	unsigned int told = 0;

	KUNIT_EXPECT_EQ(test, 0, mipi_dsi_device_on_host_leaving(dsi, say_goodbye, &told));
	mipi_dsi_device_unregister(dsi);
	mipi_dsi_host_unregister(&fake->host);
	KUNIT_EXPECT_EQ(test, 0, told);
}
#endif

static struct kunit_case drm_mipi_dsi_lifetimes_tests[] = {
	KUNIT_CASE(the_peripheral_goes_first),
	KUNIT_CASE(the_host_goes_first),
	KUNIT_CASE(managed_resources_survive_the_host),
	KUNIT_CASE(a_late_transfer_does_not_reach_the_host),
	KUNIT_CASE(a_late_attach_does_not_reach_the_host),
	KUNIT_CASE(the_host_of_a_device_that_has_gone_can_be_looked_at),
	KUNIT_CASE(a_panel_sends_its_last_command),
	KUNIT_CASE(another_child_of_the_hosts_device_stays),
	KUNIT_CASE(a_host_that_leaves_takes_nobody),
	KUNIT_CASE(a_child_finds_its_host),
	KUNIT_CASE(a_child_on_no_channel_keeps_nothing),
	KUNIT_CASE(a_device_gives_its_node_back),
	KUNIT_CASE(a_channel_is_taken_once),
	KUNIT_CASE(a_device_is_attached_once),
	KUNIT_CASE(a_removal_undoes_an_attach_that_runs),
	KUNIT_CASE(a_transfer_before_attach_goes_out),
	KUNIT_CASE(a_transfer_during_attach_goes_out),
	KUNIT_CASE(a_transfer_during_detach_goes_out),
	KUNIT_CASE(a_transfer_after_unregister_does_not_reach_the_host),
	KUNIT_CASE(a_removal_waits_for_a_transfer),
	KUNIT_CASE(an_unregistration_waits_for_a_transfer),
	KUNIT_CASE(a_short_response_is_an_error),
	KUNIT_CASE(a_packet_that_is_too_long_is_an_error),
	KUNIT_CASE(a_length_without_data_is_an_error),
	KUNIT_CASE(of_two_hosts_the_other_goes_on),
#if IS_ENABLED(CONFIG_DRM_MIPI_DSI_RUST)
	KUNIT_CASE(a_removal_that_would_wait_for_itself_comes_later),
	KUNIT_CASE(a_bridge_that_asks_is_told),
	KUNIT_CASE(a_bridge_that_goes_first_is_not_told),
#endif
	{ }
};

static struct kunit_suite drm_mipi_dsi_lifetimes_suite = {
	.name = "drm_mipi_dsi_lifetimes",
	.test_cases = drm_mipi_dsi_lifetimes_tests,
};
kunit_test_suite(drm_mipi_dsi_lifetimes_suite);

MODULE_DESCRIPTION("KUnit tests of the lifetimes of DSI hosts and devices");
MODULE_LICENSE("Dual MIT/GPL");
