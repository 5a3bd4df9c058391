/* SPDX-License-Identifier: BSD-2-Clause */
/* probes.c - the kernel side, as the live source sees it; see probes.h. */
#include "probe/probes.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <time.h>

#include <bpf/bpf.h>
#include <culprit/counters.h>

#include "probe/capability.h"
#include "probe/feature.h"
#include "probe/kernel_read.h"
#include "probe/mounted.h"
#include "probe/noise.h"
#include "probe/probes_impl.h"

#define EVENT_INTERVAL_NS 1000000000ULL

/* TCP's timers count in ticks; the coarse clocks' resolution is one. */
static unsigned int jiffy_us(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick))
		return 0;
	return (unsigned int)(tick.tv_nsec / 1000);
}

static unsigned int page_shift(void)
{
	unsigned int shift = 0;

	for (long size = sysconf(_SC_PAGESIZE); size > 1; size >>= 1)
		shift++;
	return shift;
}

static void init_runs(struct probes *probes, const struct probes_options *options)
{
	const char *value;
	int i;

	for (i = 0; i < PROBE_ROWS; i++) {
		struct probe_run *run = &probes->runs[i];

		run->row = &probe_table[i];
		run->way = -1;
		if (probe_listed(options->disable, run->row->name, &value)) {
			run->off = true;
			snprintf(run->reason, sizeof(run->reason), "forced off");
		}
		if (probe_listed(options->force_way, run->row->name, &value)) {
			snprintf(probes->force_way[i], sizeof(probes->force_way[i]), "%.*s",
				 (int)strcspn(value, ","), value);
			if (probes->force_way[i][0] == '-')
				run->refused = probes->force_way[i] + 1;
			else
				run->only = probes->force_way[i];
		}
	}
}

int probes_new(const struct probes_options *options, struct probes **ret_probes, struct err *err)
{
	unsigned long long interval_ns = options->event_interval_ns;
	int ret = mounted_check(err), cpus;
	struct probes *probes;

	if (ret < 0)
		return ret;
	cpus = libbpf_num_possible_cpus();
	probes = calloc(1, sizeof(*probes));
	if (!probes)
		return err_set(err, -ENOMEM, "no memory for the probes");
	if (cpus < 0) {
		free(probes);
		return err_set(err, cpus, "cannot tell how many CPUs there are");
	}
	probes->cpus = (unsigned int)cpus;
	probes->verbose = options->verbose;
	probes->rests = options->rests;
	if (!interval_ns)
		interval_ns = EVENT_INTERVAL_NS;
	probes->options.config.slow_io_ns = options->slow_io_ns;
	probes->options.config.peer_event_interval_ns = interval_ns;
	probes->options.config.dev_event_interval_ns = interval_ns;
	probes->options.config.own_pid = options->own_pid;
	probes->options.config.jiffy_us = jiffy_us();
	probes->options.config.page_shift = page_shift();
	probes->options.listen_zero_fd = -1;
	probes->ring_fd = -1;
	hook_clock_init(&probes->clock);
	fs_stats_init(&probes->fs, -1);
	dns_stats_init(&probes->dns, -1, -1);
	tls_probe_init(&probes->tls);
	init_runs(probes, options);
	*ret_probes = probes;
	return 0;
}

static int set_up_tcp(struct probes *probes)
{
	const struct object *object = &probes->objects[OBJECT_TCP];
	const struct probe_run *sample = probes_run(probes, HOOK_TCP_SAMPLE);
	int peers_fd = object_map_fd(object, "peers");
	int control_fd = object_map_fd(object, ".data.control");
	int ret;

	if (peers_fd < 0)
		return 0;
	probes->options.listen_zero_fd = object_map_fd(object, "listen_zero");
	probes->have_peers = true;
	ret = tcp_peers_init(&probes->peers, peers_fd, control_fd,
			     sample->link ? bpf_link__fd(sample->link) : -1);
	if (probes->rests)
		tcp_peers_rest(&probes->peers);
	return ret;
}

