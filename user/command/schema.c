/* SPDX-License-Identifier: BSD-2-Clause */
/* schema.c - culprit schema: the JSON Schema of every line, byte for byte as in docs/. */
#include <stdio.h>

#include "command.h"

/* Relative to the top of the tree, where make runs. */
__asm__(".section .rodata\n"
	".local culprit_schema\n"
	".local culprit_schema_size\n"
	"culprit_schema:\n"
	".incbin \"docs/culprit-1.schema.json\"\n"
	"culprit_schema_end:\n"
	".balign 8\n"
	"culprit_schema_size:\n"
	".quad culprit_schema_end - culprit_schema\n"
	".previous\n");

extern const char culprit_schema[] __attribute__((visibility("hidden")));
extern const unsigned long long culprit_schema_size __attribute__((visibility("hidden")));

static int schema_run(const struct options *o, struct err *err)
{
	(void)o;
	(void)err;
	fwrite(culprit_schema, 1, culprit_schema_size, stdout);
	return EXIT_RAN;
}

const struct command command_schema = {
	.name = "schema",
	.summary = "the JSON Schema of every line it writes",
	.run = schema_run,
};
