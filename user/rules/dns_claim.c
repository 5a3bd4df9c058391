/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_claim.c - what dns-failure says, and how sure it is; the formula is in dns.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "rules/dns.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

#define P_MEASURED 0.001

/* Who answered meanwhile: another server that does well, else the peer that is sent most. */
struct control {
	const struct dns_server *server;
	const struct peer *peer;
};

static struct control find_control(const struct model *model, const struct dns_outcome *o)
{
	const struct frame *frame = model_frame(model);
	const struct dns_server *other = NULL;
	const struct peer *peer = NULL;
	struct control control = {0};
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns);
	__u64 since_ns =
		dns_answered_ns(o->server) > from_ns ? dns_answered_ns(o->server) : from_ns;
	/* What a peer answered before all was asked in vain, or until that look, says nothing of what came then. */
	__u64 vain_ns = dns_asked_since(o->server, since_ns);

	while ((other = dns_servers_next(model_dns(model), other))) {
		struct dns_outcome outcome;

		dns_sum_up(&outcome, model, other);
		if (other != o->server && other->netns == o->server->netns &&
		    !dns_is_faulty(&outcome) && other->answered_ns > since_ns)
			control.server = other;
	}
	while (!control.server && (peer = peers_next(model_peers(model), peer)))
		if (peer->key.netns == o->server->netns &&
		    peer->progress_ns > (vain_ns ? vain_ns : since_ns) &&
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

/* unanswered of asked; how sure that is. */
static double weigh_silence(struct claim *claim, const struct model *model,
			    const struct dns_outcome *o, __u64 unanswered, __u64 asked)
{
	struct control control = find_control(model, o);
	double p = binomial_tail((double)unanswered, (double)asked, DNS_LOST_ONE);

	claim_control(claim, model, &control);
	if (o->unseen) {
		claim_evidence(claim, ROLE_AGAINST, false, "dns.datagrams",
			       (double)dns_answer_runs(model), "{datagram}",
			       "no answer of anyone was seen, of %s",
			       text_plural(dns_answer_runs(model), "datagram").s);
		claim_text(claim, ROLE_UNKNOWN, "whether answers are seen here at all");
		claim->basis = BASIS_INFERRED;
		return 0.70 * (1.0 - sqrt(p)) * 0.9;
	}
	if (o->partly) {
		claim_text(claim, ROLE_UNKNOWN, "server or path; who asks may give up early");
		claim->basis = BASIS_INFERRED;
		return 0.70 * (1.0 - sqrt(p)) * 0.9;
	}
	if (!control.server && !control.peer) {
		claim_text(claim, ROLE_UNKNOWN, "server, path or this host: nobody else answered");
	} else {
		claim_text(claim, ROLE_UNKNOWN, "%s",
			   o->tcp.bad && dns_tcp_is_refused(&o->tcp)
				   ? "whether its service ended, or a rule rejects: TCP is refused"
				   : "whether the server is down, or the path to it");
		if (p <= P_MEASURED) {
			claim->basis = BASIS_MEASURED;
			return 0.95 * (1.0 - sqrt(p)) * 0.97;
		}
	}
	claim->basis = BASIS_INFERRED;
	return 0.70 * (1.0 - sqrt(p));
}

static double claim_silence(struct claim *claim, const struct model *model,
			    const struct dns_outcome *o)
{
	claim_evidence(claim, ROLE_FOR, true, "dns.unanswered", (double)o->unanswered, "{query}",
		       "%s of %s queries got no answer within %.0f s", text_count(o->unanswered).s,
		       text_count(o->asked).s, model_threshold(model, &dns_wait_s));
	if (o->server->answered_ns && !o->partly)
		claim_evidence(
			claim, ROLE_FOR, true, "dns.answered.ago",
			floor((double)(model_now(model) - o->server->answered_ns) / 1e9), "s",
			"its last answer was %s ago",
			text_duration((double)(model_now(model) - o->server->answered_ns) / 1e9).s);
	return weigh_silence(claim, model, o, o->unanswered, o->asked);
}

static double claim_connections(struct claim *claim, const struct model *model,
				const struct dns_outcome *o)
{
	if (!o->tcp.failing) {
		claim->basis = BASIS_INFERRED;
		dns_tcp_blank_evidence(claim, &o->tcp);
		return 0.65 - 0.4 / (1.0 + (double)o->tcp.empty);
	}
	if (!dns_tcp_is_refused(&o->tcp) && o->tcp.in_a_row)
		return weigh_silence(claim, model, o, o->tcp.in_a_row, o->tcp.in_a_row);
	if (!dns_tcp_is_refused(&o->tcp))
		return weigh_silence(claim, model, o, o->tcp.bad, o->tcp.ended);
	claim->basis = BASIS_REPORTED;
	claim_text(claim, ROLE_AGAINST, "not the path: its host answers");
	return 0.97 - 0.4 / (1.0 + (double)o->tcp.bad);
}

static double claim_few(struct claim *claim, const struct dns_outcome *o)
{
	claim->basis = BASIS_INFERRED;
	claim->severity = o->names > 1 ? SEVERITY_WARNING : SEVERITY_INFO;
	claim_text(claim, ROLE_AGAINST, "few names: a zone that is broken looks the same");
	return 0.65 - 0.4 / (1.0 + (double)o->errors);
}

static double claim_errors(struct claim *claim, const struct model *model,
			   const struct dns_outcome *o)
{
	const struct frame *frame = model_frame(model);

	claim->basis = BASIS_REPORTED;
	claim_evidence(claim, ROLE_FOR, true, "dns.errors", (double)o->errors, "{answer}",
		       "%s of %s answers are errors: %s SERVFAIL, %s REFUSED",
		       text_count(o->errors).s, text_count(o->answers).s,
		       text_count(dns_window(o->server, frame, DNS_FAILED)).s,
		       text_count(dns_window(o->server, frame, DNS_REFUSED)).s);
	claim_text(claim, ROLE_AGAINST, "not the path: it answers");
	claim_evidence(claim, ROLE_FOR, true, "dns.names", o->names, "{name}",
		       o->names == 1 ? "at least %d name fails"
				     : "at least %d different names fail",
		       o->names);
	claim_text(claim, ROLE_UNKNOWN, "which names: none is kept");
	if (o->few)
		return claim_few(claim, o);
	return 0.97 - 0.4 / (1.0 + (double)o->errors);
}

static bool by_udp(const struct dns_outcome *o)
{
	return o->silent || o->partly || o->failing || o->few;
}

static void advise(struct claim *claim, const struct dns_outcome *o)
{
	bool by_tcp = !by_udp(o);
	char addr[46];

	addr_text(o->server->addr, addr, sizeof(addr));
	claim_advice(claim, false, "Ask it for a name that must exist",
		     "dig @%s . NS +tries=1 +time=2%s", addr, by_tcp ? " +tcp" : "");
	claim_advice(claim, false, "See which servers this host asks", "cat /etc/resolv.conf");
	snprintf(claim->call, sizeof(claim->call), "the owner of the name server %.40s",
		 text_addr(o->server->addr, 0).s);
}

static const char *what_fails(const struct dns_outcome *o)
{
	if (o->failing)
		return "answers with errors";
	if (o->silent)
		return "does not answer";
	if (o->partly)
		return "leaves many queries unanswered";
	if (o->few)
		return "answers all with errors, for few names";
	if (!o->tcp.failing)
		return "answers without a record, over TCP";
	return dns_tcp_is_refused(&o->tcp) ? "refuses TCP" : "does not answer over TCP";
}

static void claim_udp(struct claim *claim, const struct model *model, const struct dns_outcome *o)
{
	const struct dns_server *server = o->server;
	__u64 good = o->answers > o->errors ? o->answers - o->errors : 0;
	bool mixed = (double)(model_now(model) - server->good_ns) / 1e9 <
		     model_threshold(model, &dns_wait_s);
	bool errors = o->failing || (o->few && !o->silent && !o->partly);

	claim->count = errors ? o->errors : o->unanswered;
	claim->last_ns = errors ? server->failed_ns : server->asked_ns;
	claim->confidence = errors ? claim_errors(claim, model, o) : claim_silence(claim, model, o);
	if (good && mixed) {
		claim->confidence *= o->partly ? 1.0 : 0.85;
		claim_evidence(claim, ROLE_AGAINST, false, "dns.good", (double)good, "{answer}",
			       "%s of its answers were good, the latest just now",
			       text_count(good).s);
	}
	dns_tcp_evidence(claim, &o->tcp);
}

static void claim_tcp(struct claim *claim, const struct model *model, const struct dns_outcome *o)
{
	claim->count = o->tcp.failing ? o->tcp.bad : o->tcp.empty;
	claim->last_ns = o->tcp.failing ? o->server->tcp_failed_ns : o->server->tcp_answered_ns;
	if (o->tcp.failing)
		dns_tcp_evidence(claim, &o->tcp);
	claim->confidence = claim_connections(claim, model, o);
	if (!o->well)
		return;
	claim->severity = SEVERITY_INFO;
	claim_evidence(claim, ROLE_AGAINST, true, "dns.good", (double)(o->answers - o->errors),
		       "{answer}", "%s of %s answers over UDP are good: only long ones are lost",
		       text_count(o->answers - o->errors).s, text_count(o->answers).s);
}

void dns_claim(const struct model *model, const struct dns_outcome *o,
	       const struct judgement *judgement)
{
	const struct dns_server *server = o->server;
	struct subject subject =
		subject_peer(model, server->addr, server->netns, PORT_DNS, PEER_OUT, 0);
	__u64 from_ns = window_from_ns(model_now(model), model_frame(model)->window_ns);
	struct claim claim;

	claim_init(&claim, &dns_failure_rule, &subject);
	claim.first_ns = server->first_ns > from_ns ? server->first_ns : from_ns;
	/* What answers now and then may have begun to fail at any time. */
	claim.first_by_ns = dns_asked_since(
		server, dns_answered_ns(server) > from_ns ? dns_answered_ns(server) : from_ns);
	if (!claim.first_by_ns)
		claim.first_by_ns = model_now(model);
	claim.window_ns = model_now(model) - claim.first_ns;
	claim_message(&claim, "NETWORK: name server %s %s%s.", text_addr(server->addr, 0).s,
		      what_fails(o), !by_udp(o) && o->well ? "; over UDP it answers" : "");
	claim_victim(&claim, model, judgement,
		     (struct holder){server->pid, server->start_ns, server->comm}, " asked last");
	if (by_udp(o))
		claim_udp(&claim, model, o);
	else
		claim_tcp(&claim, model, o);
	claim.confidence = confidence_round(claim.confidence);
	advise(&claim, o);
	judgement->claim(judgement->ctx, &claim);
}
