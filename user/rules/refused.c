/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refused.c - connect-refused: the peer's host answers, and refuses: nothing listens there. Or a rule answers for it,
 * on the way or on this very host: a firewall that rejects, kube-proxy for a Service without endpoints; that looks alike.
 *
 * Basis: reported (the peer's own RST to a SYN, or an ICMP port unreachable). Claimed from min_refused
 * refusals in the window on, as long as no connection was made after the last of them; or, where others are made all
 * the while, when refusals go on for lasting_s and are min_share of what was answered since: a backend that is down.
 * Confidence
 *	c = 0.99 * (1 - 0.3 / n) * (1 - 0.6 * m / (n + m))
 * n: refusals, m: connections made to the same port in the window: a service that accepts some is
 * flapping, overloaded (tcp_abort_on_overflow) or behind a balancer, rather than down.
 *
 * One claim a service. From scan_ports refusing ports at one address on, without a connection made to
 * it, this host is scanning, or lists every port of a dead host: one claim of severity info for the
 * address instead. A scan of our own closed ports makes no attempts of ours and is not seen here.
 *
 * Severity: warning; critical when the service accepted connections earlier in this run: what used it is refused
 * service now, unless it still accepts most. Info when whoever is refused at a loopback address gets through at the
 * other family's, and for a name server that answers over UDP.
 */
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "model/addr.h"
#include "rules/dns.h"
#include "rules/local_claim.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

/* Looks at which refusals are seen beside what is made: at an end of an outage it is one. */
#define SOME_LEAST 3

static const struct threshold min_refused = {
	"connect-refused.min_refused", 3, "{connection}",
	"once or twice is a service that restarts, or a client that tries one address after another"};
static const struct threshold scan_ports = {
	"connect-refused.scan_ports", 5, "{port}",
	"a client knows one or two ports of a peer; who is refused at five is looking for them"};
static const struct threshold min_share = {
	"connect-refused.min_share", 0.2, "1",
	"one backend of five that is down; a smaller share gets through at the second try"};
static const struct threshold lasting_s = {
	"connect-refused.lasting_s", 10, "s",
	"a service that restarts refuses for some seconds, and takes connections right after that"};

/* What the other services at the same address do. */
struct host_view {
	unsigned int refusing; /* ports, this one included */
	unsigned int answering;
	__u64 refused;
	__u64 last_ns;
	const struct peer *first; /* the refusing one with the lowest port: tells for a scan */
};

/* Again and again, while connections are made in between. */
static bool refuses_some(const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	const struct peer_run *run = &peer->refused_some;
	double refused, made;

	if (peer->key.dir != PEER_OUT || run->n < SOME_LEAST ||
	    frame->now_ns - run->last_ns > PEER_APART_NS ||
	    (double)(run->last_ns - run->since_ns) < model_threshold(model, &lasting_s) * 1e9)
		return false;
	refused = (double)peer_since(peer, frame, PEER_REFUSED, run->since_ns);
	made = (double)peer_since(peer, frame, PEER_ESTABLISHED, run->since_ns);
	return made > 0.0 && refused > 0.0 &&
	       refused >= model_threshold(model, &min_share) * (refused + made);
}

static bool is_refusing(const struct model *model, const struct peer *peer)
{
	return peer->key.dir == PEER_OUT && peer->refused_ns > peer->made_ns &&
	       peer_window(peer, model_frame(model), PEER_REFUSED);
}

static void look_at_host(struct host_view *view, const struct model *model, const struct peer *peer)
{
	const struct peer *other = NULL;

	memset(view, 0, sizeof(*view));
	while ((other = peers_next(model_peers(model), other))) {
		if (other->key.netns != peer->key.netns || other->key.dir != PEER_OUT ||
		    memcmp(other->key.addr, peer->key.addr, sizeof(peer->key.addr)) != 0)
			continue;
		if (!is_refusing(model, other)) {
			view->answering += other != peer && other->made_ns > 0;
			continue;
		}
		view->refusing++;
		view->refused += peer_window(other, model_frame(model), PEER_REFUSED);
		if (other->refused_ns > view->last_ns)
			view->last_ns = other->refused_ns;
		if (!view->first || other->key.port < view->first->key.port)
			view->first = other;
	}
}

/* Who is refused by this host's one loopback address goes on to that of the other family and gets through: "localhost"
 * of a program that listens by IPv4 only. Of other addresses it is not known whether they are one host's. NULL: no
 * such. */
static const struct peer *find_detour(const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	__u64 refused = peer_window(peer, frame, PEER_REFUSED);
	const struct peer *other = NULL;

	if (!peer_is_loopback(peer, model_nics(model)))
		return NULL;
	while ((other = peers_next(model_peers(model), other)))
		if (other->key.netns == peer->key.netns && other->key.dir == PEER_OUT &&
		    other->key.port == peer->key.port &&
		    addr_is_ipv4(other->key.addr) != addr_is_ipv4(peer->key.addr) &&
		    peer_is_loopback(other, model_nics(model)) &&
		    (!other->pid || !peer->pid || other->pid == peer->pid) &&
		    peer_window(other, frame, PEER_ESTABLISHED) >= refused / 2 &&
		    other->made_ns + frame->bucket_ns >= peer->refused_ns)
			return other;
	return NULL;
}

static void advise(struct claim *claim, const struct model *model, const struct peer *peer)
{
	char addr[46];

	addr_text(peer->key.addr, addr, sizeof(addr));
	claim_advice(claim, false, "Try it once by hand", "%snc -vz -w 3 %s %u",
		     text_nsenter(model, peer->key.netns, peer->pid).s, addr, peer->key.port);
	snprintf(claim->call, sizeof(claim->call), "the owner of what serves %.44s",
		 text_addr(peer->key.addr, peer->key.port).s);
}

static void claim_service(const struct model *model, const struct peer *peer,
			  const struct host_view *view, const struct judgement *judgement)
{
	const struct frame *frame = model_frame(model);
	double refused = (double)peer_window(peer, frame, PEER_REFUSED);
	double made = (double)peer_window(peer, frame, PEER_ESTABLISHED);
	bool some = refuses_some(model, peer);
	const struct peer *detour = find_detour(model, peer);
	bool own = peer_is_loopback(peer, model_nics(model));
	struct subject subject = subject_peer(model, peer->key.addr, peer->key.netns,
					      peer->key.port, peer->key.dir, peer->ifindex);
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns);
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &connect_refused_rule, &subject);
	claim.severity =
		peer->made_ns && (!some || refused >= made) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim.basis = BASIS_REPORTED;
	claim.confidence = confidence_round(0.99 * (1.0 - 0.3 / refused) *
					    (1.0 - 0.6 * made / (refused + made)));
	claim.count = (__u64)refused;
	claim.first_ns = from_ns > peer->first_ns ? from_ns : peer->first_ns;
	claim.last_ns = peer->refused_ns;
	claim.window_ns = frame->window_ns;
	claim_message(&claim, "NETWORK: %s refuses connections%s", label,
		      own ? "; its service is down, not the path." : ": is its service down?");
	if (some)
		claim_message(&claim,
			      "NETWORK: %s refuses %s of attempts: is a backend of it down?", label,
			      text_percent(refused / (refused + made)).s);
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: %s refuses connections.", label);
	if (!detour)
		claim_victim(&claim, model, judgement, peer_holder(peer), " cannot connect");
	claim_evidence(&claim, ROLE_FOR, true, "tcp.attempts.refused", refused, "{connection}",
		       "%s of %s refused", text_count((__u64)refused).s,
		       text_plural(peer_window(peer, frame, PEER_ATTEMPTS), "attempt").s);
	if (view->answering)
		claim_text(&claim, ROLE_CONTROL, "%s at the same address accept%s",
			   text_plural(view->answering, "other port").s,
			   view->answering == 1 ? "s" : "");
	if (detour) {
		claim.severity = SEVERITY_INFO;
		claim_message(&claim, "NETWORK: %s refuses; its callers get through at %s.", label,
			      text_addr(detour->key.addr, detour->key.port).s);
		claim_evidence(
			&claim, ROLE_AGAINST, true, "tcp.attempts.detour",
			(double)peer_window(detour, frame, PEER_ESTABLISHED), "{connection}",
			"%s made at %s instead: nobody is refused service",
			text_plural(peer_window(detour, frame, PEER_ESTABLISHED), "connection").s,
			text_addr(detour->key.addr, detour->key.port).s);
	}
	if (dns_udp_works(model, peer->key.addr, peer->key.netns, peer->key.port)) {
		claim.severity = SEVERITY_INFO;
		claim_text(&claim, ROLE_AGAINST, "as a name server it answers, over UDP");
	}
	if (made > 0.0)
		claim_evidence(&claim, ROLE_AGAINST, false, "tcp.attempts.established", made,
			       "{connection}", "%s made %s: flapping, or overloaded",
			       text_plural((__u64)made, "connection").s,
			       some ? "meanwhile" : "before");
	claim_text(&claim, ROLE_NOT_US, "an answer came: nothing was lost");
	if (!own)
		claim_text(&claim, ROLE_UNKNOWN,
			   "whose: the peer's, or a rule's (firewall, Service without endpoints)");
	advise(&claim, model, peer);
	judgement->claim(judgement->ctx, &claim);
}

