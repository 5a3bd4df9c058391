/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uplink.c - uplink-loss: most of at least three judged peers behind one interface lose segments.
 *
 * Judged and lossy are as in path.c. Test: the pooled lost segments of the interface's paths against
 * those of paths by other interfaces of this host, of other namespaces and loopback included (they show
 * that its own network stack is well), as in path.c.
 *
 * A client, which only connects to us, from a public address, has a last mile of its own: client_weight of them count
 * as one peer, and where others are judged most of these must lose too: a server of mobile clients whose databases are fine has no bad uplink.
 * Fewer than min_peers by that weight are told of only when none is fine.
 *
 * Confidence
 *	measured   p <= 0.001 and a control:	c = 0.95 * (1 - sqrt(p)) * s
 *	inferred   no control:			c = 0.70 * s * (1 - 1 / (1 + sqrt(lost)))
 *	inferred   too little weight w:		the same, times 0.8 + 0.2 * w / min_peers
 *	s = 0.7 + 0.3 * (2 * lossy / judged - 1): 1 when all lose, 0.8 when 2 of 3 do
 * times 0.8 when all are clients that lose unlike shares: it may be their lines (an uplink takes alike of all),
 * times 1 - 0.2 * (spurious / resends), 0.97 when sockets saw reordering, and 0.60 when the delay jumps
 * (path_claim.c).
 *
 * Severity: warning, as for path-loss.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/nic_link.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define P_MEASURED 0.001

static const struct threshold min_peers = {
	"uplink-loss.min_peers", 3, "{peer}",
	"with two peers a common cause cannot be told from two coincidences"};

/* Lose alike: most have the pooled share, twice or half of it; that many segments more or less are chance. */
#define ALIKE_SHARE  0.75
#define ALIKE_TIMES  2.0
#define ALIKE_CHANCE 3.0

/* All judged paths by one interface, pooled. */
struct uplink {
	const struct path *first; /* whose interface it is */
	struct crowd crowd;
	unsigned int alike;
	bool mine;
	__u64 gain[PEER_COUNTERS];
	double spurious;
	double lost;
	__u32 live;
	__u32 live_reord;
	__u32 live_zero_win;
	__u64 from_ns;
	struct onset onset;
	__u64 lost_ns;
	struct controls fine;	/* judged paths by this interface that do not lose */
	struct controls others; /* by other interfaces */
};

static void pool(struct uplink *u, const struct model *model, const struct path *path)
{
	if (!path_is_lossy(model, path))
		controls_add(&u->fine, path);
	else
		onset_add(&u->onset, model_frame(model), path);
	u->mine |= path->mine;
	for (unsigned int i = 0; i < PEER_COUNTERS; i++)
		u->gain[i] += path->gain[i];
	u->spurious += path->spurious;
	u->lost += path->lost;
	u->live += path->live;
	u->live_reord += path->live_reord;
	u->live_zero_win += path->live_zero_win;
	if (!u->from_ns || path->from_ns < u->from_ns)
		u->from_ns = path->from_ns;
	if (path->lost_ns > u->lost_ns)
		u->lost_ns = path->lost_ns;
}

static bool is_alike(const struct uplink *u, const struct path *path)
{
	double due = (double)path->gain[PEER_SEGS_OUT] * u->lost / (double)u->gain[PEER_SEGS_OUT];

	return path->lost <= ALIKE_TIMES * due + ALIKE_CHANCE &&
	       path->lost >= due / ALIKE_TIMES - ALIKE_CHANCE;
}

static void sum_up(struct uplink *u, const struct model *model, const struct paths *paths,
		   const struct path *first)
{
	double least = model_threshold(model, &path_min_segments);

	memset(u, 0, sizeof(*u));
	u->first = first;
	crowd_find(&u->crowd, model, paths, first);
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];

		if (paths_share_nic(path, first)) {
			if (path_is_judged(model, path))
				pool(u, model, path);
		} else if ((double)path->gain[PEER_SEGS_OUT] >= least &&
			   !path_is_lossy(model, path)) {
			controls_add(&u->others, path);
		}
	}
	for (unsigned int i = 0; i < paths->n; i++)
		u->alike += paths_share_nic(&paths->path[i], first) &&
			    path_is_judged(model, &paths->path[i]) && is_alike(u, &paths->path[i]);
}

