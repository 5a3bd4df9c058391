/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - the host as a whole; see machine.h. */
#include "model/machine.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

struct exiter_key {
	char comm[EVENT_COMM_LEN];
	char unit[64];
};

struct part_key {
	char where[64];
	__u32 source;
	__u32 cpu;
	__u32 bank;
	__u32 pad;
};

/* Both are only counted from events: a name that goes has been silent the longest. */
void machine_init(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	table_init(&machine->exiters, sizeof(struct exiter_key), sizeof(struct exiter),
		   EXITERS_MAX);
	table_init(&machine->parts, sizeof(struct part_key), sizeof(struct part), PARTS_MAX);
}

static void release_part(void *ctx, void *value)
{
	struct part *part = value;

	(void)ctx;
	window_done(&part->window);
}

void machine_done(struct machine *machine)
{
	machine->parts.release = release_part;
	table_done(&machine->exiters);
	table_done(&machine->parts);
}

/* ---- events ---- */

static void apply_load(struct machine *m, const struct event_host_load *event)
{
	if (!m->n_looks) {
		m->first = *event;
		m->least_available = event->mem_available;
	}
	if (event->mem_available < m->least_available)
		m->least_available = event->mem_available;
	m->look[m->n_looks++ % LOOKS_KEPT] = *event;
}

static void apply_kill(struct machine *m, const struct event_oom_kill *event)
{
	struct event_oom_kill *kill = &m->kill[m->n_kills++ % KILLS_KEPT];

	*kill = *event;
	copy_text(kill->comm, sizeof(kill->comm), event->comm, sizeof(event->comm));
	copy_text(kill->by_comm, sizeof(kill->by_comm), event->by_comm, sizeof(event->by_comm));
	copy_text(kill->unit, sizeof(kill->unit), event->unit, sizeof(event->unit));
	copy_text(kill->limit, sizeof(kill->limit), event->limit, sizeof(event->limit));
}

static int apply_exits(struct machine *m, const struct frame *frame,
		       const struct event_proc_exits *event)
{
	struct exiter_key key = {.comm = ""};
	struct event_proc_exits *now;
	struct exiter *exiter;

	copy_text(key.comm, sizeof(key.comm), event->comm, sizeof(event->comm));
	copy_text(key.unit, sizeof(key.unit), event->unit, sizeof(event->unit));
	exiter = table_find(&m->exiters, &key);
	if (!exiter)
		exiter = table_add(&m->exiters, &key);
	if (!exiter)
		return -ENOMEM;
	table_touch(&m->exiters, exiter);
	/* The kernel's entry was lost and made anew: so are its counts. */
	if (event->failed < exiter->now.failed) {
		exiter->n = 0;
		exiter->based = false;
	}
	if (!exiter->n && frame->mode == RUN_DAEMON && !frame->start_ns)
		exiter->based = true;
	now = &exiter->now;
	*now = *event;
	memcpy(now->comm, key.comm, sizeof(now->comm));
	memcpy(now->unit, key.unit, sizeof(now->unit));
	copy_text(now->parent, sizeof(now->parent), event->parent, sizeof(event->parent));
	if (exiter->n == ENDS_KEPT)
		memmove(&exiter->end[0], &exiter->end[1], --exiter->n * sizeof(exiter->end[0]));
	exiter->end[exiter->n++] = *now;
	return 0;
}

static void apply_waiting(struct machine *m, const struct event_task_waiting *event)
{
	struct event_task_waiting *task;

	if (m->n_waiting && m->waiting[0].h.ts_ns != event->h.ts_ns)
		m->n_waiting = 0;
	if (m->n_waiting == WAITING_KEPT)
		return;
	task = &m->waiting[m->n_waiting++];
	*task = *event;
	copy_text(task->comm, sizeof(task->comm), event->comm, sizeof(event->comm));
	copy_text(task->wchan, sizeof(task->wchan), event->wchan, sizeof(event->wchan));
}

