/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - the host as a whole: how busy it is, who was killed for lack of memory, who ends badly again and
 * again, who hangs, what its hardware reports.
 */
#ifndef CULPRIT_MACHINE_H
#define CULPRIT_MACHINE_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"
#include "model/window.h"

#define LOOKS_KEPT   64
#define CPU_KEPT     16
#define KILLS_KEPT   8
#define ENDS_KEPT    16
#define EXITERS_MAX  128
#define WAITING_KEPT 16
#define HANGS_KEPT   8
#define PARTS_MAX    64

/* One name in one cgroup whose processes end badly. */
struct exiter {
	struct event_proc_exits now;
	struct event_proc_exits
		end[ENDS_KEPT]; /* as told at each look that saw more, the latest last */
	unsigned int n;
	bool based; /* the first of these is what a daemon's counters held before its first tick */
};

/* One part of the hardware that reported something. */
struct part {
	struct event_hardware_report first;
	struct event_hardware_report last;
	__u64 now[REPORT_FATAL + 1]; /* errors by severity */
	bool spoilt;		     /* one was not corrected, and whoever used it was hit */
	struct window window;
};

struct machine {
	struct event_host_load look[LOOKS_KEPT]; /* a ring: n_looks % LOOKS_KEPT is next */
	__u64 n_looks;
	struct event_host_load first;	     /* of the run */
	__u64 least_available;		     /* bytes, of all looks */
	struct event_host_cpu cpu[CPU_KEPT]; /* the same */
	__u64 n_cpu;
	struct event_oom_kill kill[KILLS_KEPT];
	__u64 n_kills;
	struct table exiters;				 /* struct exiter by name and cgroup */
	struct event_task_waiting waiting[WAITING_KEPT]; /* of the latest look that saw any */
	unsigned int n_waiting;
	struct event_task_hang hang[HANGS_KEPT];
	__u64 n_hangs;
	struct table parts; /* struct part */
};

void machine_init(struct machine *machine);
void machine_done(struct machine *machine);
/* Takes EVENT_HOST_LOAD, _CPU, EVENT_OOM_KILL, EVENT_PROC_EXITS, EVENT_TASK_WAITING, _HANG and
 * EVENT_HARDWARE_REPORT. 0 or -ENOMEM. */
int machine_apply(struct machine *machine, const struct frame *frame, const struct event *event);

/* The latest look, NULL before the first; `back` 1: the one before, and so on. */
const struct event_host_load *machine_look(const struct machine *machine, unsigned int back);
/* The i-th latest kill that is kept; NULL past the end. */
const struct event_oom_kill *machine_kill(const struct machine *machine, unsigned int i);
const struct event_task_hang *machine_hang(const struct machine *machine, unsigned int i);

/* What happened between the first and the last of the looks of the last `span_ns`, and the one before these: of a host
 * that is late, looks are rare, but its counters went on. None that is older than twice the span. */
struct load_span {
	double seconds;	 /* 0: less than two looks */
	double cpu_some; /* share of the time in which a task waited for a processor; */
	double mem_some; /* for memory; */
	double mem_full; /* and nothing ran. All three negative = unknown */
	double running;	 /* mean of the looks */
	__u32 least_running;
	__u32 cpus;
	__u64 least_available;
};
void machine_span(const struct machine *machine, __u64 span_ns, struct load_span *ret);

/* How the processors spent the last `span_ns`, as shares of all their time; false: it is not known. */
struct cpu_span {
	double user, nice, system, idle, iowait, steal;
};
bool machine_cpu_span(const struct machine *machine, __u64 span_ns, struct cpu_span *ret);

/* The next one, the first when NULL; NULL past the end. */
const struct exiter *machine_exiter(const struct machine *machine, const struct exiter *exiter);
/* What was told last before the last `span_ns` began; NULL: nothing, all happened in it. */
const struct event_proc_exits *exiter_before(const struct exiter *exiter, __u64 now_ns,
					     __u64 span_ns);
const struct part *machine_part(const struct machine *machine, const struct part *part);
/* Errors of this severity over the disk window. */
__u64 part_window(const struct part *part, const struct frame *frame,
		  enum report_severity severity);

#endif
