/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * compat.bpf.h - what differs between kernels: a flavor (type___suffix) of each form and one accessor,
 * each with the kernel change. Decided by field and type, never by version: distributions backport.
 *
 * Two more differences are in the number and type of tracepoint arguments; user space looks these up
 * in the kernel's BTF (user/probe/feature.c) and sets them in struct bpf_config.
 */
#ifndef CULPRIT_COMPAT_BPF_H
#define CULPRIT_COMPAT_BPF_H

#include "probe.bpf.h"

/*
 * The disk of a request: request.rq_disk went away in 5.17 (f3fa33acca9f "block: remove the ->rq_disk
 * field in struct request"); request_queue.disk is there since 5.15 (d152c682f03c "block: add an explicit
 * ->disk backpointer to the request_queue").
 */
struct request___pre517 {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

static __always_inline struct gendisk *request_disk(struct request *rq, const bool direct)
{
	struct request___pre517 *old = (void *)rq;
	struct request_queue *q;

	if (bpf_core_field_exists(old->rq_disk))
		return GET(direct, old, rq_disk);
	q = GET(direct, rq, q);
	return q ? GET(direct, q, disk) : NULL;
}

/* A disk as dev_t. */
static __always_inline __u32 disk_dev(struct gendisk *disk, const bool direct)
{
	return (__u32)GET(direct, disk, major) << 20 | (__u32)GET(direct, disk, first_minor);
}

/* Of block_rq_insert and its like: (queue, request) before 5.11, a54895fa057c. */
static __always_inline struct request *request_of(unsigned long long *ctx)
{
	return config.issue_has_queue ? (void *)ctx[1] : (void *)ctx[0];
}

/*
 * The classic tracepoint's record of block_rq_complete: its class is shared with block_rq_error, and
 * renamed, since 5.18 ("block: introduce block_rq_error tracepoint"). rwbs grew from 8 to 10 bytes in
 * 6.18 or before; 8 are all we need.
 */
struct trace_event_raw_block_rq_complete {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
	int error;
	char rwbs[8];
} __attribute__((preserve_access_index));

struct trace_event_raw_block_rq_completion {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
	int error;
	char rwbs[8];
} __attribute__((preserve_access_index));

/*
 * The classic tracepoint's record of tcp_retransmit_skb: of the class tcp_event_sk_skb up to 6.16, its
 * own, with err, since 6.17 ("tcp: trace retransmit failures in tcp_retransmit_skb").
 */
struct trace_event_raw_tcp_event_sk_skb {
	const void *skbaddr;
	const void *skaddr;
} __attribute__((preserve_access_index));

struct trace_event_raw_tcp_retransmit_skb {
	const void *skbaddr;
	const void *skaddr;
	int err;
} __attribute__((preserve_access_index));

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate;
	int newstate;
} __attribute__((preserve_access_index));

struct trace_event_raw_tcp_retransmit_synack {
	const void *req;
} __attribute__((preserve_access_index));

/*
 * task_struct.state became __state, and shorter, in 5.14 (2f064a59a11f "sched: Change task_struct::state").
 */
struct task_struct___pre514 {
	volatile long state;
} __attribute__((preserve_access_index));

struct task_struct___514 {
	unsigned int __state;
} __attribute__((preserve_access_index));

static __always_inline unsigned int task_state(struct task_struct *task)
{
	struct task_struct___pre514 *old = (void *)task;
	struct task_struct___514 *now = (void *)task;

	if (bpf_core_field_exists(now->__state))
		return BPF_CORE_READ(now, __state);
	return (unsigned int)BPF_CORE_READ(old, state);
}

/*
 * mm_struct.rss_stat became per-CPU counters in 6.2 (f1a7941243c1 "mm: convert mm's rss stats into
 * percpu_counter"): their common part lags by some pages a CPU.
 */
struct mm_rss_stat {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___pre62 {
	struct mm_rss_stat rss_stat;
} __attribute__((preserve_access_index));

/* File, anonymous and shared memory pages; 2 are swap entries. */
static __always_inline __u64 mm_rss_pages(struct mm_struct *mm)
{
	struct mm_struct___pre62 *old = (void *)mm;
	__s64 pages;

	/* Not by the type's existence: a type that vmlinux lacks is searched for in modules, which takes CAP_SYS_ADMIN. */
	if (bpf_core_field_exists(old->rss_stat)) {
		pages = BPF_CORE_READ(old, rss_stat.count[0].counter);
		pages += BPF_CORE_READ(old, rss_stat.count[1].counter);
		pages += BPF_CORE_READ(old, rss_stat.count[3].counter);
	} else {
		pages = BPF_CORE_READ(mm, rss_stat[0].count);
		pages += BPF_CORE_READ(mm, rss_stat[1].count);
		pages += BPF_CORE_READ(mm, rss_stat[3].count);
	}
	return pages > 0 ? pages : 0;
}

/*
 * BLK_STS_ZONE_RESOURCE (14) was removed in 6.10, and what follows moved down by one: OFFLINE 17 to 16,
 * DURATION_LIMIT 18 to 17. Macros are not in BTF; the same series (zone write plugging) removed
 * request_queue.required_elevator_features, a field that no configuration hides.
 */
struct request_queue___pre610 {
	unsigned int required_elevator_features;
} __attribute__((preserve_access_index));

static __always_inline bool status_has_zone_resource(void)
{
	struct request_queue___pre610 *q = NULL;

	return bpf_core_field_exists(q->required_elevator_features);
}

#endif
