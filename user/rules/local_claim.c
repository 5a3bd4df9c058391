/* SPDX-License-Identifier: BSD-2-Clause */
/* local_claim.c - what the rules on this host's own side of the network share; see local_claim.h. */
#include "rules/local_claim.h"

#include <stdio.h>
#include <string.h>

#include "model/copy.h"

/* /proc tells the start of a process in ticks, the census in nanoseconds. */
#define TICK_NS 10000000ULL

double gained_span_s(const struct gained *gained)
{
	return (double)(gained->last_ns - gained->first_ns) / 1e9;
}

struct subject subject_holder(const struct model *model, __u32 pid, __u64 start_ns,
			      const char comm[EVENT_COMM_LEN])
{
	struct subject s = {.type = SUBJECT_PROCESS, .pid = pid, .start_ns = start_ns};
	const struct process *p = processes_find(model_processes(model), pid, 0);

	if (p && p->start_ns < start_ns + TICK_NS && start_ns < p->start_ns + TICK_NS)
		return subject_process(p);
	copy_text(s.comm, sizeof(s.comm), comm, EVENT_COMM_LEN);
	return s;
}

struct subject subject_socket_owner(const struct model *model, const struct local_socket *socket)
{
	const struct event_socket_queue *now = &socket->now;

	return subject_holder(model, now->pid, now->start_ns, now->comm);
}

void local_ask_who(const struct model *model, __u32 pid, __u64 start_ns,
		   const struct judgement *judgement)
{
	static const char unnamed[EVENT_COMM_LEN];
	struct subject subject = subject_holder(model, pid, start_ns, unnamed);
	struct ask ask = {.what = ASK_PROC, .pid = pid, .start_ns = subject.start_ns};

	ask.until_ns = model_now(model); /* once */
	if (judgement->ask && !subject.exe[0])
		judgement->ask(judgement->ctx, &ask);
}

struct text socket_label(const struct local_socket *socket)
{
	static const __u8 any[16];
	struct text text;

	if (memcmp(socket->now.addr, any, sizeof(any)) != 0)
		return text_addr(socket->now.addr, socket->now.port);
	snprintf(text.s, sizeof(text.s), "*:%u", socket->now.port);
	return text;
}

/* That process when it is still there, else another one in that namespace; else it all the same: it may be too
 * young to be known. */
static __u32 guide_into(const struct model *model, __u32 netns, __u32 pid)
{
	const struct process *p = pid ? processes_find(model_processes(model), pid, 0) : NULL;

	if (p && (p->netns == netns || !p->netns))
		return pid;
	for (p = NULL; (p = processes_next(model_processes(model), p));)
		if (p->netns == netns)
			return p->pid;
	return pid;
}

struct text text_nsenter(const struct model *model, __u32 netns, __u32 pid)
{
	struct text text = {.s = ""};

	if (!subject_netns(model, netns))
		return text;
	pid = guide_into(model, netns, pid);
	if (pid)
		snprintf(text.s, sizeof(text.s), "nsenter -t %u -n ", pid);
	return text;
}

/* What the socket dropped in the window. */
static __u64 drops_of(const struct model *model, const struct local_socket *socket)
{
	struct gained gained;

	gains_window(&socket->drops, model_frame(model), &gained);
	return gained.sum;
}

/* Of the same process; or of the same program on the same port (SO_REUSEPORT, a worker each). */
static bool is_kin(const struct local_socket *a, const struct local_socket *b)
{
	const struct event_socket_queue *x = &a->now, *y = &b->now;

	if (x->proto != y->proto || x->netns != y->netns || !x->pid || !y->pid)
		return false;
	return (x->pid == y->pid && x->start_ns == y->start_ns) ||
	       (x->port == y->port && strcmp(x->comm, y->comm) == 0);
}

/* The part of what the namespace gained since the socket was first looked at, at most 1 (before, its drops are not
 * known in time), that is of the socket and its kin: those of the same process, and, as many programs have a worker
 * with a socket of its own for each processor (SO_REUSEPORT), those of the same namespace, port and program. */
static double part_of(const struct model *model, const struct local_socket *socket,
		      const struct gains *of)
{
	__u64 all = gains_after(of, model_frame(model), socket->first_ns), own = 0;
	const struct local_socket *other = NULL;

	while ((other = local_next_socket(model_local(model), other)))
		if (other == socket || is_kin(other, socket))
			own += gains_after(&other->drops, model_frame(model), socket->first_ns);
	return all > own ? (double)own / (double)all : own ? 1.0 : 0.0;
}

