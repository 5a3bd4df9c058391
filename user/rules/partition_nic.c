/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition_nic.c - network-partition of an interface: no peer by it answers.
 *
 * Two addresses or more by it (weighed and counted as in partition.c) are silent, and none by it answered since the last
 * of these fell silent. One finding, not one for each peer: they have the uplink in common, or this host. Addresses that
 * were never seen to answer weigh no more than clients: what is blocked is tried for ever, and on a quiet interface that
 * may be all that is.
 *
 * Basis and confidence, n: silent addresses so weighed, k: addresses that answered meanwhile by other interfaces that
 * lead outside, as this one does (a bridge of containers answers whatever is outside, and those behind it may end):
 *	measured   k > 0:	c = 0.95 * (1 - 0.2 / n) * (1 - 0.05 / k)
 *	inferred   else:	c = 0.70 * (1 - 0.2 / n), as it may be this host
 * times 0.9 when the silences began more than together_s apart, and 1 - 0.2 * i, i: the share of connections to others
 * that nothing was sent on, which may be fine, and inferred times 0.75 when a name server answered
 * meanwhile, by this interface or on this host: with fewer than five it is not told.
 */
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "model/dns.h"
#include "rules/cut.h"
#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* Who answers by other interfaces. */
struct others {
	unsigned int answers;
	const struct path *control;
	bool comparable; /* this one leads outside too */
	bool inside;	 /* it leads to containers or VMs of this host */
};

static bool is_outside(const struct model *model, const struct path *path)
{
	return nic_leads_outside(model, path->netns, path->ifindex);
}

static void look_around(struct others *o, const struct cut *cut, const struct silences *s)
{
	const struct path *last = NULL; /* paths are sorted by interface: each is looked at once */
	bool outside = false;

	memset(o, 0, sizeof(*o));
	o->comparable = is_outside(s->model, cut->first);
	o->inside = nic_leads_inside(s->model, cut->first->netns, cut->first->ifindex);
	for (unsigned int i = 0; i < s->paths->n; i++) {
		const struct path *path = &s->paths->path[i];

		if (path->netns != cut->first->netns || path->loopback ||
		    paths_share_nic(path, cut->first) || path->progress_ns <= cut->until_ns)
			continue;
		if (!last || !paths_share_nic(path, last))
			outside = is_outside(s->model, path);
		last = path;
		if (!outside)
			continue;
		o->answers++;
		if (!o->control || path->gain[PEER_SEGS_OUT] > o->control->gain[PEER_SEGS_OUT])
			o->control = path;
	}
}

static bool is_of_silent(const struct silences *s, const struct peer *peer)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->list[i].path->netns == peer->key.netns &&
		    memcmp(s->list[i].path->addr, peer->key.addr, sizeof(peer->key.addr)) == 0)
			return true;
	return false;
}

/* The factor by which idle connections by it lower the confidence. */
static double weigh_idle(struct claim *claim, const struct silences *s, const struct cut *cut)
{
	const struct peer *peer = NULL;
	__u64 idle = 0;

	while ((peer = peers_next(model_peers(s->model), peer)))
		if (peer->live && peer->key.netns == cut->first->netns &&
		    peer->ifindex == cut->first->ifindex && !is_of_silent(s, peer))
			idle += peer->live;
	if (!idle)
		return 1.0;
	claim_evidence(claim, ROLE_AGAINST, false, "nic.connections.idle", (double)idle,
		       "{connection}", "%s to others had nothing to send: these may be fine",
		       text_plural(idle, "connection").s);
	return 1.0 - 0.2 * (double)idle / (double)(idle + cut->sockets);
}

/* Over UDP, by nobody knows which interface. */
static const struct dns_server *find_name_server(const struct model *model, const struct cut *cut)
{
	const struct dns_server *server = NULL;

	while ((server = dns_servers_next(model_dns(model), server)))
		if (server->netns == cut->first->netns && !addr_is_loopback(server->addr) &&
		    server->answered_ns > cut->until_ns)
			return server;
	return NULL;
}

static double say_name_server(struct claim *claim, const struct model *model, const struct cut *cut)
{
	const struct dns_server *server = find_name_server(model, cut);

	if (!server)
		return 1.0;
	claim_evidence(claim, ROLE_AGAINST, false, "dns.server.answering", 1.0, "{server}",
		       "name server %s answered meanwhile, by which way?",
		       text_addr(server->addr, 0).s);
	return 0.75;
}

