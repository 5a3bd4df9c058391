/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_text.h - what the texts of /proc/PID say of a process (proc(5)). No I/O. */
#ifndef CULPRIT_PROC_TEXT_H
#define CULPRIT_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* What /proc/PID/stat says. */
struct proc_stat {
	char comm[EVENT_COMM_LEN];
	char state; /* 'R', 'S', 'D' ... */
	__u32 ppid;
	__u32 flags;	   /* PF_* of the kernel's include/linux/sched.h */
	__u64 start_ticks; /* after boot, in clock ticks */
};

/* False when it is no such text. */
bool proc_stat_parse(const char *text, struct proc_stat *ret_stat);

/* The real user id in /proc/PID/status; ~0 (nobody's) when there is none. */
__u32 proc_status_uid(const char *text);

/* The path in /proc/PID/cgroup: that of the unified hierarchy; on hosts with version 1, of
 * systemd's or else of the first one in which the process is not at the root. *ret_unified tells
 * which. */
void proc_cgroup_path(const char *text, char *to, size_t size, bool *ret_unified);

/* The container's id: the first 12 of 64 hexadecimal digits in a cgroup path. Empty when there are
 * none. */
void proc_container(const char *cgroup_text, char to[16]);

/* Whether a start time in clock ticks is the one in ns (start_boottime), within one tick. */
bool proc_start_matches(__u64 start_ticks, __u64 start_ns, long ticks_per_s);

#endif
