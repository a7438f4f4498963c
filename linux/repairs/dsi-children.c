// SPDX-License-Identifier: GPL-2.0 OR MIT
/* D2: of the host's children only DSI devices are DSI devices. */

/* at the entry of mipi_dsi_remove_device_fn */
	if (dev->bus != &mipi_dsi_bus_type)
		return 0;
