/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.c - path-loss: the segments to one address are lost; others by the same interface are fine.
 *
 * Rates are of the window, from the sockets' own counters, which are exact. Lost are the resends, less
 *  - what the peer said it got twice (DSACK): late ACKs, reordering and tail-loss probes for nothing;
 *    resends of the last 1.5 s wait for that answer, see peer_settled();
 *  - what says nothing of the path, see excused() in paths.c.
 * A path is lossy when it sent min_segments, lost min_lost and min_ratio of them, and at least three
 * resends came from fast recovery or a timeout (a tail-loss probe alone may be for nothing).
 *
 * Test: of the lost segments of the path and of its controls (judged paths by the same interface that
 * are not lossy), as many or more would fall on this path by chance with probability p (binomial, given
 * the sum; bursts of LOSS_BURST count once), times the number of judged paths (Bonferroni).
 *
 * Confidence
 *	measured   p <= 0.001, a control with segments, and 3 times the controls' ratio:
 *		   c = 0.95 * (1 - sqrt(p)) * (1 - 0.08 / k)		k: controls
 *	inferred   p <= 0.05, or no control at all:
 *		   c = 0.70 * (1 - sqrt(p)), or 0.70 * (1 - 1 / (1 + sqrt(lost)))
 * times, for what speaks against:
 *	1 - 0.2 * s	s: share of the resends that were spurious
 *	0.97		sockets saw reordering
 *	0.60		all of them and a quarter of the resends was spurious, or half of both: the
 *			delay jumps
 *	0.80		no control, and others by this interface lose too, judged or not: it may be the uplink
 * A path on which only large packets are lost (an MTU black hole, black_hole.h) is claimed by that, however few they
 * are: measured, c = 0.95 * (1 - sqrt(p)) with p <= 0.001 by Fisher's exact test.
 * Peers of one subnet that lose together are one finding, see path_subnet.c.
 * Too few segments to be judged, but a good part of them lost (heavy_ratio), with fast recovery among the resends:
 * then later segments came through, and the peer was neither silent nor stopped. Inferred, as without a control.
 * The false-alarm chance of `measured` is 0.1 % an evaluation for all paths of an interface together.
 *
 * Severity: warning. TCP carries on over a lossy path; a path that carries nothing is peer-unreachable. Info for a
 * client, which only connects to us, from a public address, beside a control: its last mile is nobody's here. Where
 * most clients lose while the others by that interface are fine (a public server of mobile clients) none is told of:
 * that is how their lines are. A black hole is a warning for a client too: who filters the ICMP may be on our side.
 */
#include "rules/path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/black_hole.h"
#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/subnet.h"
#include "rules/text.h"

#define P_MEASURED 0.001
#define P_INFERRED 0.05
/* A lossy path is so much worse than its controls. */
#define TIMES_CONTROL 3.0
/* Of so few clients it is not said that most lose. */
#define CLIENTS_LEAST 3
#define UPLINK_LEAST  3.0

static const struct threshold idle_segments = {
	"path-loss.idle_segments", 500, "{segment}",
	"with fewer segments to all peers together a path may be lossy without a sign of it"};

/* What a path is judged against. */
struct company {
	struct controls controls;
	unsigned int judged; /* paths by this interface, itself included */
	unsigned int lossy;  /* others of these */
	bool waiting; /* another is losing too, but has not had the time to send enough to be judged */
	bool others_lose; /* it had, and never sends enough */
};

static void look_around(struct company *c, const struct model *model, const struct paths *paths,
			const struct path *path)
{
	const struct frame *frame = model_frame(model);
	__u64 window_from = window_from_ns(frame->now_ns, frame->window_ns);

	*c = (struct company){.judged = 1};
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *other = &paths->path[i];

		if (other == path || !paths_share_nic(other, path))
			continue;
		if (!path_is_judged(model, other)) {
			if (other->lost < LOSS_SIGNALS)
				continue;
			/* New clients come all the time, and most never send enough: no peer waits for them. */
			if (other->from_ns > window_from && (path->inbound || !other->inbound))
				c->waiting = true;
			else
				c->others_lose = true;
			continue;
		}
		c->judged++;
		if (path_is_lossy(model, other))
			c->lossy++;
		else
			controls_add(&c->controls, other);
	}
}

struct grade {
	enum basis basis;
	double confidence; /* 0: no claim */
};

static double grade_alone(const struct path *path)
{
	return 0.70 * (1.0 - 1.0 / (1.0 + sqrt(path->lost)));
}

/* few: it did not send enough to be judged, and lost a good part of that. */
static struct grade grade_of(const struct path *path, const struct company *c, bool few)
{
	struct grade grade = {.basis = BASIS_INFERRED};
	double ratio_control, p;