static void set_up_block(struct probes *probes)
{
	const struct object *object = &probes->objects[OBJECT_BLOCK];

	if (!probes_run(probes, HOOK_BLOCK_COMPLETE)->link)
		return;
	probes->have_blocks = true;
	block_stats_init(&probes->blocks, object_map_fd(object, "block_stats"),
			 object_map_fd(object, "block_errors"),
			 object_map_fd(object, "block_splits"), probes->cpus);
}

/* Whether the iterator can be made for one process is found out by making it, for ourselves. */
static bool scan_for_one(struct bpf_program *program)
{
	/* Never zero: a kernel that does not know the field takes nought for "not said". */
	union bpf_iter_link_info info = {.task = {.pid = (__u32)getpid()}};
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(program, &options);

	noise_clear();
	if (!link)
		return false;
	bpf_link__destroy(link);
	return true;
}

static void set_up_files(struct probes *probes)
{
	const struct object *object = &probes->objects[OBJECT_FILES];
	const struct probe_run *census = probes_run(probes, HOOK_FILES_CENSUS);
	const struct probe_run *scan = probes_run(probes, HOOK_FILES_SCAN);

	if (census->link) {
		probes->have_census = true;
		census_init(&probes->census, bpf_link__fd(census->link));
	}
	if (scan->way >= 0 && scan->program) {
		probes->have_scan = true;
		probes->scan.program = scan->program;
		probes->scan.control_fd = object_map_fd(object, ".data.control");
		probes->scan.for_one = scan_for_one(scan->program);
	}
}

static void set_up_system(struct probes *probes)
{
	const struct object *object = &probes->objects[OBJECT_SYSTEM];

	if (!probes_run(probes, HOOK_SYSTEM_EXIT)->link)
		return;
	probes->have_exits = true;
	exits_init(&probes->exits, object_map_fd(object, "exits"),
		   object_map_fd(object, ".data.control"));
}

static int attach_objects(struct probes *probes, struct err *err)
{
	int i, ret;

	probes->options.block_stats_max = block_stats_entries();
	for (i = 0; i < PROBE_OBJECTS; i++) {
		ret = object_attach(&probes->objects[i], (enum probe_object)i, probes->runs,
				    &probes->options);
		if (ret == 0 && i == OBJECT_TCP)
			ret = set_up_tcp(probes);
		if (ret)
			return err_set(err, ret, "cannot set up the probes of %s: %s",
				       object_name((enum probe_object)i), strerror(-ret));
	}
	/* It is known now which ways work; nothing of it stays while nothing is armed. */
	object_unload(&probes->objects[OBJECT_LEAK], probes->runs);
	object_unload(&probes->objects[OBJECT_REFUSED], probes->runs);
	object_unload(&probes->objects[OBJECT_TLS], probes->runs);
	set_up_block(probes);
	set_up_files(probes);
	fs_stats_init(&probes->fs, object_map_fd(&probes->objects[OBJECT_FS], "fs_wb"));
	set_up_system(probes);
	dns_stats_init(&probes->dns, object_map_fd(&probes->objects[OBJECT_DNS], "dns_servers"),
		       object_map_fd(&probes->objects[OBJECT_TCP], "dns_tcp"));
	return 0;
}

/* Without it the rings are looked at on time, so a failure is none. */
static void watch_rings(struct probes *probes)
{
	int i, fd, epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};

	for (i = 0; i < PROBE_OBJECTS && epoll_fd >= 0; i++) {
		fd = object_map_fd(&probes->objects[i], "ring");
		if (fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
			close(epoll_fd);
			epoll_fd = -1;
		}
	}
	probes->ring_fd = epoll_fd;
}

int probes_fd(const struct probes *probes)
{
	return probes->ring_fd;
}

