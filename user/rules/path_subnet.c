/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_subnet.c - path-loss of a whole subnet: what its peers lose is one fault on the way that they share, and one
 * finding.
 *
 * Claimed when `min_neighbours` judged peers of a subnet (subnet.h) by the same interface lose segments, none of
 * its judged peers is fine, and judged peers elsewhere by that interface are; two of these where the lossy ones are
 * most of all, as it would be the uplink else.
 *
 * Test and confidence as for one path that is measured (path.c), with the counts of the subnet's paths together and
 * those of the controls elsewhere; each path was found lossy by itself before.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/subnet.h"
#include "rules/text.h"

#define P_MEASURED 0.001
/* As for one path: so much worse than its controls. */
#define TIMES_CONTROL 3.0
#define MOST_NEEDS    2

const struct threshold path_min_neighbours = {
	"path-loss.min_neighbours", 2, "{peer}",
	"two neighbours that lose while others do not have the way to them in common"};

static void pool(struct subnet_loss *s, const struct frame *frame, const struct path *path)
{
	if (!s->first)
		s->first = path;
	s->lossy++;
	s->mine |= path->mine;
	s->clients = path->inbound && !addr_is_private(path->addr) && (s->lossy == 1 || s->clients);
	for (unsigned int i = 0; i < PEER_COUNTERS; i++)
		s->gain[i] += path->gain[i];
	s->lost += path->lost;
	s->spurious += path->spurious;
	s->live += path->live;
	s->live_reord += path->live_reord;
	s->live_zero_win += path->live_zero_win;
	if (!s->most || path->gain[PEER_SEGS_OUT] > s->most->gain[PEER_SEGS_OUT])
		s->most = path;
	if (!s->from_ns || path->from_ns < s->from_ns)
		s->from_ns = path->from_ns;
	onset_add(&s->onset, frame, path);
	if (path->lost_ns > s->lost_ns)
		s->lost_ns = path->lost_ns;
}

bool subnet_loss_find(const struct model *model, const struct paths *paths, const struct path *of,
		      struct subnet_loss *ret)
{
	struct subnet_loss s = {0};
	unsigned int elsewhere = 0;
	double p;

	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];
		bool within = subnet_same(path->addr, of->addr);

		if (!paths_share_nic(path, of) || !path_is_judged(model, path))
			continue;
		if (!path_is_lossy(model, path)) {
			if (within)
				return false;
			controls_add(&s.controls, path);
		} else if (within) {
			pool(&s, model_frame(model), path);
		} else {
			elsewhere++;
		}
	}
	if (s.lossy < model_threshold(model, &path_min_neighbours) || !s.controls.n ||
	    (s.lossy + elsewhere >= s.controls.n && s.controls.n < MOST_NEEDS))
		return false;
	s.ratio = s.lost / (double)s.gain[PEER_SEGS_OUT];
	p = rate_test(s.lost / LOSS_BURST, (double)s.gain[PEER_SEGS_OUT],
		      s.controls.lost / LOSS_BURST, s.controls.segments);
	if (p > P_MEASURED || s.ratio < TIMES_CONTROL * s.controls.lost / s.controls.segments)
		return false;
	s.confidence = 0.95 * (1.0 - sqrt(p)) * (1.0 - 0.08 / s.controls.n);
	*ret = s;
	return true;
}

static void whose(struct claim *claim, const struct model *model, const struct subnet_loss *s)
{
	struct text enter = path_nsenter(model, s->most);
	char addr[46];

	addr_text(s->most->addr, addr, sizeof(addr));
	claim_text(claim, ROLE_UNKNOWN, "where on the way, and which direction");
	claim_advice(claim, false, "See at which hop packets get lost", "%smtr -n -r -c 50 %s",
		     enter.s, addr);
	claim_advice(claim, false, "See which route leads there", "%sip route get %s", enter.s,
		     addr);
	snprintf(claim->call, sizeof(claim->call), "the network team: the route to that subnet");
}

void subnet_loss_claim(const struct model *model, const struct subnet_loss *s,
		       const struct judgement *judgement)
{
	struct subject subject = subnet_subject(
		s->first->addr, subject_netns(model, s->first->netns), s->first->ifindex);
	char label[80], nic[32];
	struct claim claim;
	double factor;

	subject_label(&subject, label, sizeof(label));
	nic_label(model, s->first->netns, s->first->ifindex, nic, sizeof(nic));
	claim_init(&claim, &path_loss_rule, &subject);
	claim.basis = BASIS_MEASURED;
	claim.count = (__u64)s->lost;
	onset_claim(&claim, &s->onset);
	claim.last_ns = s->lost_ns;
	claim.window_ns = model_now(model) - s->from_ns;
	claim_message(&claim,
		      "NETWORK: the way to %s%s loses packets; %u elsewhere via %s %s fine.",
		      s->clients ? "clients in " : "", label, s->controls.n, nic,
		      s->controls.n == 1 ? "is" : "are");
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: the way to %s%s loses packets.",
			      s->clients ? "clients in " : "", label);
	path_claim_victim(&claim, model, s->most, judgement);
	claim_evidence(&claim, ROLE_FOR, true, "subnet.peers.lossy", s->lossy, "{peer}",
		       "all %u judged peers there lose segments", s->lossy);
	path_claim_loss(&claim, s->gain, s->lost, s->ratio);
	path_claim_controls(&claim, &s->controls);
	factor = path_claim_against(&claim, s->gain, s->spurious, s->lost, s->live, s->live_reord);
	path_claim_not_us(&claim, model, s->gain[PEER_SEND_ERRORS], s->live_zero_win,
			  s->first->netns, s->first->ifindex);
	claim.confidence = confidence_round(s->confidence * factor);
	if (nic_leads_inside(model, s->first->netns, s->first->ifindex))
		inside_claim(&claim, path_nsenter(model, s->most).s);
	else
		whose(&claim, model, s);
	if (s->clients)
		path_claim_client(&claim);
	judgement->claim(judgement->ctx, &claim);
}
