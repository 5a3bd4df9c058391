/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * send_error.c - local-send-error: what programs send to a peer does not leave this host: a firewall's rule for
 * what goes out (nftables, eBPF) drops it, there is no route, or no memory. To the program it looks as if the peer
 * were dead.
 *
 * A service is refused so while it answers nothing, and
 *  - sockets to it have data, room in the peer's window and nothing in flight, and probe again and again (see
 *    sample_unsent() in bpf/sample.bpf.h); or
 *  - attempts stay unanswered or sockets time out, and of what was sent again `min_share` or more, and `min_resends`,
 *    failed: what the sockets count as sent again and the tracepoint did not see leave, at most what is counted as
 *    failed, of the peer (by the tracepoint, since 6.17) or of the namespace (TCPRetransFail).
 * Its address is refused as soon as one service is: what else there is silent is silent for that.
 * Claimed when that lasts stuck_s seconds: of each network namespace the address where it lasts longest, and how many
 * others there are: a rule or a route is one fault, however many it keeps from being reached. Not attempts while
 * the connection-tracking table is full: conntrack-full says so.
 *
 * Confidence. Reported: the kernel failed to send, and counted it.
 *	c = 0.97 * (1 - 0.5^n)		n: sends in a row that failed, or resends that did
 * times 0.7 when the queue of the interface drops packets too: it may be that.
 *
 * Severity: warning. What the host does not let out is often meant so.
 */
#include "rules/send_error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "model/nic_queue.h"
#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/reach.h"
#include "rules/stats.h"
#include "rules/victim.h"

#define REFUSED_MAX 64 /* addresses looked at in one evaluation */

static const struct threshold stuck_s = {
	"local-send-error.stuck_s", 3, "s",
	"a firewall that loads its rules anew, or a route that changes, takes a second or two"};
static const struct threshold min_resends = {"local-send-error.min_resends", 2, "{segment}",
					     "a single one may fail for a moment's lack of memory"};
static const struct threshold min_share = {
	"local-send-error.min_share", 0.8, "1",
	"where a fifth leaves and is not answered either, this host is not the only one to blame"};

/* ---- one service ---- */

/* Segments sent again since it last answered that did not leave this host: at most what was told so of it, or of
 * all. */
static __u64 failed_resends(const struct model *model, const struct peer *peer, __u64 failed)
{
	const struct frame *frame = model_frame(model);
	const struct net_stack *stack = local_stack(model_local(model), peer->key.netns);
	__u64 told = peer_window(peer, frame, PEER_SEND_ERRORS);
	struct gained fails;

	if (!told && stack) {
		gains_window(&stack->send_fails, frame, &fails);
		told = fails.sum;
	}
	return failed < told ? failed : told;
}

static bool resends_fail(const struct model *model, const struct peer *peer, struct refusal *r)
{
	const struct frame *frame = model_frame(model);
	bool dials = peer->syn_since_ns && frame->now_ns - peer->unanswered_ns < frame->window_ns;
	__u64 resent, left, failed;

	if (!dials && !peer->stuck_since_ns)
		return false;
	peer_unanswered(peer, &resent, &left);
	failed = failed_resends(model, peer, resent > left ? resent - left : 0);
	if ((double)failed < model_threshold(model, &min_resends) ||
	    (double)failed < model_threshold(model, &min_share) * (double)resent)
		return false;
	r->resends = failed;
	r->since_ns = peer->stuck_since_ns;
	if (dials && (!r->since_ns || peer->syn_since_ns < r->since_ns))
		r->since_ns = peer->syn_since_ns;
	r->last_ns = peer->lost_ns > peer->unanswered_ns ? peer->lost_ns : peer->unanswered_ns;
	return true;
}

static bool service_is_refused(const struct model *model, const struct peer *peer,
			       struct refusal *r)
{
	*r = (struct refusal){0};
	if (!resends_fail(model, peer, r) && !peer->unsent_since_ns)
		return false;
	if (!peer->unsent_since_ns)
		return true;
	r->sockets = peer->unsent;
	r->tries = peer->unsent_tries;
	r->last_ns = model_now(model);
	if (!r->since_ns || peer->unsent_since_ns < r->since_ns)
		r->since_ns = peer->unsent_since_ns;
	return true;
}

/* ---- one address ---- */

