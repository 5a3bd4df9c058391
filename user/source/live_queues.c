/* SPDX-License-Identifier: BSD-2-Clause */
/* live_queues.c - what each disk's queue holds, and whether it moves; see live_queues.h. */
#include "source/live_queues.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/id_table.h"
#include "source/diskstats.h"
#include "source/live_blocked.h"
#include "source/live_limits.h"
#include "small_file.h"

#define TEXT_MAX (1U << 19) /* 2048 lines of less than 256 bytes */
/* Requests in flight at so many looks in a row: one of them may be the same all the time. */
#define LOOKS_BUSY 3
/* A disk that did nothing for so many looks is not asked what is held back there. */
#define LOOKS_IDLE 60
/* Runs of the kernel side in one look, whatever the number of disks. */
#define LOOKS_AT_ONCE 256

struct queue_seen {
	__u32 dev;
	__u32 looks;		       /* at this disk: 0 = it is new */
	__u32 still;		       /* looks in a row with requests in flight and nothing done */
	__u32 busy;		       /* looks in a row with requests in flight */
	__u32 idle;		       /* looks in a row in which nothing moved */
	__u32 whole;		       /* no partition */
	struct event_block_queue last; /* as told; the header is zero */
};

struct live_queues {
	char path[128];
	struct id_table seen; /* struct queue_seen */
	struct live_blocked blocked;
	struct live_limits limits;
	unsigned int budget; /* runs left in this look */
	unsigned int hint;
	bool suspect; /* the last look saw a disk that did not move */
};

struct live_queues *live_queues_new(const char *root)
{
	struct live_queues *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	snprintf(q->path, sizeof(q->path), "%s/proc/diskstats", root);
	id_table_init(&q->seen, sizeof(__u32), sizeof(struct queue_seen), LIVE_QUEUES_MAX);
	return q;
}

void live_queues_free(struct live_queues *queues)
{
	if (!queues)
		return;
	id_table_done(&queues->seen);
	free(queues);
}

int live_queues_account(const struct live_queues *queues, struct emit *emit)
{
	return emit_table(emit, "source.queues", LIVE_QUEUES_MAX, queues->seen.used,
			  queues->seen.dropped);
}

static __u64 done(const struct event_block_queue *q)
{
	return q->reads_done + q->writes_done + q->others_done;
}

/* The requests themselves, or at least what is held back. */
static void look_inside(struct live_queues *q, const struct queue_seen *seen, struct probes *probes,
			struct event_block_queue *now, __u64 now_ns)
{
	bool full = now->in_flight && (seen->still || seen->busy >= LOOKS_BUSY);
	struct queue_look look = {0};

	if (!probes || !q->budget || seen->idle > LOOKS_IDLE)
		return;
	q->budget--;
	if (probes_look_queue(probes, now->dev, full, &look) < 0)
		return;
	now->flags |= BLOCK_QUEUE_HELD;
	now->held = look.held;
	/* None that the driver has: what is counted waits before it, and is not seen. */
	if (!full || !look.in_flight)
		return;
	now->flags |= BLOCK_QUEUE_WALKED;
	now->in_flight = look.in_flight;
	now->writes = look.writes;
	now->others = look.others;
	now->lengthy = look.lengthy;
	if (look.oldest_ns && look.oldest_ns < now_ns)
		now->age_ns = now_ns - look.oldest_ns;
}

static int take(struct live_queues *q, const struct event_block_queue *fresh, struct probes *probes,
		const struct live_disks *disks, struct emit *emit)
{
	struct event_block_queue now = *fresh, event;
	struct queue_seen *seen;
	bool is_new, moved;

	seen = id_table_add(&q->seen, &fresh->dev, &is_new);
	if (!seen)
		return 0;
	/* A smaller count: another disk under the same number. */
	if (is_new || done(fresh) < done(&seen->last)) {
		seen->whole = live_disks_is_whole(disks, fresh->dev, &q->hint);
		seen->looks = 0;
	}
	moved = seen->looks == 0 || done(fresh) != done(&seen->last);
	seen->busy = fresh->in_flight ? seen->busy + 1 : 0;
	seen->still = fresh->in_flight && !moved && seen->busy > 1 ? seen->still + 1 : 0;
	seen->idle = moved || fresh->in_flight ? 0 : seen->idle + 1;
	seen->looks++;
	if (!seen->whole)
		return 0;
	look_inside(q, seen, probes, &now, emit->now_ns);
	q->suspect |= seen->still > 0;
	if (now.held && live_limits_poll(&q->limits, now.dev, emit) < 0)
		return emit->failed;
	if (!moved && !now.in_flight && !now.held && !seen->last.in_flight && !seen->last.held)
		return 0;
	seen->last = now;
	event = now;
	return EMIT(emit, EVENT_BLOCK_QUEUE, &event);
}

int live_queues_poll(struct live_queues *queues, struct probes *probes,
		     const struct live_disks *disks, struct emit *emit)
{
	size_t length;
	char *text = whole_file_read(queues->path, TEXT_MAX, &length), *line, *end;
	int code = 0;

	if (!text)
		return 0;
	queues->suspect = false;
	queues->budget = LOOKS_AT_ONCE;
	for (line = text; code == 0 && (end = strchr(line, '\n')); line = end + 1) {
		struct event_block_queue fresh = {0};

		if (diskstats_parse(line, (size_t)(end - line), &fresh))
			code = take(queues, &fresh, probes, disks, emit);
	}
	free(text);
	if (code == 0 && queues->suspect)
		code = live_blocked_poll(&queues->blocked, emit);
	else
		live_blocked_forget(&queues->blocked);
	return code;
}
