/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * For drivers on another bus that have registered a DSI device: how to hear that its host leaves. The core of Linux has no
 * such function; a driver that does without hears of it by the errors of its next calls.
 */
#ifndef DRM_MIPI_DSI_LEAVING_H
#define DRM_MIPI_DSI_LEAVING_H

struct mipi_dsi_device;

/**
 * mipi_dsi_device_on_host_leaving - be told that the host's side removes a DSI device
 * @dsi: a device that the caller has registered
 * @leaving: called once, before the removal returns and while transfers still work; may send, detach and unregister. NULL
 *           asks no longer.
 * @data: for @leaving
 *
 * It is not called if the driver itself unregisters the device first, and never after that has returned. @leaving may
 * sleep; it must not wait for a caller of mipi_dsi_device_unregister() of the same device.
 *
 * Return: 0, -ENODEV if the host has begun to leave or the device has gone, -EINVAL for a device that the core did not
 * allocate.
 */
int mipi_dsi_device_on_host_leaving(struct mipi_dsi_device *dsi,
				    void (*leaving)(struct mipi_dsi_device *dsi, void *data), void *data);

#endif
