/* SPDX-License-Identifier: BSD-2-Clause */
/* latency_claim.c - path-latency in words: what grew, beside what, and what else it could be; see latency.c. */
#include <stdio.h>
#include <string.h>

#include "model/machine.h"
#include "rules/families.h"
#include "rules/latency.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

/* RFC 1122 allows 500 ms; what is in use holds an ACK back for 200 ms at most. */
#define DELAYED_ACK_US 200000
/* Tasks wait for a processor in so much of the time: this host answers late itself. */
#define CPU_SOME_SHARE 0.8
#define CPU_SPAN_NS    10000000000ULL

static struct text ms(__u32 us)
{
	return text_latency(us * 1e3);
}

static void claim_growth(struct claim *claim, const struct trail *trail)
{
	claim_evidence(claim, ROLE_FOR, true, "tcp.rtt.least", trail->least_us / 1e3, "ms",
		       "RTT %s or more at %u looks in a row, last %s; %s before",
		       ms(trail->least_us).s, trail->slow, ms(trail->latest_us).s,
		       ms(trail->low_us).s);
	claim_evidence(claim, ROLE_FOR, true, "tcp.rtt.low", trail->low_us / 1e3, "ms",
		       "%u of %u looks of this run were within twice its least", trail->near,
		       trail->near + trail->far);
	if (trail->queued)
		claim_evidence(claim, ROLE_FOR, true, "tcp.looks.queued", trail->queued, "{look}",
			       "data waits for the window at %u of %u: we fill a queue there",
			       trail->queued, trail->slow);
}

static void claim_controls(struct claim *claim, const struct latency_company *c)
{
	char second[48] = "";

	if (!c->best[0])
		return;
	if (c->best[1])
		snprintf(second, sizeof(second), "; %.18s: %.10s, %.10s",
			 text_addr(c->best[1]->path->addr, 0).s, ms(c->best[1]->latest_us).s,
			 ms(c->best[1]->low_us).s);
	claim_evidence(claim, ROLE_CONTROL, true, "tcp.control.rtt", c->best[0]->latest_us / 1e3,
		       "ms", "%.18s: RTT %.10s, at least %.10s%s",
		       text_addr(c->best[0]->path->addr, 0).s, ms(c->best[0]->latest_us).s,
		       ms(c->best[0]->low_us).s, second);
}

/* A busy host is late itself; where another path was seen to be well it is not that. */
static double against_host(struct claim *claim, const struct model *model, bool control)
{
	struct load_span load;

	machine_span(model_machine(model), CPU_SPAN_NS, &load);
	if (load.seconds <= 0.0 || load.cpu_some < 0.0)
		return 1.0;
	if (load.cpu_some < CPU_SOME_SHARE) {
		claim_evidence(claim, ROLE_NOT_US, true, "pressure.cpu.some", 100.0 * load.cpu_some,
			       "%", "tasks waited for a processor %s of the time",
			       text_percent(load.cpu_some).s);
		return 1.0;
	}
	claim_evidence(claim, ROLE_AGAINST, false, "pressure.cpu.some", 100.0 * load.cpu_some, "%",
		       "tasks wait for a processor %s of the time: this host?",
		       text_percent(load.cpu_some < 1.0 ? load.cpu_some : 1.0).s);
	return control ? 0.9 : 0.6;
}

static double against_path(struct claim *claim, const struct trail *trail)
{
	const struct path *path = trail->path;
	double factor = 1.0;

	if (path->spurious > 0.0)
		claim_evidence(claim, ROLE_FOR, true, "tcp.segments.spurious", path->spurious,
			       "{segment}", "%s for nothing (DSACK): late, not lost",
			       text_plural((__u64)path->spurious, "resend").s);
	else if (trail->least_us - trail->low_us < DELAYED_ACK_US && !trail->queued) {
		factor *= 0.8;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.rtt.grown",
			       (trail->least_us - trail->low_us) / 1e3, "ms",
			       "the peer may hold back its ACKs: that takes up to 200 ms");
	}
	if (path->lost >= 1.0) {
		factor *= 0.9;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.lost.ratio", path->ratio, "1",
			       "%s lost of %s segments: too little for path-loss",
			       text_count((__u64)path->lost).s,
			       text_count(path->gain[PEER_SEGS_OUT]).s);
	} else {
		claim_text(claim, ROLE_AGAINST, "not loss: none of %s segments was lost",
			   text_count(path->gain[PEER_SEGS_OUT]).s);
	}
	return factor;
}

static void begin(struct claim *claim, const struct subject *subject, const struct model *model,
		  const struct trail *trail, enum basis basis)
{
	claim_init(claim, &path_latency_rule, subject);
	claim->basis = basis;
	claim->count = trail->slow;
	claim->first_ns = trail->first_ns;
	claim->last_ns = trail->last_ns;
	claim->window_ns = model_now(model) - trail->first_ns;
}

const struct threshold latency_settled_s = {
	"path-latency.settled_s", 1800, "s",
	"told of for so long, and as steady as a route: it is the way there now, no queue or detour that passes"};

/* As a route's: half above the least of the latest looks. */
#define STEADY_TIMES 1.5

static bool has_settled(const struct model *model, const struct trail *trail)
{
	double run_s = (double)trail->run * (double)model_frame(model)->tick_ns / 1e9;

	return run_s >= model_threshold(model, &latency_settled_s) && trail->slow == trail->kept &&
	       (double)trail->most_us <= STEADY_TIMES * (double)trail->least_us;
}

/* The kernel's RTT is smoothed: another number than the looks'. */
static void victim(struct claim *claim, const struct model *model, const struct path *path,
		   const struct judgement *judgement)
{
	if (path->main)
		claim_victim(claim, model, judgement, peer_holder(path->main),
			     ": %s, smoothed RTT %s", text_plural(path->live, "connection").s,
			     ms(path->srtt_us).s);
}

