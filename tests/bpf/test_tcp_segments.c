/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tcp_segments.c - the sums over living and closed sockets are the sockets' own figures; resent
 * segments are counted by cause as the kernel's own counters (per namespace) have them.
 */
#include "lib.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

#ifndef IPPROTO_TCP
#define IPPROTO_TCP 6
#endif

#define SOCKETS 20

/* What the kernel says of one socket, added to the sums. */
static struct tcp_info add_info(struct event_tcp_peer *sums, int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	sums->segs_out += info.tcpi_segs_out;
	sums->segs_retrans += info.tcpi_total_retrans;
	sums->bytes_acked += info.tcpi_bytes_acked;
	sums->bytes_received += info.tcpi_bytes_received;
	sums->dsacks += info.tcpi_dsack_dups;
	return info;
}

static void expect_sums(const struct event_tcp_peer *peer, const struct event_tcp_peer *sums)
{
	assert_non_null(peer);
	assert_int_equal(peer->segs_out, sums->segs_out);
	assert_int_equal(peer->segs_retrans, sums->segs_retrans);
	assert_int_equal(peer->bytes_acked, sums->bytes_acked);
	assert_int_equal(peer->bytes_received, sums->bytes_received);
	assert_int_equal(peer->dsacks, sums->dsacks);
}

static void open_pairs(int listener, const char *addr, unsigned int port, int *clients,
		       int *servers, unsigned int n)
{
	unsigned int i;
	char data[100] = {0};

	for (i = 0; i < n; i++) {
		clients[i] = tcp_connect(addr, port);
		assert_true(clients[i] >= 0);
		servers[i] = tcp_accept(listener);
		assert_int_equal(write(clients[i], data, i), i);
		assert_int_equal(i ? read(servers[i], data, i) : 0, i);
	}
	/* The delayed ACKs. */
	sleep_ms(100);
}

static void test_live_sums(void **state)
{
	static const char *const addrs[] = {"127.0.0.1", "::1"};
	int clients[SOCKETS], servers[SOCKETS], listener;
	struct event_tcp_peer out, in;
	struct bag *bag;
	unsigned int a, i, port;

	(void)state;
	for (a = 0; a < 2; a++) {
		port = 0;
		listener = tcp_listen(addrs[a], &port, 64);
		open_pairs(listener, addrs[a], port, clients, servers, SOCKETS);
		memset(&out, 0, sizeof(out));
		memset(&in, 0, sizeof(in));
		for (i = 0; i < SOCKETS; i++) {
			add_info(&out, clients[i]);
			add_info(&in, servers[i]);
		}
		bag = bag_open(NULL, NULL);
		/* Twice: the second must not add to the first. */
		bag_snapshot(bag);
		bag_snapshot(bag);
		expect_sums(bag_peer(bag, PEER_OUT, addrs[a], port), &out);
		expect_sums(bag_peer(bag, PEER_IN, addrs[a], port), &in);
		assert_true(bag_peer(bag, PEER_OUT, addrs[a], port)->flags & TCP_PEER_BASE);
		assert_int_equal(bag_peer(bag, PEER_OUT, addrs[a], port)->live, SOCKETS);
		assert_int_equal(bag_peer(bag, PEER_IN, addrs[a], port)->live, SOCKETS);
		assert_true(bag_peer(bag, PEER_OUT, addrs[a], port)->srtt_us > 0);
		assert_true(bag_peer(bag, PEER_OUT, addrs[a], port)->min_rtt_us > 0);
		/* The peer closes half of them: CLOSE_WAIT on our side. */
		for (i = 0; i < SOCKETS / 2; i++)
			close(clients[i]);
		sleep_ms(20);
		bag_snapshot(bag);
		assert_int_equal(bag_peer(bag, PEER_IN, addrs[a], port)->close_wait, SOCKETS / 2);
		for (i = 0; i < SOCKETS; i++) {
			if (i >= SOCKETS / 2)
				close(clients[i]);
			close(servers[i]);
		}
		close(listener);
		sleep_ms(50);
		bag_snapshot(bag);
		/* What was live is closed: the sums stay, but for the FINs and their ACKs. */
		assert_in_range(bag_peer(bag, PEER_OUT, addrs[a], port)->segs_out, out.segs_out,
				out.segs_out + 4 * SOCKETS);
		assert_int_equal(bag_peer(bag, PEER_IN, addrs[a], port)->closed, SOCKETS);
		assert_int_equal(bag_peer(bag, PEER_IN, addrs[a], port)->live, 0);
		bag_close(bag);
	}
}

