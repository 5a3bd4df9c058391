/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_budget.h - what a daemon may cost, and what it leaves out when it costs more.
 *
 * Judged over twelve ticks: CPU time of this process and of its programs in others' context, and its resident memory
 * with that of its maps. Over it, one step down; below 70 % of it for three times twelve ticks, one step up: a budget
 * that is just met does not go up and down.
 */
#ifndef CULPRIT_LIVE_BUDGET_H
#define CULPRIT_LIVE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

enum budget_step {
	BUDGET_ALL, /* nothing is left out */
	BUDGET_UNARMED, /* nothing is armed for a suspect: no call sites, breakdowns of descriptors, issuers of requests */
	BUDGET_QUIET, /* nor is anything told of single segments and connections: these are only counted */
	BUDGET_SELDOM, /* and sockets are sampled with each fourth look only */
	BUDGET_STEPS,
};

/* What a daemon may cost where nothing is set; a trace, anything. Of memory it is this, or half as much again as at its
 * start where that is more: maps grow with processors and disks, and doing less gives none of that back. */
#define BUDGET_CPU_PERCENT 1
#define BUDGET_MB	   32

#define BUDGET_TICKS	   12
#define BUDGET_CALM	   3 /* times that, before a step up */
#define BUDGET_SAMPLE_EACH 4

struct live_budget {
	enum budget_step step;
	char reason[64]; /* "1.31 % of a core, budget 1 %" */
	unsigned int ticks, calm;
	__u64 wall_ns, cpu_ns; /* when these ticks began */
	__u64 start_bytes;     /* 0: not known yet */
};

struct budget_use {
	__u64 wall_ns, cpu_ns; /* since the start; of the process and its programs */
	__u64 bytes;
};

/* After each tick. cpu_percent of a core and bytes: what is allowed; 0: any. True: the step has changed. Without
 * any budget it is BUDGET_ALL at once. */
bool live_budget_judge(struct live_budget *b, const struct budget_use *use, double cpu_percent,
		       __u64 bytes);

/* What is allowed where nothing is set; the first call is at the start. */
__u64 live_budget_bytes(struct live_budget *b, const struct budget_use *use);

/* What the reason of a probe says that does less from that step on; NULL before it. */
const char *live_budget_left_out(const struct live_budget *b, enum budget_step from);

#endif
