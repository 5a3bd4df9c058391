/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_heirs.c - the programs that a process has started; see fd_heirs.h. */
#include "probe/fd_heirs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX    32
#define CHILDREN_MAX   64   /* looked at: a server may have hundreds of workers */
#define PF_FORKNOEXEC  0x40 /* include/linux/sched.h */
#define CHILDREN_BYTES 1024
#define FLAGS_AFTER    7 /* so many spaces after the name in /proc/PID/stat */

static bool read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	buf[len] = '\0';
	return true;
}

/* Fields 2 and 9 of /proc/PID/stat: the name, which may hold anything, and the flags. */
static bool has_called_exec(unsigned int pid, struct fd_heir *ret)
{
	char path[32], text[512];
	char *open, *close, *at;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	at = open && close && close > open ? close + 1 : NULL;
	for (int i = 0; at && i < FLAGS_AFTER; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return false;
	len = (size_t)(close - open - 1);
	if (len >= sizeof(ret->comm))
		len = sizeof(ret->comm) - 1;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->comm, open + 1, len);
	ret->pid = pid;
	return !(strtoul(at, NULL, 10) & PF_FORKNOEXEC);
}

struct search {
	struct fd_heir *found;
	unsigned int n;
	unsigned int max;
	unsigned int children; /* looked at */
};

static void find_of_thread(struct search *search, unsigned int pid, const char *tid)
{
	char path[64], text[CHILDREN_BYTES];
	char *at = text, *end;

	snprintf(path, sizeof(path), "/proc/%u/task/%.16s/children", pid, tid);
	if (!read_text(path, text, sizeof(text)))
		return;
	for (; search->n < search->max && search->children < CHILDREN_MAX; at = end) {
		unsigned long child = strtoul(at, &end, 10);

		/* The last one may be cut; a number is followed by a space. */
		if (end == at || !*end)
			break;
		search->children++;
		if (has_called_exec((unsigned int)child, &search->found[search->n]))
			search->n++;
	}
}

unsigned int fd_heirs_find(unsigned int pid, struct fd_heir *ret, unsigned int max)
{
	struct search search = {.found = ret, .max = max};
	unsigned int threads = 0;
	struct dirent *entry;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	while (dir && threads < THREADS_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		threads++;
		find_of_thread(&search, pid, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return search.n;
}
