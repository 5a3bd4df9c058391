/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic_link.c - nic-link-down: an interface that is up has had no carrier for `least_s`; nic-link-flap: it lost its
 * carrier and got it back, once or again and again.
 *
 * The kernel counts each loss of a carrier and tells of it (rtnetlink). One that was set down by hand (IFF_UP is gone)
 * is no fault; nor is one that never had a link in our sight. A bond with a member that has a link is up: the member is
 * named. When none has one, the bond is named, and its members are evidence.
 *
 * Basis: reported. Confidence:
 *	nic-link-down:	c = 0.97
 *	nic-link-flap:	c = 0.99 - 0.24 / n	n: losses; a single one may be a driver that was given new settings
 * times, for what speaks against:
 *	0.95	the other end is on this host too (veth): someone here may have set it down
 *
 * Severity: critical when the host's own addresses hang on it or on its bond (a bond that is up: warning);
 * info when it carried nothing before. A flap that is a single loss, or a few within EPISODE_S, is a warning: new
 * settings (rings, channels, MTU) restart the link once each, and a script at boot sets several.
 */
#include "rules/nic_link.h"

#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold least_s = {
	"nic-link-down.least_s", 4, "s",
	"a port that is given new settings negotiates its link anew in 2 to 4 s"};
static const struct threshold min_losses = {
	"nic-link-flap.min_losses", 1, "{loss}",
	"a link in use is never lost for nothing: a single loss is told, with less confidence"};
static const struct threshold flap_window_s = {
	"nic-link-flap.window_s", 600, "s",
	"a loose plug or a bad transceiver shows again within minutes"};

#define EPISODE_S 30.0

struct link {
	const struct nic *nic;
	const struct nic_loss *down; /* NULL: it has a link */
	double down_s;
	unsigned int losses; /* of those kept, in the window */
	unsigned int unseen; /* of these only counted */
	double longest_s;    /* of those that are over */
	__u64 first_ns;
	__u64 last_ns;
	const struct nic *bond;
	bool used; /* it carried packets, or has an address */
};

static bool is_used(const struct model *model, const struct nic *nic)
{
	return nic->flags & NIC_ADDRESSED || nic_bond(model, nic) ||
	       nic->now[NIC_TX_PACKETS] > nic->base[NIC_TX_PACKETS];
}

static __u64 flap_window_ns(const struct model *model)
{
	return (__u64)(model_threshold(model, &flap_window_s) * 1e9);
}

static bool look(const struct model *model, const struct nic *nic, struct link *l)
{
	__u64 now = model_now(model), window_ns = flap_window_ns(model);

	*l = (struct link){.nic = nic, .down = nic_down(nic)};
	if (!nic->n_loss || !nic_is_judged(model, nic))
		return false;
	l->bond = nic_bond(model, nic);
	/* A bond without any link is the finding, not its members. */
	if (l->bond && !(l->bond->flags & NIC_CARRIER) && l->bond->n_loss)
		return false;
	l->used = is_used(model, nic);
	if (l->down)
		l->down_s = (double)(now - l->down->down_ns) / 1e9;
	for (unsigned int i = 0; i < nic->n_loss; i++) {
		const struct nic_loss *loss = &nic->loss[i];
		double s = (double)(loss->up_ns - loss->down_ns) / 1e9;

		if (loss->up_ns && loss->up_ns + window_ns < now)
			continue;
		if (!l->losses)
			l->first_ns = loss->down_ns;
		l->losses++;
		l->unseen += loss->unseen;
		l->last_ns = loss->up_ns ? loss->up_ns : now;
		if (loss->up_ns && s > l->longest_s)
			l->longest_s = s;
	}
	return l->losses > 0;
}

static void say_bond(struct claim *claim, const struct model *model, const struct link *l)
{
	const struct nic *bond = l->bond ? l->bond : l->nic;
	unsigned int up, n = bond_members(model, bond, &up);

	if (!n)
		return;
	claim_evidence(claim, l->bond ? ROLE_CONTROL : ROLE_FOR, true, "bond.members_up", up,
		       "{member}", "%s: %u of %u members have a link", text_name(bond->name, 15).s,
		       up, n);
}

