/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reach.c - peer-unreachable, connect-refused: silence, refusal, and what is neither. */
#include "rules/world.h"

static void begin(struct world *w)
{
	world_init(w);
	put_nic(w, 1, "lo", NIC_UP | NIC_RUNNING | NIC_LOOPBACK);
	put_nic(w, 2, "eth0", NIC_UP | NIC_RUNNING);
	tick(w);
	wait_s(w, 2);
}

static void put_lively(struct world *w, unsigned int last, __u64 n)
{
	struct event_tcp_peer e = peer_out(last, 80);

	e.segs_out = 100 * n;
	e.bytes_acked = 1000 * n;
	e.live = 2;
	put_peer(w, &e);
}

/* A connected peer that falls silent; after each further second the kernel has backed off so far */
static const unsigned int backoff_after_s[] = {0, 2, 2, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5};

static void fall_silent(struct world *w, struct event_tcp_peer *e, unsigned int seconds)
{
	*e = peer_out(1, 80);
	e->segs_out = 300;
	e->bytes_acked = 9000;
	e->live = 2;
	e->pid = 7;
	strcpy(e->comm, "client");
	put_peer(w, e);
	for (unsigned int s = 1; s <= seconds; s++) {
		wait_s(w, 1);
		e->max_backoff = backoff_after_s[s];
		e->live_stuck = e->max_backoff >= 2 ? 2 : 0;
		e->segs_retrans = e->retrans[RETRANS_RTO] = 2 * (__u64)e->max_backoff;
		put_peer(w, e);
		put_lively(w, 2, 10 + s);
		tick(w);
	}
}

static void test_a_silent_peer_is_named_within_8_s(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	fall_silent(&w, &e, 8);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_true(w.claim[0].confidence >= 0.8);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_string_equal(w.claim[0].message, "NETWORK: 10.0.0.1:80 stopped answering; 1 other "
						"peer via eth0 is fine.");
	wait_s(&w, 4);
	put_lively(&w, 2, 30);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	put_setting(&w, "peer-unreachable.critical_s", "60");
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	world_done(&w);
}

static void test_a_hiccup_is_none(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	for (unsigned int s = 1; s <= 3; s++) {
		world_done(&w);
		begin(&w);
		fall_silent(&w, &e, s);
		assert_int_equal(judge(&w, "peer-unreachable"), 0);
	}
	/* It answers: no claim, however far it had backed off. */
	world_done(&w);
	begin(&w);
	fall_silent(&w, &e, 6);
	e.bytes_acked += 100;
	e.live_stuck = e.max_backoff = 0;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	world_done(&w);
}

static void test_thresholds_move_the_boundary(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	fall_silent(&w, &e, 6);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	put_setting(&w, "peer-unreachable.min_backoff", "5");
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	put_setting(&w, "peer-unreachable.min_backoff", "4");
	put_setting(&w, "peer-unreachable.stuck_s", "6");
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	put_setting(&w, "peer-unreachable.stuck_s", "5");
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	world_done(&w);
}

static void test_a_lossy_path_needs_more(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	begin(&w);
	e.segs_out = 300;
	e.segs_retrans = e.retrans[RETRANS_FAST] = 80;
	e.bytes_acked = 5000;
	put_peer(&w, &e);
	fall_silent(&w, &e, 6);
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	e.max_backoff = 6;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	world_done(&w);
}

/* What the silence itself made resend in its first tick does not make the path a lossy one: the first
 * seconds of a trace have few segments beside it (seen on 6.1). */
static void test_its_own_resends_are_no_lossy_path(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	e = peer_out(1, 80);
	e.segs_out = 100;
	e.bytes_acked = 9000;
	e.live = 4;
	e.segs_retrans = 8;
	e.retrans[RETRANS_RTO] = e.retrans[RETRANS_TLP] = 4;
	put_peer(&w, &e);
	for (unsigned int s = 1; s <= 7; s++) {
		wait_s(&w, 1);
		e.live_stuck = 4;
		e.max_backoff = backoff_after_s[s];
		e.segs_retrans = 8 + 4 * (__u64)e.max_backoff;
		e.retrans[RETRANS_RTO] = 4 + 4 * (__u64)e.max_backoff;
		put_peer(&w, &e);
		put_lively(&w, 2, 10 + s);
		tick(&w);
	}
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	world_done(&w);
}

