/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_benign.h - failed requests that are no fault by what was asked: an empty drive, a path that is not the one to use. */
#ifndef CULPRIT_DISK_BENIGN_H
#define CULPRIT_DISK_BENIGN_H

#include "rules/subjects.h"

/* Failures of that operation and status are no fault of this disk. Those that the kernel's counters have and the ring
 * lost are taken for the same as those that are kept. */
bool disk_failures_are_benign(const struct model *model, const struct disk *disk, enum block_op op,
			      enum block_status status);
/* The last word on this path was that another one is to be used, and no request got through since. */
bool disk_path_is_away(const struct disk *disk);

#endif
