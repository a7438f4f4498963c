// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The part of the MIPI DSI bus that has to be C: the symbols that modules link to, the driver core's static structures, the
 * lock, lockdep's maps, and macros and inline functions in a form that Rust can call. It decides nothing.
 */
#include <linux/lockdep.h>
#include <linux/pm_runtime.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <drm/drm_mipi_dsi_glue.h>

static const struct dev_pm_ops mipi_dsi_pm_ops = {
	.suspend = pm_generic_suspend,
	.resume = pm_generic_resume,
	.freeze = pm_generic_freeze,
	.thaw = pm_generic_thaw,
	.poweroff = pm_generic_poweroff,
	.restore = pm_generic_restore,
	.runtime_suspend = pm_generic_runtime_suspend,
	.runtime_resume = pm_generic_runtime_resume,
};

const struct bus_type mipi_dsi_bus_type = {
	.name = "mipi-dsi",
	.match = mipi_dsi_device_match,
	.uevent = mipi_dsi_uevent,
	.pm = &mipi_dsi_pm_ops,
};

const struct device_type mipi_dsi_device_type = {
	.release = mipi_dsi_dev_release,
};

/* The device of the host that a DSI device points to when its own has gone. It is only to be looked at. */
struct device mipi_dsi_gone_device = {
	.init_name = "mipi-dsi-gone",
};

static int __init mipi_dsi_bus_init(void)
{
	return bus_register(&mipi_dsi_bus_type);
}
postcore_initcall(mipi_dsi_bus_init);

static DEFINE_SPINLOCK(books_lock);

unsigned long mipi_dsi_glue_lock(void)
{
	unsigned long flags;

	spin_lock_irqsave(&books_lock, flags);
	return flags;
}

void mipi_dsi_glue_unlock(unsigned long flags)
{
	spin_unlock_irqrestore(&books_lock, flags);
}

unsigned long mipi_dsi_glue_caller(void)
{
	if (in_task())
		return (unsigned long)current;
	/* No task has so low an address. */
	return ((unsigned long)raw_smp_processor_id() * 4 + interrupt_context_level()) << 3;
}

void mipi_dsi_glue_init_completion(struct completion *done)
{
	init_completion(done);
}

#ifdef CONFIG_LOCKDEP
struct mipi_dsi_glue_maps {
	struct lock_class_key key[MIPI_DSI_GLUE_WAITS];
	struct lockdep_map map[MIPI_DSI_GLUE_WAITS];
};

static const char *const wait_names[MIPI_DSI_GLUE_WAITS] = {
	[MIPI_DSI_GLUE_SERVING] = "mipi_dsi: attach or detach",
	[MIPI_DSI_GLUE_REGISTRATION] = "mipi_dsi: registration of a device",
	[MIPI_DSI_GLUE_SENDERS] = "mipi_dsi: transfers",
	[MIPI_DSI_GLUE_REMOVAL] = "mipi_dsi: removal of a host",
};

struct mipi_dsi_glue_maps *mipi_dsi_glue_maps_alloc(void)
{
	struct mipi_dsi_glue_maps *maps = kzalloc(sizeof(*maps), GFP_KERNEL);
	unsigned int i;

	/* Each host has classes of its own: a host behind another one's device is waited for inside its calls. */
	for (i = 0; maps && i < MIPI_DSI_GLUE_WAITS; i++) {
		lockdep_register_key(&maps->key[i]);
		lockdep_init_map(&maps->map[i], wait_names[i], &maps->key[i], 0);
	}
	return maps;
}

void mipi_dsi_glue_maps_free(struct mipi_dsi_glue_maps *maps)
{
	unsigned int i;

	for (i = 0; maps && i < MIPI_DSI_GLUE_WAITS; i++)
		lockdep_unregister_key(&maps->key[i]);
	kfree(maps);
}

void mipi_dsi_glue_will_wait(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait, unsigned int channel)
{
	if (!maps)
		return;
	lock_acquire(&maps->map[wait], channel, 0, 0, 1, NULL, _THIS_IP_);
	lock_release(&maps->map[wait], _THIS_IP_);
}

void mipi_dsi_glue_begin(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait, unsigned int channel)
{
	if (maps)
		lock_acquire(&maps->map[wait], channel, 0, 2, 1, NULL, _THIS_IP_);
}

void mipi_dsi_glue_end(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait)
{
	if (maps)
		lock_release(&maps->map[wait], _THIS_IP_);
}
#endif

struct device_node *mipi_dsi_glue_node_get(struct device_node *node)
{
	return of_node_get(node);
}

void mipi_dsi_glue_node_put(struct device_node *node)
{
	of_node_put(node);
}

struct device_node *mipi_dsi_glue_next_child(const struct device_node *node, struct device_node *child)
{
	return of_get_next_available_child(node, child);
}

int mipi_dsi_glue_reg(const struct device_node *node, u32 *reg)
{
	if (!of_property_present(node, "reg"))
		return 1;
	return of_property_read_u32(node, "reg", reg);
}

void mipi_dsi_glue_set_node(struct device *dev, struct device_node *node)
{
	device_set_node(dev, of_fwnode_handle(node));
}

