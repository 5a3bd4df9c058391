/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * looker.h - looks at mounted file systems, or at thin pools, from a child process, so that a look that hangs (a
 * dead server under the mount point, a disk that does not answer) holds up the child and nothing else.
 *
 * At most one child works. One that does not answer in time is killed and left to itself: a process that waits
 * uninterruptibly dies when the kernel lets it. After LOOKER_CHILDREN_MAX of these no more are made.
 */
#ifndef CULPRIT_SOURCE_LOOKER_H
#define CULPRIT_SOURCE_LOOKER_H

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

#define LOOKER_CHILDREN_MAX 4
#define LOOKER_ASKED_MAX    64
#define LOOKER_PATIENCE_NS  (5 * 1000000000ULL)

struct look_request {
	__u32 dev;
	__u32 mount_id; /* what is mounted there must be this: nothing else is touched; 0 = any */
	char fstype[16];
	char mount[128];
};

struct look_reply {
	__u32 dev;
	__s32 err;   /* a negative errno: nothing was seen */
	__u32 flags; /* enum fs_flag; of a pool: enum thin_flag */
	__u32 has_counts;
	__u64 size_bytes;
	__u64 free_bytes;
	__u64 avail_bytes;
	__u64 inodes;
	__u64 inodes_free;
	/* btrfs, of all its devices */
	__u64 write_errs;
	__u64 read_errs;
	__u64 corruptions;
	/* a thin pool; size_bytes and free_bytes are its data */
	__u64 meta_bytes;
	__u64 meta_used;
};

struct looker {
	pid_t pid; /* 0: none */
	int fd;	   /* to the child; -1: none */
	unsigned int children;
	unsigned int n_asked;
	__u64 since_ns; /* since when the first of these is waited for */
	__u32 asked[LOOKER_ASKED_MAX];
	/* What the child does: looker_look, unless it is set after looker_init(). */
	void (*look)(const struct look_request *request, struct look_reply *reply);
};

void looker_init(struct looker *looker);
/* Sends a request; makes the child when there is none. False when there is no room for it now. */
bool looker_ask(struct looker *looker, const struct look_request *request, __u64 now_ns);
/* The next answer: 1. 0: none now. -ETIMEDOUT: the child hangs at ret_reply->dev, and was given up with all
 * that was asked. */
int looker_answer(struct looker *looker, struct look_reply *ret_reply, __u64 now_ns);
bool looker_idle(const struct looker *looker);
void looker_done(struct looker *looker);

/* The look itself. May hang. */
void looker_look(const struct look_request *request, struct look_reply *reply);
/* The same at a mapping, by its number: -ENOTSUP when it is no thin pool. */
void looker_thin(const struct look_request *request, struct look_reply *reply);

#endif
