/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resets.c - connection-resets: connections in use are reset, again and again.
 *
 * Who resets is what the kernel itself acted on: sk_err is ECONNRESET (the peer, or what speaks for it), or
 * an open connection ended here without an error and without a FIN (this end: data unread, SO_LINGER 0).
 * Counted per service over the window, at which stage:
 *   in use	resets less the next two: these hurt
 *   early	before the peer sent a byte. To a connection that we made this hurts (it was accepted, asked,
 *		and dropped); to one that we accepted it does not: a scan, a health check.
 *   stale	of those in use: at the first use after five seconds without a segment. They hurt, and what does it is
 *		most likely a balancer or firewall that forgot the connection meanwhile, and says so only when asked.
 *   idle	after five seconds without data: a balancer or firewall that forgets. Never claimed.
 * Not counted at all: a reset after our own close, and one that answers what we sent after the peer's FIN
 * (a client that gave up).
 *
 * Claimed from min_resets on, when min_share of the connections that ended were reset so. Confidence
 *	reported	c = 0.99 * (1 - 0.5 / n) * (0.8 + 0.2 * share)
 * times 0.75 when half of them were stale (the peer, or what is on the way: a suspicion only), 0.7 when before the window the same share was reset (that is how this peer ends connections), and
 * 0.8 when as many were idle.
 *
 * Severity: warning. info when all of them came within burst_s (a service that was restarted once), when
 * clients reset what they opened (they gave up, or were closed), and when this end resets.
 */
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/paths.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/tls.h"
#include "rules/victim.h"

#define PAST_LEAST 20.0

static const struct threshold min_resets = {
	"connection-resets.min_resets", 5, "{connection}",
	"a few are crashes of single clients, and what any long-lived service sees"};
static const struct threshold min_share = {
	"connection-resets.min_share", 20, "%",
	"a fifth of all connections that end is far beyond what users that leave early make up"};
static const struct threshold burst_s = {
	"connection-resets.burst_s", 3, "s",
	"a service that is restarted resets all its connections at once, then no more"};

/* How one service's connections ended. */
struct ends {
	__u64 n;      /* resets that count */
	__u64 early;  /* of these */
	__u64 stale;  /* of these */
	__u64 idle;   /* besides */
	__u64 linger; /* of these: this end, by SO_LINGER 0 */
	__u64 closed;
	double share;
	double past; /* the same share before the window; < 0: too few to say */
	bool ours;
};

static double past_share(const struct peer *peer, const struct ends *e, enum peer_counter counter)
{
	double closed = (double)(peer_total(peer, PEER_CLOSED) - e->closed);
	double counted = (double)(peer_total(peer, counter) - e->n - e->idle);

	if (closed < PAST_LEAST || peer_total(peer, counter) < e->n + e->idle)
		return -1.0;
	return counted / closed;
}

static void look_theirs(struct ends *e, const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);

	memset(e, 0, sizeof(*e));
	e->n = peer_resets(peer, frame);
	e->idle = peer_window(peer, frame, PEER_RESETS_IDLE);
	if (peer->key.dir == PEER_OUT)
		e->early = peer_window(peer, frame, PEER_RESETS_EARLY);
	e->stale = peer_window(peer, frame, PEER_RESETS_STALE);
	e->closed = peer_window(peer, frame, PEER_CLOSED);
	e->past = past_share(peer, e, PEER_RESETS);
}

static void look_ours(struct ends *e, const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	__u64 all = peer_window(peer, frame, PEER_ABORTS);
	__u64 early = peer_window(peer, frame, PEER_ABORTS_EARLY);

	memset(e, 0, sizeof(*e));
	e->ours = true;
	/* What got no answer yet was given up: a client's timeout, a health check. */
	e->n = all > early ? all - early : 0;
	e->idle = all - e->n;
	e->linger = peer_window(peer, frame, PEER_ABORTS_LINGER);
	e->closed = peer_window(peer, frame, PEER_CLOSED);
	e->past = past_share(peer, e, PEER_ABORTS);
}

/* So many, and such a share: `part` of what a claim takes. */
static bool enough(struct ends *e, const struct model *model, double part)
{
	if (e->closed)
		e->share = (double)e->n / (double)e->closed;
	if (e->share > 1.0)
		e->share = 1.0;
	return (double)e->n >= part * model_threshold(model, &min_resets) &&
	       100.0 * e->share >= part * model_threshold(model, &min_share);
}

static bool mostly_stale(const struct ends *e)
{
	return e->stale && 2 * e->stale >= e->n;
}

/* Both ends are on this host: the end that was reset tells of it, the one that resets knows. */
static bool has_twin(const struct model *model, const struct peer *peer)
{
	const struct peer *other = NULL;

	while ((other = peers_next(model_peers(model), other)))
		if (peers_are_twins(model, peer, other) &&
		    peer_window(other, model_frame(model), PEER_RESETS))
			return true;
	return false;
}

