/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the Rust part of the MIPI DSI bus takes from C: headers for its bindings, and what Rust can't say or call by itself
 * (macros, inline functions, static structures of the driver core). bindgen reads this file with the kernel's own
 * bindings.
 */
#ifndef DRM_MIPI_DSI_GLUE_H
#define DRM_MIPI_DSI_GLUE_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/slab.h>

#include <drm/display/drm_dsc.h>
#include <drm/drm_mipi_dsi.h>

/* The driver model's view of the bus (drm_mipi_dsi_glue.c). Its functions are Rust. */
extern const struct bus_type mipi_dsi_bus_type;
extern const struct device_type mipi_dsi_device_type;
extern struct device mipi_dsi_gone_device;

/* The lock of the books, a spinlock: sections are short, and a late transfer may come in atomic context. */
unsigned long mipi_dsi_glue_lock(void);
void mipi_dsi_glue_unlock(unsigned long flags);

/*
 * Who calls: the task, or the level of interrupt on this processor. Two calls that can run at the same time have different
 * numbers; the lowest three bits are free.
 */
unsigned long mipi_dsi_glue_caller(void);

void mipi_dsi_glue_init_completion(struct completion *done);

/*
 * What lockdep knows of the waits on one host: a map for each kind of thing that is waited for. Whoever is about to wait
 * acquires it for writing; whoever makes others wait holds it for reading meanwhile. NULL without lockdep.
 */
enum mipi_dsi_glue_wait {
	MIPI_DSI_GLUE_SERVING,
	MIPI_DSI_GLUE_REGISTRATION,
	MIPI_DSI_GLUE_SENDERS,
	MIPI_DSI_GLUE_REMOVAL,
	MIPI_DSI_GLUE_WAITS,
};

struct mipi_dsi_glue_maps;
struct mipi_dsi_glue_maps *mipi_dsi_glue_maps_alloc(void);
void mipi_dsi_glue_maps_free(struct mipi_dsi_glue_maps *maps);
void mipi_dsi_glue_will_wait(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait, unsigned int channel);
void mipi_dsi_glue_begin(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait, unsigned int channel);
void mipi_dsi_glue_end(struct mipi_dsi_glue_maps *maps, enum mipi_dsi_glue_wait wait);

struct device_node *mipi_dsi_glue_node_get(struct device_node *node);
void mipi_dsi_glue_node_put(struct device_node *node);
struct device_node *mipi_dsi_glue_next_child(const struct device_node *node, struct device_node *child);
/* 0 and the number in the node's "reg", or an error; 1 where there is no "reg". */
int mipi_dsi_glue_reg(const struct device_node *node, u32 *reg);
void mipi_dsi_glue_set_node(struct device *dev, struct device_node *node);
struct device *mipi_dsi_glue_get(struct device *dev);
int mipi_dsi_glue_add_action(struct device *dev, void (*action)(void *data), void *data);
bool mipi_dsi_glue_matches(struct device *dev, const struct device_driver *drv);
const char *mipi_dsi_glue_name(const struct device *dev);
/* A worker carries out what callers have left to do because they would have waited for themselves. */
void mipi_dsi_glue_queue_errands(void);
void mipi_dsi_glue_warn(const char *what);
struct mipi_dsi_device *mipi_dsi_glue_find(struct device_node *node);

