/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook_cost.h - what the programs cost that run in others' context: so many runs, which they count themselves, at so many
 * nanoseconds each, by the kernel's own clock of a run (bpf_stats), which is on for one look now and then only.
 */
#ifndef CULPRIT_HOOK_COST_H
#define CULPRIT_HOOK_COST_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>

/* Fewer say nothing: the first ones run with cold caches. */
#define HOOK_COST_RUNS 32
/* Measured again with each so manieth look: as it costs a clock read more, twice a run, while it is measured. */
#define HOOK_COST_EACH 60

/* Of one program. All zero at first. */
struct hook_cost {
	__u64 stat_runs,
		stat_ns; /* as the kernel had them at the look before: of runs while bpf_stats were on */
	double run_ns; /* of one; 0 = not known yet */
	__u64 runs;    /* its own count that total_ns holds */
	double total_ns;
	__u64 seen; /* its own count at the latest look, */
	bool busy; /* and whether it ran so often since the one before that it is worth measuring */
};

/* Takes its count of runs and what the kernel says of it; what a run costs may be known by that, or better. */
void hook_cost_add(struct hook_cost *cost, __u64 runs, const struct bpf_prog_info *info);
/* It runs so often that one look is enough to measure it, and was not measured yet: what runs seldom costs nothing, and is
 * measured over many looks. */
bool hook_cost_wanted(const struct hook_cost *cost);

/* When bpf_stats are on: `fd` while they are, -1 else. */
struct hook_clock {
	int fd;
	unsigned int looks;
};
void hook_clock_init(struct hook_clock *clock);
/* After each look; `wanted`: a busy program was not measured yet. Turns them off again, or on where it is time; without
 * CAP_SYS_ADMIN they stay off. */
void hook_clock_look(struct hook_clock *clock, bool wanted);
void hook_clock_done(struct hook_clock *clock);

#endif
