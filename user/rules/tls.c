/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls.c - tls-handshake-failure: TCP to a peer works, and the TLS handshake fails, again and again.
 *
 * Basis: reported (the library in the program gave the handshake up, and noted why; an alert is the peer's own word).
 * Only while a program is armed (tls_suspects.c): else the kind is unjudged, `not-armed`. Claimed of a peer from
 * min_failures failed handshakes within five minutes on, when no handshake with it was completed after the last of them,
 * and min_share of all failed.
 * Confidence
 *	c = (0.97 - 0.3 / n) * (1 - 0.5 * m / (n + m))
 * n: failed, m: completed. Times, for what speaks against:
 *	0.8	neither end says why: a box on the way may have cut it
 *	0.9	it is about dates, and this host's clock is not known to be right
 *	0.7	the kernel saw fewer than n connections with this peer that were as brief
 *
 * Where both ends are on this host, the client's is told. Not claimed of what clients do to a server of this host within
 * persist_s (a scanner tries versions and ciphers in seconds), nor when what they sent was no TLS at all. A client that
 * gives up while it waits has no failed handshake: the library did not give up.
 *
 * Severity: warning; critical when handshakes with the peer were completed before, and none is now.
 */
#include "rules/tls.h"

#include <stdio.h>
#include <string.h>

#include "model/local.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/paths.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/tls_words.h"
#include "rules/victim.h"

static const struct threshold min_failures = {
	"tls-handshake-failure.min_failures", 3, "{handshake}",
	"once or twice is a deployment, or somebody who tries something out"};
static const struct threshold min_share = {
	"tls-handshake-failure.min_share", 0.5, "1",
	"a peer with which most handshakes are completed works: one of its callers does not"};
static const struct threshold persist_s = {
	"tls-handshake-failure.persist_s", 20, "s",
	"who scans a server of ours for versions and ciphers is through in seconds; a client that cannot connect goes on"};

bool tls_is_failure(const struct tls_end *end)
{
	return end->key.outcome == TLS_FAILED || end->key.outcome == TLS_LATE;
}

/* All handshakes with one peer. */
struct sum {
	struct peer_key key;
	__u64 failed, late, done;     /* in the window; done without those that were refused late */
	__u64 first_ns, last_ns;      /* of those that failed */
	__u64 done_ns;		      /* the latest that was completed; 0 = none */
	const struct tls_end *most;   /* the reason that came most often */
	const struct tls_end *alert;  /* GnuTLS: the alert that came most often */
	const struct tls_end *named;  /* of these two, which says more */
	const struct tls_end *latest; /* that failed */
	bool worked;		      /* some were completed before the first that failed */
	struct tls_reason reason;
};

static bool is_more(const struct tls_end *end, const struct tls_end *than,
		    const struct frame *frame)
{
	return !than || tls_window(end, frame) > tls_window(than, frame);
}

static void add_failure(struct sum *s, const struct tls_end *end, const struct frame *frame)
{
	__u64 n = tls_window(end, frame);

	if (!n)
		return;
	s->failed += n;
	if (end->key.outcome == TLS_LATE && end->key.reason >= TLS_REASON_ALERT)
		s->late += n;
	if (!s->first_ns || end->first_ns < s->first_ns)
		s->first_ns = end->first_ns;
	if (end->last_ns > s->last_ns) {
		s->last_ns = end->last_ns;
		s->latest = end;
	}
	if (is_more(end, s->most, frame))
		s->most = end;
}

static void sum_up(struct sum *s, const struct model *model, const struct peer_key *key)
{
	const struct frame *frame = model_frame(model);
	const struct tls_end *end = NULL;
	__u64 done_first_ns = 0;

	memset(s, 0, sizeof(*s));
	s->key = *key;
	while ((end = tls_next(model_tls(model), end))) {
		if (memcmp(&end->key.peer, key, sizeof(*key)) != 0)
			continue;
		if (tls_is_failure(end)) {
			add_failure(s, end, frame);
		} else if (end->key.outcome == TLS_DONE) {
			s->done += tls_window(end, frame);
			if (end->last_ns > s->done_ns)
				s->done_ns = end->last_ns;
			if (!done_first_ns || end->first_ns < done_first_ns)
				done_first_ns = end->first_ns;
		} else if (end->key.outcome == TLS_DETAIL && is_more(end, s->alert, frame)) {
			s->alert = end;
		}
	}
	s->done = s->done > s->late ? s->done - s->late : 0;
	if (!s->done)
		s->done_ns = 0;
	s->worked = s->done && done_first_ns && done_first_ns < s->first_ns;
	if (!s->most)
		return;
	s->reason =
		tls_reason_of((__u8)s->most->key.library, s->most->key.reason, s->most->key.detail);
	s->named = s->most;
	if (s->alert && s->reason.vague && s->reason.refuser == TLS_PEER_REFUSES) {
		s->named = s->alert;
		s->reason = tls_reason_of(TLS_GNUTLS, s->alert->key.reason, 0);
	}
}

static bool fails(const struct model *model, const struct sum *s)
{
	double failed = (double)s->failed, all = (double)(s->failed + s->done);

	if (!s->failed || failed < model_threshold(model, &min_failures) ||
	    failed < model_threshold(model, &min_share) * all || s->done_ns > s->last_ns)
		return false;
	return s->key.dir == PEER_OUT ||
	       (!s->reason.not_tls &&
		(double)(s->last_ns - s->first_ns) / 1e9 >= model_threshold(model, &persist_s));
}

/* ---- the claim ---- */

static bool clock_is_right(const struct model *model)
{
	const struct local *local = model_local(model);

	return local->clock.h.type && clock_is_kept(&local->clock);
}

static const char *refuser_text(const struct sum *s)
{
	switch (s->reason.refuser) {
	case TLS_WE_REFUSE:
		return "this end refuses, not the peer";
	case TLS_PEER_REFUSES:
		return "the peer refuses, by an alert";
	case TLS_NO_COMMON:
		return "this end ends it: nothing in common";
	case TLS_NOBODY_SAYS:
		break;
	}
	return "neither end says why";
}

static void name_reason(struct claim *claim, const struct sum *s)
{
	const struct tls_end *most = s->named;
	const char *name = tls_reason_name((__u8)most->key.library, most->key.reason);
	const char *library = most->key.library == TLS_GNUTLS ? "GnuTLS" : "OpenSSL";

	if (most->key.reason >= TLS_REASON_ALERT)
		claim_evidence(claim, ROLE_FOR, true, "tls.alert",
			       most->key.reason - TLS_REASON_ALERT, "1",
			       "alert %d from the peer%s%s", most->key.reason - TLS_REASON_ALERT,
			       name ? ": " : "", name ? name : "");
	else
		claim_evidence(claim, ROLE_FOR, true, "tls.reason", most->key.reason, "1",
			       "%s's reason: %d%s%s", library, most->key.reason, name ? ", " : "",
			       name ? name : "");
	if (s->most->key.detail)
		claim_evidence(claim, ROLE_FOR, true, "tls.certificate", s->most->key.detail, "1",
			       "of the certificate it says: %u", s->most->key.detail);
	claim_text(claim, ROLE_FOR, "%s", refuser_text(s));
}

/* Evidence against; what it leaves of the confidence. */
static double weigh(struct claim *claim, const struct model *model, const struct sum *s)
{
	const struct peer *peer = peers_find(model_peers(model), &s->key);
	__u64 brief = peer ? peer_total(peer, PEER_BRIEF) : 0;
	double left = 1.0;

	if (s->done) {
		left *= 1.0 - 0.5 * (double)s->done / (double)(s->failed + s->done);
		claim_evidence(claim, ROLE_AGAINST, false, "tls.handshakes.completed",
			       (double)s->done, "{handshake}", "%s completed before",
			       text_plural(s->done, "handshake").s);
	}
	if (s->reason.refuser == TLS_NOBODY_SAYS) {
		left *= 0.8;
		claim_text(claim, ROLE_AGAINST, "a box on the way may have cut it");
	}
	if (s->reason.of_dates && !clock_is_right(model)) {
		left *= 0.9;
		claim_text(claim, ROLE_AGAINST, "this host's clock is not known to be right");
	}
	if (brief < s->failed) {
		left *= 0.7;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.connections.brief", (double)brief,
			       "{connection}", "%s of its connections %s as brief",
			       text_count(brief).s, brief == 1 ? "was" : "were");
	}
	return left;
}

