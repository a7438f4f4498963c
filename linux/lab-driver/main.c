// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Puts hosts and peripherals on the table, takes the steps that the kernel command line names, says before and after
 * each what it does and how it went, and halts the machine. Built into the kernel: no user space runs.
 *
 *   dsi_lab.variant=managed-bridge dsi_lab.host=plain-host dsi_lab.steps=unbind-host,command,unbind-peripheral
 *
 * A step is [start-]<what>[-second]-<whom>: unbind-host, bind-second-peripheral, command, second-command;
 * with "start-" it runs in a thread of its own, and the next step begins once that thread sleeps or has ended. "wait"
 * lets a while pass that is shorter than a call of a slow host; plant-<fault> is a fault of the lab's own (plant.c).
 * dsi_lab.seed=1 and so on draws the times, so that the next step begins anywhere in what was started, or after it
 * (chance.c).
 *
 * With dsi_lab.user_space=1 and no variant it only says what checkers there are: the commands of a user follow.
 *
 * This file says nothing about what is right or wrong: the kernel's checkers do, and linux/judge reads them.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <drm/drm_mipi_dsi.h>
#include <video/mipi_display.h>

#include "lab.h"

static char *variant_name;
module_param_named(variant, variant_name, charp, 0400);
MODULE_PARM_DESC(variant, "the kind of peripheral; nothing is done without one");
static char *host_name = "plain-host";
module_param_named(host, host_name, charp, 0400);
MODULE_PARM_DESC(host, "the manner of the host controllers");
static char *steps;
module_param(steps, charp, 0400);
MODULE_PARM_DESC(steps, "the steps, with commas between them");
static bool leaks;
module_param(leaks, bool, 0400);
MODULE_PARM_DESC(leaks, "wait for kmemleak at the end");
static bool user_space;
module_param(user_space, bool, 0400);
MODULE_PARM_DESC(user_space, "say what checkers there are, and leave the rest to a user space");

/* A step that cannot be made: whom it is about does not exist, or no driver is bound to it. */
#define CANNOT INT_MIN

#define MAX_STEPS 16

static const struct lab_variant *variant;

static struct lab_thread {
	const char *step;
	struct completion done;
	bool started;
} threads[MAX_STEPS];

