/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_smart.c - any bytes in the place of smartctl's answer. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/smart_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value that is not known is 0. */
static void check(const struct event_smart *s, enum smart_value bit, __u64 value)
{
	if (!(s->known & bit) && value)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_smart smart = {0};
	char *copy = malloc(size ? size : 1); /* of its very size */

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	smart_json_parse(copy, size, &smart);
	free(copy);
	if (smart.outcome != SMART_READ && smart.known)
		abort();
	if (smart.known >= SMART_HOURS << 1 || smart.passed > 1)
		abort();
	check(&smart, SMART_PASSED, smart.passed);
	check(&smart, SMART_REALLOCATED, smart.reallocated);
	check(&smart, SMART_PENDING, smart.pending);
	check(&smart, SMART_UNCORRECTABLE, smart.uncorrectable);
	check(&smart, SMART_MEDIA_ERRORS, smart.media_errors);
	check(&smart, SMART_LINK_ERRORS, smart.link_errors);
	check(&smart, SMART_HOURS, smart.hours);
	check(&smart, SMART_WEAR, smart.wear_percent);
	check(&smart, SMART_TEMPERATURE, (__u64)smart.temperature);
	if (smart.wear_percent > 255 || smart.temperature > 200 || smart.temperature < -60)
		abort();
	return 0;
}
