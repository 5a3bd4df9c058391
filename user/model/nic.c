/* SPDX-License-Identifier: BSD-2-Clause */
/* nic.c - the network interfaces; see nic.h. */
#include "model/nic.h"

#include <errno.h>

#include "model/copy.h"

struct nic_key {
	__u32 netns;
	__u32 ifindex;
};

void nics_init(struct nics *nics)
{
	table_init(&nics->table, sizeof(struct nic_key), sizeof(struct nic), NICS_MAX);
}

void nics_done(struct nics *nics)
{
	table_done(&nics->table);
}

int nics_apply(struct nics *nics, const struct event_nic *event)
{
	struct nic_key key = {.netns = event->netns, .ifindex = event->ifindex};
	struct nic *nic = table_find(&nics->table, &key);

	if (!nic) {
		nic = table_add(&nics->table, &key);
		if (!nic)
			return -ENOMEM;
		nic->netns = event->netns;
		nic->ifindex = event->ifindex;
		nic->errors_base = event->rx_errors + event->tx_errors;
		nic->dropped_base = event->rx_dropped + event->tx_dropped;
	}
	table_touch(&nics->table, nic);
	nic->flags = event->flags;
	nic->speed_mbps = event->speed_mbps;
	copy_text(nic->name, sizeof(nic->name), event->name, sizeof(event->name));
	nic->errors = event->rx_errors + event->tx_errors;
	nic->dropped = event->rx_dropped + event->tx_dropped;
	return 0;
}

const struct nic *nics_find(const struct nics *nics, __u32 netns, __u32 ifindex)
{
	struct nic_key key = {.netns = netns, .ifindex = ifindex};

	return table_find(&nics->table, &key);
}

const struct nic *nics_next(const struct nics *nics, const struct nic *nic)
{
	return table_next(&nics->table, nic);
}
