/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_scan.h - what descriptors one process holds, grouped by what is alike. */
#ifndef CULPRIT_FD_SCAN_H
#define CULPRIT_FD_SCAN_H

#include <bpf/libbpf.h>

#include "source/source.h"

struct fd_live; /* leak_probe.h */

struct fd_scan {
	struct bpf_program *program; /* iter/task_file */
	int control_fd;		     /* struct files_control */
	bool for_one;		     /* the iterator can be made for one process (6.1+) */
};

/* What to scan. */
struct fd_scan_request {
	unsigned int pid;
	unsigned long long start_ns;
	unsigned int scan; /* its number, for the events */
	unsigned long long now_ns;
	struct fd_live *live; /* gets what it holds; NULL: not wanted */
};

/* -ESRCH: there is no such process (any more). */
int fd_scan_run(struct fd_scan *scan, const struct fd_scan_request *request, event_fn fn,
		void *ctx);

#endif