static void apply_hang(struct machine *m, const struct event_task_hang *event)
{
	struct event_task_hang *hang = &m->hang[m->n_hangs++ % HANGS_KEPT];

	*hang = *event;
	copy_text(hang->comm, sizeof(hang->comm), event->comm, sizeof(event->comm));
}

static int apply_report(struct machine *m, const struct frame *frame,
			const struct event_hardware_report *event)
{
	unsigned int severity = event->severity <= REPORT_FATAL ? event->severity : REPORT_FATAL;
	struct part_key key = {.source = event->source, .cpu = event->cpu, .bank = event->bank};
	struct event_hardware_report report = *event;
	struct part *part;

	copy_text(report.where, sizeof(report.where), event->where, sizeof(event->where));
	copy_text(report.what, sizeof(report.what), event->what, sizeof(event->what));
	copy_text(key.where, sizeof(key.where), report.where, sizeof(report.where));
	m->parts.release = release_part;
	part = table_find(&m->parts, &key);
	if (!part) {
		part = table_add(&m->parts, &key);
		if (!part)
			return -ENOMEM;
		part->first = report;
	}
	table_touch(&m->parts, part);
	part->last = report;
	if (window_note(&part->window, part->now, REPORT_FATAL + 1,
			window_epoch(event->h.ts_ns, frame->disk_window_ns)))
		return -ENOMEM;
	part->now[severity] += event->count ? event->count : 1;
	/* A PCIe device's non-fatal ones cost one transaction each. */
	if (severity == REPORT_FATAL ||
	    (severity == REPORT_UNCORRECTED && event->source != REPORT_PCIE))
		part->spoilt = true;
	return 0;
}

int machine_apply(struct machine *machine, const struct frame *frame, const struct event *event)
{
	switch (event->type) {
	case EVENT_HOST_LOAD:
		apply_load(machine, (const struct event_host_load *)event);
		break;
	case EVENT_HOST_CPU:
		machine->cpu[machine->n_cpu++ % CPU_KEPT] = *(const struct event_host_cpu *)event;
		break;
	case EVENT_OOM_KILL:
		apply_kill(machine, (const struct event_oom_kill *)event);
		break;
	case EVENT_PROC_EXITS:
		return apply_exits(machine, frame, (const struct event_proc_exits *)event);
	case EVENT_TASK_WAITING:
		apply_waiting(machine, (const struct event_task_waiting *)event);
		break;
	case EVENT_TASK_HANG:
		apply_hang(machine, (const struct event_task_hang *)event);
		break;
	case EVENT_HARDWARE_REPORT:
		return apply_report(machine, frame, (const struct event_hardware_report *)event);
	default:
		break;
	}
	return 0;
}

/* ---- questions ---- */

const struct event_host_load *machine_look(const struct machine *m, unsigned int back)
{
	if (back >= LOOKS_KEPT || back >= m->n_looks)
		return NULL;
	return &m->look[(m->n_looks - 1 - back) % LOOKS_KEPT];
}

static const struct event_host_cpu *machine_cpu(const struct machine *m, unsigned int back)
{
	if (back >= CPU_KEPT || back >= m->n_cpu)
		return NULL;
	return &m->cpu[(m->n_cpu - 1 - back) % CPU_KEPT];
}

const struct event_oom_kill *machine_kill(const struct machine *m, unsigned int i)
{
	if (i >= KILLS_KEPT || i >= m->n_kills)
		return NULL;
	return &m->kill[(m->n_kills - 1 - i) % KILLS_KEPT];
}

const struct event_task_hang *machine_hang(const struct machine *m, unsigned int i)
{
	if (i >= HANGS_KEPT || i >= m->n_hangs)
		return NULL;
	return &m->hang[(m->n_hangs - 1 - i) % HANGS_KEPT];
}

