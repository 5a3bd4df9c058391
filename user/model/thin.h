/* SPDX-License-Identifier: BSD-2-Clause */
/* thin.h - the thin pools of device-mapper: how full they are, and what they refuse. */
#ifndef CULPRIT_THIN_H
#define CULPRIT_THIN_H

#include <culprit/event.h>

#include "model/growth.h"
#include "model/table.h"

#define THIN_POOLS_MAX 256

struct thin_pool {
	struct event_thin_pool now;
	struct growth data; /* bytes mapped */
	__u64 room_ns;	    /* it had room again; 0: it never lacked it */
};

struct thin_pools {
	struct table table; /* struct thin_pool by dev */
};

void thin_pools_init(struct thin_pools *pools);
void thin_pools_done(struct thin_pools *pools);
/* 0 or -ENOMEM. */
int thin_pools_apply(struct thin_pools *pools, const struct event_thin_pool *event);

const struct thin_pool *thin_pools_find(const struct thin_pools *pools, __u32 dev);
/* The next one, the first when pool is NULL; NULL past the end. */
const struct thin_pool *thin_pools_next(const struct thin_pools *pools,
					const struct thin_pool *pool);

#endif