static void whose(struct claim *claim, const struct model *model, const struct trail *trail,
		  const struct latency_company *c)
{
	const struct path *path = trail->path;

	if (nic_leads_inside(model, path->netns, path->ifindex)) {
		inside_claim(claim, path_nsenter(model, path).s);
		return;
	}
	claim_text(claim, ROLE_UNKNOWN,
		   c->fine ? "where on the path, and which direction"
			   : "path, uplink or this host: no other peer was busy");
	snprintf(claim->call, sizeof(claim->call),
		 trail->queued ? "who sends so much here; the network team, for that queue"
			       : "the network team; not the owner of this host");
}

void latency_claim_path(const struct model *model, const struct trail *trail,
			const struct latency_company *c, enum basis basis, double confidence,
			const struct judgement *judgement)
{
	const struct path *path = trail->path;
	bool client = path->inbound;
	struct subject subject =
		client ? subject_peer(model, path->addr, path->netns, 0, 0, path->ifindex)
		       : path_subject(model, path);
	struct claim claim;

	begin(&claim, &subject, model, trail, basis);
	if (client)
		claim.severity = SEVERITY_INFO;
	claim_message(&claim, "NETWORK: the path to %s takes %s, %s before; nothing is lost.",
		      text_addr(trail->path->addr, 0).s, ms(trail->latest_us).s,
		      ms(trail->low_us).s);
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: the path to %s takes %s, %s before.",
			      text_addr(trail->path->addr, 0).s, ms(trail->latest_us).s,
			      ms(trail->low_us).s);
	victim(&claim, model, path, judgement);
	claim_growth(&claim, trail);
	claim_controls(&claim, c);
	confidence *= against_path(&claim, trail);
	if (has_settled(model, trail)) {
		claim.severity = SEVERITY_INFO;
		claim_text(&claim, ROLE_AGAINST,
			   "steady for %s or more: it moved, or has another route",
			   text_duration(model_threshold(model, &latency_settled_s)).s);
	}
	if (client)
		claim_text(&claim, ROLE_AGAINST,
			   "it only connects to us: its own access line may be full");
	if (c->slow > 1) {
		confidence *= 0.9;
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.peers.slow", c->slow, "{peer}",
			       "%u of %u peers by the same interface are slow", c->slow, c->judged);
	}
	confidence *= against_host(&claim, model, c->fine > 0);
	claim.confidence = confidence_round(confidence);
	whose(&claim, model, trail, c);
	path_claim_advice(&claim, model, path, "See at which hop the time goes", 30);
	judgement->claim(judgement->ctx, &claim);
}

static void advise_nic(struct claim *claim, const struct model *model, const struct path *path,
		       const char *nic, bool inside)
{
	bool plain = text_is_plain_word(nic);
	struct text enter = path_nsenter(model, path);
	char addr[46];

	addr_text(path->addr, addr, sizeof(addr));
	claim_advice(claim, false, "See whether this host's own queue holds packets", "%s%s%s",
		     enter.s, plain ? "tc -s qdisc show dev " : "tc -s qdisc", plain ? nic : "");
	if (inside) {
		claim->fault_at = AT_THIS_HOST;
		claim_text(claim, ROLE_UNKNOWN, "which queue, or how busy this host is");
		inside_call(claim);
		return;
	}
	claim_text(claim, ROLE_UNKNOWN, "its queue, the first router, or how busy this host is");
	claim_advice(claim, false, "See at which hop the time goes", "%smtr -n -r -c 30 %s",
		     enter.s, addr);
	snprintf(claim->call, sizeof(claim->call),
		 "the network team, once this host is known not to be busy itself");
}

void latency_claim_nic(const struct model *model, const struct latency_company *c, enum basis basis,
		       double confidence, const struct judgement *judgement)
{
	const struct path *path = c->worst->path;
	const struct nic *nic = nics_find(model_nics(model), path->netns, path->ifindex);
	struct subject subject = subject_nic(model, nic, path->netns, path->ifindex);
	bool inside = nic_leads_inside(model, path->netns, path->ifindex);
	struct claim claim;
	char label[32];

	subject_label(&subject, label, sizeof(label));
	begin(&claim, &subject, model, c->worst, basis);
	claim_message(&claim, "NETWORK: %u of %u peers by %s answer late: %s.", c->slow, c->judged,
		      label, inside ? "all within this host" : "the uplink or this host");
	claim_evidence(&claim, ROLE_FOR, true, "nic.peers.slow", c->slow, "{peer}",
		       "%u of %u peers by %s are slow, not one path alone", c->slow, c->judged,
		       label);
	claim_text(&claim, ROLE_FOR, "such as %s", text_addr(path->addr, 0).s);
	claim_growth(&claim, c->worst);
	if (c->elsewhere)
		claim_evidence(&claim, ROLE_CONTROL, true, "tcp.control.rtt",
			       c->elsewhere->latest_us / 1e3, "ms",
			       "%s, not by this interface: RTT %s, at least %s",
			       text_addr(c->elsewhere->path->addr, 0).s,
			       ms(c->elsewhere->latest_us).s, ms(c->elsewhere->low_us).s);
	if (c->fine)
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.peers.fine", c->fine, "{peer}",
			       "%u by the same interface fine: %s, RTT %s", c->fine,
			       text_addr(c->best[0]->path->addr, 0).s, ms(c->best[0]->latest_us).s);
	confidence *= against_path(&claim, c->worst);
	confidence *= against_host(&claim, model, c->elsewhere != NULL);
	claim.confidence = confidence_round(confidence);
	advise_nic(&claim, model, path, label, inside);
	judgement->claim(judgement->ctx, &claim);
}
