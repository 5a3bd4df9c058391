/* SPDX-License-Identifier: BSD-2-Clause */
/* rotate.c - old files by number; see rotate.h. */
#include "sink/rotate.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

static bool name_of(const char *path, unsigned int n, char *buf, size_t size)
{
	return snprintf(buf, size, n ? "%s.%u" : "%s", path, n) < (int)size;
}

/* A directory, a link or a device of that name is not ours to move. */
static bool is_there(const char *path, unsigned int n)
{
	char name[PATH_MAX];
	struct stat st;

	return name_of(path, n, name, sizeof(name)) && lstat(name, &st) == 0 && S_ISREG(st.st_mode);
}

/* ... nor to be replaced, which rename() would do. */
static bool is_another(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 && !S_ISREG(st.st_mode);
}

int rotate_files(const char *path, unsigned int keep)
{
	char from[PATH_MAX], to[PATH_MAX];
	unsigned int last = 1;

	/* A gap in the numbers ends the row: what is behind it is not moved on without need. */
	while (last < keep && is_there(path, last))
		last++;
	for (unsigned int n = last; n > 0; n--) {
		if (!name_of(path, n - 1, from, sizeof(from)) || !name_of(path, n, to, sizeof(to)))
			return -ENAMETOOLONG;
		if (is_another(to))
			return -EEXIST;
		if (rename(from, to) < 0)
			return -errno;
	}
	return 0;
}