/* Ways whose target this kernel lacks; a tracepoint's probe has no other. */
static void leave_out(struct probe_run *run, unsigned int lacks)
{
	const struct way *first = &run->row->ways[0];

	run->absent = lacks;
	if (!(lacks & 1) || run->off || strcmp(first->type, "tp_btf") != 0)
		return;
	run->off = true;
	snprintf(run->reason, sizeof(run->reason), "this kernel has no tracepoint %s",
		 first->target);
}

int probes_attach(struct probes *probes, struct err *err)
{
	const struct probe_run *failed = NULL;
	unsigned int lacks[PROBE_ROWS] = {0};
	unsigned int working = 0;
	int i, ret;

	noise_hold(probes->verbose);
	ret = capability_check(err);
	if (ret == 0)
		ret = feature_read(&probes->options.config, lacks, err);
	for (i = 0; ret == 0 && i < PROBE_ROWS; i++)
		leave_out(&probes->runs[i], lacks[i]);
	if (ret == 0)
		ret = attach_objects(probes, err);
	if (ret)
		return ret;
	for (i = 0; i < PROBE_ROWS; i++) {
		if (probes->runs[i].way >= 0)
			working++;
		else if (!failed)
			failed = &probes->runs[i];
	}
	watch_rings(probes);
	/* Reading types and programs took memory that is not needed again. */
	malloc_trim(0);
	if (!working)
		return err_set(
			err, -ENOTSUP,
			"no probe works on this kernel (Linux 5.8 or later is needed); %s: %s",
			failed->row->name, failed->reason);
	return 0;
}

int probes_drain(struct probes *probes, event_fn fn, void *ctx)
{
	int i, ret, urgent = 0;

	/* Disk errors first: few, and never to wait behind a storm of retransmits. */
	static const enum probe_object order[] = {OBJECT_BLOCK, OBJECT_FS,	OBJECT_SYSTEM,
						  OBJECT_TCP,	OBJECT_FILES,	OBJECT_LEAK,
						  OBJECT_DNS,	OBJECT_REFUSED, OBJECT_TLS};

	for (i = 0; i < PROBE_OBJECTS; i++) {
		ret = object_drain(&probes->objects[order[i]], fn, ctx);
		if (ret < 0)
			return ret;
		urgent += ret;
	}
	return urgent;
}

int probes_snapshot(struct probes *probes, unsigned long long now_ns, bool baseline, event_fn fn,
		    void *ctx)
{
	struct netns_list *netns = probes->have_peers ? &probes->peers.netns : NULL;
	int ret = 0;

	(void)baseline; /* the first one sends all, as nothing was sent before */
	if (probes->have_blocks)
		ret = block_stats_snapshot(&probes->blocks, now_ns, fn, ctx);
	if (ret == 0)
		ret = fs_stats_snapshot(&probes->fs, now_ns, fn, ctx);
	if (ret == 0 && probes->have_census)
		ret = census_snapshot(&probes->census, netns, now_ns, fn, ctx);
	if (ret == 0 && probes->have_peers)
		ret = tcp_peers_snapshot(&probes->peers, now_ns, fn, ctx);
	if (ret == 0)
		ret = dns_stats_snapshot(&probes->dns, now_ns, fn, ctx);
	if (ret == 0)
		ret = tls_probe_snapshot(&probes->tls, now_ns, fn, ctx);
	if (ret == 0 && probes->have_exits)
		ret = exits_snapshot(&probes->exits, now_ns, fn, ctx);
	return ret;
}

static __u64 armed_runs(const struct probes *probes)
{
	int fd = object_map_fd(&probes->objects[OBJECT_LEAK], "counters");
	__u64 counters[COUNTERS] = {0};

	if (fd < 0 || counters_read(fd, probes->cpus, counters))
		return 0;
	return counters[COUNTER_RUNS + HOOK_LEAK_OPEN] + counters[COUNTER_RUNS + HOOK_LEAK_CLOSE];
}

