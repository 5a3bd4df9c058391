/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen_overflow.c - listen-overflow: a local server accepts so slowly that its accept queue is full, and the
 * kernel turns connections away.
 *
 * What the kernel counts is ListenOverflows: a SYN, or the handshake's last ACK, that found the accept queue full.
 * That is no SYN that was lost on the way (it would not have come), none that was refused (nobody would listen),
 * and no full SYN queue (TCPReqQFullDrop: what a flood makes; then no handshake ends, and nothing waits for
 * accept()). A client whose SYN is turned away tries again after 1, 3, 7 s: it sees a slow or a dead server.
 *
 * Claimed when `min_turned_away` attempts were turned away in the window, `min_share` of all, and it went on for
 * `min_span_s`, seen at three looks or more: a burst that overflows the queue once, or a pause of two
 * seconds (a garbage collection), is none. Nor are its echoes: the clients that were turned away in a burst try again
 * after 1, 3, 7 s and overflow it once more; so `min_late_share` must be of the later half of that time.
 *
 * Basis: reported (the kernel's counters, the socket's own count). Confidence
 *	0.97	one listener dropped half of what the namespace's listeners did, or more: it is named
 *	0.85	several did: the one that is claimed has a fifth at least
 *	0.75	which one is not known: of the host
 * times 0.9 when the SYN queue overflows too: it may be a flood.
 * Severity: critical when more than half are turned away, else warning.
 */
#include <stdint.h>
#include <stdio.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"

static const struct threshold min_turned_away = {
	"listen-overflow.min_turned_away", 10, "{connection}",
	"fewer may be one client's burst, and their second try is accepted"};
static const struct threshold min_share = {
	"listen-overflow.min_share", 0.01, "1",
	"below one in a hundred hardly anybody notices, and a larger backlog is all it needs"};
static const struct threshold min_span_s = {
	"listen-overflow.min_span_s", 4, "s",
	"a burst, a restart or a pause for garbage collection is over by then"};

static const struct threshold min_late_share = {
	"listen-overflow.min_late_share", 0.3, "1",
	"who was turned away in a burst tries again after 1, 3 and 7 s: fewer each time"};

#define BACKLOG_LEAST 4096 /* the kernel's own default since 5.4 */

struct overflow {
	const struct net_stack *stack;
	struct gained away; /* turned away */
	struct gained accepted;
	struct gained syn;
	double share;
};

/* So many, and such a share: `part` of what a claim takes. */
static bool overflows(const struct model *model, const struct net_stack *stack, double part,
		      struct overflow *o)
{
	const struct frame *frame = model_frame(model);

	*o = (struct overflow){.stack = stack};
	gains_window(&stack->overflows, frame, &o->away);
	gains_window(&stack->accepted, frame, &o->accepted);
	gains_window(&stack->syn_drops, frame, &o->syn);
	if (!o->away.sum)
		return false;
	o->share = (double)o->away.sum / (double)(o->away.sum + o->accepted.sum);
	return (double)o->away.sum >= part * model_threshold(model, &min_turned_away) &&
	       o->share >= part * model_threshold(model, &min_share) &&
	       o->away.looks >= LOCAL_LOOKS &&
	       gained_span_s(&o->away) >= model_threshold(model, &min_span_s) &&
	       (double)o->away.late >=
		       model_threshold(model, &min_late_share) * (double)o->away.sum;
}

static void say_counters(struct claim *claim, const struct overflow *o)
{
	claim_evidence(claim, ROLE_FOR, true, "listen.overflows", (double)o->away.sum,
		       "{connection}", "%s turned away in %s: the accept queue was full",
		       text_plural(o->away.sum, "attempt").s,
		       text_duration(gained_span_s(&o->away)).s);
	claim_evidence(claim, ROLE_FOR, true, "listen.accepted", (double)o->accepted.sum,
		       "{connection}", "%s opened meanwhile in that network namespace",
		       text_plural(o->accepted.sum, "connection").s);
	claim_text(claim, ROLE_NOT_US,
		   "the SYNs came: not lost on the way, nor refused for want of a listener");
	if (o->syn.sum)
		claim_evidence(claim, ROLE_AGAINST, false, "listen.syn_drops", (double)o->syn.sum,
			       "{connection}", "the SYN queue dropped %s: it may be a flood",
			       text_count(o->syn.sum).s);
	else
		claim_evidence(claim, ROLE_AGAINST, true, "listen.syn_drops", 0.0, "{connection}",
			       "no flood: the SYN queue dropped none");
}

static double flood_factor(const struct overflow *o)
{
	return o->syn.sum ? 0.9 : 1.0;
}

