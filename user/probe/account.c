/* SPDX-License-Identifier: BSD-2-Clause */
/* account.c - what the probes say of themselves: how each attached, rings, tables, hooks; see probes.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <culprit/counters.h>
#include <culprit/map_fs.h>
#include <culprit/map_system.h>
#include <culprit/map_tcp.h>
#include <culprit/map_tls.h>

#include "probe/kernel_read.h"
#include "probe/probes_impl.h"

struct sender {
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

static int send(const struct sender *sender, struct event *event, __u32 type, __u32 size)
{
	event->ts_ns = sender->now_ns;
	event->type = type;
	event->size = size;
	return sender->fn(sender->ctx, event);
}

/* The sample works, but not in each namespace: setns() needs CAP_SYS_ADMIN. */
static void degrade_sample(const struct probes *probes, struct event_probe *event)
{
	if (!probes->have_peers || !probes->peers.netns.refused || event->state != PROBE_ACTIVE)
		return;
	event->state = PROBE_DEGRADED;
	snprintf(event->reason, sizeof(event->reason),
		 "other network namespaces: %s (CAP_SYS_ADMIN)",
		 strerror(probes->peers.netns.refused));
}

/* It could do more, and is told not to. */
static void limit(const struct probes *probes, enum hook hook, struct event_probe *event)
{
	const char *why = "";

	if (hook == HOOK_TCP_SAMPLE)
		why = probes->sampled_limit;
	else if (hook == HOOK_TCP_STATE || hook == HOOK_TCP_RETRANSMIT || hook == HOOK_TCP_SYNACK)
		why = probes->told_limit;
	else if (hook == HOOK_BLOCK_ISSUE || hook == HOOK_BLOCK_INSERT || hook == HOOK_FILES_SCAN ||
		 hook == HOOK_LEAK_OPEN || hook == HOOK_LEAK_CLOSE || hook == HOOK_REFUSED_NUMBER ||
		 hook == HOOK_REFUSED_FILE || hook == HOOK_TLS_HANDSHAKE ||
		 hook == HOOK_TLS_CONNECT || hook == HOOK_TLS_RECEIVE)
		why = probes->armed_limit;
	if (!why[0] || event->state == PROBE_UNAVAILABLE)
		return;
	event->state = PROBE_DEGRADED;
	snprintf(event->reason, sizeof(event->reason), "%s", why);
}

void probes_limit(struct probes *probes, const struct probes_limits *limits)
{
	int quiet_fd = object_map_fd(&probes->objects[OBJECT_TCP], ".data.quiet");
	__u32 only = 0, quiet = limits->told != NULL;

	snprintf(probes->armed_limit, sizeof(probes->armed_limit), "%s",
		 limits->armed ? limits->armed : "");
	snprintf(probes->told_limit, sizeof(probes->told_limit), "%s",
		 limits->told ? limits->told : "");
	snprintf(probes->sampled_limit, sizeof(probes->sampled_limit), "%s",
		 limits->sampled ? limits->sampled : "");
	if (probes->have_peers)
		tcp_peers_sample_each(&probes->peers, limits->sample_each);
	if (quiet_fd >= 0)
		(void)bpf_map_update_elem(quiet_fd, &only, &quiet, BPF_ANY);
}

