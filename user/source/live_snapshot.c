/* SPDX-License-Identifier: BSD-2-Clause */
/* live_snapshot.c - what the live source hands out, and in which order; see live.h. */
#include <stdio.h>
#include <stdlib.h>

#include "source/live.h"
#include "source/live_host.h"
#include "source/live_proc.h"

#define TICKS_PER_ACCOUNT 10
/* The kernel may have no memory for a moment, and all counters go on without us: a snapshot that
 * fails is counted and left out. Three in a row are no moment. */
#define FAILURES_MAX 3

static int tell_host(struct live *live, struct emit *emit)
{
	struct event_host event;

	live_host_read(&event, live->options.mode);
	return EMIT(emit, EVENT_HOST, &event);
}

/* What is allowed: as it is set, else what a daemon may cost; 0: any. */
static double budget_percent(const struct live *live)
{
	const char *text = live_settings_get(&live->settings, "budget_cpu");

	if (text)
		return strtod(text, NULL);
	return live->options.mode == RUN_DAEMON ? BUDGET_CPU_PERCENT : 0;
}

static __u64 budget_bytes(struct live *live, const struct budget_use *use)
{
	const char *text = live_settings_get(&live->settings, "budget_mb");

	if (text)
		return (__u64)(strtod(text, NULL) * 1e6);
	return live->options.mode == RUN_DAEMON ? live_budget_bytes(&live->budget, use) : 0;
}

/* What is left out is a probe that does less: the status line and the metrics have it. */
static int keep_to_budget(struct live *live, const struct event_self *self, struct emit *emit)
{
	struct live_budget *b = &live->budget;
	struct budget_use use = {self->wall_ns, self->cpu_ns + self->hooks_ns,
				 self->rss_bytes + self->map_bytes};
	const char *left_out[BUDGET_STEPS] = {NULL};
	char text[BUDGET_STEPS][96];

	if (!live_budget_judge(b, &use, budget_percent(live), budget_bytes(live, &use)))
		return 0;
	for (enum budget_step step = BUDGET_UNARMED; step < BUDGET_STEPS; step++) {
		const char *what = live_budget_left_out(b, step);

		snprintf(text[step], sizeof(text[step]), "%s: %s", what ? what : "", b->reason);
		left_out[step] = what ? text[step] : NULL;
	}
	live_asks_limit(&live->asks, left_out[BUDGET_UNARMED] != NULL);
	probes_limit(live->probes,
		     &(struct probes_limits){left_out[BUDGET_UNARMED], left_out[BUDGET_QUIET],
					     left_out[BUDGET_SELDOM],
					     left_out[BUDGET_SELDOM] ? BUDGET_SAMPLE_EACH : 1});
	return probes_report(live->probes, emit->now_ns, emit_event, emit);
}

static int tell_self(struct live *live, struct emit *emit)
{
	struct event_self event = {
		.wall_ns = emit->now_ns - live->born_ns,
		.map_bytes = probes_map_bytes(live->probes),
		.hooks_ns = probes_hooks_ns(live->probes),
	};

	live_self_read(&event);
	if (EMIT(emit, EVENT_SELF, &event) < 0)
		return emit->failed;
	return keep_to_budget(live, &event, emit);
}

static int tell_tick(struct live *live, struct emit *emit)
{
	struct event_tick event = {.seq = live->seq++, .interval_ms = live->options.tick_ms};

	return EMIT(emit, EVENT_TICK, &event);
}

static int account(struct live *live, struct emit *emit)
{
	int code = probes_account(live->probes, emit->now_ns, emit_event, emit);

	if (code < 0)
		return code;
	live_disks_account(live->disks, emit);
	live_chain_account(live->chain, emit);
	live_mounts_account(live->mounts, emit);
	live_nics_account(live->nics, emit);
	live_qdiscs_account(live->qdiscs, emit);
	live_queues_account(live->queues, emit);
	live_fs_account(live->fs, emit);
	live_thin_account(live->thin, emit);
	live_load_account(&live->load, emit);
	live_net_account(&live->net, emit);
	live_smart_account(live->smart, emit);
	emit_table(emit, "source.snapshots", live->seq, 0, live->failed_snapshots);
	return live_asks_account(&live->asks, emit);
}

