/* SPDX-License-Identifier: BSD-2-Clause */
/* raid_text.c - what the texts of an md array's sysfs say; see raid_text.h. */
#include "source/raid_text.h"

#include <stdlib.h>
#include <string.h>

#include <culprit/event.h>

__u32 raid_member_flags(const char *state)
{
	static const struct {
		const char *word;
		__u32 flag;
	} words[] = {
		{"in_sync", RAID_MEMBER_IN_SYNC},
		{"faulty", RAID_MEMBER_FAULTY},
		{"spare", RAID_MEMBER_SPARE},
		{"replacement", RAID_MEMBER_REPLACING},
		{"write_error", RAID_MEMBER_WRITES_FAIL},
	};
	__u32 flags = 0;

	while (*state) {
		size_t n = strcspn(state, ",\n");

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i].word) == n && memcmp(state, words[i].word, n) == 0)
				flags |= words[i].flag;
		state += n + (state[n] != '\0');
	}
	return flags;
}

__s32 raid_member_slot(const char *slot)
{
	unsigned long n;

	if (slot[0] < '0' || slot[0] > '9')
		return -1;
	n = strtoul(slot, NULL, 10);
	return n < 4096 ? (__s32)n : -1;
}

void raid_sync_completed(const char *text, __u64 *ret_done, __u64 *ret_total)
{
	const char *slash = strchr(text, '/');

	*ret_done = *ret_total = 0;
	if (text[0] < '0' || text[0] > '9' || !slash)
		return;
	*ret_done = strtoull(text, NULL, 10);
	*ret_total = strtoull(slash + 1, NULL, 10);
	if (*ret_done > *ret_total)
		*ret_done = *ret_total;
}
