/* SPDX-License-Identifier: BSD-2-Clause */
/* reach_claim.c - what peer-unreachable says, and how sure it is; the formula is in reach.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "rules/black_hole.h"
#include "rules/dns.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/nic_leads.h"
#include "rules/reach.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

const struct threshold reach_critical_s = {
	"peer-unreachable.critical_s", 10, "s",
	"after ten seconds callers have given up: what needs the peer is refused service"};

static struct subject subject_of(const struct model *model, const struct silence *x)
{
	const struct peer *p = x->service;

	/* The port is ours then. */
	if (x->path->inbound)
		return subject_peer(model, x->path->addr, x->path->netns, 0, 0, x->path->ifindex);
	if (!p)
		return path_subject(model, x->path);
	return subject_peer(model, p->key.addr, p->key.netns, p->key.port, p->key.dir, p->ifindex);
}

static void message(struct claim *claim, const struct model *model, const struct silence *x,
		    const char *label)
{
	const char *what = x->never ? "does not answer" : "stopped answering";
	char nic[32];

	if (x->path->inbound) {
		claim_message(claim,
			      "NETWORK: client %s stopped answering; it may be switched off.",
			      label);
		return;
	}
	nic_label(model, x->path->netns, x->path->ifindex, nic, sizeof(nic));
	if (x->answering)
		claim_message(claim, "NETWORK: %s %s; %u other peer%s via %s %s fine.", label, what,
			      x->answering, x->answering == 1 ? "" : "s", nic,
			      x->answering == 1 ? "is" : "are");
	if (!x->answering || strlen(claim->message) > 80)
		claim_message(claim, "NETWORK: %s %s.", label, what);
}

static void evidence_for(struct claim *claim, const struct silence *x, double silent_s)
{
	claim_evidence(claim, ROLE_FOR, true, "peer.silent", floor(silent_s), "s",
		       "no answer for %s: nothing acknowledged, sent or accepted",
		       text_duration(silent_s).s);
	if (x->sockets)
		claim_evidence(claim, ROLE_FOR, true, "tcp.timeouts.in_a_row", x->backoff,
			       "{timeout}", "%s stuck, %u timeouts in a row without progress",
			       text_plural(x->sockets, "socket").s, x->backoff);
	if (x->syns)
		claim_evidence(claim, ROLE_FOR, true, "tcp.syn.resent", (double)x->syns,
			       "{segment}", "%s resent without an answer",
			       text_plural(x->syns, "SYN").s);
	if (x->failed)
		claim_evidence(claim, ROLE_FOR, true, "tcp.attempts.failed", (double)x->failed,
			       "{connection}", "%s timed out or unreachable",
			       text_plural(x->failed, "connection").s);
	if (x->control)
		claim_evidence(claim, ROLE_CONTROL, true, "nic.peers.answering", x->answering,
			       "{peer}", "%s answered meanwhile, %s segments%s",
			       text_addr(x->control->addr, 0).s,
			       text_count(x->control->gain[PEER_SEGS_OUT]).s,
			       x->answering > 1 ? ", and others" : "");
}

/* A cloud's tools ask for it wherever they run. */
static bool is_metadata(const struct silence *x)
{
	return x->never && addr_is_link_local4(x->path->addr);
}

static double evidence_against(struct claim *claim, const struct silence *x)
{
	double factor = 1.0;

	if (x->silent_too) {
		factor *= x->answering ? 1.0 : 0.8;
		claim_evidence(claim, ROLE_AGAINST, x->answering > 0, "nic.peers.silent",
			       x->silent_too, "{peer}",
			       "%s by the same interface silent too: the network?",
			       text_plural(x->silent_too, "other peer").s);
	}
	if (x->zero_win) {
		factor *= 0.7;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.sockets.zero_window", x->zero_win,
			       "{socket}", "%s with a closed window: it may only not read",
			       text_plural(x->zero_win, "socket").s);
	}
	if (is_metadata(x))
		claim_text(claim, ROLE_AGAINST,
			   "link-local: a cloud's metadata service, and this may be no cloud");
	if (x->path->inbound)
		claim_text(claim, ROLE_AGAINST,
			   "it only connects to us: clients come and go, nobody here waits for it");
	else if (x->service)
		claim_text(claim, ROLE_AGAINST,
			   "other ports of the host answer: only this one is meant");
	return factor;
}

/* Not proven, or path-loss would say so; but worth one look. */
static bool may_be_large_only(const struct model *model, const struct silence *x,
			      struct black_hole *hole)
{
	return black_hole_sought(model, x->path, hole) && hole->p < 1.0 && hole->sacked &&
	       !hole->small_lost;
}

/* An address of this host's. By the interface alone that is not sure of what never answered: where there is no way to
 * a neighbour, some routes point at loopback. */
static bool is_own(const struct silence *x)
{
	return addr_is_loopback(x->path->addr) || (x->path->loopback && !x->never);
}

