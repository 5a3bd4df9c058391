/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exposure.c - what each class was seen to do: the numbers that earn a "clear"; see rule.h.
 *
 * In a trace they are of the whole run, in a daemon of the window.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/hist.h"
#include "model/machine.h"
#include "rules/disk_benign.h"
#include "rules/disk_status.h"
#include "rules/rule.h"
#include "rules/subjects.h"
#include "rules/text.h"

static void add_item(struct exposure *e, const char *name, double value)
{
	if (e->n == sizeof(e->item) / sizeof(e->item[0]))
		return;
	e->item[e->n].name = name;
	e->item[e->n].value = value;
	e->n++;
}

static void say(struct exposure *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends what fits as a whole. */
static void say(struct exposure *e, const char *fmt, ...)
{
	size_t at = strlen(e->text), room = sizeof(e->text) - at;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(e->text + at, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		e->text[at] = '\0';
}

/* ---- hardware ---- */

static bool is_recent(const struct model *model)
{
	return model_frame(model)->mode == RUN_DAEMON;
}

static __u64 disk_ios(const struct model *model, const struct disk *disk)
{
	__u64 ios = 0;

	for (unsigned int op = 0; op < BLOCK_OPS; op++)
		ios += is_recent(model) ? disk_requests_window(disk, model_frame(model), op)
					: disk_requests(disk, op);
	return ios;
}

/* Failures that speak of the disk; not what it does not support, or was not meant seriously. */
static __u64 disk_errors(const struct model *model, const struct disk *disk)
{
	__u64 errors = 0;

	for (unsigned int i = 0; i < disk->n_faults; i++) {
		const struct disk_fault *f = &disk->fault[i];

		if (disk_failure_of(f->op, f->status) == FAILURE_NONE ||
		    disk_failures_are_benign(model, disk, f->op, f->status))
			continue;
		errors += is_recent(model) ? disk_fault_window(f, model_frame(model), FAULT_HARMFUL)
					   : f->now[FAULT_HARMFUL];
	}
	return errors;
}

static void say_nics(struct exposure *e, const struct model *model)
{
	const struct nic *nic = NULL, *only = NULL;
	unsigned int up = 0;

	while ((nic = nics_next(model_nics(model), nic))) {
		if (nic->flags & NIC_LOOPBACK || !(nic->flags & NIC_RUNNING) ||
		    subject_netns(model, nic->netns))
			continue;
		up++;
		if (!only || nic->ifindex < only->ifindex)
			only = nic;
	}
	if (up == 1)
		say(e, "; %s up", only->name);
	else if (up)
		say(e, "; %u interfaces up", up);
}

static void expose_hardware(struct exposure *e, const struct model *model)
{
	const struct disk *disk = NULL, *busiest = NULL;
	__u64 ios = 0, errors = 0, most = 0, hist[EVENT_HIST_SLOTS] = {0};
	unsigned int disks = 0;
	double p99_ns = 0.0;

	while ((disk = disks_next(model_disks(model), disk))) {
		__u64 n;

		if (disk->gone || disk->info.flags & DISK_PARTITION)
			continue;
		n = disk_ios(model, disk);
		disks++;
		ios += n;
		errors += disk_errors(model, disk);
		if (!busiest || n > most || (n == most && disk->info.dev < busiest->info.dev)) {
			busiest = disk;
			most = n;
		}
	}
	if (busiest) {
		disk_latency(busiest, model_frame(model), hist);
		p99_ns = hist_percentile_ns(hist, 0.99);
	}
	add_item(e, "disks", disks);
	add_item(e, "ios", (double)ios);
	add_item(e, "errors", (double)errors);
	/* Of all disks when several have something to do, and the busiest one's latency. */
	if (busiest && most == ios)
		say(e, "%.15s %s", busiest->info.name, text_plural(ios, "I/O").s);
	else
		say(e, "%s, %s", text_plural(disks, "disk").s, text_plural(ios, "I/O").s);
	if (p99_ns > 0.0)
		say(e, ", p99 %s", text_latency(p99_ns).s);
	say(e, ", %s", text_plural(errors, "error").s);
	say_nics(e, model);
}

/* ---- network ---- */

static void expose_network(struct exposure *e, const struct model *model)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = NULL;
	unsigned int peers = 0;
	__u64 segments = 0, resent = 0, connections = 0, attempts = 0;

	while ((peer = peers_next(model_peers(model), peer))) {
		bool recent = is_recent(model);
		__u64 n = recent ? peer_window(peer, frame, PEER_SEGS_OUT)
				 : peer_total(peer, PEER_SEGS_OUT);

		peers += n > 0;
		segments += n;
		resent += recent ? peer_window(peer, frame, PEER_SEGS_RETRANS)
				 : peer_total(peer, PEER_SEGS_RETRANS);
		attempts += recent ? peer_window(peer, frame, PEER_ATTEMPTS)
				   : peer_total(peer, PEER_ATTEMPTS);
		connections += peer->live;
	}
	add_item(e, "peers", peers);
	add_item(e, "connections", (double)connections);
	add_item(e, "attempts", (double)attempts);
	add_item(e, "segments", (double)segments);
	add_item(e, "resent", (double)resent);
	say(e, "%s, %s of %s resent", text_plural(peers, "peer").s, text_count(resent).s,
	    text_plural(segments, "segment").s);
}

/* ---- leaks ---- */

/* What the report's line has room for; a name that is cut names nobody. */
#define LEAK_TEXT_MAX 53

static void say_growth(struct exposure *e, __u64 processes, __s64 largest,
		       const struct process *most)
{
	const char *noun = processes == 1 ? "process" : "processes";
	int n;

	if (!most) {
		say(e, "%s %s, no lasting growth", text_count(processes).s, noun);
		return;
	}
	n = snprintf(e->text, sizeof(e->text), "%.12s %s, largest change %+lld (%.26s)",
		     text_count(processes).s, noun, (long long)largest,
		     text_process(most->comm, most->pid).s);
	if (n <= LEAK_TEXT_MAX)
		return;
	snprintf(e->text, sizeof(e->text), "%.12s %s, most %+lld %.26s", text_count(processes).s,
		 noun, (long long)largest, text_process(most->comm, most->pid).s);
}

static void expose_leaks(struct exposure *e, const struct model *model)
{
	const struct frame *frame = model_frame(model);
	const struct process *p = NULL, *most = NULL;
	__u64 processes = 0, fds = 0;
	__s64 largest = 0;
	__u32 pid = asked_pid(model);

	while ((p = processes_next(model_processes(model), p))) {
		unsigned int n;
		__s64 change;

		if (!p->counted || (pid && p->pid != pid))
			continue;
		processes++;
		fds += p->fds;
		n = process_buckets(p, frame);
		change = (__s64)process_floor(p, frame, 0) - (__s64)process_floor(p, frame, n - 1);
		if (change > largest ||
		    (change && change == largest && most && p->pid < most->pid)) {
			largest = change;
			most = p;
		}
	}
	add_item(e, "processes", (double)processes);
	add_item(e, "descriptors", (double)fds);
	add_item(e, "largest_growth", (double)largest);
	say_growth(e, processes, largest, most);
}

/* ---- system ---- */

/* "3.1 of 16 GB", "512 of 2,048 MB"; binary units, as memory is sold. */
static void say_memory(struct exposure *e, const struct event_host_load *look)
{
	double gib = (double)look->mem_total / (1 << 30),
	       free_gib = (double)look->mem_available / (1 << 30);

	if (gib >= 10.0)
		say(e, ", %.*f of %.0f GB free", free_gib < 10.0 ? 1 : 0, free_gib, gib);
	else
		say(e, ", %.1f of %.1f GB free", free_gib, gib);
}

static void expose_system(struct exposure *e, const struct model *model)
{
	const struct machine *machine = model_machine(model);
	const struct event_host_load *look = machine_look(machine, 0);
	struct load_span span;
	__u64 kills;

	if (!look) {
		say(e, "cpu, memory: not looked at");
		return;
	}
	machine_span(machine, model_frame(model)->window_ns, &span);
	/* The kernel's counter is exact, the ring may be ahead of it. */
	kills = look->oom_kills - machine->first.oom_kills;
	kills = machine->n_kills > kills ? machine->n_kills : kills;
	add_item(e, "cpus", look->cpus);
	add_item(e, "load1", (double)look->load1_centi / 100.0);
	add_item(e, "running", span.running);
	add_item(e, "memory_bytes", (double)look->mem_total);
	add_item(e, "memory_available_bytes", (double)machine->least_available);
	add_item(e, "oom_kills", (double)kills);
	if (span.cpu_some >= 0.0) {
		add_item(e, "cpu_pressure", span.cpu_some);
		add_item(e, "memory_pressure", span.mem_some);
	}
	say(e, "load %.1f of %u %s", (double)look->load1_centi / 100.0, look->cpus,
	    look->cpus == 1 ? "CPU" : "CPUs");
	say_memory(e, look);
	if (kills)
		say(e, ", %s", text_plural(kills, "OOM kill").s);
	else
		say(e, ", no OOM kill");
}

void class_exposure(const struct model *model, enum fault_class class, struct exposure *ret)
{
	memset(ret, 0, sizeof(*ret));
	switch (class) {
	case CLASS_HARDWARE:
		expose_hardware(ret, model);
		break;
	case CLASS_NETWORK:
		expose_network(ret, model);
		break;
	case CLASS_LEAK:
		expose_leaks(ret, model);
		break;
	default:
		expose_system(ret, model);
		break;
	}
}
