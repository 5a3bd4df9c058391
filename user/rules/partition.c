/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition.c - network-partition: several peers of one subnet stopped answering while others do; all by an
 * interface: partition_nic.c.
 *
 * A peer is silent as in reach.c, with all its services. A subnet (see subnet.h) is cut off when min_peers
 * of its addresses are silent, none of them answered since the last of these fell silent, and an address elsewhere,
 * of the same namespace and by an interface that one of the silent is reached by, did: else it is this host, or its
 * uplink. What another interface leads to (a bridge of containers) says nothing of that one. An address that fell
 * silent long before others there answered last died by itself, and does not count.
 *
 * Of clients, which only connect to us, client_weight make one: two of a network may well be switched off at once.
 *
 * Basis: measured. Confidence, n: silent addresses so weighed, k: addresses elsewhere that answered meanwhile:
 *	c = 0.95 * (1 - 0.2 / n) * (1 - 0.05 / k)
 * times 0.9 when the silences began more than together_s apart: then they may have nothing in common.
 *
 * Severity: critical: what is behind that route is refused service now. Warning where none of
 * them answered while watched: each may be gone for long.
 */
#include <stdio.h>
#include <string.h>

#include "rules/cut.h"
#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/subnet.h"
#include "rules/text.h"

/* Who answers elsewhere. */
struct elsewhere {
	unsigned int answers; /* by an interface that one of the silent is reached by */
	const struct path *control;
};

static bool same_subnet(const struct path *a, const struct path *b)
{
	return subnet_same(a->addr, b->addr);
}

static bool by_their_nic(const struct cut *cut, const struct silences *s, const struct path *path)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (paths_share_nic(s->list[i].path, path) &&
		    same_subnet(s->list[i].path, cut->first))
			return true;
	return false;
}

static void look_around(struct elsewhere *e, const struct cut *cut, const struct silences *s)
{
	memset(e, 0, sizeof(*e));
	for (unsigned int i = 0; i < s->paths->n; i++) {
		const struct path *path = &s->paths->path[i];

		if (path->netns != cut->first->netns || path->loopback ||
		    same_subnet(path, cut->first) || path->progress_ns <= cut->until_ns ||
		    !by_their_nic(cut, s, path))
			continue;
		e->answers++;
		if (!e->control || path->gain[PEER_SEGS_OUT] > e->control->gain[PEER_SEGS_OUT])
			e->control = path;
	}
}

static void advise(struct claim *claim, const struct model *model, const struct cut *cut)
{
	struct text enter = path_nsenter(model, cut->silent[0]);
	char addr[46];

	addr_text(cut->silent[0]->addr, addr, sizeof(addr));
	claim_advice(claim, false, "See which route leads there", "%sip route get %s", enter.s,
		     addr);
	if (nic_leads_inside(model, cut->first->netns, cut->first->ifindex)) {
		claim->fault_at = AT_THIS_HOST;
		inside_call(claim);
		return;
	}
	claim_advice(claim, false, "See how far packets get", "%smtr -n -r -c 10 %s", enter.s,
		     addr);
	snprintf(claim->call, sizeof(claim->call), "the network team: the route to that subnet");
}

static void claim_subnet(const struct model *model, const struct cut *cut,
			 const struct elsewhere *e, const struct judgement *judgement)
{
	static const char *const names[2] = {"subnet.peers.silent", "subnet.peers.answering"};
	struct subject subject = subnet_subject(
		cut->first->addr, subject_netns(model, cut->first->netns), cut->first->ifindex);
	double c = 0.95 * (1.0 - 0.2 / cut_weight(cut, model)) * (1.0 - 0.05 / e->answers);
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	cut_claim_begin(&claim, model, &network_partition_rule, &subject, cut);
	claim.basis = BASIS_MEASURED;
	claim_message(&claim, "NETWORK: %s is cut off: %u peers silent; %u elsewhere %s fine.",
		      label, cut->n, e->answers, e->answers == 1 ? "is" : "are");
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: %s is cut off: %u peers silent.", label, cut->n);
	cut_claim_silent(&claim, model, cut, names, "there", judgement);
	claim_evidence(&claim, ROLE_CONTROL, true, "host.peers.answering", e->answers, "{peer}",
		       "%s answered meanwhile, %s segments%s", text_addr(e->control->addr, 0).s,
		       text_count(e->control->gain[PEER_SEGS_OUT]).s,
		       e->answers > 1 ? ", and others" : "");
	c *= cut_claim_apart(&claim, model, cut, "subnet.silence.apart");
	claim_text(&claim, ROLE_UNKNOWN, "where the way is cut; all hosts there may be down");
	claim.confidence = confidence_round(c);
	advise(&claim, model, cut);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	struct silences silences;
	struct paths paths;

	paths_init(&paths, model);
	silences_find(&silences, model, &paths);
	for (unsigned int i = 0; silences.n > 1 && i < paths.n; i++) {
		struct elsewhere elsewhere;
		struct cut cut;

		if (paths.path[i].loopback || !cut_sum_up(&cut, &silences, i, same_subnet))
			continue;
		look_around(&elsewhere, &cut, &silences);
		if (cut_is_one(&cut, model) && cut.mine && elsewhere.answers)
			claim_subnet(model, &cut, &elsewhere, judgement);
	}
	partition_nic_judge(&silences, judgement);
	paths_done(&paths);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	double least = model_threshold(model, &cut_min_peers);
	struct paths paths;
	unsigned int n = 0;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n; i++)
		n += !paths.path[i].loopback;
	paths_done(&paths);
	if (n > least)
		return true;
	snprintf(buf, size, "%s; a partition needs %.0f", text_plural(n, "peer").s, least + 1.0);
	return false;
}

/* An address there, or by that interface, answered since: what is silent still is that peer's own. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer))) {
		__u32 netns = subject_netns(model, peer->key.netns);
		bool meant = subject->type == SUBJECT_NIC
				     ? peer->ifindex == subject->ifindex && netns == subject->netns
				     : subnet_holds(subject, peer->key.addr, netns);

		if (meant && peer->progress_ns > since_ns)
			return true;
	}
	return false;
}

/* While nobody by the interface answers, whoever is tried by it is silent because of that. */
static bool lasts(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	return subject->type == SUBJECT_NIC && !recovered(model, subject, since_ns);
}

static const struct threshold *const thresholds[] = {&cut_min_peers, &cut_together_s,
						     &cut_client_weight, NULL};

const struct rule network_partition_rule = {
	.kind = "network-partition",
	.class = CLASS_NETWORK,
	.fault_at = AT_PATH,
	.meaning =
		"Several peers of one subnet (/24, or /64) stopped answering while others do, or all by an interface.",
	.against =
		"A peer of the subnet, or by the interface, that answers; silences that began far apart; clients, which "
		"come and go. Whether it is the interface, its uplink or this host is not known where no other answers.",
	.todo = "Ask the network team about the route to that subnet, or the uplink of that interface.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_STATE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.lasts = lasts,
	.present = nic_is_used,
	.open_evals = 1,
	.close_evals = 2,
};
