/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tcp_conn.c - connection attempts and how they end are counted exactly, for each way that this
 * kernel allows, with the right peer, direction and owner.
 */
#include "lib.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#define CONNECTIONS 40

static const char *const ways[] = {"tp_btf", "raw_tp", "tp"};

/* Opens a bag whose tcp probes use only this way; NULL (and said) when the kernel has it not. */
static struct bag *open_way(const char *way)
{
	char force[128];
	struct bag *bag;
	const struct event_probe *probe;

	snprintf(force, sizeof(force), "tcp.retransmit=%s,tcp.state=%s,tcp.synack=%s", way, way,
		 way);
	bag = bag_open(NULL, force);
	probe = bag_probe(bag, "tcp.state");
	assert_non_null(probe);
	if (probe->state == PROBE_UNAVAILABLE) {
		print_message("way %s is refused here: %s\n", way, probe->reason);
		assert_true(probe->reason[0]);
		assert_string_equal(way, "tp");
		bag_close(bag);
		return NULL;
	}
	assert_memory_equal(probe->via, way, strlen(way));
	return bag;
}

/* n connections, each carries one byte to the server and is closed by the client first. */
static void make_connections(const char *listen_addr, const char *addr, unsigned int *port,
			     int backlog, unsigned int n)
{
	int listener = tcp_listen(listen_addr, port, backlog), client, server;
	unsigned int i;
	char byte = 'x';

	for (i = 0; i < n; i++) {
		client = tcp_connect(addr, *port);
		assert_true(client >= 0);
		server = tcp_accept(listener);
		assert_int_equal(write(client, &byte, 1), 1);
		assert_int_equal(read(server, &byte, 1), 1);
		close(client);
		assert_int_equal(read(server, &byte, 1), 0);
		close(server);
	}
	close(listener);
}

static void expect_connections(const struct bag *bag, const char *addr, unsigned int port, __u64 n)
{
	const struct event_tcp_peer *out = bag_peer(bag, PEER_OUT, addr, port);
	const struct event_tcp_peer *in = bag_peer(bag, PEER_IN, addr, port);

	assert_non_null(out);
	assert_non_null(in);
	assert_int_equal(out->attempts, n);
	assert_int_equal(out->established, n);
	assert_int_equal(out->accepted, 0);
	assert_int_equal(out->closed, n);
	assert_int_equal(in->attempts, 0);
	assert_int_equal(in->established, 0);
	assert_int_equal(in->accepted, n);
	assert_int_equal(in->closed, n);
	assert_int_equal(
		out->refused + out->timed_out + out->abandoned + out->failed + out->unreachable, 0);
	assert_int_equal(out->resets + out->broken + in->resets + in->broken, 0);
	assert_int_equal(out->live + in->live, 0);
	/* The kernel counts FIN as a byte where it is acknowledged or received. */
	assert_in_range(out->bytes_acked, n, 3 * n);
	assert_in_range(in->bytes_received, n, 3 * n);
	assert_true(out->segs_out >= 3 * n);
	assert_int_equal(out->ifindex, 1);
	/* connect() and close() run in our context. */
	assert_int_equal(out->pid, getpid());
	assert_int_equal(in->pid, getpid());
	assert_true(out->start_ns > 0 && out->start_ns == in->start_ns);
}

static void expect_conn_events(const struct bag *bag, unsigned int port, enum conn_outcome outcome,
			       int sk_err, unsigned int n)
{
	const struct event_tcp_conn *conn;
	const struct event *event = NULL;
	unsigned int seen = 0;

	while ((event = bag_next(bag, event, EVENT_TCP_CONN))) {
		conn = (const void *)event;
		if (conn->peer.port != port || conn->peer.netns != world_netns())
			continue;
		assert_int_equal(conn->outcome, outcome);
		assert_int_equal(conn->err, sk_err);
		assert_int_equal(conn->pid, getpid());
		assert_true(conn->h.ts_ns <= clock_now_ns());
		seen++;
	}
	assert_int_equal(seen, n);
}

