/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attempts.c - peer-unreachable, where something there still answers: attempts at a service that fail all the time.
 *
 * A backend behind one address that is dead, or an accept queue that is full, fails a share of the attempts; a firewall
 * that drops SYNs fails all of them while older connections work. No silence, as reach.c means it, is to be seen. So
 * attempts are counted since they began to wait (a SYN was sent again) while others were made, or since the last one
 * that was made; with no more than 15 s in between:
 *	failed = timed out + unreachable + given up, at most one for each SYN sent again + those that wait for 3 s now
 * and where others are made no more than were tried meanwhile and not answered. Many at once overrun an accept queue,
 * and get in a second later: these do not count.
 * Claimed when that lasts lasting_s, is min_failed or more, and min_share of all that had an outcome. A peer that was
 * slow for a moment fails attempts for that moment.
 *
 * Who gives up before its first SYN is sent again (1 s) leaves no other trace: a service that is dead, and one that is
 * farther away than its client's patience, look alike. Claimed from min_given_up of these on, when for lasting_s none
 * was answered, and
 *  - nothing else at that address answers; or it does, and is nearer than NEAR_US: no patience is that short; and
 *  - whoever gave up does not get through at the same port elsewhere instead: of two addresses that are tried at once
 *    the slower one is always given up. Where the service answered before in this run, that is no excuse.
 *
 * Not claimed: to this host itself (listen-overflow sees that from its other end), what this host does not send
 * (local-send-error, conntrack-full), and a path that loses LOSSY_RATIO of all while some attempts succeed (path-loss).
 *
 * Basis: inferred; who drops what was sent is not seen. Confidence, n: failed attempts:
 *	c = 0.70 * (1 - 1 / n)		times 0.8 when it never answered in this run, and nothing there does
 * Severity: warning: some callers are refused service. Info for a name server that answers over UDP.
 */
#include "rules/attempts.h"

#include <stdio.h>
#include <string.h>

#include "rules/dns.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/nic_leads.h"
#include "rules/send_error.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

#define LOSSY_RATIO 0.05
#define LOSSY_LOST  8.0
#define NEAR_US	    50000

const struct threshold attempts_min_failed = {
	"peer-unreachable.min_failed", 5, "{connection}",
	"fewer are one client's bad luck: a lost SYN, a server that was restarted"};
const struct threshold attempts_min_share = {
	"peer-unreachable.min_share", 0.2, "1",
	"one backend of five that is dead; a smaller share gets through at the second try"};
const struct threshold attempts_min_given_up = {
	"peer-unreachable.min_given_up", 20, "{connection}",
	"a client in a hurry gives up a few times; so often without one answer there is none to be had"};
const struct threshold attempts_lasting_s = {
	"peer-unreachable.lasting_s", 10, "s",
	"a server that is slow for a moment, or fails over, fails what is tried in that moment"};

/* ---- what is none ---- */

/* Its other end is on this host, and is judged there. What never got a byte through resembles too many. */
static bool served_here(const struct model *model, const struct peer *peer)
{
	const struct peer *other = NULL;

	if (peer_is_loopback(peer, model_nics(model)))
		return true;
	if (!peer->bytes_acked && !peer->bytes_received)
		return false;
	while ((other = peers_next(model_peers(model), other)))
		if (other->key.dir == PEER_IN && peers_are_twins(model, peer, other))
			return true;
	return false;
}

/* Whoever gives up here gets through there, at the same port of another address. */
static bool has_detour(const struct model *model, const struct peer *peer, __u64 since_ns,
		       __u64 given_up)
{
	const struct frame *frame = model_frame(model);
	const struct peer *other = NULL;

	while ((other = peers_next(model_peers(model), other)))
		if (other != peer && other->key.netns == peer->key.netns &&
		    other->key.dir == PEER_OUT && other->key.port == peer->key.port &&
		    (!other->pid || !peer->pid || other->pid == peer->pid) &&
		    2 * peer_since(other, frame, PEER_ESTABLISHED, since_ns) >= given_up)
			return true;
	return false;
}

