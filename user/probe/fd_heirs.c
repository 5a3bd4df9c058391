/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_heirs.c - the programs that a process has started; see fd_heirs.h. */
#include "probe/fd_heirs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc_text.h"
#include "small_file.h"

#define THREADS_MAX    32
#define CHILDREN_MAX   64   /* looked at: a server may have hundreds of workers */
#define PF_FORKNOEXEC  0x40 /* include/linux/sched.h */
#define CHILDREN_BYTES 1024

static bool has_called_exec(unsigned int pid, struct fd_heir *ret)
{
	struct proc_stat stat;
	char path[32], text[1024];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (small_file_read(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    !proc_stat_parse(text, &stat) || stat.flags & PF_FORKNOEXEC)
		return false;
	ret->pid = pid;
	memcpy(ret->comm, stat.comm, sizeof(ret->comm));
	return true;
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
	if (small_file_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
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
