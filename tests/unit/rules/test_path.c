/* SPDX-License-Identifier: BSD-2-Clause */
/* test_path.c - path-loss, uplink-loss: what is loss, against whom it is judged, how sure. */
#include "rules/world.h"

/* A peer that sent so much and lost so much of it, to fast recovery and timeouts. */
static struct event_tcp_peer busy(unsigned int last, __u64 segs, __u64 lost)
{
	struct event_tcp_peer e = peer_out(last, 9092);

	e.segs_out = segs;
	e.segs_retrans = lost;
	e.retrans[RETRANS_FAST] = lost - lost / 10;
	e.retrans[RETRANS_RTO] = lost / 10;
	e.live = 4;
	e.pid = 731;
	e.start_ns = 731 * SEC;
	strcpy(e.comm, "vector");
	return e;
}

static void put_busy(struct world *w, unsigned int last, __u64 segs, __u64 lost)
{
	struct event_tcp_peer e = busy(last, segs, lost);

	put_peer(w, &e);
}

/* Once the answers to all resends have had time to come. */
static unsigned int judge_settled(struct world *w, const char *kind)
{
	wait_s(w, 2);
	tick(w);
	return judge(w, kind);
}

static void begin(struct world *w)
{
	world_init(w);
	put_nic(w, 1, "lo", NIC_UP | NIC_RUNNING | NIC_LOOPBACK);
	put_nic(w, 2, "eth0", NIC_UP | NIC_RUNNING);
	put_nic(w, 3, "eth1", NIC_UP | NIC_RUNNING);
	tick(w);
	wait_s(w, 10);
}

static void test_one_lossy_path_of_three(void **state)
{
	struct world w;
	struct claim *c = &w.claim[0];

	(void)state;
	begin(&w);
	put_busy(&w, 1, 8806, 731);
	put_busy(&w, 2, 8790, 9);
	put_busy(&w, 3, 8802, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(c->basis, BASIS_MEASURED);
	assert_true(c->confidence >= 0.9);
	assert_int_equal(c->severity, SEVERITY_WARNING);
	assert_int_equal(c->subject.port, 9092);
	assert_int_equal(c->subject.netns, 0);
	assert_string_equal(c->message,
			    "NETWORK: the path to 10.0.0.1 loses packets; 2 other peers "
			    "via eth0 are fine.");
	assert_string_equal(c->advice[0].command, "mtr -T -P 9092 -n -r -c 50 10.0.0.1");
	assert_true(find_evidence(c, "tcp.lost.ratio")->value > 0.08);
	assert_non_null(find_evidence(c, "tcp.control.lost.ratio"));
	assert_int_equal(judge_settled(&w, "uplink-loss"), 0);
	world_done(&w);
}

static void test_few_segments_are_enough_at_high_loss(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 140, 40);
	put_busy(&w, 2, 900, 2);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_true(w.claim[0].confidence >= 0.8);
	world_done(&w);
}

