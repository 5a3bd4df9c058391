/* SPDX-License-Identifier: BSD-2-Clause */
/* dm_text.c - what device-mapper says of a thin pool; see dm_text.h. */
#include "source/dm_text.h"

#include <stdlib.h>
#include <string.h>

#include <culprit/event.h>

#define SECTOR 512U
#define BLOCK_SECTORS                                                                              \
	2097152U /* at most: Documentation/admin-guide/device-mapper/thin-provisioning.rst */

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

/* A number and what follows it; NULL when it is not that. */
static const char *number(const char *at, char after, __u64 *ret)
{
	char *end;

	if (!at || *at < '0' || *at > '9')
		return NULL;
	*ret = strtoull(at, &end, 10);
	return *end == after ? end + 1 : NULL;
}

bool dm_thin_status_parse(const char *text, struct dm_thin_status *ret)
{
	__u64 transaction;

	memset(ret, 0, sizeof(*ret));
	if (strcmp(text, "Fail") == 0) {
		ret->flags = THIN_FAILED;
		return true;
	}
	text = number(text, ' ', &transaction);
	text = number(text, '/', &ret->meta_used);
	text = number(text, ' ', &ret->meta_total);
	text = number(text, '/', &ret->data_used);
	text = number(text, ' ', &ret->data_total);
	if (!text)
		return false;
	ret->flags = word_flags(text);
	return true;
}

__u64 dm_thin_block_bytes(const char *text)
{
	const char *at = text;
	__u64 sectors;

	/* metadata device, data device, sectors of a block */
	for (int i = 0; at && i < 2; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	sectors = at ? strtoull(at, NULL, 10) : 0;
	return sectors <= BLOCK_SECTORS ? sectors * SECTOR : 0;
}
