// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A list beside the devices: those that a host's removal has taken away, and whose registrants have not unregistered them yet.
 * Whoever comes second finds the device there, and nothing to do. The list has the registrant's reference.
 */

/* before mipi_dsi_device_register_full */
struct book_entry {
	struct list_head list;
	struct mipi_dsi_device *dsi;
};

static LIST_HEAD(book);
/* Calls come in atomic context too. */
static DEFINE_SPINLOCK(book_lock);

/* Whether the host's removal has taken this device, which is only compared. */
static bool book_has(const struct mipi_dsi_device *dsi)
{
	struct book_entry *entry;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&book_lock, flags);
	list_for_each_entry(entry, &book, list)
		found |= entry->dsi == dsi;
	spin_unlock_irqrestore(&book_lock, flags);
	return found;
}

static void book_add(struct mipi_dsi_device *dsi)
{
	struct book_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL | __GFP_NOFAIL);
	unsigned long flags;

	entry->dsi = dsi;
	get_device(&dsi->dev);
	spin_lock_irqsave(&book_lock, flags);
	list_add(&entry->list, &book);
	spin_unlock_irqrestore(&book_lock, flags);
}

/* The registrant gives their reference back, if the list has it. */
static bool book_put(struct mipi_dsi_device *dsi)
{
	struct book_entry *entry, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&book_lock, flags);
	list_for_each_entry(entry, &book, list)
		if (entry->dsi == dsi)
			found = entry;
	if (found)
		list_del(&found->list);
	spin_unlock_irqrestore(&book_lock, flags);
	if (!found)
		return false;
	kfree(found);
	put_device(&dsi->dev);
	return true;
}

/* at the entry of mipi_dsi_device_unregister */
	if (book_put(dsi))
		return;

/* in place of the body of mipi_dsi_remove_device_fn */
	struct mipi_dsi_device *dsi = to_mipi_dsi_device(dev);
	struct device_node *node = dev->of_node;

	if (dev->bus != &mipi_dsi_bus_type)
		return 0;
	/* A panel's driver leaves while its link works. */
	device_release_driver(dev);
	if (dsi->attached)
		mipi_dsi_detach(dsi);
	/*
	 * The core has registered a child of the host's node, and nobody unregisters it. (A driver that registers with such a
	 * node of its own would be taken for the core.)
	 */
	if (!node || node->parent != dsi->host->dev->of_node)
		book_add(dsi);
	device_unregister(dev);
	return 0;

/* at the entry of mipi_dsi_attach */
	if (book_has(dsi))
		return -EPROBE_DEFER;

/* at the entry of mipi_dsi_detach */
	if (book_has(dsi))
		return 0;

/* at the entry of mipi_dsi_device_transfer */
	if (book_has(dsi))
		return -ENODEV;
