/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - clock-unsynchronized: nobody keeps the wall clock right; clock-step: somebody set it.
 *
 * Neither moves anything that is judged here: all windows are of CLOCK_MONOTONIC. Logs of several hosts, certificates
 * and whoever counts on wall time suffer, and it looks like the network or a peer.
 *
 * clock-unsynchronized, by what the kernel says of its clock (adjtimex(2)):
 *	it was in sync and is not any more, for `lost_s` (STA_UNSYNC, and the bound of its error at the limit: chrony without
 *	rtcsync leaves STA_UNSYNC set, and a bound)		reported, 0.95; warning
 *	whoever sets the clock makes the kernel say so, until a time daemon next corrects it: chrony up to 17 minutes
 *	later, timesyncd up to 34
 *	its error may be `max_error_s` or more: it grows by 500 us a second from one correction to the next, so nobody
 *	has corrected it for more than an hour; the kernel gives up after nine		reported, 0.90; warning from `warn_error_s`
 *								on (after four hours and a half), info before
 *	it never was in sync, `never_s` after boot		inferred, 0.60; info: many machines are meant so, or
 *								a hypervisor sets their clock
 *
 * clock-step, by the kernel's word that the clock was set (timerfd, TFD_TIMER_CANCEL_ON_SET): by `min_step_s` or
 * more. A clock that NTP slews is never set, however fast; what slept and woke up was not set either. Reported, 0.98.
 * Severity: warning; info for a leap second, and for a first step ahead in the minutes after boot: then a clock
 * without a battery is set right.
 */
#include <stdio.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"

static const struct threshold max_error_s = {
	"clock-unsynchronized.max_error_s", 2, "s",
	"NTP daemons ask each half hour or more often: by then it may have become 1 s"};
static const struct threshold warn_error_s = {
	"clock-unsynchronized.warn_error_s", 8, "s",
	"a laptop away from the network for an hour or four is no fault; a night is"};
static const struct threshold lost_s = {
	"clock-unsynchronized.lost_s", 3600, "s",
	"a clock that was set is not in sync until the next correction: 34 min with timesyncd"};
static const struct threshold never_s = {"clock-unsynchronized.never_s", 3600, "s",
					 "an NTP daemon takes minutes after a start, not an hour"};
static const struct threshold min_step_s = {
	"clock-step.min_step_s", 0.5, "s",
	"NTP daemons step by a tenth of a second when they start; who orders by time tolerates that"};
static const struct threshold boot_s = {
	"clock-step.boot_s", 300, "s",
	"a clock without a battery is set when the network comes up"};

/* ---- clock-unsynchronized ---- */

enum sync { SYNC_FINE, SYNC_LOST, SYNC_STALE, SYNC_NEVER };

static enum sync sync_of(const struct model *model)
{
	const struct local *local = model_local(model);
	const struct event_clock_state *c = &local->clock;

	if (!c->h.type)
		return SYNC_FINE;
	if (clock_is_kept(c))
		return (double)c->max_error_us / 1e6 >= model_threshold(model, &max_error_s)
			       ? SYNC_STALE
			       : SYNC_FINE;
	if (local->synced_ns)
		return (double)(model_now(model) - local->synced_ns) / 1e9 >=
				       model_threshold(model, &lost_s)
			       ? SYNC_LOST
			       : SYNC_FINE;
	return (double)c->boottime_ns / 1e9 >= model_threshold(model, &never_s) ? SYNC_NEVER
										: SYNC_FINE;
}

static void say_sync(struct claim *claim, const struct local *local, enum sync sync)
{
	const struct event_clock_state *c = &local->clock;

	claim_evidence(claim, ROLE_FOR, true, "clock.max_error", (double)c->max_error_us / 1e6, "s",
		       "by the kernel's own bound it may be wrong by %s",
		       text_latency((double)c->max_error_us * 1e3).s);
	if (sync == SYNC_STALE)
		claim_evidence(claim, ROLE_FOR, true, "clock.uncorrected",
			       (double)c->max_error_us / 500.0, "s",
			       "nobody has corrected it for about %s",
			       text_duration((double)c->max_error_us / 500.0).s);
	if (sync == SYNC_LOST)
		claim_evidence(claim, ROLE_FOR, true, "clock.synced",
			       (double)(c->h.ts_ns - local->synced_ns) / 1e9, "s",
			       "it was in sync until %s ago",
			       text_duration((double)(c->h.ts_ns - local->synced_ns) / 1e9).s);
	if (sync == SYNC_NEVER)
		claim_text(claim, ROLE_AGAINST,
			   "it may be meant so, or a hypervisor may set the clock");
	claim_text(claim, ROLE_UNKNOWN, "by how much it really is wrong");
}

