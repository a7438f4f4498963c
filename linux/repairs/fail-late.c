// SPDX-License-Identifier: GPL-2.0 OR MIT
/* After own-references.c: calls on a device that was unregistered fail. */

/* at the entry of mipi_dsi_attach */
	if (!device_is_registered(&dsi->dev))
		return -ENODEV;

/* at the entry of mipi_dsi_device_transfer */
	if (!device_is_registered(&dsi->dev))
		return -ENODEV;
