/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_files.h - the records and settings of the files object: the census of descriptors, and what one process holds; see
 * counters.h. */
#ifndef CULPRIT_MAP_FILES_H
#define CULPRIT_MAP_FILES_H

#include "event_tcp.h"

enum census_flag {
	CENSUS_UNKNOWN = 1, /* the bitmap could not be read: fds means nothing */
	CENSUS_TRUNCATED =
		2, /* more than CENSUS_FDS_MAX numbers: fds is what the first ones hold */
};

#define CENSUS_FDS_MAX (1U << 20)

/* iter/task writes one for each thread-group leader, and for each thread with a table of its own. */
struct census_record {
	__u64 start_ns; /* the leader's start_boottime */
	__u64 cgroup_id;
	__u64 limit; /* RLIMIT_NOFILE: soft, and hard */
	__u64 hard;
	__u64 table; /* identity of the files_struct: processes may share one */
	__u32 pid;   /* tgid */
	__u32 tid;
	__u32 fds;
	__u32 uid;
	__u32 netns;
	__u32 flags; /* enum census_flag */
	char comm[EVENT_COMM_LEN];
};

/* iter/task_file writes one for each descriptor. */
struct fd_record {
	__u32 fd;
	__u16 mode; /* i_mode */
	__u8 anon;  /* an anonymous inode: name says which */
	__u8 proto; /* enum fd_proto */
	__u8 state; /* TCP_* */
	__u8 kept;  /* across exec(): close-on-exec is not set */
	__u8 pad[2];
	__u32 idle_ms; /* of TCP: since something was last sent or received; 0 = not known */
	struct peer_key peer;
	__u64 start_ns; /* of the process, to be sure that it is the one that was meant */
	__u64 file; /* the open file: the same for all descriptors that are copies; never told to others */
	char name[32]; /* last part of the path, or the anonymous inode's name; may be cut */
};

struct files_control {
	__u32 scan_pid; /* the tgid to scan */
	__u32 pad;
};

EVENT_SIZE_IS(census_record, 80);
EVENT_SIZE_IS(fd_record, 88);

#endif