/* The machine may just be away from the network. */
static bool is_warning(const struct model *model)
{
	return (double)model_local(model)->clock.max_error_us / 1e6 >=
	       model_threshold(model, &warn_error_s);
}

static void judge_sync(const struct model *model, const struct judgement *judgement)
{
	static const double confidence[] = {
		[SYNC_LOST] = 0.95, [SYNC_STALE] = 0.90, [SYNC_NEVER] = 0.60};
	const struct local *local = model_local(model);
	const struct event_clock_state *c = &local->clock;
	struct subject subject = subject_this_host(model);
	enum sync sync = sync_of(model);
	struct claim claim;

	if (sync == SYNC_FINE)
		return;
	claim_init(&claim, &clock_unsynchronized_rule, &subject);
	claim.basis = sync == SYNC_NEVER ? BASIS_INFERRED : BASIS_REPORTED;
	claim.severity = sync == SYNC_NEVER || (sync == SYNC_STALE && !is_warning(model))
				 ? SEVERITY_INFO
				 : SEVERITY_WARNING;
	claim.confidence = confidence[sync];
	claim.count = 1;
	claim.first_ns = sync == SYNC_LOST ? local->synced_ns : local->clock_first.h.ts_ns;
	claim.last_ns = c->h.ts_ns;
	claim.window_ns = claim.last_ns - claim.first_ns;
	say_sync(&claim, local, sync);
	if (sync == SYNC_LOST)
		claim_message(&claim, "CLOCK: it is no longer in sync with its time servers.");
	else if (sync == SYNC_STALE)
		claim_message(&claim, "CLOCK: nobody has corrected it for %s.",
			      text_duration((double)c->max_error_us / 500.0).s);
	else
		claim_message(&claim, "CLOCK: nobody keeps it in sync, %s after boot.",
			      text_duration((double)c->boottime_ns / 1e9).s);
	claim_advice(&claim, false, "See who should keep it, and its servers",
		     "timedatectl status");
	claim_advice(&claim, false, "With chrony: see the servers' answers", "chronyc sources -v");
	judgement->claim(judgement->ctx, &claim);
}

static bool sync_exposed(const struct model *model, char *buf, size_t size)
{
	if (model_local(model)->clock.h.type && model_tick_count(model) >= 3)
		return true;
	snprintf(buf, size, "the clock was looked at less than three times");
	return false;
}

static bool sync_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct event_clock_state *c = &model_local(model)->clock;

	(void)subject;
	return c->h.ts_ns > since_ns && clock_is_kept(c) && sync_of(model) == SYNC_FINE;
}

/* ---- clock-step ---- */

/* Ahead is positive. */
static double step_s(const struct event_clock_step *step)
{
	return ((double)step->realtime_ns - (double)step->expected_ns) / 1e9;
}

static double size_s(const struct event_clock_step *step)
{
	double s = step_s(step);

	return s < 0.0 ? -s : s;
}

/* The largest of the window; *ret_n: how many there were. */
static const struct event_clock_step *find_step(const struct model *model, unsigned int *ret_n)
{
	const struct frame *frame = model_frame(model);
	const struct event_clock_step *step, *most = NULL;
	double least = model_threshold(model, &min_step_s);

	*ret_n = 0;
	for (unsigned int i = 0; (step = local_step(model_local(model), i)); i++) {
		if (step->h.ts_ns + frame->window_ns < frame->now_ns || size_s(step) < least)
			continue;
		++*ret_n;
		if (!most || size_s(step) > size_s(most))
			most = step;
	}
	return most;
}

