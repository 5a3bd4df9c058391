/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conntrack_full.c - conntrack-full: the connection-tracking table has no room, and the kernel drops the first packet
 * of new connections: outside it looks like loss.
 *
 * Claimed when packets were dropped (the column "drop" of /proc/net/stat/nf_conntrack) `min_drops` times or more in
 * the window, at two looks or more, and the table was seen near its limit in the window, at 98 in a hundred: the
 * column also counts packets that lost the race for the same connection and those that the TCP tracker refuses. Seen
 * above nine tenths only, it may have been for that or for this. Or when the table was above nine tenths for `high_s`
 * seconds and is at `min_share` now. A table at half its size is none, nor one that is nearly full for a moment.
 * Throwing out connections to make room (early_drop) is said, and by itself no claim: those were never answered.
 *
 * Basis: reported; inferred where it is only the drops of a table that was not seen near its limit. Confidence 0.98
 * with drops near the limit, 0.85 at `min_share`, 0.60 inferred; times 0.9 where the table is smaller than
 * `small_table`: it may be meant so.
 * Severity: critical with drops near the limit, else warning.
 */
#include <stdio.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"

static const struct threshold min_drops = {
	"conntrack-full.min_drops", 10, "{packet}",
	"fewer are a race for the last places, and are sent again"};
static const struct threshold min_share = {
	"conntrack-full.min_share", 0.95, "1",
	"a table that is that full has room for seconds of new connections only"};
static const struct threshold high_s = {"conntrack-full.high_s", 8, "s",
					"a burst of short connections leaves it again by then"};
static const struct threshold small_table = {
	"conntrack-full.small_table", 1024, "{connection}",
	"nobody sizes a table that small who means to track a host's traffic"};

#define LOOKS 2

struct full {
	struct gained drops;
	struct gained early;
	double share;
	bool dropping; /* for want of a place */
	bool raced;    /* for that, or for another reason */
	bool nearly;   /* for long */
};

/* Without it what was dropped was not for want of a place. */
static bool was_high(const struct model *model)
{
	return conntrack_was_high(&model_local(model)->conntrack, model_frame(model));
}

static bool is_full(const struct model *model, struct full *f)
{
	const struct conntrack *ct = &model_local(model)->conntrack;
	bool dropped;
	double high;

	*f = (struct full){0};
	if (!ct->now.limit)
		return false;
	gains_window(&ct->drops, model_frame(model), &f->drops);
	gains_window(&ct->early_drops, model_frame(model), &f->early);
	f->share = (double)ct->now.entries / (double)ct->now.limit;
	dropped = f->drops.looks >= LOOKS &&
		  (double)f->drops.sum >= model_threshold(model, &min_drops);
	f->dropping = dropped && conntrack_was_near(ct, model_frame(model));
	f->raced = dropped && !f->dropping && was_high(model);
	high = ct->high_ns ? (double)(model_now(model) - ct->high_ns) / 1e9 : 0.0;
	f->nearly = ct->high_ns && high >= model_threshold(model, &high_s) &&
		    f->share >= model_threshold(model, &min_share);
	return f->dropping || f->raced || f->nearly;
}

static double confidence_of(const struct full *f)
{
	return f->dropping ? 0.98 : f->nearly ? 0.85 : 0.60;
}