static void claim_scan(const struct model *model, const struct peer *peer,
		       const struct host_view *view, const struct judgement *judgement)
{
	struct subject subject =
		subject_peer(model, peer->key.addr, peer->key.netns, 0, 0, peer->ifindex);
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &connect_refused_rule, &subject);
	claim.severity = SEVERITY_INFO;
	claim.basis = BASIS_REPORTED;
	claim.confidence = 0.6;
	claim.count = view->refused;
	claim.first_ns = peer->first_ns;
	claim.last_ns = view->last_ns;
	claim.window_ns = model_frame(model)->window_ns;
	claim_message(&claim, "NETWORK: %s refuses %u ports; a scan by this host?", label,
		      view->refusing);
	claim_victim(&claim, model, judgement, peer_holder(peer), " cannot connect");
	claim_evidence(&claim, ROLE_FOR, true, "tcp.attempts.refused", (double)view->refused,
		       "{connection}", "%s at %u ports refused",
		       text_plural(view->refused, "attempt").s, view->refusing);
	claim_evidence(&claim, ROLE_AGAINST, false, "tcp.ports.refusing", view->refusing, "{port}",
		       "%u ports at once: a scan, rather than as many services", view->refusing);
	advise(&claim, model, peer);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	double least = model_threshold(model, &min_refused);
	double scan = model_threshold(model, &scan_ports);
	const struct peer *peer = NULL;
	__u32 pid = asked_pid(model);

	while ((peer = peers_next(model_peers(model), peer))) {
		bool some = refuses_some(model, peer);
		struct host_view view;
		__u64 refused;

		if ((pid && peer->pid != pid) || !(some || is_refusing(model, peer)))
			continue;
		refused = peer_window(peer, model_frame(model), PEER_REFUSED);
		look_at_host(&view, model, peer);
		if (!some && view.refusing >= scan && !view.answering) {
			if (view.first == peer)
				claim_scan(model, peer, &view, judgement);
		} else if ((double)refused >= least) {
			claim_service(model, peer, &view, judgement);
		}
	}
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer_total(peer, PEER_ATTEMPTS))
			return true;
	snprintf(buf, size, "no connection was tried");
	return false;
}

/* A connection to it was made since. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct subject s = subject_peer(model, peer->key.addr, peer->key.netns,
						peer->key.port, peer->key.dir, peer->ifindex);

		if (subjects_meet(model, &s, subject, JOIN_SAME_SUBJECT) &&
		    peer->made_ns > since_ns)
			return true;
	}
	return false;
}

static const struct threshold *const thresholds[] = {&min_refused, &scan_ports, &min_share,
						     &lasting_s, NULL};

const struct rule connect_refused_rule = {
	.kind = "connect-refused",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning =
		"The peer's host answers and refuses: nothing listens on that port, or a rule rejects "
		"what goes there, for it.",
	.against =
		"Connections to the same port that are made, at this address or the other loopback address; a "
		"refusal or two; many ports at one address at once, which is a scan.",
	.todo = "Start the service at the peer, or correct the address and port that the client uses; look "
		"for a rule that rejects (a firewall, a Service without endpoints).",
	.needs = {PROBE_TCP_STATE},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
