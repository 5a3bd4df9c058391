/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_leak.h - the maps of the leak object, while at least one process is armed; see counters.h. */
#ifndef CULPRIT_MAP_LEAK_H
#define CULPRIT_MAP_LEAK_H

#include "event_type.h"

#define ARMED_PIDS_MAX	   8
#define ARMED_FDS_MAX	   16384
#define ARMED_SITES_MAX	   1024
#define ARMED_SAMPLES_MAX  64
#define STACK_SAMPLE_BYTES 8192
#define STACK_CHUNK	   512

/* Map `armed`: tgid -> what was seen since. */
struct armed_value {
	__u64 opened;
	__u64 closed;
	__u64 dropped; /* opened, but a table was full */
};

/* Map `armed_fds`. */
struct armed_fd_key {
	__u32 pid;
	__u32 fd;
};
struct armed_fd_value {
	__u64 opened_ns;
	__u32 stack; /* a number for the chain of calls; ~0: it could not be read */
	__u32 pad;
};

/* Map `armed_sites`. */
struct armed_site_key {
	__u32 pid;
	__u32 stack;
};
struct armed_site_value {
	__u64 opened;
	__u64 first_ns;
	__u64 last_ns;
	__u64 sampled_ns; /* its stack was taken last */
};

/* Map `armed_samples`, one for a site: registers by their DWARF numbers (bpf/arch.bpf.h), and the stack from sp on. */
#define STACK_SAMPLE_REGS 33
struct stack_sample {
	__u64 regs[STACK_SAMPLE_REGS];
	__u64 sp;
	__u64 opened_ns;
	__u64 start_stack; /* where the program's stack begins: another after exec() */
	__u32 len;	   /* bytes of `stack` that could be read */
	__u32 fd;	   /* opened there, and not closed since */
	__u8 stack[STACK_SAMPLE_BYTES];
};

#endif
