/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_root.h - a made-up /proc and /sys in a directory of the test's own: for sources that take a root. */
#ifndef CULPRIT_TESTS_FAKE_ROOT_H
#define CULPRIT_TESTS_FAKE_ROOT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

/* In memory where that can be. */
static inline void root_make(void)
{
	snprintf(root, sizeof(root), "%s/culprit-root-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(root));
}

/* `path` below it, and all that is below that; "": all of it. */
static inline void remove_tree(const char *path)
{
	char line[512];

	snprintf(line, sizeof(line), "rm -rf '%s/%s'", root, path);
	assert_int_equal(system(line), 0);
}

/* Writes a file below the root, and makes the directories above it. */
static inline void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
		*p = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* A disk is a link in sys/block to a directory in sys/devices. */
static inline void put_disk(const char *where, const char *name, const char *dev,
			    const char *sectors)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/devices/%s/block/%s/dev", where, name);
	put(path, dev);
	snprintf(path, sizeof(path), "sys/devices/%s/block/%s/size", where, name);
	put(path, sectors);
	snprintf(path, sizeof(path), "%s/sys/block/%s", root, name);
	snprintf(target, sizeof(target), "../devices/%s/block/%s", where, name);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* What the list of disks watches: whoever changed something in sys/block calls it. */
static inline void change(void)
{
	static unsigned int changes;
	char text[32];

	snprintf(text, sizeof(text), "%u", ++changes);
	put("proc/partitions", text);
}

#endif
