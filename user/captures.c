/* SPDX-License-Identifier: BSD-2-Clause */
/* captures.c - the directory of captures; see captures.h. */
#include "captures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "children.h"

/* What the names of ours look like; times sort as text. */
#define OURS   "culprit-[0-9]*T[0-9]*Z-*.capture"
#define HALF   ".culprit-[0-9]*T[0-9]*Z-*.capture"
#define LISTED 4096
/* So many captures of one second and one cause. */
#define SAME_SECOND 9

static size_t stamp_of(__u64 wall_ns, char *buf, size_t size)
{
	time_t seconds = (time_t)(wall_ns / 1000000000ULL);
	struct tm tm;

	return gmtime_r(&seconds, &tm) ? strftime(buf, size, "%Y%m%dT%H%M%SZ", &tm) : 0;
}

static int open_directory(const char *directory)
{
	return open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int captures_check(const char *directory, struct err *err)
{
	struct stat st;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "cannot make %s: %s", directory, strerror(errno));
	if (lstat(directory, &st) < 0)
		return err_set(err, -errno, "cannot use %s: %s", directory, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return err_set(err, -ELOOP, "%s is a symbolic link: name the directory itself",
			       directory);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "%s is no directory", directory);
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, -EPERM,
			       "%s: a directory for captures must be ours, and writable for nobody "
			       "else",
			       directory);
	return 0;
}

static int write_to(int fd, const char *name, struct flight *flight, __u64 now_ns, struct err *err)
{
	static const unsigned int still_s = CAPTURES_LIFE_S;
	struct recorder *recorder = NULL;
	int code = recorder_new_fd(fd, name, &recorder, err);

	if (code == 0)
		recorder_on_progress(recorder, child_lives_on, (void *)&still_s);
	if (code == 0)
		code = flight_write(flight, 0, now_ns, recorder, err);
	if (code == 0)
		code = recorder_close(recorder, err);
	recorder_free(recorder);
	return code;
}

/* Who has no lock on it does not write it: whoever tidies up may have been sooner, and taken it away. */
static bool lock_half(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* A name that nobody has yet, nor writes to at the moment, and its file: others may be asked for in the same second. */
static int open_half(int dir, const char *stamp, const char *cause, char *half, size_t size)
{
	for (unsigned int n = 1; n <= SAME_SECOND; n++) {
		char more[16] = "";
		struct stat st;
		int fd;

		if (n > 1)
			snprintf(more, sizeof(more), "-%u", n);
		snprintf(half, size, ".culprit-%s-%s%s.capture", stamp, cause, more);
		fd = openat(dir, half, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return -errno;
		if (fd >= 0 && !lock_half(fd)) {
			close(fd);
			continue;
		}
		if (fd >= 0 && fstatat(dir, half + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return fd;
		if (fd >= 0) {
			unlinkat(dir, half, 0);
			close(fd);
		}
	}
	return -EEXIST;
}

int captures_write(const char *directory, __u64 wall_ns, const char *cause, struct flight *flight,
		   __u64 now_ns, struct err *err)
{
	char stamp[32], half[96];
	int code, dir, fd;

	if (!stamp_of(wall_ns, stamp, sizeof(stamp)))
		return err_set(err, -ERANGE, "what time is it?");
	dir = open_directory(directory);
	if (dir < 0)
		return err_set(err, -errno, "cannot use %s: %s", directory, strerror(errno));
	fd = open_half(dir, stamp, cause, half, sizeof(half));
	if (fd < 0) {
		close(dir);
		return err_set(err, fd, "cannot write %s: %s", half, strerror(-fd));
	}
	code = write_to(fd, half, flight, now_ns, err);
	if (code == 0 && renameat(dir, half, dir, half + 1) < 0)
		code = err_set(err, -errno, "cannot rename %s: %s", half, strerror(errno));
	if (code < 0)
		unlinkat(dir, half, 0);
	close(dir);
	return code;
}

/* ---- pruning ---- */

struct kept {
	char name[256];
	off_t bytes;
	bool later; /* than now: the clock went back since, and nobody knows how old it is */
};

static int newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->later != y->later ? x->later - y->later : strcmp(y->name, x->name);
}

/* One whose writer is gone. */
static void remove_half(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir, name, 0);
	close(fd);
}

static void look_at(int dir, const char *name, const char *now, struct kept *list, unsigned int *n)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (fnmatch(HALF, name, 0) == 0) {
		remove_half(dir, name);
		return;
	}
	if (fnmatch(OURS, name, 0) != 0 || *n == LISTED)
		return;
	snprintf(list[*n].name, sizeof(list->name), "%s", name);
	list[*n].bytes = st.st_size;
	list[*n].later = strncmp(name + strlen("culprit-"), now, strlen(now)) > 0;
	(*n)++;
}

void captures_prune(const char *directory, __u64 wall_ns, unsigned int most, size_t bytes)
{
	struct kept *list = calloc(LISTED, sizeof(*list));
	int fd = list ? open_directory(directory) : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char now[32] = "";
	unsigned int n = 0;
	size_t sum = 0;

	stamp_of(wall_ns, now, sizeof(now));
	while (dir && (entry = readdir(dir)))
		look_at(dirfd(dir), entry->d_name, now, list, &n);
	if (n)
		qsort(list, n, sizeof(*list), newest_first);
	for (unsigned int i = 0; i < n; i++) {
		sum += (size_t)list[i].bytes;
		/* The newest stays whatever its size: it is what the operator was called for. */
		if (i && (i >= most || sum > bytes))
			unlinkat(dirfd(dir), list[i].name, 0);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	free(list);
}
