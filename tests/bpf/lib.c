/* SPDX-License-Identifier: BSD-2-Clause */
/* lib.c - events collected, and the world that the tests live in; see lib.h. */
#include "lib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

unsigned long long clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

struct bag *bag_open_with(const struct probes_options *options)
{
	struct bag *bag = calloc(1, sizeof(*bag));
	struct err err = {0};

	assert_non_null(bag);
	if (probes_new(options, &bag->probes, &err) || probes_attach(bag->probes, &err))
		fail_msg("probes: %s", err.text);
	bag_report(bag);
	return bag;
}

struct bag *bag_open(const char *disable, const char *force_way)
{
	struct probes_options options = {
		.disable = disable,
		.force_way = force_way,
		.slow_io_ns = 3600ULL * 1000000000ULL,
		.event_interval_ns = 1,
		.own_pid = 0,
	};

	return bag_open_with(&options);
}

void bag_close(struct bag *bag)
{
	probes_free(bag->probes);
	free(bag->data);
	free(bag);
}

int bag_put(void *ctx, const struct event *event)
{
	struct bag *bag = ctx;

	if (bag->used + event->size > bag->size) {
		bag->size = bag->size ? bag->size * 2 : 65536;
		bag->data = realloc(bag->data, bag->size);
		assert_non_null(bag->data);
	}
	memcpy(bag->data + bag->used, event, event->size);
	bag->used += event->size;
	return 0;
}

void bag_clear(struct bag *bag)
{
	bag->used = 0;
}

void bag_drain(struct bag *bag)
{
	int ret = probes_drain(bag->probes, bag_put, bag);

	assert_true(ret >= 0);
}

void bag_snapshot(struct bag *bag)
{
	assert_int_equal(probes_snapshot(bag->probes, clock_now_ns(), false, bag_put, bag), 0);
}

void bag_account(struct bag *bag)
{
	assert_int_equal(probes_account(bag->probes, clock_now_ns(), bag_put, bag), 0);
}

void bag_report(struct bag *bag)
{
	assert_int_equal(probes_report(bag->probes, clock_now_ns(), bag_put, bag), 0);
}

void bag_fill(struct bag *bag)
{
	bag_drain(bag);
	bag_snapshot(bag);
	bag_account(bag);
}

const struct event *bag_next(const struct bag *bag, const struct event *from, __u32 type)
{
	const unsigned char *at = from ? (const unsigned char *)from + from->size : bag->data;

	for (; at && at < bag->data + bag->used; at += ((const struct event *)at)->size)
		if (((const struct event *)at)->type == type)
			return (const struct event *)at;
	return NULL;
}

unsigned int bag_count(const struct bag *bag, __u32 type)
{
	const struct event *event = NULL;
	unsigned int n = 0;

	while ((event = bag_next(bag, event, type)))
		n++;
	return n;
}

/* The events of one type that have a name do so right after the header. */
static const struct event *named(const struct bag *bag, __u32 type, const char *name)
{
	const struct event *event = NULL, *found = NULL;

	while ((event = bag_next(bag, event, type)))
		if (strcmp((const char *)(event + 1), name) == 0)
			found = event;
	return found;
}

const struct event_probe *bag_probe(const struct bag *bag, const char *name)
{
	return (const void *)named(bag, EVENT_PROBE, name);
}

const struct event_ring *bag_ring(const struct bag *bag, const char *name)
{
	return (const void *)named(bag, EVENT_RING, name);
}

const struct event_table *bag_table(const struct bag *bag, const char *name)
{
	return (const void *)named(bag, EVENT_TABLE, name);
}

const struct event_tcp_peer *bag_peer(const struct bag *bag, enum peer_dir dir, const char *addr,
				      unsigned int port)
{
	struct peer_key key = {.netns = world_netns(), .port = (__u16)port, .dir = (__u8)dir};
	const struct event_tcp_peer *found = NULL;
	const struct event *event = NULL;

	if (inet_pton(AF_INET, addr, key.addr + 12) == 1)
		key.addr[10] = key.addr[11] = 0xff;
	else
		assert_int_equal(inet_pton(AF_INET6, addr, key.addr), 1);
	while ((event = bag_next(bag, event, EVENT_TCP_PEER)))
		if (memcmp(&((const struct event_tcp_peer *)event)->peer, &key, sizeof(key)) == 0)
			found = (const void *)event;
	return found;
}

const struct event_proc_fds *bag_fds(const struct bag *bag, pid_t pid)
{
	const struct event_proc_fds *found = NULL;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_PROC_FDS)))
		if (((const struct event_proc_fds *)event)->pid == (__u32)pid)
			found = (const void *)event;
	return found;
}

const struct event_block_stat *bag_stat(const struct bag *bag, __u32 dev, enum block_op op)
{
	const struct event_block_stat *found = NULL, *stat;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_BLOCK_STAT))) {
		stat = (const void *)event;
		if (stat->dev == dev && stat->op == (__u32)op)
			found = stat;
	}
	return found;
}

const struct event_block_status *bag_status(const struct bag *bag, __u32 dev, enum block_op op,
					    enum block_status status)
{
	const struct event_block_status *found = NULL, *at;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_BLOCK_STATUS))) {
		at = (const void *)event;
		if (at->dev == dev && at->op == (__u16)op && at->status == (__u16)status)
			found = at;
	}
	return found;
}

bool run(const char *fmt, ...)
{
	char command[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return system(command) == 0;
}

__u32 world_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return (__u32)st.st_ino;
}

int world_setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	/* Classic tracepoints are found there; the mount ends with this process. */
	if (access("/sys/kernel/tracing/events", F_OK) &&
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		print_message("no tracefs: %s\n", strerror(errno));
	/* 6.5+ resends a SYN four times at even intervals first: the tests want to wait less. */
	run("f=/proc/sys/net/ipv4/tcp_syn_linear_timeouts; [ ! -e $f ] || echo 0 >$f");
	return run("ip link set lo up") ? 0 : -1;
}

bool filter(const char *fmt, ...)
{
	char rule[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(rule, sizeof(rule), fmt, args);
	va_end(args);
	return run(
		"nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; "
		"add rule inet t in %s'",
		rule);
}

void filter_clear(void)
{
	run("nft 'add table inet t; delete table inet t'");
}

/* Two lines each: "TcpExt: Name Name ...", "TcpExt: 1 2 ...". */
static unsigned long long column(const char *path, const char *name)
{
	char names[8192], values[8192], *n, *v, *save_n, *save_v;
	unsigned long long found = ~0ULL;
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	while (found == ~0ULL && fgets(names, sizeof(names), file) &&
	       fgets(values, sizeof(values), file)) {
		n = strtok_r(names, " \n", &save_n);
		v = strtok_r(values, " \n", &save_v);
		for (; n && v;
		     n = strtok_r(NULL, " \n", &save_n), v = strtok_r(NULL, " \n", &save_v))
			if (strcmp(n, name) == 0)
				found = strtoull(v, NULL, 10);
	}
	fclose(file);
	return found;
}

unsigned long long netstat(const char *name)
{
	unsigned long long value = column("/proc/self/net/netstat", name);

	if (value == ~0ULL)
		value = column("/proc/self/net/snmp", name);
	assert_true(value != ~0ULL);
	return value;
}
