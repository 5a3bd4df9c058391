/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic_timeout.c - nic-tx-timeout: an adapter has a link, was given frames, and sent none for longer than its driver
 * allows.
 *
 * Told by the kernel's transmit watchdog (net_dev_xmit_timeout), which then has the driver reset the adapter. It
 * does not look at an adapter without a link, and none fires for a queue that is merely full: it must have taken
 * nothing for the whole timeout. A reset that somebody asks for stops the queues, and fires none either.
 *
 * Basis: reported. Confidence, n being the timeouts of one run (a minute without one ends it):
 *	c = 0.99 - 0.24 / n
 * times, for what speaks against:
 *	0.8	the link was lost within ten seconds of it: frames stand still as a link goes
 * A single one may be a guest that stood still itself, so that the watchdog found all queues old: told as suspicion.
 *
 * Severity: critical from the second one on when the host's own addresses hang on it, else warning.
 */
#include <stdio.h>

#include "rules/families.h"
#include "rules/nic_link.h"
#include "rules/stats.h"
#include "rules/text.h"

#define S_NS	     1000000000ULL
#define LINK_NEAR_NS (10 * S_NS)

static const struct threshold min_timeouts = {
	"nic-tx-timeout.min_timeouts", 1, "{timeout}",
	"an adapter in order has none in its life: a single one is told, with less confidence"};
static const struct threshold told_s = {
	"nic-tx-timeout.told_s", 60, "s",
	"so long it is told after the latest one: an adapter that hangs again does so within a minute"};

static bool timed_out(const struct model *model, const struct nic *nic)
{
	__u64 told_ns = (__u64)(model_threshold(model, &told_s) * 1e9);

	return nic->timeouts && (double)nic->timeouts >= model_threshold(model, &min_timeouts) &&
	       model_now(model) - nic->timeout_last_ns <= told_ns;
}

/* Lost shortly before or after: the reset that follows a timeout loses it too, so only before the first. */
static bool link_went(const struct nic *nic)
{
	for (unsigned int i = 0; i < nic->n_loss; i++)
		if (nic->loss[i].down_ns <= nic->timeout_first_ns &&
		    nic->loss[i].down_ns + LINK_NEAR_NS >= nic->timeout_first_ns)
			return true;
	return false;
}

static unsigned int queues(const struct nic *nic)
{
	unsigned int n = 0;

	for (__u64 bits = nic->timeout_queues; bits; bits &= bits - 1)
		n++;
	return n;
}

static void advise(struct claim *claim, const struct nic *nic)
{
	claim_advice(claim, false, "See what the driver says of it",
		     "dmesg -T | grep -iE 'transmit queue|hang|reset'");
	if (!text_is_plain_word(nic->name))
		return;
	claim_advice(claim, false, "See the versions of driver and firmware", "ethtool -i %s",
		     nic->name);
	claim_advice(claim, false, "See whether the switch stops it (pause frames)",
		     "ethtool -S %s | grep -iE 'pause|timeout'", nic->name);
	claim_advice(claim, true, "Without offloads some adapters go on",
		     "ethtool -K %s tso off gso off", nic->name);
}

static void say(const struct model *model, const struct nic *nic, const struct judgement *judgement)
{
	struct subject subject = subject_nic(model, nic, nic->netns, nic->ifindex);
	double n = (double)nic->timeouts, c = 0.99 - 0.24 / n;
	char still[40] = "", driver[40] = "";
	struct claim claim;

	claim_init(&claim, &nic_tx_timeout_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = nic->timeouts > 1 && nic->flags & NIC_ADDRESSED ? SEVERITY_CRITICAL
									 : SEVERITY_WARNING;
	claim.count = nic->timeouts;
	claim.first_ns = nic->timeout_first_ns;
	claim.last_ns = nic->timeout_last_ns;
	claim.window_ns = model_now(model) - nic->timeout_first_ns;
	nic_context(&claim, model, nic);
	if (nic->timeout_still_ms)
		snprintf(still, sizeof(still), ", still for %.20s",
			 text_duration(nic->timeout_still_ms / 1e3).s);
	if (nic->driver[0])
		snprintf(driver, sizeof(driver), " (driver %.16s)", text_name(nic->driver, 15).s);
	claim_evidence(&claim, ROLE_FOR, true, "nic.tx_timeouts", n, "{timeout}", "%s of %s%s%s",
		       text_plural(nic->timeouts, "transmit timeout").s,
		       text_plural(queues(nic), "queue").s, still, driver);
	if (link_went(nic)) {
		c *= 0.8;
		claim_evidence(&claim, ROLE_AGAINST, false, "nic.carrier_losses",
			       (double)nic->losses, "{loss}",
			       "its link was lost just before: frames stand still with it");
	} else {
		claim_text(&claim, ROLE_AGAINST,
			   "not the link: the kernel looks only at adapters that have one");
	}
	claim_text(&claim, ROLE_UNKNOWN,
		   nic->timeouts > 1
			   ? "adapter, firmware, driver, or a switch that pauses it for ever"
			   : "whether it happens again; a guest that stood still has one too");
	claim.confidence = confidence_round(c);
	claim_message(&claim, "ADAPTER: %.15s stopped sending: %.24s; its driver reset it.",
		      nic->name, text_plural(nic->timeouts, "transmit timeout").s);
	advise(&claim, nic);
	snprintf(claim.call, sizeof(claim.call), "the owner of this host");
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct nic *nic = NULL;

	while ((nic = nics_next(model_nics(model), nic)))
		if (timed_out(model, nic))
			say(model, nic, judgement);
}

/* It has a link, and sent since. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct nic *nic = nic_of(model, subject);

	return nic && nic->timeout_last_ns <= since_ns && nic->flags & NIC_CARRIER &&
	       nic_window(nic, model_frame(model), NIC_TX_PACKETS) > 0;
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct nic *nic = NULL;

	while ((nic = nics_next(model_nics(model), nic)))
		if (nic->timeouts || (!nic_is_virtual(nic) && nic_is_judged(model, nic) &&
				      nic->now[NIC_TX_PACKETS] > nic->base[NIC_TX_PACKETS]))
			return true;
	snprintf(buf, size, "no adapter that sent frames");
	return false;
}

static const struct threshold *const thresholds[] = {&min_timeouts, &told_s, NULL};

const struct rule nic_tx_timeout_rule = {
	.kind = "nic-tx-timeout",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The adapter did not send what it was given within its timeout.",
	.against =
		"A full queue that moves, a reset that was asked for, a link that is gone: none of these "
		"has such a timeout. A single one: a guest that stood still.",
	.todo = "Read the kernel log; update the adapter's firmware and driver, or replace it.",
	.needs = {PROBE_NIC_TIMEOUT},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
