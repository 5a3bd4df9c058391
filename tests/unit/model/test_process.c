/* SPDX-License-Identifier: BSD-2-Clause */
/* test_process.c - processes: floors over time, identity, breakdowns, bounds. */
#include "rules/world.h"

#define PID  42
#define BORN (500 * SEC)

static const struct process *find(const struct world *w)
{
	return processes_find(model_processes(w->model), PID, BORN);
}

static __u32 floor_at(const struct world *w, unsigned int back)
{
	return process_floor(find(w), model_frame(w->model), back);
}

static void test_floor_is_the_least_of_its_bucket(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	tick(&w);
	/* Peaks that are gone within the bucket of 2 s leave no trace. */
	for (int i = 0; i < 8; i++) {
		wait_s(&w, 0.5);
		put_fds(&w, PID, BORN, i % 2 ? 10 : 90, 1024);
		tick(&w);
	}
	assert_int_equal(process_buckets(find(&w), model_frame(w.model)), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(floor_at(&w, i), 10);
	/* What is said once holds until something else is said. */
	put_fds(&w, PID, BORN, 30, 1024);
	wait_s(&w, 7);
	tick(&w);
	assert_int_equal(process_buckets(find(&w), model_frame(w.model)), 6);
	assert_int_equal(floor_at(&w, 0), 30);
	assert_int_equal(floor_at(&w, 2), 30);
	assert_int_equal(floor_at(&w, 3), 10);
	assert_true(find(&w)->grown_ns == w.now - 7 * SEC);
	world_done(&w);
}

static void test_only_so_many_floors(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 1, 1024);
	tick(&w);
	for (__u32 i = 2; i < 100; i++) {
		wait_s(&w, 2);
		put_fds(&w, PID, BORN, i, 1024);
		tick(&w);
	}
	assert_int_equal(process_buckets(find(&w), model_frame(w.model)), FLOORS);
	/* The floor of a bucket that just began is the count that held before. */
	for (unsigned int i = 0; i < FLOORS; i++)
		assert_int_equal(floor_at(&w, i), 98 - i);
	wait_s(&w, 1000);
	tick(&w);
	for (unsigned int i = 0; i < FLOORS; i++)
		assert_int_equal(floor_at(&w, i), 99);
	put_fds(&w, PID, BORN, 50, 1024);
	assert_int_equal(floor_at(&w, 0), 50);
	assert_int_equal(floor_at(&w, 1), 99);
	world_done(&w);
}

static __u32 wide_at(const struct world *w, unsigned int back)
{
	return process_wide_floor(find(w), model_frame(w->model), back);
}

static void test_wide_floors_reach_back_further(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	tick(&w);
	/* One more in 8 s: each bucket of 16 s has two, and begins with what held before. */
	for (__u32 i = 1; i <= 80; i++) {
		wait_s(&w, 8);
		put_fds(&w, PID, BORN, 10 + i, 1024);
		tick(&w);
	}
	assert_int_equal(process_wides(find(&w), model_frame(w.model)), FLOORS);
	assert_int_equal(wide_at(&w, 0), 89);
	assert_int_equal(wide_at(&w, 1), 87);
	assert_int_equal(wide_at(&w, FLOORS - 1), 89 - 2 * (FLOORS - 1));
	/* A moment lower, in a bucket that is no longer the present one's neighbour in the short ring. */
	put_fds(&w, PID, BORN, 5, 1024);
	put_fds(&w, PID, BORN, 90, 1024);
	wait_s(&w, 160);
	tick(&w);
	assert_int_equal(wide_at(&w, 10), 5);
	assert_int_equal(wide_at(&w, 9), 90);
	assert_int_equal(wide_at(&w, 11), 87);
	/* Nothing was said for longer than is kept. */
	wait_s(&w, 2000);
	put_fds(&w, PID, BORN, 91, 1024);
	tick(&w);
	for (unsigned int i = 0; i < FLOORS; i++)
		assert_int_equal(wide_at(&w, i), 90);
	world_done(&w);
}

