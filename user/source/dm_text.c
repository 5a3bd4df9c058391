/* SPDX-License-Identifier: BSD-2-Clause */
/* dm_text.c - what device-mapper says of a thin pool; see dm_text.h. */
#include "source/dm_text.h"

#include <stdio.h>
#include <string.h>

#include <culprit/event.h>

#define SECTOR 512U

/* Includes what the pool does when it is full, and whether its metadata is damaged. */
static __u32 word_flags(const char *text)
{
	static const struct {
		const char *word;
		__u32 flag;
	} words[] = {
		{"ro", THIN_READ_ONLY},
		{"out_of_data_space", THIN_NO_SPACE},
		{"error_if_no_space", THIN_ERRORS_IF_FULL},
		{"needs_check", THIN_NEEDS_CHECK},
	};
	__u32 flags = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i].word) == n && memcmp(text, words[i].word, n) == 0)
				flags |= words[i].flag;
		text += n + (text[n] != '\0');
	}
	return flags;
}

bool dm_thin_status_parse(const char *text, struct dm_thin_status *ret)
{
	unsigned long long transaction;
	int at = 0;

	memset(ret, 0, sizeof(*ret));
	if (strcmp(text, "Fail") == 0) {
		ret->flags = THIN_FAILED;
		return true;
	}
	if (sscanf(text, "%20llu %20llu/%20llu %20llu/%20llu %n", &transaction, &ret->meta_used,
		   &ret->meta_total, &ret->data_used, &ret->data_total, &at) != 5 ||
	    !at)
		return false;
	ret->flags = word_flags(text + at);
	return true;
}

__u64 dm_thin_block_bytes(const char *text)
{
	unsigned long long sectors;

	return sscanf(text, "%*s %*s %10llu", &sectors) == 1 ? sectors * SECTOR : 0;
}