struct causes {
	unsigned long long timeouts, probes, fast, slow_start, syn;
};

static struct causes causes_now(void)
{
	return (struct causes){
		.timeouts = netstat("TCPTimeouts"),
		.probes = netstat("TCPLossProbes"),
		.fast = netstat("TCPFastRetrans"),
		.slow_start = netstat("TCPSlowStartRetrans"),
		.syn = netstat("TCPSynRetrans"),
	};
}

/* For the log, should one of the comparisons fail. */
static void tell_causes(const struct causes *before, const struct causes *after,
			const struct event_tcp_peer *peer, const struct event_tcp_peer *sums)
{
	print_message(
		"kernel: %llu fast, %llu slow start, %llu timeouts, %llu probes; we: %llu %llu %llu"
		" %llu (%llu other, %llu not sent) of %llu\n",
		after->fast - before->fast, after->slow_start - before->slow_start,
		after->timeouts - before->timeouts, after->probes - before->probes,
		(unsigned long long)peer->retrans[RETRANS_FAST],
		(unsigned long long)peer->retrans[RETRANS_LOSS],
		(unsigned long long)peer->retrans[RETRANS_RTO],
		(unsigned long long)peer->retrans[RETRANS_TLP],
		(unsigned long long)peer->retrans[RETRANS_OTHER],
		(unsigned long long)peer->send_errors, (unsigned long long)sums->segs_retrans);
}

/* Until the kernel says that the timer was doubled so often (0: that nothing is unanswered); a busy machine's
 * timers are late, and a timeout that sends nothing doubles nothing. */
static void wait_backoff(int fd, unsigned int backoff)
{
	struct event_tcp_peer sums = {0};
	struct tcp_info info;
	unsigned int ms;

	for (ms = 0; ms < 15000; ms += 20) {
		info = add_info(&sums, fd);
		if (backoff ? info.tcpi_backoff >= backoff : !info.tcpi_unacked)
			return;
		sleep_ms(20);
	}
	fail_msg("after 15 s: backoff %u, unanswered %u", info.tcpi_backoff, info.tcpi_unacked);
}

/* A single segment that never arrives: a tail-loss probe, then timeouts, then it goes through. */
static void test_timeouts(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_retrans *retrans;
	const struct event *event = NULL;
	const struct event_tcp_peer *peer;
	struct event_tcp_peer sums = {0};
	struct causes before, after;
	int listener, client, server;
	unsigned int port = 0, seen = 0;

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 8);
	open_pairs(listener, "127.0.0.1", port, &client, &server, 1);
	before = causes_now();
	assert_true(filter("tcp dport %u drop", port));
	assert_int_equal(write(client, "x", 1), 1);
	wait_backoff(client, 2);
	bag_snapshot(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_non_null(peer);
	assert_int_equal(peer->live_stuck, 1);
	assert_true(peer->max_backoff >= 2);
	filter_clear();
	wait_backoff(client, 0);
	after = causes_now();
	add_info(&sums, client);
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	expect_sums(peer, &sums);
	assert_true(after.timeouts - before.timeouts >= 2);
	/* On a busy machine a timeout can find its segment still in this host's queue: the kernel then counts
	 * a timeout and sends nothing (TCPSpuriousRtxHostQueues). The sum below is exact. */
	assert_in_range(peer->retrans[RETRANS_RTO], 1, after.timeouts - before.timeouts);
	assert_int_equal(peer->retrans[RETRANS_TLP], after.probes - before.probes);
	assert_int_equal(peer->retrans[RETRANS_TLP] + peer->retrans[RETRANS_RTO],
			 sums.segs_retrans);
	assert_int_equal(peer->send_errors, 0);
	while ((event = bag_next(bag, event, EVENT_TCP_RETRANS))) {
		retrans = (const void *)event;
		if (retrans->peer.port != port || retrans->peer.netns != world_netns())
			continue;
		seen++;
		assert_int_equal(retrans->peer.dir, PEER_OUT);
		assert_int_equal(retrans->remote_port, port);
		assert_int_equal(retrans->total_retrans, seen);
		assert_int_equal(retrans->ifindex, 1);
		assert_int_equal(retrans->pid, getpid());
		/* 200 ms is the kernel's least; the tick is converted. */
		assert_in_range(retrans->rto_us, 150000, 4000000);
	}
	assert_int_equal(seen, sums.segs_retrans);
	close(client);
	close(server);
	close(listener);
	bag_close(bag);
}

