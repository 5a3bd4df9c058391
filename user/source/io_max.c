/* SPDX-License-Identifier: BSD-2-Clause */
/* io_max.c - the texts of a cgroup's io.max and io.pressure; see io_max.h. */
#include "source/io_max.h"

#include <stdlib.h>
#include <string.h>

#include "source/disk_text.h"

/* The number behind "key=" in a line; 0: "max", or no such key. */
static __u64 limit_of(const char *line, const char *end, const char *key)
{
	const char *found = strstr(line, key);

	return found && found < end ? strtoull(found + strlen(key), NULL, 10) : 0;
}

bool io_max_next(const char **at, struct event_io_limit *limit)
{
	while (**at) {
		const char *line = *at, *end = strchr(line, '\n');

		if (!end)
			end = line + strlen(line);
		*at = *end ? end + 1 : end;
		if (!disk_dev_parse(line, &limit->dev))
			continue;
		limit->read_bps = limit_of(line, end, " rbps=");
		limit->write_bps = limit_of(line, end, " wbps=");
		limit->read_iops = limit_of(line, end, " riops=");
		limit->write_iops = limit_of(line, end, " wiops=");
		return true;
	}
	return false;
}

__u64 io_pressure_total(const char *text)
{
	const char *total = strncmp(text, "some ", 5) == 0 ? strstr(text, " total=") : NULL;

	return total ? strtoull(total + 7, NULL, 10) : ~0ULL;
}
