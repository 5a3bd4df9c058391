/* SPDX-License-Identifier: BSD-2-Clause */
/* test_dns.c - name servers: what is settled, what is recent, and a kernel table that forgot. */
#include "rules/world.h"

#include "model/dns.h"

static void put_asked(struct world *w, __u64 queries, __u64 answers, __u64 failed)
{
	struct event_dns_server e = EVENT(w, event_dns_server, EVENT_DNS_SERVER);

	e.netns = NETNS;
	memcpy(e.addr, (const __u8[16]){[10] = 0xff, 0xff, 10, 1, 0, 53}, 16);
	e.queries = queries;
	e.answers = answers;
	e.failed = failed;
	e.last_answer_ns = answers ? w->now : 0;
	put(w, &e);
}

static const struct dns_server *only(const struct world *w)
{
	const struct dns_server *server = dns_servers_next(model_dns(w->model), NULL);

	assert_non_null(server);
	assert_null(dns_servers_next(model_dns(w->model), server));
	return server;
}

static __u64 settled(const struct world *w)
{
	return dns_settled(only(w), model_frame(w->model), 5 * SEC);
}

static void test_young_queries_wait(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned int s = 1; s <= 12; s++) {
		wait_s(&w, 1);
		put_asked(&w, 4 * s, 0, 0);
		assert_int_equal(settled(&w), s <= 5 ? 0 : 4 * (s - 5));
	}
	wait_s(&w, 5); /* nothing more is asked: all have had their time */
	tick(&w);
	assert_int_equal(settled(&w), 48);
	world_done(&w);
}

/* Looks that are not kept any more were long ago: what was sent until the oldest kept one is settled only
 * once that is old enough. */
static void test_many_looks(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned int i = 1; i <= 100; i++) {
		wait_s(&w, 0.1);
		put_asked(&w, i, 0, 0);
		assert_true(settled(&w) <= (i > 50 ? i - 50 : 0));
	}
	wait_s(&w, 5);
	tick(&w);
	assert_int_equal(settled(&w), 100);
	world_done(&w);
}

static void test_times(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_asked(&w, 4, 4, 0);
	assert_true(only(&w)->good_ns == w.now);
	assert_true(only(&w)->answered_ns == w.now);
	assert_true(only(&w)->failed_ns == 0);
	wait_s(&w, 1);
	put_asked(&w, 8, 8, 4);
	assert_true(only(&w)->good_ns == w.now - SEC);
	assert_true(only(&w)->failed_ns == w.now);
	wait_s(&w, 1);
	put_asked(&w, 9, 8, 4);
	assert_true(only(&w)->asked_ns == w.now);
	assert_true(only(&w)->failed_ns == w.now - SEC);
	world_done(&w);
}

static void test_the_kernel_forgot(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_asked(&w, 100, 90, 0);
	wait_s(&w, 1);
	put_asked(&w, 3, 2, 0);
	assert_int_equal(dns_window(only(&w), model_frame(w.model), DNS_QUERIES), 3);
	assert_int_equal(dns_window(only(&w), model_frame(w.model), DNS_ANSWERS), 2);
	world_done(&w);
}

static void put_ended(struct world *w, __u64 answered, __u64 refused, __u64 mute)
{
	struct event_dns_tcp e = EVENT(w, event_dns_tcp, EVENT_DNS_TCP);

	e.netns = NETNS;
	memcpy(e.addr, (const __u8[16]){[10] = 0xff, 0xff, 10, 1, 0, 53}, 16);
	e.answered = answered;
	e.refused = refused;
	e.mute = mute;
	e.last_answer_ns = answered ? w->now : 0;
	put(w, &e);
}

static __u64 ended(const struct world *w, enum dns_tcp_counter counter)
{
	return dns_tcp_window(only(w), model_frame(w->model), counter);
}

/* Both ways are of one server, and neither touches the other's counters. */
static void test_over_tcp(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_asked(&w, 10, 9, 0);
	put_ended(&w, 4, 0, 0);
	assert_true(only(&w)->tcp_answered_ns == w.now);
	assert_true(only(&w)->tcp_failed_ns == 0);
	wait_s(&w, 1);
	put_ended(&w, 4, 2, 1);
	assert_true(only(&w)->tcp_failed_ns == w.now);
	assert_int_equal(only(&w)->tcp_in_a_row, 3);
	put_ended(&w, 4, 3, 1);
	assert_int_equal(only(&w)->tcp_in_a_row, 4);
	put_ended(&w, 5, 3, 1);
	assert_int_equal(only(&w)->tcp_in_a_row, 0);
	assert_int_equal(ended(&w, DNS_TCP_ANSWERED), 5);
	assert_int_equal(ended(&w, DNS_TCP_REFUSED), 3);
	assert_int_equal(ended(&w, DNS_TCP_MUTE), 1);
	assert_int_equal(dns_window(only(&w), model_frame(w.model), DNS_QUERIES), 10);
	wait_s(&w, 1);
	put_ended(&w, 1, 0, 0); /* the kernel's table forgot it */
	assert_int_equal(ended(&w, DNS_TCP_ANSWERED), 1);
	assert_int_equal(ended(&w, DNS_TCP_REFUSED), 0);
	assert_int_equal(dns_window(only(&w), model_frame(w.model), DNS_QUERIES), 10);
	assert_ptr_equal(dns_server_find(model_dns(w.model), only(&w)->addr, NETNS), only(&w));
	assert_null(dns_server_find(model_dns(w.model), only(&w)->addr, NETNS + 1));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_young_queries_wait),
		cmocka_unit_test(test_many_looks),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_the_kernel_forgot),
		cmocka_unit_test(test_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