static void start(struct claim *claim, const struct model *model, const struct rule *rule,
		  const struct link *l)
{
	struct subject subject = subject_nic(model, l->nic, l->nic->netns, l->nic->ifindex);

	claim_init(claim, rule, &subject);
	claim->basis = BASIS_REPORTED;
	claim->severity = !l->used ? SEVERITY_INFO : l->bond ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	claim->count = l->losses;
	claim->first_ns = l->first_ns;
	claim->last_ns = l->last_ns;
	claim->window_ns = model_now(model) - l->nic->since_ns;
	if (claim->window_ns > flap_window_ns(model))
		claim->window_ns = flap_window_ns(model);
	nic_context(claim, model, l->nic);
}

static void finish(struct claim *claim, const struct model *model, const struct link *l, double c)
{
	const char *name = text_is_plain_word(l->nic->name) ? l->nic->name : "";
	bool veth = strcmp(l->nic->kind, "veth") == 0;

	say_bond(claim, model, l);
	if (veth) {
		c *= 0.95;
		claim_evidence(claim, ROLE_AGAINST, false, "nic.veth", 1, "1",
			       "a virtual cable: its other end may have been set down here");
	}
	claim_evidence(claim, ROLE_NOT_US, true, "nic.set_down", 0, "1",
		       "nobody here set it down: it is enabled all the time");
	if (!l->used)
		claim_text(claim, ROLE_UNKNOWN,
			   "whether anyone needs it: no address, and it sent nothing");
	claim->confidence = confidence_round(c);
	if (*name) {
		claim_advice(claim, false, "Read the link's state and its losses",
			     "ip -s -d link show dev %s", name);
		if (!veth)
			claim_advice(claim, false, "Read what the adapter negotiated", "ethtool %s",
				     name);
	}
	if (!*name)
		claim_advice(claim, false, "Read the links' states", "ip -s -d link show");
	snprintf(claim->call, sizeof(claim->call), "%s",
		 veth ? "whoever runs the other end of the cable"
		      : "who has the cable and the switch port");
}

/* ---- nic-link-down ---- */

static void down_message(struct claim *claim, const struct model *model, const struct link *l)
{
	const char *name = l->nic->name;
	unsigned int up, n = bond_members(model, l->nic, &up);

	if (l->bond)
		claim_message(claim,
			      "ADAPTER: %.15s lost its member %.15s: no link for %s. %.15s is up.",
			      l->bond->name, name, text_duration(l->down_s).s, l->bond->name);
	else if (n)
		claim_message(claim, "ADAPTER: %.15s is down: none of its %u members has a link.",
			      name, n);
	else
		claim_message(claim,
			      "ADAPTER: %.15s has had no link for %s; check the cable and the "
			      "other end.",
			      name, text_duration(l->down_s).s);
}

static bool is_down(const struct model *model, const struct link *l)
{
	return l->down && l->down_s >= model_threshold(model, &least_s);
}

static void judge_down(const struct model *model, const struct judgement *judgement)
{
	const struct nic *nic = NULL;
	struct claim claim;
	struct link l;

	while ((nic = nics_next(model_nics(model), nic))) {
		if (!look(model, nic, &l) || !is_down(model, &l))
			continue;
		start(&claim, model, &nic_link_down_rule, &l);
		claim.count = 1;
		claim.first_ns = l.down->down_ns;
		claim_evidence(&claim, ROLE_FOR, true, "nic.down", l.down_s, "s",
			       "no carrier for %s; it had one before", text_duration(l.down_s).s);
		if (l.losses > 1)
			claim_evidence(&claim, ROLE_FOR, true, "nic.carrier_losses", l.losses,
				       "{loss}", "it was lost %u times in the last %s", l.losses,
				       text_duration((double)claim.window_ns / 1e9).s);
		down_message(&claim, model, &l);
		finish(&claim, model, &l, 0.97);
		judgement->claim(judgement->ctx, &claim);
	}
}

/* It has a link again, or somebody set it down. */
static bool down_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct nic *nic = nic_of(model, subject);

	(void)since_ns;
	return nic && (nic->flags & NIC_CARRIER || !(nic->flags & NIC_UP));
}

/* ---- nic-link-flap ---- */

static void flap_message(struct claim *claim, const struct link *l)
{
	const char *name = l->nic->name;
	char times[32];

	snprintf(times, sizeof(times), l->losses == 1 ? "once" : "%u times", l->losses);
	if (l->bond)
		claim_message(claim, "ADAPTER: %.15s, member of %.15s, lost its link %s; it is %s.",
			      name, l->bond->name, times, l->down ? "down now" : "back");
	else if (l->longest_s > 0.0)
		claim_message(claim, "ADAPTER: %.15s lost its link %s, for %s%s; it is %s.", name,
			      times, l->losses == 1 ? "" : "up to ",
			      text_latency(l->longest_s * 1e9).s, l->down ? "down now" : "back");
	else
		claim_message(claim, "ADAPTER: %.15s lost its link %s; it is %s.", name, times,
			      l->down ? "down now" : "back");
}