static void message(struct claim *claim, const struct ends *e, const struct peer *peer,
		    const char *label)
{
	if (e->ours)
		claim_message(claim, "NETWORK: %s itself resets its connections to %s.",
			      peer->pid ? text_process(peer->comm, peer->pid).s : "this host",
			      label);
	else if (peer->key.dir == PEER_IN)
		claim_message(claim, "NETWORK: client %s resets its connections to port %u.",
			      text_addr(peer->key.addr, 0).s, peer->key.port);
	else if (mostly_stale(e))
		claim_message(claim, "NETWORK: %s resets connections at first use after a rest.",
			      label);
	else
		claim_message(claim,
			      "NETWORK: %s resets connections in use; the path is not at fault.",
			      label);
	if (strlen(claim->message) > 80 && !e->ours)
		claim_message(claim, "NETWORK: %s resets connections.", label);
}

static void evidence_for(struct claim *claim, const struct ends *e, const struct peer *peer)
{
	claim_evidence(claim, ROLE_FOR, true, "tcp.resets", (double)e->n, "{connection}",
		       "%s of %s that ended were reset by %s", text_count(e->n).s,
		       text_plural(e->closed, "connection").s,
		       e->ours			  ? "this end"
		       : peer->key.dir == PEER_IN ? "the client"
						  : "the peer");
	if (e->ours)
		claim_evidence(claim, ROLE_FOR, true, "tcp.resets.linger", (double)e->linger,
			       "{connection}", "%s by SO_LINGER 0, the others with data unread",
			       text_count(e->linger).s);
	else if (e->early || e->stale)
		claim_evidence(claim, ROLE_FOR, true, "tcp.resets.early", (double)e->early,
			       "{connection}", "%s before the peer sent a byte, %s in mid-transfer",
			       text_count(e->early).s, text_count(e->n - e->early - e->stale).s);
	else
		claim_evidence(claim, ROLE_FOR, true, "tcp.resets.mid", (double)e->n,
			       "{connection}", "all in mid-transfer: after data, and not idle");
	if (e->stale)
		claim_evidence(claim, ROLE_FOR, true, "tcp.resets.stale", (double)e->stale,
			       "{connection}", "%s at the first use after 5 s of rest, or more",
			       text_count(e->stale).s);
}

static void control(struct claim *claim, const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	const struct peer *other = NULL, *best = NULL;
	unsigned int n = 0;

	while ((other = peers_next(model_peers(model), other))) {
		if (other->key.dir != peer->key.dir || other->key.netns != peer->key.netns ||
		    memcmp(other->key.addr, peer->key.addr, sizeof(peer->key.addr)) == 0 ||
		    other->ifindex != peer->ifindex || peer_resets(other, frame) ||
		    !other->progress_ns)
			continue;
		n++;
		if (!best || peer_window(other, frame, PEER_SEGS_OUT) >
				     peer_window(best, frame, PEER_SEGS_OUT))
			best = other;
	}
	if (best)
		claim_evidence(claim, ROLE_CONTROL, true, "tcp.control.resets", 0.0, "{connection}",
			       "%s: no reset, %s segments%s", text_addr(best->key.addr, 0).s,
			       text_count(peer_window(best, frame, PEER_SEGS_OUT)).s,
			       n > 1 ? ", and others" : "");
}

static double evidence_against(struct claim *claim, const struct ends *e, bool burst)
{
	double factor = mostly_stale(e) ? 0.75 : 1.0;

	if (e->past >= 0.0 && 2.0 * e->past >= e->share) {
		factor *= 0.7;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.resets.past", e->past, "1",
			       "before that %s too: its way to end a connection?",
			       text_percent(e->past).s);
	}
	if (!e->ours && e->idle) {
		factor *= e->idle >= e->n ? 0.8 : 1.0;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.resets.idle", (double)e->idle,
			       "{connection}", "%s reset while idle, not counted: a balancer?",
			       text_plural(e->idle, "other").s);
	}
	if (burst)
		claim_text(claim, ROLE_AGAINST, "all at once, then no more: a service restarted?");
	return factor;
}

static void advise(struct claim *claim, const struct model *model, const struct ends *e,
		   const struct peer *peer)
{
	struct text enter = text_nsenter(model, peer->key.netns, peer->pid);
	char addr[46];

	addr_text(peer->key.addr, addr, sizeof(addr));
	claim_advice(claim, false, "See its connections", "%sss -tinpo dst %s", enter.s,
		     text_ss_addr(peer->key.addr).s);
	/* libpcap's tcp[] is of IPv4 only; no header goes before TCP's where nobody asks for one. */
	claim_advice(claim, false, "See the resets, and their TTL: the peer's, or a box on the way",
		     "%stcpdump -i any -nvc 20 '%s & 4 != 0 and host %s'", enter.s,
		     addr_is_ipv4(peer->key.addr) ? "tcp[13]" : "tcp and ip6[53]", addr);
	if (e->ours)
		snprintf(claim->call, sizeof(claim->call), "the owner of that program");
	else if (mostly_stale(e))
		snprintf(claim->call, sizeof(claim->call),
			 "the client's owner: its pool must drop idle connections sooner");
	else
		snprintf(claim->call, sizeof(claim->call), "the owner of %.40s: read its log",
			 addr);
}

