/* SPDX-License-Identifier: BSD-2-Clause */
/* noise.c - libbpf's messages, held back; see noise.h. */
#include "probe/noise.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

static struct {
	char text[8192];
	size_t len;
	bool verbose;
} held;

static int hold(enum libbpf_print_level level, const char *fmt, va_list args)
{
	int len;

	if (held.verbose)
		return vfprintf(stderr, fmt, args);
	if (level == LIBBPF_DEBUG)
		return 0;
	/* The first messages say what failed; a verifier's log that follows may be cut. */
	len = vsnprintf(held.text + held.len, sizeof(held.text) - held.len, fmt, args);
	if (len > 0)
		held.len += (size_t)len;
	if (held.len > sizeof(held.text) - 1)
		held.len = sizeof(held.text) - 1;
	return len;
}

void noise_hold(bool verbose)
{
	held.verbose = verbose;
	noise_clear();
	libbpf_set_print(hold);
}

void noise_clear(void)
{
	held.len = 0;
	held.text[0] = '\0';
}

void noise_show(void)
{
	if (held.len && !held.verbose)
		fputs(held.text, stderr);
}

void noise_line(char *ret_line, size_t size)
{
	const char *from = strstr(held.text, "libbpf: "), *colon;
	size_t len;

	ret_line[0] = '\0';
	if (!from)
		return;
	from += strlen("libbpf: ");
	/* "prog 'retransmit_btf': " only repeats what the report's row says. */
	colon = strncmp(from, "prog '", 6) == 0 ? strstr(from, "': ") : NULL;
	if (colon)
		from = colon + 3;
	len = strcspn(from, "\n");
	if (len >= size)
		len = size - 1;
	memcpy(ret_line, from, len);
	ret_line[len] = '\0';
}
