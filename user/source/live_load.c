/* SPDX-License-Identifier: BSD-2-Clause */
/* live_load.c - how busy the host is, and who waits; see live_load.h. */
#include "source/live_load.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/host_text.h"
#include "small_file.h"

/* /proc/stat sums over all interrupts and processors: on a large host that takes a millisecond. */
#define LOOKS_PER_CPU 10
/* A task that hangs does so for half a minute; a walk over 1,000 tasks takes 0.1 ms. */
#define LOOKS_PER_WAITING 4
/* So long uninterruptibly and not run once: told of. No healthy disk takes that long. */
#define TOLD_FROM_NS (8 * 1000000000ULL)
#define TOLD_MAX     16

struct task_seen {
	struct {
		__u64 start_ns; /* the leader's */
		__u32 tid;
		__u32 pad;
	} key;
	__u64 switches;
	__u64 since_ns;
	unsigned int round;
	__u32 pid;
	char comm[EVENT_COMM_LEN];
};

void live_load_init(struct live_load *load, const char *root, bool load_off, bool pressure_off)
{
	memset(load, 0, sizeof(*load));
	load->load_off = load_off;
	load->pressure_off = pressure_off;
	snprintf(load->root, sizeof(load->root), "%s", root);
	id_table_init(&load->waiting, sizeof(((struct task_seen *)0)->key),
		      sizeof(struct task_seen), LIVE_WAITING_MAX);
}

void live_load_done(struct live_load *load)
{
	id_table_done(&load->waiting);
}

int live_load_account(const struct live_load *load, struct emit *emit)
{
	return emit_table(emit, "source.waiting", LIVE_WAITING_MAX, load->waiting.used,
			  load->waiting.dropped);
}

static bool read_text(const struct live_load *load, const char *name, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/%s", load->root, name);
	return small_file_read(AT_FDCWD, path, text, size) > 0;
}

static bool read_pressure(const struct live_load *load, struct event_host_load *event)
{
	char text[512];
	__u64 full;

	return !load->pressure_off && read_text(load, "pressure/cpu", text, sizeof(text)) &&
	       pressure_parse(text, &event->cpu_some_us, &full) &&
	       read_text(load, "pressure/memory", text, sizeof(text)) &&
	       pressure_parse(text, &event->mem_some_us, &event->mem_full_us);
}

static bool read_load(struct live_load *load, struct event_host_load *event)
{
	char text[4096];

	if (load->load_off || !read_text(load, "loadavg", text, sizeof(text)) ||
	    !loadavg_parse(text, event))
		return false;
	/* We run: we read. */
	event->running -= event->running > 0;
	if (!read_text(load, "meminfo", text, sizeof(text)) || !meminfo_parse(text, event))
		return false;
	event->flags = read_pressure(load, event) ? HOST_PRESSURE : 0;
	return true;
}

static int report(struct emit *emit, const char *name, const char *via, bool works,
		  const char *reason)
{
	struct event_probe event = {.state = works ? PROBE_ACTIVE : PROBE_UNAVAILABLE};

	snprintf(event.name, sizeof(event.name), "%s", name);
	if (works)
		snprintf(event.via, sizeof(event.via), "%s", via);
	else
		snprintf(event.reason, sizeof(event.reason), "%s", reason);
	return EMIT(emit, EVENT_PROBE, &event);
}

int live_load_report(struct live_load *load, struct emit *emit)
{
	struct event_host_load event = {0};
	bool works = read_load(load, &event);
	int code = report(emit, "host.load", "/proc/loadavg, /proc/meminfo", works,
			  load->load_off ? "forced off"
					 : "/proc/loadavg or /proc/meminfo cannot be read");

	if (code < 0)
		return code;
	return report(emit, "host.pressure", "/proc/pressure", read_pressure(load, &event),
		      load->pressure_off ? "forced off" : "no /proc/pressure: boot with psi=1");
}

static int tell_cpu(struct live_load *load, struct emit *emit)
{
	struct event_host_cpu event = {0};
	char text[512];

	if (!read_text(load, "stat", text, sizeof(text)) ||
	    !stat_cpu_parse(text, sysconf(_SC_CLK_TCK), &event))
		return 0;
	return EMIT(emit, EVENT_HOST_CPU, &event);
}

/* ---- who waits ---- */

struct look {
	struct live_load *load;
	__u64 now_ns;
};

static void on_waiting(void *ctx, const struct waiting_record *record)
{
	const struct look *look = ctx;
	struct task_seen key = {.key = {record->start_ns, record->tid, 0}}, *seen;
	bool is_new;

	look->load->waiting_now++;
	seen = id_table_add(&look->load->waiting, &key.key, &is_new);
	if (!seen)
		return;
	/* Run meanwhile: it is another wait. */
	if (is_new || seen->switches != record->switches) {
		seen->switches = record->switches;
		seen->since_ns = look->now_ns;
	}
	seen->round = look->load->round;
	seen->pid = record->pid;
	memcpy(seen->comm, record->comm, sizeof(seen->comm));
}

static int tell_waiting(const struct live_load *load, const struct task_seen *seen,
			struct emit *emit)
{
	struct event_task_waiting event = {
		.start_ns = seen->key.start_ns,
		.since_ns = seen->since_ns,
		.pid = seen->pid,
		.tid = seen->key.tid,
		.total = load->waiting_now,
	};
	char path[160], text[128];

	memcpy(event.comm, seen->comm, sizeof(event.comm));
	snprintf(path, sizeof(path), "%s/proc/%u/task/%u/wchan", load->root, seen->pid,
		 seen->key.tid);
	small_file_text(AT_FDCWD, path, text, sizeof(text));
	if (strcmp(text, "0") != 0)
		text_copy(event.wchan, sizeof(event.wchan), text);
	return EMIT(emit, EVENT_TASK_WAITING, &event);
}

static int poll_waiting(struct live_load *load, struct probes *probes, struct emit *emit)
{
	struct look look = {.load = load, .now_ns = emit->now_ns};
	unsigned int told = 0, i = 0;

	load->round++;
	load->waiting_now = 0;
	/* A look that fails leaves what was seen for the next one. */
	if (probes_waiting(probes, on_waiting, &look) < 0)
		return 0;
	while (i < load->waiting.used && !emit->failed) {
		const struct task_seen *seen = id_table_at(&load->waiting, i);

		if (seen->round != load->round) {
			id_table_remove_at(&load->waiting, i);
			continue;
		}
		i++;
		if (told < TOLD_MAX && emit->now_ns - seen->since_ns >= TOLD_FROM_NS) {
			told++;
			tell_waiting(load, seen, emit);
		}
	}
	return emit->failed;
}

int live_load_poll(struct live_load *load, struct probes *probes, struct emit *emit)
{
	struct event_host_load event = {0};
	bool tenth = load->looks++ % LOOKS_PER_CPU == 0;
	int code = 0;

	if (tenth) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);

		load->cpus = n > 0 ? (__u32)n : 1;
	}
	if (read_load(load, &event)) {
		event.cpus = load->cpus;
		event.oom_kills = probes ? probes_oom_kills(probes) : 0;
		code = EMIT(emit, EVENT_HOST_LOAD, &event);
		load->queued = event.running > load->cpus;
	}
	if (code == 0 && (tenth || load->queued))
		code = tell_cpu(load, emit);
	if (code == 0 && probes && load->looks % LOOKS_PER_WAITING == 0)
		code = poll_waiting(load, probes, emit);
	return code;
}
