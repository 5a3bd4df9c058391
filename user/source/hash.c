/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.c - FNV-1a; see hash.h. */
#include "source/hash.h"

__u64 hash_bytes(__u64 hash, const void *bytes, size_t length)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}
