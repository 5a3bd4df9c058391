/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic_errors.c - nic-errors: an adapter counts frames that arrived broken, or that it had no room for.
 *
 * Broken (CRC, length, alignment): at least `min_errors` in the window, more than `max_share` of the frames, over
 * at least `least_s`. No room (missed, FIFO, overruns): the same with `min_missed` and `max_missed_share`; the
 * host does not empty the ring fast enough. Virtual interfaces have no frames of their own and are not judged.
 *
 * Basis: reported (the driver's own counters). Confidence:
 *	c = 0.97 - 0.2 * sqrt(min / n)		n: errors in the window, min: their least number
 * times, for what speaks against:
 *	0.7	the link was lost in the window: some errors go with that
 *
 * Severity: warning.
 */
#include <math.h>
#include <stdio.h>

#include "rules/families.h"
#include "rules/nic_link.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold min_errors = {
	"nic-errors.min_errors", 10, "{frame}",
	"a wired link has one bit error in 10^12: ten frames in a minute are no chance"};
static const struct threshold max_share = {
	"nic-errors.max_share", 0.00001, "1",
	"one frame in 100,000 is a hundred times what the standards allow a gigabit link"};
static const struct threshold min_missed = {
	"nic-errors.min_missed", 100, "{frame}",
	"a ring that overflows in one burst is no lasting lack"};
static const struct threshold max_missed_share = {
	"nic-errors.max_missed_share", 0.001, "1",
	"TCP slows down visibly from one frame lost in a thousand"};
static const struct threshold least_s = {
	"nic-errors.least_s", 3, "s",
	"errors that all come within two looks are a burst: a link change, a plug that is touched"};

struct bad {
	enum nic_counter counter;
	__u64 errors;
	__u64 frames;
	double least;
};

/* Enough in the window, and a good enough share: `part` of what a claim takes. */
static bool is_bad(const struct model *model, const struct nic *nic, enum nic_counter counter,
		   double part, struct bad *b)
{
	const struct frame *frame = model_frame(model);
	bool crc = counter == NIC_CRC;

	b->counter = counter;
	b->errors = nic_window(nic, frame, counter);
	b->frames = nic_window(nic, frame, NIC_RX_PACKETS) + b->errors;
	b->least = model_threshold(model, crc ? &min_errors : &min_missed);
	return b->errors && (double)b->errors >= part * b->least &&
	       (double)b->errors >
		       part * model_threshold(model, crc ? &max_share : &max_missed_share) *
			       (double)b->frames;
}

static bool find(const struct model *model, const struct nic *nic, enum nic_counter counter,
		 struct bad *b)
{
	__u64 first = nic->bad_first_ns[counter - NIC_CRC];
	__u64 last = nic->bad_last_ns[counter - NIC_CRC];

	return is_bad(model, nic, counter, 1.0, b) &&
	       (double)(last - first) / 1e9 >= model_threshold(model, &least_s);
}

/* Of its link, in the window or not over; of those that are kept. */
static unsigned int losses_in_window(const struct model *model, const struct nic *nic)
{
	const struct frame *frame = model_frame(model);
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns);
	unsigned int n = 0;

	for (unsigned int i = 0; i < nic->n_loss; i++)
		n += !nic->loss[i].up_ns || nic->loss[i].up_ns >= from_ns;
	return n;
}

/* The window, or what has been of it since the adapter was first seen. */
static __u64 looked_at_ns(const struct model *model, const struct nic *nic)
{
	__u64 window_ns = model_frame(model)->window_ns, seen_ns = model_now(model) - nic->since_ns;

	return seen_ns < window_ns ? seen_ns : window_ns;
}

