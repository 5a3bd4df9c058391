/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_store.c - any text as a record of an open finding: what is taken is sound, and a life takes it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/left_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The record's first word. */
static void restore(struct left_open *left, const char *text)
{
	struct life *life = life_new();
	char boot_id[64];
	const char *p = text;

	if (!life)
		abort();
	if (!store_unword(&p, boot_id, sizeof(boot_id)))
		abort(); /* it was taken: it has one */
	if (left_open_restore(left, boot_id, life) != 1)
		abort();
	life_free(life);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct left_open left = {0};
	struct store_kind kind = left_open_kind(&left);
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (kind.take(kind.ctx, text))
		restore(&left, text);
	else if (left.n)
		abort();
	left_open_done(&left);
	free(text);
	return 0;
}
