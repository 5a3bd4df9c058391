/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_settings.c - any text as a settings file: it is taken whole, the same each time, or changes nothing and says
 * why. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int load(int fd, struct settings *ret, struct err *err)
{
	char path[64];

	settings_init(ret);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return settings_load(ret, path, err);
}

static void is_sound(const struct settings *s)
{
	if (s->n > SETTINGS_MAX)
		abort();
	for (unsigned int i = 0; i < s->n; i++)
		if (!memchr(s->list[i].key, '\0', sizeof(s->list[i].key)) ||
		    !memchr(s->list[i].value, '\0', sizeof(s->list[i].value)))
			abort();
	for (unsigned int i = 0; i < SINK_CHOICES_MAX; i++)
		if (!memchr(s->sinks.choice[i].target, '\0', OUTLET_TARGET_MAX))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings none, once, again; /* large, and compared byte by byte */
	struct err err = {0}, err_again = {0};
	int fd = memfd_create("settings", MFD_CLOEXEC), code;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	memset(&none, 0, sizeof(none));
	memset(&once, 0, sizeof(once));
	memset(&again, 0, sizeof(again));
	settings_init(&none);
	code = load(fd, &once, &err);
	if (load(fd, &again, &err_again) != code || strcmp(err.text, err_again.text) != 0)
		abort();
	is_sound(&once);
	if (code < 0 && (!err.text[0] || memcmp(&once, &none, sizeof(none)) != 0))
		abort();
	close(fd);
	return 0;
}