static void advise_remedy(struct claim *claim, const struct sum *s)
{
	struct text label = text_addr(s->key.addr, s->key.dir == PEER_OUT ? s->key.port : 0);

	switch (s->reason.remedy) {
	case TLS_OWN_STORE:
		claim_advice(claim, true,
			     "If its authority is to be trusted: install it on this host", "%s",
			     "update-ca-certificates");
		snprintf(claim->call, sizeof(claim->call),
			 "who keeps this host's CA store, or owns %.28s", label.s);
		break;
	case TLS_OWN_CERT:
		snprintf(claim->call, sizeof(claim->call),
			 "who keeps the certificates of this host");
		break;
	case TLS_EITHER:
		snprintf(claim->call, sizeof(claim->call), "%.30s's owner: what does it accept?",
			 label.s);
		break;
	case TLS_ASK_PEER:
		snprintf(claim->call, sizeof(claim->call), "the owner of %.50s", label.s);
		break;
	}
}

static void advise(struct claim *claim, const struct model *model, const struct sum *s)
{
	struct text enter = text_nsenter(model, s->key.netns, s->latest->pid);

	if (s->key.dir == PEER_OUT)
		claim_advice(claim, false,
			     "See it by hand; add -servername NAME as the client does",
			     "%sopenssl s_client -connect %s -showcerts", enter.s,
			     text_addr(s->key.addr, s->key.port).s);
	else
		claim_advice(claim, false, "See what this host shows its clients",
			     "%sopenssl s_client -connect localhost:%u -showcerts", enter.s,
			     s->key.port);
	if (s->reason.of_dates)
		claim_advice(claim, false, "Is this host's own clock right?", "timedatectl");
	advise_remedy(claim, s);
}

