/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refused_probe.h - who is watched for descriptors that the kernel refuses: processes at their limit, and the host
 * (pid 0) at that of its table of open files.
 */
#ifndef CULPRIT_REFUSED_PROBE_H
#define CULPRIT_REFUSED_PROBE_H

#include <stdbool.h>

#include <culprit/map_refused.h>

#include "source/source.h"

struct watched_process {
	__u64 start_ns; /* 0: the host */
	__u64 since_ns;
	__u32 pid;
};

struct refused_probe {
	int watched_fd;		       /* map; valid while n > 0 */
	bool number_calls, file_calls; /* by system calls, not at the functions */
	struct watched_process watched[WATCHED_MAX];
	unsigned int n;
};

/* How many are watched: processes, or (host) the host. */
unsigned int refused_probe_watched(const struct refused_probe *probe, bool host);
/* 0, -EEXIST (it is watched), -ENOSPC, or another negative errno. */
int refused_probe_watch(struct refused_probe *probe, __u32 pid, __u64 start_ns, __u64 now_ns);
/* False: it was not watched. */
bool refused_probe_unwatch(struct refused_probe *probe, __u32 pid);
/* EVENT_FD_REFUSED of each. 0, or what fn failed with. */
int refused_probe_report(const struct refused_probe *probe, __u64 now_ns, event_fn fn, void *ctx);

#endif
