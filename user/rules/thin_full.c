/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thin_full.c - disk-full, of a thin pool: what its volumes promise it cannot keep, or soon cannot.
 *
 * The pool says itself how much of its data and of its metadata is used, and whether it has stopped: out of data
 * space, read-only, failed, in need of a check. One whose active volumes are together no larger than it is cannot run
 * out of data (all of a volume may be mapped: that is no fault), unless others that are not active share it.
 *
 * Basis and confidence: as in disk_full.c, 0.98 reported and 0.60 to 0.70 for the forecast alone; times 0.85 when it
 * is by its share alone and the volumes are no larger than the pool.
 *
 * Severity: critical when it has stopped, above `critical_share`, or above `full_share` and full within the hour; info
 * when only its share speaks and the volumes are no larger than it; else warning.
 */
#include <stdio.h>
#include <string.h>

#include "model/thin.h"
#include "rules/disk_full.h"
#include "rules/disk_stack.h"
#include "rules/families.h"
#include "rules/forecast.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define STOPPED (THIN_READ_ONLY | THIN_NO_SPACE | THIN_FAILED | THIN_NEEDS_CHECK)

struct pool_fill {
	const struct thin_pool *pool;
	const struct disk *disk;
	double data, meta;    /* shares used */
	bool by_meta;	      /* the metadata is what is short */
	bool full;	      /* either is above full_share */
	__u64 promised;	      /* bytes of the active volumes */
	unsigned int volumes; /* active */
	bool bounded;	      /* and these are no larger than the pool */
	struct forecast forecast;
};

/* LVM puts a mapping of the pool's own name, and size, over "NAME-tpool": that is no volume. */
static bool is_its_alias(const struct disk *pool, const struct disk *upper)
{
	size_t n = strlen(upper->info.backing);

	return n && strncmp(upper->info.backing, pool->info.backing, n) == 0 &&
	       strcmp(pool->info.backing + n, "-tpool") == 0;
}

static void add_volumes(const struct model *model, struct pool_fill *f)
{
	const struct disks *disks = model_disks(model);
	struct stack_walk up;

	stack_up(disks, f->disk->info.dev, &up);
	for (unsigned int i = 1; i < up.n; i++) {
		const struct disk *volume = disks_find(disks, up.dev[i]);

		if (up.from[i] != 0 || !volume || volume->gone || is_its_alias(f->disk, volume))
			continue;
		f->volumes++;
		f->promised += volume->info.size_bytes;
	}
	f->bounded = f->volumes && !up.cut && f->promised <= f->pool->now.data_bytes;
}

static double share(__u64 used, __u64 total)
{
	return total ? (double)used / (double)total : 0.0;
}

static bool find(const struct model *model, const struct thin_pool *pool, struct pool_fill *f)
{
	const struct event_thin_pool *now = &pool->now;
	double full = model_threshold(model, &disk_full_share);

	*f = (struct pool_fill){.pool = pool, .disk = disks_find(model_disks(model), now->dev)};
	if (!f->disk || f->disk->gone)
		return false;
	f->data = share(now->data_used, now->data_bytes);
	f->meta = share(now->meta_used, now->meta_bytes);
	f->full = f->data >= full || f->meta >= full;
	f->by_meta = f->meta >= full && f->meta > f->data;
	add_volumes(model, f);
	f->forecast.seconds_left = -1.0;
	if (!f->bounded)
		f->forecast = forecast(model, &pool->data, now->data_bytes - now->data_used);
	return f->full || now->flags & STOPPED || f->forecast.seconds_left >= 0.0;
}

/* Only that its data is nearly all mapped speaks, and all that was promised is there. */
static bool is_as_meant(const struct pool_fill *f)
{
	return f->bounded && !f->by_meta && !(f->pool->now.flags & STOPPED);
}

static enum severity severity_of(const struct model *model, const struct pool_fill *f)
{
	double most = f->by_meta ? f->meta : f->data;

