/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_queue.c - the queueing disciplines of the interfaces; see nic_queue.h. */
#include "model/nic_queue.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

struct queue_key {
	__u32 netns;
	__u32 ifindex;
};

void nic_queues_init(struct nic_queues *queues)
{
	table_init(&queues->table, sizeof(struct queue_key), sizeof(struct nic_queue),
		   NIC_QUEUES_MAX);
}

void nic_queues_done(struct nic_queues *queues)
{
	table_done(&queues->table);
}

static bool is_another(const struct nic_queue *queue, const struct event_nic_queue *e)
{
	const struct event_nic_queue *was = &queue->latest;

	return strncmp(queue->kind, e->kind, sizeof(queue->kind)) != 0 ||
	       e->packets < was->packets || e->bytes < was->bytes || e->drops < was->drops;
}

static __u32 gain(__u64 now, __u64 then)
{
	__u64 more = now > then ? now - then : 0;

	return more > 0xffffffffU ? 0xffffffffU : (__u32)more;
}

static void add_look(struct nic_queue *queue, const struct event_nic_queue *e)
{
	const struct event_nic_queue *was = &queue->latest;

	queue->look[queue->n_looks++ % QUEUE_LOOKS_MAX] = (struct queue_look){
		.ns = e->h.ts_ns,
		.span_ns = e->h.ts_ns > was->h.ts_ns ? e->h.ts_ns - was->h.ts_ns : 0,
		.bytes = e->bytes - was->bytes,
		.packets = gain(e->packets, was->packets),
		.drops = gain(e->drops, was->drops),
		.requeues = gain(e->requeues, was->requeues),
		.overlimits = gain(e->overlimits, was->overlimits),
		.backlog = e->backlog,
		.queued = e->queued,
	};
}

int nic_queues_apply(struct nic_queues *queues, const struct event_nic_queue *e)
{
	struct queue_key key = {.netns = e->netns, .ifindex = e->ifindex};
	struct nic_queue *queue = table_find(&queues->table, &key);

	if (queue && is_another(queue, e)) {
		table_remove(&queues->table, &key);
		queue = NULL;
	}
	if (queue) {
		add_look(queue, e);
	} else {
		queue = table_add(&queues->table, &key);
		if (!queue)
			return -ENOMEM;
		queue->netns = e->netns;
		queue->ifindex = e->ifindex;
		copy_text(queue->kind, sizeof(queue->kind), e->kind, sizeof(e->kind));
	}
	table_touch(&queues->table, queue);
	queue->latest = *e;
	return 0;
}

const struct nic_queue *nic_queues_find(const struct nic_queues *queues, __u32 netns, __u32 ifindex)
{
	struct queue_key key = {.netns = netns, .ifindex = ifindex};

	return table_find(&queues->table, &key);
}

const struct nic_queue *nic_queues_next(const struct nic_queues *queues,
					const struct nic_queue *queue)
{
	return table_next(&queues->table, queue);
}

const struct queue_look *nic_queue_look(const struct nic_queue *queue, unsigned int back)
{
	if (back >= queue->n_looks || back >= QUEUE_LOOKS_MAX)
		return NULL;
	return &queue->look[(queue->n_looks - 1 - back) % QUEUE_LOOKS_MAX];
}