int probes_scan_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		    unsigned int scan, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct fd_live live = {0};
	bool is_armed = probes->leak.n && leak_probe_find(&probes->leak, pid);
	struct fd_scan_request request = {.pid = pid,
					  .start_ns = start_ns,
					  .scan = scan,
					  .now_ns = now_ns,
					  .live = is_armed ? &live : NULL};
	int ret;

	if (!probes->have_scan)
		return -ENOTSUP;
	ret = fd_scan_run(&probes->scan, &request, fn, ctx);
	if (ret >= 0 && is_armed)
		ret = leak_probe_report(&probes->leak, pid, &live, armed_runs(probes), now_ns, fn,
					ctx);
	fd_live_done(&live);
	return ret;
}

int probes_look_queue(struct probes *probes, unsigned int dev, bool full,
		      struct queue_look *ret_look)
{
	const struct probe_run *run = probes_run(probes, HOOK_BLOCK_QUEUE);
	int map_fd = object_map_fd(&probes->objects[OBJECT_BLOCK], "walk");
	unsigned long long queue;

	if (run->way < 0 || !run->program || map_fd < 0 || !probes->have_blocks)
		return -ENOTSUP;
	queue = block_stats_queue(&probes->blocks, dev);
	if (!queue)
		return -ENOENT;
	return block_queue_look(bpf_program__fd(run->program), map_fd, dev, queue, full, ret_look);
}

bool probes_netns(const struct probes *probes, unsigned int i, unsigned int *ret_inum,
		  unsigned int *ret_pid)
{
	const struct netns_list *list = &probes->peers.netns;

	if (!probes->have_peers || i + 1 >= list->used)
		return false;
	*ret_inum = list->all[i + 1].inum;
	*ret_pid = list->all[i + 1].pid;
	return true;
}

int probes_netns_netlink(const struct probes *probes, unsigned int inum, int protocol)
{
	const struct netns_list *list = &probes->peers.netns;

	for (unsigned int i = 0; probes->have_peers && i < list->used; i++)
		if (list->all[i].inum == inum)
			return netns_netlink(&list->all[i], protocol);
	return -ENOENT;
}

unsigned long long probes_oom_kills(const struct probes *probes)
{
	int fd = object_map_fd(&probes->objects[OBJECT_SYSTEM], "counters");
	__u64 values[probes->cpus], sum = 0;
	__u32 key = COUNTER_RUNS + HOOK_SYSTEM_OOM;

	if (fd < 0 || bpf_map_lookup_elem(fd, &key, values))
		return 0;
	for (unsigned int cpu = 0; cpu < probes->cpus; cpu++)
		sum += values[cpu];
	return sum;
}

int probes_waiting(struct probes *probes, waiting_fn fn, void *ctx)
{
	const struct probe_run *run = probes_run(probes, HOOK_SYSTEM_WAITING);

	if (!run->link)
		return -ENOTSUP;
	return waiting_read(bpf_link__fd(run->link), fn, ctx);
}

void probes_free(struct probes *probes)
{
	int i;

	if (!probes)
		return;
	if (probes->ring_fd >= 0)
		close(probes->ring_fd);
	hook_clock_done(&probes->clock);
	probes_disarm_all(probes);
	tls_probe_done(probes);
	for (i = 0; i < PROBE_ROWS; i++)
		bpf_link__destroy(probes->runs[i].link);
	for (i = 0; i < PROBE_OBJECTS; i++)
		object_done(&probes->objects[i]);
	if (probes->have_peers)
		tcp_peers_done(&probes->peers);
	if (probes->have_blocks)
		block_stats_done(&probes->blocks);
	if (probes->have_census)
		census_done(&probes->census);
	fs_stats_done(&probes->fs);
	dns_stats_done(&probes->dns);
	if (probes->have_exits)
		exits_done(&probes->exits);
	free(probes);
}
