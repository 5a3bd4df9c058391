/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_load.c - what the rules on waiting disks share; see disk_load.h. */
#include "rules/disk_load.h"

#include <stdio.h>

#include "rules/disk_errors.h"
#include "rules/text.h"

unsigned int disk_load_context(struct claim *claim, const struct model *model,
			       const struct disk *disk)
{
	struct disk_failures nothing = {.disk = disk};

	while (disks_mount_on(model_disks(model), disk->info.dev, nothing.mounts))
		nothing.mounts++;
	disk_claim_context(claim, model, &nothing);
	return nothing.mounts;
}

bool disk_load_known(const struct disk *disk)
{
	return !disk->gone && disk->queue && disk->queue->first.h.ts_ns &&
	       !(disk->info.flags & DISK_PARTITION);
}

bool disk_load_fresh(const struct model *model, const struct disk *disk)
{
	return disk->queue->now.h.ts_ns + LOOK_FRESH_NS >= model_now(model);
}

bool disk_load_exposed(const struct model *model, char *buf, size_t size)
{
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk)))
		if (disk_load_known(disk) && (disk->queue->done_ns || disk->queue->still_ns))
			return true;
	snprintf(buf, size, "no disk had anything to do");
	return false;
}
