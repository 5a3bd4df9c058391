/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socket_owner.h - which process holds a socket: by a walk over /proc/PID/fd, a bounded piece at a time.
 *
 * A walk over 100,000 descriptors takes a third of a second; a piece of it takes some milliseconds, and it is
 * only walked while somebody wants to know.
 */
#ifndef CULPRIT_SOURCE_SOCKET_OWNER_H
#define CULPRIT_SOURCE_SOCKET_OWNER_H

#include <dirent.h>
#include <stdbool.h>

#include <culprit/event.h>

#define OWNERS_MAX 32

struct socket_owner {
	__u64 inode; /* 0 = free */
	__u64 start_ns;
	__u32 pid; /* 0 = not found */
	bool sought;
	bool from_start; /* the walk under way began after it was wanted */
	char comm[EVENT_COMM_LEN];
};

struct socket_owners {
	struct socket_owner wanted[OWNERS_MAX];
	DIR *procs; /* of a walk under way */
};

/* All zero is an empty one. */
void socket_owners_done(struct socket_owners *owners);
/* Fills in who holds a socket (pid 0: nobody does), and is true once that was looked for to the end; the first time
 * it is asked for, a walk begins. Outputs are unchanged until then. */
bool socket_owner_tell(struct socket_owners *owners, __u64 inode, __u32 *ret_pid,
		       __u64 *ret_start_ns, char ret_comm[EVENT_COMM_LEN]);
/* Walks on over at most `links` descriptors, if anybody is wanted. root: "" but in tests. */
void socket_owners_step(struct socket_owners *owners, const char *root, unsigned int links);

#endif
