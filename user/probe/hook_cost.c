/* SPDX-License-Identifier: BSD-2-Clause */
/* hook_cost.c - what the programs cost that run in others' context; see hook_cost.h. */
#include "probe/hook_cost.h"

#include <unistd.h>

#include <bpf/bpf.h>

/* Of what was known and what is measured now: a look at an odd moment does not turn it over. */
#define NEW_SHARE 0.5

void hook_cost_add(struct hook_cost *cost, __u64 runs, const struct bpf_prog_info *info)
{
	__u64 stat_runs = info->run_cnt - cost->stat_runs,
	      stat_ns = info->run_time_ns - cost->stat_ns;
	bool again = info->run_cnt < cost->stat_runs || runs < cost->runs; /* loaded anew */

	if (again) {
		*cost = (struct hook_cost){.run_ns = cost->run_ns, .total_ns = cost->total_ns};
		stat_runs = info->run_cnt;
		stat_ns = info->run_time_ns;
	}
	cost->busy = runs - cost->seen >= HOOK_COST_RUNS;
	cost->seen = runs;
	if (stat_runs >= HOOK_COST_RUNS) {
		double measured = (double)stat_ns / (double)stat_runs;

		cost->run_ns = cost->run_ns > 0
				       ? cost->run_ns + NEW_SHARE * (measured - cost->run_ns)
				       : measured;
		cost->stat_runs = info->run_cnt;
		cost->stat_ns = info->run_time_ns;
	}
	/* Runs before it was known are held until it is. */
	if (cost->run_ns > 0) {
		cost->total_ns += (double)(runs - cost->runs) * cost->run_ns;
		cost->runs = runs;
	}
}

bool hook_cost_wanted(const struct hook_cost *cost)
{
	return cost->run_ns <= 0 && cost->busy;
}

void hook_clock_init(struct hook_clock *clock)
{
	clock->fd = -1;
	clock->looks = 0;
}

void hook_clock_look(struct hook_clock *clock, bool wanted)
{
	bool was_on = clock->fd >= 0;

	hook_clock_done(clock);
	if (!was_on && (wanted || clock->looks % HOOK_COST_EACH == 0))
		clock->fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	clock->looks++;
}

void hook_clock_done(struct hook_clock *clock)
{
	if (clock->fd >= 0)
		close(clock->fd);
	clock->fd = -1;
}