static void *read_all(void *ctx)
{
	int fd = *(int *)ctx;
	char data[65536];

	while (read(fd, data, sizeof(data)) > 0)
		;
	return NULL;
}

/* A stream with losses in its middle: fast retransmits, and whatever else happens, is what the kernel
 * counted. */
static void test_losses(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	struct event_tcp_peer sums = {0};
	struct causes before, after;
	int listener, client, server;
	char data[16384] = {0};
	unsigned int i, port = 0;
	pthread_t reader;

	(void)state;
	run("ip link set lo mtu 1500; ethtool -K lo tso off gso off gro off >/dev/null 2>&1");
	listener = tcp_listen("127.0.0.1", &port, 8);
	open_pairs(listener, "127.0.0.1", port, &client, &server, 1);
	before = causes_now();
	assert_true(filter("tcp dport %u meta length > 1000 numgen inc mod 60 == 7 drop", port));
	assert_int_equal(pthread_create(&reader, NULL, read_all, &server), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(write(client, data, sizeof(data)), sizeof(data));
	sleep_ms(1500);
	filter_clear();
	shutdown(client, SHUT_WR);
	pthread_join(reader, NULL);
	sleep_ms(300);
	after = causes_now();
	add_info(&sums, client);
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	tell_causes(&before, &after, peer, &sums);
	assert_int_equal(peer->segs_retrans, sums.segs_retrans);
	assert_true(peer->retrans[RETRANS_FAST] > 0);
	assert_int_equal(peer->retrans[RETRANS_FAST], after.fast - before.fast);
	assert_int_equal(peer->retrans[RETRANS_LOSS], after.slow_start - before.slow_start);
	/* On a busy machine a timeout can find its segment still in this host's queue: the kernel then counts
	 * a timeout and sends nothing (TCPSpuriousRtxHostQueues). The sum below is exact. */
	assert_in_range(peer->retrans[RETRANS_RTO], 0, after.timeouts - before.timeouts);
	/* A probe may also be new data, which is no retransmit. */
	assert_in_range(peer->retrans[RETRANS_TLP], 0, after.probes - before.probes);
	assert_int_equal(peer->retrans[RETRANS_OTHER], 0);
	assert_int_equal(peer->retrans[RETRANS_FAST] + peer->retrans[RETRANS_LOSS] +
				 peer->retrans[RETRANS_RTO] + peer->retrans[RETRANS_TLP],
			 peer->segs_retrans);
	close(client);
	close(server);
	close(listener);
	run("ip link set lo mtu 65536");
	bag_close(bag);
}

/* Everything is lost for a while, with many segments on their way: timeouts, then the rest is sent again in
 * slow start. */
static void test_blackout(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	struct event_tcp_peer sums = {0};
	struct causes before, after;
	int listener, client, server;
	char data[8192] = {0};
	unsigned int port = 0;
	pthread_t reader;

	(void)state;
	run("ip link set lo mtu 1500");
	listener = tcp_listen("127.0.0.1", &port, 8);
	open_pairs(listener, "127.0.0.1", port, &client, &server, 1);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &server), 0);
	before = causes_now();
	assert_true(filter("tcp dport %u drop", port));
	assert_int_equal(write(client, data, sizeof(data)), sizeof(data));
	sleep_ms(700);
	filter_clear();
	/* What is still on its way would be counted by some of them. */
	wait_backoff(client, 0);
	sleep_ms(300);
	after = causes_now();
	add_info(&sums, client);
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	tell_causes(&before, &after, peer, &sums);
	assert_int_equal(peer->segs_retrans, sums.segs_retrans);
	assert_true(after.timeouts - before.timeouts >= 1);
	assert_true(after.slow_start - before.slow_start >= 1);
	/* On a busy machine a timeout can find its segment still in this host's queue: the kernel then counts
	 * a timeout and sends nothing (TCPSpuriousRtxHostQueues). The sum below is exact. */
	assert_in_range(peer->retrans[RETRANS_RTO], 1, after.timeouts - before.timeouts);
	assert_int_equal(peer->retrans[RETRANS_LOSS], after.slow_start - before.slow_start);
	assert_int_equal(peer->retrans[RETRANS_OTHER], 0);
	assert_int_equal(peer->retrans[RETRANS_RTO] + peer->retrans[RETRANS_LOSS] +
				 peer->retrans[RETRANS_TLP] + peer->retrans[RETRANS_FAST],
			 sums.segs_retrans);
	close(client);
	pthread_join(reader, NULL);
	close(server);
	close(listener);
	run("ip link set lo mtu 65536");
	bag_close(bag);
}