static void test_connections(void **state)
{
	static const struct {
		const char *listen, *connect, *peer;
	} families[] = {
		{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
		{"::1", "::1", "::1"},
		/* Mapped addresses are folded: both sides are 127.0.0.1. */
		{"::", "::ffff:127.0.0.1", "127.0.0.1"},
	};
	unsigned int way, i, port;
	struct bag *bag;

	(void)state;
	for (way = 0; way < 3; way++) {
		for (i = 0; i < 3; i++) {
			bag = open_way(ways[way]);
			if (!bag)
				continue;
			port = 0;
			make_connections(families[i].listen, families[i].connect, &port, 64,
					 CONNECTIONS);
			sleep_ms(50);
			bag_fill(bag);
			expect_connections(bag, families[i].peer, port, CONNECTIONS);
			expect_conn_events(bag, port, CONN_FAILED, 0, 0);
			bag_close(bag);
		}
	}
}

/* listen(fd, 0) leaves no mark in accepted sockets: the port is learned, at its first connection and from
 * the listener that was there before us. */
static void test_backlog_zero(void **state)
{
	unsigned int port = 0, port2 = 0;
	int listener, client, server;
	const struct event_tcp_peer *in;
	struct bag *bag;

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 0);
	client = tcp_connect("127.0.0.1", port);
	server = tcp_accept(listener);
	bag = bag_open(NULL, NULL);
	bag_fill(bag);
	in = bag_peer(bag, PEER_IN, "127.0.0.1", port);
	assert_non_null(in);
	assert_int_equal(in->live, 1);
	assert_true(in->flags & TCP_PEER_BASE);
	assert_non_null(bag_peer(bag, PEER_OUT, "127.0.0.1", port));
	close(client);
	close(server);
	close(listener);
	make_connections("127.0.0.1", "127.0.0.1", &port2, 0, CONNECTIONS);
	sleep_ms(50);
	bag_fill(bag);
	expect_connections(bag, "127.0.0.1", port2, CONNECTIONS);
	bag_close(bag);
}

static void test_refused(void **state)
{
	const struct event_tcp_peer *peer;
	unsigned int way, i, port;
	struct bag *bag;

	(void)state;
	for (way = 0; way < 3; way++) {
		bag = open_way(ways[way]);
		if (!bag)
			continue;
		port = 0;
		close(tcp_listen("127.0.0.1", &port, 1));
		for (i = 0; i < CONNECTIONS; i++)
			assert_int_equal(tcp_connect("127.0.0.1", port), -ECONNREFUSED);
		bag_fill(bag);
		peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
		assert_non_null(peer);
		assert_int_equal(peer->attempts, CONNECTIONS);
		assert_int_equal(peer->refused, CONNECTIONS);
		assert_int_equal(peer->established + peer->closed + peer->timed_out + peer->failed,
				 0);
		/* Each sent its SYN. */
		assert_int_equal(peer->segs_out, CONNECTIONS);
		assert_int_equal(peer->segs_retrans, 0);
		expect_conn_events(bag, port, CONN_REFUSED, ECONNREFUSED, CONNECTIONS);
		bag_close(bag);
	}
}

/* As clients do it that do not wait in connect(): SO_ERROR takes the error away from the socket. */
static void wait_for_error(int fd, int error)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int told = 0;

	assert_int_equal(poll(&poll_fd, 1, 20000), 1);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &told, &size), 0);
	assert_int_equal(told, error);
	close(fd);
}

/* SYNs that nobody answers; the SYN is resent once, after a second, and given up two seconds later. */
static void test_timed_out(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	int fds[5];
	unsigned int i;

	(void)state;
	assert_true(filter("tcp dport 4001 drop"));
	for (i = 0; i < 5; i++)
		assert_int_equal(tcp_connect_nonblock("127.0.0.1", 4001, 1, &fds[i]), -EINPROGRESS);
	sleep_ms(1500);
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4001);
	assert_non_null(peer);
	assert_int_equal(peer->live, 5);
	assert_int_equal(peer->live_syn, 5);
	assert_int_equal(peer->retrans[RETRANS_SYN], 5);
	for (i = 0; i < 5; i++)
		wait_for_error(fds[i], ETIMEDOUT);
	filter_clear();
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4001);
	assert_int_equal(peer->attempts, 5);
	assert_int_equal(peer->timed_out, 5);
	assert_int_equal(peer->refused + peer->abandoned + peer->failed + peer->unreachable, 0);
	assert_int_equal(peer->retrans[RETRANS_SYN], 5);
	assert_int_equal(peer->segs_retrans, 5);
	assert_int_equal(peer->segs_out, 10);
	assert_int_equal(peer->live, 0);
	expect_conn_events(bag, 4001, CONN_TIMED_OUT, ETIMEDOUT, 5);
	bag_close(bag);
}