static void say(struct claim *claim, const struct conntrack *ct, const struct full *f)
{
	claim_evidence(claim, ROLE_FOR, true, "conntrack.entries", (double)ct->now.entries,
		       "{connection}", "%s of %s places are taken: %s (most: %s)",
		       text_count(ct->now.entries).s, text_count(ct->now.limit).s,
		       text_percent(f->share).s, text_count(ct->most).s);
	if (f->drops.sum)
		claim_evidence(claim, ROLE_FOR, true, "conntrack.drops", (double)f->drops.sum,
			       "{packet}", "%s dropped for want of a place%s, in %s",
			       text_plural(f->drops.sum, "packet").s,
			       f->dropping ? "" : ", or in a race",
			       text_duration(gained_span_s(&f->drops)).s);
	else if (ct->now.flags & CONNTRACK_COUNTED)
		claim_evidence(claim, ROLE_AGAINST, false, "conntrack.drops", 0.0, "{packet}",
			       "no packet was dropped for it yet");
	if (f->early.sum)
		claim_evidence(claim, ROLE_FOR, true, "conntrack.early_drops", (double)f->early.sum,
			       "{connection}", "%s thrown out to make room",
			       text_plural(f->early.sum, "unanswered connection").s);
	claim_text(claim, ROLE_UNKNOWN, "whose connections fill it");
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct conntrack *ct = &model_local(model)->conntrack;
	struct subject subject = subject_this_host(model);
	bool small;
	struct claim claim;
	struct full f;

	if (!is_full(model, &f))
		return;
	small = (double)ct->now.limit < model_threshold(model, &small_table);
	claim_init(&claim, &conntrack_full_rule, &subject);
	claim.basis = f.dropping || f.nearly ? BASIS_REPORTED : BASIS_INFERRED;
	claim.severity = f.dropping ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim.confidence = confidence_round(confidence_of(&f) * (small ? 0.9 : 1.0));
	claim.count = f.nearly && !f.dropping ? ct->now.entries : f.drops.sum;
	claim.first_ns = f.nearly && !f.dropping ? ct->high_ns : f.drops.first_ns;
	claim.last_ns = f.nearly && !f.dropping ? model_now(model) : f.drops.last_ns;
	claim.window_ns = claim.last_ns - claim.first_ns;
	say(&claim, ct, &f);
	if (small)
		claim_text(&claim, ROLE_AGAINST, "the table is small: it may be meant so");
	if (f.dropping)
		claim_message(&claim,
			      "CONNTRACK: the table is full (%.16s); %.16s dropped: no new "
			      "connections.",
			      text_count(ct->now.limit).s, text_plural(f.drops.sum, "packet").s);
	else if (f.raced)
		claim_message(&claim, "CONNTRACK: %s full; %.14s dropped, for that or in a race.",
			      ct->high_ns ? text_percent(f.share).s : "was nearly",
			      text_plural(f.drops.sum, "packet").s);
	else
		claim_message(&claim, "CONNTRACK: the table is nearly full: %.16s of %.16s.",
			      text_count(ct->now.entries).s, text_count(ct->now.limit).s);
	claim_advice(&claim, false, "See how full it is",
		     "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max");
	claim_advice(&claim, false, "See whose connections fill it",
		     "conntrack -L -o extended | head -100");
	claim_advice(&claim, true, "Make it larger (320 bytes a connection)",
		     "sysctl -w net.netfilter.nf_conntrack_max=%llu",
		     (unsigned long long)(4 * ct->now.limit));
	snprintf(claim.call, sizeof(claim.call), "nobody: it is this host's own setting");
	judgement->claim(judgement->ctx, &claim);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	if (model_local(model)->conntrack.now.limit && model_tick_count(model) >= 3)
		return true;
	snprintf(buf, size, "connections are not tracked, or were not looked at");
	return false;
}

/* There is room again: nothing dropped since, and no longer near the limit. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct conntrack *ct = &model_local(model)->conntrack;
	struct gained drops;

	(void)subject;
	gains_window(&ct->drops, model_frame(model), &drops);
	return (drops.last_ns <= since_ns || !was_high(model)) && !ct->high_ns;
}

static const struct threshold *const thresholds[] = {&min_drops, &min_share, &high_s, &small_table,
						     NULL};

const struct rule conntrack_full_rule = {
	.kind = "conntrack-full",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning = "The connection-tracking table is full, or nearly: the first packets of new "
		   "connections are dropped, which looks like loss from outside.",
	.against =
		"A table that is sized small by intent; drops while it was not seen near its limit; a burst that "
		"it survives, or packets that are dropped with room in the table, which are never claimed. Tables of "
		"other network namespaces are not looked at.",
	.todo = "Raise nf_conntrack_max, or exempt traffic from tracking (notrack).",
	.needs = {PROBE_STACK},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
