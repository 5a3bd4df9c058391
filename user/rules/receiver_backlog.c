/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * receiver_backlog.c - receiver-backlog: a local program does not read what it gets: the receive buffer of a
 * connection is full, this end's window is closed, and whoever sends stands still.
 *
 * Judged by what the socket says at each look: bytes wait, the buffer is full, and no data was accepted for
 * `stuck_s` or more. A consumer that is slow but reads opens its window now and then; each time data comes, and the
 * time begins anew. So does a burst that fills the buffer: it is read within seconds. An idle connection has an
 * empty buffer.
 *
 * Basis: reported (the socket's own state). Confidence, t being the seconds that nothing was accepted:
 *	c = 0.97 * (1 - 0.6 / t)
 * A program that holds back on purpose (a paused download) looks the same: that it does not read is true then as well.
 * Severity: warning.
 */
#include <math.h>
#include <stdio.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/stats.h"

static const struct threshold stuck_s = {
	"receiver-backlog.stuck_s", 4, "s",
	"a garbage collection or a slow disk stops a reader for a second or two, seldom for four"};
static const struct threshold min_unread = {
	"receiver-backlog.min_unread", 2048, "By",
	"less fits into the smallest buffer that there is, and holds nobody up"};

/* What one process does not read: the longest wait, and the sum. */
struct backlog {
	const struct local_unread *worst;
	double wait_s;
	__u64 unread;
	unsigned int sockets;
};

static bool is_stuck(const struct model *model, const struct local_unread *unread)
{
	const struct event_socket_unread *now = &unread->now;

	return now->pid && !(now->flags & SOCKET_OVER) &&
	       now->unread >= model_threshold(model, &min_unread) &&
	       now->wait_ms / 1e3 >= model_threshold(model, &stuck_s);
}

/* True when `first` is the process's first one that is stuck: then all of it is added up. */
static bool add_up(const struct model *model, const struct local_unread *first, struct backlog *b)
{
	const struct local_unread *other = NULL;

	*b = (struct backlog){.worst = first};
	while ((other = local_next_unread(model_local(model), other))) {
		if (other->now.pid != first->now.pid || !is_stuck(model, other))
			continue;
		if (!b->sockets && other != first)
			return false;
		b->sockets++;
		b->unread += other->now.unread;
		if (other->now.wait_ms > b->worst->now.wait_ms)
			b->worst = other;
	}
	b->wait_s = b->worst->now.wait_ms / 1e3;
	return true;
}

static void advise(struct claim *claim, const struct model *model,
		   const struct event_socket_unread *now)
{
	claim_advice(claim, false, "See what waits (Recv-Q), and since when (lastrcv)",
		     "%sss -tnmi 'sport = :%u'", text_nsenter(model, now->netns, now->pid).s,
		     now->port);
	claim_advice(claim, false, "See whether it is stopped (T), and what it waits for",
		     "cat /proc/%u/stat /proc/%u/wchan /proc/%u/stack", now->pid, now->pid,
		     now->pid);
}

static void claim_process(const struct model *model, const struct backlog *b,
			  const struct judgement *judgement)
{
	const struct event_socket_unread *now = &b->worst->now;
	struct subject subject = subject_holder(model, now->pid, now->start_ns, now->comm);
	struct claim claim;

	claim_init(&claim, &receiver_backlog_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = SEVERITY_WARNING;
	claim.count = b->sockets;
	claim.last_ns = now->h.ts_ns;
	claim.window_ns = (__u64)now->wait_ms * 1000000ULL;
	claim.first_ns = claim.last_ns > claim.window_ns ? claim.last_ns - claim.window_ns : 0;
	claim.confidence = confidence_round(0.97 * (1.0 - 0.6 / b->wait_s));
	claim_text(&claim, ROLE_WHO, "%s gets it from %s",
		   text_process(subject.comm, subject.pid).s,
		   text_addr(now->peer, now->peer_port).s);
	claim_evidence(&claim, ROLE_HOLDS, true, "tcp.unread", (double)b->unread, "By",
		       "%s unread in %s; the buffer of %s is full", text_size(b->unread).s,
		       text_plural(b->sockets, "socket").s, text_size(now->limit).s);
	claim_evidence(&claim, ROLE_FOR, true, "tcp.unread.time", floor(b->wait_s), "s",
		       "no data could be taken for %s: this end's window is closed",
		       text_duration(b->wait_s).s);
	claim_text(&claim, ROLE_NOT_US, "the data is here: neither the network nor the sender");
	claim_text(&claim, ROLE_UNKNOWN, "whether it is stopped, stuck, or holds back on purpose");
	claim_message(&claim, "RECEIVE: %.28s does not read; %.12s wait in its sockets.",
		      text_process(subject.comm, subject.pid).s, text_size(b->unread).s);
	advise(&claim, model, now);
	snprintf(claim.call, sizeof(claim.call), "the owner of %.28s; not the network's fault",
		 text_process(subject.comm, subject.pid).s);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct local_unread *unread = NULL;
	__u32 pid = asked_pid(model);
	struct backlog b;

	while ((unread = local_next_unread(model_local(model), unread))) {
		if (!is_stuck(model, unread) || (pid && pid != unread->now.pid) ||
		    !add_up(model, unread, &b))
			continue;
		local_ask_who(model, unread->now.pid, unread->now.start_ns, judgement);
		claim_process(model, &b, judgement);
	}
}

/* A socket of it is read again, or closed, and none is full. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct local_unread *unread = NULL;
	bool well = false;

	while ((unread = local_next_unread(model_local(model), unread))) {
		if (unread->now.pid != subject->pid)
			continue;
		if (!(unread->now.flags & SOCKET_OVER))
			return false;
		well |= unread->now.h.ts_ns > since_ns;
	}
	return well;
}

static const struct threshold *const thresholds[] = {&stuck_s, &min_unread, NULL};

const struct rule receiver_backlog_rule = {
	.kind = "receiver-backlog",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning =
		"A local program does not read: data piles up in its sockets until their window is closed, "
		"and whoever sends to it stands still.",
	.against =
		"A pause of less than four seconds; a slow consumer that reads now and then. A program that holds "
		"back on purpose looks the same.",
	.todo = "See what the program does instead: stopped, waiting for a disk or a lock, overloaded.",
	.needs = {PROBE_STACK},
	.thresholds = thresholds,
	.exposed = local_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