/* As many as are kept are too many for settings, whenever they came. */
static bool is_one_episode(const struct link *l)
{
	return l->losses == 1 || (l->losses < NIC_LOSSES_KEPT &&
				  (double)(l->last_ns - l->first_ns) / 1e9 <= EPISODE_S);
}

static void say_settings(struct claim *claim, const struct link *l)
{
	if (l->losses == 1)
		claim_evidence(claim, ROLE_AGAINST, false, "nic.carrier_losses", 1, "{loss}",
			       "once only: new settings (ethtool, MTU) cause one loss too");
	else
		claim_evidence(claim, ROLE_AGAINST, false, "nic.carrier_losses", l->losses,
			       "{loss}", "all within %s: new settings (ethtool, MTU) may do so",
			       text_duration((double)(l->last_ns - l->first_ns) / 1e9).s);
}

static void judge_flap(const struct model *model, const struct judgement *judgement)
{
	const struct nic *nic = NULL;
	struct claim claim;
	struct link l;

	while ((nic = nics_next(model_nics(model), nic))) {
		if (!look(model, nic, &l) || l.losses < model_threshold(model, &min_losses))
			continue;
		/* Still in its first loss: that is nic-link-down's, when it lasts. */
		if (l.losses == 1 && l.down)
			continue;
		start(&claim, model, &nic_link_flap_rule, &l);
		if (claim.severity == SEVERITY_CRITICAL && is_one_episode(&l))
			claim.severity = SEVERITY_WARNING;
		claim_evidence(&claim, ROLE_FOR, true, "nic.carrier_losses", l.losses, "{loss}",
			       "%s of the carrier while it was up, in %s",
			       l.losses == 1 ? "1 loss" : text_plural(l.losses, "losse").s,
			       text_duration((double)claim.window_ns / 1e9).s);
		if (l.longest_s > 0.0)
			claim_evidence(&claim, ROLE_FOR, true, "nic.longest_loss", l.longest_s, "s",
				       "the longest took %s", text_latency(l.longest_s * 1e9).s);
		if (l.unseen)
			claim_text(&claim, ROLE_FOR, "%u of them shorter than the kernel tells of",
				   l.unseen);
		if (is_one_episode(&l) && !nic_is_virtual(nic))
			say_settings(&claim, &l);
		flap_message(&claim, &l);
		finish(&claim, model, &l, 0.99 - 0.24 / l.losses);
		judgement->claim(judgement->ctx, &claim);
	}
}

/* It has its link, and lost it less often than is told, for as long as a flap may pause. */
static bool flap_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct nic *nic = nic_of(model, subject);
	struct link l;

	return nic && nic->flags & NIC_CARRIER &&
	       since_ns + flap_window_ns(model) < model_now(model) &&
	       (!look(model, nic, &l) || l.losses < model_threshold(model, &min_losses));
}

static const struct threshold *const down_thresholds[] = {&least_s, NULL};
static const struct threshold *const flap_thresholds[] = {&min_losses, &flap_window_s, NULL};

const struct rule nic_link_down_rule = {
	.kind = "nic-link-down",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "An interface that is up has lost its link, and not got it back.",
	.against = "Set down by hand; never had a link; a container's interface; wireless.",
	.todo = "Check cable, transceiver and switch port; a bond names the member it lost.",
	.needs = {PROBE_LINKS},
	.tables = {"source.nics"},
	.thresholds = down_thresholds,
	.exposed = nic_exposed,
	.judge = judge_down,
	.recovered = down_recovered,
	.open_evals = 1,
	.close_evals = 1,
};

const struct rule nic_link_flap_rule = {
	.kind = "nic-link-flap",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The link of an interface was lost and came back, once or again and again.",
	.against =
		"A single loss, or a few within 30 s: settings that were changed; interfaces of containers.",
	.todo = "Check cable, transceiver and switch port; compare the switch's own log.",
	.needs = {PROBE_LINKS},
	.tables = {"source.nics"},
	.thresholds = flap_thresholds,
	.exposed = nic_exposed,
	.judge = judge_flap,
	.recovered = flap_recovered,
	.open_evals = 1,
	.close_evals = 3,
};
