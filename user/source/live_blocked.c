/* SPDX-License-Identifier: BSD-2-Clause */
/* live_blocked.c - who is in state D; see live_blocked.h. */
#include "source/live_blocked.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc_text.h"
#include "small_file.h"

#define PROCESSES_MAX 16384 /* of one look: 20 us each */
#define TOLD_MAX      8

struct blocked_task {
	__u32 pid;
	struct proc_stat stat;
};

static bool was_blocked(const struct live_blocked *b, __u32 pid)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (b->pid[i] == pid)
			return true;
	return false;
}

/* All that are in state D now: how many of them are in `task`; *ret_total counts the rest too. */
static unsigned int look(struct blocked_task task[BLOCKED_KEPT], __u32 *ret_total)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	unsigned int n = 0, seen = 0;

	*ret_total = 0;
	while (dir && seen < PROCESSES_MAX && (entry = readdir(dir))) {
		struct proc_stat stat;
		char path[280], text[1024];

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		seen++;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (small_file_read(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
		    !proc_stat_parse(text, &stat) || stat.state != 'D')
			continue;
		(*ret_total)++;
		if (n == BLOCKED_KEPT)
			continue;
		task[n].pid = (__u32)strtoul(entry->d_name, NULL, 10);
		task[n++].stat = stat;
	}
	if (dir)
		closedir(dir);
	return n;
}

int live_blocked_poll(struct live_blocked *blocked, struct emit *emit)
{
	__u64 tick_ns = 1000000000ULL / (__u64)sysconf(_SC_CLK_TCK);
	struct blocked_task task[BLOCKED_KEPT];
	unsigned int n, told = 0;
	__u32 total;

	n = look(task, &total);
	for (unsigned int i = 0; i < n && told < TOLD_MAX && !emit->failed; i++) {
		struct event_task_blocked event = {.pid = task[i].pid, .total = total};

		if (!was_blocked(blocked, task[i].pid))
			continue;
		told++;
		event.start_ns = task[i].stat.start_ticks * tick_ns;
		memcpy(event.comm, task[i].stat.comm, sizeof(event.comm));
		EMIT(emit, EVENT_TASK_BLOCKED, &event);
	}
	blocked->n = n;
	for (unsigned int i = 0; i < n; i++)
		blocked->pid[i] = task[i].pid;
	return emit->failed;
}

void live_blocked_forget(struct live_blocked *blocked)
{
	blocked->n = 0;
}