static void say(const struct model *model, const struct nic *nic, const struct bad *b,
		const struct judgement *judgement)
{
	struct subject subject = subject_nic(model, nic, nic->netns, nic->ifindex);
	bool crc = b->counter == NIC_CRC;
	double c = 0.97 - 0.2 * sqrt(b->least / (double)b->errors);
	unsigned int losses = losses_in_window(model, nic);
	struct claim claim;

	claim_init(&claim, &nic_errors_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = SEVERITY_WARNING;
	claim.count = b->errors;
	claim.first_ns = nic->bad_first_ns[b->counter - NIC_CRC];
	claim.last_ns = nic->bad_last_ns[b->counter - NIC_CRC];
	claim.window_ns = looked_at_ns(model, nic);
	nic_context(&claim, model, nic);
	claim_evidence(&claim, ROLE_FOR, true, crc ? "nic.rx_crc" : "nic.rx_missed",
		       (double)b->errors, "{frame}", "%s of %s frames %s (%s)",
		       text_count(b->errors).s, text_count(b->frames).s,
		       crc ? "arrived broken" : "found no room in the adapter",
		       text_percent((double)b->errors / (double)b->frames).s);
	if (losses) {
		c *= 0.7;
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.carrier_losses", losses, "{loss}",
			       "its link was lost too: some errors go with that");
	} else {
		claim_evidence(&claim, ROLE_CONTROL, true, "nic.carrier_losses", 0, "{loss}",
			       nic->losses ? "its link was not lost meanwhile"
					   : "its link was never lost");
	}
	claim_text(&claim, ROLE_UNKNOWN,
		   crc ? "which end of the cable, or what is in between, breaks them"
		       : "which queue: the driver's own counters say");
	claim.confidence = confidence_round(c);
	claim_message(
		&claim,
		crc ? "ADAPTER: %.15s gets broken frames: %.20s in %.10s; check cable and port."
		    : "ADAPTER: %.15s loses frames for want of room: %.20s in %.10s.",
		nic->name, text_count(b->errors).s, text_duration((double)claim.window_ns / 1e9).s);
	if (text_is_plain_word(nic->name)) {
		claim_advice(&claim, false, "See which of the driver's counters rises",
			     "ethtool -S %s", nic->name);
		if (!crc)
			claim_advice(&claim, false, "See how large the ring is, and may be",
				     "ethtool -g %s", nic->name);
	} else {
		claim_advice(&claim, false, "See which counters rise", "ip -s -s link show");
	}
	snprintf(claim.call, sizeof(claim.call), "%s",
		 crc ? "who has the cable and the switch port" : "the owner of this host");
	judgement->claim(judgement->ctx, &claim);
}

static bool is_candidate(const struct model *model, const struct nic *nic)
{
	return !nic_is_virtual(nic) && nic_is_judged(model, nic);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct nic *nic = NULL;
	struct bad bad;

	while ((nic = nics_next(model_nics(model), nic)))
		if (is_candidate(model, nic) &&
		    (find(model, nic, NIC_CRC, &bad) || find(model, nic, NIC_MISSED, &bad)))
			say(model, nic, &bad, judgement);
}

/* None since, or half of what a claim takes is not reached any more: a frame now and then is broken anywhere. */
static bool is_over(const struct model *model, const struct nic *nic, enum nic_counter counter,
		    __u64 since_ns)
{
	struct bad bad;

	return nic->bad_last_ns[counter - NIC_CRC] <= since_ns ||
	       !is_bad(model, nic, counter, RECOVER_SHARE, &bad);
}

/* Frames came, and hardly one of them broken. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct nic *nic = nic_of(model, subject);

	return nic && nic->flags & NIC_CARRIER && is_over(model, nic, NIC_CRC, since_ns) &&
	       is_over(model, nic, NIC_MISSED, since_ns) &&
	       nic_window(nic, model_frame(model), NIC_RX_PACKETS) > 0;
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct nic *nic = NULL;

	while ((nic = nics_next(model_nics(model), nic)))
		if (is_candidate(model, nic) &&
		    nic->now[NIC_RX_PACKETS] > nic->base[NIC_RX_PACKETS])
			return true;
	snprintf(buf, size, "no adapter that got frames");
	return false;
}

static const struct threshold *const thresholds[] = {&min_errors,	&max_share, &min_missed,
						     &max_missed_share, &least_s,   NULL};

const struct rule nic_errors_rule = {
	.kind = "nic-errors",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The adapter counts frames that are broken (CRC) or that it had no room for.",
	.against = "A handful at the time of a link change; a single burst.",
	.todo = "Check cable and transceiver; no room: a larger ring (ethtool -G), more queues.",
	.needs = {PROBE_LINKS},
	.tables = {"source.nics"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