static void test_breakdowns_are_spread(void **state)
{
	const struct fd_scans *scans;
	__u64 first;
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	for (__u32 scan = 1; scan <= 120; scan++) {
		wait_s(&w, 5);
		put_group(&w, PID, BORN, scan, FD_FILE, 0, NULL, scan);
		put_scan(&w, PID, BORN, scan, scan);
		if (scan == 1)
			first = w.now;
	}
	scans = find(&w)->scans;
	assert_int_equal(scans->n, SCANS_KEPT);
	assert_true(scans->ts_ns[0] == first && scans->ts_ns[SCANS_KEPT - 1] == w.now);
	for (unsigned int i = 1; i < SCANS_KEPT; i++) {
		assert_true(scans->ts_ns[i] > scans->ts_ns[i - 1]);
		assert_true(scans->ts_ns[i] - scans->ts_ns[i - 1] <= 80 * SEC);
		assert_int_equal(scans->group[0].count[i], scans->fds[i]);
	}
	/* After 20 minutes the oldest goes. */
	for (__u32 scan = 121; scan <= 400; scan++) {
		wait_s(&w, 5);
		put_scan(&w, PID, BORN, scan, scan);
	}
	assert_true(w.now - scans->ts_ns[0] >= 1000 * SEC && w.now - scans->ts_ns[0] <= 1300 * SEC);
	/* A new suspicion has nothing of the old one. */
	wait_s(&w, 600);
	put_group(&w, PID, BORN, 500, FD_PIPE, 0, NULL, 3);
	put_scan(&w, PID, BORN, 500, 3);
	assert_int_equal(scans->n, 1);
	assert_int_equal(scans->n_groups, 1);
	assert_int_equal(scans->group[0].count[0], 3);
	world_done(&w);
}

static void test_identity_is_pid_and_start(void **state)
{
	struct world w;
	struct event_proc who;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	put_fds(&w, PID, BORN + 1, 99, 1024); /* the number again, another process */
	assert_int_equal(find(&w)->fds, 10);
	assert_int_equal(processes_find(model_processes(w.model), PID, 0)->fds, 99);
	put_gone(&w, PID, BORN + 1);
	assert_int_equal(processes_find(model_processes(w.model), PID, 0)->fds, 10);
	who = (struct event_proc)EVENT(&w, event_proc, EVENT_PROC);
	who.pid = PID;
	who.start_ns = BORN;
	memset(who.exe, 'x', sizeof(who.exe)); /* not terminated */
	put(&w, &who);
	assert_int_equal(strlen(find(&w)->who->exe), sizeof(who.exe) - 1);
	put_gone(&w, PID, BORN);
	assert_null(find(&w));
	put_gone(&w, PID, BORN);
	world_done(&w);
}

static void test_breakdowns(void **state)
{
	struct event_tcp_peer peer = peer_out(9, 5432);
	const struct fd_scans *scans;
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	for (__u32 scan = 1; scan <= 20; scan++) {
		wait_s(&w, 1);
		put_group(&w, PID, BORN, scan, FD_SOCKET, 1, &peer.peer, 10 + scan);
		if (scan % 2)
			put_group(&w, PID, BORN, scan, FD_FILE, 0, NULL, 4);
		put_scan(&w, PID, BORN, scan, 14 + scan);
	}
	scans = find(&w)->scans;
	assert_int_equal(scans->n, SCANS_KEPT);
	assert_int_equal(scans->n_groups, 2);
	assert_int_equal(scans->group[0].count[SCANS_KEPT - 1], 30);
	/* Four had to go, between the first one and the latest. */
	assert_int_equal(scans->group[0].count[0], 11);
	assert_int_equal(scans->group[0].count[1], 13);
	assert_int_equal(scans->group[0].count[SCANS_KEPT - 2], 29);
	assert_int_equal(scans->group[1].count[SCANS_KEPT - 1], 0);
	assert_int_equal(scans->group[1].count[SCANS_KEPT - 2], 4);
	assert_int_equal(scans->fds[SCANS_KEPT - 1], 34);
	/* One that never ends is overwritten by the next. */
	put_group(&w, PID, BORN, 21, FD_SOCKET, 1, &peer.peer, 500);
	put_group(&w, PID, BORN, 22, FD_SOCKET, 1, &peer.peer, 32);
	put_scan(&w, PID, BORN, 22, 36);
	assert_int_equal(scans->group[0].count[scans->n - 1], 32);
	world_done(&w);
}