/* SYN-ACKs that get lost: of a peer that we know they count, others make no entry. */
static void test_synack(void **state)
{
	struct bag *bag;
	const struct event_tcp_peer *in, *out;
	struct causes before, after;
	int listener, client, server, fd;
	unsigned int port = 0;

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 8);
	bag = bag_open(NULL, NULL);
	open_pairs(listener, "127.0.0.1", port, &client, &server, 1);
	before = causes_now();
	assert_true(filter("tcp sport %u tcp flags syn,ack / syn,ack drop", port));
	assert_int_equal(tcp_connect_nonblock("127.0.0.1", port, 6, &fd), -EINPROGRESS);
	sleep_ms(3500);
	filter_clear();
	sleep_ms(5000);
	after = causes_now();
	bag_fill(bag);
	in = bag_peer(bag, PEER_IN, "127.0.0.1", port);
	out = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_non_null(in);
	assert_non_null(out);
	assert_true(in->retrans[RETRANS_SYNACK] >= 2);
	assert_true(out->retrans[RETRANS_SYN] >= 2);
	assert_int_equal(in->retrans[RETRANS_SYNACK] + out->retrans[RETRANS_SYN],
			 after.syn - before.syn);
	assert_int_equal(out->established, 2);
	close(fd);
	close(client);
	close(server);
	close(listener);
	bag_close(bag);
}

/* Writes until the window has no room for another segment, and our buffer is full. */
static void fill_up(int fd)
{
	static const char zeros[65536];
	unsigned int idle = 0;

	while (idle < 5) {
		if (send(fd, zeros, sizeof(zeros), MSG_DONTWAIT) > 0) {
			idle = 0;
			continue;
		}
		idle++;
		sleep_ms(20);
	}
}

/* Data that does not leave this host: there is no route any more. A closed window is something else. */
static void test_unsent(void **state)
{
	int listener, clients[2], servers[2];
	const struct event_tcp_peer *peer;
	struct bag *bag;
	unsigned int port = 0;
	char data[100] = {0};

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 8);
	open_pairs(listener, "127.0.0.1", port, clients, servers, 2);
	bag = bag_open(NULL, NULL);
	fill_up(clients[1]);
	/* The local table is asked before all others as long as its rule is the first. */
	assert_true(run("ip rule add pref 10 lookup local"));
	assert_true(run("ip rule del pref 0"));
	assert_true(run("ip rule add pref 1 to 127.0.0.1 unreachable"));
	assert_int_equal(write(clients[0], data, sizeof(data)), sizeof(data));
	/* Probes at 0.2, 0.6 and 1.4 s. */
	sleep_ms(1700);
	bag_snapshot(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_non_null(peer);
	assert_int_equal(peer->unsent, 1);
	assert_in_range(peer->unsent_tries, 2, 4);
	assert_true(run("ip rule del pref 1"));
	assert_int_equal(read(servers[0], data, sizeof(data)), sizeof(data));
	sleep_ms(100);
	bag_snapshot(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_int_equal(peer->unsent, 0);
	assert_int_equal(peer->unsent_tries, 0);
	for (unsigned int i = 0; i < 2; i++) {
		close(clients[i]);
		close(servers[i]);
	}
	close(listener);
	bag_close(bag);
}

struct child_result {
	__u32 netns;
	unsigned int port;
	struct event_tcp_peer out;
};

/* A child in a network namespace of its own, with SOCKETS connections. */
static void live_elsewhere(int to_parent, int from_parent)
{
	int clients[SOCKETS], servers[SOCKETS], listener;
	struct child_result result = {0};
	unsigned int i;
	char byte;

	if (unshare(CLONE_NEWNET) || !run("ip link set lo up"))
		_exit(1);
	listener = tcp_listen("127.0.0.1", &result.port, 64);
	open_pairs(listener, "127.0.0.1", result.port, clients, servers, SOCKETS);
	result.netns = world_netns();
	for (i = 0; i < SOCKETS; i++)
		add_info(&result.out, clients[i]);
	if (write(to_parent, &result, sizeof(result)) != sizeof(result) ||
	    read(from_parent, &byte, 1))
		_exit(1);
	_exit(0);
}

static const struct event_tcp_peer *
peer_of_child(const struct bag *bag, const struct child_result *child, enum peer_dir dir)
{
	const struct event_tcp_peer *found = NULL, *peer;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_TCP_PEER))) {
		peer = (const void *)event;
		if (peer->peer.netns == child->netns && peer->peer.dir == dir &&
		    peer->peer.port == child->port)
			found = peer;
	}
	return found;
}