bool send_is_refused(const struct model *model, const struct path *path, struct refusal *ret)
{
	struct refusal sum = {0}, r;

	for (unsigned int i = 0; i < path->n_peers; i++) {
		if (!service_is_refused(model, path->peers[i], &r))
			continue;
		sum.any = path->peers[i];
		sum.services++;
		sum.sockets += r.sockets;
		sum.resends += r.resends;
		if (r.tries > sum.tries)
			sum.tries = r.tries;
		if (!sum.since_ns || r.since_ns < sum.since_ns)
			sum.since_ns = r.since_ns;
		if (r.last_ns > sum.last_ns)
			sum.last_ns = r.last_ns;
	}
	if (sum.services)
		*ret = sum;
	return sum.services > 0;
}

struct refused {
	const struct path *path;
	struct refusal sum;
	unsigned int others; /* addresses in its namespace that are refused too */
	unsigned int answering;
	const struct path *control;
};

static bool is_refused(const struct model *model, const struct path *path, struct refused *x)
{
	*x = (struct refused){.path = path};
	return send_is_refused(model, path, &x->sum) &&
	       (double)(model_now(model) - x->sum.since_ns) >=
		       model_threshold(model, &stuck_s) * 1e9;
}

static void look_around(struct refused *x, const struct paths *paths)
{
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *other = &paths->path[i];

		if (other == x->path || other->netns != x->path->netns || other->loopback ||
		    other->progress_ns <= x->sum.since_ns)
			continue;
		x->answering++;
		if (!x->control || other->gain[PEER_SEGS_OUT] > x->control->gain[PEER_SEGS_OUT])
			x->control = other;
	}
}

/* ---- what is said ---- */

/* Packets for which there was no route, since it began or a little before: the looks are not at the same time. */
static __u64 without_route(const struct model *model, const struct refused *x)
{
	const struct net_stack *stack = local_stack(model_local(model), x->path->netns);
	__u64 slack_ns = 2 * model_frame(model)->tick_ns;

	return stack ? gains_after(&stack->no_routes, model_frame(model),
				   x->sum.since_ns - slack_ns)
		     : 0;
}

static bool queue_drops(const struct model *model, const struct path *path)
{
	const struct nic_queue *queue =
		nic_queues_find(model_nic_queues(model), path->netns, path->ifindex);
	const struct queue_look *look = queue ? nic_queue_look(queue, 0) : NULL;

	return look && look->drops;
}

static double evidence(struct claim *claim, const struct model *model, const struct refused *x,
		       __u64 no_route)
{
	double factor = 1.0;

	if (x->sum.sockets)
		claim_evidence(claim, ROLE_FOR, true, "tcp.sockets.unsent", x->sum.sockets,
			       "{socket}",
			       "%s: data waits, none in flight; %u sends in a row failed",
			       text_plural(x->sum.sockets, "socket").s, x->sum.tries);
	if (x->sum.resends)
		claim_evidence(claim, ROLE_FOR, true, "tcp.send_errors", (double)x->sum.resends,
			       "{segment}", "%s did not leave this host (TCPRetransFail)",
			       text_plural(x->sum.resends, "resend").s);
	if (no_route)
		claim_evidence(claim, ROLE_FOR, true, "ip.no_route", (double)no_route, "{packet}",
			       "for %s there was no route (OutNoRoutes)",
			       text_plural(no_route, "packet").s);
	if (x->others)
		claim_evidence(claim, ROLE_FOR, true, "peers.refused", x->others, "{peer}",
			       "%s cannot be sent to either",
			       text_plural(x->others, "other peer").s);
	if (x->control)
		claim_evidence(claim, ROLE_CONTROL, true, "peers.answering", x->answering, "{peer}",
			       "%s answered meanwhile, %s segments%s",
			       text_addr(x->control->addr, 0).s,
			       text_count(x->control->gain[PEER_SEGS_OUT]).s,
			       x->answering > 1 ? ", and others" : "");
	if (queue_drops(model, x->path)) {
		factor = 0.7;
		claim_evidence(claim, ROLE_AGAINST, false, "nic.queue.drops", 1, "{look}",
			       "the interface's own queue drops packets too: it may be that");
	}
	if (!no_route)
		claim_text(claim, ROLE_UNKNOWN, "%s",
			   addr_is_ipv4(x->path->addr)
				   ? "which rule or program drops it"
				   : "whether a rule drops it or no route leads there");
	return factor;
}