	if (!c->controls.n) {
		/* Path or uplink: that is open until the others have sent enough. */
		if (!c->waiting)
			grade.confidence = grade_alone(path);
		if (c->lossy || c->others_lose)
			grade.confidence *= 0.8;
		return grade;
	}
	ratio_control = c->controls.lost / c->controls.segments;
	p = rate_test(path->lost / LOSS_BURST, (double)path->gain[PEER_SEGS_OUT],
		      c->controls.lost / LOSS_BURST, c->controls.segments) *
	    c->judged;
	if (p > P_INFERRED || path->ratio < TIMES_CONTROL * ratio_control)
		return grade;
	grade.confidence = 0.70 * (1.0 - sqrt(p));
	if (few) {
		grade.confidence = grade_alone(path);
	} else if (p <= P_MEASURED) {
		grade.basis = BASIS_MEASURED;
		grade.confidence = 0.95 * (1.0 - sqrt(p)) * (1.0 - 0.08 / c->controls.n);
	}
	return grade;
}

static void message(struct claim *claim, const struct model *model, const struct path *path,
		    const struct company *c, bool client)
{
	const char *to = client && c->controls.n ? "client " : "";
	char nic[32];

	nic_label(model, path->netns, path->ifindex, nic, sizeof(nic));
	if (c->controls.n && path->ifindex)
		claim_message(
			claim,
			"NETWORK: the path to %s%s loses packets; %u other peer%s via %s %s fine.",
			to, text_addr(path->addr, 0).s, c->controls.n,
			c->controls.n == 1 ? "" : "s", nic, c->controls.n == 1 ? "is" : "are");
	else
		claim_message(claim, "NETWORK: the path to %s%s loses packets.", to,
			      text_addr(path->addr, 0).s);
	if (strlen(claim->message) > 80)
		claim_message(claim, "NETWORK: the path to %s%s loses packets.", to,
			      text_addr(path->addr, 0).s);
}

static void whose(struct claim *claim, const struct model *model, const struct path *path,
		  const struct company *c)
{
	if (nic_leads_inside(model, path->netns, path->ifindex)) {
		inside_claim(claim, path_nsenter(model, path).s);
		return;
	}
	claim_text(claim, ROLE_UNKNOWN,
		   c->controls.n ? "where on the path, and which direction"
				 : "path or interface: no other peer was busy");
	snprintf(claim->call, sizeof(claim->call), "the network team; not the owner of this host");
}

static void claim_path(const struct model *model, const struct path *path, const struct company *c,
		       const struct grade *grade, bool client, const struct judgement *judgement)
{
	struct subject subject = path_subject(model, path);
	struct onset onset = {0};
	struct claim claim;
	double factor;

	claim_init(&claim, &path_loss_rule, &subject);
	claim.basis = grade->basis;
	claim.count = (__u64)path->lost;
	onset_add(&onset, model_frame(model), path);
	onset_claim(&claim, &onset);
	claim.last_ns = path->lost_ns;
	claim.window_ns = model_now(model) - path->from_ns;
	message(&claim, model, path, c, client);
	path_claim_victim(&claim, model, path, judgement);
	path_claim_loss(&claim, path->gain, path->lost, path->ratio);
	path_claim_controls(&claim, &c->controls);
	factor = path_claim_against(&claim, path->gain, path->spurious, path->lost, path->live,
				    path->live_reord);
	if (c->lossy)
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.peers.lossy", c->lossy, "{peer}",
			       "%u other peer%s by the same interface lose%s too: the uplink?",
			       c->lossy, c->lossy == 1 ? "" : "s", c->lossy == 1 ? "s" : "");
	else if (c->others_lose && !c->controls.n)
		claim_text(&claim, ROLE_AGAINST,
			   "another peer that is sent little loses too: the uplink?");
	if (!path_is_judged(model, path))
		claim_evidence(&claim, ROLE_AGAINST, false, "tcp.segments",
			       (double)path->gain[PEER_SEGS_OUT], "{segment}",
			       "only %s segments: few to judge a path by",
			       text_count(path->gain[PEER_SEGS_OUT]).s);
	path_claim_not_us(&claim, model, path->gain[PEER_SEND_ERRORS], path->live_zero_win,
			  path->netns, path->ifindex);
	claim.confidence = confidence_round(grade->confidence * factor);
	whose(&claim, model, path, c);
	path_claim_advice(&claim, model, path, "See at which hop packets get lost", 50);
	if (client && c->controls.n)
		path_claim_client(&claim);
	judgement->claim(judgement->ctx, &claim);
}

/* Most clients lose while the others by that interface are fine: see the top. */
static bool is_as_clients_are(const struct crowd *crowd)
{
	return crowd->clients >= CLIENTS_LEAST && crowd->judged > crowd->clients &&
	       2 * crowd->clients_lossy > crowd->clients;
}

/* By itself: no subnet's. */
static void judge_path(const struct model *model, const struct paths *paths,
		       const struct path *path, const struct crowd *crowd,
		       const struct judgement *judgement)
{
	bool client = path_is_client(paths, path);
	struct company company;
	struct grade grade;

	/* Most of three or more lose: by definition that is the uplink. */
	if (crowd_is_uplink(model, crowd, UPLINK_LEAST) || (client && is_as_clients_are(crowd)))
		return;
	look_around(&company, model, paths, path);
	grade = grade_of(path, &company, !path_is_judged(model, path));
	if (grade.confidence > 0.0)
		claim_path(model, path, &company, &grade, client, judgement);
}