static void test_other_namespace(void **state)
{
	int to_parent[2], to_child[2], status;
	struct child_result result;
	struct bag *bag;
	pid_t child;
	__u32 before = world_netns();
	unsigned int i;

	(void)state;
	assert_int_equal(pipe(to_parent) | pipe(to_child), 0);
	child = fork();
	if (child == 0) {
		close(to_child[1]);
		live_elsewhere(to_parent[1], to_child[0]);
	}
	assert_int_equal(read(to_parent[0], &result, sizeof(result)), sizeof(result));
	bag = bag_open(NULL, NULL);
	/* On a busy host with many namespaces its turn may come late. */
	for (i = 0; i < 64 && !peer_of_child(bag, &result, PEER_OUT); i++)
		bag_snapshot(bag);
	expect_sums(peer_of_child(bag, &result, PEER_OUT), &result.out);
	assert_int_equal(peer_of_child(bag, &result, PEER_OUT)->live, SOCKETS);
	assert_int_equal(peer_of_child(bag, &result, PEER_IN)->live, SOCKETS);
	assert_true(peer_of_child(bag, &result, PEER_OUT)->flags & TCP_PEER_BASE);
	/* And we are back. */
	assert_int_equal(world_netns(), before);
	close(to_child[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	bag_close(bag);
}

/* A peer that is idle for five minutes is dropped, said once, and begins anew afterwards. */
static void test_idle_peer(void **state)
{
	unsigned long long now = clock_now_ns(), later = now + 301ULL * 1000000000ULL;
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;

	(void)state;
	assert_int_equal(tcp_connect("127.0.0.1", 4009), -ECONNREFUSED);
	assert_int_equal(probes_snapshot(bag->probes, now, true, bag_put, bag), 0);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4009);
	assert_non_null(peer);
	bag_clear(bag);
	assert_int_equal(probes_snapshot(bag->probes, later, false, bag_put, bag), 0);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4009);
	assert_non_null(peer);
	assert_int_equal(peer->flags, TCP_PEER_GONE);
	assert_int_equal(peer->refused, 1);
	bag_clear(bag);
	assert_int_equal(probes_snapshot(bag->probes, later + 1, false, bag_put, bag), 0);
	assert_null(bag_peer(bag, PEER_OUT, "127.0.0.1", 4009));
	assert_int_equal(tcp_connect("127.0.0.1", 4009), -ECONNREFUSED);
	assert_int_equal(probes_snapshot(bag->probes, later + 2, false, bag_put, bag), 0);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4009);
	assert_non_null(peer);
	assert_int_equal(peer->refused, 1);
	assert_int_equal(peer->flags, 0);
	bag_close(bag);
}

/* One that runs for months looks at the sockets with each second snapshot; with the next one when something was resent. */
static void test_rests(void **state)
{
	struct probes_options options = {
		.slow_io_ns = 3600ULL * 1000000000ULL, .event_interval_ns = 1, .rests = true};
	struct event_tcp_peer before = {0}, sums = {0};
	const struct event_tcp_peer *peer;
	int listener, client, server;
	unsigned int port = 0;
	struct bag *bag;
	char data[3];

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 8);
	open_pairs(listener, "127.0.0.1", port, &client, &server, 1);
	bag = bag_open_with(&options);
	bag_snapshot(bag);
	add_info(&before, client);
	expect_sums(bag_peer(bag, PEER_OUT, "127.0.0.1", port), &before);
	assert_int_equal(write(client, "abc", 3), 3);
	assert_int_equal(read(server, data, 3), 3);
	sleep_ms(100);
	add_info(&sums, client);
	assert_true(sums.bytes_acked > before.bytes_acked);
	bag_snapshot(bag);
	expect_sums(bag_peer(bag, PEER_OUT, "127.0.0.1", port), &before);
	bag_snapshot(bag);
	expect_sums(bag_peer(bag, PEER_OUT, "127.0.0.1", port), &sums);
	assert_true(filter("tcp dport %u drop", port));
	assert_int_equal(write(client, "x", 1), 1);
	wait_backoff(client, 2);
	bag_snapshot(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_int_equal(peer->live_stuck, 1);
	filter_clear();
	close(client);
	close(server);
	close(listener);
	bag_close(bag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_sums),	cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_losses),		cmocka_unit_test(test_blackout),
		cmocka_unit_test(test_synack),		cmocka_unit_test(test_unsent),
		cmocka_unit_test(test_other_namespace), cmocka_unit_test(test_idle_peer),
		cmocka_unit_test(test_rests),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
