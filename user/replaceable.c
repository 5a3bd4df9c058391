/* SPDX-License-Identifier: BSD-2-Clause */
/* replaceable.c - may a file take the place of what has its name? See replaceable.h. */
#include "replaceable.h"

#include <errno.h>
#include <sys/stat.h>

int replaceable(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	if (S_ISLNK(st.st_mode))
		return err_set(err, -ELOOP, "%s is a symbolic link: name the file itself", path);
	return err_set(err, -EINVAL, "%s is no regular file, and would be replaced by one", path);
}