static void test_spurious_resends_are_no_loss(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	e = busy(1, 5000, 400);
	e.dsacks = 395;
	e.live_reord = 3;
	put_peer(&w, &e);
	put_busy(&w, 2, 5000, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	/* Half of them: what stays is loss, and less sure. */
	wait_s(&w, 5);
	e.segs_out = 10000;
	e.segs_retrans = 1200;
	e.retrans[RETRANS_FAST] = 1100;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_true(w.claim[0].confidence < 0.85);
	assert_false(find_evidence(&w.claim[0], "tcp.segments.spurious")->supports);
	assert_false(find_evidence(&w.claim[0], "tcp.sockets.reordered")->supports);
	world_done(&w);
}

static void test_resends_that_say_nothing_of_the_path(void **state)
{
	static const enum retrans_cause causes[] = {RETRANS_SYN, RETRANS_SYNACK, RETRANS_OTHER,
						    RETRANS_TLP};
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		begin(&w);
		e = busy(1, 5000, 0);
		e.segs_retrans = 300;
		e.retrans[causes[i]] = 300;
		put_peer(&w, &e);
		put_busy(&w, 2, 5000, 0);
		assert_int_equal(judge_settled(&w, "path-loss"), 0);
		world_done(&w);
	}
	begin(&w);
	e = busy(1, 5000, 300);
	e.send_errors = 298;
	put_peer(&w, &e);
	put_busy(&w, 2, 5000, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	world_done(&w);
}

static void test_alone_is_inferred(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 5000, 400);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	assert_true(w.claim[0].confidence <= 0.7 && w.claim[0].confidence >= 0.5);
	/* Another is losing too, but has not sent enough yet: it may be the uplink. */
	put_busy(&w, 2, 60, 5);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	put_busy(&w, 2, 600, 50);
	assert_int_equal(judge_settled(&w, "path-loss"), 2);
	assert_true(w.claim[0].confidence < 0.6);
	assert_non_null(find_evidence(&w.claim[0], "nic.peers.lossy"));
	world_done(&w);
}

static void test_other_interfaces_are_no_control(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 5000, 400);
	e = busy(2, 5000, 0);
	e.ifindex = 3;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	world_done(&w);
}

static void test_uplink(void **state)
{
	struct event_tcp_peer e;
	struct world w;
	double inferred;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 3000, 240);
	put_busy(&w, 2, 2000, 170);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 0);
	put_busy(&w, 3, 2500, 200);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	judge_settled(&w, "uplink-loss");
	inferred = w.claim[0].confidence;
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	assert_true(inferred >= 0.6 && inferred <= 0.7);
	assert_string_equal(w.claim[0].subject.name, "eth0");
	assert_int_equal(w.claim[0].subject.ifindex, 2);
	/* Another interface that is fine is a control. */
	e = busy(9, 4000, 2);
	e.ifindex = 3;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_true(w.claim[0].confidence >= 0.9);
	/* One that is fine behind the same interface speaks against. */
	put_busy(&w, 4, 4000, 0);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	assert_true(w.claim[0].confidence < 0.9);
	assert_false(find_evidence(&w.claim[0], "nic.peers.fine")->supports);
	put_busy(&w, 5, 4000, 0);
	put_busy(&w, 6, 4000, 0);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 3);
	world_done(&w);
}

static void test_ports_of_one_address_are_one_path(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 3000, 240);
	e = busy(1, 3000, 240);
	e.peer.port = 80;
	put_peer(&w, &e);
	put_busy(&w, 2, 3000, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].subject.port, 0);
	assert_int_equal(w.claim[0].count, 480);
	world_done(&w);
}

static void test_both_ends_here_are_one_finding(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 3000, 240);
	put_busy(&w, 2, 3000, 0);
	e = busy(200, 3000, 100);
	e.peer.dir = PEER_IN;
	e.peer.netns = NETNS + 1;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].subject.netns, 0);
	world_done(&w);
}

static void test_loopback_has_no_path(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	e = busy(1, 5000, 400);
	e.ifindex = 1;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	world_done(&w);
}

static void test_pid_narrows_the_victims(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 5000, 400);
	put_busy(&w, 2, 5000, 0);
	put_setting(&w, "pid", "731");
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	put_setting(&w, "pid", "732");
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	world_done(&w);
}

static void test_thresholds_move_the_boundary(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 1, 1000, 30);
	put_busy(&w, 2, 5000, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	put_setting(&w, "path-loss.min_ratio", "3.1");
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	put_setting(&w, "path-loss.min_ratio", "3");
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	put_setting(&w, "path-loss.min_lost", "31");
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	put_setting(&w, "path-loss.min_lost", "8");
	put_setting(&w, "path-loss.min_segments", "1001");
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	world_done(&w);
}