int probes_report(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct sender sender = {.now_ns = now_ns, .fn = fn, .ctx = ctx};
	int i, ret;

	for (i = 0; i < PROBE_ROWS; i++) {
		const struct probe_run *run = &probes->runs[i];
		struct event_probe event = {.state = PROBE_UNAVAILABLE};
		const struct way *way;

		snprintf(event.name, sizeof(event.name), "%s", run->row->name);
		snprintf(event.reason, sizeof(event.reason), "%s", run->reason);
		if (run->way >= 0) {
			way = &run->row->ways[run->way];
			event.state = way->lacks ? PROBE_DEGRADED : PROBE_ACTIVE;
			snprintf(event.via, sizeof(event.via), "%s/%s", way->type, way->target);
			if (way->lacks)
				snprintf(event.reason, sizeof(event.reason), "%s", way->lacks);
		}
		if (run->row->hook == HOOK_TCP_SAMPLE)
			degrade_sample(probes, &event);
		limit(probes, run->row->hook, &event);
		ret = send(&sender, &event.h, EVENT_PROBE, sizeof(event));
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int send_ring(const struct sender *sender, const struct object *object,
		     const __u64 *counters)
{
	struct event_ring event = {
		.produced = counters[COUNTER_PRODUCED],
		.delivered = object->delivered,
		.lost = counters[COUNTER_LOST],
		.suppressed = counters[COUNTER_SUPPRESSED],
	};

	snprintf(event.name, sizeof(event.name), "%s", object_name(object->which));
	return send(sender, &event.h, EVENT_RING, sizeof(event));
}

static int send_table(const struct sender *sender, const char *name, __u64 limit, __u64 used,
		      __u64 dropped)
{
	struct event_table event = {.limit = limit, .used = used, .dropped = dropped};

	snprintf(event.name, sizeof(event.name), "%s", name);
	return send(sender, &event.h, EVENT_TABLE, sizeof(event));
}

/*
 * A hook: its own count of runs, and the time that they took by what one takes (hook_cost.h). A program that is
 * interrupted by itself on the same CPU is not run by the kernel (6.1+, and iterators never): what it
 * would have counted is lost, and said as a table with room for all runs that dropped these.
 */
static int send_hook(const struct sender *sender, struct probe_run *run, __u64 runs)
{
	struct bpf_prog_info info = {0};
	struct event_hook event = {.runs = runs};
	__u32 len = sizeof(info);
	char name[32];
	int ret;

	if (!run->program || bpf_obj_get_info_by_fd(bpf_program__fd(run->program), &info, &len))
		return 0;
	snprintf(event.name, sizeof(event.name), "%s", bpf_program__name(run->program));
	hook_cost_add(&run->cost, runs, &info);
	event.run_ns = (__u64)run->cost.total_ns;
	ret = send(sender, &event.h, EVENT_HOOK, sizeof(event));
	if (ret < 0 || !info.recursion_misses)
		return ret;
	snprintf(name, sizeof(name), "%s.nested", run->row->name);
	return send_table(sender, name, runs + info.recursion_misses, runs, info.recursion_misses);
}

static int account_tables(const struct probes *probes, const struct sender *sender,
			  __u64 counters[PROBE_OBJECTS][COUNTERS])
{
	int ret = 0;

	if (probes->have_peers) {
		ret = send_table(sender, "tcp.peers", PEERS_MAX, probes->peers.used,
				 counters[OBJECT_TCP][COUNTER_NO_ENTRY]);
		if (ret >= 0)
			ret = send_table(sender, "tcp.namespaces", NETNS_MAX,
					 probes->peers.netns.used, probes->peers.netns.dropped);
	}
	if (ret >= 0 && probes->have_blocks)
		ret = send_table(sender, "block.stats", probes->options.block_stats_max,
				 probes->blocks.used, counters[OBJECT_BLOCK][COUNTER_NO_ENTRY]);
	if (ret >= 0 && probes->fs.fd >= 0)
		ret = send_table(sender, "fs.writeback", FS_WB_MAX, probes->fs.used,
				 counters[OBJECT_FS][COUNTER_NO_ENTRY]);
	if (ret >= 0 && probes->tls.n)
		ret = send_table(sender, "tls.outcomes", TLS_OUTCOMES_MAX, probes->tls.used,
				 counters[OBJECT_TLS][COUNTER_NO_ENTRY]);
	if (ret >= 0 && probes->have_exits)
		ret = send_table(sender, "system.exits", EXITS_MAX, probes->exits.used,
				 exits_evicted(&probes->exits));
	if (ret >= 0 && probes->have_census)
		ret = send_table(sender, "files.processes", probes->census.processes.max,
				 probes->census.processes.used, probes->census.processes.dropped);
	return ret;
}

int probes_account(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct sender sender = {.now_ns = now_ns, .fn = fn, .ctx = ctx};
	__u64 counters[PROBE_OBJECTS][COUNTERS] = {{0}};
	bool wanted = false;
	int i, fd, ret = 0;

	for (i = 0; i < PROBE_OBJECTS && ret >= 0; i++) {
		fd = object_map_fd(&probes->objects[i], "counters");
		if (fd < 0)
			continue;
		ret = counters_read(fd, probes->cpus, counters[i]);
		if (ret >= 0 && probes->objects[i].ring)
			ret = send_ring(&sender, &probes->objects[i], counters[i]);
	}
	if (ret >= 0)
		ret = account_tables(probes, &sender, counters);
	for (i = 0; i < PROBE_ROWS && ret >= 0; i++) {
		struct probe_run *run = &probes->runs[i];
		__u64 runs = counters[run->row->object][COUNTER_RUNS + run->row->hook];

		ret = send_hook(&sender, run, runs);
		wanted |= run->program && hook_cost_wanted(&run->cost);
	}
	hook_clock_look(&probes->clock, wanted);
	return ret < 0 ? ret : 0;
}

/* What iterates runs in this process, whose time has it. */
static bool is_of_others(const struct probe_run *run)
{
	return run->way >= 0 && strcmp(run->row->ways[run->way].type, "iter") != 0;
}

unsigned long long probes_hooks_ns(const struct probes *probes)
{
	double ns = 0;

	for (int i = 0; i < PROBE_ROWS; i++)
		if (is_of_others(&probes->runs[i]))
			ns += probes->runs[i].cost.total_ns;
	return (unsigned long long)ns;
}

unsigned long long probes_map_bytes(struct probes *probes)
{
	unsigned long long bytes = 0;
	int i;

	for (i = 0; i < PROBE_OBJECTS; i++)
		bytes += object_map_bytes(&probes->objects[i]);
	return bytes;
}