/* Another socket of its kin drops more (or as much, and is the older one). */
static bool has_worse(const struct model *model, const struct local_socket *socket)
{
	__u64 drops = drops_of(model, socket);
	const struct local_socket *other = NULL;

	while ((other = local_next_socket(model_local(model), other))) {
		__u64 others;

		if (other == socket || !is_kin(other, socket))
			continue;
		others = drops_of(model, other);
		if (others > drops || (others == drops && other->now.inode < socket->now.inode))
			return true;
	}
	return false;
}

/* A walk over the sockets of `proto` that dropped most in the window, one for each such kin whose process is known:
 * the first when `after` is NULL; NULL past the end. */
static const struct local_socket *next_worst(const struct model *model, __u8 proto,
					     const struct local_socket *after)
{
	const struct local_socket *socket = after;

	while ((socket = local_next_socket(model_local(model), socket)))
		if (socket->now.proto == proto && socket->now.pid && drops_of(model, socket) &&
		    !has_worse(model, socket))
			return socket;
	return NULL;
}

bool conntrack_drops(const struct model *model, __u32 netns)
{
	const struct conntrack *ct = &model_local(model)->conntrack;
	const struct frame *frame = model_frame(model);
	struct gained drops;

	if (subject_netns(model, netns) || !conntrack_was_near(ct, frame))
		return false;
	gains_window(&ct->drops, frame, &drops);
	return drops.sum || !(ct->now.flags & CONNTRACK_COUNTED);
}

void local_judge(const struct model *model, const struct local_fault *fault,
		 const struct judgement *judgement)
{
	__u32 pid = asked_pid(model), netns = fault->stack->now.netns;
	const struct local_socket *socket = NULL;
	bool named = false, pending = false;

	while ((socket = local_next_socket(model_local(model), socket)))
		pending |= socket->now.netns == netns && socket->now.proto == fault->proto &&
			   !(socket->now.flags & SOCKET_SOUGHT) && drops_of(model, socket) > 0;
	while ((socket = next_worst(model, fault->proto, socket))) {
		double part = part_of(model, socket, fault->of);

		if (socket->now.netns != netns || part < LOCAL_PART_LEAST)
			continue;
		named = true;
		if (pid && pid != socket->now.pid)
			continue;
		local_ask_who(model, socket->now.pid, socket->now.start_ns, judgement);
		fault->claim_socket(model, fault->what, socket, part, judgement);
	}
	if (!named && !pending && !pid && !subject_netns(model, netns))
		fault->claim_host(model, fault->what, judgement);
}

void local_claim_begin(struct claim *claim, const struct rule *rule, const struct subject *subject,
		       const struct gained *away, double share)
{
	claim_init(claim, rule, subject);
	claim->basis = BASIS_REPORTED;
	claim->severity = share > 0.5 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim->count = away->sum;
	claim->first_ns = away->first_ns;
	claim->last_ns = away->last_ns;
	claim->window_ns = claim->last_ns - claim->first_ns;
}

bool local_recovered(const struct model *model, const struct gains *away, const struct gains *taken,
		     __u64 since_ns, bool hardly)
{
	struct gained bad, good;

	gains_window(away, model_frame(model), &bad);
	gains_window(taken, model_frame(model), &good);
	return (bad.last_ns <= since_ns || hardly) && good.last_ns > since_ns;
}

const struct net_stack *stack_of_subject(const struct model *model, const struct subject *subject,
					 __u8 proto)
{
	const struct local_socket *socket = NULL;
	__u32 netns = model_host(model)->netns;

	while (subject->pid && (socket = local_next_socket(model_local(model), socket)))
		if (socket->now.pid == subject->pid && socket->now.proto == proto)
			netns = socket->now.netns;
	return local_stack(model_local(model), netns);
}

bool local_exposed(const struct model *model, char *buf, size_t size)
{
	if (local_stack(model_local(model), model_host(model)->netns) &&
	    model_tick_count(model) >= 3)
		return true;
	snprintf(buf, size, "the kernel's counters were looked at less than three times");
	return false;
}