static bool is_lossy(const struct path *path)
{
	return path->lost >= LOSSY_LOST && path->ratio >= LOSSY_RATIO;
}

/* ---- judging ---- */

/* From then until now. */
static bool lasts(const struct model *model, __u64 since_ns, __u64 last_ns)
{
	return since_ns && last_ns > since_ns && model_now(model) - last_ns <= PEER_APART_NS &&
	       (double)(last_ns - since_ns) >= model_threshold(model, &attempts_lasting_s) * 1e9;
}

static void count(struct attempts *a, const struct frame *frame)
{
	const struct peer *peer = a->peer;
	__u64 given_up = peer_since(peer, frame, PEER_ABANDONED, a->since_ns);
	__u64 resent = peer_since(peer, frame, PEER_RETRANS_SYN, a->since_ns);

	a->failed = peer_since(peer, frame, PEER_TIMED_OUT, a->since_ns) +
		    peer_since(peer, frame, PEER_UNREACHABLE, a->since_ns) +
		    (given_up < resent ? given_up : resent) +
		    (peer->live_syn < peer->live_stuck ? peer->live_syn : peer->live_stuck);
	a->made = peer_since(peer, frame, PEER_ESTABLISHED, a->since_ns);
	a->answered = a->made + peer_since(peer, frame, PEER_REFUSED, a->since_ns);
}

/* After an outage those that waited since then time out or get through one by one, for a minute: what failed is no
 * more than what was tried since others got through, and was not answered. */
static void leave_out_earlier(struct attempts *a, const struct frame *frame)
{
	__u64 tried = peer_since(a->peer, frame, PEER_ATTEMPTS, a->since_ns);
	__u64 most = tried > a->answered ? tried - a->answered : 0;

	if (a->failed > most)
		a->failed = most;
}

static bool waits_in_vain(const struct model *model, struct attempts *a)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = a->peer;
	bool some = lasts(model, peer->waited_some.since_ns, peer->waited_some.last_ns);

	a->since_ns = peer->waited.since_ns > peer->made_ns ? peer->waited.since_ns : peer->made_ns;
	if (some)
		a->since_ns = peer->waited_some.since_ns;
	else if (!peer->waited.since_ns || !lasts(model, a->since_ns, peer->waited.last_ns))
		return false;
	a->last_ns = peer->waited.last_ns;
	count(a, frame);
	if (some)
		leave_out_earlier(a, frame);
	return (double)a->failed >= model_threshold(model, &attempts_min_failed) &&
	       (double)a->failed >= model_threshold(model, &attempts_min_share) *
					    (double)(a->failed + a->answered) &&
	       !(a->made && is_lossy(a->path));
}

static bool is_given_up(const struct model *model, struct attempts *a)
{
	const struct peer *peer = a->peer;

	if (!lasts(model, peer->gave_up.since_ns, peer->gave_up.last_ns))
		return false;
	a->hasty = true;
	a->since_ns = peer->gave_up.since_ns;
	a->last_ns = peer->gave_up.last_ns;
	a->made = a->answered = 0;
	a->failed = peer_since(peer, model_frame(model), PEER_ABANDONED, a->since_ns);
	if ((double)a->failed < model_threshold(model, &attempts_min_given_up))
		return false;
	if (a->path->progress_ns > a->since_ns && (!a->path->srtt_us || a->path->srtt_us > NEAR_US))
		return false;
	return peer->made_ns || !has_detour(model, peer, a->since_ns, a->failed);
}

bool attempts_fail(const struct model *model, const struct path *path, const struct peer *peer,
		   struct attempts *ret)
{
	struct refusal refusal;

	*ret = (struct attempts){.peer = peer, .path = path};
	return peer->key.dir == PEER_OUT &&
	       (waits_in_vain(model, ret) || is_given_up(model, ret)) &&
	       !conntrack_drops(model, peer->key.netns) && !served_here(model, peer) &&
	       !send_is_refused(model, path, &refusal);
}

