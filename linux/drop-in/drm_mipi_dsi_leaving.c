// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The symbol that the core of Linux does not have.
 */
#include <linux/export.h>

#include <drm/drm_mipi_dsi_leaving.h>

EXPORT_SYMBOL_GPL(mipi_dsi_device_on_host_leaving);
