/* SPDX-License-Identifier: BSD-2-Clause */
/* test_live_net.c - the counters of a stack are told when they move; who holds a socket is found; a step is
 * measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/live_net.h"
#include "source/live_ntp.h"

struct seen {
	unsigned int stacks, tracked, sockets;
	struct event_net_stack stack;
	struct event_conntrack conntrack;
	struct event_probe probe;
};

static int take(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	if (event->type == EVENT_NET_STACK) {
		seen->stacks++;
		seen->stack = *(const struct event_net_stack *)event;
	} else if (event->type == EVENT_CONNTRACK) {
		seen->tracked++;
		seen->conntrack = *(const struct event_conntrack *)event;
	} else if (event->type == EVENT_PROBE) {
		seen->probe = *(const struct event_probe *)event;
	} else if (event->type == EVENT_SOCKET_QUEUE) {
		seen->sockets++;
	}
	return 0;
}

static char root[64];

static void put(const char *name, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_counters(unsigned int overflows, unsigned int udp)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "TcpExt: ListenOverflows ListenDrops TCPRetransFail\nTcpExt: %u %u 17\n",
		 overflows, overflows);
	put("self/net/netstat", text);
	snprintf(
		text, sizeof(text),
		"Ip: OutNoRoutes\nIp: 3\nTcp: PassiveOpens\nTcp: 40\nUdp: InDatagrams RcvbufErrors\nUdp: 90 %u\n",
		udp);
	put("self/net/snmp", text);
}

static int make_root(void **state)
{
	static const char *const dirs[] = {"",
					   "/proc",
					   "/proc/self",
					   "/proc/self/net",
					   "/proc/self/net/stat",
					   "/proc/sys",
					   "/proc/sys/net",
					   "/proc/sys/net/ipv4",
					   "/proc/sys/net/netfilter"};
	char path[128];

	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_live_net.%d", getpid());
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	put_counters(5, 6);
	put("self/net/snmp6", "Ip6OutNoRoutes 4\nUdp6InDatagrams 10\nUdp6RcvbufErrors 1\n");
	put("self/net/sockstat", "TCP: inuse 5 orphan 0 tw 12 alloc 7 mem 1\n");
	put("sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	put("sys/net/netfilter/nf_conntrack_max", "640\n");
	put("sys/net/netfilter/nf_conntrack_count", "400\n");
	put("self/net/stat/nf_conntrack", "entries drop early_drop\n64 1 2\n64 1 2\n");
	return 0;
}

static int remove_root(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void test_counters(void **state)
{
	struct live_net net;
	struct seen seen = {0};
	struct emit emit = {.fn = take, .ctx = &seen, .now_ns = 1};

	(void)state;
	live_net_init(&net, root, false);
	assert_int_equal(live_net_report(&net, &emit), 0);
	assert_int_equal(seen.probe.state, PROBE_ACTIVE);
	assert_int_equal(live_net_poll(&net, NULL, &emit), 0);
	assert_int_equal(seen.stacks, 1);
	assert_int_equal(seen.stack.listen_overflows, 5);
	assert_int_equal(seen.stack.accepted, 40);
	assert_int_equal(seen.stack.udp_in, 100);
	assert_int_equal(seen.stack.udp_drops, 7);
	assert_int_equal(seen.stack.send_fails, 17);
	assert_int_equal(seen.stack.no_routes, 7);
	assert_int_equal(seen.stack.time_wait, 12);
	assert_int_equal(seen.stack.port_high, 60999);
	assert_int_equal(seen.conntrack.limit, 640);
	assert_int_equal(seen.conntrack.drops, 2);
	assert_int_equal(seen.conntrack.early_drops, 4);
	/* What does not move is not told again. */
	live_net_poll(&net, NULL, &emit);
	assert_int_equal(seen.stacks + seen.tracked, 2);
	put("sys/net/netfilter/nf_conntrack_count", "409\n");
	live_net_poll(&net, NULL, &emit);
	assert_int_equal(seen.tracked, 1);
	put("sys/net/netfilter/nf_conntrack_count", "411\n");
	put_counters(9, 6);
	live_net_poll(&net, NULL, &emit);
	assert_int_equal(seen.tracked, 2);
	assert_int_equal(seen.stacks, 2);
	assert_int_equal(seen.stack.listen_overflows, 9);
	/* Gauges are read at each fourth look only. */
	put("self/net/sockstat", "TCP: inuse 5 orphan 0 tw 99 alloc 7 mem 1\n");
	for (int i = 0; i < 4; i++)
		live_net_poll(&net, NULL, &emit);
	assert_int_equal(seen.stacks, 3);
	assert_int_equal(seen.stack.time_wait, 99);
	live_net_done(&net);
}

/* Two hundred processors: more than fits into what the other files are read into. */
static void test_many_processors(void **state)
{
	static char text[40000] =
		"entries searched found new invalid ignore delete drop early_drop\n";
	struct live_net net;
	struct seen seen = {0};
	struct emit emit = {.fn = take, .ctx = &seen, .now_ns = 1};
	size_t n = strlen(text);

	(void)state;
	for (unsigned int i = 0; i < 200; i++)
		n += (size_t)snprintf(
			text + n, sizeof(text) - n,
			"%08x %08x %08x %08x %08x %08x %08x %08x %08x                       "
			"                                      \n",
			64, 0, 0, 0, 0, 0, 0, 3, 1);
	put("self/net/stat/nf_conntrack", text);
	live_net_init(&net, root, false);
	assert_int_equal(live_net_poll(&net, NULL, &emit), 0);
	assert_int_equal(seen.conntrack.flags, CONNTRACK_COUNTED);
	assert_int_equal(seen.conntrack.drops, 600);
	assert_int_equal(seen.conntrack.early_drops, 200);
	live_net_done(&net);
}

