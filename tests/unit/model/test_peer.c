/* SPDX-License-Identifier: BSD-2-Clause */
/* test_peer.c - peers: bases, totals that dip, silence, eviction. */
#include "rules/world.h"

static const struct peer *find(const struct world *w, const struct event_tcp_peer *e)
{
	return peers_find(model_peers(w->model), &e->peer);
}

static __u64 gained(const struct world *w, const struct event_tcp_peer *e, enum peer_counter c)
{
	return peer_window(find(w, e), model_frame(w->model), c);
}

static void test_base_is_not_ours(void **state)
{
	struct event_tcp_peer old = peer_out(1, 80), young = peer_out(2, 80);
	struct world w;

	(void)state;
	world_init(&w);
	old.flags = TCP_PEER_BASE;
	old.segs_out = 10000;
	put_peer(&w, &old);
	young.segs_out = 50;
	put_peer(&w, &young);
	assert_int_equal(gained(&w, &old, PEER_SEGS_OUT), 0);
	assert_int_equal(gained(&w, &young, PEER_SEGS_OUT), 50);
	old.flags = 0;
	old.segs_out = 10007;
	put_peer(&w, &old);
	assert_int_equal(gained(&w, &old, PEER_SEGS_OUT), 7);
	assert_int_equal(peer_total(find(&w, &old), PEER_SEGS_OUT), 7);
	world_done(&w);
}

static void test_totals_dip_and_come_back(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	e.segs_out = 1000;
	put_peer(&w, &e);
	for (int i = 0; i < 30; i++) {
		wait_s(&w, 1);
		e.segs_out = i % 2 ? 1000 : 400; /* a socket closes between the two readings */
		put_peer(&w, &e);
	}
	assert_int_equal(gained(&w, &e, PEER_SEGS_OUT), 1000);
	wait_s(&w, 40);
	e.segs_out = 1003;
	put_peer(&w, &e);
	assert_int_equal(gained(&w, &e, PEER_SEGS_OUT), 3);
	world_done(&w);
}

/* What was near the least is so no longer when the least turns out to be far lower. */
static void test_trips_near_and_far(void **state)
{
	static const __u32 us[] = {10000, 15000, 9000, 1000, 1900, 2500, 200000, 1500, 40000};
	static const __u32 near[] = {1, 2, 3, 1, 2, 2, 2, 3, 3},
			   run[] = {0, 0, 0, 0, 0, 1, 2, 0, 1};
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned int i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
		wait_s(&w, 1);
		e.fresh = 1;
		e.fresh_srtt_us = us[i];
		put_peer(&w, &e);
		assert_int_equal(find(&w, &e)->trips_near, near[i]);
		assert_int_equal(find(&w, &e)->trips_near + find(&w, &e)->trips_far, i + 1);
		assert_int_equal(find(&w, &e)->trips_run, run[i]);
	}
	assert_int_equal(find(&w, &e)->trip_low_us, 1000);
	world_done(&w);
}

static void test_resends_settle(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	const struct frame *frame;
	struct world w;

	(void)state;
	world_init(&w);
	frame = model_frame(w.model);
	e.flags = TCP_PEER_BASE;
	e.segs_retrans = 1000;
	put_peer(&w, &e);
	for (unsigned int s = 1; s <= 10; s++) {
		wait_s(&w, 1);
		e.flags = 0;
		e.segs_retrans += 10;
		put_peer(&w, &e);
		assert_int_equal(gained(&w, &e, PEER_SEGS_RETRANS), 10 * s);
		assert_int_equal(peer_settled(find(&w, &e), frame, PEER_SEGS_RETRANS),
				 s < 2 ? 0 : 10 * (s - 2));
	}
	wait_s(&w, 1);
	tick(&w);
	assert_int_equal(peer_settled(find(&w, &e), frame, PEER_SEGS_RETRANS), 90);
	wait_s(&w, 0.5);
	tick(&w);
	assert_int_equal(peer_settled(find(&w, &e), frame, PEER_SEGS_RETRANS), 100);
	world_done(&w);
}

static void test_interface_is_where_it_answered(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	e.bytes_acked = 5;
	put_peer(&w, &e);
	e.ifindex = 1; /* unreachable: the route is loopback's now */
	e.live_stuck = 1;
	put_peer(&w, &e);
	assert_int_equal(find(&w, &e)->ifindex, 2);
	e.ifindex = 3;
	e.bytes_acked = 6;
	put_peer(&w, &e);
	assert_int_equal(find(&w, &e)->ifindex, 3);
	world_done(&w);
}

