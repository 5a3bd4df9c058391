/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_status.h - which failed requests are faults of the disk, and of which kind. */
#ifndef CULPRIT_DISK_STATUS_H
#define CULPRIT_DISK_STATUS_H

#include <culprit/event.h>

enum disk_failure {
	FAILURE_NONE,	   /* no fault: an answer to a question, a policy, a full device */
	FAILURE_MEDIUM,	   /* the medium is bad: disk-media-error */
	FAILURE_IO,	   /* failed, and the device named no cause: disk-io-error */
	FAILURE_TRANSPORT, /* the way to the device: disk-transport-error */
	FAILURE_TIMEOUT,   /* the driver's timeout ran out: disk-timeout */
	FAILURE_INTEGRITY, /* protection information does not match: disk-integrity-error */
	FAILURE_LOST,	   /* the kernel has given the device up: disk-lost */
	FAILURE_OTHER,	   /* a kind of its own that has no rule yet: disk-io-error, less sure */
};

/* By operation and status. */
enum disk_failure disk_failure_of(enum block_op op, enum block_status status);
/* "medium error"; never NULL. */
const char *block_status_text(enum block_status status);
/* "read" */
const char *block_op_text(enum block_op op);

#endif
