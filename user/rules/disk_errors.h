/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_errors.h - what failed on one disk: disk_sum.c sums it up, disk_claim.c words it. */
#ifndef CULPRIT_DISK_ERRORS_H
#define CULPRIT_DISK_ERRORS_H

#include "rules/disk_stack.h"
#include "rules/disk_status.h"
#include "rules/rule.h"
#include "rules/subjects.h"

#define VICTIMS_KEPT 4

struct disk_victim {
	__u32 pid;
	__u64 start_ns;
	char comm[EVENT_COMM_LEN];
	unsigned int failed;
	__u8 op; /* of the latest */
};

/* The failures of one kind over the disk window. */
struct disk_failures {
	const struct disk *disk;
	__u64 failed[BLOCK_OPS]; /* by operation */
	__u64 status[BLOCK_STATUSES];
	__u64 total;
	__u64 other;	/* of these: FAILURE_OTHER */
	__u64 harmless; /* read-ahead and NOWAIT: not in total */
	__u64 retried;	/* of this kind: sent again by the driver; not in total */
	__u64 retried_first_ns;
	__u64 retried_last_ns;
	__u64 medium; /* medium errors ever, whatever kind is summed */
	const struct disk_error *said[DISK_ERRORS_KEPT]; /* that are kept, the latest first */
	unsigned int n_said;
	__u64 link;  /* transport errors and timeouts ever, whatever kind is summed */
	__u64 after; /* requests of the last failure's operation that completed after its tick */
	__u64 first_ns;
	__u64 last_ns;
	__u64 sector[DISK_ERRORS_KEPT]; /* different ones, latest first */
	enum disk_failure which;
	unsigned int n_sectors;
	unsigned int healed; /* of these: a later request for it succeeded */
	unsigned int healed_writes;
	struct disk_victim victim[VICTIMS_KEPT];
	unsigned int n_victims;
	unsigned int
		mounts; /* file systems on the disk, its partitions, and what is stacked on them */
	struct disk_array array; /* that the disk is a member of */
};

/* Sums up the failures of that kind; FAILURE_IO with FAILURE_OTHER; FAILURE_LOST of a disk that is gone: with
 * all that a removal makes fail. */
void disk_failures_sum(struct disk_failures *f, const struct model *model, const struct disk *disk,
		       enum disk_failure which);
/* The operation, and the status, that failed most. */
enum block_op disk_failures_op(const struct disk_failures *f);
enum block_status disk_failures_status(const struct disk_failures *f);

/* disk_severity.c */
extern const struct threshold disk_critical_errors;
enum severity disk_failures_severity(const struct model *model, const struct disk_failures *f);
/* No failure for two minutes, and `disk.recover_ios` requests since. */
bool disk_failures_quiet(const struct model *model, const struct disk_failures *f);

/* disk_claim.c: what both kinds say: the disk, what is on it, victims, the counts, advice. */
void disk_claim_context(struct claim *claim, const struct model *model,
			const struct disk_failures *f);
void disk_claim_counts(struct claim *claim, const struct model *model,
		       const struct disk_failures *f);
void disk_claim_advice(struct claim *claim, const struct disk_failures *f);

/* disk_health.c: nothing failed, but the driver had to send requests again and again: info. */
void disk_claim_retries(const struct rule *rule, const struct model *model,
			const struct disk_failures *f, const struct judgement *judgement);
/* Parts of the rows in disk_errors.c. */
extern const struct threshold disk_recover_ios;
extern const struct threshold disk_min_retries;
bool disk_errors_exposed(const struct model *model, char *buf, size_t size);
bool disk_errors_recovered(const struct model *model, const struct subject *subject,
			   __u64 since_ns);

#endif