static void test_silence_begins_and_ends(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	e.bytes_acked = 100;
	e.live = 1;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->progress_ns == w.now);
	wait_s(&w, 1);
	e.live_stuck = 1;
	e.max_backoff = 2;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->stuck_since_ns == w.now);
	wait_s(&w, 3);
	e.max_backoff = 4;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->stuck_since_ns == w.now - 3 * SEC);
	/* Another of its sockets gets an answer: the peer is there. */
	wait_s(&w, 1);
	e.bytes_acked = 200;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->stuck_since_ns == w.now);
	e.live_stuck = 0;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->stuck_since_ns == 0);
	world_done(&w);
}

static void test_resends_of_a_silence_are_told_apart(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	e.bytes_acked = 100;
	e.segs_retrans = 5; /* ordinary loss */
	put_peer(&w, &e);
	wait_s(&w, 1);
	e.segs_retrans = 9; /* a tail probe each and a timeout: not stuck yet */
	put_peer(&w, &e);
	assert_int_equal(gained(&w, &e, PEER_RETRANS_SILENT), 0);
	for (unsigned int s = 1; s <= 4; s++) {
		wait_s(&w, 1);
		e.segs_retrans++;
		e.live_stuck = 1;
		put_peer(&w, &e);
		assert_int_equal(gained(&w, &e, PEER_RETRANS_SILENT), 4 + s);
	}
	/* What is sent again when it ends was lost in it. */
	wait_s(&w, 1);
	e.segs_retrans += 10;
	e.live_stuck = 0;
	e.bytes_acked = 200;
	put_peer(&w, &e);
	assert_int_equal(gained(&w, &e, PEER_RETRANS_SILENT), 18);
	wait_s(&w, 1);
	e.segs_retrans += 7;
	e.bytes_acked = 300;
	put_peer(&w, &e);
	assert_int_equal(gained(&w, &e, PEER_RETRANS_SILENT), 18);
	/* One socket is stuck while others get answers: a lossy path. */
	wait_s(&w, 1);
	e.segs_retrans += 7;
	e.bytes_acked = 400;
	e.live_stuck = 1;
	put_peer(&w, &e);
	assert_int_equal(gained(&w, &e, PEER_RETRANS_SILENT), 18);
	assert_int_equal(gained(&w, &e, PEER_SEGS_RETRANS), 37);
	world_done(&w);
}

static void test_unanswered_attempts(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	/* Gives up before a SYN is resent: says nothing. */
	e.attempts = 5;
	e.abandoned = 5;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->syn_since_ns == 0);
	wait_s(&w, 1);
	e.attempts = 6;
	e.retrans[RETRANS_SYN] = 1;
	e.live_syn = 1;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->syn_since_ns == w.now);
	wait_s(&w, 1);
	e.live_syn = 0;
	e.abandoned = 6;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->syn_since_ns == w.now - SEC);
	assert_true(find(&w, &e)->unanswered_ns == w.now);
	/* A refusal is an answer. */
	e.refused = 1;
	put_peer(&w, &e);
	assert_true(find(&w, &e)->syn_since_ns == 0);
	assert_true(find(&w, &e)->refused_ns == w.now);
	world_done(&w);
}

/* Five seconds of a service, of whose attempts each second so many are made, refused, wait or are given up. */
static void five_s(struct world *w, struct event_tcp_peer *e, unsigned int made,
		   unsigned int refused, unsigned int waits, unsigned int given_up)
{
	for (unsigned int s = 0; s < 5; s++) {
		wait_s(w, 1);
		e->attempts += made + refused + waits + given_up;
		e->established += made;
		e->refused += refused;
		e->abandoned += given_up;
		e->retrans[RETRANS_SYN] += waits;
		put_peer(w, e);
	}
}

static void test_runs_of_attempts(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	const struct peer *peer;
	struct world w;

	(void)state;
	world_init(&w);
	/* Outages, by refusal and by silence, and their ends: none failed while others did not. */
	five_s(&w, &e, 2, 0, 0, 0);
	peer = find(&w, &e);
	five_s(&w, &e, 0, 2, 0, 0);
	five_s(&w, &e, 2, 0, 0, 0);
	five_s(&w, &e, 0, 0, 2, 0);
	five_s(&w, &e, 2, 0, 0, 0);
	assert_int_equal(peer->refused_some.n, 0);
	assert_int_equal(peer->waited_some.n, 0);
	assert_int_equal(peer->waited.n, 5);
	/* Both in each look; the first that failed had none before it. */
	five_s(&w, &e, 1, 1, 1, 0);
	assert_true(peer->refused_some.n >= 4 && peer->waited_some.n >= 4);
	assert_true(peer->refused_some.last_ns == w.now && peer->waited_some.last_ns == w.now);
	/* Far apart: another run. */
	wait_s(&w, 20);
	five_s(&w, &e, 1, 1, 0, 0);
	assert_true(w.now - peer->refused_some.since_ns <= 4 * SEC);
	/* Given up, until one is answered. */
	five_s(&w, &e, 0, 0, 0, 3);
	assert_true(peer->gave_up.since_ns == w.now - 4 * SEC && peer->gave_up.n == 5);
	five_s(&w, &e, 1, 0, 0, 3);
	assert_true(peer->gave_up.since_ns == 0);
	world_done(&w);
}

