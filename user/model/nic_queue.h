/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_queue.h - the queueing disciplines of the interfaces: what each look at their counters saw. */
#ifndef CULPRIT_NIC_QUEUE_H
#define CULPRIT_NIC_QUEUE_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"

/* The interfaces that have a queue are few: a container's veth has none. */
#define NIC_QUEUES_MAX	128
#define QUEUE_LOOKS_MAX 16

/* From one event to the next. A tick without an event is one in which nothing moved. */
struct queue_look {
	__u64 ns;
	__u64 span_ns; /* since the look before */
	__u64 bytes;
	__u32 packets;
	__u32 drops;
	__u32 requeues;
	__u32 overlimits;
	__u32 backlog; /* bytes in it, at the end */
	__u32 queued;
};

struct nic_queue {
	__u32 netns;
	__u32 ifindex;
	char kind[16];
	struct event_nic_queue latest;
	struct queue_look look[QUEUE_LOOKS_MAX]; /* a ring: n_looks % QUEUE_LOOKS_MAX is next */
	__u64 n_looks;
};

struct nic_queues {
	struct table table; /* struct nic_queue by {netns, ifindex} */
};

void nic_queues_init(struct nic_queues *queues);
void nic_queues_done(struct nic_queues *queues);
/* 0 or -ENOMEM. Another kind, or a counter that went back, is another queue: it begins anew. */
int nic_queues_apply(struct nic_queues *queues, const struct event_nic_queue *event);

const struct nic_queue *nic_queues_find(const struct nic_queues *queues, __u32 netns,
					__u32 ifindex);
/* The next one, the first when queue is NULL; NULL past the end. */
const struct nic_queue *nic_queues_next(const struct nic_queues *queues,
					const struct nic_queue *queue);
/* The latest look, `back` 1 the one before it, and so on; NULL: there is none, or it is not kept. */
const struct queue_look *nic_queue_look(const struct nic_queue *queue, unsigned int back);

#endif
