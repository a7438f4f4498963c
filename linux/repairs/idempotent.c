// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Detach and unregister tolerate being repeated; there is still one reference. */

/* at the entry of mipi_dsi_detach */
	if (!dsi->attached)
		return 0;

/* at the entry of mipi_dsi_device_unregister */
	if (!device_is_registered(&dsi->dev))
		return;
