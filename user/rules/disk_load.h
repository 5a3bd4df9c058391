/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_load.h - what the rules on waiting disks share: disk_stuck.c, io_throttled.c, disk_slow.c ... */
#ifndef CULPRIT_DISK_LOAD_H
#define CULPRIT_DISK_LOAD_H

#include "rules/rule.h"
#include "rules/subjects.h"

/* Looks are taken at least this often while something waits; a gauge that is older is no more. */
#define LOOK_FRESH_NS (12 * 1000000000ULL)

/* The disk's line, its file systems (affects), in a claim on its load. Returns how many are mounted. */
unsigned int disk_load_context(struct claim *claim, const struct model *model,
			       const struct disk *disk);
/* Whole, here, and its queue was told of. */
bool disk_load_known(const struct disk *disk);
/* Whether its latest look is recent enough to speak of now. */
bool disk_load_fresh(const struct model *model, const struct disk *disk);
/* Has any disk done something while looked at? For the rules' exposed(). */
bool disk_load_exposed(const struct model *model, char *buf, size_t size);

#endif
