/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.h - what a run knows of former ones, and leaves to later ones: the store, as a run uses it.
 *
 * A daemon reads it at its start and writes it each hour, when findings open or end, and at its end, from a child:
 * the disk under it may be the one that does not answer. A trace reads it only.
 */
#ifndef CULPRIT_MEMORY_H
#define CULPRIT_MEMORY_H

#include "finding/life.h"
#include "store/norms.h"

#define MEMORY_PATH	"/var/lib/culprit/store"
#define MEMORY_PATH_MAX 200

struct memory_options {
	char path[MEMORY_PATH_MAX]; /* empty: none */
	bool is_default;	    /* nobody named it: that it is not there is no news */
	bool writes;
};

struct memory;

/* Reads what is there. What cannot be read or was set aside is logged, and no failure. -ENOMEM; -EBUSY: who writes
 * has the lock beside the store as long as it lives, and somebody else has it, or it is a link or another user's. */
int memory_new(const struct memory_options *options, struct memory **ret_memory, struct err *err);
/* Valid as long as the memory; NULL of NULL. */
const struct norms *memory_norms(const struct memory *memory);
/* Before the first evaluation: what a former run of this boot left open goes on, what one of a former boot left is
 * told as over. Later calls do nothing. */
void memory_restore(struct memory *memory, const struct model *model, struct life *life);
/* After each evaluation: writes when it is time (each hour, soon after a finding opened or ended, and a minute after it
 * could not be written); `last`: now. */
void memory_settle(struct memory *memory, const struct model *model, const struct life *life,
		   bool last);
/* Waits for what is being written, so long at most: it may take longer, and ends by itself. */
void memory_finish(struct memory *memory, unsigned int ms);
/* NULL is fine. */
void memory_free(struct memory *memory);

#endif
