// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Faults of the lab's own, made as steps: one of each kind that the judge knows and the lab's kernel can report (not UBSAN,
 * wrong wait contexts and stalls of RCU). A judge that misses one of them has nothing to say about the others. Nothing here
 * touches DSI.
 */
#include <linux/completion.h>
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <drm/drm_mipi_dsi.h>

#include "lab.h"

static noinline void plant_use_after_free(void)
{
	int *number = kmalloc(sizeof(*number), GFP_KERNEL);

	if (!number)
		return;
	*number = 1;
	kfree(number);
	/* Hidden from the compiler, which would see it. */
	OPTIMIZER_HIDE_VAR(number);
	READ_ONCE(*number);
}

static noinline void plant_double_free(void)
{
	void *twice = kmalloc(100, GFP_KERNEL);

	kfree(twice);
	OPTIMIZER_HIDE_VAR(twice);
	kfree(twice);
}

/* The entry's links are poison after the first time. */
static noinline void plant_list_corruption(void)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
}

static noinline void plant_warning(void)
{
	WARN_ON(true);
}

static noinline void plant_bug(void)
{
	BUG();
}

static noinline void plant_refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static noinline void plant_lock_order(void)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* Two locks of one class, which lockdep takes for one: a single one would hang. */
static noinline void plant_recursive_lock(void)
{
	static struct mutex locks[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(locks); i++)
		mutex_init(&locks[i]);
	mutex_lock(&locks[0]);
	mutex_lock(&locks[1]);
	mutex_unlock(&locks[1]);
	mutex_unlock(&locks[0]);
}

static noinline void plant_unlock(void)
{
	static DEFINE_MUTEX(lock);

	mutex_unlock(&lock);
}

static DEFINE_MUTEX(kept);

static noinline int keep_lock(void *nothing)
{
	mutex_lock(&kept);
	return 0;
}

/* A thread that ends with a lock. */
static noinline void plant_kept_lock(void)
{
	kthread_run(keep_lock, NULL, "lab-keeper");
	msleep(1);
}

/* A lock that nobody has initialised: lockdep says so, and switches itself off. */
static noinline void plant_unknown_lock(void)
{
	spinlock_t *lock = kzalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return;
	spin_lock(lock);
	spin_unlock(lock);
	kfree(lock);
}

static noinline void plant_sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static noinline void plant_rcu_sleep(void)
{
	rcu_read_lock();
	msleep(1);
	rcu_read_unlock();
}

static noinline void plant_leak(void)
{
	/* On purpose without a name for it afterwards. */
	void *lost = kmalloc(100, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(lost);
}

static noinline void plant_hang(void)
{
	static DECLARE_COMPLETION(never);

	wait_for_completion(&never);
}

static int wait_for_ever(void *nothing)
{
	plant_hang();
	return 0;
}

/* A task that hangs, and that nobody waits for. */
static noinline void plant_hang_in_background(void)
{
	kthread_run(wait_for_ever, NULL, "lab-background");
}

static noinline void plant_loop(void)
{
	for (;;)
		cpu_relax();
}

static noinline void plant_fault(void)
{
	int *nowhere = NULL;

	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 1);
}

/* Stops before the last line is said. */
static noinline void plant_early_end(void)
{
	kernel_power_off();
}

/* What is said from here on, nobody hears: whoever prints finds the console taken. */
static noinline void plant_lost_console(void)
{
	console_lock();
}

/* A warning that no console shows, on a machine that is heard to its end. */
static noinline void plant_unheard_warning(void)
{
	int level = console_loglevel;

	console_loglevel = CONSOLE_LOGLEVEL_SILENT;
	WARN_ON(true);
	console_loglevel = level;
}

/* A DSI device that is unregistered, while somebody keeps a reference to it for ever. */
static noinline void plant_kept_device(void)
{
	static const struct mipi_dsi_device_info info = { .type = "lab-kept", .channel = 3 };
	static struct mipi_dsi_device *kept;

	kept = mipi_dsi_device_register_full(lab_host_find(0), &info);
	if (IS_ERR(kept))
		return;
	get_device(&kept->dev);
	mipi_dsi_device_unregister(kept);
}

static const struct {
	const char *name;
	void (*make)(void);
} plants[] = {
	{ "use-after-free", plant_use_after_free },
	{ "double-free", plant_double_free },
	{ "list-corruption", plant_list_corruption },
	{ "warning", plant_warning },
	{ "bug", plant_bug },
	{ "refcount", plant_refcount },
	{ "lock-order", plant_lock_order },
	{ "recursive-lock", plant_recursive_lock },
	{ "unlock", plant_unlock },
	{ "kept-lock", plant_kept_lock },
	{ "unknown-lock", plant_unknown_lock },
	{ "sleep-in-atomic", plant_sleep_in_atomic },
	{ "rcu-sleep", plant_rcu_sleep },
	{ "leak", plant_leak },
	{ "hang", plant_hang },
	{ "hang-in-background", plant_hang_in_background },
	{ "loop", plant_loop },
	{ "fault", plant_fault },
	{ "early-end", plant_early_end },
	{ "unheard-warning", plant_unheard_warning },
	{ "lost-console", plant_lost_console },
	{ "kept-device", plant_kept_device },
};

bool lab_plant(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(plants); i++) {
		if (strcmp(plants[i].name, name))
			continue;
		plants[i].make();
		return true;
	}
	return false;
}

static int plant_set(const char *name, const struct kernel_param *param)
{
	return lab_plant(name) ? 0 : -EINVAL;
}

/* For the user space: echo -n warning > /sys/module/dsi_lab/parameters/plant */
static const struct kernel_param_ops plant_ops = { .set = plant_set };
module_param_cb(plant, &plant_ops, NULL, 0200);
MODULE_PARM_DESC(plant, "makes a fault of the lab's own");