	if (f->pool->now.flags & STOPPED)
		return SEVERITY_CRITICAL;
	if (is_as_meant(f))
		return SEVERITY_INFO;
	if (most >= model_threshold(model, &disk_full_critical_share) ||
	    (f->full && f->forecast.seconds_left >= 0.0))
		return SEVERITY_CRITICAL;
	return SEVERITY_WARNING;
}

static double sureness(const struct pool_fill *f)
{
	if (!f->full && !(f->pool->now.flags & STOPPED))
		return forecast_sureness(&f->forecast);
	return is_as_meant(f) ? 0.98 * 0.85 : 0.98;
}

/* ---- words ---- */

static const char *name_of(const struct pool_fill *f)
{
	return f->disk->info.backing[0] ? f->disk->info.backing : f->disk->info.name;
}

static void message(struct claim *claim, const struct pool_fill *f)
{
	const struct event_thin_pool *now = &f->pool->now;
	struct text name = text_name(name_of(f), 30);

	if (now->flags & THIN_FAILED)
		claim_message(claim, "FULL: thin pool %s has failed; it serves no I/O.", name.s);
	else if (now->flags & THIN_NO_SPACE)
		claim_message(claim, "FULL: thin pool %s has no space left; writes %s.", name.s,
			      now->flags & THIN_ERRORS_IF_FULL ? "fail" : "wait, then fail");
	else if (now->flags & STOPPED)
		claim_message(claim, "FULL: thin pool %s takes no more writes%s.", name.s,
			      now->flags & THIN_NEEDS_CHECK ? ": its metadata needs a check" : "");
	else if (f->by_meta)
		claim_message(claim, "FULL: the metadata of thin pool %s is %s used.", name.s,
			      text_percent(f->meta).s);
	else if (f->forecast.seconds_left >= 0.0)
		claim_message(claim, "FULL: thin pool %s is %s used and will be full in %s.",
			      name.s, text_percent(f->data).s,
			      text_duration(f->forecast.seconds_left).s);
	else
		claim_message(claim, "FULL: thin pool %s is %s used; %s left.", name.s,
			      text_percent(f->data).s,
			      text_size(now->data_bytes - now->data_used).s);
}

/* The gravest of what it says. */
static const char *state_text(__u32 flags)
{
	if (flags & THIN_FAILED)
		return "failed";
	if (flags & THIN_NEEDS_CHECK)
		return flags & THIN_READ_ONLY ? "read-only, needs check" : "needs check";
	return flags & THIN_READ_ONLY ? "read-only" : "out of data space";
}

static void evidence(struct claim *claim, const struct model *model, const struct pool_fill *f)
{
	const struct event_thin_pool *now = &f->pool->now;
	char chain[96];

	claim_text(claim, ROLE_DISK, "thin pool %s, %s", text_name(name_of(f), 40).s,
		   text_size(f->disk->info.size_bytes).s);
	if (disk_chain_text(model, f->disk, chain, 69))
		claim_text(claim, ROLE_CHAIN, "%s", chain);
	if (now->flags & STOPPED)
		claim_evidence(claim, ROLE_FOR, true, "pool.state", now->flags, "1", "it says: %s",
			       state_text(now->flags));
	if (now->data_bytes)
		claim_evidence(claim, ROLE_FOR, f->data >= 0.5, "pool.data.used", 100.0 * f->data,
			       "%", "%s of %s used", text_percent(f->data).s,
			       text_size(now->data_bytes).s);
	if (f->meta >= 0.5)
		claim_evidence(claim, ROLE_FOR, true, "pool.metadata.used", 100.0 * f->meta, "%",
			       "%s of %s metadata used", text_percent(f->meta).s,
			       text_size(now->meta_bytes).s);
	if (f->forecast.seconds_left >= 0.0 || (!(now->flags & STOPPED) && !f->bounded))
		forecast_say(claim, &f->forecast, "pool.full_in");
	if (f->bounded)
		claim_evidence(claim, ROLE_AGAINST, !is_as_meant(f), "pool.promised",
			       100.0 * share(f->promised, now->data_bytes), "%",
			       "%s active on it %s no larger than it",
			       text_plural(f->volumes, "volume").s, f->volumes > 1 ? "are" : "is");
	else if (f->volumes)
		claim_evidence(claim, ROLE_FOR, true, "pool.promised",
			       100.0 * share(f->promised, now->data_bytes), "%", "%s promise %s",
			       text_plural(f->volumes, "volume").s, text_size(f->promised).s);
	if (now->flags & THIN_UNANSWERED)
		claim_text(claim, ROLE_UNKNOWN, "how full it is now: the last look hangs");
}

