// SPDX-License-Identifier: GPL-2.0 OR MIT
/* D6: a device that could not be added is put, so that its name is freed, and its memory only when nobody holds it. */

/* in place of the body of mipi_dsi_device_register_full */
	struct mipi_dsi_device *dsi;
	int error;

	if (!info || info->channel > 3)
		return ERR_PTR(-EINVAL);
	dsi = mipi_dsi_device_alloc(host);
	if (IS_ERR(dsi))
		return dsi;
	dsi->channel = info->channel;
	strscpy(dsi->name, info->type, sizeof(dsi->name));
	device_set_node(&dsi->dev, of_fwnode_handle(info->node));
	error = mipi_dsi_device_add(dsi);
	if (!error)
		return dsi;
	/* The reference to the node is the caller's, who has it back. */
	device_set_node(&dsi->dev, NULL);
	put_device(&dsi->dev);
	return ERR_PTR(error);