/* The layout that C sees, for checks of the one that Rust sees. */
enum mipi_dsi_glue_layout {
	MIPI_DSI_GLUE_DEVICE_SIZE = sizeof(struct mipi_dsi_device),
	MIPI_DSI_GLUE_DEVICE_DEV = offsetof(struct mipi_dsi_device, dev),
	MIPI_DSI_GLUE_DEVICE_ATTACHED = offsetof(struct mipi_dsi_device, attached),
	MIPI_DSI_GLUE_DEVICE_NAME = offsetof(struct mipi_dsi_device, name),
	MIPI_DSI_GLUE_DEVICE_CHANNEL = offsetof(struct mipi_dsi_device, channel),
	MIPI_DSI_GLUE_DEVICE_LANES = offsetof(struct mipi_dsi_device, lanes),
	MIPI_DSI_GLUE_DEVICE_FORMAT = offsetof(struct mipi_dsi_device, format),
	MIPI_DSI_GLUE_DEVICE_MODE_FLAGS = offsetof(struct mipi_dsi_device, mode_flags),
	MIPI_DSI_GLUE_DEVICE_HS_RATE = offsetof(struct mipi_dsi_device, hs_rate),
	MIPI_DSI_GLUE_DEVICE_LP_RATE = offsetof(struct mipi_dsi_device, lp_rate),
	MIPI_DSI_GLUE_DEVICE_DSC = offsetof(struct mipi_dsi_device, dsc),
	MIPI_DSI_GLUE_HOST_SIZE = sizeof(struct mipi_dsi_host),
	MIPI_DSI_GLUE_HOST_OPS = offsetof(struct mipi_dsi_host, ops),
	MIPI_DSI_GLUE_HOST_LIST = offsetof(struct mipi_dsi_host, list),
	MIPI_DSI_GLUE_OPS_SIZE = sizeof(struct mipi_dsi_host_ops),
	MIPI_DSI_GLUE_OPS_DETACH = offsetof(struct mipi_dsi_host_ops, detach),
	MIPI_DSI_GLUE_OPS_TRANSFER = offsetof(struct mipi_dsi_host_ops, transfer),
	MIPI_DSI_GLUE_MSG_SIZE = sizeof(struct mipi_dsi_msg),
	MIPI_DSI_GLUE_MSG_TYPE = offsetof(struct mipi_dsi_msg, type),
	MIPI_DSI_GLUE_MSG_FLAGS = offsetof(struct mipi_dsi_msg, flags),
	MIPI_DSI_GLUE_MSG_TX_LEN = offsetof(struct mipi_dsi_msg, tx_len),
	MIPI_DSI_GLUE_MSG_TX_BUF = offsetof(struct mipi_dsi_msg, tx_buf),
	MIPI_DSI_GLUE_MSG_RX_LEN = offsetof(struct mipi_dsi_msg, rx_len),
	MIPI_DSI_GLUE_MSG_RX_BUF = offsetof(struct mipi_dsi_msg, rx_buf),
	MIPI_DSI_GLUE_PACKET_SIZE = sizeof(struct mipi_dsi_packet),
	MIPI_DSI_GLUE_PACKET_HEADER = offsetof(struct mipi_dsi_packet, header),
	MIPI_DSI_GLUE_PACKET_LENGTH = offsetof(struct mipi_dsi_packet, payload_length),
	MIPI_DSI_GLUE_PACKET_PAYLOAD = offsetof(struct mipi_dsi_packet, payload),
	MIPI_DSI_GLUE_INFO_SIZE = sizeof(struct mipi_dsi_device_info),
	MIPI_DSI_GLUE_INFO_CHANNEL = offsetof(struct mipi_dsi_device_info, channel),
	MIPI_DSI_GLUE_INFO_NODE = offsetof(struct mipi_dsi_device_info, node),
	MIPI_DSI_GLUE_CONTEXT_SIZE = sizeof(struct mipi_dsi_multi_context),
	MIPI_DSI_GLUE_CONTEXT_ERR = offsetof(struct mipi_dsi_multi_context, accum_err),
	MIPI_DSI_GLUE_DRIVER_SIZE = sizeof(struct mipi_dsi_driver),
	MIPI_DSI_GLUE_DRIVER_PROBE = offsetof(struct mipi_dsi_driver, probe),
	MIPI_DSI_GLUE_DRIVER_REMOVE = offsetof(struct mipi_dsi_driver, remove),
	MIPI_DSI_GLUE_DRIVER_SHUTDOWN = offsetof(struct mipi_dsi_driver, shutdown),
	MIPI_DSI_GLUE_PPS_SIZE = sizeof(struct drm_dsc_picture_parameter_set),
	/* As values that bindgen can see. */
	MIPI_DSI_GLUE_MODE_LPM = MIPI_DSI_MODE_LPM,
	MIPI_DSI_GLUE_MSG_USE_LPM = MIPI_DSI_MSG_USE_LPM,
};

/* The driver model and the worker call these, which are Rust. */
void mipi_dsi_run_errands(void);
int mipi_dsi_device_match(struct device *dev, const struct device_driver *drv);
int mipi_dsi_uevent(const struct device *dev, struct kobj_uevent_env *env);
void mipi_dsi_dev_release(struct device *dev);

#endif