static bool is_inside(const struct model *model, const struct silence *x)
{
	return !x->path->loopback && nic_leads_inside(model, x->path->netns, x->path->ifindex);
}

static const char *unknown_text(const struct model *model, const struct silence *x)
{
	if (is_own(x))
		return "whether its accept queue is full, or a rule of this host drops";
	if (is_inside(model, x))
		return "whether that container or VM is up, or a rule of this host drops";
	return "whether the peer or the way to it is down";
}

static void advise_own(struct claim *claim, const char *enter)
{
	claim_advice(claim, false, "See whether an accept queue is full: Recv-Q above Send-Q",
		     "%sss -ltn", enter);
	claim_advice(claim, false, "See whether a rule drops it", "%snft list ruleset", enter);
}

static void advise(struct claim *claim, const struct model *model, const struct silence *x)
{
	struct text enter = text_nsenter(model, x->path->netns, x->any->pid);
	struct black_hole hole;
	char addr[46];

	addr_text(x->path->addr, addr, sizeof(addr));
	if (may_be_large_only(model, x, &hole)) {
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.small.passed", hole.sacked,
			       "{segment}", "%s came through behind a lost one of %u: its MTU?",
			       text_plural(hole.sacked, "smaller segment").s, hole.large_size);
		black_hole_ping(claim, model, x->path, hole.large_size);
	}
	claim_advice(claim, false, "See whether its sockets still time out", "%sss -tino dst %s",
		     enter.s, text_ss_addr(x->path->addr).s);
	if (is_own(x)) {
		advise_own(claim, enter.s);
	} else if (is_inside(model, x)) {
		claim_advice(claim, false, "See whether it still has its address",
			     "%sip neigh show %s", enter.s, addr);
		inside_call(claim);
		return;
	} else if (x->service && !x->path->inbound) {
		claim_advice(claim, false, "See how far packets to that port get",
			     "%smtr -T -P %u -n -r -c 10 %s", enter.s, x->service->key.port, addr);
	} else {
		claim_advice(claim, false, "See how far packets get", "%smtr -n -r -c 10 %s",
			     enter.s, addr);
	}
	snprintf(claim->call, sizeof(claim->call), "the owner of %.46s", addr);
}

/* Transmissions in a row that nobody answered. */
static double in_a_row(const struct silence *x)
{
	__u64 syns = x->syns + x->tries;
	__u64 n = x->backoff > syns ? x->backoff : syns;

	return (double)(n > x->failed ? n : x->failed);
}

static enum severity severity_of(const struct model *model, const struct silence *x,
				 const struct subject *subject, double silent_s)
{
	if (x->path->inbound || is_metadata(x) ||
	    dns_udp_works(model, subject->addr, x->path->netns, subject->port))
		return SEVERITY_INFO;
	if (x->never || silent_s < model_threshold(model, &reach_critical_s))
		return SEVERITY_WARNING;
	return SEVERITY_CRITICAL;
}

static void victim(struct claim *claim, const struct model *model, const struct silence *x,
		   const struct judgement *judgement)
{
	__u32 live = x->service ? x->service->live : x->path->live;
	__u32 tried = x->service ? x->service->live_syn : x->path->live_syn;

	if (live > tried)
		claim_victim(claim, model, judgement, peer_holder(x->any), ": %s",
			     text_plural(live - tried, "connection").s);
	else
		claim_victim(claim, model, judgement, peer_holder(x->any), " cannot connect");
}

void silence_claim(const struct model *model, const struct silence *x,
		   const struct judgement *judgement)
{
	struct subject subject = subject_of(model, x);
	double silent_s = (double)(model_now(model) - x->since_ns) / 1e9;
	double n = in_a_row(x);
	double p = pow(0.1, n < 6.0 ? n : 6.0), confidence;
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &peer_unreachable_rule, &subject);
	claim.severity = severity_of(model, x, &subject, silent_s);
	claim.basis = x->answering ? BASIS_MEASURED : BASIS_INFERRED;
	confidence = x->answering ? 0.95 * (1.0 - sqrt(p)) * (1.0 - 0.08 / x->answering)
				  : 0.70 * (1.0 - sqrt(p));
	claim.count = x->sockets + x->syns + x->failed;
	claim.first_ns = x->since_ns;
	claim.last_ns = x->last_ns > x->since_ns ? x->last_ns : x->since_ns;
	claim.window_ns = model_now(model) - x->since_ns;
	message(&claim, model, x, label);
	victim(&claim, model, x, judgement);
	evidence_for(&claim, x, silent_s);
	confidence *= evidence_against(&claim, x);
	claim_text(&claim, ROLE_UNKNOWN, "%s", unknown_text(model, x));
	if (x->never)
		claim_text(&claim, ROLE_UNKNOWN, "since when: it never answered while watched");
	claim.confidence = confidence_round(confidence);
	advise(&claim, model, x);
	judgement->claim(judgement->ctx, &claim);
}