/* A router's or a firewall's answer is a soft error while the kernel is still in connect(); it names the end. */
static void test_answered_by_icmp(void **state)
{
	static const struct {
		const char *addr, *rule;
		int err;
		enum conn_outcome outcome;
	} cases[] = {
		{"127.0.0.1", "reject with icmp type host-unreachable", EHOSTUNREACH,
		 CONN_UNREACHABLE},
		{"127.0.0.1", "reject with icmp type port-unreachable", ECONNREFUSED, CONN_REFUSED},
		{"::1", "reject with icmpv6 type port-unreachable", ECONNREFUSED, CONN_REFUSED},
	};
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	unsigned int i, n, port;
	char rule[96];
	int fds[3];

	(void)state;
	for (n = 0; n < 3; n++) {
		port = 4010 + n;
		snprintf(rule, sizeof(rule), "tcp dport %u %s", port, cases[n].rule);
		if (!filter(rule)) {
			print_message("this kernel cannot reject\n");
			bag_close(bag);
			skip();
		}
		for (i = 0; i < 3; i++)
			assert_int_equal(tcp_connect_nonblock(cases[n].addr, port, 1, &fds[i]),
					 -EINPROGRESS);
		for (i = 0; i < 3; i++)
			wait_for_error(fds[i], cases[n].err);
		filter_clear();
		bag_fill(bag);
		peer = bag_peer(bag, PEER_OUT, cases[n].addr, port);
		assert_non_null(peer);
		assert_int_equal(peer->attempts, 3);
		assert_int_equal(cases[n].err == ECONNREFUSED ? peer->refused : peer->unreachable,
				 3);
		assert_int_equal(peer->unreachable + peer->refused + peer->timed_out +
					 peer->failed + peer->abandoned,
				 3);
		expect_conn_events(bag, port, cases[n].outcome, cases[n].err, 3);
	}
	bag_close(bag);
}

/* The application gives up; and a connect() that fails before its SYN: no local port is left. */
static void test_abandoned_and_failed(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	unsigned int i, port = 0;
	int fd, listener, first;

	(void)state;
	assert_true(filter("tcp dport 4003 drop"));
	for (i = 0; i < 4; i++) {
		assert_int_equal(tcp_connect_nonblock("127.0.0.1", 4003, 0, &fd), -EINPROGRESS);
		close(fd);
	}
	filter_clear();
	listener = tcp_listen("127.0.0.1", &port, 8);
	assert_true(run("echo 61000 61000 >/proc/sys/net/ipv4/ip_local_port_range"));
	first = tcp_connect("127.0.0.1", port);
	assert_true(first >= 0);
	assert_int_equal(tcp_connect("127.0.0.1", port), -EADDRNOTAVAIL);
	assert_true(run("echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range"));
	close(first);
	close(listener);
	bag_fill(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4003);
	assert_non_null(peer);
	assert_int_equal(peer->attempts, 4);
	assert_int_equal(peer->abandoned, 4);
	assert_int_equal(peer->failed + peer->refused + peer->timed_out, 0);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_non_null(peer);
	assert_int_equal(peer->attempts, 2);
	assert_int_equal(peer->established, 1);
	assert_int_equal(peer->failed, 1);
	bag_close(bag);
}

static void test_resets(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *out, *in;
	int listener, client, server;
	unsigned int i, port = 0;

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 16);
	for (i = 0; i < 7; i++) {
		client = tcp_connect("127.0.0.1", port);
		server = tcp_accept(listener);
		tcp_abort(server);
		close(client);
	}
	/* A reset that meets a socket that its owner has closed hurts nobody. */
	client = tcp_connect("127.0.0.1", port);
	server = tcp_accept(listener);
	close(client);
	tcp_abort(server);
	close(listener);
	bag_fill(bag);
	out = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	in = bag_peer(bag, PEER_IN, "127.0.0.1", port);
	assert_non_null(out);
	assert_non_null(in);
	assert_int_equal(out->established, 8);
	assert_int_equal(out->resets, 7);
	assert_int_equal(out->closed, 8);
	assert_int_equal(in->accepted, 8);
	assert_int_equal(in->resets, 0);
	assert_int_equal(in->closed, 8);
	expect_conn_events(bag, port, CONN_RESET, ECONNRESET, 7);
	bag_close(bag);
}

