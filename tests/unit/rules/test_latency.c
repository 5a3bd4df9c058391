/* SPDX-License-Identifier: BSD-2-Clause */
/* test_latency.c - path-latency: what is growth, whose it is, how sure. */
#include "rules/world.h"

#include "rules/trail.h"

/* A second in which each of these peers (by the last byte of its address) is sent data. */
static void look(struct world *w, const __u32 ms[], unsigned int n)
{
	wait_s(w, 1);
	for (unsigned int i = 0; i < n; i++) {
		struct event_tcp_peer e = peer_out(i + 1, 9092);

		e.segs_out = 300 * (w->ticks + 1);
		e.live = 4;
		e.fresh = 4;
		e.fresh_srtt_us = 1000 * ms[i];
		e.pid = 731;
		strcpy(e.comm, "vector");
		if (ms[i])
			put_peer(w, &e);
	}
	tick(w);
}

static void looks(struct world *w, unsigned int seconds, const __u32 ms[], unsigned int n)
{
	while (seconds--)
		look(w, ms, n);
}

static void begin(struct world *w)
{
	world_init(w);
	put_nic(w, 1, "lo", NIC_UP | NIC_RUNNING | NIC_LOOPBACK);
	put_nic(w, 2, "eth0", NIC_UP | NIC_RUNNING);
	tick(w);
}

static const __u32 well[4] = {2, 2, 2, 2};

static void test_one_of_three(void **state)
{
	static const __u32 grown[3] = {202, 2, 3};
	struct world w;
	struct claim *c = &w.claim[0];

	(void)state;
	begin(&w);
	looks(&w, 10, well, 3);
	assert_int_equal(judge(&w, "path-latency"), 0);
	looks(&w, 3, grown, 3);
	assert_int_equal(judge(&w, "path-latency"), 0); /* three looks are a hiccup */
	looks(&w, 3, grown, 3);
	assert_int_equal(judge(&w, "path-latency"), 1);
	assert_int_equal(c->basis, BASIS_MEASURED);
	assert_true(c->confidence >= 0.85 && c->confidence <= 0.95);
	assert_int_equal(c->subject.type, SUBJECT_PEER);
	assert_int_equal(c->subject.addr[15], 1);
	assert_int_equal(c->count, 6);
	assert_false(c->advice[0].changes);
	world_done(&w);
}

/* Growth by less than the bound, or to less than so many times the least. */
static void test_boundaries(void **state)
{
	static const __u32 far[2] = {30, 2}, less[2] = {79, 2}, more[2] = {80, 2};
	static const __u32 near[2] = {2, 2}, below[2] = {51, 2}, above[2] = {53, 2};
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 12, near, 2);
	looks(&w, 6, below, 2);
	assert_int_equal(judge(&w, "path-latency"), 0);
	looks(&w, 6, above, 2);
	assert_int_equal(judge(&w, "path-latency"), 1);
	world_done(&w);
	begin(&w);
	put_setting(&w, "path-latency.times", "2.65");
	looks(&w, 12, far, 2);
	looks(&w, 6, less, 2);
	assert_int_equal(judge(&w, "path-latency"), 0);
	looks(&w, 6, more, 2);
	assert_int_equal(judge(&w, "path-latency"), 1);
	world_done(&w);
}

static void test_all_are_the_interface(void **state)
{
	static const __u32 grown[3] = {202, 203, 201}, two[3] = {202, 203, 2};
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 10, well, 3);
	looks(&w, 6, grown, 3);
	assert_int_equal(judge(&w, "path-latency"), 1);
	assert_int_equal(w.claim[0].subject.type, SUBJECT_NIC);
	assert_string_equal(w.claim[0].subject.name, "eth0");
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	world_done(&w);
	begin(&w);
	looks(&w, 10, well, 3);
	looks(&w, 6, two, 3);
	assert_int_equal(judge(&w, "path-latency"), 1); /* most of three */
	assert_int_equal(w.claim[0].subject.type, SUBJECT_NIC);
	world_done(&w);
	begin(&w);
	looks(&w, 10, well, 4);
	looks(&w, 6, (const __u32[4]){202, 203, 2, 2}, 4);
	assert_int_equal(judge(&w, "path-latency"), 2); /* two of four are two paths */
	assert_int_equal(w.claim[0].subject.type, SUBJECT_PEER);
	world_done(&w);
}

/* Another that has just begun to grow: path or uplink is open. */
static void test_waits_for_the_others(void **state)
{
	static const __u32 one[3] = {202, 2, 2}, more[3] = {202, 202, 2};
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 10, well, 3);
	looks(&w, 4, one, 3);
	assert_int_equal(judge(&w, "path-latency"), 1);
	look(&w, more, 3);
	assert_int_equal(judge(&w, "path-latency"), 0);
	world_done(&w);
}

static void test_no_control_is_inferred(void **state)
{
	static const __u32 grown[1] = {202};
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 10, well, 1);
	looks(&w, 8, grown, 1);
	assert_int_equal(judge(&w, "path-latency"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	assert_true(w.claim[0].confidence <= 0.65);
	world_done(&w);
}

static void test_always_far_is_no_growth(void **state)
{
	static const __u32 far[2] = {200, 2};
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 20, far, 2);
	assert_int_equal(judge(&w, "path-latency"), 0);
	world_done(&w);
}

/* A closed window or timeouts: other kinds tell of these. */
static void test_not_of_the_path(void **state)
{
	static const __u32 grown[2] = {202, 2};
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	looks(&w, 10, well, 2);
	looks(&w, 6, grown, 2);
	assert_int_equal(judge(&w, "path-latency"), 1);
	e = peer_out(1, 9092);
	e.live = 4;
	e.live_zero_win = 1;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "path-latency"), 0);
	e.live_zero_win = 0;
	e.live_stuck = 1;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "path-latency"), 0);
	world_done(&w);
}

/* C(5,3) / C(8,3) = 10 / 56, by hand. */
static void test_chance(void **state)
{
	struct trail t = {.near = 3, .far = 5, .run = 3};

	(void)state;
	assert_true(trail_chance(&t) > 10.0 / 56.0 - 1e-12);
	assert_true(trail_chance(&t) < 10.0 / 56.0 + 1e-12);
	t.near = 0;
	assert_true(trail_chance(&t) == 1.0);
	t = (struct trail){.near = 100000, .far = 100000, .run = 100000};
	assert_true(trail_chance(&t) < 1e-8);
}

static void test_recovers(void **state)
{
	static const __u32 grown[2] = {202, 2};
	const struct rule *rule = rule_find("path-latency");
	struct world w;
	struct subject subject;
	__u64 since_ns;

	(void)state;
	begin(&w);
	looks(&w, 10, well, 2);
	looks(&w, 6, grown, 2);
	assert_int_equal(judge(&w, "path-latency"), 1);
	subject = w.claim[0].subject;
	since_ns = w.now;
	assert_false(rule->recovered(w.model, &subject, since_ns));
	look(&w, well, 2);
	assert_true(rule->recovered(w.model, &subject, since_ns));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_three),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_all_are_the_interface),
		cmocka_unit_test(test_waits_for_the_others),
		cmocka_unit_test(test_no_control_is_inferred),
		cmocka_unit_test(test_always_far_is_no_growth),
		cmocka_unit_test(test_not_of_the_path),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
