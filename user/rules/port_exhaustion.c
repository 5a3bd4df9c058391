/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port_exhaustion.c - port-exhaustion: connect() finds no local port that is free towards a peer (EADDRNOTAVAIL).
 *
 * A connection needs a local port that no other one to the same address and port holds, TIME_WAIT included (a minute
 * long). What is counted are attempts that failed before a SYN was sent and without an error of the network; that it
 * was the port is known from the samples of them: the socket had none. TIME_WAIT by the thousands with ports to spare
 * is no fault, and is never claimed: only what was refused is.
 *
 * Claimed for a peer (address and port: to another one the same local ports are free) when `min_failures` attempts of
 * the window failed so, `min_share` of all. Basis: reported. Confidence
 *	0.97	and what the namespace holds (in use and TIME_WAIT) is half of the range of ports or more
 *	0.90	what it holds is not known: another namespace
 *	0.70	it holds less: ports are reserved, or the program binds to one address of several
 * Severity: critical when more than half of the attempts fail, else warning.
 */
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/stats.h"
#include "rules/victim.h"

static const struct threshold min_failures = {
	"port-exhaustion.min_failures", 5, "{connection}",
	"once or twice is a race for the last port, and is tried again"};
static const struct threshold min_share = {"port-exhaustion.min_share", 0.02, "1",
					   "below that a port comes free as soon as it is wanted"};

/* Most services listen below, and it leaves some above. */
#define WIDE_LOW  15000
#define WIDE_HIGH 65000

struct exhausted {
	__u64 failures;
	__u64 attempts;
	double share;
	const struct event_net_stack *stack; /* NULL: not known */
	__u32 ports;
	__u32 held;
};

/* So many failed so, and such a share: `part` of what a claim takes. */
static bool is_exhausted(const struct model *model, const struct peer *peer, double part,
			 struct exhausted *x)
{
	const struct frame *frame = model_frame(model);
	const struct net_stack *stack = local_stack(model_local(model), peer->key.netns);

	*x = (struct exhausted){0};
	/* Of the samples, most must be so: the rest failed for something else. */
	if (peer->key.dir != PEER_OUT || peer->failed_no_port * 2 <= peer->failed_samples)
		return false;
	x->failures =
		peer_window(peer, frame, PEER_FAILED) * peer->failed_no_port / peer->failed_samples;
	x->attempts = peer_window(peer, frame, PEER_ATTEMPTS);
	if (!x->failures || (double)x->failures < part * model_threshold(model, &min_failures))
		return false;
	if (x->attempts < x->failures)
		x->attempts = x->failures;
	x->share = (double)x->failures / (double)x->attempts;
	if (stack && stack->now.port_low) {
		x->stack = &stack->now;
		x->ports = stack->now.port_high - stack->now.port_low + 1U;
		x->held = stack->now.time_wait + stack->now.tcp_inuse;
	}
	return x->share >= part * model_threshold(model, &min_share);
}

static double weigh(struct claim *claim, const struct peer *peer, const struct exhausted *x)
{
	if (!x->stack) {
		claim_text(claim, ROLE_UNKNOWN, "how many ports that network namespace has");
		return 0.90;
	}
	claim_evidence(claim, ROLE_FOR, true, "ports.time_wait", x->stack->time_wait, "{socket}",
		       "%s in TIME_WAIT and %s in use; the range has %s ports",
		       text_count(x->stack->time_wait).s, text_count(x->stack->tcp_inuse).s,
		       text_count(x->ports).s);
	if (2 * peer->live > x->ports)
		claim_evidence(claim, ROLE_FOR, true, "ports.open", peer->live, "{connection}",
			       "%s connections to it are open: they hold the ports",
			       text_count(peer->live).s);
	if (2 * x->held >= x->ports)
		return 0.97;
	claim_text(claim, ROLE_AGAINST,
		   "that is less than half: ports are reserved, or few addresses used");
	return 0.70;
}