static double share(__u64 now, __u64 then, double seconds)
{
	return now > then ? (double)(now - then) / 1e6 / seconds : 0.0;
}

void machine_span(const struct machine *m, __u64 span_ns, struct load_span *ret)
{
	const struct event_host_load *last = machine_look(m, 0), *first = last, *look;
	unsigned int n = 0;
	double running = 0.0;

	*ret = (struct load_span){.cpu_some = -1.0, .mem_some = -1.0, .mem_full = -1.0};
	if (!last)
		return;
	ret->cpus = last->cpus;
	ret->least_running = last->running;
	ret->least_available = last->mem_available;
	for (; (look = machine_look(m, n)) && first->h.ts_ns + span_ns > last->h.ts_ns; n++) {
		if (look->h.ts_ns + 2 * span_ns < last->h.ts_ns)
			break;
		first = look;
		running += look->running;
		if (look->running < ret->least_running)
			ret->least_running = look->running;
		if (look->mem_available < ret->least_available)
			ret->least_available = look->mem_available;
	}
	ret->running = running / n;
	ret->seconds = (double)(last->h.ts_ns - first->h.ts_ns) / 1e9;
	if (ret->seconds <= 0.0 || !(first->flags & last->flags & HOST_PRESSURE))
		return;
	ret->cpu_some = share(last->cpu_some_us, first->cpu_some_us, ret->seconds);
	ret->mem_some = share(last->mem_some_us, first->mem_some_us, ret->seconds);
	ret->mem_full = share(last->mem_full_us, first->mem_full_us, ret->seconds);
}

static __u64 all_ms(const struct event_host_cpu *c)
{
	return c->user_ms + c->nice_ms + c->system_ms + c->idle_ms + c->iowait_ms + c->irq_ms +
	       c->steal_ms;
}

static double part_of(__u64 now, __u64 then, double all)
{
	return now > then ? (double)(now - then) / all : 0.0;
}

bool machine_cpu_span(const struct machine *m, __u64 span_ns, struct cpu_span *ret)
{
	const struct event_host_cpu *last = machine_cpu(m, 0), *first = last, *at;
	double all;

	for (unsigned int i = 1; (at = machine_cpu(m, i)); i++) {
		first = at;
		if (at->h.ts_ns + span_ns <= last->h.ts_ns)
			break;
	}
	if (!last || all_ms(last) <= all_ms(first))
		return false;
	all = (double)(all_ms(last) - all_ms(first));
	ret->user = part_of(last->user_ms, first->user_ms, all);
	ret->nice = part_of(last->nice_ms, first->nice_ms, all);
	ret->system = part_of(last->system_ms, first->system_ms, all);
	ret->idle = part_of(last->idle_ms, first->idle_ms, all);
	ret->iowait = part_of(last->iowait_ms, first->iowait_ms, all);
	ret->steal = part_of(last->steal_ms, first->steal_ms, all);
	return true;
}

const struct exiter *machine_exiter(const struct machine *m, const struct exiter *exiter)
{
	return table_next(&m->exiters, exiter);
}

const struct event_proc_exits *exiter_before(const struct exiter *exiter, __u64 now_ns,
					     __u64 span_ns)
{
	const struct event_proc_exits *before = NULL;

	for (unsigned int i = 0; i < exiter->n; i++)
		if (exiter->end[i].h.ts_ns + span_ns < now_ns)
			before = &exiter->end[i];
	/* Older ones are not kept: what is known begins with the oldest. */
	if (!before && (exiter->n == ENDS_KEPT || exiter->based))
		before = &exiter->end[0];
	return before;
}

const struct part *machine_part(const struct machine *m, const struct part *part)
{
	return table_next(&m->parts, part);
}

__u64 part_window(const struct part *part, const struct frame *frame, enum report_severity severity)
{
	return window_gain(&part->window, part->now, severity, REPORT_FATAL + 1,
			   window_epoch(frame->now_ns, frame->disk_window_ns));
}