static void test_off(void **state)
{
	struct live_net net;
	struct seen seen = {0};
	struct emit emit = {.fn = take, .ctx = &seen, .now_ns = 1};

	(void)state;
	live_net_init(&net, root, true);
	live_net_report(&net, &emit);
	assert_int_equal(seen.probe.state, PROBE_UNAVAILABLE);
	assert_string_equal(seen.probe.reason, "forced off");
	live_net_poll(&net, NULL, &emit);
	assert_int_equal(seen.stacks + seen.tracked, 0);
	live_net_done(&net);
	live_net_init(&net, "/nowhere", false);
	live_net_report(&net, &emit);
	assert_int_equal(seen.probe.state, PROBE_UNAVAILABLE);
	assert_int_equal(live_net_poll(&net, NULL, &emit), 0);
	assert_int_equal(seen.stacks + seen.tracked, 0);
	live_net_done(&net);
}

static void test_owner(void **state)
{
	static struct socket_owners owners;
	__u32 pid = 7, other = 7;
	__u64 start_ns = 7;
	char comm[EVENT_COMM_LEN] = "";
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned int steps = 0;
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	assert_false(socket_owner_tell(&owners, st.st_ino, &pid, &start_ns, comm));
	assert_true(pid == 7 && start_ns == 7 && !comm[0]);
	/* Nobody holds inode 1. */
	while (!socket_owner_tell(&owners, 1, &other, &start_ns, comm) && steps++ < 10000)
		socket_owners_step(&owners, "", 50);
	assert_true(other == 0 && start_ns == 0 && !comm[0]);
	assert_true(socket_owner_tell(&owners, st.st_ino, &pid, &start_ns, comm));
	assert_int_equal(pid, getpid());
	assert_true(start_ns > 0 && comm[0]);
	assert_null(owners.procs); /* the walk ended */
	close(fd);
	/* As many as there is room for, none of them looked for yet: the next finds none. */
	for (__u64 i = 0; i < OWNERS_MAX + 1; i++)
		assert_false(socket_owner_tell(&owners, 1000 + i, &pid, &start_ns, comm));
	for (unsigned int i = 0; i < OWNERS_MAX; i++)
		assert_in_range(owners.wanted[i].inode, 1000, 1000 + OWNERS_MAX - 1);
	socket_owners_done(&owners);
}

static void put_process(const char *pid, const char *fd, const char *link)
{
	char path[160], text[96];

	snprintf(path, sizeof(path), "%s/proc/%s", root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/%s/fd", root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/%s/fd/%s", root, pid, fd);
	assert_int_equal(symlink(link, path), 0);
	snprintf(path, sizeof(path), "%s/stat", pid);
	snprintf(text, sizeof(text), "%s (p%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %s00 0 0\n",
		 pid, pid, pid);
	put(path, text);
}

/* A service's socket that was made for it: the first process holds it too. */
static void test_activated(void **state)
{
	static struct socket_owners owners;
	char comm[EVENT_COMM_LEN];
	__u64 start_ns;
	__u32 pid;

	(void)state;
	put_process("1", "3", "socket:[77]");
	put_process("1", "4", "socket:[78]");
	put_process("50", "5", "socket:[77]");
	put_process("50", "6", "/dev/null");
	assert_false(socket_owner_tell(&owners, 77, &pid, &start_ns, comm));
	assert_false(socket_owner_tell(&owners, 78, &pid, &start_ns, comm));
	for (int i = 0; i < 20; i++)
		socket_owners_step(&owners, root, 2);
	assert_true(socket_owner_tell(&owners, 77, &pid, &start_ns, comm));
	assert_int_equal(pid, 50);
	assert_string_equal(comm, "p50");
	assert_true(start_ns > 0);
	assert_true(socket_owner_tell(&owners, 78, &pid, &start_ns, comm));
	assert_int_equal(pid, 1);
	socket_owners_done(&owners);
}

static void test_step(void **state)
{
	struct clocks before = {.monotonic_ns = 5, .boottime_ns = 1000, .realtime_ns = 50000};
	struct clocks now = {.monotonic_ns = 105, .boottime_ns = 1100, .realtime_ns = 50100};

	(void)state;
	assert_int_equal(clock_step_ns(&before, &now), 0);
	now.realtime_ns -= 40000;
	assert_int_equal(clock_step_ns(&before, &now), -40000);
	now.realtime_ns += 90000;
	assert_int_equal(clock_step_ns(&before, &now), 50000);
	/* It slept for 900: both clocks show that, the monotonic one does not. */
	now = (struct clocks){.monotonic_ns = 106, .boottime_ns = 2000, .realtime_ns = 51000};
	assert_int_equal(clock_step_ns(&before, &now), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counters, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_many_processors, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_off, make_root, remove_root),
		cmocka_unit_test(test_owner),
		cmocka_unit_test_setup_teardown(test_activated, make_root, remove_root),
		cmocka_unit_test(test_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
