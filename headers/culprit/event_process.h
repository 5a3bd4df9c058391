/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_process.h - the ABI of events: processes and their descriptors; see event.h. */
#ifndef CULPRIT_EVENT_PROCESS_H
#define CULPRIT_EVENT_PROCESS_H

#include "event_tcp.h"

/* Who a process is; answers ASK_PROC, also sent with the first breakdown. */
struct event_proc {
	struct event h;
	__u64 start_ns; /* start_boottime */
	__u64 cgroup_id;
	__u32 pid; /* tgid */
	__u32 ppid;
	__u32 uid;
	__u32 netns;
	char comm[EVENT_COMM_LEN];
	char exe[128];
	char cgroup[128];
	char container[16]; /* first 12 digits of the id in the cgroup path, or empty */
};

/* The census: sent when fds or limit differ from what was last sent, and once at the baseline. */
struct event_proc_fds {
	struct event h;
	__u64 start_ns;
	__u64 cgroup_id;
	__u64 limit; /* RLIMIT_NOFILE, soft */
	__u64 hard;  /* RLIMIT_NOFILE, hard; 0 = unknown */
	__u32 pid;
	__u32 fds; /* gauge */
	__u32 uid;
	__u32 netns;
	char comm[EVENT_COMM_LEN];
};

struct event_proc_gone {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

enum fd_kind {
	FD_FILE = 1,
	FD_DIR = 2,
	FD_PIPE = 3, /* pipes and FIFOs */
	FD_SOCKET = 4,
	FD_CHAR = 5,
	FD_BLOCK = 6,
	FD_EVENTFD = 7,
	FD_EPOLL = 8,
	FD_TIMERFD = 9,
	FD_SIGNALFD = 10,
	FD_INOTIFY = 11,
	FD_ANON = 12, /* another anonymous inode: name says which */
	FD_OTHER = 13,
};

enum fd_proto {
	FD_PROTO_NONE = 0,
	FD_TCP = 1,
	FD_UDP = 2,
	FD_UNIX = 3,
	FD_NETLINK = 4,
	FD_PROTO_OTHER = 5
};

/* A group of one process's descriptors that are alike: one line of the breakdown (answers ASK_FDS).
 */
#define FD_IDLE_MS 10000
struct event_fd_group {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 scan; /* all groups of one scan carry its number */
	__u32 count;
	__u8 kind;  /* enum fd_kind */
	__u8 proto; /* enum fd_proto */
	__u8 state; /* TCP_*, for FD_TCP */
	__u8 pad;
	struct peer_key peer; /* FD_TCP and connected FD_UDP: all zero otherwise */
	/* A sample: path, or the anonymous inode's name. Of files what the paths that were looked at have in common, with a
	 * "*" where they differ: "/var/spool/in-*.tmp". */
	char name[128];
	__u32 idle;	   /* of FD_TCP: nothing sent or received for FD_IDLE_MS */
	__u32 idle_max_ms; /* the longest of all; 0 = not known */
	/* Of these, open in programs that it started too (standard streams apart): no close-on-exec. */
	__u32 heirs;
	__u32 heir_pid; /* one of these programs */
	char heir_comm[EVENT_COMM_LEN];
	__u16 looked_at; /* files: the latest so many, */
	__u16 alike;	 /* of these that `name` is of, */
	__u16 deleted;	 /* and of the latter, that are no longer in their directory */
	/* Of sockets: that are to so many peers more than were sent one by one, in which case there is no peer, or of those
	 * that we accepted only our port. */
	__u16 more_peers;
};

/* The end of one breakdown: the groups before it with this scan number are all there are. */
struct event_fd_scan {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 scan;
	__u32 fds;    /* descriptors seen */
	__u32 groups; /* groups found */
	__u32 sent;   /* groups sent: the largest, and the rest put together */
	__u32 pad;
};

/* /proc/sys/fs/file-nr: sent at the baseline and when it changed by a 64th of the limit. */
struct event_file_table {
	struct event h;
	__u64 open; /* struct files in use, host-wide; gauge */
	__u64 limit;
};

/*
 * A call site of an armed process: descriptors that were opened with the same user stack. The sites with the
 * most living ones are sent at each look, then EVENT_FD_ARMED.
 */
struct event_fd_site {
	struct event h;
	__u64 start_ns;
	__u64 opened;	/* since it was armed */
	__u64 ripe;	/* of these, over three seconds ago */
	__u64 first_ns; /* first and last opening */
	__u64 last_ns;
	__u64 oldest_ns; /* when the oldest that lives was opened; 0 = none lives */
	__u32 pid;
	__u32 site;  /* number of the stack, while the process is armed; ~0: it could not be read */
	__u32 alive; /* gauge, of `opened` */
	__u32 ripe_alive; /* gauge, of `ripe` */
	/* Of the one that lives longest: */
	__u8 kind; /* enum fd_kind; 0 = none lives */
	__u8 dir; /* enum peer_dir of a socket's peer, and its port: as in peer_key; 0 = not connected, or no socket */
	__u16 port;
	__u8 pad[4];
};

enum armed_via {
	ARMED_INSTALL = 1,  /* where each descriptor is installed: nothing is opened past it */
	ARMED_SYSCALLS = 2, /* at the system calls that open and close */
};

/* The end of one look at an armed process. What the hooks noted is held against its table. */
struct event_fd_armed {
	struct event h;
	__u64 start_ns;
	__u64 since_ns; /* armed */
	__u64 opened;
	__u64 closed;
	__u64 stale;   /* closed past the hooks: exec, close_range, dup2 */
	__u64 dropped; /* opened, and not kept: a table was full */
	__u64 runs;    /* of the hooks, for whichever process: what it cost */
	__u32 pid;
	__u32 tracked; /* gauges: of what it holds, those that were seen to be opened, */
	__u32 before;  /* those that it held before it was armed, */
	__u32 unknown; /* and the rest: opened past the hooks */
	__u32 via;     /* enum armed_via */
	__u32 pad;
};

enum stack_flag {
	STACK_LINES = 1,       /* at least one frame has file and line */
	STACK_NO_SYMBOL = 2,   /* a frame is named by file and offset */
	STACK_NO_FILE = 4,     /* a frame is in no file: made at run time */
	STACK_INTERPRETER = 8, /* an interpreter's own frames */
	STACK_CUT = 16,	       /* there were more frames than room */
	STACK_FAILED = 32,     /* nothing could be found out */
};

/* The stack of a call site in words (answers ASK_FD_STACK), innermost first:
 * "db_connect+0x41 (pool.c:118) < handle_order+0x9c (api.c:77)". */
struct event_fd_stack {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 site;
	__u32 flags;  /* enum stack_flag */
	__u32 frames; /* of the whole stack */
	char text[168];
	char build_id[48]; /* hex; of the file of the first frame */
};

enum refused_via {
	REFUSED_FUNCTION =
		1, /* where the number, or the file, is not given: whatever asked for it */
	REFUSED_SYSCALLS = 2, /* at the end of the system calls that open */
};

/* A look at a process that is watched for descriptors which the kernel refuses it: EMFILE. With pid 0 the host is, and
 * the kernel's own table: ENFILE, whichever process. Answers ASK_FD_REFUSED at each tick. */
struct event_fd_refused {
	struct event h;
	__u64 start_ns; /* 0: the host */
	__u64 since_ns; /* watched */
	__u64 refused;	/* since then */
	__u64 last_ns;	/* the latest; 0 = none */
	__u32 pid;	/* 0: the host */
	__u32 last_pid; /* who was refused last */
	__u32 via;	/* enum refused_via */
	__u32 pad;
	char last_comm[EVENT_COMM_LEN];
};

EVENT_SIZE_IS(event_proc, 336);
EVENT_SIZE_IS(event_proc_fds, 80);
EVENT_SIZE_IS(event_proc_gone, 32);
EVENT_SIZE_IS(event_fd_group, 232);
EVENT_SIZE_IS(event_fd_scan, 48);
EVENT_SIZE_IS(event_file_table, 32);
EVENT_SIZE_IS(event_fd_site, 88);
EVENT_SIZE_IS(event_fd_armed, 96);
EVENT_SIZE_IS(event_fd_stack, 256);
EVENT_SIZE_IS(event_fd_refused, 80);

#endif