static void say(struct claim *claim, const struct sum *s, const char *label)
{
	struct text client = text_addr(s->key.addr, 0);
	const char *what = s->key.dir == PEER_IN ? "client " : "";
	const char *who = s->key.dir == PEER_IN ? client.s : label;

	claim_message(claim, "NETWORK: no TLS with %s%s: %s.", what, who, s->reason.words);
	if (strlen(claim->message) > 80)
		claim_message(claim, "NETWORK: no TLS with %s%s.", what, who);
}

static void claim_peer(const struct model *model, const struct sum *s,
		       const struct judgement *judgement)
{
	const struct peer *peer = peers_find(model_peers(model), &s->key);
	struct subject subject = subject_peer(model, s->key.addr, s->key.netns, s->key.port,
					      s->key.dir, peer ? peer->ifindex : 0);
	double n = (double)s->failed;
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &tls_handshake_failure_rule, &subject);
	if (s->reason.remedy == TLS_OWN_CERT || s->reason.remedy == TLS_OWN_STORE)
		claim.fault_at = AT_THIS_HOST;
	claim.severity = s->worked ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim.basis = BASIS_REPORTED;
	claim.count = s->failed;
	claim.first_ns = s->first_ns;
	claim.last_ns = s->last_ns;
	claim.window_ns = TLS_WINDOW_NS;
	say(&claim, s, label);
	claim_victim(&claim, model, judgement,
		     (struct holder){s->latest->pid, s->latest->start_ns, s->latest->comm},
		     s->key.dir == PEER_OUT ? " cannot connect" : " cannot serve it");
	claim_evidence(&claim, ROLE_FOR, true, "tls.handshakes.failed", n, "{handshake}",
		       "%s of %s failed: %s", text_count(s->failed).s,
		       text_plural(s->failed + s->done, "handshake").s, s->reason.words);
	name_reason(&claim, s);
	claim_text(&claim, ROLE_NOT_US, "not the path: TCP connects, and both ends were heard");
	claim.confidence = confidence_round((0.97 - 0.3 / n) * weigh(&claim, model, s));
	if (s->reason.remedy == TLS_OWN_STORE)
		claim_text(&claim, ROLE_UNKNOWN, "whether its chain or this host's store is short");
	advise(&claim, model, s);
	judgement->claim(judgement->ctx, &claim);
}

/* ---- the rule ---- */

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
	struct sum s;

	sum_up(&s, model, &peer->key);
	return s.failed;
}

/* Both ends on this host: what its client meets is told, not once more what its server does. */
static bool is_told_by_client(const struct model *model, const struct sum *server)
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
		struct sum s;

		if (!tls_is_failure(end) || !is_first(model, end))
			continue;
		sum_up(&s, model, &end->key.peer);
		if (fails(model, &s) && (!pid || pid == s.latest->pid) &&
		    !is_told_by_client(model, &s))
			claim_peer(model, &s, judgement);
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

/* A handshake was completed since, and none failed after it. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct tls_end *end = NULL;

	while ((end = tls_next(model_tls(model), end))) {
		const struct peer_key *key = &end->key.peer;
		struct sum s;

		if (memcmp(key->addr, subject->addr, sizeof(key->addr)) != 0 ||
		    key->port != subject->port || key->dir != subject->dir ||
		    subject_netns(model, key->netns) != subject->netns)
			continue;
		sum_up(&s, model, key);
		return s.done_ns > since_ns && s.done_ns > s.last_ns;
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
