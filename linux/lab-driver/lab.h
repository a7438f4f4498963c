/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the lab's driver share: the ends of a DSI link, the steps that are made with them, and how to say
 * in the log what happened.
 *
 * The log is for linux/judge, which reads it line by line: change a format here and change it there.
 */
#ifndef DSI_LAB_H
#define DSI_LAB_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/of.h>
#include <linux/printk.h>
#include <linux/types.h>

struct mipi_dsi_device;
struct mipi_dsi_driver;
struct mipi_dsi_host;

#define LAB_HOSTS 2
#define LAB_PERIPHERALS 2
/* How long a slow host takes for a call; longer than a wait, so that a wait falls into the call. */
#define LAB_SLOW_MS 100
#define LAB_WAIT_MS 30

/*
 * A line for the judge. No report of a checker has a lower level, so a console whose level was lowered until it lost one
 * has lost the lab's last line as well, and the order is an error.
 */
#define lab_say(format, ...) pr_info("dsi_lab: " format "\n", ##__VA_ARGS__)

/* One link that a peripheral takes: a virtual channel of a host. */
struct lab_link {
	unsigned int host;
	unsigned int channel;
};

/*
 * A kind of peripheral, with the number of hosts and peripherals that stand on the lab's table. The functions take the
 * number of the peripheral.
 */
struct lab_variant {
	const char *name;
	unsigned int hosts;
	unsigned int peripherals;
	/* The DSI devices are registered by the host's side, as children of a device tree node are; with this name. */
	const char *child;
	/* Which links each peripheral takes, the first one first. */
	unsigned int links;
	struct lab_link link[LAB_PERIPHERALS][2];
	/* Registers the drivers and the devices of all peripherals. */
	int (*set_up)(const struct lab_variant *variant);
	/* The device whose driver is bound and unbound, with a reference, or NULL where it does not exist now. */
	struct device *(*device)(unsigned int peripheral);
	/* The DSI device that the bound driver sends commands on, or NULL where none is bound. */
	struct mipi_dsi_device *(*dsi)(unsigned int peripheral, unsigned int link);

	/* The rest is for the variant's own file. */
	const void *how;
};

extern const struct lab_variant lab_bridges[];
extern const struct lab_variant lab_panels[];
extern const struct lab_variant lab_touchscreens[];
extern const struct lab_variant lab_own_devices[];

/* What the host controllers of this run do beside what every host does. */
struct lab_host_manner {
	const char *name;
	/* These callbacks sleep. */
	bool slow_attach;
	bool slow_detach;
	bool slow_transfer;
	/* The detach callback sends commands to the panel, as mtk_dsi's does when it shuts the pipeline down. */
	bool sends_in_detach;
	/* The attach callback fails, as where a bridge behind the host is still missing. */
	bool refuses;
	/* The host's device has a child that is no DSI device; its number is what stands behind its struct device. */
	bool has_child;
	int child_number;
};

/* host.c */
int lab_hosts_set_up(const struct lab_host_manner *manner, const struct lab_variant *variant);
const struct lab_host_manner *lab_host_manner(const char *name);
struct device *lab_host_device(unsigned int host);
struct mipi_dsi_host *lab_host_find(unsigned int host);
extern atomic_t lab_attaches, lab_detaches, lab_transfers;

/* chance.c: times of sleeping, the usual ones or drawn from a seed. Drawn, a sleep takes 1 ms to `most_ms`. */
void lab_chance_set_up(void);
void lab_sleep(unsigned int usual_ms, unsigned int most_ms);
/* How long this call of a slow host takes; and of that, or of what is left of it, how long it sleeps next. */
unsigned int lab_call_ms(void);
unsigned int lab_part_of(unsigned int ms);

/* A small stand-in for I2C: a platform device whose driver is `driver`. */
struct platform_driver;
int lab_platform_set_up(struct platform_driver *driver, unsigned int devices);
struct device *lab_platform_device(unsigned int peripheral);

/* plant.c: faults of the lab's own, which the judge has to see. Whether `name` is one; it has been made then. */
bool lab_plant(const char *name);

/* checkers.c: which checkers there are, for before the first step; and what of them is left, for after the last. */
void lab_checkers_say(void);
void lab_left_say(void);

/* released.c: how many DSI devices were removed from the bus, released, and may still be looked at. */
void lab_released_say(const struct lab_variant *variant);

/* bytes.c: calls all functions that send, if it was asked to; and whether it was. */
bool lab_bytes(void);

/* rounds.c: rounds of threads, if they were asked for; and whether they were. */
bool lab_rounds(void);

/* cost.c: says what the bus costs, if it was asked to; and whether it was. */
bool lab_cost(void);

/* leaks.c: waits until kmemleak has looked twice at what was left behind. */
void lab_leaks_say(void);

/* hangs.c: waits until khungtaskd has looked at every task that is left. */
void lab_hangs_say(void);

#endif
