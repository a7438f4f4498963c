// SPDX-License-Identifier: GPL-2.0 OR MIT
/* D7: a child that can't be registered gives its node back. */

/* in place of the body of of_mipi_dsi_device_add */
	struct mipi_dsi_device_info info = { .node = node };
	struct mipi_dsi_device *dsi;

	if (of_alias_from_compatible(node, info.type, sizeof(info.type)) < 0 ||
	    of_property_read_u32(node, "reg", &info.channel))
		return ERR_PTR(-EINVAL);
	of_node_get(node);
	dsi = mipi_dsi_device_register_full(host, &info);
	if (IS_ERR(dsi))
		of_node_put(node);
	return dsi;