static void advise(struct claim *claim, const struct model *model, const struct refused *x,
		   bool no_route)
{
	struct text enter = text_nsenter(model, x->path->netns, x->sum.any->pid);
	struct text addr = text_addr(x->path->addr, 0);

	if (!no_route)
		claim_advice(claim, false, "See which rule drops what goes out",
			     "%snft list ruleset", enter.s);
	claim_advice(claim, false, "See which route leads there", "%sip route get %.45s", enter.s,
		     addr.s);
	claim_advice(claim, false, "See what counts such drops",
		     "%snstat -az '*RetransFail' '*Routes'", enter.s);
	snprintf(claim->call, sizeof(claim->call),
		 "who runs this host: its firewall, its routes; not the network team");
}

static void claim_refused(const struct model *model, const struct refused *x,
			  const struct judgement *judgement)
{
	const struct peer *p = x->sum.any;
	bool one = x->sum.services == 1 && x->path->progress_ns > x->sum.since_ns;
	struct subject subject = one ? subject_peer(model, p->key.addr, p->key.netns, p->key.port,
						    p->key.dir, p->ifindex)
				     : path_subject(model, x->path);
	__u64 n = x->sum.tries > x->sum.resends ? x->sum.tries : x->sum.resends;
	__u64 no_route = without_route(model, x);
	struct claim claim;
	char label[80];
	double factor;

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &local_send_error_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.count = n;
	claim.first_ns = x->sum.since_ns;
	claim.last_ns = x->sum.last_ns;
	claim.window_ns = model_now(model) - x->sum.since_ns;
	claim_message(&claim, "SENDING: this host %s %s; nothing leaves.",
		      no_route ? "has no route to" : "itself drops what goes to", label);
	if (strlen(claim.message) > 80)
		claim_message(&claim, "SENDING: nothing leaves this host for %.41s.", label);
	claim_victim(&claim, model, judgement, peer_holder(p), ": %s",
		     text_plural(x->path->live, "connection").s);
	factor = evidence(&claim, model, x, no_route);
	claim.confidence =
		confidence_round(0.97 * (1.0 - pow(0.5, n < 10 ? (double)n : 10.0)) * factor);
	advise(&claim, model, x, no_route);
	judgement->claim(judgement->ctx, &claim);
}

/* ---- judging ---- */

/* It is said so there. What a connection has in flight is tracked already. */
static bool is_conntracks(const struct model *model, const struct refused *x)
{
	return !x->sum.sockets && conntrack_drops(model, x->path->netns);
}

static bool is_before(const struct refused *a, const struct refused *b)
{
	return a->path->netns == b->path->netns &&
	       (a->sum.since_ns != b->sum.since_ns ? a->sum.since_ns < b->sum.since_ns
						   : a->path < b->path);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	struct refused list[REFUSED_MAX];
	unsigned int n = 0;
	struct paths paths;

	paths_init(&paths, model);
	for (unsigned int i = 0; i < paths.n && n < REFUSED_MAX; i++)
		if (paths.path[i].mine && is_refused(model, &paths.path[i], &list[n]) &&
		    !is_conntracks(model, &list[n]))
			n++;
	for (unsigned int i = 0; i < n; i++) {
		bool first = true;

		for (unsigned int j = 0; j < n; j++) {
			first &= !is_before(&list[j], &list[i]);
			list[i].others += j != i && list[j].path->netns == list[i].path->netns;
		}
		if (!first)
			continue;
		look_around(&list[i], &paths);
		claim_refused(model, &list[i], judgement);
	}
	paths_done(&paths);
}

static const struct threshold *const thresholds[] = {&stuck_s, &min_resends, &min_share, NULL};

const struct rule local_send_error_rule = {
	.kind = "local-send-error",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"What programs send to a peer does not leave this host: a firewall's rule for what goes "
		"out drops it, or there is no route. To the program the peer looks dead.",
	.against =
		"Anything in flight, or any answer; a closed window; a queue of the interface that drops. "
		"What lasts under three seconds is never claimed.",
	.todo = "Look through this host's rules for what goes out, and its routes.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_STATE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = reach_exposed,
	.judge = judge,
	.recovered = reach_recovered,
	.open_evals = 1,
	.close_evals = 2,
};
