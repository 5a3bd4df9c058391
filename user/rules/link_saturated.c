/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_saturated.c - link-saturated: an interface's own queue drops packets or holds them: this link is the bottleneck.
 *
 * From the counters of its root queueing discipline (tc -s qdisc), look by look, over the last span_s seconds:
 *  - it drops: min_drops packets and min_share of them, seen at `looks` looks and more: a burst is over sooner;
 *  - it holds: at `looks` looks and more what was in it would have taken held_ms to leave, at the rate of
 *    that look. "fq" is not judged by that: it holds packets back for pacing, with room on the link.
 * "netem" is never judged: what it drops and delays it does as it is told, with room on the link.
 *
 * Basis: reported (the kernel's own counters). Confidence, D being the drops:
 *	drops	c = 0.97 - 0.25 * sqrt(min_drops / (4 * D))
 *	holds	c = 0.90
 * times, for what speaks against:
 *	0.7	it drops, and was empty and never had to wait: a filter or a policer below it
 *	0.85	the link's speed is known, less than half of it is used, and no shaper is set
 *
 * Severity: warning; info while fewer than warn_share of the packets are dropped and none waits for held_ms: so an AQM
 * (fq_codel, cake) tells its senders to slow down, on a link that is merely busy.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/nic_queue.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

static const struct threshold min_drops = {
	"link-saturated.min_drops", 20, "{packet}",
	"a few drops are how a queue greets a burst, and how TCP learns the speed of a link"};
static const struct threshold min_share = {
	"link-saturated.min_share", 0.001, "1",
	"TCP slows down visibly from one packet lost in a thousand"};
static const struct threshold warn_share = {
	"link-saturated.warn_share", 0.01, "1",
	"up to one in a hundred is what an AQM needs to hold its senders back"};
static const struct threshold held_ms = {
	"link-saturated.held_ms", 50, "ms",
	"a queue that is worth more time than most round trips is a standing one"};
static const struct threshold looks = {"link-saturated.looks", 3, "{look}",
				       "a burst is over within two looks, one second each"};
static const struct threshold span_s = {"link-saturated.span_s", 10, "s",
					"long enough to tell a lasting lack from a burst"};

/* What an interface's queue did over the span. */
struct strain {
	const struct nic_queue *queue;
	__u64 packets, bytes, drops, requeues, overlimits;
	double seconds;
	double held_ms; /* the least of the looks that held something long */
	unsigned int n; /* looks */
	unsigned int dropping;
	unsigned int holding;
	unsigned int waiting;	 /* looks that ended with something in it */
	__u64 first_ns, last_ns; /* of the dropping or holding looks */
};

static bool is_kind(const struct nic_queue *queue, const char *kind)
{
	return strcmp(queue->kind, kind) == 0;
}

/* Set to let less through than the link could. */
static bool is_shaper(const struct nic_queue *queue)
{
	return is_kind(queue, "tbf") || is_kind(queue, "htb") || is_kind(queue, "hfsc") ||
	       is_kind(queue, "cake") || is_kind(queue, "cbq");
}

/* How long what is in it takes to leave at the rate of this look; negative: nothing left. */
static double hold_ms(const struct queue_look *look)
{
	return look->bytes
		       ? (double)look->backlog * ((double)look->span_ns / 1e6) / (double)look->bytes
		       : -1.0;
}

static void take_look(struct strain *s, const struct model *model, const struct queue_look *look)
{
	double held = hold_ms(look);
	/* fq holds to pace; mq's backlog is the sum of its children, which are fq on hosts that pace by default. */
	bool paces = is_kind(s->queue, "fq") || is_kind(s->queue, "mq");
	bool holds = held >= model_threshold(model, &held_ms) && !paces;

	s->n++;
	s->packets += look->packets;
	s->bytes += look->bytes;
	s->drops += look->drops;
	s->requeues += look->requeues;
	s->overlimits += look->overlimits;
	s->seconds += (double)look->span_ns / 1e9;
	s->dropping += look->drops > 0;
	s->waiting += look->queued > 0;
	if (holds) {
		if (!s->holding++ || held < s->held_ms)
			s->held_ms = held;
	}
	if (!holds && !look->drops)
		return;
	s->first_ns = look->ns; /* from the latest back */
	if (!s->last_ns)
		s->last_ns = look->ns;
}

static void sum_up(struct strain *s, const struct model *model, const struct nic_queue *queue)
{
	__u64 span_ns = (__u64)(model_threshold(model, &span_s) * 1e9);
	__u64 tick_ns = model_frame(model)->tick_ns;
	const struct queue_look *look;

	/* A daemon looks every five seconds, and not on the dot: as many looks as it takes must be within. */
	if (span_ns < (__u64)model_threshold(model, &looks) * tick_ns)
		span_ns = (__u64)model_threshold(model, &looks) * tick_ns;
	*s = (struct strain){.queue = queue};
	for (unsigned int i = 0; (look = nic_queue_look(queue, i)); i++) {
		if (look->ns + span_ns + tick_ns / 2 < model_now(model))
			break;
		take_look(s, model, look);
	}
}

static bool drops_too_much(const struct model *model, const struct strain *s)
{
	return (double)s->drops >= model_threshold(model, &min_drops) && s->drops &&
	       (double)s->dropping >= model_threshold(model, &looks) &&
	       (double)s->drops >=
		       model_threshold(model, &min_share) * (double)(s->drops + s->packets);
}

static bool holds_too_long(const struct model *model, const struct strain *s)
{
	return s->holding && (double)s->holding >= model_threshold(model, &looks);
}

static bool is_saturated(const struct model *model, const struct strain *s)
{
	return !is_kind(s->queue, "netem") &&
	       (drops_too_much(model, s) || holds_too_long(model, s));
}

/* The rate, and what it says beside the link's speed; the factor of what speaks against. */
static double weigh_rate(struct claim *claim, const struct strain *s, const struct nic *nic)
{
	double mbps = s->seconds > 0.0 ? (double)s->bytes * 8e-6 / s->seconds : 0.0;
	bool slow = nic && nic->speed_mbps && mbps < 0.5 * nic->speed_mbps;

	if (slow && is_shaper(s->queue)) {
		claim_evidence(claim, ROLE_FOR, true, "nic.tx.rate", mbps, "Mbit/s",
			       "%.1f of %u Mbit/s: %.15s, set on this host, lets no more out", mbps,
			       nic->speed_mbps, s->queue->kind);
	} else if (slow) {
		claim_evidence(claim, ROLE_AGAINST, false, "nic.tx.rate", mbps, "Mbit/s",
			       "%.1f of %u Mbit/s: the link itself has room", mbps,
			       nic->speed_mbps);
		return 0.85;
	} else if (nic && nic->speed_mbps) {
		claim_evidence(claim, ROLE_FOR, true, "nic.tx.rate", mbps, "Mbit/s",
			       "%.1f of %u Mbit/s in use", mbps, nic->speed_mbps);
	} else {
		claim_evidence(claim, ROLE_FOR, true, "nic.tx.rate", mbps, "Mbit/s",
			       "%.1f Mbit/s leave it (%.15s)", mbps, s->queue->kind);
	}
	return 1.0;
}

/* What TCP could not hand to it, of peers by this interface. */
static void claim_victims(struct claim *claim, const struct model *model, const struct strain *s,
			  const struct judgement *judgement)
{
	const struct peer *peer = NULL, *most = NULL;
	__u64 errors = 0;

	while ((peer = peers_next(model_peers(model), peer))) {
		if (peer->key.netns != s->queue->netns || peer->ifindex != s->queue->ifindex)
			continue;
		errors += peer_window(peer, model_frame(model), PEER_SEND_ERRORS);
		if (peer->pid &&
		    (!most || peer_window(peer, model_frame(model), PEER_SEGS_OUT) >
				      peer_window(most, model_frame(model), PEER_SEGS_OUT)))
			most = peer;
	}
	if (errors)
		claim_evidence(claim, ROLE_FOR, true, "tcp.send_errors", (double)errors, "{error}",
			       "%s of TCP: it could not be given to the queue",
			       text_plural(errors, "resend").s);
	if (most)
		claim_victim(claim, model, judgement, peer_holder(most),
			     " sends most by TCP; it waits, or fills the queue");
}

static void claim_others(struct claim *claim, const struct model *model, const struct strain *s)
{
	const struct nic_queue *queue = NULL;
	unsigned int n = 0;
	__u64 drops = 0;

	while ((queue = nic_queues_next(model_nic_queues(model), queue))) {
		struct strain other;

		sum_up(&other, model, queue);
		if (queue == s->queue || !other.packets)
			continue;
		n++;
		drops += other.drops;
	}
	if (n)
		claim_evidence(claim, ROLE_CONTROL, drops == 0, "nic.control.drops", (double)drops,
			       "{packet}", "%u other queue%s: %s dropped", n, n == 1 ? "" : "s",
			       text_plural(drops, "packet").s);
}

static void advise(struct claim *claim, const char *nic)
{
	bool plain = text_is_plain_word(nic);

	claim_advice(claim, false, "Watch its drops and its backlog", "%s%s",
		     plain ? "tc -s qdisc show dev " : "tc -s qdisc", plain ? nic : "");
	claim_advice(claim, false, "See which connections send most", "ss -tinO state established");
	snprintf(claim->call, sizeof(claim->call),
		 "who runs the load or set the limit; not who has the network");
}

static double claim_strain(struct claim *claim, const struct model *model, const struct strain *s)
{
	double share = (double)s->drops / (double)(s->drops + s->packets), c = 0.0, least;

	if (drops_too_much(model, s)) {
		least = model_threshold(model, &min_drops);
		c = 0.97 - 0.25 * sqrt(least / (4.0 * (double)s->drops));
		claim_evidence(claim, ROLE_FOR, true, "nic.queue.drops", (double)s->drops,
			       "{packet}", "%s of %s packets dropped (%s), at %u of %u looks",
			       text_count(s->drops).s, text_count(s->drops + s->packets).s,
			       text_percent(share).s, s->dropping, s->n);
		if (!s->waiting && !s->overlimits) {
			c *= 0.7;
			claim_evidence(claim, ROLE_AGAINST, false, "nic.queue.waiting", 0, "{look}",
				       "it was empty at each look: a filter that drops?");
		}
	} else {
		claim_evidence(claim, ROLE_AGAINST, true, "nic.queue.drops", (double)s->drops,
			       "{packet}", "%s dropped in %.0f s: it has room, and fills it",
			       text_plural(s->drops, "packet").s, s->seconds);
	}
	if (holds_too_long(model, s)) {
		c = c > 0.90 ? c : 0.90;
		claim_evidence(claim, ROLE_FOR, true, "nic.queue.held", s->held_ms, "ms",
			       "packets waited for %s or more at %u of %u looks",
			       text_latency(s->held_ms * 1e6).s, s->holding, s->n);
	} else if (share < model_threshold(model, &warn_share)) {
		claim->severity = SEVERITY_INFO;
	}
	if (s->overlimits || s->requeues)
		claim_evidence(claim, ROLE_FOR, true, "nic.queue.overlimits", (double)s->overlimits,
			       "{event}", "it had to wait %s times; the driver gave back %s",
			       text_count(s->overlimits).s, text_count(s->requeues).s);
	return c;
}

static void claim_link(const struct model *model, const struct strain *s,
		       const struct judgement *judgement)
{
	const struct nic_queue *queue = s->queue;
	const struct nic *nic = nics_find(model_nics(model), queue->netns, queue->ifindex);
	struct subject subject = subject_nic(model, nic, queue->netns, queue->ifindex);
	struct claim claim;
	char label[32];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &link_saturated_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.count = s->drops;
	claim.first_ns = s->first_ns;
	claim.last_ns = s->last_ns;
	claim.window_ns = (__u64)(s->seconds * 1e9);
	claim.confidence = claim_strain(&claim, model, s);
	claim.confidence *= weigh_rate(&claim, s, nic);
	claim_message(&claim, "NETWORK: %s is full: its own queue %s packets.", label,
		      !drops_too_much(model, s)	 ? "holds"
		      : holds_too_long(model, s) ? "holds and drops"
						 : "drops");
	claim_victims(&claim, model, s, judgement);
	claim_others(&claim, model, s);
	claim_text(&claim, ROLE_UNKNOWN, "which flows fill it");
	claim.confidence = confidence_round(claim.confidence);
	advise(&claim, label);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct nic_queue *queue = NULL;

	while ((queue = nic_queues_next(model_nic_queues(model), queue))) {
		struct strain strain;

		sum_up(&strain, model, queue);
		if (is_saturated(model, &strain))
			claim_link(model, &strain, judgement);
	}
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct nic_queue *queue = NULL;

	while ((queue = nic_queues_next(model_nic_queues(model), queue)))
		if (queue->n_looks)
			return true;
	snprintf(buf, size, "no interface with a queue sent anything");
	return false;
}

/* It sent since, and would not be told of by what it did meanwhile: a busy queue drops one now and then. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct nic_queue *queue = nic_queues_find(
		model_nic_queues(model), model_netns(model, subject->netns), subject->ifindex);
	const struct queue_look *look;
	struct strain s = {.queue = queue};

	for (unsigned int i = 0; queue && (look = nic_queue_look(queue, i)); i++)
		if (look->ns > since_ns)
			take_look(&s, model, look);
	return s.packets && s.n >= model_threshold(model, &looks) && !is_saturated(model, &s);
}

static const struct threshold *const thresholds[] = {&min_drops, &min_share, &warn_share, &held_ms,
						     &looks,	 &span_s,    NULL};

const struct rule link_saturated_rule = {
	.kind = "link-saturated",
	.class = CLASS_NETWORK,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"An interface's own queue (qdisc) drops packets or holds them for long: this link, or the limit "
		"set on it, is the bottleneck.",
	.against =
		"A burst that the queue absorbed or dropped at once; pacing (fq); an emulator (netem); a link "
		"that has room.",
	.todo = "tc -s qdisc shows drops and backlog; send less, raise the limit, or take a faster link.",
	.needs = {PROBE_QUEUES},
	.tables = {"source.queues"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
