// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The host's side takes the devres actions of a managed peripheral away before it detaches and unregisters. Who has
 * such actions is remembered beside the devices: there are never more of them in the lab.
 */

/* before mipi_dsi_remove_device_fn */
struct repair_managed {
	struct mipi_dsi_device *dsi;
	struct device *registered_by, *attached_by;
};

static struct repair_managed repair_managed[8];

static void devm_mipi_dsi_detach(void *arg);

/* What is remembered of a device; for NULL a place that is free. */
static struct repair_managed *repair_find(struct mipi_dsi_device *dsi)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(repair_managed); i++)
		if (repair_managed[i].dsi == dsi)
			return &repair_managed[i];
	return NULL;
}

/* at the entry of mipi_dsi_remove_device_fn */
	struct repair_managed *managed = repair_find(to_mipi_dsi_device(dev));

	if (managed && managed->attached_by)
		devm_remove_action(managed->attached_by, devm_mipi_dsi_detach, managed->dsi);
	if (managed && managed->registered_by)
		devm_remove_action(managed->registered_by, devm_mipi_dsi_device_unregister, managed->dsi);
	if (managed)
		memset(managed, 0, sizeof(*managed));

/* before devm_mipi_dsi_device_register_full */
struct repair_managed;
static void repair_registered(struct mipi_dsi_device *dsi, struct device *dev);

/* before the last return of devm_mipi_dsi_device_register_full */
	repair_registered(dsi, dev);

/* before mipi_dsi_host_unregister */
static void repair_registered(struct mipi_dsi_device *dsi, struct device *dev)
{
	struct repair_managed *managed = repair_find(NULL);

	if (managed) {
		managed->dsi = dsi;
		managed->registered_by = dev;
	}
}

/* before the last return of devm_mipi_dsi_attach */
	{
		struct repair_managed *managed = repair_find(dsi) ?: repair_find(NULL);

		if (managed) {
			managed->dsi = dsi;
			managed->attached_by = dev;
		}
	}

/* at the entry of devm_mipi_dsi_detach */
	/* The driver is being unbound: devres has taken the list, and nothing is to be removed any more. */
	struct repair_managed *managed = repair_find(arg);

	if (managed)
		memset(managed, 0, sizeof(*managed));
