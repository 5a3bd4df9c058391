/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - dns-failure: a name server that programs of this host ask does not answer, or answers with errors.
 *
 * Counted are queries over UDP that ask for recursion, and what programs took as answers, over the window:
 *  - silent: min_failures queries of wait_s ago or before without an answer, min_share of them;
 *  - failing: min_failures answers SERVFAIL or REFUSED, min_share of the answers, for min_names different names or
 *    more: a zone that is broken is not its resolver's fault, and one lookup of it gives four errors, or more.
 * A query that is sent again counts again; one lost and answered at the second try is one of two, once. NXDOMAIN is an
 * answer. A slow server answers; what comes after its client gave up is never taken, and is as good as none.
 * Silence is judged only where the hook for answers is attached and saw one, of the same family: a compiler may have
 * made the function that it is on a part of its caller. Servers that are asked together, by the same lookup (musl does
 * so), are silent only when they are all together: the first answer is taken, the others are never.
 *
 * A resolver on this host (loopback) that fails while one beyond it fails too only passes that on: the other is told.
 *
 * Confidence
 *	failing	reported (the server's own word):	c = 0.97 - 0.4 / (1 + failures)
 *	silent	p: the chance of as many unanswered ones when one of twenty is lost on the way (binomial)
 *		measured   p <= 0.001 and a control (another server, or a peer, that answered meanwhile):
 *			   c = 0.95 * (1 - sqrt(p)) * 0.97
 *		inferred   c = 0.70 * (1 - sqrt(p))
 * times, for what speaks against:
 *	0.85	it gave good answers in the last wait_s too: some zones fail, or it is overloaded
 *
 * Severity: warning.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/dns.h"
#include "model/addr.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

#define P_MEASURED 0.001
/* What a bad path loses of single datagrams. */
#define LOST_ONE 0.05

static const struct threshold min_failures = {
	"dns-failure.min_failures", 6, "{query}",
	"a lookup that fails sends two questions (A, AAAA) twice"};
static const struct threshold min_share = {
	"dns-failure.min_share", 0.5, "1",
	"a server that answers most of what it is asked works, for most names"};
static const struct threshold min_names = {
	"dns-failure.min_names", 3, "{name}",
	"one name that fails, or two, are a zone that is broken; a server fails for all"};
static const struct threshold wait_s = {
	"dns-failure.wait_s", 5, "s", "resolvers wait so long before they ask again or elsewhere"};

struct outcome {
	const struct dns_server *server;
	__u64 asked; /* long enough ago */
	__u64 answers;
	__u64 unanswered;
	__u64 errors; /* SERVFAIL, REFUSED */
	bool silent;
	bool failing;
};

/* At least so many: two may have the same bit. */
static int names_failing(const struct dns_server *server)
{
	int n = 0;

	for (__u64 left = server->failing_names; left; left &= left - 1)
		n++;
	return n;
}

static bool works(const struct model *model, const char *name)
{
	const struct event_probe *probe = model_probe(model, name);

	return probe && probe->state != PROBE_UNAVAILABLE;
}

/* By anyone, over the same family: else it is not known whether answers are seen at all. */
static bool any_answer_seen(const struct model *model, const struct dns_server *server)
{
	const struct dns_server *other = NULL;

	while ((other = dns_servers_next(model_dns(model), other)))
		if (other->answered_ns && addr_is_ipv4(other->addr) == addr_is_ipv4(server->addr))
			return true;
	return false;
}

/* Good answers to the same lookups that came from others, which were asked at the same time. A resolver on this host asks
 * those beyond at the same time too, and is no other. */
static __u64 answered_elsewhere(const struct model *model, const struct dns_server *server)
{
	const struct frame *frame = model_frame(model);
	const struct dns_server *other = NULL;
	__u64 answers = 0;

	while ((other = dns_servers_next(model_dns(model), other)))
		if (other != server &&
		    addr_is_loopback(other->addr) == addr_is_loopback(server->addr) &&
		    dns_together(server, other, frame))
			answers += dns_window(other, frame, DNS_ANSWERS) -
				   dns_window(other, frame, DNS_FAILED) -
				   dns_window(other, frame, DNS_REFUSED);
	return answers;
}

static bool is_silent(const struct model *model, const struct outcome *o)
{
	double least = model_threshold(model, &min_failures);
	double share = model_threshold(model, &min_share);
	__u64 elsewhere;

	if (!o->unanswered || (double)o->unanswered < least ||
	    (double)o->unanswered < share * (double)o->asked || !any_answer_seen(model, o->server))
		return false;
	elsewhere = answered_elsewhere(model, o->server);
	return o->unanswered > elsewhere &&
	       (double)(o->unanswered - elsewhere) >= share * (double)o->asked;
}

static void sum_up(struct outcome *o, const struct model *model, const struct dns_server *server)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &min_failures);
	double share = model_threshold(model, &min_share);
	__u64 wait_ns = (__u64)(model_threshold(model, &wait_s) * 1e9);

	*o = (struct outcome){.server = server};
	o->asked = dns_settled(server, frame, wait_ns);
	o->answers = dns_window(server, frame, DNS_ANSWERS);
	o->unanswered = o->asked > o->answers ? o->asked - o->answers : 0;
	o->errors = dns_window(server, frame, DNS_FAILED) + dns_window(server, frame, DNS_REFUSED);
	if (!works(model, PROBE_DNS_ANSWER))
		return;
	o->silent = is_silent(model, o);
	o->failing = o->errors && (double)o->errors >= least &&
		     (double)o->errors >= share * (double)o->answers &&
		     names_failing(server) >= model_threshold(model, &min_names);
}

