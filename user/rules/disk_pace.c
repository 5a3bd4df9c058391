/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_pace.c - how much longer a disk takes than is to be expected; see disk_pace.h. */
#include "rules/disk_pace.h"

#include <string.h>

#include "rules/disk_home.h"

/* Looks further apart than this are of two occasions. */
#define SAME_OCCASION_NS (15 * 1000000000ULL)
/* What this run learned itself is checked against siblings until it is so much: it may be of a fault. */
#define OWN_PAST_LOOKS 120

static bool is_virtual(const struct disk *disk)
{
	return disk->info.flags & DISK_VIRTUAL;
}

/* A disk of the same make, and not the same disk: the i-th; NULL past the end. */
static const struct disk *sibling_at(const struct model *model, const struct disk *disk,
				     unsigned int i)
{
	const struct disk *other = NULL;

	if (!disk->info.model[0] || is_virtual(disk) || disk_model_is_made_up(disk->info.model))
		return NULL;
	while ((other = disks_next(model_disks(model), other)))
		if (other != disk && disk_load_known(other) && !is_virtual(other) &&
		    other->info.size_bytes == disk->info.size_bytes &&
		    ((other->info.flags ^ disk->info.flags) & DISK_ROTATIONAL) == 0 &&
		    strcmp(other->info.model, disk->info.model) == 0 &&
		    strcmp(other->info.transport, disk->info.transport) == 0 && i-- == 0)
			return other;
	return NULL;
}

/* Queue and device were told apart for most of what was done. */
static bool is_split(const struct disk_look *look, unsigned int op)
{
	return look->split[op] && look->split[op] * 2 >= look->done[op];
}

static double took_ms(const struct disk_look *look, unsigned int op)
{
	return is_split(look, op) ? look->device_ms[op] : look->lat_ms[op];
}

static double load_depth(const struct disk_look *look, unsigned int op)
{
	return is_split(look, op) ? look->device_depth : look->depth;
}

/* Above the bound, by ratio and excess, of this past. */
static bool above(const struct disk *disk, const struct disk_look *look, unsigned int op,
		  const struct disk_past *past, const struct pace_limits *limits,
		  struct disk_expect *ret)
{
	double depth = load_depth(look, op), took = took_ms(look, op);

	if (!look->done[op] ||
	    !disk_past_expect(past, op, depth, look->kb[op], disk_look_per_s(look, op),
			      (__u32)limits->past, ret))
		return false;
	if (disk->info.flags & DISK_ROTATIONAL &&
	    took < limits->seek_ms * (depth > 1.0 ? depth : 1.0))
		return false;
	return took > ret->bound_ms && took > limits->ratio * ret->lat_ms &&
	       took > ret->lat_ms + limits->excess_ms;
}

static bool is_old(const struct disk_past *past, unsigned int op)
{
	unsigned int looks = 0;

	for (unsigned int slot = 0; slot < DISK_DEPTH_SLOTS; slot++)
		looks += past->norm[op][slot].looks;
	return past->stored || looks >= OWN_PAST_LOOKS;
}

/* Against its own past; where that is young, against that of each sibling too: the first that says so. */
static bool look_slow(const struct model *model, const struct disk *disk,
		      const struct disk_look *look, unsigned int op,
		      const struct pace_limits *limits, struct disk_expect *ret,
		      const struct disk **ret_sibling)
{
	const struct disk_past *own = disk->queue->past;
	const struct disk *sibling;

	*ret_sibling = NULL;
	if (above(disk, look, op, own, limits, ret))
		return true;
	if (!own || is_old(own, op))
		return false;
	for (unsigned int i = 0; (sibling = sibling_at(model, disk, i)); i++) {
		if (!above(disk, look, op, sibling->queue->past, limits, ret))
			continue;
		*ret_sibling = sibling;
		return true;
	}
	return false;
}

static void add(struct disk_pace *p, const struct disk_look *look, const struct disk_expect *expect)
{
	double n = look->done[p->op];

	p->looks++;
	p->requests += n;
	p->took_ms += n * took_ms(look, p->op);
	p->queue_ms += n * (is_split(look, p->op) ? look->queue_ms[p->op] : 0.0);
	p->expect_ms += n * expect->lat_ms;
	p->depth += n * load_depth(look, p->op);
	p->kb += n * look->kb[p->op];
	p->from_ns = look->ts_ns - look->length_ns;
}

static void means(struct disk_pace *p)
{
	p->took_ms /= p->requests;
	p->queue_ms /= p->requests;
	p->expect_ms /= p->requests;
	p->depth /= p->requests;
	p->kb /= p->requests;
}

bool disk_pace_slow(const struct model *model, const struct disk *disk, unsigned int op,
		    const struct pace_limits *limits, struct disk_pace *ret)
{
	const struct disk_past *past = disk->queue->past;
	__u64 shortest_ns = ~0ULL, longest_ns = 0, last_ns = 0;
	const struct disk_look *look;

	*ret = (struct disk_pace){.disk = disk, .op = op};
	for (unsigned int i = 0; (look = disk_past_look(past, i)); i++) {
		const struct disk *sibling;
		struct disk_expect expect;

		if (!look->done[op] || look->discards >= DISCARDS_MANY)
			continue;
		if (last_ns && look->ts_ns + SAME_OCCASION_NS < last_ns)
			break;
		if (!look_slow(model, disk, look, op, limits, &expect, &sibling))
			break;
		if (!ret->looks) {
			ret->to_ns = look->ts_ns;
			ret->split = is_split(look, op);
			ret->sibling = sibling;
			ret->past_looks = expect.looks;
		}
		last_ns = look->ts_ns;
		add(ret, look, &expect);
		if (look->length_ns < shortest_ns)
			shortest_ns = look->length_ns;
		if (look->length_ns > longest_ns)
			longest_ns = look->length_ns;
	}
	if (!ret->looks)
		return false;
	ret->jitter_ms = (double)(longest_ns - shortest_ns) / 1e6;
	means(ret);
	return true;
}

static bool has_past(const struct disk *disk, const struct pace_limits *limits)
{
	struct disk_expect expect;

	return disk_past_expect(disk->queue->past, PAST_READ, 1.0, 4.0, 0.0, (__u32)limits->past,
				&expect) ||
	       disk_past_expect(disk->queue->past, PAST_WRITE, 1.0, 4.0, 0.0, (__u32)limits->past,
				&expect);
}

static bool sibling_has_past(const struct model *model, const struct disk *disk,
			     const struct pace_limits *limits)
{
	const struct disk *sibling;

	for (unsigned int i = 0; (sibling = sibling_at(model, disk, i)); i++)
		if (has_past(sibling, limits))
			return true;
	return false;
}

bool disk_pace_known(const struct model *model, const struct disk *disk,
		     const struct pace_limits *limits)
{
	return has_past(disk, limits) || sibling_has_past(model, disk, limits);
}

bool disk_pace_proven(const struct model *model, const struct disk *disk,
		      const struct pace_limits *limits)
{
	if (!has_past(disk, limits))
		return false;
	return is_old(disk->queue->past, PAST_READ) || is_old(disk->queue->past, PAST_WRITE) ||
	       sibling_has_past(model, disk, limits);
}
