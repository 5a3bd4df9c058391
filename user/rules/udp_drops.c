/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp_drops.c - udp-receive-drops: datagrams reach this host and are thrown away, as the socket's buffer is full:
 * whoever reads it is too slow.
 *
 * What the kernel counts is RcvbufErrors, of the namespace and (with little else) of the socket. A datagram that was
 * lost on the way is in no counter here, nor is one that found no socket (NoPorts).
 *
 * Claimed when `min_rate` a second or more were dropped, `min_share` of all that came, for `min_span_s`, seen at three
 * looks or more. A single burst is none; neither is a socket that nobody reads and into which a broadcast
 * falls now and then.
 *
 * Basis: reported. Confidence
 *	0.97	one socket dropped half of what the namespace's sockets did, or more: it is named
 *	0.85	several did: the one that is claimed has a fifth at least
 *	0.75	which one is not known: of the host
 * Severity: warning; critical when more is dropped than received.
 */
#include <stdint.h>
#include <stdio.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"

static const struct threshold min_rate = {
	"udp-receive-drops.min_rate", 5, "1/s",
	"broadcasts into a socket that nobody reads are fewer; a log or metrics stream has more"};
static const struct threshold min_share = {
	"udp-receive-drops.min_share", 0.001, "1",
	"UDP's users must live with some loss: below one in a thousand it is within what they expect"};
static const struct threshold min_span_s = {
	"udp-receive-drops.min_span_s", 4, "s",
	"a burst that is larger than the buffer is over by then"};

#define BUFFER_LEAST (8 << 20)

struct deaf {
	const struct net_stack *stack;
	struct gained dropped;
	struct gained received;
	double rate;
	double share;
};

/* So many a second, and such a share: `part` of what a claim takes. */
static bool drops(const struct model *model, const struct net_stack *stack, double part,
		  struct deaf *d)
{
	const struct frame *frame = model_frame(model);
	double span;

	*d = (struct deaf){.stack = stack};
	gains_window(&stack->udp_drops, frame, &d->dropped);
	gains_window(&stack->udp_in, frame, &d->received);
	span = gained_span_s(&d->dropped);
	if (!d->dropped.sum || d->dropped.looks < LOCAL_LOOKS ||
	    span < model_threshold(model, &min_span_s))
		return false;
	/* What the first look saw was dropped before, since the look before it: with many namespaces long ago. */
	d->rate = (double)(d->dropped.sum - d->dropped.first) / (span > 1.0 ? span : 1.0);
	d->share = (double)d->dropped.sum / (double)(d->dropped.sum + d->received.sum);
	return d->rate >= part * model_threshold(model, &min_rate) &&
	       d->share >= part * model_threshold(model, &min_share);
}

static void say_counters(struct claim *claim, const struct deaf *d)
{
	claim_evidence(claim, ROLE_FOR, true, "udp.drops", (double)d->dropped.sum, "{datagram}",
		       "%s dropped in %s: the receive buffer was full",
		       text_plural(d->dropped.sum, "datagram").s,
		       text_duration(gained_span_s(&d->dropped)).s);
	claim_evidence(claim, ROLE_FOR, true, "udp.received", (double)d->received.sum, "{datagram}",
		       "%s received meanwhile: %s of all were dropped",
		       text_count(d->received.sum).s, text_percent(d->share).s);
	claim_text(claim, ROLE_NOT_US, "they reached this host: not lost on the way");
}

/* What the kernel allows is half of what the socket has (see SO_RCVBUF in socket(7)), or more: of which is not known. */
static void advise_buffer(struct claim *claim, const struct event_socket_queue *now)
{
	__u64 more = 2 * (__u64)now->limit;

	if (!now->limit)
		return;
	if (more < BUFFER_LEAST)
		more = BUFFER_LEAST;
	claim_advice(claim, true,
		     "Allow larger buffers, where less is set (the program must ask for it too)",
		     "sysctl -w net.core.rmem_max=%llu",
		     (unsigned long long)(more < INT32_MAX ? more : INT32_MAX));
}