static void advise(struct claim *claim, const struct model *model, const struct cut *cut,
		   const struct others *o, const char *label)
{
	struct text enter = path_nsenter(model, cut->silent[0]);
	bool plain = text_is_plain_word(label);
	char addr[46];

	addr_text(cut->silent[0]->addr, addr, sizeof(addr));
	claim_advice(claim, false,
		     o->inside ? "See who answers by it" : "See whether the gateway answers by it",
		     "%sip neigh show%s%s", enter.s, plain ? " dev " : "", plain ? label : "");
	claim_advice(claim, false, "See the interface's own errors", "%sip -s -s link%s%s", enter.s,
		     plain ? " show dev " : "", plain ? label : "");
	if (o->inside) {
		inside_call(claim);
		return;
	}
	claim_advice(claim, false, "See how far packets get", "%smtr -n -r -c 10 %s", enter.s,
		     addr);
	if (o->comparable)
		snprintf(claim->call, sizeof(claim->call),
			 "the network team: the port or router of %.16s", label);
	else
		snprintf(claim->call, sizeof(claim->call), "who runs %.16s, and what is behind it",
			 label);
}

static void claim_nic(const struct silences *s, const struct cut *cut, const struct others *o,
		      const struct judgement *judgement)
{
	const struct model *model = s->model;
	static const char *const names[2] = {"nic.peers.silent", "nic.peers.answering"};
	const struct nic *nic =
		nics_find(model_nics(model), cut->first->netns, cut->first->ifindex);
	struct subject subject = subject_nic(model, nic, cut->first->netns, cut->first->ifindex);
	double c = 1.0 - 0.2 / cut_weight(cut, model);
	bool measured = o->answers && o->comparable;
	char label[32], place[40];
	struct claim claim;

	subject_label(&subject, label, sizeof(label));
	snprintf(place, sizeof(place), "by %s", label);
	cut_claim_begin(&claim, model, &network_partition_rule, &subject, cut);
	claim.basis = measured ? BASIS_MEASURED : BASIS_INFERRED;
	if (o->inside)
		claim.fault_at = AT_THIS_HOST;
	claim_message(&claim, "NETWORK: nobody answers by %s: %u peers silent, %s.", label, cut->n,
		      o->comparable ? "its uplink or beyond"
		      : o->inside   ? "within this host"
				    : "it or beyond");
	cut_claim_silent(&claim, model, cut, names, place, judgement);
	c *= measured ? 0.95 * (1.0 - 0.05 / o->answers) : 0.70;
	if (o->answers)
		claim_evidence(&claim, ROLE_CONTROL, true, "host.peers.answering", o->answers,
			       "{peer}", "%s answered meanwhile by another interface%s",
			       text_addr(o->control->addr, 0).s,
			       o->answers > 1 ? ", and others" : "");
	else
		claim_text(&claim, ROLE_UNKNOWN,
			   "whether it is this host: no other interface tells");
	if (!measured)
		c *= say_name_server(&claim, model, cut);
	c *= cut_claim_apart(&claim, model, cut, "nic.silence.apart");
	c *= weigh_idle(&claim, s, cut);
	claim_text(&claim, ROLE_UNKNOWN,
		   o->comparable
			   ? "adapter, cable, switch port or the first router"
			   : "whether those behind it ended by themselves: it has no adapter");
	claim.confidence = confidence_round(c);
	advise(&claim, model, cut, o, label);
	judgement->claim(judgement->ctx, &claim);
}

void partition_nic_judge(const struct silences *silences, const struct judgement *judgement)
{
	const struct paths *paths = silences->paths;

	for (unsigned int i = 0; silences->n > 1 && i < paths->n; i++) {
		struct others others;
		struct cut cut;

		if (paths->path[i].loopback || !paths->path[i].ifindex ||
		    !cut_sum_up(&cut, silences, i, paths_share_nic))
			continue;
		cut.light += cut.strangers;
		look_around(&others, &cut, silences);
		if (cut_is_one(&cut, silences->model) && cut.mine)
			claim_nic(silences, &cut, &others, judgement);
	}
}
