/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_pattern.h - what the paths of some files have in common: "/var/spool/in/" and ".tmp". No I/O.
 */
#ifndef CULPRIT_PATH_PATTERN_H
#define CULPRIT_PATH_PATTERN_H

#include <stddef.h>

#define PATHS_MAX     16
#define PATH_ROOM     256
#define PATTERN_BYTES 128

struct path_pattern {
	char text
		[PATTERN_BYTES]; /* "/var/spool/in-*.tmp"; a path when there is but one; what is too long begins with "..." */
	unsigned int alike;   /* of so many paths */
	unsigned int deleted; /* of these: so many are marked "(deleted)", as the kernel does */
};

/*
 * Of n (at most PATHS_MAX; of none: empty) paths as the links in /proc/PID/fd have them. Most of one directory:
 * that, and what begins and ends the names. Else the directory above all of them, and "**". Else nothing in common:
 * the first one.
 */
void path_pattern(char paths[][PATH_ROOM], unsigned int n, struct path_pattern *ret);

#endif