/* What the kernel allows is what the socket has, or more: of which is not known. */
static void advise_backlog(struct claim *claim, const struct model *model,
			   const struct event_socket_queue *now)
{
	__u64 more = 4 * (__u64)now->limit;

	if (!now->limit)
		return;
	if (more < BACKLOG_LEAST)
		more = BACKLOG_LEAST;
	claim_advice(claim, true,
		     "Allow a larger backlog, where less is set (the program must ask for it too)",
		     "%ssysctl -w net.core.somaxconn=%llu",
		     text_nsenter(model, now->netns, now->pid).s,
		     (unsigned long long)(more < INT32_MAX ? more : INT32_MAX));
}

static void claim_socket(const struct model *model, const void *what,
			 const struct local_socket *socket, double part,
			 const struct judgement *judgement)
{
	const struct overflow *o = what;
	struct subject subject = subject_socket_owner(model, socket);
	const struct event_socket_queue *now = &socket->now;
	struct claim claim;

	local_claim_begin(&claim, &listen_overflow_rule, &subject, &o->away, o->share);
	claim.confidence =
		confidence_round((part >= LOCAL_PART_MOST ? 0.97 : 0.85) * flood_factor(o));
	claim_text(&claim, ROLE_WHO, "%s listens on %s", text_process(subject.comm, subject.pid).s,
		   socket_label(socket).s);
	claim_evidence(&claim, ROLE_HOLDS, true, "listen.queue", socket->most_queued,
		       "{connection}", "up to %s wait for accept(); its backlog is %s",
		       text_count(socket->most_queued).s, text_count(now->limit).s);
	say_counters(&claim, o);
	claim_text(&claim, ROLE_UNKNOWN, "why it accepts slowly");
	claim_message(&claim, "LISTEN: %.28s accepts too slowly on port %u; %.16s turned away.",
		      text_process(subject.comm, subject.pid).s, now->port,
		      text_count(o->away.sum).s);
	claim_advice(&claim, false, "See the queue (Recv-Q) and the backlog (Send-Q)",
		     "%sss -ltnm 'sport = :%u'", text_nsenter(model, now->netns, now->pid).s,
		     now->port);
	claim_advice(&claim, false, "See what it does instead of accept()",
		     "cat /proc/%u/wchan /proc/%u/stack", now->pid, now->pid);
	advise_backlog(&claim, model, now);
	snprintf(claim.call, sizeof(claim.call), "the owner of %.28s; not the network's fault",
		 text_process(subject.comm, subject.pid).s);
	judgement->claim(judgement->ctx, &claim);
}

/* Nobody's in particular: the sockets could not be looked at, or are closed by now. */
static void claim_host(const struct model *model, const void *what,
		       const struct judgement *judgement)
{
	const struct overflow *o = what;
	struct subject subject = subject_this_host(model);
	struct claim claim;

	local_claim_begin(&claim, &listen_overflow_rule, &subject, &o->away, o->share);
	claim.confidence = confidence_round(0.75 * flood_factor(o));
	say_counters(&claim, o);
	claim_text(&claim, ROLE_UNKNOWN, "which server it is: no listener owned up to it");
	claim_message(&claim, "LISTEN: a local server accepts too slowly; %.16s turned away.",
		      text_count(o->away.sum).s);
	claim_advice(&claim, false, "See whose queue (Recv-Q) is full", "ss -ltnmp");
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct net_stack *stack = NULL;
	struct overflow o;

	while ((stack = local_next_stack(model_local(model), stack))) {
		struct local_fault fault = {
			.stack = stack,
			.proto = FD_TCP,
			.of = &stack->overflows,
			.what = &o,
			.claim_socket = claim_socket,
			.claim_host = claim_host,
		};

		if (overflows(model, stack, 1.0, &o))
			local_judge(model, &fault, judgement);
	}
}

/* Connections come, and hardly one is turned away. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct net_stack *stack = stack_of_subject(model, subject, FD_TCP);
	struct overflow o;

	return stack && local_recovered(model, &stack->overflows, &stack->accepted, since_ns,
					!overflows(model, stack, RECOVER_SHARE, &o));
}

static const struct threshold *const thresholds[] = {&min_turned_away, &min_share, &min_span_s,
						     &min_late_share, NULL};

const struct rule listen_overflow_rule = {
	.kind = "listen-overflow",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning =
		"A local server accepts too slowly: its accept queue is full, and the kernel turns "
		"connections away. Clients see a slow or a dead server; the network is fine.",
	.against =
		"A flood from outside (the SYN queue overflows too); a burst or a pause of less than "
		"four seconds, which is never claimed.",
	.todo = "ss -ltn shows the queue; accept faster, or raise the backlog and somaxconn.",
	.needs = {PROBE_STACK},
	.thresholds = thresholds,
	.exposed = local_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
