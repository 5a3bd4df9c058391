/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_severity.c - how bad failed requests are: by what was lost, by their number, spread and age.
 *
 *	critical	a write or flush failed, and no later write of the same sectors was seen to succeed: data may
 *			be lost, and no time brings it back
 *	critical	`disk.critical_errors` failures or more of a disk with a mounted file system, on more
 *			than one sector: someone is refused service. Failures on the way to a disk (transport,
 *			timeout) hit whatever is asked for: their sectors say nothing
 *	warning		everything else: few failures, nothing mounted, or one sector that is asked for again and
 *			again (it costs one file, and the disk replaces it when it is written)
 *	warning		whatever failed on a member of an md array whose data is on the other members
 *	one less	when the disk was quiet since: three old errors do not condemn it
 */
#include "rules/disk_errors.h"

/* No failure for so long, and `recover_ios` requests done since: one severity less. */
#define QUIET_NS (120 * 1000000000ULL)

const struct threshold disk_critical_errors = {
	"disk.critical_errors", 3, "{error}",
	"one failed read of a mounted disk may go unnoticed; from three on someone is refused service"};

bool disk_failures_quiet(const struct model *model, const struct disk_failures *f)
{
	return model_now(model) - f->last_ns >= QUIET_NS &&
	       (double)f->after >= model_threshold(model, &disk_recover_ios);
}

static bool lost_data(const struct disk_failures *f)
{
	return f->failed[BLOCK_FLUSH] || f->failed[BLOCK_WRITE] > f->healed_writes;
}

/* With no sector known (the ring lost them) it may be any number. */
static bool one_sector(const struct disk_failures *f)
{
	return (f->which == FAILURE_MEDIUM || f->which == FAILURE_IO ||
		f->which == FAILURE_INTEGRITY) &&
	       f->n_sectors == 1;
}

enum severity disk_failures_severity(const struct model *model, const struct disk_failures *f)
{
	bool often = (double)f->total >= model_threshold(model, &disk_critical_errors);
	bool quiet = disk_failures_quiet(model, f);

	if (f->array.spared)
		return quiet ? SEVERITY_INFO : SEVERITY_WARNING;
	if (lost_data(f))
		return SEVERITY_CRITICAL;
	if (f->mounts && often && !one_sector(f))
		return quiet ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	return quiet ? SEVERITY_INFO : SEVERITY_WARNING;
}
