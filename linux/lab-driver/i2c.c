// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How often each chip on the I2C of the user space was asked for something: dsi_lab.i2c in sysfs. Built in, since the
 * module with the chips may be gone when somebody wants to know.
 *
 *	$ cat /sys/module/dsi_lab/parameters/i2c
 *	0-000e 12 1-002c 30
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

#include "i2c.h"

#define LAB_ADDRESSES 8

struct asked {
	int adapter;
	u16 address;
	unsigned int transfers;
};

static struct asked asked[LAB_ADDRESSES];
static unsigned int addresses;
/* Each adapter calls under its own lock. */
static DEFINE_SPINLOCK(asked_lock);

void lab_i2c_count(int adapter, u16 address)
{
	struct asked *chip;

	spin_lock(&asked_lock);
	for (chip = asked; chip < asked + addresses; chip++)
		if (chip->adapter == adapter && chip->address == address)
			break;
	if (chip == asked + addresses && addresses < LAB_ADDRESSES) {
		chip->adapter = adapter;
		chip->address = address;
		addresses++;
	}
	if (chip < asked + addresses)
		chip->transfers++;
	else
		WARN_ONCE(true, "the lab counts no more than %d addresses\n", LAB_ADDRESSES);
	spin_unlock(&asked_lock);
}
EXPORT_SYMBOL_GPL(lab_i2c_count);

static int lab_i2c_get(char *buffer, const struct kernel_param *param)
{
	unsigned int i;
	int at = 0;

	spin_lock(&asked_lock);
	for (i = 0; i < addresses; i++)
		at += sysfs_emit_at(buffer, at, "%s%d-%04x %u", i ? " " : "", asked[i].adapter, asked[i].address,
				    asked[i].transfers);
	spin_unlock(&asked_lock);
	return at + sysfs_emit_at(buffer, at, "\n");
}

static const struct kernel_param_ops lab_i2c_ops = { .get = lab_i2c_get };
module_param_cb(i2c, &lab_i2c_ops, NULL, 0400);
MODULE_PARM_DESC(i2c, "how often each chip was asked for something");
