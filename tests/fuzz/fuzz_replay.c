/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_replay.c - any file: it is refused with a message, or handed out to one EVENT_END.
 *
 * An input that begins with "U" is the lines of a capture made by hand, so that the fuzzer need not
 * find a checksum; any other is a file as it is, plain or gzip'd.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/event_fields.h"
#include "source/source.h"

#define HEAD "culprit-capture 1 abi 1 culprit 1 unsealed\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *ctx, const struct event *event)
{
	unsigned int *ends = ctx;

	if (event_fault(event) || *ends)
		abort();
	*ends += event->type == EVENT_END;
	return 0;
}

static void put(int fd, const void *bytes, size_t n)
{
	if (write(fd, bytes, n) != (ssize_t)n)
		abort();
}

static void replay(const char *path)
{
	struct source *source;
	struct err err = {0};
	unsigned int ends = 0;
	int code;

	if (replay_new(path, &source, &err) < 0) {
		if (!err.text[0])
			abort();
		return;
	}
	do {
		code = source->ops->dispatch(source, take, &ends, &err);
	} while (code == 1);
	if (code != 0 || ends != 1)
		abort();
	replay_damage(source);
	source->ops->free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[48];

	if (fd < 0)
		abort();
	if (size && data[0] == 'U') {
		put(fd, HEAD, strlen(HEAD));
		data++;
		size--;
	}
	put(fd, data, size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	replay(path);
	close(fd);
	return 0;
}
