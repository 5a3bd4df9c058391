/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_answer.h - what a device answered to a failed request, in words.
 *
 * The words are libsgutils2's (T10's lists of sense keys and additional sense codes, the NVMe base
 * specification's status values) as far as it has them: pure look-ups in tables, no device is asked.
 */
#ifndef CULPRIT_DISK_ANSWER_H
#define CULPRIT_DISK_ANSWER_H

#include "model/disk.h"

struct answer_text {
	char s[96];
};

/* "sense 3/11/00, unrecovered read error"; "NVMe status 2/81, unrecovered read error";
 * "host byte 0x03, the command timed out". Empty: the device said nothing that is known. */
struct answer_text disk_answer_text(const struct disk_error *error);
/* It said not to send the request again (NVMe's DNR bit). */
bool disk_answer_is_final(const struct disk_error *error);
/* It, or the kernel in its place, said that this path is not the one to use now: no failure of the path or the disk,
 * where another path is. */
bool disk_answer_is_path_state(const struct disk_error *error);
/* Do two failures carry the same answer? */
bool disk_answer_same(const struct disk_error *a, const struct disk_error *b);

#endif
