// SPDX-License-Identifier: GPL-2.0 OR MIT
/* D4: a host that leaves can't be found any more. (The function takes it out of the list once more, which does nothing.) */

/* at the entry of mipi_dsi_host_unregister */
	mutex_lock(&host_lock);
	list_del_init(&host->list);
	mutex_unlock(&host_lock);
