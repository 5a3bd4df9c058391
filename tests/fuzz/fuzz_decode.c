/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_decode.c - any line: what decodes is one of ours, and its text decodes to the same bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_skips skips = {0};
	char line[CODEC_LINE_MAX];
	union event_buf event, back;
	struct err err = {0};
	int n;

	if (codec_decode((const char *)data, size, &event, &skips, &err) != 1)
		return 0;
	if (event_fault(&event.h))
		abort();
	n = codec_encode(&event.h, line, sizeof(line));
	if (n < 0 || codec_decode(line, (size_t)n, &back, &skips, &err) != 1 ||
	    memcmp(&event, &back, event.h.size) != 0)
		abort();
	return 0;
}
