/* SPDX-License-Identifier: BSD-2-Clause */
/* live_thin.c - how full the thin pools are; see live_thin.h. */
#include "source/live_thin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/id_table.h"
#include "source/looker.h"

#define S_NS	 1000000000ULL
#define ROUND_NS (3 * S_NS)
#define HUNG_NS	 (600 * S_NS) /* a pool at which a look hung is left alone for so long */
/* A mapping may become a pool by a new table, of which the list of disks shows nothing. */
#define ROUNDS_PER_SEARCH 20

struct pool {
	__u32 dev;
	bool here;
	bool is_told;
	__u64 hung_ns;
	struct event_thin_pool told; /* header zero */
};

struct live_thin {
	struct id_table pools; /* struct pool */
	struct looker looker;
	__u64 round_ns; /* when the next one is due */
	__u64 readings; /* of the list of disks, at the last search */
	unsigned int round;
	unsigned int at; /* disk that is asked for next */
	bool asking;
	bool searching; /* this round asks every mapping */
};

struct live_thin *live_thin_new(void)
{
	struct live_thin *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	id_table_init(&t->pools, sizeof(__u32), sizeof(struct pool), LIVE_THIN_MAX);
	looker_init(&t->looker);
	t->looker.look = looker_thin;
	return t;
}

void live_thin_look_with(struct live_thin *thin,
			 void (*look)(const struct look_request *request, struct look_reply *reply))
{
	thin->looker.look = look;
}

void live_thin_free(struct live_thin *thin)
{
	if (!thin)
		return;
	looker_done(&thin->looker);
	id_table_done(&thin->pools);
	free(thin);
}

int live_thin_account(const struct live_thin *thin, struct emit *emit)
{
	if (!thin->pools.used && !thin->pools.dropped)
		return 0;
	return emit_table(emit, "source.thin_pools", LIVE_THIN_MAX, thin->pools.used,
			  thin->pools.dropped);
}

/* ---- answers ---- */

static void forget(struct live_thin *t, const struct pool *pool)
{
	for (unsigned int i = 0; i < t->pools.used; i++)
		if (id_table_at(&t->pools, i) == pool) {
			id_table_remove_at(&t->pools, i);
			return;
		}
}

static int tell(struct pool *pool, const struct event_thin_pool *now, struct emit *emit)
{
	struct event_thin_pool event = *now;

	if (pool->is_told && memcmp(now, &pool->told, sizeof(*now)) == 0)
		return 0;
	pool->is_told = true;
	pool->told = *now;
	return EMIT(emit, EVENT_THIN_POOL, &event);
}

static int take(struct live_thin *t, const struct look_reply *reply, struct emit *emit)
{
	struct event_thin_pool now = {.dev = reply->dev};
	struct pool *pool = id_table_find(&t->pools, &reply->dev);
	bool is_new;

	if (reply->err == -ETIMEDOUT && pool) {
		pool->hung_ns = emit->now_ns;
		now = pool->told;
		now.flags |= THIN_UNANSWERED;
		return pool->is_told ? tell(pool, &now, emit) : 0;
	}
	if (reply->err) { /* it is none, or none any more */
		if (pool)
			forget(t, pool);
		return 0;
	}
	pool = id_table_add(&t->pools, &reply->dev, &is_new);
	if (!pool)
		return 0;
	pool->here = true;
	pool->hung_ns = 0;
	now.data_bytes = reply->size_bytes;
	now.data_used = reply->size_bytes - reply->free_bytes;
	now.meta_bytes = reply->meta_bytes;
	now.meta_used = reply->meta_used;
	now.flags = reply->flags;
	return tell(pool, &now, emit);
}

/* ---- asking ---- */

static bool is_mapping(const struct event_disk *disk)
{
	return strncmp(disk->name, "dm-", 3) == 0 && !(disk->flags & DISK_PARTITION);
}

/* False when there is no room for it now. */
static bool ask(struct live_thin *t, __u32 dev, __u64 now_ns)
{
	struct look_request request = {.dev = dev};
	struct pool *pool = id_table_find(&t->pools, &dev);

	if (pool)
		pool->here = true;
	if (pool ? pool->hung_ns && now_ns < pool->hung_ns + HUNG_NS : !t->searching)
		return true;
	return looker_ask(&t->looker, &request, now_ns);
}

static void sweep(struct live_thin *t)
{
	for (unsigned int i = 0; i < t->pools.used;) {
		const struct pool *pool = id_table_at(&t->pools, i);

		if (pool->here)
			i++;
		else
			id_table_remove_at(&t->pools, i);
	}
}

static void begin_round(struct live_thin *t, const struct live_disks *disks, __u64 now_ns)
{
	t->searching =
		t->round++ % ROUNDS_PER_SEARCH == 0 || t->readings != live_disks_readings(disks);
	t->readings = live_disks_readings(disks);
	t->round_ns = now_ns + ROUND_NS;
	t->asking = true;
	t->at = 0;
	for (unsigned int i = 0; i < t->pools.used; i++)
		((struct pool *)id_table_at(&t->pools, i))->here = false;
}

static void ask_all(struct live_thin *t, const struct live_disks *disks, __u64 now_ns)
{
	const struct event_disk *disk;

	if (!t->asking) {
		if (now_ns < t->round_ns)
			return;
		begin_round(t, disks, now_ns);
	}
	for (; (disk = live_disks_at(disks, t->at)); t->at++)
		if (is_mapping(disk) && !ask(t, disk->dev, now_ns))
			return;
	t->asking = false;
	sweep(t);
}

int live_thin_poll(struct live_thin *thin, const struct live_disks *disks, struct emit *emit)
{
	struct look_reply reply;
	int code = 0;

	while (code == 0 && looker_answer(&thin->looker, &reply, emit->now_ns))
		code = take(thin, &reply, emit);
	if (code == 0)
		ask_all(thin, disks, emit->now_ns);
	return code;
}