static const struct lab_variant *find_in(const struct lab_variant *list, const char *name)
{
	for (; list->name; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

static const struct lab_variant *find_variant(const char *name)
{
	return find_in(lab_bridges, name) ?: find_in(lab_panels, name) ?: find_in(lab_touchscreens, name) ?:
	       find_in(lab_own_devices, name);
}

static int unbind(struct device *dev)
{
	device_release_driver(dev);
	return 0;
}

/* 1 where a driver is bound after it, 0 where none is. */
static int bind(struct device *dev)
{
	return device_attach(dev);
}

static int on_host(int (*what)(struct device *dev), unsigned int host)
{
	struct device *dev = lab_host_device(host);

	return dev ? what(dev) : CANNOT;
}

static int on_peripheral(int (*what)(struct device *dev), unsigned int peripheral)
{
	struct device *dev = peripheral < variant->peripherals ? variant->device(peripheral) : NULL;
	int ret;

	if (!dev)
		return CANNOT;
	ret = what(dev);
	put_device(dev);
	return ret;
}

/* The first command goes on the first link of the first peripheral; the second on the second of what there is two of. */
static int command(bool second)
{
	static const u8 data[] = { MIPI_DCS_NOP };
	struct mipi_dsi_device *dsi = NULL;

	if (!second)
		dsi = variant->dsi(0, 0);
	else if (variant->links == 2)
		dsi = variant->dsi(0, 1);
	else if (variant->peripherals == 2)
		dsi = variant->dsi(1, 0);
	if (!dsi)
		return CANNOT;
	return mipi_dsi_dcs_write_buffer(dsi, data, sizeof(data));
}

static int take(const char *step)
{
	if (!strcmp(step, "unbind-host"))
		return on_host(unbind, 0);
	if (!strcmp(step, "unbind-second-host"))
		return on_host(unbind, 1);
	if (!strcmp(step, "bind-host"))
		return on_host(bind, 0);
	if (!strcmp(step, "bind-second-host"))
		return on_host(bind, 1);
	if (!strcmp(step, "unbind-peripheral"))
		return on_peripheral(unbind, 0);
	if (!strcmp(step, "unbind-second-peripheral"))
		return on_peripheral(unbind, 1);
	if (!strcmp(step, "bind-peripheral"))
		return on_peripheral(bind, 0);
	if (!strcmp(step, "bind-second-peripheral"))
		return on_peripheral(bind, 1);
	if (!strcmp(step, "command"))
		return command(false);
	if (!strcmp(step, "second-command"))
		return command(true);
	if (!strcmp(step, "wait")) {
		lab_sleep(LAB_WAIT_MS, 2 * LAB_SLOW_MS);
		return 0;
	}
	if (!strncmp(step, "plant-", 6) && lab_plant(step + 6))
		return 0;
	return CANNOT;
}

static int take_in_thread(void *data)
{
	struct lab_thread *thread = data;
	int ret = take(thread->step);

	if (ret == CANNOT)
		lab_say("thread %s: cannot", thread->step);
	else
		lab_say("thread %s: returned %d", thread->step, ret);
	complete(&thread->done);
	return 0;
}

/* The thread has the step's number in its name, by which a report says whose it is. */
static int start(struct lab_thread *thread, const char *step, unsigned int number)
{
	struct task_struct *task;

	thread->step = step;
	init_completion(&thread->done);
	task = kthread_run(take_in_thread, thread, "lab-step-%u", number);
	if (IS_ERR(task))
		return PTR_ERR(task);
	thread->started = true;
	/* Time passes only when everybody sleeps, so after this the thread does, or has ended. */
	lab_sleep(1, LAB_SLOW_MS);
	return 0;
}

static void say_counts(const char *when)
{
	lab_say("%s: attaches %d detaches %d transfers %d", when, atomic_read(&lab_attaches),
		atomic_read(&lab_detaches), atomic_read(&lab_transfers));
}

/* How many threads have not ended. */
static unsigned int running(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAX_STEPS; i++)
		if (threads[i].started && !completion_done(&threads[i].done))
			count++;
	return count;
}

/*
 * What the core does later, it does now: deferred probes. Not while a thread runs: its probe would be waited for, and
 * the next step is to fall into it.
 */
static void settle(void)
{
	if (!running())
		wait_for_device_probe();
}

/*
 * Which ends have a driver that has been probed, and how many threads still take a step. What ought to be bound is
 * linux/judge's business.
 */
static void say_bound(void)
{
	char hosts[LAB_HOSTS + 1] = "", peripherals[LAB_PERIPHERALS + 1] = "";
	unsigned int i;

	for (i = 0; i < variant->hosts; i++)
		hosts[i] = device_is_bound(lab_host_device(i)) ? '1' : '0';
	for (i = 0; i < variant->peripherals; i++) {
		struct device *dev = variant->device(i);

		peripherals[i] = dev && device_is_bound(dev) ? '1' : '0';
		put_device(dev);
	}
	lab_say("bound: hosts=%s peripherals=%s threads=%u", hosts, peripherals, running());
}

static int take_all(void)
{
	char *rest = steps, *step;
	unsigned int number = 0, i;
	int ret;

	while (rest && (step = strsep(&rest, ","))) {
		if (!*step)
			continue;
		if (number == MAX_STEPS)
			return -E2BIG;
		lab_say("step %u %s: begin", number + 1, step);
		if (!strncmp(step, "start-", 6))
			ret = start(&threads[number], step + 6, number + 1);
		else
			ret = take(step);
		if (ret != CANNOT)
			settle();
		number++;
		if (ret == CANNOT) {
			lab_say("step %u %s: cannot", number, step);
			break;
		}
		lab_say("step %u %s: returned %d", number, step, ret);
		say_counts("counts");
		say_bound();
	}
	lab_say("after: begin");
	for (i = 0; i < number; i++)
		if (threads[i].started)
			wait_for_completion(&threads[i].done);
	settle();
	say_bound();
	rcu_barrier();
	return 0;
}

static int set_up(void)
{
	const struct lab_host_manner *manner = lab_host_manner(host_name);
	int ret;

	variant = find_variant(variant_name);
	if (!variant || !manner)
		return -ENOENT;
	ret = lab_hosts_set_up(manner, variant);
	if (!ret)
		ret = variant->set_up(variant);
	settle();
	return ret;
}

static int __init lab_run(void)
{
	int ret;

	if (lab_bytes() || lab_rounds() || lab_cost())
		kernel_power_off();
	if (!variant_name) {
		if (user_space)
			lab_checkers_say();
		return 0;
	}
	lab_say("begin: variant %s host %s steps %s", variant_name, host_name, steps ?: "");
	lab_chance_set_up();
	lab_checkers_say();
	ret = set_up();
	if (!ret) {
		say_counts("set up");
		say_bound();
		ret = take_all();
	}
	if (ret) {
		lab_say("failed: %d", ret);
	} else {
		lab_hangs_say();
		if (leaks)
			lab_leaks_say();
		lab_released_say(variant);
		lab_left_say();
		say_counts("end");
	}
	kernel_power_off();
	return 0;
}
/* After all late initcalls: one of them allows deferred probes, another starts kmemleak. */
late_initcall_sync(lab_run);
