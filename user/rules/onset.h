/* SPDX-License-Identifier: BSD-2-Clause */
/* onset.h - when what paths lost over the window began to be lost, which is seldom when the window began. */
#ifndef CULPRIT_ONSET_H
#define CULPRIT_ONSET_H

#include "rules/paths.h"

/* Between these two; by_ns is 0 while no path was added. CLOCK_BOOTTIME. */
struct onset {
	__u64 from_ns, by_ns;
};

/* Adds a path that loses: the earliest counts. */
void onset_add(struct onset *onset, const struct frame *frame, const struct path *path);
/* Tells a claim, which must be of at least one path. */
void onset_claim(struct claim *claim, const struct onset *onset);

#endif
