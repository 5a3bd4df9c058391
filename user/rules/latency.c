/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency.c - path-latency: the round trip to a peer grew far above its own least, without loss.
 *
 * At each tick (a look) a peer's round trip is the least smoothed one (srtt) of its sockets that sent just
 * then. A path is slow when its latest `looks` looks were all `grown_ms` and `times` above the least look of
 * the run. So a far peer, a peer that jitters around a mean, and a peer whose program answers late are not: the
 * first two have no lower look, the third acknowledges what it has not answered yet.
 *
 * Nothing is claimed of a path that loses (path-loss tells that), whose window is closed or whose sockets
 * time out: their round trips are of something else. Where most paths of an interface are slow (all of two, or
 * most of three and more) the interface is told of, none of them: it is the uplink, or this host.
 *
 * Test: trail_chance(), times the judged paths by the interface. Looks that follow each other resemble each
 * other: hence the strict bound for `measured`, and only beside a path that did not grow meanwhile.
 *
 * Confidence
 *	measured   p <= 0.001 and a control:	c = 0.95 * (1 - sqrt(p)) * (1 - 0.08 / k)	k: controls
 *	inferred   p <= 0.05:			c = 0.70 * (1 - sqrt(p)), times 0.9 without a control
 * For an interface the control is a path by another interface, loopback included, and k is 1.
 * times, for what speaks against (latency_claim.c):
 *	0.80	a delayed ACK could explain it: less than 200 ms grown, nothing queued, nothing spurious. Linux
 *		holds an ACK back for 40 ms, other systems for up to 200: a suspicion, no fault
 *	0.90	some loss, below what path-loss tells
 *	0.90	other paths by the interface are slow too, though not most
 *	0.60	tasks wait for processors most of the time and there is no control (0.90 with one)
 *
 * Severity: warning. Everything still works. Info once a path was far above its least for settled_s, and is steady:
 * a service that moved to another site has another round trip, and that is how it is.
 */
#include "rules/latency.h"

#include <math.h>
#include <stdio.h>

#include "rules/families.h"
#include "rules/path.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define P_MEASURED 0.001
#define P_INFERRED 0.05

static void keep_best(struct latency_company *c, const struct trail *trail)
{
	__u64 segments = trail->path->gain[PEER_SEGS_OUT];

	c->fine++;
	if (!c->best[0] || segments > c->best[0]->path->gain[PEER_SEGS_OUT]) {
		c->best[1] = c->best[0];
		c->best[0] = trail;
	} else if (!c->best[1] || segments > c->best[1]->path->gain[PEER_SEGS_OUT]) {
		c->best[1] = trail;
	}
}

static void look_around(struct latency_company *c, const struct model *model,
			const struct trails *trails, const struct path *path)
{
	*c = (struct latency_company){0};
	for (unsigned int i = 0; i < trails->n; i++) {
		const struct trail *other = &trails->trail[i];

		if (!paths_share_nic(other->path, path)) {
			/* On loopback too: its stack and processors are the same. */
			if (other->kept && !other->ever && other->path->netns == path->netns)
				c->elsewhere = other;
			continue;
		}
		if (!other->judged)
			continue;
		c->judged++;
		if (trail_is_slow(model, other)) {
			c->slow++;
			if (!c->worst || other->sockets > c->worst->sockets)
				c->worst = other;
		} else if (other->slow) {
			c->begins++;
		} else if (trail_is_fine(other)) {
			keep_best(c, other);
		}
	}
}

/* Most paths of an interface are slow: it is none of them. */
static bool is_common(const struct latency_company *c)
{
	return c->slow >= 2 && (c->judged == 2 ? c->slow == 2 : 2 * c->slow > c->judged);
}

/* Of both ends on this host, that in our own namespace tells, else the client's: its twin is slow too. */
static bool told_by_twin(const struct model *model, const struct trails *trails,
			 const struct path *path)
{
	bool ours = !subject_netns(model, path->netns);

	for (unsigned int i = 0; i < trails->n; i++) {
		const struct path *other = trails->trail[i].path;
		bool theirs = !subject_netns(model, other->netns);

		if (paths_are_twins(path, other) && trails->trail[i].slow &&
		    (ours != theirs ? theirs : other->dir == PEER_OUT))
			return true;
	}
	return false;
}