static void test_breakdowns_are_bounded(void **state)
{
	const struct fd_scans *scans;
	struct event_tcp_peer peer;
	struct world w;

	(void)state;
	world_init(&w);
	for (__u32 scan = 1; scan < 4; scan++) {
		for (unsigned int i = 0; i < 100; i++) {
			peer = peer_out(i, 80);
			put_group(&w, PID, BORN, scan, FD_SOCKET, 1, &peer.peer, 1 + i);
		}
		put_scan(&w, PID, BORN, scan, 5050);
	}
	scans = find(&w)->scans;
	assert_int_equal(scans->n_groups, GROUPS_KEPT);
	assert_true(scans->groups_dropped > 0);
	for (__u32 pid = 100; pid < 200; pid++) {
		put_fds(&w, pid, BORN, 10, 1024);
		wait_s(&w, 1);
		put_scan(&w, pid, BORN, 1, 10);
	}
	assert_int_equal(model_processes(w.model)->scanned, SCANNED_MAX);
	assert_null(find(&w)->scans);
	assert_non_null(processes_find(model_processes(w.model), 199, 0)->scans);
	put_gone(&w, 199, BORN);
	assert_int_equal(model_processes(w.model)->scanned, SCANNED_MAX - 1);
	world_done(&w);
}

static void test_a_fork_storm_leaves_no_trace(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	tick(&w);
	for (__u32 pid = 1000; pid < 21000; pid++) {
		put_fds(&w, pid, pid * SEC, 4, 1024);
		put_gone(&w, pid, pid * SEC);
	}
	tick(&w);
	assert_int_equal(model_table(w.model, "model.processes")->used, 1);
	assert_int_equal(model_table(w.model, "model.processes")->dropped, 0);
	for (__u32 pid = 1000; pid < 41000; pid++)
		put_fds(&w, pid, pid * SEC, 4, 1024);
	tick(&w);
	assert_int_equal(model_table(w.model, "model.processes")->used, PROCESSES_MAX);
	assert_int_equal(model_table(w.model, "model.processes")->dropped, 40001 - PROCESSES_MAX);
	world_done(&w);
}

/* The one that gains is the one touched longest ago of all, and stays; those that never changed go. */
static void test_who_changed_is_not_pushed_out(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, 7, BORN, 10, 1024);
	put_fds(&w, PID, BORN, 10, 1024);
	tick(&w);
	wait_s(&w, 3);
	put_fds(&w, PID, BORN, 11, 1024);
	tick(&w);
	for (__u32 pid = 1000; pid < 1000 + 2 * PROCESSES_MAX; pid++)
		put_fds(&w, pid, pid * SEC, 4, 1024);
	tick(&w);
	assert_non_null(find(&w));
	wait_s(&w, 2);
	tick(&w);
	assert_int_equal(floor_at(&w, 0), 11);
	assert_null(processes_find(model_processes(w.model), 7, BORN));
	assert_int_equal(model_table(w.model, "model.processes")->used, PROCESSES_MAX);
	assert_int_equal(model_table(w.model, "model.processes")->dropped, PROCESSES_MAX + 2);
	/* When all have changed the oldest goes: it cannot grow without end. */
	for (__u32 pid = 100000; pid < 100000 + 2 * PROCESSES_MAX; pid++) {
		put_fds(&w, pid, pid * SEC, 4, 1024);
		put_fds(&w, pid, pid * SEC, 5, 1024);
	}
	assert_null(find(&w));
	assert_int_equal(model_processes(w.model)->table.used, PROCESSES_MAX);
	world_done(&w);
}

