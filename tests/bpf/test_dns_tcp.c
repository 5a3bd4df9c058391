/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_dns_tcp.c - how connections to a name server (TCP, port 53) end is counted exactly: answered, without a record,
 * refused, not reached, taken and left without an answer; and what is none of these is not counted.
 */
#include "lib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#define N	 5
#define PORT_DNS 53
/* The length, a header, and a question of 18 bytes. */
#define QUESTION 32

static const struct event_dns_tcp *ends(const struct bag *bag, const char *text)
{
	const struct event *event = NULL;
	const struct event_dns_tcp *last = NULL;
	unsigned int octet[4];

	assert_int_equal(sscanf(text, "%u.%u.%u.%u", &octet[0], &octet[1], &octet[2], &octet[3]),
			 4);
	while ((event = bag_next(bag, event, EVENT_DNS_TCP))) {
		const struct event_dns_tcp *e = (const void *)event;

		if (e->netns == world_netns() && e->addr[12] == octet[0] &&
		    e->addr[13] == octet[1] && e->addr[14] == octet[2] && e->addr[15] == octet[3])
			last = e;
	}
	return last;
}

static void send_bytes(int fd, size_t n)
{
	char bytes[512] = {0};

	assert_true(n <= sizeof(bytes));
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

static void receive_bytes(int fd, size_t n)
{
	char bytes[512];

	assert_int_equal(recv(fd, bytes, n, MSG_WAITALL), n);
}

/* One connection on which the server answers so many bytes; 0: it closes without an answer. */
static void ask(int listener, const char *addr, size_t answer)
{
	int client = tcp_connect(addr, PORT_DNS), server;

	assert_true(client >= 0);
	server = tcp_accept(listener);
	send_bytes(client, QUESTION);
	receive_bytes(server, QUESTION);
	if (answer) {
		send_bytes(server, answer);
		receive_bytes(client, answer);
		close(client);
		receive_bytes(server, 0);
		close(server);
	} else {
		close(server);
		assert_int_equal(recv(client, &answer, sizeof(answer), 0), 0);
		close(client);
	}
}

static void expect(const char *addr, const struct bag *bag, __u64 answered, __u64 empty,
		   __u64 refused, __u64 unreached, __u64 mute)
{
	const struct event_dns_tcp *e = ends(bag, addr);

	assert_non_null(e);
	assert_int_equal(e->answered, answered);
	assert_int_equal(e->empty, empty);
	assert_int_equal(e->refused, refused);
	assert_int_equal(e->unreached, unreached);
	assert_int_equal(e->mute, mute);
	assert_int_equal(e->pid, getpid());
	assert_true(e->start_ns > 0 && e->comm[0]);
	assert_true(answered ? e->last_answer_ns && e->last_answer_ns <= clock_now_ns()
			     : !e->last_answer_ns);
}

static void test_answered(void **state)
{
	static const char *const ways[] = {"tp_btf", "raw_tp"};
	unsigned int port = PORT_DNS, way, i;
	char force[32];

	(void)state;
	for (way = 0; way < 2; way++) {
		int listener = tcp_listen("127.0.0.10", &port, 8);
		struct bag *bag;

		snprintf(force, sizeof(force), "tcp.state=%s", ways[way]);
		bag = bag_open(NULL, force);
		/* A record more than the question; as long as it (SERVFAIL); a byte longer; a zone. */
		for (i = 0; i < N; i++) {
			ask(listener, "127.0.0.10", QUESTION + 16);
			ask(listener, "127.0.0.10", QUESTION);
			ask(listener, "127.0.0.10", 480);
		}
		ask(listener, "127.0.0.10", QUESTION + 2);
		close(listener);
		sleep_ms(50);
		bag_fill(bag);
		expect("127.0.0.10", bag, 3 * N + 1, N, 0, 0, 0);
		bag_clear(bag);
		bag_fill(bag); /* nothing new: nothing is said */
		assert_null(ends(bag, "127.0.0.10"));
		bag_close(bag);
	}
}

static void test_no_answer(void **state)
{
	unsigned int port = PORT_DNS, i;
	int listener = tcp_listen("127.0.0.11", &port, 8), client, server, fd[N];
	struct bag *bag = bag_open(NULL, NULL);

	(void)state;
	for (i = 0; i < N; i++)
		ask(listener, "127.0.0.11", 0);
	for (i = 0; i < N; i++) { /* it resets */
		client = tcp_connect("127.0.0.11", PORT_DNS);
		server = tcp_accept(listener);
		send_bytes(client, QUESTION);
		receive_bytes(server, QUESTION);
		tcp_abort(server);
		assert_int_equal(recv(client, &i, 1, 0), -1);
		close(client);
	}
	for (i = 0; i < N; i++) { /* and this program waits for a while, and gives up */
		fd[i] = tcp_connect("127.0.0.11", PORT_DNS);
		send_bytes(fd[i], QUESTION);
	}
	sleep_ms(1200);
	for (i = 0; i < N; i++) {
		close(fd[i]);
		close(tcp_accept(listener));
	}
	close(listener);
	sleep_ms(50);
	bag_fill(bag);
	expect("127.0.0.11", bag, 0, 0, 0, 0, 3 * N);
	bag_close(bag);
}

static void test_not_made(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	unsigned int i;
	int fd[N];

	(void)state;
	for (i = 0; i < N; i++)
		assert_int_equal(tcp_connect("127.0.0.12", PORT_DNS), -ECONNREFUSED);
	bag_fill(bag);
	expect("127.0.0.12", bag, 0, 0, N, 0, 0);
	assert_true(filter("ip daddr 127.0.0.13 tcp dport 53 drop"));
	for (i = 0; i < N; i++)
		assert_int_equal(tcp_connect_nonblock("127.0.0.13", PORT_DNS, 2, &fd[i]),
				 -EINPROGRESS);
	sleep_ms(1500); /* the SYN went twice */
	for (i = 0; i < N; i++)
		close(fd[i]);
	filter_clear();
	bag_fill(bag);
	expect("127.0.0.13", bag, 0, 0, 0, N, 0);
	bag_close(bag);
}

/* A health check that only connects; who gives up at once; another port; and who is asked, not who asks. */
static void test_none_of_these(void **state)
{
	unsigned int port = PORT_DNS, other = 0, i;
	int listener = tcp_listen("127.0.0.14", &port, 8), client, server, fd, l2;
	struct bag *bag = bag_open(NULL, NULL);

	(void)state;
	for (i = 0; i < N; i++) {
		client = tcp_connect("127.0.0.14", PORT_DNS);
		server = tcp_accept(listener);
		close(client);
		close(server);
		client = tcp_connect("127.0.0.14", PORT_DNS);
		server = tcp_accept(listener);
		send_bytes(client, QUESTION);
		close(client);
		receive_bytes(server, QUESTION);
		close(server);
	}
	assert_true(filter("ip daddr 127.0.0.14 tcp dport 53 drop"));
	for (i = 0; i < N; i++) {
		assert_int_equal(tcp_connect_nonblock("127.0.0.14", PORT_DNS, 2, &fd),
				 -EINPROGRESS);
		close(fd);
	}
	filter_clear();
	l2 = tcp_listen("127.0.0.14", &other, 8);
	client = tcp_connect("127.0.0.14", other);
	server = tcp_accept(l2);
	send_bytes(client, QUESTION);
	receive_bytes(server, QUESTION);
	close(server);
	close(client);
	close(l2);
	close(listener);
	sleep_ms(50);
	bag_fill(bag);
	assert_int_equal(bag_count(bag, EVENT_DNS_TCP), 0);
	bag_close(bag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_not_made),
		cmocka_unit_test(test_none_of_these),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