struct device *mipi_dsi_glue_get(struct device *dev)
{
	return get_device(dev);
}

int mipi_dsi_glue_add_action(struct device *dev, void (*action)(void *data), void *data)
{
	return devm_add_action_or_reset(dev, action, data);
}

bool mipi_dsi_glue_matches(struct device *dev, const struct device_driver *drv)
{
	return of_driver_match_device(dev, drv);
}

const char *mipi_dsi_glue_name(const struct device *dev)
{
	return dev_name(dev);
}

static void run_errands(struct work_struct *work)
{
	mipi_dsi_run_errands();
}

static DECLARE_WORK(errands, run_errands);

void mipi_dsi_glue_queue_errands(void)
{
	schedule_work(&errands);
}

void mipi_dsi_glue_warn(const char *what)
{
	WARN(1, "mipi_dsi: %s\n", what);
}

struct mipi_dsi_device *mipi_dsi_glue_find(struct device_node *node)
{
	struct device *dev = bus_find_device_by_of_node(&mipi_dsi_bus_type, node);

	return dev ? to_mipi_dsi_device(dev) : NULL;
}

EXPORT_SYMBOL_GPL(devm_mipi_dsi_attach);
EXPORT_SYMBOL_GPL(devm_mipi_dsi_device_register_full);
EXPORT_SYMBOL(mipi_dsi_attach);
EXPORT_SYMBOL(mipi_dsi_compression_mode);
EXPORT_SYMBOL(mipi_dsi_compression_mode_ext);
EXPORT_SYMBOL(mipi_dsi_compression_mode_ext_multi);
EXPORT_SYMBOL(mipi_dsi_create_packet);
EXPORT_SYMBOL(mipi_dsi_dcs_enter_sleep_mode);
EXPORT_SYMBOL(mipi_dsi_dcs_enter_sleep_mode_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_exit_sleep_mode);
EXPORT_SYMBOL(mipi_dsi_dcs_exit_sleep_mode_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_get_display_brightness);
EXPORT_SYMBOL(mipi_dsi_dcs_get_display_brightness_large);
EXPORT_SYMBOL(mipi_dsi_dcs_get_pixel_format);
EXPORT_SYMBOL(mipi_dsi_dcs_get_power_mode);
EXPORT_SYMBOL(mipi_dsi_dcs_nop);
EXPORT_SYMBOL(mipi_dsi_dcs_nop_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_read);
EXPORT_SYMBOL(mipi_dsi_dcs_set_column_address);
EXPORT_SYMBOL(mipi_dsi_dcs_set_column_address_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_brightness);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_brightness_large);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_brightness_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_off);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_off_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_on);
EXPORT_SYMBOL(mipi_dsi_dcs_set_display_on_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_page_address);
EXPORT_SYMBOL(mipi_dsi_dcs_set_page_address_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_pixel_format);
EXPORT_SYMBOL(mipi_dsi_dcs_set_pixel_format_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_tear_off);
EXPORT_SYMBOL(mipi_dsi_dcs_set_tear_on);
EXPORT_SYMBOL(mipi_dsi_dcs_set_tear_on_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_set_tear_scanline);
EXPORT_SYMBOL(mipi_dsi_dcs_set_tear_scanline_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_soft_reset);
EXPORT_SYMBOL(mipi_dsi_dcs_soft_reset_multi);
EXPORT_SYMBOL(mipi_dsi_dcs_write);
EXPORT_SYMBOL(mipi_dsi_dcs_write_buffer);
EXPORT_SYMBOL(mipi_dsi_dcs_write_buffer_chatty);
EXPORT_SYMBOL(mipi_dsi_dcs_write_buffer_multi);
EXPORT_SYMBOL(mipi_dsi_detach);
EXPORT_SYMBOL(mipi_dsi_device_register_full);
EXPORT_SYMBOL(mipi_dsi_device_unregister);
EXPORT_SYMBOL(mipi_dsi_driver_register_full);
EXPORT_SYMBOL(mipi_dsi_driver_unregister);
EXPORT_SYMBOL(mipi_dsi_generic_read);
EXPORT_SYMBOL(mipi_dsi_generic_write);
EXPORT_SYMBOL(mipi_dsi_generic_write_chatty);
EXPORT_SYMBOL(mipi_dsi_generic_write_multi);
EXPORT_SYMBOL(mipi_dsi_host_register);
EXPORT_SYMBOL(mipi_dsi_host_unregister);
EXPORT_SYMBOL(mipi_dsi_packet_format_is_long);
EXPORT_SYMBOL(mipi_dsi_packet_format_is_short);
EXPORT_SYMBOL(mipi_dsi_picture_parameter_set);
EXPORT_SYMBOL(mipi_dsi_picture_parameter_set_multi);
EXPORT_SYMBOL(mipi_dsi_set_maximum_return_packet_size);
EXPORT_SYMBOL(mipi_dsi_shutdown_peripheral);
EXPORT_SYMBOL(mipi_dsi_turn_on_peripheral);
EXPORT_SYMBOL(mipi_dsi_turn_on_peripheral_multi);
EXPORT_SYMBOL(of_find_mipi_dsi_device_by_node);
EXPORT_SYMBOL(of_find_mipi_dsi_host_by_node);
