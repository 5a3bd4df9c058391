/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - dns-failure: a name server that programs of this host ask does not answer, or answers with errors.
 *
 * Counted over the window are queries over UDP that ask for recursion, with what programs took as answers, and
 * connections (TCP), by how they ended:
 *  - silent: min_failures queries of wait_s ago or before without an answer, min_share of them;
 *  - partly silent: min_lost of these, and lost_share of all, where what others answered cannot be what was asked
 *    here;
 *  - failing: min_failures answers SERVFAIL or REFUSED, min_share of the answers, for min_names different names or
 *    more: a zone that is broken is not its resolver's fault, and one lookup of it gives four errors, or more;
 *  - failing for few names: no answer but these errors, min_alone of them;
 *  - failing over TCP: min_tcp connections that it refused, that nobody answered, or that it took, was asked on and
 *    answered nothing, in a row or min_share of those that ended, and none answered since;
 *  - blank over TCP: min_failures connections that brought no more bytes than was asked, nine of ten that were
 *    answered, and no good answer over UDP. SERVFAIL and REFUSED are so; no answer that has a record is.
 * A query that is sent again counts again; one lost and answered at the second try is one of two, once. NXDOMAIN is an
 * answer. A slow server answers; what comes after its client gave up is never taken, and is as good as none.
 * Silence is judged only where the hook for answers is attached and saw one, of the same family, or ran at all: a
 * compiler may have made the function that it is on a part of its caller, for IPv4. Where it never ran, and programs did
 * ask, the class is not clear. Servers that are asked together, by the same lookup (musl does
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
 *		inferred   partly, with p <= 0.001	c = 0.70 * (1 - sqrt(p)) * 0.9
 *	failing for few names: inferred	c = 0.65 - 0.4 / (1 + failures)
 *	over TCP, refused: as failing; unanswered: as silent; blank: inferred	c = 0.65 - 0.4 / (1 + answers)
 * times, for what speaks against:
 *	0.9	silent, and no answer of anyone was seen, only other datagrams: inferred
 *	0.85	it gave good answers in the last wait_s too: some zones fail, or it is overloaded
 *
 * Severity: warning. Info for one that fails for a single name, and for a server that answers over UDP, and fails over
 * TCP: only long answers are lost.
 */
#include <stdio.h>
#include <string.h>

#include "model/dns.h"
#include "model/addr.h"
#include "rules/dns.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* The program of PROBE_DNS_ANSWER. */
#define HOOK_ANSWER "dns_answer"
/* What is lost by chance looks as much like a server that is partly silent once in a thousand. */
#define P_PARTLY 0.001

static const struct threshold min_failures = {
	"dns-failure.min_failures", 6, "{query}",
	"a lookup that fails sends two questions (A, AAAA) twice"};
static const struct threshold min_share = {
	"dns-failure.min_share", 0.5, "1",
	"a server that answers most of what it is asked works, for most names"};
static const struct threshold min_names = {
	"dns-failure.min_names", 3, "{name}",
	"one name that fails, or two, are a zone that is broken; a server fails for all"};
static const struct threshold lost_share = {
	"dns-failure.lost_share", 0.2, "1",
	"a bad path loses one datagram of twenty; more is a server that is overloaded, or one of several behind the address"};
static const struct threshold min_lost = {
	"dns-failure.min_lost", 30, "{query}",
	"where most are answered, fewer are those of a few seconds: it was started again"};
static const struct threshold min_alone = {
	"dns-failure.min_alone", 60, "{answer}",
	"where a name or two are asked for, and all fails: fifteen lookups, with nothing that works"};
const struct threshold dns_wait_s = {"dns-failure.wait_s", 5, "s",
				     "resolvers wait so long before they ask again or elsewhere"};

bool dns_is_faulty(const struct dns_outcome *o)
{
	return o->silent || o->partly || o->failing || o->few || o->tcp.failing || o->blank;
}

__u64 dns_answer_runs(const struct model *model)
{
	const struct event_hook *hook;

	for (unsigned int i = 0; (hook = model_hook_at(model, i)); i++)
		if (strcmp(hook->name, HOOK_ANSWER) == 0)
			return hook->runs;
	return 0;
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

/* Good answers to the same lookups that came from others, which were asked at the same time, or may have been. A
 * resolver on this host asks those beyond at the same time too, and is no other. */
static __u64 answered_elsewhere(const struct model *model, const struct dns_server *server,
				bool maybe)
{
	const struct frame *frame = model_frame(model);
	const struct dns_server *other = NULL;
	__u64 answers = 0;

	while ((other = dns_servers_next(model_dns(model), other)))
		if (other != server &&
		    addr_is_loopback(other->addr) == addr_is_loopback(server->addr) &&
		    (dns_together(server, other, frame) ||
		     (maybe && other->netns == server->netns)))
			answers += dns_window(other, frame, DNS_ANSWERS) -
				   dns_window(other, frame, DNS_FAILED) -
				   dns_window(other, frame, DNS_REFUSED);
	return answers;
}

static bool is_silent(const struct model *model, const struct dns_outcome *o)
{
	double share = model_threshold(model, &min_share);
	__u64 elsewhere = answered_elsewhere(model, o->server, false);

	return (double)o->unanswered >= share * (double)o->asked && o->unanswered > elsewhere &&
	       (double)(o->unanswered - elsewhere) >= share * (double)o->asked;
}

/* Programs that ask two at once and take the first answer leave the other's: only what cannot be that is counted. */
static bool is_partly_silent(const struct model *model, const struct dns_outcome *o)
{
	__u64 elsewhere = answered_elsewhere(model, o->server, true);
	__u64 left = o->unanswered > elsewhere ? o->unanswered - elsewhere : 0;

	return left && (double)left >= model_threshold(model, &min_lost) &&
	       (double)left >= model_threshold(model, &lost_share) * (double)o->asked &&
	       binomial_tail((double)left, (double)o->asked, DNS_LOST_ONE) <= P_PARTLY;
}

static void judge_silence(struct dns_outcome *o, const struct model *model)
{
	bool seen = any_answer_seen(model, o->server);

	if (!o->unanswered || (double)o->unanswered < model_threshold(model, &min_failures) ||
	    (!seen && !dns_answer_runs(model)))
		return;
	o->silent = is_silent(model, o);
	o->unseen = o->silent && !seen;
	o->partly = !o->silent && is_partly_silent(model, o);
}

static void judge_errors(struct dns_outcome *o, const struct model *model)
{
	if (!o->errors || (double)o->errors < model_threshold(model, &min_failures) ||
	    (double)o->errors < model_threshold(model, &min_share) * (double)o->answers)
		return;
	o->failing = o->names >= model_threshold(model, &min_names);
	o->few = !o->failing && o->errors >= o->answers &&
		 (double)o->errors >= model_threshold(model, &min_alone);
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
		judge_silence(o, model);
		judge_errors(o, model);
	}
	o->well = o->answers > o->errors && !o->silent && !o->partly && !o->failing &&
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
	else if (!answered && !dns_answer_runs(model))
		snprintf(buf, size, "name servers asked, no answer of any was seen");
	else
		return true;
	return false;
}

/* Asked, and no answer: all name servers are dead, or the hook sees none. */
static bool doubted(const struct model *model)
{
	const struct dns_server *server = NULL;
	__u64 queries = 0;

	if (!works(model, PROBE_DNS_ANSWER) || dns_answer_runs(model))
		return false;
	while ((server = dns_servers_next(model_dns(model), server))) {
		if (dns_answered_ns(server))
			return false;
		queries += dns_window(server, model_frame(model), DNS_QUERIES);
	}
	return queries && (double)queries >= model_threshold(model, &min_failures);
}

/* Was it seen to be well since? One answer is an error now and then, of a server that is well. */
static bool well_since(const struct dns_outcome *o, __u64 since_ns)
{
	if (dns_is_faulty(o))
		return false;
	return (o->server->good_ns > since_ns && o->answers > o->errors) ||
	       (dns_answered_ns(o->server) > since_ns && o->server->failed_ns <= since_ns);
}

/* Answered since, and what fails by now would not be claimed; what failed over TCP, over TCP. */
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
		return well_since(&o, since_ns);
	}
	return false;
}

static const struct threshold *const thresholds[] = {&min_failures, &min_share,	  &min_names,
						     &lost_share,   &min_lost,	  &min_alone,
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
	.doubted = doubted,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
