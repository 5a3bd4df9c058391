/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_heirs.h - the programs that a process has started and that still run: what it holds without close-on-exec
 * they hold too, and a connection that it closes stays open.
 */
#ifndef CULPRIT_FD_HEIRS_H
#define CULPRIT_FD_HEIRS_H

#include <stdbool.h>

#include <culprit/event.h>

struct fd_heir {
	__u32 pid;
	char comm[EVENT_COMM_LEN];
};

/*
 * Children of `pid` that have called exec(): those that were forked only, as a server's workers, share its
 * descriptors on purpose. Returns how many were found, at most `max`, among the first 64 children of the first 32
 * threads. None where the kernel does not list children (CONFIG_PROC_CHILDREN).
 */
unsigned int fd_heirs_find(unsigned int pid, struct fd_heir *ret, unsigned int max);

#endif