static void test_alone_and_together(void **state)
{
	struct event_tcp_peer e, other;
	struct world w;
	double alone;

	(void)state;
	begin(&w);
	e = peer_out(1, 80);
	e.bytes_acked = 9000;
	e.live = e.live_stuck = 1;
	e.max_backoff = 4;
	put_peer(&w, &e);
	wait_s(&w, 5);
	tick(&w);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	alone = w.claim[0].confidence;
	assert_true(alone <= 0.7);
	other = e;
	other.peer.addr[15] = 5;
	put_peer(&w, &other);
	wait_s(&w, 5);
	tick(&w);
	assert_int_equal(judge(&w, "peer-unreachable"), 2);
	assert_true(w.claim[0].confidence < alone);
	assert_non_null(find_evidence(&w.claim[0], "nic.peers.silent"));
	world_done(&w);
}

static void test_a_closed_window_speaks_against(void **state)
{
	struct event_tcp_peer e;
	struct world w;
	double before;

	(void)state;
	begin(&w);
	fall_silent(&w, &e, 6);
	judge(&w, "peer-unreachable");
	before = w.claim[0].confidence;
	e.live_zero_win = 1;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_true(w.claim[0].confidence < before - 0.2);
	world_done(&w);
}

static void test_unanswered_syns(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	begin(&w);
	e.attempts = 1;
	e.live = 1;
	put_peer(&w, &e);
	for (unsigned int s = 1; s <= 5; s++) {
		wait_s(&w, 1);
		e.live_syn = 1;
		e.retrans[RETRANS_SYN] = s >= 3 ? 2 : 1;
		put_peer(&w, &e);
		put_lively(&w, 2, 10 + s);
		tick(&w);
		assert_int_equal(judge(&w, "peer-unreachable"), s >= 4);
	}
	assert_true(w.claim[0].confidence >= 0.8);
	/* Now it answers. */
	wait_s(&w, 1);
	e.established = 1;
	e.live_syn = 0;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	assert_true(recovered(&w, "peer-unreachable", &w.claim[0].subject, w.claim[0].last_ns));
	world_done(&w);
}

/* Attempts at an address for 20 s; answered: they were made before. */
static enum severity dialled_for_long(const __u8 v4[4], bool answered)
{
	struct event_tcp_peer e = peer_out(1, 80);
	enum severity severity;
	struct world w;

	begin(&w);
	memcpy(e.peer.addr + 12, v4, 4);
	if (answered) {
		e.attempts = e.established = 1;
		put_peer(&w, &e);
		wait_s(&w, 1);
	}
	for (unsigned int s = 1; s <= 20; s++) {
		wait_s(&w, 1);
		e.attempts = s + 1;
		e.live = e.live_syn = s;
		e.retrans[RETRANS_SYN] = s;
		put_peer(&w, &e);
		tick(&w);
	}
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	severity = w.claim[0].severity;
	assert_true(!strstr(w.claim[0].message, "stopped answering") == !answered);
	world_done(&w);
	return severity;
}

/* Dead before, or for years: nobody knows. A cloud's metadata service is nowhere but in clouds. */
static void test_what_never_answered_wakes_nobody(void **state)
{
	static const __u8 database[4] = {10, 0, 0, 1}, metadata[4] = {169, 254, 169, 254};

	(void)state;
	assert_int_equal(dialled_for_long(database, false), SEVERITY_WARNING);
	assert_int_equal(dialled_for_long(database, true), SEVERITY_CRITICAL);
	assert_int_equal(dialled_for_long(metadata, false), SEVERITY_INFO);
	assert_int_equal(dialled_for_long(metadata, true), SEVERITY_CRITICAL);
}

static void test_one_port_of_a_host_that_answers(void **state)
{
	struct event_tcp_peer e, ssh = peer_out(1, 22);
	struct world w;

	(void)state;
	begin(&w);
	fall_silent(&w, &e, 6);
	ssh.bytes_acked = 5;
	put_peer(&w, &ssh);
	ssh.bytes_acked = 10;
	put_peer(&w, &ssh);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].subject.port, 80);
	world_done(&w);
}

