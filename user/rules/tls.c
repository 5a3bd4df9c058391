/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls.c - tls-handshake-failure: TCP to a peer works, and the TLS handshake fails, again and again.
 *
 * Basis: reported (the library in the program gave the handshake up, and noted why; an alert is the peer's own word).
 * Only while a program is armed (tls_suspects.c): else the kind is unjudged, `not-armed`. Claimed of a peer from
 * min_failures failed handshakes within five minutes on, when no handshake with it was completed after the last of
 * them, and min_share of all failed.
 * Confidence
 *	c = (0.97 - 0.3 / n) * (1 - 0.5 * m / (n + m))
 * n: failed, m: completed. Times, for what speaks against:
 *	0.8	neither end says why: a box on the way may have cut it
 *	0.9	it is about dates, and this host's clock is not known to be right
 *	0.7	the kernel saw fewer than n connections with this peer that were as brief
 *
 * Where both ends are on this host, the client's is told. Not claimed of what clients do to a server of this host
 * within persist_s (a scanner tries versions and ciphers in seconds), nor when what they sent was no TLS at all. A
 * client that gives up while it waits has no failed handshake: the library did not give up.
 *
 * Severity: warning; critical when handshakes with the peer were completed before, and none is now.
 */
#include "rules/tls.h"

#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/paths.h"
#include "rules/subjects.h"
#include "rules/text.h"

static const struct threshold min_failures = {
	"tls-handshake-failure.min_failures", 3, "{handshake}",
	"once or twice is a deployment, or somebody who tries something out"};
static const struct threshold min_share = {
	"tls-handshake-failure.min_share", 0.5, "1",
	"a peer with which most handshakes are completed works: one of its callers does not"};
static const struct threshold persist_s = {
	"tls-handshake-failure.persist_s", 20, "s",
	"who scans a server of ours for versions and ciphers is through in seconds; a client that cannot connect goes on"};

static bool fails(const struct model *model, const struct tls_sum *s)
{
	double failed = (double)s->failed, all = (double)(s->failed + s->done);

	if (!s->failed || failed < model_threshold(model, &min_failures) ||
	    failed < model_threshold(model, &min_share) * all || s->done_ns > s->last_ns)
		return false;
	return s->key.dir == PEER_OUT ||
	       (!s->reason.not_tls &&
		(double)(s->last_ns - s->first_ns) / 1e9 >= model_threshold(model, &persist_s));
}

/* Each peer once: at the first of its rows that counts failures. */
static bool is_first(const struct model *model, const struct tls_end *end)
{
	const struct tls_end *other = NULL;

	while ((other = tls_next(model_tls(model), other)) && other != end)
		if (tls_is_failure(other) &&
		    memcmp(&other->key.peer, &end->key.peer, sizeof(end->key.peer)) == 0)
			return false;
	return true;
}

/* So often handshakes with it failed lately. */
static __u64 failures_with(const struct model *model, const struct peer *peer)
{
	struct tls_sum s;

	tls_sum_up(&s, model, &peer->key);
	return s.failed;
}

/* Both ends on this host: what its client meets is told, not once more what its server does. */
static bool is_told_by_client(const struct model *model, const struct tls_sum *server)
{
	const struct peer *peer = peers_find(model_peers(model), &server->key), *other = NULL;

	if (!peer || server->key.dir != PEER_IN)
		return false;
	while ((other = peers_next(model_peers(model), other)))
		if (other->key.dir == PEER_OUT && peers_are_twins(model, peer, other) &&
		    2 * failures_with(model, other) >= server->failed)
			return true;
	return false;
}

bool tls_explains_resets(const struct model *model, const struct peer *peer, __u64 resets)
{
	const struct peer *other = NULL;

	if (2 * failures_with(model, peer) >= resets)
		return true;
	while ((other = peers_next(model_peers(model), other)))
		if (peers_are_twins(model, peer, other) &&
		    2 * failures_with(model, other) >= resets)
			return true;
	return false;
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct tls_end *end = NULL;
	__u32 pid = asked_pid(model);

	tls_ask(model, judgement);
	while ((end = tls_next(model_tls(model), end))) {
		struct tls_sum s;

		if (!tls_is_failure(end) || !is_first(model, end))
			continue;
		tls_sum_up(&s, model, &end->key.peer);
		if (fails(model, &s) && (!pid || pid == s.latest->pid) &&
		    !is_told_by_client(model, &s))
			tls_claim_peer(model, &s, judgement);
	}
}

static bool any_handshake(const struct model *model)
{
	const struct tls_end *end = NULL;

	while ((end = tls_next(model_tls(model), end)))
		if (end->key.outcome != TLS_DETAIL && tls_window(end, model_frame(model)))
			return true;
	return false;
}

/* The latest that was asked about; NULL: none. */
static const struct event_tls_armed *latest_armed(const struct model *model)
{
	const struct event_tls_armed *told, *latest = NULL;

	for (unsigned int i = 0; (told = tls_armed_at(model_tls(model), i)); i++)
		if (!latest || told->h.ts_ns > latest->h.ts_ns)
			latest = told;
	return latest;
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct event_tls_armed *told;
	struct text who;

	if (any_handshake(model))
		return true;
	told = latest_armed(model);
	if (!told) {
		snprintf(buf, size, "nothing suspect, not armed");
		return false;
	}
	who = text_process(told->comm, told->pid);
	switch (told->state) {
	case TLS_REFUSED:
		snprintf(buf, size, "%s: the kernel refuses probes in libraries (errno %u)", who.s,
			 told->err);
		break;
	case TLS_NO_LIBRARY:
		snprintf(buf, size, "%s: no library of TLS in it that can be probed", who.s);
		break;
	case TLS_GONE:
		snprintf(buf, size, "%s ended before it was looked at", who.s);
		break;
	default:
		snprintf(buf, size, "%s: no handshake was seen", who.s);
	}
	return false;
}

/* SYN, ACK, what was asked, an ACK of what came, and the end. Who only looks whether the port is open sends less. */
#define SEGMENTS_OF_USE 5

/*
 * Handshakes are seen only while a program is armed, which it is no more once nothing looks suspect. Where those
 * connections of the same program that ended lately all carried more than a handshake does, it is not what fails.
 */
static bool carries(const struct model *model, const struct tls_end *failed, __u64 since_ns)
{
	const struct peer *peer = peers_find(model_peers(model), &failed->key.peer);
	const struct frame *frame = model_frame(model);
	__u64 closed;

	if (!peer || since_ns + frame->window_ns > frame->now_ns ||
	    strncmp(peer->comm, failed->comm, sizeof(peer->comm)) != 0)
		return false;
	closed = peer_window(peer, frame, PEER_CLOSED);
	return closed && (double)closed >= model_threshold(model, &min_failures) &&
	       !peer_window(peer, frame, PEER_BRIEF) && !peer_resets(peer, frame) &&
	       peer_window(peer, frame, PEER_SEGS_OUT) >= SEGMENTS_OF_USE * closed;
}

/* A handshake was completed since, and none failed after it; or connections since are of use. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct tls_end *end = NULL;

	while ((end = tls_next(model_tls(model), end))) {
		const struct peer_key *key = &end->key.peer;
		struct tls_sum s;

		if (memcmp(key->addr, subject->addr, sizeof(key->addr)) != 0 ||
		    key->port != subject->port || key->dir != subject->dir ||
		    subject_netns(model, key->netns) != subject->netns)
			continue;
		tls_sum_up(&s, model, key);
		if ((s.done_ns > since_ns && s.done_ns > s.last_ns) ||
		    (tls_is_failure(end) && carries(model, end, since_ns)))
			return true;
	}
	return false;
}

static const struct threshold *const thresholds[] = {&min_failures, &min_share, &persist_s, NULL};

const struct rule tls_handshake_failure_rule = {
	.kind = "tls-handshake-failure",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning =
		"TCP works, and the TLS handshake with a peer fails, again and again: an expired or untrusted certificate, no version or "
		"cipher in common. Said by OpenSSL or GnuTLS in the program, which is looked at only while short connections to "
		"one peer make it suspect.",
	.against =
		"Handshakes that are completed; a client that gives up; health checks and scanners; a program with a library of its own "
		"(Go, Java, a static one), of which nothing is known: unjudged, not-armed.",
	.todo = "See it by hand (openssl s_client -connect HOST:PORT), then whoever has to act: the peer's owner, or this host's own "
		"certificates and authorities.",
	.needs = {PROBE_TCP_STATE},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
	.unexposed = "not-armed",
};