static void claim_resets(const struct model *model, const struct peer *peer, const struct ends *e,
			 const struct judgement *judgement)
{
	const struct frame *frame = model_frame(model);
	struct subject subject = subject_peer(model, peer->key.addr, peer->key.netns,
					      peer->key.port, peer->key.dir, peer->ifindex);
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns);
	__u64 burst_ns = (__u64)(model_threshold(model, &burst_s) * 1e9);
	bool burst = !e->ours && peer->reset_ns - peer->reset_since_ns < burst_ns;
	struct claim claim;
	char label[80];
	double c;

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &connection_resets_rule, &subject);
	claim.basis = BASIS_REPORTED;
	if (e->ours)
		claim.fault_at = AT_PROCESS;
	if (e->ours || burst || peer->key.dir == PEER_IN)
		claim.severity = SEVERITY_INFO;
	claim.count = e->n;
	claim.first_ns = from_ns > peer->first_ns ? from_ns : peer->first_ns;
	if (!e->ours && peer->reset_since_ns > claim.first_ns)
		claim.first_ns = peer->reset_since_ns;
	claim.last_ns = e->ours ? peer->changed_ns : peer->reset_ns;
	claim.window_ns = frame->window_ns;
	message(&claim, e, peer, label);
	if (!e->ours)
		claim_victim(&claim, model, judgement, peer_holder(peer), ": %s live",
			     text_plural(peer->live, "connection").s);
	evidence_for(&claim, e, peer);
	control(&claim, model, peer);
	c = 0.99 * (1.0 - 0.5 / (double)e->n) * (0.8 + 0.2 * e->share);
	claim.confidence = confidence_round(c * evidence_against(&claim, e, burst));
	if (!e->ours)
		claim_text(&claim, ROLE_UNKNOWN,
			   mostly_stale(e) ? "the peer, or a balancer or firewall that forgot them"
					   : "the peer itself, or a box on the way in its name");
	advise(&claim, model, e, peer);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct peer *peer = NULL;
	__u32 pid = asked_pid(model);
	struct ends e;

	while ((peer = peers_next(model_peers(model), peer))) {
		if (pid && peer->pid != pid)
			continue;
		look_theirs(&e, model, peer);
		if (enough(&e, model, 1.0)) {
			if (!tls_explains_resets(model, peer, e.n))
				claim_resets(model, peer, &e, judgement);
			continue;
		}
		look_ours(&e, model, peer);
		if (enough(&e, model, 1.0) && !has_twin(model, peer) &&
		    !tls_explains_resets(model, peer, e.n))
			claim_resets(model, peer, &e, judgement);
	}
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	double least = model_threshold(model, &min_resets);
	const struct peer *peer = NULL;
	__u64 connections = 0;

	while ((peer = peers_next(model_peers(model), peer)))
		connections += peer->live + peer_total(peer, PEER_CLOSED);
	if ((double)connections >= least)
		return true;
	snprintf(buf, size, "%s; resets need %.0f", text_plural(connections, "connection").s,
		 least);
	return false;
}

/* None was reset since, or half of what a claim takes is not reached any more: any service has a few. */
static bool is_over(const struct model *model, const struct peer *peer, __u64 since_ns)
{
	struct ends e;

	look_theirs(&e, model, peer);
	return peer->reset_ns <= since_ns || !enough(&e, model, RECOVER_SHARE);
}

/* Data came since, and hardly a reset. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;
	bool well = false;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct subject s = subject_peer(model, peer->key.addr, peer->key.netns,
						peer->key.port, peer->key.dir, peer->ifindex);

		if (!subjects_meet(model, &s, subject, JOIN_SAME_SUBJECT))
			continue;
		if (!is_over(model, peer, since_ns))
			return false;
		well |= peer->progress_ns > since_ns;
	}
	return well;
}

static const struct threshold *const thresholds[] = {&min_resets, &min_share, &burst_s, NULL};

const struct rule connection_resets_rule = {
	.kind = "connection-resets",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning = "Connections in use are reset, again and again: by the peer, or by this end.",
	.against =
		"Resets of idle connections (a balancer), all at once (a restart), after our own close, by "
		"clients that gave up; a peer that always ended a good part of its connections so.",
	.todo = "Read the log of the side that resets; the TTL of the resets tells whether a box on the "
		"way sends them.",
	.needs = {PROBE_TCP_STATE},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