/* Those that lose are one subnet's, and those elsewhere are fine: the way to it, not the uplink. */
static bool is_of_one_subnet(const struct model *model, const struct paths *paths,
			     const struct path *first, const struct crowd *crowd)
{
	struct subnet_loss subnet;

	for (unsigned int i = 0; i < paths->n; i++)
		if (paths_share_nic(&paths->path[i], first) &&
		    path_is_lossy(model, &paths->path[i]))
			return subnet_loss_find(model, paths, &paths->path[i], &subnet) &&
			       subnet.lossy == crowd->lossy;
	return false;
}

static double grade(const struct model *model, const struct uplink *u, enum basis *ret_basis)
{
	double all = (double)u->crowd.lossy / (double)u->crowd.judged;
	double share = 0.7 + 0.3 * (2.0 * all - 1.0), p;
	double least = model_threshold(model, &min_peers), weight = crowd_weight(model, &u->crowd);

	*ret_basis = BASIS_INFERRED;
	if (weight < least) {
		share *= 0.8 + 0.2 * weight / least;
	} else if (u->others.n) {
		p = rate_test(u->lost / LOSS_BURST, (double)u->gain[PEER_SEGS_OUT],
			      u->others.lost / LOSS_BURST, u->others.segments);
		if (p <= P_MEASURED) {
			*ret_basis = BASIS_MEASURED;
			return 0.95 * (1.0 - sqrt(p)) * share;
		}
	}
	return 0.70 * share * (1.0 - 1.0 / (1.0 + sqrt(u->lost)));
}

static void advise(struct claim *claim, const struct nic *nic, const char *label, bool inside)
{
	bool plain = text_is_plain_word(label);

	claim_advice(claim, false, "Read the interface's own counters", "%s%s",
		     plain ? "ip -s -s link show dev " : "ip -s -s link", plain ? label : "");
	if (inside) {
		inside_claim(claim, "");
		return;
	}
	claim_text(claim, ROLE_UNKNOWN, "adapter, cable, switch port or the first router");
	if (plain && nic && !nic_is_virtual(nic))
		claim_advice(claim, false, "Read the adapter's statistics", "ethtool -S %s", label);
	snprintf(claim->call, sizeof(claim->call),
		 "the network team: the port, cable or router of %.15s", label);
}

/* Returns the factor by which it lowers the confidence. */
static double say_clients(struct claim *claim, const struct uplink *u)
{
	const struct crowd *crowd = &u->crowd;

	if (crowd->clients < crowd->judged)
		return 1.0;
	if (u->alike >= ALIKE_SHARE * crowd->judged) {
		claim_evidence(claim, ROLE_FOR, true, "nic.peers.alike", u->alike, "{peer}",
			       "%u lose about the same share: not each its own line", u->alike);
		return 1.0;
	}
	claim_evidence(claim, ROLE_AGAINST, false, "nic.peers.alike", u->alike, "{peer}",
		       "all are clients, and lose unlike shares: their own lines?");
	return 0.8;
}

