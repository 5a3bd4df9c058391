/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - dns-failure: a name server that programs of this host ask does not answer, or answers with errors.
 *
 * Counted over the window are queries over UDP that ask for recursion, with what programs took as answers, and
 * connections (TCP), by how they ended:
 *  - silent: min_failures queries of wait_s ago or before without an answer, min_share of them;
 *  - failing: min_failures answers SERVFAIL or REFUSED, min_share of the answers, for min_names different names or
 *    more: a zone that is broken is not its resolver's fault, and one lookup of it gives four errors, or more.
 *  - failing over TCP: min_tcp connections that it refused, that nobody answered, or that it took, was asked on and
 *    answered nothing, in a row or min_share of those that ended, and none answered since;
 *  - blank over TCP: min_failures connections that brought no more bytes than was asked, nine of ten that were
 *    answered, and no good answer over UDP. SERVFAIL and REFUSED are so; no answer that has a record is.
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
 *	over TCP, refused: as failing; unanswered: as silent; blank: inferred	c = 0.65 - 0.4 / (1 + answers)
 * times, for what speaks against:
 *	0.85	it gave good answers in the last wait_s too: some zones fail, or it is overloaded
 *
 * Severity: warning. Info for a server that answers over UDP, and fails over TCP: only long answers are lost.
 */
#include <stdio.h>
#include <string.h>

#include "model/dns.h"
#include "model/addr.h"
#include "rules/dns.h"
#include "rules/families.h"
#include "rules/subjects.h"
#include "rules/text.h"

static const struct threshold min_failures = {
	"dns-failure.min_failures", 6, "{query}",
	"a lookup that fails sends two questions (A, AAAA) twice"};
static const struct threshold min_share = {
	"dns-failure.min_share", 0.5, "1",
	"a server that answers most of what it is asked works, for most names"};
static const struct threshold min_names = {
	"dns-failure.min_names", 3, "{name}",
	"one name that fails, or two, are a zone that is broken; a server fails for all"};
const struct threshold dns_wait_s = {"dns-failure.wait_s", 5, "s",
				     "resolvers wait so long before they ask again or elsewhere"};

bool dns_is_faulty(const struct dns_outcome *o)
{
	return o->silent || o->failing || o->tcp.failing || o->blank;
}

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

/* Good answers to the same lookups that came from others, which were asked at the same time. A resolver on this
 * host asks those beyond at the same time too, and is no other. */
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

static bool is_silent(const struct model *model, const struct dns_outcome *o)
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

void dns_sum_up(struct dns_outcome *o, const struct model *model, const struct dns_server *server)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &min_failures);
	double share = model_threshold(model, &min_share);
	__u64 wait_ns = (__u64)(model_threshold(model, &dns_wait_s) * 1e9);

	*o = (struct dns_outcome){.server = server};
	o->asked = dns_settled(server, frame, wait_ns);
	o->answers = dns_window(server, frame, DNS_ANSWERS);
	o->unanswered = o->asked > o->answers ? o->asked - o->answers : 0;
	o->errors = dns_window(server, frame, DNS_FAILED) + dns_window(server, frame, DNS_REFUSED);
	o->names = names_failing(server);
	dns_tcp_sum_up(&o->tcp, model, server, share, least);
	if (works(model, PROBE_DNS_ANSWER)) {
		o->silent = is_silent(model, o);
		o->failing = o->errors && (double)o->errors >= least &&
			     (double)o->errors >= share * (double)o->answers &&
			     o->names >= model_threshold(model, &min_names);
	}
	o->well = o->answers > o->errors && !o->silent && !o->failing &&
		  server->good_ns + wait_ns >= server->asked_ns;
	o->blank = o->tcp.blank && o->answers <= o->errors;
}

__u64 dns_answered_ns(const struct dns_server *server)
{
	return server->answered_ns > server->tcp_answered_ns ? server->answered_ns
							     : server->tcp_answered_ns;
}

bool dns_udp_works(const struct model *model, const __u8 addr[16], __u32 netns, __u16 port)
{
	const struct dns_server *server = NULL;
	struct dns_outcome o;

	if (port == PORT_DNS)
		server = dns_server_find(model_dns(model), addr, netns);
	if (!server)
		return false;
	dns_sum_up(&o, model, server);
	return o.well;
}

/* Passed on by a resolver of this host: is there one beyond that fails? */
static bool fails_beyond(const struct model *model, const struct dns_server *local)
{
	const struct dns_server *server = NULL;

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct dns_outcome o;

		if (addr_is_loopback(server->addr) || server->netns != local->netns)
			continue;
		dns_sum_up(&o, model, server);
		if (dns_is_faulty(&o))
			return true;
	}
	return false;
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct dns_server *server = NULL;
	__u32 pid = asked_pid(model);

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct dns_outcome o;

		dns_sum_up(&o, model, server);
		if (!dns_is_faulty(&o) || (pid && pid != server->pid))
			continue;
		if (addr_is_loopback(server->addr) && fails_beyond(model, server))
			continue;
		dns_claim(model, &o, judgement);
	}
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct dns_server *server = NULL;
	__u64 queries = 0, connections = 0;
	bool answered = false;

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct dns_outcome o;

		dns_sum_up(&o, model, server);
		answered |= server->answered_ns != 0;
		queries += dns_window(server, model_frame(model), DNS_QUERIES);
		connections += o.tcp.ended;
	}
	if (connections && (double)connections >= model_threshold(model, &dns_min_tcp))
		return true;
	if (!queries || (double)queries < model_threshold(model, &min_failures))
		snprintf(buf, size, "%s to name servers; dns-failure needs %.0f",
			 text_plural(queries, "query").s, model_threshold(model, &min_failures));
	else if (!answered)
		snprintf(buf, size, "no answer of any name server was seen: are they seen at all?");
	else
		return true;
	return false;
}

/* Answered since, and nothing that fails by now; what failed over TCP, over TCP. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct dns_server *server = NULL;

	while ((server = dns_servers_next(model_dns(model), server))) {
		struct dns_outcome o;

		if (memcmp(server->addr, subject->addr, sizeof(server->addr)) != 0 ||
		    subject_netns(model, server->netns) != subject->netns)
			continue;
		dns_sum_up(&o, model, server);
		if (dns_tcp_is_down(server) &&
		    server->tcp_failed_ns + model_frame(model)->window_ns >= since_ns)
			return false;
		return !dns_is_faulty(&o) && dns_answered_ns(server) > since_ns &&
		       server->failed_ns <= since_ns;
	}
	return false;
}

static const struct threshold *const thresholds[] = {&min_failures, &min_share,	  &min_names,
						     &dns_wait_s,   &dns_min_tcp, NULL};

const struct rule dns_failure_rule = {
	.kind = "dns-failure",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning =
		"A name server that programs of this host ask does not answer, over UDP or TCP, or answers SERVFAIL or "
		"REFUSED: names do not resolve.",
	.against =
		"Names that do not exist (NXDOMAIN); one or two names that fail; one lost query that was asked again; a slow server; other "
		"names that it does resolve; good answers over UDP, where it fails over TCP.",
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
