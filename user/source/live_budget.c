/* SPDX-License-Identifier: BSD-2-Clause */
/* live_budget.c - when to leave out what; see live_budget.h. */
#include "source/live_budget.h"

#include <stdio.h>

#define CALM_SHARE 0.7

static bool move_to(struct live_budget *b, enum budget_step step)
{
	bool changed = b->step != step;

	b->step = step;
	b->calm = 0;
	if (step == BUDGET_ALL)
		b->reason[0] = '\0';
	return changed;
}

/* How much of its budget it uses; the worse of the two, which is the reason when it is too much. */
static double share(struct live_budget *b, double cpu, double cpu_percent, __u64 used, __u64 bytes)
{
	double of_cpu = cpu_percent > 0 ? cpu / cpu_percent : 0;
	double of_memory = bytes ? (double)used / (double)bytes : 0;

	if (of_cpu <= 1 && of_memory <= 1)
		return of_cpu >= of_memory ? of_cpu : of_memory;
	if (of_cpu >= of_memory)
		snprintf(b->reason, sizeof(b->reason), "%.3g %% of a core, budget %.3g %%", cpu,
			 cpu_percent);
	else
		snprintf(b->reason, sizeof(b->reason), "%.3g MB, budget %.3g MB",
			 (double)used / 1e6, (double)bytes / 1e6);
	return of_cpu >= of_memory ? of_cpu : of_memory;
}

__u64 live_budget_bytes(struct live_budget *b, const struct budget_use *use)
{
	const __u64 least = BUDGET_MB * 1000000ULL;

	if (!b->start_bytes)
		b->start_bytes = use->bytes;
	return b->start_bytes * 3 / 2 > least ? b->start_bytes * 3 / 2 : least;
}

bool live_budget_judge(struct live_budget *b, const struct budget_use *use, double cpu_percent,
		       __u64 bytes)
{
	double now, cpu;

	if (cpu_percent <= 0 && !bytes)
		return move_to(b, BUDGET_ALL);
	if (!b->wall_ns || use->wall_ns <= b->wall_ns) {
		b->wall_ns = use->wall_ns;
		b->cpu_ns = use->cpu_ns;
		return false;
	}
	if (++b->ticks < BUDGET_TICKS)
		return false;
	cpu = 100.0 * (double)(use->cpu_ns - b->cpu_ns) / (double)(use->wall_ns - b->wall_ns);
	b->ticks = 0;
	b->wall_ns = use->wall_ns;
	b->cpu_ns = use->cpu_ns;
	now = share(b, cpu, cpu_percent, use->bytes, bytes);
	if (now > 1) {
		b->calm = 0;
		return b->step + 1 < BUDGET_STEPS && move_to(b, b->step + 1);
	}
	b->calm = now < CALM_SHARE ? b->calm + 1 : 0;
	return b->calm >= BUDGET_CALM && b->step > BUDGET_ALL && move_to(b, b->step - 1);
}

const char *live_budget_left_out(const struct live_budget *b, enum budget_step from)
{
	static const char *const words[BUDGET_STEPS] = {
		[BUDGET_UNARMED] = "not armed",
		[BUDGET_QUIET] = "only counted",
		[BUDGET_SELDOM] = "each fourth look only",
	};

	return b->step >= from ? words[from] : NULL;
}