static double grade(double p, unsigned int controls, enum basis *ret_basis)
{
	*ret_basis = BASIS_INFERRED;
	if (p > P_INFERRED)
		return 0.0;
	if (!controls)
		return 0.70 * (1.0 - sqrt(p)) * 0.9;
	if (p > P_MEASURED)
		return 0.70 * (1.0 - sqrt(p));
	*ret_basis = BASIS_MEASURED;
	return 0.95 * (1.0 - sqrt(p)) * (1.0 - 0.08 / controls);
}

/* Its round trips are of the path, and of nothing that another kind tells. */
static bool is_latency(const struct model *model, const struct trail *trail)
{
	const struct path *path = trail->path;

	return trail_is_slow(model, trail) && path->mine && !path_is_lossy(model, path) &&
	       !path->live_zero_win && !path->live_stuck;
}

static void judge_nic(const struct model *model, const struct latency_company *c,
		      const struct judgement *judgement)
{
	double p = trail_chance(c->worst) * c->judged, confidence;
	enum basis basis;

	confidence = grade(p, c->elsewhere ? 1 : 0, &basis);
	if (confidence > 0.0)
		latency_claim_nic(model, c, basis, confidence, judgement);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct path *told = NULL; /* of the interface that was told of: paths are sorted */
	struct trails trails;

	trails_init(&trails, model);
	for (unsigned int i = 0; i < trails.n; i++) {
		const struct trail *trail = &trails.trail[i];
		struct latency_company c;
		double confidence;
		enum basis basis;

		if (!is_latency(model, trail) || (told && paths_share_nic(told, trail->path)) ||
		    told_by_twin(model, &trails, trail->path))
			continue;
		look_around(&c, model, &trails, trail->path);
		if (is_common(&c)) {
			judge_nic(model, &c, judgement);
			told = trail->path;
			continue;
		}
		/* Path or uplink: that is open until it is known what the others do. */
		if (c.begins)
			continue;
		confidence = grade(trail_chance(trail) * c.judged, c.fine, &basis);
		if (confidence > 0.0)
			latency_claim_path(model, trail, &c, basis, confidence, judgement);
	}
	trails_done(&trails);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	struct trails trails;
	bool any = false;

	trails_init(&trails, model);
	for (unsigned int i = 0; i < trails.n && !any; i++)
		any = trails.trail[i].judged;
	trails_done(&trails);
	if (!any)
		snprintf(buf, size, "no peer was sent data at %.0f ticks; path-latency needs that",
			 model_threshold(model, &latency_looks));
	return any;
}

static bool is_of(const struct model *model, const struct trail *trail,
		  const struct subject *subject)
{
	struct subject s = path_subject(model, trail->path);

	if (subject->type == SUBJECT_NIC)
		return trail->path->ifindex == subject->ifindex &&
		       subject_netns(model, trail->path->netns) == subject->netns;
	return subjects_meet(model, &s, subject, JOIN_SAME_SUBJECT);
}

/* Looked at since, and not far above the least any more; of an interface no longer most of its paths, or both. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	unsigned int judged = 0, slow = 0;
	struct trails trails;
	bool well = false;

	trails_init(&trails, model);
	for (unsigned int i = 0; i < trails.n; i++) {
		const struct trail *trail = &trails.trail[i];

		if (!trail->judged || !is_of(model, trail, subject))
			continue;
		judged++;
		slow += trail->slow > 0;
		well |= !trail->slow && trail->last_ns > since_ns;
	}
	trails_done(&trails);
	return well && (subject->type == SUBJECT_NIC ? 2 * slow <= judged : !slow);
}

static const struct threshold *const thresholds[] = {&latency_grown_ms, &latency_times,
						     &latency_looks, &latency_settled_s, NULL};

const struct rule path_latency_rule = {
	.kind = "path-latency",
	.class = CLASS_NETWORK,
	.fault_at = AT_PATH,
	.meaning =
		"The round trip to a peer grew far above its own least, without loss: a detour, or a full "
		"queue on the way (bufferbloat). To most peers by an interface: its uplink, or this host.",
	.against =
		"Delayed ACKs (up to 200 ms), loss, a closed window, tasks that wait for processors. What was "
		"as slow all the run is no growth.",
	.todo = "mtr shows at which hop the time goes; look for a full queue or a changed route there.",
	.needs = {PROBE_TCP_SAMPLE},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