/* No other one that is told, in this run. */
static bool is_only_one(const struct model *model)
{
	const struct local *local = model_local(model);
	double least = model_threshold(model, &min_step_s);
	const struct event_clock_step *step;
	unsigned int n = 0;

	for (unsigned int i = 0; (step = local_step(local, i)); i++)
		n += size_s(step) >= least;
	return n == 1 && local->n_steps <= CLOCK_STEPS_KEPT;
}

static bool is_first_setting(const struct model *model, const struct event_clock_step *step)
{
	return step_s(step) > 0.0 && is_only_one(model) &&
	       (double)step->boottime_ns / 1e9 < model_threshold(model, &boot_s);
}

static void judge_step(const struct model *model, const struct judgement *judgement)
{
	struct subject subject = subject_this_host(model);
	const struct event_clock_step *step;
	const char *way;
	struct text by;
	unsigned int n;
	struct claim claim;

	step = find_step(model, &n);
	if (!step)
		return;
	way = step_s(step) < 0.0 ? "back" : "ahead";
	by = size_s(step) < 60.0 ? text_latency(size_s(step) * 1e9) : text_duration(size_s(step));
	claim_init(&claim, &clock_step_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.confidence = 0.98;
	claim.count = n;
	claim.first_ns = claim.last_ns = step->h.ts_ns;
	claim.window_ns = model_frame(model)->window_ns;
	claim_evidence(&claim, ROLE_FOR, true, "clock.step", step_s(step), "s",
		       "the wall clock was set %s by %s", way, by.s);
	if (n > 1)
		claim_evidence(&claim, ROLE_FOR, true, "clock.steps", n, "{step}",
			       "%u steps within a minute: two may be fighting over it", n);
	claim_text(&claim, ROLE_NOT_US,
		   "what is judged here goes by the monotonic clock, which no one can set");
	if (step->leap) {
		claim.severity = SEVERITY_INFO;
		claim_text(&claim, ROLE_AGAINST, "it is a leap second");
	} else if (is_first_setting(model, step)) {
		claim.severity = SEVERITY_INFO;
		claim_text(&claim, ROLE_AGAINST, "ahead, and minutes after boot: it was set right");
	}
	claim_text(&claim, ROLE_UNKNOWN, "who set it");
	claim_message(&claim,
		      "CLOCK: the wall clock was set %s by %s; times across it do not compare.",
		      way, by.s);
	claim_advice(&claim, false, "See what the time daemon did",
		     "journalctl -b -t chronyd -t systemd-timesyncd");
	claim_advice(&claim, false, "See who keeps the clock", "timedatectl status");
	judgement->claim(judgement->ctx, &claim);
}

/* A minute without another one. */
static bool step_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	unsigned int n;

	(void)subject;
	return model_now(model) > since_ns && !find_step(model, &n);
}

const struct rule clock_unsynchronized_rule = {
	.kind = "clock-unsynchronized",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"Nobody keeps the wall clock right: it lost its time servers an hour ago, or was not "
		"corrected for hours (one: told as info), or never was since boot (info).",
	.against =
		"The hour after a start, or after the clock was set; a machine that is meant to run without, or whose hypervisor "
		"sets the clock.",
	.todo = "chronyc tracking, or timedatectl, says why.",
	.needs = {PROBE_CLOCK},
	.thresholds = (const struct threshold *const[]){&max_error_s, &warn_error_s, &lost_s,
							&never_s, NULL},
	.exposed = sync_exposed,
	.judge = judge_sync,
	.recovered = sync_recovered,
	.open_evals = 1,
	.close_evals = 3,
};

const struct rule clock_step_rule = {
	.kind = "clock-step",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"The wall clock jumped: somebody set it. Logs, certificates and timeouts that go by "
		"wall time are off; what culprit judges is not.",
	.against =
		"A leap second; a first step ahead in the minutes after boot (both told as info). A "
		"clock that NTP slews is never set.",
	.todo = "See who set it; times before and after it do not compare.",
	.needs = {PROBE_CLOCK},
	.thresholds = (const struct threshold *const[]){&min_step_s, &boot_s, NULL},
	.exposed = sync_exposed,
	.judge = judge_step,
	.recovered = step_recovered,
	.open_evals = 1,
	.close_evals = 3,
};
