/* SPDX-License-Identifier: BSD-2-Clause */
/* test_send_error.c - local-send-error: what does not leave this host, and what is a peer's silence. */
#include "rules/world.h"

static void begin(struct world *w)
{
	world_init(w);
	put_nic(w, 2, "eth0", NIC_UP | NIC_RUNNING);
	tick(w);
	wait_s(w, 2);
}

static struct event_tcp_peer connected(unsigned int last, __u16 port)
{
	struct event_tcp_peer e = peer_out(last, port);

	e.segs_out = 300;
	e.bytes_acked = 9000;
	e.live = 2;
	e.pid = 7;
	strcpy(e.comm, "client");
	return e;
}

static void put_fails(struct world *w, __u64 fails)
{
	struct event_net_stack e = EVENT(w, event_net_stack, EVENT_NET_STACK);

	e.netns = NETNS;
	e.send_fails = fails;
	put(w, &e);
}

/* Two sockets whose data does not leave, for so long. */
static void refuse(struct world *w, struct event_tcp_peer *e, unsigned int seconds)
{
	put_peer(w, e);
	for (unsigned int s = 1; s <= seconds; s++) {
		wait_s(w, 1);
		e->unsent = e->live_stuck = 2;
		e->unsent_tries = e->max_backoff = s + 1;
		put_peer(w, e);
		tick(w);
	}
}

static void test_data_that_does_not_leave(void **state)
{
	struct event_tcp_peer e = connected(1, 80);
	struct world w;

	(void)state;
	begin(&w);
	refuse(&w, &e, 3);
	assert_int_equal(judge(&w, "local-send-error"), 0);
	refuse(&w, &e, 4);
	assert_int_equal(judge(&w, "local-send-error"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_REPORTED);
	assert_true(w.claim[0].confidence >= 0.9);
	assert_string_equal(
		w.claim[0].message,
		"SENDING: this host itself drops what goes to 10.0.0.1:80; nothing leaves.");
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	/* One answer, and it was not so. */
	e.bytes_acked += 1;
	put_peer(&w, &e);
	tick(&w);
	assert_int_equal(judge(&w, "local-send-error"), 0);
	world_done(&w);
}

/* A rule for one port: the others of that address answer. */
static void test_one_port(void **state)
{
	struct event_tcp_peer e = connected(1, 80), other = connected(1, 443);
	struct world w;

	(void)state;
	begin(&w);
	put_peer(&w, &other);
	refuse(&w, &e, 5);
	assert_int_equal(judge(&w, "local-send-error"), 1);
	assert_int_equal(w.claim[0].subject.port, 0);
	other.bytes_acked += 1000;
	put_peer(&w, &other);
	assert_int_equal(judge(&w, "local-send-error"), 1);
	assert_int_equal(w.claim[0].subject.port, 80);
	world_done(&w);
}

/* Attempts whose SYNs are sent again: so many leave, and so many fail. */
static void attempt(struct world *w, unsigned int left, unsigned int failed, bool counted)
{
	struct event_tcp_peer e = peer_out(1, 80);

	put_fails(w, 40);
	e.attempts = e.live = 2;
	put_peer(w, &e);
	tick(w);
	wait_s(w, 1);
	e.live_syn = e.live_stuck = 2;
	e.segs_retrans = left + failed;
	e.retrans[RETRANS_SYN] = left;
	put_fails(w, 40 + (counted ? failed : 0));
	put_peer(w, &e);
	tick(w);
	wait_s(w, 4);
	tick(w);
}

static void test_attempts(void **state)
{
	static const struct {
		unsigned int left, failed;
		bool counted, here;
	} rows[] = {
		{0, 2, true, true},  {0, 1, true, false}, {2, 8, true, true},
		{3, 8, true, false}, {6, 0, true, false}, {0, 8, false, false},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&w);
		attempt(&w, rows[i].left, rows[i].failed, rows[i].counted);
		assert_int_equal(judge(&w, "local-send-error"), rows[i].here);
		if (rows[i].left >= 2)
			assert_int_equal(judge(&w, "peer-unreachable"), !rows[i].here);
		world_done(&w);
	}
}

/* A rule both ways: no answer comes in, what is in flight times out, and is sent again in vain. */
static void test_data_in_flight(void **state)
{
	struct event_tcp_peer e = connected(1, 80);
	struct world w;

	(void)state;
	for (unsigned int here = 0; here < 2; here++) {
		begin(&w);
		put_fails(&w, 40);
		e = connected(1, 80);
		e.segs_retrans = e.retrans[RETRANS_FAST] = 60;
		put_peer(&w, &e);
		tick(&w);
		for (unsigned int s = 1; s <= 5; s++) {
			wait_s(&w, 1);
			e.live_stuck = 2;
			e.max_backoff = s + 1;
			e.segs_retrans += 2;
			e.retrans[RETRANS_RTO] += here ? 0 : 2;
			put_fails(&w, 40 + 2 * s);
			put_peer(&w, &e);
			tick(&w);
		}
		assert_int_equal(judge(&w, "local-send-error"), here);
		assert_int_equal(judge(&w, "peer-unreachable"), !here);
		world_done(&w);
	}
}

/* The one where it lasts longest is named; in each network namespace. */
static void test_one_finding_a_namespace(void **state)
{
	struct event_tcp_peer e[3] = {connected(3, 80), connected(1, 80), connected(2, 80)};
	struct world w;

	(void)state;
	begin(&w);
	e[2].peer.netns = NETNS + 1;
	for (unsigned int i = 0; i < 3; i++)
		refuse(&w, &e[i], 4);
	assert_int_equal(judge(&w, "local-send-error"), 2);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(w.claim[i].subject.addr[15], w.claim[i].subject.netns ? 2 : 3);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_that_does_not_leave),
		cmocka_unit_test(test_one_port),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_data_in_flight),
		cmocka_unit_test(test_one_finding_a_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