static void test_gone_and_retired(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct world w;

	(void)state;
	world_init(&w);
	e.segs_out = 40;
	put_peer(&w, &e);
	e.flags = TCP_PEER_GONE;
	e.segs_out = 44;
	put_peer(&w, &e);
	assert_null(find(&w, &e));
	assert_int_equal(model_peers(w.model)->retired[PEER_SEGS_OUT], 44);
	world_done(&w);
}

static void test_eviction_counts_what_mattered(void **state)
{
	struct event_tcp_peer e;
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned int i = 0; i < MODEL_PEERS_MAX; i++) {
		e = peer_out(i % 250, (__u16)(1000 + i / 250));
		e.segs_out = 5;
		put_peer(&w, &e);
	}
	/* Idle for longer than the window: nothing that is judged is lost. */
	wait_s(&w, 100);
	/* It came, was refused and went: not worth another's place. */
	e = peer_out(1, 2);
	e.refused = 1;
	put_peer(&w, &e);
	assert_null(peers_find(model_peers(w.model), &e.peer));
	e = peer_out(1, 1);
	e.segs_out = 7;
	e.live = 1;
	put_peer(&w, &e);
	assert_int_equal(model_peers(w.model)->dropped, 0);
	/* That one may have been here before: what the kernel counted so far is not of now. */
	assert_int_equal(gained(&w, &e, PEER_SEGS_OUT), 0);
	for (unsigned int i = 0; i < 2 * MODEL_PEERS_MAX; i++) {
		e = peer_out(i % 250, (__u16)(30000 + i / 250));
		e.live = 1;
		put_peer(&w, &e);
	}
	tick(&w);
	assert_true(model_table(w.model, "model.peers")->dropped > 0);
	assert_int_equal(model_table(w.model, "model.peers")->used, MODEL_PEERS_MAX);
	world_done(&w);
}

static void test_owner_and_loopback(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80), lo = peer_out(1, 81);
	struct event_tcp_retrans r;
	struct world w;

	(void)state;
	world_init(&w);
	put_nic(&w, 1, "lo", NIC_UP | NIC_RUNNING | NIC_LOOPBACK);
	put_nic(&w, 2, "eth0", NIC_UP | NIC_RUNNING);
	put_peer(&w, &e);
	r = (struct event_tcp_retrans)EVENT(&w, event_tcp_retrans, EVENT_TCP_RETRANS);
	r.peer = e.peer;
	r.pid = 77;
	memset(r.comm, 'c', sizeof(r.comm)); /* not terminated */
	put(&w, &r);
	assert_int_equal(find(&w, &e)->pid, 77);
	assert_int_equal(strlen(find(&w, &e)->comm), EVENT_COMM_LEN - 1);
	assert_false(peer_is_loopback(find(&w, &e), model_nics(w.model)));
	lo.ifindex = 1;
	put_peer(&w, &lo);
	assert_true(peer_is_loopback(find(&w, &lo), model_nics(w.model)));
	lo = peer_out(1, 82);
	lo.peer.addr[12] = 127;
	lo.ifindex = 0;
	put_peer(&w, &lo);
	assert_true(peer_is_loopback(find(&w, &lo), model_nics(w.model)));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_is_not_ours),
		cmocka_unit_test(test_totals_dip_and_come_back),
		cmocka_unit_test(test_trips_near_and_far),
		cmocka_unit_test(test_resends_settle),
		cmocka_unit_test(test_interface_is_where_it_answered),
		cmocka_unit_test(test_silence_begins_and_ends),
		cmocka_unit_test(test_resends_of_a_silence_are_told_apart),
		cmocka_unit_test(test_unanswered_attempts),
		cmocka_unit_test(test_runs_of_attempts),
		cmocka_unit_test(test_gone_and_retired),
		cmocka_unit_test(test_eviction_counts_what_mattered),
		cmocka_unit_test(test_owner_and_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