static void claim_uplink(const struct model *model, const struct uplink *u,
			 const struct judgement *judgement)
{
	const struct nic *nic = nics_find(model_nics(model), u->first->netns, u->first->ifindex);
	struct subject subject = subject_nic(model, nic, u->first->netns, u->first->ifindex);
	bool inside = nic_leads_inside(model, u->first->netns, u->first->ifindex);
	struct claim claim;
	char label[32];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &uplink_loss_rule, &subject);
	claim.count = (__u64)u->lost;
	onset_claim(&claim, &u->onset);
	claim.last_ns = u->lost_ns;
	claim.window_ns = model_now(model) - u->from_ns;
	claim_message(&claim, "NETWORK: %s loses packets to %u of %u peers%s.", label,
		      u->crowd.lossy, u->crowd.judged,
		      inside ? ", all within this host" : ": the uplink, not one path");
	claim.confidence = grade(model, u, &claim.basis);
	claim_evidence(&claim, ROLE_FOR, true, "nic.peers.lossy", u->crowd.lossy, "{peer}",
		       "%u of %u judged peers by %s lose segments", u->crowd.lossy, u->crowd.judged,
		       label);
	claim.confidence *= say_clients(&claim, u);
	path_claim_loss(&claim, u->gain, u->lost, u->lost / (double)u->gain[PEER_SEGS_OUT]);
	path_claim_controls(&claim, &u->others);
	claim.confidence *=
		path_claim_against(&claim, u->gain, u->spurious, u->lost, u->live, u->live_reord);
	if (u->fine.n)
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.peers.fine", u->fine.n, "{peer}",
			       "%u by the same interface fine: %s lost %s of %s", u->fine.n,
			       text_addr(u->fine.best[0]->addr, 0).s,
			       text_percent(u->fine.best[0]->ratio).s,
			       text_count(u->fine.best[0]->gain[PEER_SEGS_OUT]).s);
	path_claim_not_us(&claim, model, u->gain[PEER_SEND_ERRORS], u->live_zero_win,
			  u->first->netns, u->first->ifindex);
	claim.confidence = confidence_round(claim.confidence);
	advise(&claim, nic, label, inside);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	double least = model_threshold(model, &min_peers);
	struct paths paths;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n; i++) {
		const struct path *path = &paths.path[i];
		struct uplink uplink;

		/* Sorted by interface: the first path of each stands for it. */
		if (!path->ifindex || (i && paths_share_nic(path, path - 1)))
			continue;
		sum_up(&uplink, model, &paths, path);
		if (uplink.mine && crowd_is_uplink(model, &uplink.crowd, least) &&
		    !is_of_one_subnet(model, &paths, path, &uplink.crowd))
			claim_uplink(model, &uplink, judgement);
	}
	paths_done(&paths);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	double least = model_threshold(model, &min_peers);
	struct paths paths;
	unsigned int judged = 0;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n; i++)
		judged += path_is_judged(model, &paths.path[i]);
	paths_done(&paths);
	if (judged >= least)
		return true;
	snprintf(buf, size, "%s busy enough; uplink-loss needs %.0f", text_plural(judged, "peer").s,
		 least);
	return false;
}

/* Of what was sent by the interface since, and in the last window, busy paths or quiet, hardly anything was lost. */
static bool is_well(const struct model *model, const struct paths *paths, const struct path *first,
		    __u64 since_ns)
{
	const struct frame *frame = model_frame(model);
	double segments = 0.0, lost = 0.0;

	for (unsigned int i = 0; i < paths->n; i++) {
		if (!paths_share_nic(&paths->path[i], first))
			continue;
		segments += (double)paths->path[i].gain[PEER_SEGS_OUT];
		lost += paths->path[i].lost;
	}
	return since_ns + frame->window_ns <= frame->now_ns &&
	       segments >= RECOVER_SHARE * model_threshold(model, &path_min_segments) &&
	       100.0 * lost < RECOVER_SHARE * model_threshold(model, &path_min_ratio) * segments;
}

/* Some of the interface's paths are judged, and no longer most of them lose, or one subnet's. None is: see above. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	bool well = false;
	struct paths paths;
	struct crowd crowd;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n; i++) {
		const struct path *path = &paths.path[i];

		if (path->ifindex != subject->ifindex ||
		    subject_netns(model, path->netns) != subject->netns)
			continue;
		crowd_find(&crowd, model, &paths, path);
		well = crowd.judged ? !crowd_loses(model, &crowd) ||
					      is_of_one_subnet(model, &paths, path, &crowd)
				    : is_well(model, &paths, path, since_ns);
		break;
	}
	paths_done(&paths);
	return well;
}

static const struct threshold *const thresholds[] = {&min_peers,	 &uplink_client_weight,
						     &path_min_segments, &path_min_ratio,
						     &path_min_lost,	 NULL};

const struct rule uplink_loss_rule = {
	.kind = "uplink-loss",
	.class = CLASS_NETWORK,
	.fault_at = AT_PATH,
	.meaning = "Most peers behind one interface lose segments: the uplink, not one path.",
	.against =
		"Peers by the same interface that are fine, above all those that are no clients; resends that were "
		"for nothing (DSACK); clients that lose unlike shares.",
	.todo = "Read the interface's counters; ask the network team about its port, cable and router. A bridge of "
		"containers or VMs only has none of these: there it is this host's own.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.present = nic_is_used,
	.open_evals = 2,
	.close_evals = 3,
};
