/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_status.c - which failed requests are faults of the disk; see disk_status.h.
 *
 * By the meaning that blk_types.h of the kernel gives each status. What is no fault:
 *  - passthrough requests (SMART, SG_IO): the device may reject what it does not know;
 *  - discard and write-zeroes: drivers answer them with NOTSUPP, IOERR or TARGET when a device that
 *    advertised them refuses, and the kernel stops sending them; no data is involved;
 *  - a flush that is not supported: a device without a cache needs none;
 *  - AGAIN (RWF_NOWAIT), NOSPC (thin pool or quota: disk-full), reservation conflicts (a cluster
 *    doing its work), RESOURCE and DM_REQUEUE (the kernel tries again), ZONE (retried), a command
 *    duration limit (asked for), INVAL (the submitter's mistake).
 */
#include "rules/disk_status.h"

static const struct {
	const char *text;
	enum disk_failure failure; /* of a read or a write */
} statuses[BLOCK_STATUSES] = {
	[BLOCK_OK] = {"no error", FAILURE_NONE},
	[BLOCK_NOTSUPP] = {"not supported", FAILURE_NONE},
	[BLOCK_TIMEOUT] = {"timeout", FAILURE_TIMEOUT},
	[BLOCK_NOSPC] = {"no space", FAILURE_NONE},
	[BLOCK_TRANSPORT] = {"transport error", FAILURE_TRANSPORT},
	[BLOCK_TARGET] = {"target failure", FAILURE_IO},
	[BLOCK_RESV_CONFLICT] = {"reservation conflict", FAILURE_NONE},
	[BLOCK_MEDIUM] = {"medium error", FAILURE_MEDIUM},
	[BLOCK_PROTECTION] = {"protection error", FAILURE_INTEGRITY},
	[BLOCK_RESOURCE] = {"out of resources", FAILURE_NONE},
	[BLOCK_IOERR] = {"I/O error", FAILURE_IO},
	[BLOCK_AGAIN] = {"would block", FAILURE_NONE},
	[BLOCK_OFFLINE] = {"device offline", FAILURE_LOST},
	[BLOCK_DM_REQUEUE] = {"requeued", FAILURE_NONE},
	[BLOCK_ZONE] = {"zone resource", FAILURE_NONE},
	[BLOCK_DURATION_LIMIT] = {"duration limit", FAILURE_NONE},
	[BLOCK_INVAL] = {"invalid request", FAILURE_NONE},
	[BLOCK_STATUS_UNKNOWN] = {"unknown error", FAILURE_OTHER},
};

enum disk_failure disk_failure_of(enum block_op op, enum block_status status)
{
	if (status >= BLOCK_STATUSES)
		return FAILURE_NONE;
	switch (op) {
	case BLOCK_READ:
	case BLOCK_WRITE:
		return statuses[status].failure;
	case BLOCK_FLUSH:
		/* ILLEGAL REQUEST to a SYNCHRONIZE CACHE is "I have none" (drivers/scsi/sd.c). */
		return status == BLOCK_TARGET ? FAILURE_NONE : statuses[status].failure;
	default:
		return FAILURE_NONE;
	}
}

const char *block_status_text(enum block_status status)
{
	return status < BLOCK_STATUSES ? statuses[status].text : "unknown error";
}

const char *block_op_text(enum block_op op)
{
	static const char *const texts[BLOCK_OPS] = {
		[BLOCK_READ] = "read",
		[BLOCK_WRITE] = "write",
		[BLOCK_FLUSH] = "flush",
		[BLOCK_DISCARD] = "discard",
		[BLOCK_WRITE_ZEROES] = "write-zeroes",
		[BLOCK_PASSTHROUGH] = "passthrough request",
		[BLOCK_OTHER] = "request",
	};

	return op < BLOCK_OPS ? texts[op] : "request";
}
