/* SPDX-License-Identifier: BSD-2-Clause */
/* mountinfo.h - one line of /proc/PID/mountinfo (proc(5)). No I/O. */
#ifndef CULPRIT_SOURCE_MOUNTINFO_H
#define CULPRIT_SOURCE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct mountinfo {
	__u32 dev; /* of the file system: major << 20 | minor; major 0 = has no device of its own */
	__u32 id;  /* the mount's */
	bool read_only;	 /* the file system (its super block), whatever the mount says */
	bool whole;	 /* the file system's root is mounted, not a directory of it */
	char fstype[16]; /* cut, like the next two, to what fits */
	char mount[128];
	char source[128];
};

/* Reads a line of `length` bytes, without its newline; octal escapes (\040) become what they stand
 * for. False when it is no such line. */
bool mountinfo_parse(const char *line, size_t length, struct mountinfo *ret_mount);

#endif