static void advice(struct claim *claim, const struct pool_fill *f)
{
	const char *name = name_of(f);
	bool lvm = strcmp(f->disk->info.layer, "LVM") == 0;

	if (lvm)
		claim_advice(claim, false, "See data and metadata of each pool",
			     "lvs -a -o+data_percent,metadata_percent");
	else if (text_is_plain_word(name))
		claim_advice(claim, false, "See its state", "dmsetup status %.50s", name);
	if (f->pool->now.flags & (THIN_NEEDS_CHECK | THIN_FAILED))
		claim_advice(claim, true, "Back up first, then repair it: lvconvert --repair", "%s",
			     "");
	else
		claim_advice(claim, true,
			     f->by_meta ? "Extend its metadata (lvextend --poolmetadatasize)"
					: "Extend it (lvextend), or delete volumes or snapshots",
			     "%s", "");
	if (!(f->pool->now.flags & STOPPED))
		claim_advice(claim, true, "Give back what file systems on it have freed",
			     "fstrim -av");
	snprintf(claim->call, sizeof(claim->call), "whoever manages the storage of this host");
}

static void claim_pool(const struct model *model, const struct pool_fill *f,
		       const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	bool sure = f->full || f->pool->now.flags & STOPPED;
	struct claim claim;

	claim_init(&claim, &disk_full_rule, &subject);
	claim.basis = sure ? BASIS_REPORTED : BASIS_INFERRED;
	claim.confidence = confidence_round(sureness(f));
	claim.severity = severity_of(model, f);
	claim.count = 1;
	claim.first_ns = claim.last_ns = f->pool->now.h.ts_ns;
	claim.window_ns = (__u64)(f->forecast.observed_s * 1e9);
	message(&claim, f);
	evidence(&claim, model, f);
	disk_stack_affects(&claim, model, f->disk);
	advice(&claim, f);
	judgement->claim(judgement->ctx, &claim);
}

void thin_full_judge(const struct model *model, const struct judgement *judgement)
{
	const struct thin_pool *pool = NULL;
	struct pool_fill f;

	while ((pool = thin_pools_next(model_thin_pools(model), pool)))
		if (find(model, pool, &f))
			claim_pool(model, &f, judgement);
}

/* What waited for room is on its way, and the looks at the pool and at its volumes are not of one moment. */
#define ON_ITS_WAY_NS 5000000000ULL

static bool lets_wait(const struct model *model, const struct thin_pool *pool)
{
	if (pool->now.flags & THIN_NO_SPACE)
		return !(pool->now.flags & THIN_ERRORS_IF_FULL);
	return pool->room_ns && model_now(model) - pool->room_ns < ON_ITS_WAY_NS;
}

bool thin_full_holds(const struct model *model, const struct disk *disk)
{
	struct stack_walk down;

	stack_down(model_disks(model), disk->info.dev, &down);
	for (unsigned int i = 0; i < down.n; i++) {
		const struct thin_pool *pool =
			thin_pools_find(model_thin_pools(model), down.dev[i]);

		if (pool && lets_wait(model, pool))
			return true;
	}
	return false;
}

bool thin_full_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct thin_pool *pool = thin_pools_find(model_thin_pools(model), subject->dev);
	const struct disk *disk = disks_find(model_disks(model), subject->dev);

	if (!pool || !disk || disk->gone)
		return true;
	return (pool->now.h.ts_ns > since_ns || model_now(model) - since_ns >= FULL_STANDS_NS) &&
	       !(pool->now.flags & THIN_UNANSWERED);
}