static void test_a_silent_peer_is_not_lossy(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 2, 5000, 0);
	e = busy(1, 500, 0);
	put_peer(&w, &e);
	wait_s(&w, 4);
	e.segs_out = 520;
	e.segs_retrans = e.retrans[RETRANS_RTO] = 20;
	e.live_stuck = 4;
	e.max_backoff = 4;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	world_done(&w);
}

static void test_recovers_by_healthy_traffic(void **state)
{
	struct event_tcp_peer e;
	struct world w;
	struct subject s;
	__u64 since;

	(void)state;
	begin(&w);
	e = busy(1, 5000, 400);
	put_peer(&w, &e);
	put_busy(&w, 2, 5000, 0);
	judge_settled(&w, "path-loss");
	s = w.claim[0].subject;
	since = w.claim[0].last_ns;
	wait_s(&w, 30);
	tick(&w);
	assert_false(recovered(&w, "path-loss", &s, since));
	e.segs_out += 40;
	put_peer(&w, &e);
	assert_false(recovered(&w, "path-loss", &s, since));
	e.segs_out += 100;
	put_peer(&w, &e);
	assert_true(recovered(&w, "path-loss", &s, since));
	e.segs_retrans += 10;
	put_peer(&w, &e);
	assert_false(recovered(&w, "path-loss", &s, since));
	world_done(&w);
}

static void test_exposure_is_segments(void **state)
{
	struct world w;
	char why[80] = "";

	(void)state;
	begin(&w);
	put_busy(&w, 1, 61, 0);
	assert_false(rule_find("path-loss")->exposed(w.model, why, sizeof(why)));
	assert_string_equal(why, "4 connections, 61 segments; loss needs 500");
	put_busy(&w, 2, 439, 0);
	assert_true(rule_find("path-loss")->exposed(w.model, why, sizeof(why)));
	world_done(&w);
}

static void put_client(struct world *w, unsigned int last, __u64 segs, __u64 lost)
{
	struct event_tcp_peer e = busy(last, segs, lost);

	/* From outside, each of a network of its own. */
	e.peer.addr[12] = 203;
	e.peer.addr[13] = 0;
	e.peer.addr[14] = (__u8)last;
	e.peer.addr[15] = 1;
	e.peer.dir = PEER_IN;
	e.peer.port = 443;
	put_peer(w, &e);
}

static void test_a_client_is_a_remark_beside_a_control(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put_client(&w, 1, 5000, 400);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_true(w.claim[0].confidence <= 0.7);
	put_busy(&w, 2, 5000, 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_INFO);
	assert_non_null(strstr(w.claim[0].message, "client 203.0.1.1"));
	assert_non_null(strstr(w.claim[0].call, "nobody here"));
	world_done(&w);
}

/* Twelve clients lose; what the others by that interface do tells whose fault it is. */
static void test_clients_and_the_uplink(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	e = busy(99, 4000, 0);
	e.ifindex = 3;
	put_peer(&w, &e);
	for (unsigned int i = 1; i <= 4; i++)
		put_client(&w, i, 3000, 240);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	put_client(&w, 5, 3000, 0);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 0);
	put_client(&w, 5, 3000, 240);
	for (unsigned int i = 6; i <= 12; i++)
		put_client(&w, i, 3000, 240);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_true(w.claim[0].confidence >= 0.9);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	put_busy(&w, 20, 3000, 0);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 0);
	assert_int_equal(judge_settled(&w, "path-loss"), 0);
	put_busy(&w, 21, 3000, 240);
	put_busy(&w, 22, 3000, 240);
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	world_done(&w);
}

