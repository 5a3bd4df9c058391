/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probes.h - the kernel side, as the live source sees it.
 *
 * One object holds all BPF objects (enum probe_object). What attaches and by which way is decided
 * by THE probe table (probe_table.c) and really trying. Everything it learns leaves as events.
 */
#ifndef CULPRIT_PROBES_H
#define CULPRIT_PROBES_H

#include "err.h"
#include "probe/block_queue.h"
#include "probe/system_read.h"
#include "source/source.h"

struct probes;
struct stack_sample;

struct probes_options {
	const char *disable;   /* comma list of probe names that are forced off; NULL = none */
	const char *force_way; /* "probe=way,...": only this way is tried (tests); NULL = all in
				  order */
	unsigned long long slow_io_ns;
	/* Ring events of one peer or disk: a burst, then one per interval. 0 = the default, a second. */
	unsigned long long event_interval_ns;
	unsigned int own_pid;
	bool rests;   /* for months: as tcp_peers_rest() */
	bool verbose; /* libbpf's messages to stderr as they come */
};

/* Memory only, once /proc and /sys are seen to be mounted: else -ENOENT, which says so. */
int probes_new(const struct probes_options *options, struct probes **ret_probes, struct err *err);
/* Opens, loads and attaches what it can. 0 when at least one probe is active; else -EPERM with the
 * missing capability named, -ENOTSUP without BTF, or the first failure. Each probe's fate is in
 * probes_report(). */
int probes_attach(struct probes *probes, struct err *err);
/* From now on: what the reason of a probe that runs for suspects only says (NULL: nothing), the same of those that tell of
 * single segments and connections (which then only count them), and of the one that samples sockets; and with which
 * snapshot it does: each, or each n-th. probes_report() tells it. */
struct probes_limits {
	const char *armed, *told, *sampled; /* copied */
	unsigned int sample_each;
};
void probes_limit(struct probes *probes, const struct probes_limits *limits);
/* EVENT_PROBE for each row. */
int probes_report(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx);
/* EVENT_RING, EVENT_TABLE, EVENT_HOOK: the present numbers. */
int probes_account(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx);
/* CPU time of the programs that run in others' context since the start, as of the last probes_account(): see hook_cost.h.
 * 0 until it is known. */
unsigned long long probes_hooks_ns(const struct probes *probes);
/* Memory of maps and rings, bytes. */
unsigned long long probes_map_bytes(struct probes *probes);
/* A descriptor that is readable while a ring holds events; -1: there is none, look at it on time. */
int probes_fd(const struct probes *probes);
/* Hands out all that is in the rings; returns how many events were urgent (block errors, failed
 * connection attempts), or a negative errno. */
int probes_drain(struct probes *probes, event_fn fn, void *ctx);
/* One snapshot: EVENT_BLOCK_STAT/STATUS and EVENT_TCP_PEER that changed, the census (EVENT_PROC_FDS
 * that changed, EVENT_PROC_GONE). baseline: the first one. */
int probes_snapshot(struct probes *probes, unsigned long long now_ns, bool baseline, event_fn fn,
		    void *ctx);
/* One breakdown of a process's descriptors: EVENT_FD_GROUP..., EVENT_FD_SCAN. -ESRCH: it is gone.
 */
int probes_scan_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		    unsigned int scan, unsigned long long now_ns, event_fn fn, void *ctx);
/*
 * Arms a process: which user stack opens what it keeps. While one is armed, each breakdown of it is followed by
 * EVENT_FD_SITE... and EVENT_FD_ARMED. -ENOTSUP: no way works; -EEXIST: it is armed; -ENOSPC: too many are.
 */
int probes_arm_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		   unsigned long long now_ns);
void probes_disarm_fds(struct probes *probes, unsigned int pid);
/* A stack of a call site of an armed process; see leak_probe_sample(). */
int probes_fd_sample(const struct probes *probes, unsigned int pid, unsigned int site,
		     unsigned long long now_ns, struct stack_sample *ret_sample);
/*
 * Arms all processes of a name (as in struct event_proc): how their TLS handshakes end, as EVENT_TLS_OUTCOME with each
 * snapshot. -ENOTSUP: no way works; -ENOSPC: too many are. Arming one that is armed is fine.
 */
int probes_arm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN]);
/* Attaches to the library that is open at `fd`, while something is armed. A bit for each library in it (1 << enum
 * tls_library), 0: there is none; or a negative errno. */
int probes_attach_tls(struct probes *probes, int fd);
void probes_disarm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN]);
/* What the request queue of a disk holds now; see block_queue_look(). -ENOTSUP: there is no such program;
 * -ENOENT: nothing of this disk was seen to complete yet, so its queue is not known. */
int probes_look_queue(struct probes *probes, unsigned int dev, bool full,
		      struct queue_look *ret_look);
/* The i-th network namespace in which processes live, besides our own: its inode, and a process in it. False past the
 * end. */
bool probes_netns(const struct probes *probes, unsigned int i, unsigned int *ret_inum,
		  unsigned int *ret_pid);
/* A netlink socket made within the namespace: a descriptor, or a negative errno; see netns_netlink(). */
int probes_netns_netlink(const struct probes *probes, unsigned int inum, int protocol);
/* Processes that the kernel chose to kill for lack of memory since the probes were attached; exact. */
unsigned long long probes_oom_kills(const struct probes *probes);
/* Shows each task that sleeps uninterruptibly now. -ENOTSUP: there is no such program. */
int probes_waiting(struct probes *probes, waiting_fn fn, void *ctx);
/*
 * Watches a process for descriptors that it is refused (EMFILE), or with pid 0 the host's table of open files (ENFILE).
 * -ENOTSUP: no way works; -EEXIST: it is watched; -ENOSPC: too many are.
 */
int probes_watch_refused(struct probes *probes, unsigned int pid, unsigned long long start_ns,
			 unsigned long long now_ns);
void probes_unwatch_refused(struct probes *probes, unsigned int pid);
/* EVENT_FD_REFUSED of each that is watched. */
int probes_report_refused(const struct probes *probes, unsigned long long now_ns, event_fn fn,
			  void *ctx);
/* The hooks at insertion and issue: attached while at least one disk is armed. dev as in struct event_disk. */
int probes_arm_issue(struct probes *probes, unsigned int dev);
int probes_disarm_issue(struct probes *probes, unsigned int dev);
/* Detaches all. NULL is fine. */
void probes_free(struct probes *probes);

#endif
