/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * queue.bpf.h - what a request queue holds now: requests in flight and how old the oldest is, and bios
 * that blk-throttle holds back.
 *
 * Never attached: user space runs it (BPF_PROG_TEST_RUN), once a tick, for a queue whose pointer was
 * learned at its completions. Nothing is locked and memory may be reused under it: every read may fail,
 * a request counts only when it says itself that it belongs to this queue and is in flight, and what is
 * reported is what stays the same over two looks.
 */
#ifndef CULPRIT_QUEUE_BPF_H
#define CULPRIT_QUEUE_BPF_H

#include "status.bpf.h"

#include <culprit/map_block.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct queue_walk);
} walk SEC(".maps");

/* Before 5.15 a queue does not know its disk: its requests do (request_disk). */
static __always_inline bool queue_is_of(struct request_queue *q, __u32 dev)
{
	struct gendisk *disk;

	if (!bpf_core_field_exists(q->disk))
		return true;
	disk = BPF_CORE_READ(q, disk);
	return disk && disk_dev(disk, false) == dev;
}

static __always_inline bool request_is_of(struct request *rq, __u32 dev)
{
	struct gendisk *disk = request_disk(rq, false);

	return disk && disk_dev(disk, false) == dev;
}

/*
 * A function of its own, which the verifier checks once: inlined, the loop over all tags took it 0.9 s on a
 * quick host and half a minute in an emulated one. (A global function takes no pointers before 5.13.)
 */
__noinline int queue_request(__u64 address)
{
	struct request *rq = (struct request *)address;
	__u32 key = 0;
	struct queue_walk *w = bpf_map_lookup_elem(&walk, &key);
	__u64 start_ns;
	__u8 op;

	if (!w || !rq || (__u64)BPF_CORE_READ(rq, q) != w->queue ||
	    BPF_CORE_READ(rq, state) != MQ_RQ_IN_FLIGHT || !request_is_of(rq, w->dev))
		return 0;
	op = request_op(BPF_CORE_READ(rq, cmd_flags));
	if (op == BLOCK_READ)
		w->in_flight[0]++;
	else if (op == BLOCK_WRITE)
		w->in_flight[1]++;
	else
		w->in_flight[2]++;
	if (op > BLOCK_FLUSH) {
		w->lengthy++; /* a discard or a format: its age says nothing */
		return 0;
	}
	start_ns = BPF_CORE_READ(rq, start_time_ns);
	if (!start_ns)
		w->unknown_start++;
	else if (!w->oldest_ns || start_ns < w->oldest_ns)
		w->oldest_ns = start_ns;
	return 0;
}

static __always_inline void queue_held(struct queue_walk *w, struct request_queue *q)
{
	struct throtl_data *td;

	if (!bpf_core_field_exists(q->td))
		return;
	td = BPF_CORE_READ(q, td);
	if (!td)
		return;
	w->held[0] = BPF_CORE_READ(td, nr_queued[0]);
	w->held[1] = BPF_CORE_READ(td, nr_queued[1]);
}

static __always_inline int queue_look(void)
{
	struct request_queue *q;
	struct blk_mq_tag_set *set;
	struct blk_mq_tags **table, *tags = NULL;
	struct request **rqs, *rq;
	struct queue_walk *w;
	__u32 i, key = 0, n;

	w = bpf_map_lookup_elem(&walk, &key);
	if (!w || !w->queue)
		return 0;
	q = (void *)w->queue;
	if (!queue_is_of(q, w->dev))
		return 0;
	queue_held(w, q);
	set = BPF_CORE_READ(q, tag_set);
	w->n_hw = BPF_CORE_READ(set, nr_hw_queues);
	if (w->hw >= w->n_hw)
		return 0;
	table = BPF_CORE_READ(set, tags);
	bpf_probe_read_kernel(&tags, sizeof(tags), table + w->hw);
	w->tags = (__u64)tags;
	w->n_tags = n = BPF_CORE_READ(tags, nr_tags);
	rqs = BPF_CORE_READ(tags, rqs);
	for (i = 0; i < QUEUE_WALK_TAGS; i++) {
		if (w->first + i >= n)
			break;
		rq = NULL;
		bpf_probe_read_kernel(&rq, sizeof(rq), rqs + w->first + i);
		queue_request((__u64)rq);
	}
	return 0;
}

SEC("?raw_tp")
int queue_walk(void *ctx)
{
	return RUN(HOOK_BLOCK_QUEUE, queue_look());
}

#endif
