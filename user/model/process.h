/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - the processes: who they are, how many descriptors they hold over time, and of which
 * kinds.
 *
 * The census gives a count when it changed; between two events the last one holds. What is judged
 * is the floor: the least count in each bucket of time, which a load that comes and goes does not
 * lift. Floors are kept of single buckets, and of wide ones (WIDE buckets each): of a leak of one a minute the
 * single buckets of a daemon show nothing.
 */
#ifndef CULPRIT_PROCESS_H
#define CULPRIT_PROCESS_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"

/* 208 bytes each while they are steady: 7 MB when full. */
#define PROCESSES_MAX 32768 /* as many as the census tells of */
#define FLOORS	      32
#define WIDE	      8 /* buckets make a wide one: 80 s in a daemon, which keeps 42 minutes of them */
#define SCANNED_MAX   16 /* processes whose breakdowns are kept: 8 are armed at a time */
#define SCANS_KEPT    16
#define GROUPS_KEPT   32

/* Descriptors that are alike, over the kept scans. */
struct fd_group {
	__u8 kind;  /* enum fd_kind */
	__u8 proto; /* enum fd_proto */
	__u8 state; /* TCP_* */
	struct peer_key peer;
	char name[128];		 /* a sample, or what files have in common: as in the event */
	__u32 count[SCANS_KEPT]; /* by scan: index as in struct fd_scans; 0: none, or too few to be
				    sent */
	__u32 idle[SCANS_KEPT];	 /* of these, TCP: nothing sent or received for FD_IDLE_MS */
	__u32 idle_max_ms;	 /* at the latest scan: the longest */
	__u32 heirs;		 /* likewise: held by programs that it started too, */
	__u32 heir_pid;		 /* such as this one */
	char heir_comm[EVENT_COMM_LEN];
	__u16 looked_at;  /* at the latest scan, of files: so many, */
	__u16 alike;	  /* of these that `name` is of, */
	__u16 deleted;	  /* and of the latter, that are deleted */
	__u16 more_peers; /* at the latest scan: sockets to so many peers that were put together */
};

/* The breakdowns of one process, oldest first. */
struct fd_scans {
	__u64 ts_ns[SCANS_KEPT]; /* of the end of each */
	__u32 fds[SCANS_KEPT];
	unsigned int n;	 /* complete ones */
	__u32 open_scan; /* the one whose groups are coming in: they go to index n */
	bool open;
	struct fd_group group[GROUPS_KEPT];
	unsigned int n_groups;
	__u64 groups_dropped;
};

struct fd_sites; /* sites.h */

/* After such a pause refused descriptors are another story. */
#define REFUSED_PAUSE_NS (120 * 1000000000ULL)

/* Descriptors that the kernel refused, as far as it was watched: to a process, or for want of room in the host's
 * table. */
struct refusals {
	__u64 since_ns; /* the present watch, or the latest; 0: never watched */
	__u64 told_ns;	/* the latest look */
	__u64 seen;	/* in that watch */
	/* without a pause, over watches: */
	__u64 count;
	__u64 first_ns;
	__u64 last_ns; /* 0: none */
	__u32 looks;   /* that found new ones */
	__u32 last_pid;
	char last_comm[EVENT_COMM_LEN];
};

struct process_floors {
	__u32 one[FLOORS];  /* by bucket modulo FLOORS */
	__u32 wide[FLOORS]; /* by bucket / WIDE modulo FLOORS */
};

struct process {
	__u64 start_ns; /* start_boottime: identity together with pid */
	__u32 pid;
	__u32 uid;
	__u32 netns;
	__u64 cgroup_id;
	__u64 limit; /* 0 = unknown */
	__u64 hard;  /* 0 = unknown */
	char comm[EVENT_COMM_LEN];
	struct event_proc *who;	  /* NULL: not asked yet */
	struct fd_scans *scans;	  /* NULL: none */
	struct fd_sites *sites;	  /* NULL: never armed */
	struct refusals *refused; /* NULL: never watched */
	/* census */
	bool counted;
	__u32 fds;	 /* now */
	__u32 fds_first; /* at first sight */
	__u64 first_ns;	 /* of the first count */
	__u64 bucket;	 /* the latest one with a floor of its own */
	__u64 bucket_first;
	struct process_floors *floors; /* NULL: the count has never changed */
	__u64 grown_ns;		       /* the count last rose */
};

struct processes {
	struct table table;		    /* struct process by {pid, start_ns} */
	unsigned int scanned;		    /* that have scans */
	unsigned int sited;		    /* that have call sites */
	__u64 dropped;			    /* processes that found no room: their census is lost */
	struct event_file_table file_table; /* the latest; all zero: never told */
	struct refusals refused;	    /* for want of room in it */
};

void processes_init(struct processes *processes);
void processes_done(struct processes *processes);
/* Takes EVENT_PROC, _FDS, _GONE, EVENT_FD_GROUP, _SCAN. 0 or -ENOMEM. */
int processes_apply(struct processes *processes, const struct frame *frame,
		    const struct event *event);

/* start_ns 0: any process of that pid, the latest first. */
const struct process *processes_find(const struct processes *processes, __u32 pid, __u64 start_ns);
/* The next one, the first when process is NULL; NULL past the end. */
const struct process *processes_next(const struct processes *processes,
				     const struct process *process);

/* How many buckets have a floor, the present one included (at most FLOORS). */
unsigned int process_buckets(const struct process *process, const struct frame *frame);
/* The floor of the bucket `back` before the present one; back < process_buckets(). */
__u32 process_floor(const struct process *process, const struct frame *frame, unsigned int back);
/* Whether anybody looked in that bucket: on a host that stood still, or is starved, a tick may come late by several.
 * The present one counts as looked at: its floor is what the last look saw. */
bool process_looked(const struct process *process, const struct frame *frame, unsigned int back);
/* How many of process_buckets() were looked at. */
unsigned int process_looks(const struct process *process, const struct frame *frame);
/* The same of wide buckets, which begin at multiples of WIDE: the present one has the floor that it has so far. */
unsigned int process_wides(const struct process *process, const struct frame *frame);
__u32 process_wide_floor(const struct process *process, const struct frame *frame,
			 unsigned int back);

#endif