static void put_refused(struct world *w, __u64 since_ns, __u64 refused, __u64 last_ns)
{
	struct event_fd_refused e = EVENT(w, event_fd_refused, EVENT_FD_REFUSED);

	e.start_ns = BORN;
	e.since_ns = since_ns;
	e.pid = PID;
	e.refused = refused;
	e.last_ns = last_ns;
	put(w, &e);
}

static void test_refusals_are_added_up(void **state)
{
	const struct refusals *r;
	struct world w;
	__u64 since;

	(void)state;
	world_init(&w);
	put_refused(&w, w.now, 9, w.now); /* of nobody: none is made of it */
	assert_null(find(&w));
	put_fds(&w, PID, BORN, 1000, 1024);
	assert_null(find(&w)->refused);
	since = w.now;
	put_refused(&w, since, 0, 0);
	r = find(&w)->refused;
	assert_true(r->since_ns == since && !r->count && !r->looks);
	wait_s(&w, 1);
	put_refused(&w, since, 4, w.now);
	wait_s(&w, 1);
	put_refused(&w, since, 4, w.now - SEC);
	put_refused(&w, since, 6, w.now);
	assert_true(r->count == 6 && r->looks == 2 && r->last_ns == w.now);
	/* Watched anew: it counts from nought, and goes on. */
	wait_s(&w, 60);
	put_refused(&w, w.now - SEC, 3, w.now);
	assert_true(r->count == 9 && r->looks == 3 && r->seen == 3);
	/* After a pause it is another story. */
	wait_s(&w, 200);
	put_refused(&w, w.now - SEC, 1, w.now);
	assert_true(r->count == 1 && r->looks == 1 && r->first_ns == w.now);
	world_done(&w);
}

/* A crawler: other peers each second, more than are kept. Of its sockets none is missing in what is minutes old. */
static void test_sums_outlast_their_groups(void **state)
{
	const struct fd_scans *scans;
	struct world w;

	(void)state;
	world_init(&w);
	put_fds(&w, PID, BORN, 10, 1024);
	for (__u32 scan = 1; scan <= 30; scan++) {
		wait_s(&w, 1);
		put_group(&w, PID, BORN, scan, FD_FILE, 0, NULL, scan);
		for (__u32 i = 0; i < 20; i++) {
			struct event_tcp_peer peer = peer_out((__u8)(scan * 7 + i), 443);

			put_group(&w, PID, BORN, scan, FD_SOCKET, 1, &peer.peer, 5);
		}
		put_scan(&w, PID, BORN, scan, 100 + scan);
	}
	scans = find(&w)->scans;
	assert_int_equal(scans->n, SCANS_KEPT);
	assert_true(scans->groups_dropped > 0);
	for (unsigned int i = 0; i < scans->n; i++) {
		__u32 sockets = 0;

		for (unsigned int j = 0; j < scans->n_groups; j++)
			if (scans->group[j].kind == FD_SOCKET)
				sockets += scans->group[j].count[i];
		assert_int_equal(sockets, 100);
	}
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floor_is_the_least_of_its_bucket),
		cmocka_unit_test(test_only_so_many_floors),
		cmocka_unit_test(test_wide_floors_reach_back_further),
		cmocka_unit_test(test_breakdowns_are_spread),
		cmocka_unit_test(test_identity_is_pid_and_start),
		cmocka_unit_test(test_breakdowns),
		cmocka_unit_test(test_breakdowns_are_bounded),
		cmocka_unit_test(test_sums_outlast_their_groups),
		cmocka_unit_test(test_a_fork_storm_leaves_no_trace),
		cmocka_unit_test(test_who_changed_is_not_pushed_out),
		cmocka_unit_test(test_refusals_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
