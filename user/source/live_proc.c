/* SPDX-License-Identifier: BSD-2-Clause */
/* live_proc.c - who a process is, and what we ourselves cost; see live_proc.h. */
#include "source/live_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_text.h"
#include "small_file.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
/* Where systemd mounts version 2 beside version 1. */
#define CGROUP_MIXED "/sys/fs/cgroup/unified"

/* A cgroup's id is the inode number of its directory (5.5 and later, 64 bits). */
static __u64 cgroup_id(const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	snprintf(full, sizeof(full), CGROUP_MIXED "%s", path);
	if (stat(full, &st) == 0)
		return st.st_ino;
	snprintf(full, sizeof(full), CGROUP_ROOT "%s", path);
	return stat(full, &st) == 0 ? st.st_ino : 0;
}

static void read_cgroup(int dir, struct event_proc *proc)
{
	char text[8192], path[2048];
	bool unified;

	small_file_read(dir, "cgroup", text, sizeof(text));
	proc_cgroup_path(text, path, sizeof(path), &unified);
	proc_container(text, proc->container);
	text_copy(proc->cgroup, sizeof(proc->cgroup), path);
	if (unified)
		proc->cgroup_id = cgroup_id(path);
}

static bool read_stat(int dir, __u64 start_ns, struct proc_stat *ret_stat)
{
	char text[1024];

	return small_file_read(dir, "stat", text, sizeof(text)) > 0 &&
	       proc_stat_parse(text, ret_stat) &&
	       proc_start_matches(ret_stat->start_ticks, start_ns, sysconf(_SC_CLK_TCK));
}

static void read_rest(int dir, struct event_proc *proc)
{
	char text[4096];
	struct stat st;

	small_file_read(dir, "status", text, sizeof(text));
	proc->uid = proc_status_uid(text);
	small_file_link(dir, "exe", text, sizeof(text));
	text_copy(proc->exe, sizeof(proc->exe), text);
	if (fstatat(dir, "ns/net", &st, 0) == 0)
		proc->netns = (__u32)st.st_ino;
	read_cgroup(dir, proc);
}

int live_proc_read(__u32 pid, __u64 start_ns, struct event_proc *ret_proc)
{
	struct event_proc proc = {.pid = pid, .start_ns = start_ns};
	struct proc_stat stat, again;
	char path[32];
	int dir;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	/* The open directory stays that of this one process, whoever gets its number next. */
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -ESRCH;
	if (read_stat(dir, start_ns, &stat))
		read_rest(dir, &proc);
	if (!read_stat(dir, start_ns, &again)) {
		close(dir);
		return -ESRCH;
	}
	close(dir);
	memcpy(proc.comm, again.comm, sizeof(proc.comm));
	proc.ppid = again.ppid;
	*ret_proc = proc;
	return 0;
}

void live_self_read(struct event_self *self)
{
	struct rusage usage;
	char text[128], *end;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		self->cpu_ns =
			(__u64)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ULL +
			(__u64)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL;
	/* "size resident shared ...", in pages */
	small_file_text(AT_FDCWD, "/proc/self/statm", text, sizeof(text));
	strtoull(text, &end, 10);
	self->rss_bytes = strtoull(end, NULL, 10) * (__u64)sysconf(_SC_PAGESIZE);
}
