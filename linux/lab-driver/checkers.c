// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the kernel itself knows of its checkers: which there are before the first step, and, after the last, what of them
 * is left and what the kernel thinks of itself. A report that nobody read, or that no console showed, leaves a taint, or
 * lockdep switched off.
 */
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/panic.h>
#include <linux/sysfs.h>

#include "lab.h"

static int lockdep_is_on(void)
{
	return IS_ENABLED(CONFIG_PROVE_LOCKING) && debug_locks;
}

void lab_checkers_say(void)
{
	/* So that what is allocated from here on has another time than what the boot has lost. */
	msleep(LAB_WAIT_MS);
	/* Lockdep turns itself off at its first report, be it somebody else's. */
	lab_say("checkers: kasan %d lockdep %d jiffies %lu", IS_ENABLED(CONFIG_KASAN_GENERIC), lockdep_is_on(), jiffies);
	lab_say("before: lockdep %d tainted %lu", lockdep_is_on(), get_taint());
}

void lab_left_say(void)
{
	lab_say("left: lockdep %d tainted %lu", lockdep_is_on(), get_taint());
}

/* The same words for the user space: /sys/module/dsi_lab/parameters/left. */
static int left_get(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "lockdep %d tainted %lu\n", lockdep_is_on(), get_taint());
}

static const struct kernel_param_ops left_ops = { .get = left_get };
module_param_cb(left, &left_ops, NULL, 0400);
MODULE_PARM_DESC(left, "whether lockdep is still on, and the kernel's taint");
