/* SPDX-License-Identifier: BSD-2-Clause */
/* thin.c - the thin pools of device-mapper; see thin.h. */
#include "model/thin.h"

#include <errno.h>

void thin_pools_init(struct thin_pools *pools)
{
	table_init(&pools->table, sizeof(__u32), sizeof(struct thin_pool), THIN_POOLS_MAX);
}

void thin_pools_done(struct thin_pools *pools)
{
	table_done(&pools->table);
}

int thin_pools_apply(struct thin_pools *pools, const struct event_thin_pool *event)
{
	struct thin_pool *pool = table_find(&pools->table, &event->dev);

	if (pool)
		table_touch(&pools->table, pool);
	else
		pool = table_add(&pools->table, &event->dev);
	if (!pool)
		return -ENOMEM;
	if (pool->now.data_bytes != event->data_bytes)
		growth_forget(&pool->data);
	if (pool->now.flags & THIN_NO_SPACE && !(event->flags & THIN_NO_SPACE))
		pool->room_ns = event->h.ts_ns;
	pool->now = *event;
	if (!(event->flags & THIN_UNANSWERED) && event->data_used <= event->data_bytes)
		growth_add(&pool->data, event->h.ts_ns, event->data_used);
	return 0;
}

const struct thin_pool *thin_pools_find(const struct thin_pools *pools, __u32 dev)
{
	return table_find(&pools->table, &dev);
}

const struct thin_pool *thin_pools_next(const struct thin_pools *pools,
					const struct thin_pool *pool)
{
	return table_next(&pools->table, pool);
}
