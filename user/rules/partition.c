/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition.c - network-partition: several peers of one subnet stopped answering while others do.
 *
 * A peer is silent as in reach.c, with all its services. A subnet (see subnet.h) is cut off when min_peers
 * of its addresses are silent, none of them answered since the last of these fell silent, and an address
 * elsewhere, of the same namespace and by an interface that one of the silent is reached by, did: else it is this
 * host, or its uplink. What another interface leads to (a bridge of containers) says nothing of that one.
 *
 * Of clients, which only connect to us, client_weight make one: two of a network may well be switched off at once.
 *
 * Basis: measured. Confidence, n: silent addresses so weighed, k: addresses elsewhere that answered meanwhile:
 *	c = 0.95 * (1 - 0.2 / n) * (1 - 0.05 / k)
 * times 0.8 when the silences began more than together_s apart: then they may have nothing in common.
 *
 * Severity: critical: what is behind that route is refused service now.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/path.h"
#include "rules/reach.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/subnet.h"
#include "rules/text.h"
#include "rules/victim.h"

static const struct threshold min_peers = {
	"network-partition.min_peers", 2, "{peer}",
	"one silent address is a dead peer; two neighbours at once have the way to them in common"};
static const struct threshold together_s = {
	"network-partition.together_s", 10, "s",
	"TCP notices a silence when it next sends: a quiet connection seconds after a busy one"};

static const struct threshold client_weight = {
	"network-partition.client_weight", 3, "{client}",
	"laptops and phones of one network leave together at the end of a meeting; six at once seldom"};

struct cut {
	const struct path *first;
	const struct path *silent[2]; /* two of them, to be named */
	unsigned int n;
	unsigned int clients; /* of these */
	unsigned int answers_within;
	unsigned int answers;
	const struct path *control;
	bool mine;
	__u32 sockets;
	__u64 since_ns; /* the first and the last of the silences */
	__u64 until_ns;
	__u64 last_ns;
};

static bool is_silent(const struct silent *list, unsigned int n, const struct path *path,
		      __u64 *ret_since_ns)
{
	for (unsigned int i = 0; i < n; i++) {
		if (list[i].path != path || path->progress_ns > list[i].since_ns)
			continue;
		*ret_since_ns = list[i].since_ns;
		return true;
	}
	return false;
}

static void take(struct cut *cut, const struct path *path, __u64 since_ns)
{
	if (cut->n < 2)
		cut->silent[cut->n] = path;
	cut->n++;
	cut->clients += path->inbound;
	cut->mine |= path->mine;
	cut->sockets += path->live;
	if (!cut->since_ns || since_ns < cut->since_ns)
		cut->since_ns = since_ns;
	if (since_ns > cut->until_ns)
		cut->until_ns = since_ns;
	if (path->lost_ns > cut->last_ns)
		cut->last_ns = path->lost_ns;
}

static bool by_their_nic(const struct cut *cut, const struct silent *list, unsigned int n,
			 const struct path *path)
{
	for (unsigned int i = 0; i < n; i++)
		if (paths_share_nic(list[i].path, path) &&
		    subnet_same(list[i].path->addr, cut->first->addr))
			return true;
	return false;
}

static void look_around(struct cut *cut, const struct paths *paths, const struct silent *list,
			unsigned int n)
{
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];

		if (path->netns != cut->first->netns || path->loopback ||
		    path->progress_ns <= cut->until_ns)
			continue;
		if (subnet_same(path->addr, cut->first->addr)) {
			cut->answers_within++;
			continue;
		}
		if (!by_their_nic(cut, list, n, path))
			continue;
		cut->answers++;
		if (!cut->control || path->gain[PEER_SEGS_OUT] > cut->control->gain[PEER_SEGS_OUT])
			cut->control = path;
	}
}

/* An address that is reached by two interfaces is one peer. Paths are sorted by interface first: the other one may
 * be anywhere before. */
static bool is_taken(const struct paths *paths, const struct silent *list, unsigned int n,
		     unsigned int from, unsigned int at)
{
	const struct path *path = &paths->path[at];
	__u64 since_ns;

	for (unsigned int i = from; i < at; i++)
		if (paths->path[i].netns == path->netns &&
		    memcmp(paths->path[i].addr, path->addr, sizeof(path->addr)) == 0 &&
		    is_silent(list, n, &paths->path[i], &since_ns))
			return true;
	return false;
}

/* Told with the first of its silent addresses. */
static bool sum_up(struct cut *cut, const struct paths *paths, const struct silent *list,
		   unsigned int n, unsigned int at)
{
	__u64 since_ns;

	memset(cut, 0, sizeof(*cut));
	cut->first = &paths->path[at];
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];

		if (path->netns != cut->first->netns || path->loopback ||
		    !subnet_same(path->addr, cut->first->addr) ||
		    !is_silent(list, n, path, &since_ns))
			continue;
		if (i < at)
			return false;
		if (!is_taken(paths, list, n, at, i))
			take(cut, path, since_ns);
	}
	look_around(cut, paths, list, n);
	return true;
}

