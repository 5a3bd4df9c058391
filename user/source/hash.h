/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.h - FNV-1a, to see whether a text changed. Not for anything that an attacker could gain
 * from. */
#ifndef CULPRIT_SOURCE_HASH_H
#define CULPRIT_SOURCE_HASH_H

#include <stddef.h>

#include <linux/types.h>

#define HASH_START 0xcbf29ce484222325ULL

/* Goes on from `hash` (HASH_START at first) over more bytes. */
__u64 hash_bytes(__u64 hash, const void *bytes, size_t length);

#endif
