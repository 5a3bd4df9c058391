/* SPDX-License-Identifier: BSD-2-Clause */
/* growth.h - the last samples of something that fills: a file system, a thin pool. */
#ifndef CULPRIT_GROWTH_H
#define CULPRIT_GROWTH_H

#include <linux/types.h>

#define GROWTH_KEPT 32

struct growth_sample {
	__u64 ts_ns;
	__u64 used; /* bytes */
};

struct growth {
	struct growth_sample sample[GROWTH_KEPT]; /* a ring */
	unsigned int n;				  /* ever */
};

void growth_add(struct growth *growth, __u64 ts_ns, __u64 used);
/* What was before is another story: it was made larger, or anew. */
void growth_forget(struct growth *growth);
/* The i-th sample, the latest first; NULL past the end. */
const struct growth_sample *growth_at(const struct growth *growth, unsigned int i);

#endif