static void advise(struct claim *claim, const struct model *model, const struct cut *cut)
{
	struct text enter = path_nsenter(model, cut->silent[0]);
	char addr[46];

	addr_text(cut->silent[0]->addr, addr, sizeof(addr));
	claim_advice(claim, false, "See which route leads there", "%sip route get %s", enter.s,
		     addr);
	claim_advice(claim, false, "See how far packets get", "%smtr -n -r -c 10 %s", enter.s,
		     addr);
	snprintf(claim->call, sizeof(claim->call), "the network team: the route to that subnet");
}

static void victims(struct claim *claim, const struct model *model, const struct cut *cut,
		    const struct judgement *judgement)
{
	const struct peer *last = NULL;

	for (unsigned int i = 0; i < 2 && i < cut->n; i++) {
		const struct peer *main = cut->silent[i]->main;

		if (!main || (last && last->pid == main->pid))
			continue;
		last = main;
		claim_victim(claim, model, judgement, peer_holder(main), ": %s there",
			     text_plural(cut->sockets, "connection").s);
	}
}

static double weight(const struct model *model, const struct cut *cut)
{
	return cut->n - cut->clients + cut->clients / model_threshold(model, &client_weight);
}

static void claim_cut(const struct model *model, const struct cut *cut,
		      const struct judgement *judgement)
{
	struct subject subject = subnet_subject(
		cut->first->addr, subject_netns(model, cut->first->netns), cut->first->ifindex);
	double apart_s = (double)(cut->until_ns - cut->since_ns) / 1e9;
	double silent_s = (double)(model_now(model) - cut->until_ns) / 1e9;
	double c = 0.95 * (1.0 - 0.2 / weight(model, cut)) * (1.0 - 0.05 / cut->answers);
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &network_partition_rule, &subject);
	claim.severity = SEVERITY_CRITICAL;
	claim.basis = BASIS_MEASURED;
	claim.count = cut->n;
	claim.first_ns = cut->since_ns;
	claim.last_ns = cut->last_ns > cut->since_ns ? cut->last_ns : cut->since_ns;
	claim.window_ns = model_now(model) - cut->since_ns;
	claim_message(&claim, "NETWORK: %s is cut off: %u peers silent; %u elsewhere %s fine.",
		      label, cut->n, cut->answers, cut->answers == 1 ? "is" : "are");
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: %s is cut off: %u peers silent.", label, cut->n);
	victims(&claim, model, cut, judgement);
	claim_evidence(&claim, ROLE_FOR, true, "subnet.peers.silent", cut->n, "{peer}",
		       "%u peers there answer nothing for %s: %s, %s%s", cut->n,
		       text_duration(silent_s).s, text_addr(cut->silent[0]->addr, 0).s,
		       text_addr(cut->silent[1]->addr, 0).s, cut->n > 2 ? ", .." : "");
	claim_evidence(&claim, ROLE_FOR, true, "subnet.peers.answering", 0.0, "{peer}",
		       "none there answered since; silent within %s",
		       apart_s < 1.0 ? "a second" : text_duration(apart_s).s);
	claim_evidence(&claim, ROLE_CONTROL, true, "host.peers.answering", cut->answers, "{peer}",
		       "%s answered meanwhile, %s segments%s", text_addr(cut->control->addr, 0).s,
		       text_count(cut->control->gain[PEER_SEGS_OUT]).s,
		       cut->answers > 1 ? ", and others" : "");
	if (apart_s > model_threshold(model, &together_s)) {
		c *= 0.8;
		claim_evidence(&claim, ROLE_AGAINST, false, "subnet.silence.apart", floor(apart_s),
			       "s", "silent one after the other, %s apart: each by itself?",
			       text_duration(apart_s).s);
	}
	claim_text(&claim, ROLE_UNKNOWN, "where the way is cut; all hosts there may be down");
	claim.confidence = confidence_round(c);
	advise(&claim, model, cut);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	double least = model_threshold(model, &min_peers);
	struct silent list[SILENT_MAX];
	struct paths paths;
	unsigned int n;

	paths_init(&paths, model);
	n = silent_find(model, &paths, list);
	for (unsigned int i = 0; n > 1 && i < paths.n; i++) {
		__u64 since_ns;
		struct cut cut;

		if (paths.path[i].loopback || !is_silent(list, n, &paths.path[i], &since_ns) ||
		    !sum_up(&cut, &paths, list, n, i))
			continue;
		if (cut.n >= 2 && weight(model, &cut) >= least && cut.mine && cut.answers &&
		    !cut.answers_within)
			claim_cut(model, &cut, judgement);
	}
	paths_done(&paths);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	double least = model_threshold(model, &min_peers);
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

/* An address there answered since: what is silent still is that peer's own. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (subnet_holds(subject, peer->key.addr, subject_netns(model, peer->key.netns)) &&
		    peer->progress_ns > since_ns)
			return true;
	return false;
}

static const struct threshold *const thresholds[] = {&min_peers, &together_s, &client_weight, NULL};

const struct rule network_partition_rule = {
	.kind = "network-partition",
	.class = CLASS_NETWORK,
	.fault_at = AT_PATH,
	.meaning = "Several peers of one subnet (/24, or /64) stopped answering while others do.",
	.against =
		"A peer of the subnet that answers; silences that began far apart; no peer elsewhere "
		"that answers: then it is this host or its uplink.",
	.todo = "Ask the network team about the route to that subnet.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_STATE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
