/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leak_probe.h - who opens what a process keeps: the armed evidence of a descriptor leak.
 *
 * While a process is armed the kernel side notes for each descriptor when and by which stack it was opened.
 * leak_probe_report() holds that against a scan of the process's table, which is the truth: what is not there
 * any more was closed past the hooks, what is there and not noted was opened past them; both are counted.
 */
#ifndef CULPRIT_LEAK_PROBE_H
#define CULPRIT_LEAK_PROBE_H

#include <culprit/map_leak.h>

#include "probe/id_table.h"
#include "source/source.h"

#define LEAK_READS 8

/* What a descriptor is: enum fd_kind, 0 = not held; of a socket with a peer enum peer_dir and the service's port. */
struct fd_what {
	__u8 kind;
	__u8 dir;
	__u16 port;
};

/* The descriptors that a process holds, by number. */
struct fd_live {
	struct fd_what *what;
	unsigned int size;
};

/* Notes that fd is held. False when out of memory. */
bool fd_live_add(struct fd_live *live, unsigned int fd, struct fd_what what);
void fd_live_done(struct fd_live *live);

struct armed_process {
	__u64 start_ns;
	__u64 since_ns; /* armed */
	__u32 pid;
	unsigned int reads;
	__u64 read_ns[LEAK_READS];
	__u64 stale; /* closed past the hooks */
	/* Bit by number: held since before it was armed. */
	__u8 *before;
	unsigned int before_size; /* bytes */
};

struct leak_probe {
	int armed_fd, fds_fd, sites_fd, samples_fd; /* maps */
	bool by_syscalls;
	struct armed_process process[ARMED_PIDS_MAX];
	unsigned int n;
	struct id_table sites; /* struct site_seen */
};

void leak_probe_init(struct leak_probe *leak);
void leak_probe_done(struct leak_probe *leak);
/* 0, -EEXIST (it is armed), -ENOSPC, or another negative errno. */
int leak_probe_arm(struct leak_probe *leak, __u32 pid, __u64 start_ns, __u64 now_ns);
void leak_probe_disarm(struct leak_probe *leak, __u32 pid);
struct armed_process *leak_probe_find(struct leak_probe *leak, __u32 pid);
/* EVENT_FD_SITE for the call sites whose descriptors live in greatest number, EVENT_FD_ARMED. `live` is from a
 * scan that began at now_ns or later; runs: of the hooks. */
int leak_probe_report(struct leak_probe *leak, __u32 pid, const struct fd_live *live, __u64 runs,
		      __u64 now_ns, event_fn fn, void *ctx);
/* The stack that opened a descriptor which is still held. -EAGAIN: there is none yet; -ENOENT: there will be
 * none, as the process is not armed. */
int leak_probe_sample(const struct leak_probe *leak, __u32 pid, __u32 stack, __u64 now_ns,
		      struct stack_sample *ret_sample);

#endif