/* Who answered meanwhile: another server that does well, else the peer that is sent most. */
struct control {
	const struct dns_server *server;
	const struct peer *peer;
};

static struct control find_control(const struct model *model, const struct outcome *o)
{
	const struct frame *frame = model_frame(model);
	const struct dns_server *other = NULL;
	const struct peer *peer = NULL;
	struct control control = {0};
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns);
	__u64 since_ns = o->server->answered_ns > from_ns ? o->server->answered_ns : from_ns;

	while ((other = dns_servers_next(model_dns(model), other))) {
		struct outcome outcome;

		sum_up(&outcome, model, other);
		if (other != o->server && other->netns == o->server->netns && !outcome.silent &&
		    !outcome.failing && other->answered_ns > since_ns)
			control.server = other;
	}
	while (!control.server && (peer = peers_next(model_peers(model), peer)))
		if (peer->key.netns == o->server->netns && peer->progress_ns > since_ns &&
		    !peer_is_loopback(peer, model_nics(model)) &&
		    memcmp(peer->key.addr, o->server->addr, sizeof(peer->key.addr)) != 0 &&
		    (!control.peer || peer_window(peer, frame, PEER_SEGS_OUT) >
					      peer_window(control.peer, frame, PEER_SEGS_OUT)))
			control.peer = peer;
	return control;
}

static void claim_control(struct claim *claim, const struct model *model,
			  const struct control *control)
{
	const struct frame *frame = model_frame(model);

	if (control->server)
		claim_evidence(claim, ROLE_CONTROL, true, "dns.control.answers",
			       (double)dns_window(control->server, frame, DNS_ANSWERS), "{answer}",
			       "%s answered %s of %s", text_addr(control->server->addr, 0).s,
			       text_count(dns_window(control->server, frame, DNS_ANSWERS)).s,
			       text_count(dns_window(control->server, frame, DNS_QUERIES)).s);
	else if (control->peer)
		claim_evidence(claim, ROLE_CONTROL, true, "tcp.control.segments",
			       (double)peer_window(control->peer, frame, PEER_SEGS_OUT),
			       "{segment}", "%s answers: %s segments to it",
			       text_addr(control->peer->key.addr, 0).s,
			       text_count(peer_window(control->peer, frame, PEER_SEGS_OUT)).s);
}

static double claim_silence(struct claim *claim, const struct model *model, const struct outcome *o)
{
	struct control control = find_control(model, o);
	double p = binomial_tail((double)o->unanswered, (double)o->asked, LOST_ONE);

	claim_evidence(claim, ROLE_FOR, true, "dns.unanswered", (double)o->unanswered, "{query}",
		       "%s of %s queries got no answer within %.0f s", text_count(o->unanswered).s,
		       text_count(o->asked).s, model_threshold(model, &wait_s));
	if (o->server->answered_ns)
		claim_evidence(
			claim, ROLE_FOR, true, "dns.answered.ago",
			floor((double)(model_now(model) - o->server->answered_ns) / 1e9), "s",
			"its last answer was %s ago",
			text_duration((double)(model_now(model) - o->server->answered_ns) / 1e9).s);
	claim_control(claim, model, &control);
	if (!control.server && !control.peer) {
		claim_text(claim, ROLE_UNKNOWN, "server, path or this host: nobody else answered");
	} else {
		claim_text(claim, ROLE_UNKNOWN, "whether the server is down, or the path to it");
		if (p <= P_MEASURED) {
			claim->basis = BASIS_MEASURED;
			return 0.95 * (1.0 - sqrt(p)) * 0.97;
		}
	}
	claim->basis = BASIS_INFERRED;
	return 0.70 * (1.0 - sqrt(p));
}

static double claim_errors(struct claim *claim, const struct model *model, const struct outcome *o)
{
	const struct frame *frame = model_frame(model);

	claim->basis = BASIS_REPORTED;
	claim_evidence(claim, ROLE_FOR, true, "dns.errors", (double)o->errors, "{answer}",
		       "%s of %s answers are errors: %s SERVFAIL, %s REFUSED",
		       text_count(o->errors).s, text_count(o->answers).s,
		       text_count(dns_window(o->server, frame, DNS_FAILED)).s,
		       text_count(dns_window(o->server, frame, DNS_REFUSED)).s);
	claim_text(claim, ROLE_AGAINST, "not the path: it answers");
	claim_evidence(claim, ROLE_FOR, true, "dns.names", names_failing(o->server), "{name}",
		       "at least %d different names fail", names_failing(o->server));
	claim_text(claim, ROLE_UNKNOWN, "which names: none is kept");
	return 0.97 - 0.4 / (1.0 + (double)o->errors);
}

