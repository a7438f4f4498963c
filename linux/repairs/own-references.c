// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Detach and unregister tolerate being repeated, and each side has a reference of its own. */

/* at the entry of mipi_dsi_detach */
	if (!dsi->attached)
		return 0;

/* before the last return of mipi_dsi_device_register_full */
	/* The registrant's own. A child of the host's node has none: the core registers it. */
	if (!info->node || info->node->parent != host->dev->of_node)
		get_device(&dsi->dev);

/* at the entry of mipi_dsi_device_unregister */
	if (device_is_registered(&dsi->dev))
		device_unregister(&dsi->dev);
	put_device(&dsi->dev);
	return;

/* at the entry of mipi_dsi_remove_device_fn */
	/* The host's side has the bus's reference, and no other. */
	if (to_mipi_dsi_device(dev)->attached)
		mipi_dsi_detach(to_mipi_dsi_device(dev));
	if (device_is_registered(dev))
		device_unregister(dev);
	return 0;
