// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * D3: whoever registers on a host that was looked up looks it up again before they touch it, and it stays until they are
 * done. It has to be in the list before its children are registered (D5).
 */

/* before mipi_dsi_device_register_full */
static struct mutex host_lock;
static struct list_head host_list;

/*
 * Those who register, on any host. A probe inside of a registration may register on another; it must not unregister a host,
 * which waits for all of them.
 */
DEFINE_STATIC_SRCU(repair_registering);

static bool repair_is_listed(struct mipi_dsi_host *host)
{
	struct mipi_dsi_host *listed;
	bool found = false;

	mutex_lock(&host_lock);
	list_for_each_entry(listed, &host_list, list)
		found |= listed == host;
	mutex_unlock(&host_lock);
	return found;
}

static struct mipi_dsi_device *
repair_register(struct mipi_dsi_host *host, const struct mipi_dsi_device_info *info)
{
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
	kfree(dsi);
	return ERR_PTR(error);
}

/* in place of the body of mipi_dsi_device_register_full */
	struct mipi_dsi_device *dsi = ERR_PTR(-EPROBE_DEFER);
	int registering = srcu_read_lock(&repair_registering);

	if (repair_is_listed(host))
		dsi = repair_register(host, info);
	srcu_read_unlock(&repair_registering, registering);
	return dsi;

/* in place of the body of mipi_dsi_host_register */
	struct device_node *child;

	mutex_lock(&host_lock);
	list_add_tail(&host->list, &host_list);
	mutex_unlock(&host_lock);
	for_each_available_child_of_node(host->dev->of_node, child)
		if (of_property_present(child, "reg"))
			of_mipi_dsi_device_add(host, child);
	return 0;

/* in place of the body of mipi_dsi_host_unregister */
	mutex_lock(&host_lock);
	list_del_init(&host->list);
	mutex_unlock(&host_lock);
	synchronize_srcu(&repair_registering);
	device_for_each_child(host->dev, NULL, mipi_dsi_remove_device_fn);
