/* SPDX-License-Identifier: BSD-2-Clause */
/* trail.c - the round trips of a path, look by look; see trail.h. */
#include "rules/trail.h"

#include <stdlib.h>
#include <string.h>

/* The latest look may be so many ticks old: a path that is asked nothing now is not judged. */
#define TICKS_OLD 3

const struct threshold latency_grown_ms = {
	"path-latency.grown_ms", 50, "ms",
	"a receiver may hold an ACK back for 40 ms (Linux); less growth than that is no sign of the path"};
const struct threshold latency_times = {
	"path-latency.times", 4, "1",
	"load, jitter and routes double a round trip now and then; they seldom make four of one"};
const struct threshold latency_looks = {
	"path-latency.looks", 4, "{look}",
	"a smoothed round trip needs some answers to follow, and a pause of a host is over by then"};

/* Takes a look into the kept ones, the latest first; what was seen at the same tick is one look. */
static void take_look(struct peer_trip kept[PEER_TRIPS], unsigned int *n,
		      const struct peer_trip *look)
{
	unsigned int i = 0;

	while (i < *n && kept[i].ns > look->ns)
		i++;
	if (i < *n && kept[i].ns == look->ns) {
		if (look->us < kept[i].us)
			kept[i].us = look->us;
		kept[i].sockets += look->sockets;
		kept[i].queued += look->queued;
		return;
	}
	if (i == PEER_TRIPS)
		return;
	if (*n < PEER_TRIPS)
		++*n;
	memmove(&kept[i + 1], &kept[i], (*n - i - 1) * sizeof(kept[0]));
	kept[i] = *look;
}

static void take_peer(struct trail *trail, const struct peer *peer,
		      struct peer_trip kept[PEER_TRIPS], unsigned int *n)
{
	unsigned int looks = peer->n_trips < PEER_TRIPS ? peer->n_trips : PEER_TRIPS;

	for (unsigned int i = 0; i < looks; i++)
		take_look(kept, n, &peer->trip[i]);
	if (peer->trip_low_us && (!trail->low_us || peer->trip_low_us < trail->low_us))
		trail->low_us = peer->trip_low_us;
	if (peer->trips_near + peer->trips_far > trail->near + trail->far) {
		trail->near = peer->trips_near;
		trail->far = peer->trips_far;
		trail->run = peer->trips_run;
	}
}

static bool is_far(const struct model *model, const struct trail *trail, __u32 us)
{
	double grown_us = (double)us - (double)trail->low_us;

	return grown_us >= 1e3 * model_threshold(model, &latency_grown_ms) &&
	       (double)us >= model_threshold(model, &latency_times) * (double)trail->low_us;
}

static void fill(struct trail *trail, const struct model *model, const struct path *path)
{
	const struct frame *frame = model_frame(model);
	struct peer_trip kept[PEER_TRIPS] = {0};
	bool in_a_row = true;

	trail->path = path;
	for (unsigned int i = 0; i < path->n_peers; i++)
		take_peer(trail, path->peers[i], kept, &trail->kept);
	for (unsigned int i = 0; i < trail->kept; i++) {
		bool far = is_far(model, trail, kept[i].us);

		in_a_row &= far;
		trail->ever += far;
		if (!in_a_row)
			continue;
		trail->slow++;
		trail->queued += kept[i].queued > 0;
		trail->first_ns = kept[i].ns;
		if (i == 0 || kept[i].us < trail->least_us)
			trail->least_us = kept[i].us;
		if (kept[i].us > trail->most_us)
			trail->most_us = kept[i].us;
	}
	if (trail->kept) {
		trail->latest_us = kept[0].us;
		trail->sockets = kept[0].sockets;
		trail->last_ns = kept[0].ns;
	}
	trail->judged = !path->loopback &&
			(double)trail->kept >= model_threshold(model, &latency_looks) &&
			trail->last_ns + TICKS_OLD * frame->tick_ns >= frame->now_ns;
}

void trails_init(struct trails *trails, const struct model *model)
{
	memset(trails, 0, sizeof(*trails));
	paths_init(&trails->paths, model);
	if (!trails->paths.n)
		return;
	trails->trail = calloc(trails->paths.n, sizeof(*trails->trail));
	if (!trails->trail)
		return;
	trails->n = trails->paths.n;
	for (unsigned int i = 0; i < trails->n; i++)
		fill(&trails->trail[i], model, &trails->paths.path[i]);
}

void trails_done(struct trails *trails)
{
	free(trails->trail);
	paths_done(&trails->paths);
	memset(trails, 0, sizeof(*trails));
}

bool trail_is_slow(const struct model *model, const struct trail *trail)
{
	return trail->judged && (double)trail->slow >= model_threshold(model, &latency_looks);
}

bool trail_is_fine(const struct trail *trail)
{
	return trail->judged && !trail->ever;
}

double trail_chance(const struct trail *trail)
{
	double p = 1.0, all = (double)trail->near + (double)trail->far;

	/* Once it is that small no figure of ours depends on it. */
	for (__u32 i = 0; i < trail->run && i < trail->far && p > 1e-9; i++)
		p *= ((double)trail->far - i) / (all - i);
	return p;
}
