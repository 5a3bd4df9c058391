/* SPDX-License-Identifier: BSD-2-Clause */
/* captures.h - the directory in which the daemon leaves captures of its flight recorder. */
#ifndef CULPRIT_CAPTURES_H
#define CULPRIT_CAPTURES_H

#include "flight.h"

#define CAPTURES_LIFE_S 60U /* so long its writer may stand still */

/* Makes the directory (0700) when it is missing. -EPERM: it is not ours, or others may write to it: they could
 * put links into it. -ELOOP: it is a link itself. */
int captures_check(const char *directory, struct err *err);

/*
 * Writes DIRECTORY/culprit-TIME-CAUSE.capture (TIME as 20261126T105600Z of wall_ns, ns since the epoch): all of
 * the flight recorder, first under a name that begins with a dot; -2 to -9 after CAUSE where that second has one of that
 * cause. Uses the flight recorder up: for a child.
 */
int captures_write(const char *directory, __u64 wall_ns, const char *cause, struct flight *flight,
		   __u64 now_ns, struct err *err);

/* Removes the oldest captures until at most `most` are left and they take at most `bytes`, and what writers that were
 * killed have left: what is written now has a lock on it. What is named by a time later than wall_ns, which is now,
 * counts as the oldest. */
void captures_prune(const char *directory, __u64 wall_ns, unsigned int most, size_t bytes);

#endif