/* ---- saying so ---- */

static void message(struct claim *claim, const struct attempts *a, const char *label)
{
	double share = (double)a->failed / (double)(a->failed + a->answered);

	if (a->hasty)
		claim_message(claim, "NETWORK: %s answers no attempt before it is given up.",
			      label);
	else if (a->answered)
		claim_message(claim, "NETWORK: %s does not answer %s of attempts.", label,
			      text_percent(share).s);
	else
		claim_message(claim, "NETWORK: %s answers no new connection.", label);
	if (strlen(claim->message) > 80)
		claim_message(claim, "NETWORK: attempts at %s fail.", label);
}

static void evidence(struct claim *claim, const struct model *model, const struct attempts *a)
{
	const struct peer *peer = a->peer;
	double lasted_s = (double)(model_now(model) - a->since_ns) / 1e9;

	claim_evidence(claim, ROLE_FOR, true, "tcp.attempts.failed", (double)a->failed,
		       "{connection}", "%s without an answer for %s%s",
		       text_plural(a->failed, "attempt").s, text_duration(lasted_s).s,
		       a->hasty ? ", each given up within 1 s" : "");
	if (a->made)
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.attempts.established",
			       (double)a->made, "{connection}",
			       "%s made: a backend is dead, or its accept queue is full",
			       text_plural(a->made, "connection").s);
	else if (peer->progress_ns > a->since_ns)
		claim_text(claim, ROLE_AGAINST,
			   "older connections to it work: what is new is dropped");
	else if (a->path->progress_ns > a->since_ns)
		claim_text(claim, ROLE_AGAINST,
			   "other ports of the host answer: only this one is meant");
	if (a->hasty && !peer->made_ns)
		claim_text(claim, ROLE_AGAINST,
			   "never answered here: the client may be too impatient");
	claim_text(claim, ROLE_UNKNOWN, "whether the peer or the way to it drops them");
}

void attempts_claim(const struct model *model, const struct attempts *a,
		    const struct judgement *judgement)
{
	const struct peer *peer = a->peer;
	struct subject subject = subject_peer(model, peer->key.addr, peer->key.netns,
					      peer->key.port, peer->key.dir, peer->ifindex);
	bool unknown = !peer->made_ns && a->path->progress_ns <= a->since_ns;
	struct text enter = text_nsenter(model, peer->key.netns, peer->pid);
	struct claim claim;
	char label[80], addr[46];

	subject_label(&subject, label, sizeof(label));
	addr_text(peer->key.addr, addr, sizeof(addr));
	claim_init(&claim, &peer_unreachable_rule, &subject);
	if (dns_udp_works(model, peer->key.addr, peer->key.netns, peer->key.port))
		claim.severity = SEVERITY_INFO;
	claim.basis = BASIS_INFERRED;
	claim.confidence =
		confidence_round(0.70 * (1.0 - 1.0 / (double)a->failed) * (unknown ? 0.8 : 1.0));
	claim.count = a->failed;
	claim.first_ns = a->since_ns;
	claim.last_ns = a->last_ns;
	claim.window_ns = model_now(model) - a->since_ns;
	message(&claim, a, label);
	claim_victim(&claim, model, judgement, peer_holder(peer), ": %s fail",
		     text_plural(a->failed, "attempt").s);
	evidence(&claim, model, a);
	claim_advice(&claim, false, "Try it some times by hand", "%snc -vz -w 5 %s %u", enter.s,
		     addr, peer->key.port);
	if (!nic_leads_inside(model, a->path->netns, a->path->ifindex))
		claim_advice(&claim, false, "See how far packets to that port get",
			     "%smtr -T -P %u -n -r -c 10 %s", enter.s, peer->key.port, addr);
	snprintf(claim.call, sizeof(claim.call), "the owner of what serves %.44s",
		 text_addr(peer->key.addr, peer->key.port).s);
	judgement->claim(judgement->ctx, &claim);
}
