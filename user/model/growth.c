/* SPDX-License-Identifier: BSD-2-Clause */
/* growth.c - the last samples of something that fills; see growth.h. */
#include "model/growth.h"

#include <stddef.h>

void growth_add(struct growth *growth, __u64 ts_ns, __u64 used)
{
	growth->sample[growth->n++ % GROWTH_KEPT] = (struct growth_sample){ts_ns, used};
}

void growth_forget(struct growth *growth)
{
	growth->n = 0;
}

const struct growth_sample *growth_at(const struct growth *growth, unsigned int i)
{
	if (i >= GROWTH_KEPT || i >= growth->n)
		return NULL;
	return &growth->sample[(growth->n - 1 - i) % GROWTH_KEPT];
}