/* Is it one of a subnet that loses as a whole? With the first of these it is told. */
static bool is_of_subnet(const struct model *model, const struct paths *paths,
			 const struct path *path, const struct judgement *judgement)
{
	struct subnet_loss subnet;

	if (!subnet_loss_find(model, paths, path, &subnet))
		return false;
	if (path == subnet.first && subnet.mine) {
		subnet.clients = subnet.clients && path_is_client(paths, path);
		subnet_loss_claim(model, &subnet, judgement);
	}
	return true;
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct path *first = NULL; /* of those by an interface: paths are sorted */
	struct paths paths;
	struct crowd crowd;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n; i++) {
		const struct path *path = &paths.path[i];
		struct black_hole hole;
		bool lossy = path_is_lossy(model, path);

		if (path->mine && !path->loopback && black_hole_sought(model, path, &hole) &&
		    hole.p <= BLACK_HOLE_P) {
			path_claim_hole(model, path, &hole, judgement);
			continue;
		}
		if ((!lossy && !path_is_heavily_lossy(model, path)) ||
		    path_told_by_twin(model, &paths, path) ||
		    (lossy && is_of_subnet(model, &paths, path, judgement)) || !path->mine)
			continue;
		if (!first || !paths_share_nic(first, path))
			crowd_find(&crowd, model, &paths, path);
		first = path;
		judge_path(model, &paths, path, &crowd, judgement);
	}
	paths_done(&paths);
}

/* Segments to all peers but those on loopback: of the whole trace, of the window in a daemon. */
static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &idle_segments);
	const struct peer *peer = NULL;
	__u64 segments = 0, connections = 0;

	while ((peer = peers_next(model_peers(model), peer))) {
		if (peer_is_loopback(peer, model_nics(model)))
			continue;
		connections += peer->live;
		segments += frame->mode == RUN_DAEMON ? peer_window(peer, frame, PEER_SEGS_OUT)
						      : peer_total(peer, PEER_SEGS_OUT);
	}
	if ((double)segments >= least)
		return true;
	snprintf(buf, size, "%s, %s; loss needs %.0f", text_plural(connections, "connection").s,
		 text_plural(segments, "segment").s, least);
	return false;
}

/* One of the subnet's judged peers is fine: what others there lose still is their own. */
static bool has_fine_peer(const struct model *model, const struct subject *subnet)
{
	struct paths paths;
	bool fine = false;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n && !fine; i++) {
		const struct path *path = &paths.path[i];

		fine = subnet_holds(subnet, path->addr, subject_netns(model, path->netns)) &&
		       path->ifindex == subnet->ifindex && path_is_judged(model, path) &&
		       !path_is_lossy(model, path);
	}
	paths_done(&paths);
	return fine;
}

/*
 * Seen healthy: since then it sent half of what judging takes, and lost less than half the ratio. Or little, and none
 * of that was lost for a whole window.
 */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct frame *frame = model_frame(model);
	bool whole = since_ns + frame->window_ns <= frame->now_ns;
	const struct peer *peer = NULL;
	double segments = 0.0, lost = 0.0;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct subject s = subject_peer(model, peer->key.addr, peer->key.netns,
						peer->key.port, peer->key.dir, peer->ifindex);

		if (!subjects_meet(model, &s, subject,
				   subject->type == SUBJECT_SUBNET ? JOIN_WITHIN
								   : JOIN_SAME_SUBJECT))
			continue;
		segments += (double)peer_since(peer, frame, PEER_SEGS_OUT, since_ns);
		lost += (double)peer_since(peer, frame, PEER_SEGS_RETRANS, since_ns);
		lost -= (double)peer_since(peer, frame, PEER_DSACKS, since_ns);
	}
	if (segments >= RECOVER_SHARE * model_threshold(model, &path_min_segments) &&
	    100.0 * lost < RECOVER_SHARE * model_threshold(model, &path_min_ratio) * segments)
		return true;
	if (whole && lost <= 0.0 && segments >= model_threshold(model, &path_few_segments))
		return true;
	return subject->type == SUBJECT_SUBNET && has_fine_peer(model, subject);
}

static const struct threshold *const thresholds[] = {
	&path_min_segments, &path_min_ratio,	&path_min_lost, &path_min_neighbours,
	&path_heavy_ratio,  &path_few_segments, &idle_segments, NULL};

const struct rule path_loss_rule = {
	.kind = "path-loss",
	.class = CLASS_NETWORK,
	.fault_at = AT_PATH,
	.core = true,
	.meaning =
		"Segments to one peer are lost on the way; others by the same interface are fine. Or "
		"only its large ones are, and small ones pass: an MTU black hole.",
	.against =
		"Resends that were for nothing (DSACK), reordering, other peers by the same interface "
		"that lose too. Send errors, SYNs and path-MTU resends do not count; loopback has no path.",
	.todo = "Ask the network team; mtr to the peer shows at which hop packets get lost. Only large ones: "
		"ping -M do -s SIZE and tracepath show the MTU of the path, tcp_mtu_probing goes around it.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