static void test_both_ends_here_are_one_finding(void **state)
{
	struct event_tcp_peer e, other;
	struct world w;

	(void)state;
	begin(&w);
	fall_silent(&w, &e, 6);
	other = e;
	other.peer.netns = NETNS + 1;
	other.peer.dir = PEER_IN;
	other.peer.addr[15] = 77;
	put_peer(&w, &other);
	wait_s(&w, 4);
	put_lively(&w, 2, 90);
	assert_int_equal(judge(&w, "peer-unreachable"), 1);
	assert_int_equal(w.claim[0].subject.netns, 0);
	world_done(&w);
}

/* ---- connect-refused ---- */

static struct event_tcp_peer refusing(unsigned int last, __u16 port, __u64 refused, __u64 made)
{
	struct event_tcp_peer e = peer_out(last, port);

	e.attempts = refused + made;
	e.refused = refused;
	e.established = made;
	e.pid = 9;
	strcpy(e.comm, "client");
	return e;
}

static void test_refused(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	e = refusing(1, 9092, 2, 0);
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "connect-refused"), 0);
	wait_s(&w, 1);
	e.refused = 3;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "connect-refused"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_REPORTED);
	assert_true(w.claim[0].confidence >= 0.88);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_int_equal(w.claim[0].subject.port, 9092);
	assert_int_equal(judge(&w, "peer-unreachable"), 0);
	assert_int_equal(judge(&w, "path-loss"), 0);
	put_setting(&w, "connect-refused.min_refused", "4");
	assert_int_equal(judge(&w, "connect-refused"), 0);
	world_done(&w);
}

static void test_a_service_that_went_down_and_came_back(void **state)
{
	struct event_tcp_peer e;
	struct world w;
	struct subject s;

	(void)state;
	begin(&w);
	e = refusing(1, 9092, 0, 6);
	put_peer(&w, &e);
	wait_s(&w, 1);
	e.refused = 4;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "connect-refused"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	assert_true(w.claim[0].confidence < 0.7);
	assert_false(find_evidence(&w.claim[0], "tcp.attempts.established")->supports);
	s = w.claim[0].subject;
	assert_false(recovered(&w, "connect-refused", &s, w.claim[0].last_ns));
	wait_s(&w, 1);
	e.established = 7;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "connect-refused"), 0);
	assert_true(recovered(&w, "connect-refused", &s, w.claim[0].last_ns));
	world_done(&w);
}

static void test_a_scan_is_one_remark(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	for (__u16 port = 1; port <= 200; port++) {
		e = refusing(1, port, 4, 0);
		put_peer(&w, &e);
	}
	assert_int_equal(judge(&w, "connect-refused"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_INFO);
	assert_int_equal(w.claim[0].subject.port, 0);
	put_setting(&w, "connect-refused.scan_ports", "201");
	e = refusing(1, 201, 4, 0);
	world_done(&w);

	/* Refused on our own port by others: no attempt of ours. */
	begin(&w);
	e = peer_out(1, 80);
	e.peer.dir = PEER_IN;
	e.refused = 50;
	put_peer(&w, &e);
	assert_int_equal(judge(&w, "connect-refused"), 0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_silent_peer_is_named_within_8_s),
		cmocka_unit_test(test_a_hiccup_is_none),
		cmocka_unit_test(test_thresholds_move_the_boundary),
		cmocka_unit_test(test_a_lossy_path_needs_more),
		cmocka_unit_test(test_its_own_resends_are_no_lossy_path),
		cmocka_unit_test(test_alone_and_together),
		cmocka_unit_test(test_a_closed_window_speaks_against),
		cmocka_unit_test(test_unanswered_syns),
		cmocka_unit_test(test_what_never_answered_wakes_nobody),
		cmocka_unit_test(test_one_port_of_a_host_that_answers),
		cmocka_unit_test(test_both_ends_here_are_one_finding),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_a_service_that_went_down_and_came_back),
		cmocka_unit_test(test_a_scan_is_one_remark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