/* One that is known, and never a narrower one. */
static void advise_range(struct claim *claim, const struct exhausted *x, const char *enter)
{
	__u32 low = WIDE_LOW, high = WIDE_HIGH;

	if (!x->stack || (x->stack->port_low <= low && x->stack->port_high >= high))
		return;
	if (x->stack->port_low < low)
		low = x->stack->port_low;
	if (x->stack->port_high > high)
		high = x->stack->port_high;
	claim_advice(claim, true, "Widen the range of ports",
		     "%ssysctl -w net.ipv4.ip_local_port_range='%u %u'", enter, low, high);
}

static void claim_peer(const struct model *model, const struct peer *peer,
		       const struct exhausted *x, const struct judgement *judgement)
{
	struct subject subject = subject_peer(model, peer->key.addr, peer->key.netns,
					      peer->key.port, PEER_OUT, peer->ifindex);
	struct text who = text_process(peer->comm, peer->pid);
	struct text enter = text_nsenter(model, peer->key.netns, peer->pid);
	struct claim claim;

	claim_init(&claim, &port_exhaustion_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = x->share > 0.5 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim.count = x->failures;
	claim.first_ns = peer->no_port_since_ns;
	claim.last_ns = peer->no_port_ns;
	claim.window_ns = model_frame(model)->window_ns;
	claim_victim(&claim, model, judgement, peer_holder(peer), " connects to it");
	claim_evidence(&claim, ROLE_FOR, true, "connect.no_port", (double)x->failures,
		       "{connection}", "%s of %s connect() found no local port (EADDRNOTAVAIL)",
		       text_count(x->failures).s, text_count(x->attempts).s);
	claim.confidence = confidence_round(weigh(&claim, peer, x));
	claim_text(&claim, ROLE_NOT_US, "no packet left: neither network nor peer was asked");
	claim_message(&claim,
		      "PORTS: no local port is left for %.47s; %.12s of %.12s attempts failed.",
		      text_addr(peer->key.addr, peer->key.port).s, text_count(x->failures).s,
		      text_count(x->attempts).s);
	claim_advice(&claim, false, "See what holds the ports, by state", "%sss -tan dst %.50s",
		     enter.s, text_ss_addr(peer->key.addr).s);
	advise_range(&claim, x, enter.s);
	claim_advice(&claim, true, "Reuse ports in TIME_WAIT for new connections",
		     "%ssysctl -w net.ipv4.tcp_tw_reuse=1", enter.s);
	if (peer->pid)
		snprintf(claim.call, sizeof(claim.call),
			 "the owner of %.24s: keep connections open", who.s);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct peer *peer = NULL;
	__u32 pid = asked_pid(model);
	struct exhausted x;

	while ((peer = peers_next(model_peers(model), peer)))
		if ((!pid || pid == peer->pid) && is_exhausted(model, peer, 1.0, &x))
			claim_peer(model, peer, &x, judgement);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer_total(peer, PEER_ATTEMPTS))
			return true;
	snprintf(buf, size, "nobody opened a connection");
	return false;
}

/* A connection to it was made since, and none failed so, or half of what a claim takes is not reached any more. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;
	struct exhausted x;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer->key.dir == PEER_OUT && peer->key.port == subject->port &&
		    memcmp(peer->key.addr, subject->addr, sizeof(subject->addr)) == 0 &&
		    subject_netns(model, peer->key.netns) == subject->netns)
			return peer->made_ns > since_ns &&
			       (peer->no_port_ns <= since_ns ||
				!is_exhausted(model, peer, RECOVER_SHARE, &x));
	return false;
}

static const struct threshold *const thresholds[] = {&min_failures, &min_share, NULL};

const struct rule port_exhaustion_rule = {
	.kind = "port-exhaustion",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"No local port is left for new connections to a peer: connect() fails with "
		"EADDRNOTAVAIL before anything is sent. Mostly connections in TIME_WAIT hold them.",
	.against =
		"A namespace that holds less than half of its range. TIME_WAIT by the thousands with "
		"ports to spare is never claimed.",
	.todo = "Keep connections open, widen ip_local_port_range, or set tcp_tw_reuse.",
	.needs = {PROBE_TCP_STATE},
	.tables = {"tcp.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
