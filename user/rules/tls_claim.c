/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_claim.c - what is said of a peer with which TLS handshakes fail; see tls.c. */
#include <stdio.h>
#include <string.h>

#include "model/local.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/tls.h"
#include "rules/victim.h"

static bool clock_is_right(const struct model *model)
{
	const struct local *local = model_local(model);

	return local->clock.h.type && clock_is_kept(&local->clock);
}

static const char *refuser_text(const struct tls_sum *s)
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

static void name_reason(struct claim *claim, const struct tls_sum *s)
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
static double weigh(struct claim *claim, const struct model *model, const struct tls_sum *s)
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

static void advise_remedy(struct claim *claim, const struct tls_sum *s)
{
	struct text label = text_addr(s->key.addr, s->key.dir == PEER_OUT ? s->key.port : 0);

	switch (s->reason.remedy) {
	case TLS_OWN_STORE:
		claim_advice(claim, true,
			     "If its authority is to be trusted: add it to this host's CA store",
			     "%s", "");
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

static void advise(struct claim *claim, const struct model *model, const struct tls_sum *s)
{
	struct text enter = text_nsenter(model, s->key.netns, s->latest->pid);

	if (s->key.dir == PEER_OUT)
		claim_advice(claim, false,
			     "See it by hand; add -servername NAME as the client does",
			     "%sopenssl s_client -connect %s -showcerts </dev/null", enter.s,
			     text_addr(s->key.addr, s->key.port).s);
	else
		claim_advice(claim, false, "See what this host shows its clients",
			     "%sopenssl s_client -connect localhost:%u -showcerts </dev/null",
			     enter.s, s->key.port);
	if (s->reason.of_dates)
		claim_advice(claim, false, "Is this host's own clock right?", "timedatectl");
	advise_remedy(claim, s);
}

static void say(struct claim *claim, const struct tls_sum *s, const char *label)
{
	struct text client = text_addr(s->key.addr, 0);
	const char *what = s->key.dir == PEER_IN ? "client " : "";
	const char *who = s->key.dir == PEER_IN ? client.s : label;

	claim_message(claim, "NETWORK: no TLS with %s%s: %s.", what, who, s->reason.words);
	if (strlen(claim->message) > 80)
		claim_message(claim, "NETWORK: no TLS with %s%s.", what, who);
}

void tls_claim_peer(const struct model *model, const struct tls_sum *s,
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
