/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * left_open.h - the findings that are open, between one run and the next, so that a restart opens none of them twice.
 *
 * They are of one boot: their times and the numbers in their ids mean nothing in another, where their end is told
 * and nothing more. Evidence and advice are not kept: they are made anew where the fault is still there.
 */
#ifndef CULPRIT_LEFT_OPEN_H
#define CULPRIT_LEFT_OPEN_H

#include "finding/life.h"
#include "store/store.h"

struct left_open {
	struct left_finding *item;
	unsigned int n;
};

/* The kind of record, which puts what it takes into `left`. */
struct store_kind left_open_kind(struct left_open *left);
/* Hands all to `life`, those of this boot to go on and the others to be told as over, and forgets them. Returns how
 * many go on. */
unsigned int left_open_restore(struct left_open *left, const char *boot_id, struct life *life);
void left_open_done(struct left_open *left);

/* Adds what is open now as records. 0, or -ENOMEM. */
int left_open_add(const struct life *life, const char *boot_id, struct store_text *store);

#endif
