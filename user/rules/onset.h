/* SPDX-License-Identifier: BSD-2-Clause */
/* onset.h - when what paths lost over the window began to be lost, which is seldom when the window began. */
#ifndef CULPRIT_ONSET_H
#define CULPRIT_ONSET_H

#include "model/window.h"
#include "rules/paths.h"

/* Between which times each path's losses began, CLOCK_BOOTTIME, by the slot of the window that this was in. Of several
 * paths what they have in common began when half of them lost: any one may have lost before, by itself. */
struct onset {
	unsigned int n; /* paths */
	struct {
		unsigned int n;
		__u64 from_ns, by_ns;
	} slot[WINDOW_SLOTS];
};

/* Adds a path that loses. */
void onset_add(struct onset *onset, const struct frame *frame, const struct path *path);
/* Tells a claim, which must be of at least one path. */
void onset_claim(struct claim *claim, const struct onset *onset);

#endif