/* Forgets a connection as a balancer does: no segment says so. (tcp_repair, since 3.5) */
static void forget(int fd)
{
	int on = 1;

	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), 0);
	close(fd);
}

/* What is reset: in use, at its first use after a rest, and while it rests. */
static void test_reset_stages(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *out;
	int listener, client[9], server[9];
	unsigned int i, port = 0;

	(void)state;
	listener = tcp_listen("127.0.0.1", &port, 16);
	for (i = 0; i < 9; i++) {
		client[i] = tcp_connect("127.0.0.1", port);
		server[i] = tcp_accept(listener);
		assert_int_equal(send(server[i], "x", 1, 0), 1);
		assert_int_equal(recv(client[i], (char[1]){0}, 1, 0), 1);
	}
	for (i = 0; i < 2; i++) {
		forget(server[i]);
		assert_int_equal(send(client[i], "x", 1, 0), 1);
	}
	for (; i < 5; i++)
		forget(server[i]);
	sleep_ms(5500);
	for (i = 2; i < 5; i++)
		assert_int_equal(send(client[i], "x", 1, 0), 1);
	for (; i < 9; i++)
		tcp_abort(server[i]);
	for (i = 0; i < 9; i++)
		close(client[i]);
	close(listener);
	bag_fill(bag);
	out = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	assert_non_null(out);
	assert_int_equal(out->resets, 9);
	assert_int_equal(out->resets_early, 0);
	assert_int_equal(out->resets_stale, 3);
	assert_int_equal(out->resets_idle, 4);
	bag_close(bag);
}

/* A listener that is closed is no connection that ends. */
static void test_listener(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	unsigned int port = 0;

	(void)state;
	close(tcp_listen("127.0.0.1", &port, 16));
	bag_fill(bag);
	assert_null(bag_peer(bag, PEER_IN, "127.0.0.1", port));
	assert_null(bag_peer(bag, PEER_OUT, "127.0.0.1", port));
	bag_close(bag);
}

/* Every run that the kernel skipped may have cost each count one, and no more than that is lost. */
static void expect_most_connections(const struct bag *bag, unsigned int port, __u64 n,
				    __u64 skipped)
{
	const struct event_tcp_peer *out = bag_peer(bag, PEER_OUT, "127.0.0.1", port);
	const struct event_tcp_peer *in = bag_peer(bag, PEER_IN, "127.0.0.1", port);

	print_message("%llu runs were skipped\n", (unsigned long long)skipped);
	assert_non_null(out);
	assert_non_null(in);
	assert_in_range(out->attempts + skipped, n, n + skipped);
	assert_in_range(out->established + skipped, n, n + skipped);
	assert_in_range(out->closed + skipped, n, n + skipped);
	assert_in_range(in->accepted + skipped, n, n + skipped);
	assert_in_range(in->closed + skipped, n, n + skipped);
}

static void *connect_many(void *ctx)
{
	unsigned int port = 0;

	(void)ctx;
	make_connections("127.0.0.1", "127.0.0.1", &port, 64, 500);
	return (void *)(uintptr_t)port;
}

/* Many at once, while snapshots are taken: nothing is missed and nothing is counted twice. */
static void test_concurrent(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_table *nested;
	pthread_t threads[4];
	unsigned int i;
	void *port;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, connect_many, NULL), 0);
	for (i = 0; i < 50; i++)
		bag_snapshot(bag);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &port), 0);
		sleep_ms(20);
		bag_fill(bag);
		/* The kernel does not run a program that it interrupted on the same CPU: then it says so. */
		nested = bag_table(bag, "tcp.state.nested");
		if (nested)
			expect_most_connections(bag, (unsigned int)(uintptr_t)port, 500,
						nested->dropped);
		else
			expect_connections(bag, "127.0.0.1", (unsigned int)(uintptr_t)port, 500);
	}
	bag_close(bag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_backlog_zero),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_timed_out),
		cmocka_unit_test(test_answered_by_icmp),
		cmocka_unit_test(test_abandoned_and_failed),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_reset_stages),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_concurrent),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
