/* SPDX-License-Identifier: BSD-2-Clause */
/* mounted.c - /proc has the processes and the network's counters, /sys the disks and the kernel's types. */
#include "probe/mounted.h"

#include <errno.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>

static const struct {
	const char *path, *type;
	unsigned long magic;
} needed[] = {
	{"/proc", "proc", PROC_SUPER_MAGIC},
	{"/sys", "sysfs", SYSFS_MAGIC},
};

int mounted_check(struct err *err)
{
	struct statfs fs;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (statfs(needed[i].path, &fs) < 0 || (unsigned long)fs.f_type != needed[i].magic)
			return err_set(err, -ENOENT,
				       "%s is not mounted here: mkdir -p %s; mount -t %s none %s",
				       needed[i].path, needed[i].path, needed[i].type,
				       needed[i].path);
	return 0;
}