static void test_few_segments_and_a_good_part_lost(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	begin(&w);
	put_busy(&w, 2, 5000, 0);
	put_busy(&w, 1, 90, 30);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	assert_true(w.claim[0].confidence >= 0.5 && w.claim[0].confidence <= 0.7);
	assert_false(find_evidence(&w.claim[0], "tcp.segments")->supports);
	/* Less than a fifth; a handful; nothing came through behind it; it does not answer; for nothing. */
	put_busy(&w, 3, 90, 17);
	put_busy(&w, 4, 20, 7);
	e = busy(5, 90, 30);
	e.retrans[RETRANS_FAST] = 0;
	e.retrans[RETRANS_RTO] = 30;
	put_peer(&w, &e);
	e = busy(6, 90, 30);
	e.live_stuck = 3;
	put_peer(&w, &e);
	e = busy(7, 90, 30);
	e.dsacks = 10;
	put_peer(&w, &e);
	assert_int_equal(judge_settled(&w, "path-loss"), 1);
	assert_int_equal(w.claim[0].subject.addr[15], 1);
	world_done(&w);
}

static void test_waits_for_one_window(void **state)
{
	struct event_tcp_peer busy_one, little;
	struct world w;

	(void)state;
	begin(&w);
	busy_one = busy(1, 5000, 0);
	little = busy(2, 10, 0);
	for (unsigned int i = 0; i < 12; i++) {
		busy_one.segs_out += 500;
		busy_one.segs_retrans += 40;
		busy_one.retrans[RETRANS_FAST] += 40;
		little.segs_out += 6;
		little.segs_retrans++;
		little.retrans[RETRANS_FAST]++;
		put_peer(&w, &busy_one);
		put_peer(&w, &little);
		wait_s(&w, 8);
		tick(&w);
		if (i == 3)
			assert_int_equal(judge(&w, "path-loss"), 0);
	}
	assert_int_equal(judge(&w, "path-loss"), 1);
	assert_true(w.claim[0].confidence < 0.6);
	world_done(&w);
}

static void test_uplink_is_over_when_most_are_fine(void **state)
{
	struct event_tcp_peer e[3];
	struct world w;
	struct subject s;

	(void)state;
	begin(&w);
	for (unsigned int i = 0; i < 3; i++) {
		e[i] = busy(i + 1, 3000, 240);
		put_peer(&w, &e[i]);
	}
	assert_int_equal(judge_settled(&w, "uplink-loss"), 1);
	s = w.claim[0].subject;
	assert_false(recovered(&w, "uplink-loss", &s, w.claim[0].last_ns));
	wait_s(&w, 70);
	for (unsigned int i = 0; i < 3; i++) {
		e[i].segs_out += 3000;
		e[i].segs_retrans += i == 0 ? 240 : 0;
		e[i].retrans[RETRANS_FAST] += i == 0 ? 240 : 0;
		put_peer(&w, &e[i]);
	}
	wait_s(&w, 2);
	tick(&w);
	assert_true(recovered(&w, "uplink-loss", &s, w.claim[0].last_ns));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_lossy_path_of_three),
		cmocka_unit_test(test_few_segments_are_enough_at_high_loss),
		cmocka_unit_test(test_spurious_resends_are_no_loss),
		cmocka_unit_test(test_resends_that_say_nothing_of_the_path),
		cmocka_unit_test(test_alone_is_inferred),
		cmocka_unit_test(test_other_interfaces_are_no_control),
		cmocka_unit_test(test_uplink),
		cmocka_unit_test(test_ports_of_one_address_are_one_path),
		cmocka_unit_test(test_both_ends_here_are_one_finding),
		cmocka_unit_test(test_loopback_has_no_path),
		cmocka_unit_test(test_pid_narrows_the_victims),
		cmocka_unit_test(test_thresholds_move_the_boundary),
		cmocka_unit_test(test_a_silent_peer_is_not_lossy),
		cmocka_unit_test(test_recovers_by_healthy_traffic),
		cmocka_unit_test(test_exposure_is_segments),
		cmocka_unit_test(test_a_client_is_a_remark_beside_a_control),
		cmocka_unit_test(test_clients_and_the_uplink),
		cmocka_unit_test(test_few_segments_and_a_good_part_lost),
		cmocka_unit_test(test_waits_for_one_window),
		cmocka_unit_test(test_uplink_is_over_when_most_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