static void claim_socket(const struct model *model, const void *what,
			 const struct local_socket *socket, double part,
			 const struct judgement *judgement)
{
	const struct deaf *d = what;
	struct subject subject = subject_socket_owner(model, socket);
	const struct event_socket_queue *now = &socket->now;
	struct claim claim;

	local_claim_begin(&claim, &udp_receive_drops_rule, &subject, &d->dropped, d->share);
	claim.confidence = confidence_round(part >= LOCAL_PART_MOST ? 0.97 : 0.85);
	claim_text(&claim, ROLE_WHO, "%s receives on %s", text_process(subject.comm, subject.pid).s,
		   socket_label(socket).s);
	claim_evidence(&claim, ROLE_HOLDS, true, "udp.queue", socket->most_queued, "By",
		       "its buffer of %s was filled up to %s", text_size(now->limit).s,
		       text_size(socket->most_queued).s);
	say_counters(&claim, d);
	claim_text(&claim, ROLE_UNKNOWN, "who sent them, and why they are read slowly");
	claim_message(&claim,
		      "UDP: %.28s reads too slowly on port %u; %.12s datagrams lost (%.10s).",
		      text_process(subject.comm, subject.pid).s, now->port,
		      text_count(d->dropped.sum).s, text_percent(d->share).s);
	claim_advice(&claim, false, "See the socket's queue and its drops (skmem: d)",
		     "%sss -uanm 'sport = :%u'", text_nsenter(model, now->netns, now->pid).s,
		     now->port);
	claim_advice(&claim, false, "See what it does instead of reading",
		     "cat /proc/%u/wchan /proc/%u/stack", now->pid, now->pid);
	advise_buffer(&claim, now);
	snprintf(claim.call, sizeof(claim.call), "the owner of %.28s; not the network's fault",
		 text_process(subject.comm, subject.pid).s);
	judgement->claim(judgement->ctx, &claim);
}

static void claim_host(const struct model *model, const void *what,
		       const struct judgement *judgement)
{
	const struct deaf *d = what;
	struct subject subject = subject_this_host(model);
	struct claim claim;

	local_claim_begin(&claim, &udp_receive_drops_rule, &subject, &d->dropped, d->share);
	claim.confidence = 0.75;
	say_counters(&claim, d);
	claim_text(&claim, ROLE_UNKNOWN, "whose socket it is: none owned up to it");
	claim_message(&claim,
		      "UDP: a local program reads too slowly; %.12s datagrams lost (%.10s).",
		      text_count(d->dropped.sum).s, text_percent(d->share).s);
	claim_advice(&claim, false, "See whose socket drops (skmem: d)", "ss -uanmp");
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct net_stack *stack = NULL;
	struct deaf d;

	while ((stack = local_next_stack(model_local(model), stack))) {
		struct local_fault fault = {
			.stack = stack,
			.proto = FD_UDP,
			.of = &stack->udp_drops,
			.what = &d,
			.claim_socket = claim_socket,
			.claim_host = claim_host,
		};

		if (drops(model, stack, 1.0, &d))
			local_judge(model, &fault, judgement);
	}
}

/* Datagrams come, and hardly one is dropped. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct net_stack *stack = stack_of_subject(model, subject, FD_UDP);
	struct deaf d;

	return stack && local_recovered(model, &stack->udp_drops, &stack->udp_in, since_ns,
					!drops(model, stack, RECOVER_SHARE, &d));
}

static const struct threshold *const thresholds[] = {&min_rate, &min_share, &min_span_s, NULL};

const struct rule udp_receive_drops_rule = {
	.kind = "udp-receive-drops",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning =
		"Datagrams reach this host and are dropped, because the buffer of a local socket is "
		"full: its program reads too slowly.",
	.against =
		"A single burst; a socket that nobody reads and a broadcast falls into now and then.",
	.todo = "ss -uanm shows the socket; read faster, or ask for a larger buffer (rmem_max).",
	.needs = {PROBE_STACK},
	.thresholds = thresholds,
	.exposed = local_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