static void advise(struct claim *claim, const struct outcome *o)
{
	char addr[46];

	addr_text(o->server->addr, addr, sizeof(addr));
	claim_advice(claim, false, "Ask it for a name that must exist",
		     "dig @%s . NS +tries=1 +time=2", addr);
	claim_advice(claim, false, "See which servers this host asks", "resolvectl status");
	snprintf(claim->call, sizeof(claim->call), "the owner of the name server %.40s",
		 text_addr(o->server->addr, 0).s);
}

static void claim_server(const struct model *model, const struct outcome *o,
			 const struct judgement *judgement)
{
	const struct dns_server *server = o->server;
	struct subject subject = subject_peer(model, server->addr, server->netns, 53, PEER_OUT, 0);
	__u64 good = o->answers > o->errors ? o->answers - o->errors : 0;
	bool mixed = (double)(model_now(model) - server->good_ns) / 1e9 <
		     model_threshold(model, &wait_s);
	__u64 from_ns = window_from_ns(model_now(model), model_frame(model)->window_ns);
	struct claim claim;

	claim_init(&claim, &dns_failure_rule, &subject);
	claim.count = o->failing ? o->errors : o->unanswered;
	claim.first_ns = server->first_ns > from_ns ? server->first_ns : from_ns;
	claim.last_ns = o->failing ? server->failed_ns : server->asked_ns;
	claim.window_ns = model_now(model) - claim.first_ns;
	claim_message(&claim, "NETWORK: name server %s %s.", text_addr(server->addr, 0).s,
		      o->failing ? "answers with errors" : "does not answer");
	claim_victim(&claim, model, judgement,
		     (struct holder){server->pid, server->start_ns, server->comm}, " asked last");
	claim.confidence =
		o->failing ? claim_errors(&claim, model, o) : claim_silence(&claim, model, o);
	if (good && mixed) {
		claim.confidence *= 0.85;
		claim_evidence(&claim, ROLE_AGAINST, false, "dns.good", (double)good, "{answer}",
			       "%s of its answers were good, the latest just now",
			       text_count(good).s);
	}
	claim.confidence = confidence_round(claim.confidence);
	advise(&claim, o);
	judgement->claim(judgement->ctx, &claim);
}

/* Passed on by a resolver of this host: is there one beyond that fails? */
static bool fails_beyond(const struct model *model, const struct dns_server *local)
{
	const struct dns_server *server = NULL;

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct outcome o;

		if (addr_is_loopback(server->addr) || server->netns != local->netns)
			continue;
		sum_up(&o, model, server);
		if (o.silent || o.failing)
			return true;
	}
	return false;
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct dns_server *server = NULL;
	__u32 pid = asked_pid(model);

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct outcome o;

		sum_up(&o, model, server);
		if ((!o.silent && !o.failing) || (pid && pid != server->pid))
			continue;
		if (addr_is_loopback(server->addr) && fails_beyond(model, server))
			continue;
		claim_server(model, &o, judgement);
	}
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct dns_server *server = NULL;
	__u64 queries = 0;
	bool answered = false;

	while ((server = dns_servers_next(model_dns(model), server))) {
		answered |= server->answered_ns != 0;
		queries += dns_window(server, model_frame(model), DNS_QUERIES);
	}
	if (!queries || (double)queries < model_threshold(model, &min_failures))
		snprintf(buf, size, "%s to name servers; dns-failure needs %.0f",
			 text_plural(queries, "query").s, model_threshold(model, &min_failures));
	else if (!answered)
		snprintf(buf, size, "no answer of any name server was seen: are they seen at all?");
	else
		return true;
	return false;
}

/* Answered since, and neither silent nor failing by now. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct dns_server *server = NULL;

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct outcome o;

		if (memcmp(server->addr, subject->addr, sizeof(server->addr)) != 0 ||
		    subject_netns(model, server->netns) != subject->netns)
			continue;
		sum_up(&o, model, server);
		return server->answered_ns > since_ns && server->failed_ns <= since_ns &&
		       !o.silent && !o.failing;
	}
	return false;
}

static const struct threshold *const thresholds[] = {&min_failures, &min_share, &min_names, &wait_s,
						     NULL};

const struct rule dns_failure_rule = {
	.kind = "dns-failure",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning =
		"A name server that programs of this host ask does not answer over UDP, or answers SERVFAIL or "
		"REFUSED: names do not resolve.",
	.against =
		"Names that do not exist (NXDOMAIN); one or two names that fail; one lost query that was asked again; a slow server; other "
		"names that it does resolve.",
	.todo = "Ask it, and another one, for the same name (dig @ADDRESS); then its owner.",
	/* Not dns.query6: where IPv6 is off, or a module that is not loaded, there is no such function. */
	.needs = {PROBE_DNS_QUERY, PROBE_DNS_ANSWER},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