static int poll_host(struct live *live, struct emit *emit)
{
	int code = live_clock_poll(&live->clock, emit);

	if (code == 0)
		code = live_disks_poll(live->disks, emit);
	if (code == 0)
		code = live_chain_poll(live->chain, live->disks, emit);
	if (code == 0)
		code = live_mounts_poll(live->mounts, emit);
	if (code == 0)
		code = live_fs_poll(live->fs, live->mounts, emit);
	if (code == 0)
		code = live_thin_poll(live->thin, live->disks, emit);
	if (code == 0)
		code = live_nics_poll(live->nics, emit);
	if (code == 0)
		code = live_qdiscs_poll(live->qdiscs, emit);
	return code;
}

int live_introduce(struct live *live, struct emit *emit)
{
	int code = live_clock_poll(&live->clock, emit);

	if (code == 0)
		code = tell_host(live, emit);
	if (code == 0)
		code = live_settings_tell(&live->settings, emit);
	if (code == 0)
		code = probes_report(live->probes, emit->now_ns, emit_event, emit);
	if (code == 0)
		code = live_load_report(&live->load, emit);
	if (code == 0)
		code = live_net_report(&live->net, emit);
	if (code == 0)
		code = live_ntp_report(&live->ntp, emit);
	if (code == 0)
		code = live_nics_report(live->nics, emit);
	if (code == 0)
		code = live_qdiscs_report(live->qdiscs, emit);
	return code < 0 ? code : poll_host(live, emit);
}

static int read_kernel(struct live *live, bool baseline, struct emit *emit)
{
	int code = probes_snapshot(live->probes, emit->now_ns, baseline, emit_event, emit);

	if (code >= 0) {
		live->failures = 0;
		return 0;
	}
	if (emit->failed || ++live->failures == FAILURES_MAX)
		return code;
	live->failed_snapshots++;
	return 0;
}

int live_snapshot(struct live *live, bool last, struct emit *emit)
{
	bool baseline = live->seq == 0;
	int code = probes_drain(live->probes, emit_event, emit);

	if (code < 0)
		return code;
	emit->now_ns = monotonic_ns();
	if (baseline)
		live->start_ns = emit->now_ns;
	code = baseline ? 0 : poll_host(live, emit);
	if (code == 0)
		code = read_kernel(live, baseline, emit);
	if (code == 0)
		code = live_queues_poll(live->queues, live->probes, live->disks, emit);
	if (code == 0)
		code = live_file_table_poll(&live->file_table, "", emit);
	if (code == 0)
		code = live_load_poll(&live->load, live->probes, emit);
	if (code == 0)
		code = live_net_poll(&live->net, live->probes, emit);
	if (code == 0)
		code = live_ntp_poll(&live->ntp, emit);
	if (code == 0)
		code = live_asks_tick(&live->asks, live->probes, emit);
	if (code == 0 && (last || live->seq % TICKS_PER_ACCOUNT == 0))
		code = account(live, emit);
	if (code >= 0)
		code = tell_self(live, emit);
	return code == 0 ? tell_tick(live, emit) : code;
}

struct drained {
	struct emit *emit;
	bool failed; /* a request */
};

static int pass_on(void *ctx, const struct event *event)
{
	struct drained *drained = ctx;

	drained->failed |= event->type == EVENT_BLOCK_IO &&
			   ((const struct event_block_io *)event)->reason == BLOCK_IO_ERROR;
	return emit_event(drained->emit, event);
}

int live_drain(struct live *live, struct emit *emit)
{
	struct event_pulse event = {0};
	struct drained drained = {.emit = emit};
	int code, urgent = probes_drain(live->probes, pass_on, &drained);
	bool changed;

	if (drained.failed)
		live_chain_suspect(live->chain);
	if (urgent < 0)
		return urgent;
	emit->now_ns = monotonic_ns();
	code = live_nics_changes(live->nics, emit, &changed);
	if (code < 0 || (!urgent && !changed))
		return code;
	/* It may be of a file system, which then has more to say. */
	if (urgent) {
		live_fs_hurry(live->fs);
		live_mounts_again(live->mounts);
	}
	/* It may be a disk that came since the last tick: who judges its errors must know its name. */
	code = live_disks_poll(live->disks, emit);
	if (code == 0)
		code = live_chain_follow(live->chain, live->disks, emit);
	return code < 0 ? code : EMIT(emit, EVENT_PULSE, &event);
}
