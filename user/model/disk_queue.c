/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_queue.c - what a disk's queue holds and whether it moves; see disk_queue.h. */
#include "model/disk_queue.h"

#include <string.h>

#include "model/copy.h"

/* So many looks tell whether something is held back all the time: eight bits. */
#define HELD_LOOKS 0xffU
/* A cgroup that held nothing back for longer begins anew: how its tasks waited before says nothing of now. */
#define LIMIT_REST_NS (15 * 1000000000ULL)
/* Two looks compute a request's start from its age: they agree within this. */
#define SAME_NS 2000000ULL

__u64 disk_queue_done(const struct event_block_queue *event)
{
	return event->reads_done + event->writes_done + event->others_done;
}

static void follow_oldest(struct disk_queue *q, const struct event_block_queue *event)
{
	__u64 start_ns = event->age_ns && event->age_ns < event->h.ts_ns
				 ? event->h.ts_ns - event->age_ns
				 : 0;
	bool same =
		start_ns && start_ns + SAME_NS > q->oldest_ns && start_ns < q->oldest_ns + SAME_NS;

	q->same = start_ns ? (same ? q->same + 1 : 1) : 0;
	q->oldest_ns = start_ns;
}

static void follow_held(struct disk_queue *q, const struct event_block_queue *event)
{
	q->held_looks = (q->held_looks << 1 | (event->held != 0)) & HELD_LOOKS;
	if (!q->held_looks)
		q->held_most = 0;
	if (q->held_looks == 1)
		q->held_from = *event;
	if (event->held > q->held_most)
		q->held_most = event->held;
}

/* Has it been watched since the look before? A host that stood still (a stopped guest) looks at once when it goes on,
 * and its disks have not: what they were asked before counts from this look. */
static bool was_watched(const struct disk_queue *q, const struct event_block_queue *event,
			const struct look_time *time)
{
	return (double)(event->h.ts_ns - q->now.h.ts_ns) <=
	       HOST_STOOD_STILL * (double)time->interval_ns;
}

void disk_queue_apply(struct disk_queue *queue, const struct event_block_queue *event,
		      const struct look_time *time, struct disk_split *split)
{
	struct disk_queue *q = queue;
	__u64 before = disk_queue_done(&q->now), done = disk_queue_done(event);

	bool done_before = q->first.h.ts_ns != 0;
	bool watched = was_watched(q, event, time);

	/* The first look, or another disk under the same number. */
	if (!done_before || done < before) {
		struct disk_past *past = q->past;

		memset(q, 0, sizeof(*q));
		/* What the store told of this disk came before its first look. */
		q->past = past;
		if (done_before && past)
			memset(past, 0, sizeof(*past));
		q->first = q->now = *event;
		follow_oldest(q, event);
		follow_held(q, event);
		return;
	}
	if (done != before) {
		q->done_ns = event->h.ts_ns;
		q->still_ns = q->stills = 0;
	} else if (event->in_flight && q->now.in_flight) {
		if (!q->still_ns) {
			q->still_ns = watched ? q->now.h.ts_ns : event->h.ts_ns;
			q->idle_before_ns = q->done_ns ? q->still_ns - q->done_ns : ~0ULL;
		}
		q->stills++;
	} else {
		q->still_ns = q->stills = 0;
	}
	if (!watched)
		q->oldest_ns = q->same = 0;
	follow_oldest(q, event);
	follow_held(q, event);
	if (q->past)
		disk_past_apply(q->past, time, &q->now, event, split);
	q->now = *event;
}

__u64 disk_queue_age_ns(const struct disk_queue *queue, __u64 now_ns)
{
	if (!queue->now.in_flight)
		return 0;
	if (queue->oldest_ns && queue->same > 1)
		return now_ns - queue->oldest_ns;
	return queue->still_ns ? now_ns - queue->still_ns : 0;
}

void disk_waits_blocked(struct disk_waits *waits, const struct event_task_blocked *event)
{
	struct event_task_blocked *task;

	if (waits->n && waits->task[0].h.ts_ns != event->h.ts_ns)
		waits->n = 0;
	if (waits->n == DISK_BLOCKED_KEPT)
		return;
	task = &waits->task[waits->n++];
	*task = *event;
	copy_text(task->comm, sizeof(task->comm), event->comm, sizeof(event->comm));
}

const struct event_task_blocked *disk_waits_task(const struct disk_waits *waits, __u64 now_ns,
						 __u64 within_ns, unsigned int i)
{
	if (i >= waits->n || waits->task[i].h.ts_ns + within_ns < now_ns)
		return NULL;
	return &waits->task[i];
}

static void take_limit(struct disk_limit *limit, const struct event_io_limit *event, bool anew)
{
	limit->now = *event;
	copy_text(limit->now.cgroup, sizeof(limit->now.cgroup), event->cgroup,
		  sizeof(event->cgroup));
	if (!anew)
		return;
	limit->first_pressure_us = event->pressure_us;
	limit->first_ns = event->h.ts_ns;
}

void disk_waits_limit(struct disk_waits *waits, const struct event_io_limit *event)
{
	struct disk_limit *limit = waits->limit;

	for (unsigned int i = 0; i < waits->n_limits; i++) {
		struct disk_limit *l = &waits->limit[i];

		if (l->now.dev == event->dev && l->now.cgroup_id == event->cgroup_id) {
			take_limit(l, event,
				   event->h.ts_ns > l->now.h.ts_ns + LIMIT_REST_NS ||
					   event->pressure_us < l->now.pressure_us);
			return;
		}
		if (l->now.h.ts_ns < limit->now.h.ts_ns)
			limit = l;
	}
	if (waits->n_limits < DISK_LIMITS_MAX)
		limit = &waits->limit[waits->n_limits++];
	take_limit(limit, event, true);
}

const struct disk_limit *disk_waits_limited(const struct disk_waits *waits, __u32 dev,
					    unsigned int i)
{
	for (unsigned int k = 0; k < waits->n_limits; k++)
		if (waits->limit[k].now.dev == dev && i-- == 0)
			return &waits->limit[k];
	return NULL;
}
