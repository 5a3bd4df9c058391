/* SPDX-License-Identifier: BSD-2-Clause */
/* test_leak.c - fd-leak, socket-leak, close-wait-leak: growth that stays, and other growth. */
#include "rules/world.h"

#include "rules/fd_exhaustion.h"

#define PID   2210
#define BORN  (100 * SEC) /* long before the run */
#define LIMIT 1024

enum what { NOTHING, FILES, SOCKETS, CLOSED };

/* A process that held 20 descriptors; `fds(s)` of them s seconds after the start. */
struct story {
	__u32 (*fds)(unsigned int s);
	enum what grows;      /* NOTHING: no breakdown comes */
	unsigned int scans_s; /* from when on breakdowns come */
	__u64 born_ns;
	struct event_tcp_peer peer;
};

static void begin(struct world *w, struct story *story)
{
	world_init(w);
	if (!story->born_ns)
		story->born_ns = BORN;
	if (!story->peer.peer.dir)
		story->peer = peer_out(37, 5432);
	put_fds(w, PID, story->born_ns, story->fds(0), LIMIT);
	put_fds(w, 1, SEC, 50, LIMIT); /* another one, steady */
	tick(w);
}

static void second(struct world *w, const struct story *story, unsigned int s)
{
	__u32 fds = story->fds(s);

	wait_s(w, 1);
	if (fds != story->fds(s - 1))
		put_fds(w, PID, story->born_ns, fds, LIMIT);
	if (story->grows != NOTHING && s >= story->scans_s) {
		put_group(w, PID, story->born_ns, s, FD_FILE, 0, NULL, 20);
		if (story->grows == FILES)
			put_group(w, PID, story->born_ns, s, FD_PIPE, 0, NULL, fds - 20);
		else
			put_group(w, PID, story->born_ns, s, FD_SOCKET,
				  story->grows == CLOSED ? 8 : 1, &story->peer.peer, fds - 20);
		put_scan(w, PID, story->born_ns, s, fds);
	}
	tick(w);
}

/* Claims of the three kinds together; the last claim is left in w->claim[0]. */
static unsigned int judge_all(struct world *w)
{
	static const char *const kinds[] = {"fd-leak", "socket-leak", "close-wait-leak"};
	struct claim last = {0};
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!judge(w, kinds[i]))
			continue;
		n += w->n_claims;
		last = w->claim[0];
	}
	w->claim[0] = last;
	return n;
}

/* The second at which the first claim is made, 0 for none until `end`. */
static unsigned int first_claim(struct world *w, struct story *story, unsigned int end)
{
	begin(w, story);
	for (unsigned int s = 1; s <= end; s++) {
		second(w, story, s);
		if (judge_all(w))
			return s;
	}
	return 0;
}

static __u32 five_a_second(unsigned int s)
{
	return 20 + 5 * s;
}

static __u32 later_five_a_second(unsigned int s)
{
	return s < 5 ? 20 : 20 + 5 * (s - 5);
}

static __u32 one_in_four_seconds(unsigned int s)
{
	return 20 + s / 4;
}

static __u32 ramp_then_plateau(unsigned int s)
{
	return 20 + 10 * (s < 8 ? s : 8);
}

static __u32 burst(unsigned int s)
{
	return s >= 3 && s < 12 ? 20 + 100 * (s - 2) : 20;
}

static __u32 sawtooth(unsigned int s)
{
	return 20 + 10 * (s % 6);
}

static __u32 long_ramp(unsigned int s)
{
	return 20 + 5 * (s < 15 ? s : 15);
}

static __u32 drops(unsigned int s)
{
	return s < 16 ? 20 + 5 * s : 25;
}

static __u32 steady(unsigned int s)
{
	(void)s;
	return 20;
}

static __u32 late_growth(unsigned int s)
{
	return s < 10 ? 20 : s < 20 ? 20 + (s - 9) * 3 : 50;
}

static void put_site(struct world *w, __u32 number, const char *text, __u8 dir, __u16 port,
		     __u64 ripe, __u32 ripe_alive)
{
	struct event_fd_site site = EVENT(w, event_fd_site, EVENT_FD_SITE);
	struct event_fd_stack stack = EVENT(w, event_fd_stack, EVENT_FD_STACK);
	struct event_fd_armed armed = EVENT(w, event_fd_armed, EVENT_FD_ARMED);

	site.pid = stack.pid = armed.pid = PID;
	site.start_ns = stack.start_ns = armed.start_ns = BORN;
	site.site = stack.site = number;
	site.opened = site.ripe = ripe;
	site.alive = site.ripe_alive = ripe_alive;
	site.kind = FD_SOCKET;
	site.dir = dir;
	site.port = port;
	put(w, &site);
	snprintf(stack.text, sizeof(stack.text), "%s", text);
	put(w, &stack);
	armed.since_ns = START_NS;
	put(w, &armed);
}

static void test_a_socket_leak_is_named_with_its_peer(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct world w;
	struct claim *c = &w.claim[0];
	unsigned int s = first_claim(&w, &story, 20);

	(void)state;
	assert_true(s >= 12 && s <= 13);
	assert_string_equal(c->rule->kind, "socket-leak");
	assert_int_equal(c->basis, BASIS_MEASURED);
	assert_true(c->confidence >= 0.85);
	assert_int_equal(c->severity, SEVERITY_CRITICAL); /* the limit is 3 minutes off */
	assert_int_equal(c->affects[0].type, SUBJECT_PEER);
	assert_int_equal(c->affects[0].port, 5432);
	assert_string_equal(c->message, "LEAK: proc-2210[2210] keeps sockets to 10.0.0.37:5432; "
					"fd limit in 3 min.");
	assert_string_equal(c->advice[0].command, "ss -tnpo dst 10.0.0.37");
	assert_string_equal(c->advice[3].text,
			    "PostgreSQL: turn on the pool's leak detection, if it has one");
	assert_string_equal(c->advice[3].command, "");
	assert_true(c->advice[3].changes);
	world_done(&w);
}

/* A pool can say itself who keeps its connections; what is no database's port is nobody's pool. */
static void test_a_pool_is_told_of_its_leak_detection(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct event_proc who = {0};
	struct world w;

	(void)state;
	assert_true(first_claim(&w, &story, 20));
	who = (struct event_proc)EVENT(&w, event_proc, EVENT_PROC);
	who.pid = PID;
	who.start_ns = story.born_ns;
	strcpy(who.exe, "/usr/lib/jvm/java-17/bin/java");
	put(&w, &who);
	assert_int_equal(judge_all(&w), 1);
	assert_string_equal(
		w.claim[0].advice[3].text,
		"PostgreSQL: turn on the pool's leak detection (leakDetectionThreshold)");
	world_done(&w);
	story.peer = peer_out(37, 443);
	assert_true(first_claim(&w, &story, 20));
	assert_int_equal(w.claim[0].n_advice, 3);
	world_done(&w);
}

/* A server that leaks connections to its database holds more of its clients, whose call opened more that live. */
static void test_the_call_site_is_of_what_leaks(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct event_tcp_peer client = peer_out(9, 8080);
	struct world w;

	(void)state;
	client.peer.dir = PEER_IN;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++) {
		wait_s(&w, 1);
		put_fds(&w, PID, BORN, 220 + 5 * s, LIMIT);
		put_group(&w, PID, BORN, s, FD_FILE, 0, NULL, 20);
		put_group(&w, PID, BORN, s, FD_SOCKET, 1, &client.peer, 200);
		put_group(&w, PID, BORN, s, FD_SOCKET, 1, &story.peer.peer, 5 * s);
		put_scan(&w, PID, BORN, s, 220 + 5 * s);
		put_site(&w, 1, "accept_client+0x13 (web.c:12)", PEER_IN, 8080, 400, 160);
		put_site(&w, 2, "db_connect+0x41 (pool.c:118)", PEER_OUT, 5432, 5 * s, 5 * s);
		tick(&w);
	}
	assert_int_equal(judge_all(&w), 1);
	assert_string_equal(find_evidence(&w.claim[0], "process.fds")->text,
			    "70 sockets to 10.0.0.37:5432; 290 of 1,024 descriptors");
	assert_non_null(strstr(w.claim[0].call, "no close() after pool.c:118"));
	world_done(&w);
}

/* More peers than are told of one by one: a crawler, a server on the Internet. */
static void test_sockets_to_a_thousand_peers_are_a_leak_of_sockets(void **state)
{
	struct story story = {.fds = five_a_second};
	struct event_fd_group rest = {0};
	struct world w;

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++) {
		second(&w, &story, s);
		put_group(&w, PID, BORN, s, FD_FILE, 0, NULL, 20);
		put_group(&w, PID, BORN, s, FD_SOCKET, 1, &story.peer.peer, 1);
		rest = (struct event_fd_group)EVENT(&w, event_fd_group, EVENT_FD_GROUP);
		rest.pid = PID;
		rest.start_ns = BORN;
		rest.scan = s;
		rest.kind = FD_SOCKET;
		rest.proto = FD_TCP;
		rest.state = 1;
		rest.count = rest.more_peers = (__u16)(5 * s - 1);
		put(&w, &rest);
		put_scan(&w, PID, BORN, s, 20 + 5 * s);
	}
	assert_int_equal(judge_all(&w), 1);
	assert_string_equal(w.claim[0].rule->kind, "socket-leak");
	assert_non_null(strstr(w.claim[0].message, "keeps sockets to 70 peers"));
	world_done(&w);
}

/* "ss -t" shows no connection of UDP. */
static void test_the_command_shows_what_leaks(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct event_fd_group group = {0};
	struct world w;

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++) {
		second(&w, &(struct story){.fds = five_a_second, .born_ns = BORN}, s);
		group = (struct event_fd_group)EVENT(&w, event_fd_group, EVENT_FD_GROUP);
		group.pid = PID;
		group.kind = FD_SOCKET;
		group.proto = FD_UDP;
		group.start_ns = BORN;
		group.scan = s;
		group.count = 5 * s;
		group.peer = story.peer.peer;
		group.peer.addr[10] = 0;
		put(&w, &group);
		put_scan(&w, PID, BORN, s, 20 + 5 * s);
	}
	assert_int_equal(judge_all(&w), 1);
	assert_string_equal(w.claim[0].advice[0].command, "ss -unpo dst ::ff:a00:25/128");
	world_done(&w);
}

static void test_what_children_hold_is_said(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct event_fd_group group = {0};
	struct world w;

	(void)state;
	assert_true(first_claim(&w, &story, 20));
	assert_null(find_evidence(&w.claim[0], "process.fds.inherited"));
	/* At the next look a program that it started holds forty of them. */
	group = (struct event_fd_group)EVENT(&w, event_fd_group, EVENT_FD_GROUP);
	group.pid = PID;
	group.kind = FD_SOCKET;
	group.proto = FD_TCP;
	group.state = 1;
	group.start_ns = story.born_ns;
	group.scan = 99;
	group.count = 66;
	group.peer = story.peer.peer;
	group.heirs = 40;
	group.heir_pid = 4711;
	memcpy(group.heir_comm, "sleep", 6);
	put(&w, &group);
	put_scan(&w, PID, story.born_ns, 99, 86);
	assert_int_equal(judge_all(&w), 1);
	assert_string_equal(find_evidence(&w.claim[0], "process.fds.inherited")->text,
			    "40 are open in sleep[4711] too: no close-on-exec");
	world_done(&w);
}

static void test_the_kind_is_what_grows(void **state)
{
	struct story closed = {.fds = five_a_second, .grows = CLOSED, .scans_s = 7};
	struct story files = {.fds = five_a_second, .grows = FILES, .scans_s = 7};
	struct world w;

	(void)state;
	assert_true(first_claim(&w, &closed, 14));
	assert_string_equal(w.claim[0].rule->kind, "close-wait-leak");
	world_done(&w);
	assert_true(first_claim(&w, &files, 14));
	assert_string_equal(w.claim[0].rule->kind, "fd-leak");
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_non_null(strstr(w.claim[0].message, "keeps pipes"));
	world_done(&w);
}

static void test_without_a_breakdown_it_is_inferred(void **state)
{
	struct story story = {.fds = five_a_second};
	struct world w;
	unsigned int s;

	(void)state;
	/* The breakdown was asked for and does not come: first patience. */
	s = first_claim(&w, &story, 30);
	assert_int_equal(s, 18);
	assert_string_equal(w.claim[0].rule->kind, "fd-leak");
	assert_int_equal(w.claim[0].basis, BASIS_INFERRED);
	assert_true(w.claim[0].confidence <= 0.7);
	world_done(&w);
	/* It cannot come: at once. */
	begin(&w, &story);
	put_probe(&w, "files.scan", PROBE_UNAVAILABLE);
	for (s = 1; s < 20; s++) {
		second(&w, &story, s);
		if (judge_all(&w))
			break;
	}
	assert_true(s <= 13);
	world_done(&w);
}

static void test_within_20_s_from_its_start(void **state)
{
	struct story story = {.fds = later_five_a_second, .grows = SOCKETS, .scans_s = 11};
	struct world w;
	unsigned int s = first_claim(&w, &story, 30);

	(void)state;
	assert_true(s && s - 5 <= 14);
	assert_true(w.claim[0].confidence >= 0.8);
	world_done(&w);
}

static void test_a_slow_leak_shows_at_a_coarser_scale(void **state)
{
	struct story story = {.fds = one_in_four_seconds, .grows = SOCKETS, .scans_s = 20};
	struct world w;
	unsigned int s = first_claim(&w, &story, 60);

	(void)state;
	assert_true(s >= 32 && s <= 60);
	world_done(&w);
}

static void test_what_is_no_leak(void **state)
{
	static __u32 (*const tales[])(unsigned int) = {ramp_then_plateau, burst, sawtooth, steady};

	(void)state;
	for (size_t i = 0; i < sizeof(tales) / sizeof(tales[0]); i++) {
		struct story story = {.fds = tales[i], .grows = SOCKETS, .scans_s = 7};
		struct world w;
		unsigned int s = first_claim(&w, &story, 60);

		if (s)
			fail_msg("tale %zu after %u s: %s", i, s, w.claim[0].message);
		world_done(&w);
	}
}

static void test_many_stable_descriptors_are_none(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (__u32 pid = 10; pid < 200; pid++)
		put_fds(&w, pid, pid * SEC, 1000, LIMIT);
	for (int s = 0; s < 30; s++) {
		wait_s(&w, 1);
		tick(&w);
		assert_int_equal(judge_all(&w), 0);
	}
	world_done(&w);
}

static void test_a_plateau_ends_it(void **state)
{
	struct story story = {.fds = long_ramp, .grows = SOCKETS, .scans_s = 7};
	struct world w;
	struct subject subject;
	double before;
	unsigned int s = first_claim(&w, &story, 20), last = 0;

	(void)state;
	assert_true(s);
	before = w.claim[0].confidence;
	subject = w.claim[0].subject;
	for (s++; s < 40; s++) {
		second(&w, &story, s);
		if (!judge_all(&w))
			continue;
		last = s;
		if (find_evidence(&w.claim[0], "process.fds.growth") && s > 17)
			assert_true(w.claim[0].confidence < before);
	}
	assert_true(last >= 17 && last <= 20);
	assert_true(recovered(&w, "socket-leak", &subject, START_NS + 15 * SEC));
	world_done(&w);
}

static void test_closing_them_ends_it_and_recovers(void **state)
{
	struct story story = {.fds = drops, .grows = SOCKETS, .scans_s = 7};
	struct world w;
	unsigned int s = first_claim(&w, &story, 20);
	struct subject subject = w.claim[0].subject;
	__u64 last = 15 * SEC + START_NS;

	(void)state;
	for (s++; s < 16; s++)
		second(&w, &story, s);
	second(&w, &story, s++);
	assert_int_equal(judge_all(&w), 0);
	assert_false(recovered(&w, "socket-leak", &subject, last));
	for (; s < 32; s++)
		second(&w, &story, s);
	assert_true(recovered(&w, "socket-leak", &subject, last));
	put_gone(&w, PID, BORN);
	assert_false(subject_present(w.model, &subject));
	world_done(&w);
}

static void test_a_young_process_is_less_sure(void **state)
{
	struct story old = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct story young = old;
	struct world w;
	double before;

	(void)state;
	first_claim(&w, &old, 20);
	before = w.claim[0].confidence;
	world_done(&w);
	young.born_ns = START_NS - SEC;
	first_claim(&w, &young, 20);
	assert_true(w.claim[0].confidence < before);
	/* It may be a pool that is filled: a suspicion, until it has risen twice more. */
	assert_true(w.claim[0].confidence < 0.8);
	assert_false(find_evidence(&w.claim[0], "process.age")->supports);
	for (unsigned int s = 21; s <= 26; s++)
		second(&w, &young, s);
	assert_int_equal(judge_all(&w), 1);
	assert_true(w.claim[0].confidence >= 0.8 && w.claim[0].confidence < before);
	world_done(&w);
}

static void test_thresholds_move_the_boundary(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct world w;

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++)
		second(&w, &story, s);
	assert_int_equal(judge_all(&w), 1);
	put_setting(&w, "leak.min_rises", "8");
	assert_int_equal(judge_all(&w), 0);
	put_setting(&w, "leak.min_rises", "7");
	assert_int_equal(judge_all(&w), 1);
	put_setting(&w, "leak.min_growth", "66");
	assert_int_equal(judge_all(&w), 0);
	put_setting(&w, "leak.min_growth", "65");
	assert_int_equal(judge_all(&w), 1);
	world_done(&w);
}

static void test_asks_for_a_breakdown_of_suspects_only(void **state)
{
	struct story story = {.fds = five_a_second};
	struct world w;

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 6; s++) {
		second(&w, &story, s);
		judge(&w, "fd-leak");
		assert_int_equal(w.n_asks, s == 6 ? 3 : 0);
	}
	assert_int_equal(w.ask[0].what, ASK_FDS);
	assert_int_equal(w.ask[0].pid, PID);
	assert_true(w.ask[0].start_ns == BORN);
	/* The next tick, a second on, may be late. */
	assert_true(w.ask[0].until_ns == w.now + 4 * SEC);
	assert_int_equal(w.ask[2].what, ASK_FD_OPENS);
	assert_true(w.ask[2].until_ns == w.now + 4 * SEC);
	assert_int_equal(w.ask[1].what, ASK_PROC);
	put_setting(&w, "pid", "1");
	judge(&w, "fd-leak");
	assert_int_equal(w.n_asks, 0);
	world_done(&w);
}

static void test_at_most_eight_are_looked_into(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	tick(&w);
	for (__u32 s = 0; s < 8; s++) {
		for (__u32 pid = 100; pid < 130; pid++)
			put_fds(&w, pid, pid, 10 + s * (pid - 99), LIMIT);
		wait_s(&w, 1);
		tick(&w);
	}
	judge(&w, "fd-leak");
	assert_int_equal(w.n_asks, 24);
	/* Those that gained most. */
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(w.ask[3 * i].pid, 129 - i);
	world_done(&w);
}

/* Workers whose counts go up and down: some have just risen three times, and by more than a slow leak in all. */
static void test_a_slow_leak_is_looked_into_among_busy_workers(void **state)
{
	bool asked = false;
	struct world w;

	(void)state;
	world_init(&w);
	tick(&w);
	for (__u32 s = 0; s <= 18; s++) {
		put_fds(&w, PID, BORN, 20 + s / 2, LIMIT);
		for (__u32 pid = 100; pid < 120; pid++)
			put_fds(&w, pid, pid, s <= 10 ? 90 : 60 + 10 * (s - 10), LIMIT);
		wait_s(&w, 1);
		tick(&w);
	}
	judge(&w, "fd-leak");
	assert_int_equal(w.n_asks, 24);
	for (unsigned int i = 0; i < 24; i++)
		asked |= w.ask[i].pid == PID;
	assert_true(asked);
	world_done(&w);
}

/* The kernel refuses more than fs.nr_open, to root too. */
static void test_no_limit_is_advised_that_the_kernel_refuses(void **state)
{
	(void)state;
	assert_int_equal(fd_limit_raised(1024, 900, 8), 8192);
	assert_int_equal(fd_limit_raised(524288, 900, 8), 1048576);
	assert_int_equal(fd_limit_raised(1048576, 900, 8), 0);
	assert_int_equal(fd_limit_raised(0, 900, 8), 0);
	assert_int_equal(fd_limit_raised(100, 900, 8), 0);
	assert_int_equal(fd_limit_raised(~0ULL, 900, 4), 0);
}

static void test_the_other_end_of_a_leak_here_is_no_leak(void **state)
{
	struct story story = {.fds = five_a_second, .grows = SOCKETS, .scans_s = 7};
	struct event_tcp_peer client;
	struct world w;

	(void)state;
	story.peer = peer_out(37, 5432);
	story.peer.peer.dir = PEER_IN;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++)
		second(&w, &story, s);
	assert_int_equal(judge_all(&w), 1);
	/* As many connections of ours to somebody else's port of that number are no other end. */
	client = peer_out(37, 5432);
	client.live = 60;
	put_peer(&w, &client);
	assert_int_equal(judge_all(&w), 1);
	client.peer.netns++;
	put_peer(&w, &client);
	/* Nor where nobody there gains any. */
	assert_int_equal(judge_all(&w), 1);
	world_done(&w);
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++) {
		struct event_proc_fds fds = EVENT(&w, event_proc_fds, EVENT_PROC_FDS);

		fds.pid = 4711;
		fds.start_ns = BORN;
		fds.fds = 30 + 5 * s;
		fds.limit = LIMIT;
		fds.netns = NETNS + 1;
		put(&w, &fds);
		second(&w, &story, s);
	}
	put_peer(&w, &client);
	judge(&w, "socket-leak");
	assert_int_equal(w.n_claims, 0);
	world_done(&w);
}

static void test_exposure_is_time(void **state)
{
	struct story story = {.fds = steady};
	struct world w;
	char why[80] = "";

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 14; s++) {
		second(&w, &story, s);
		assert_int_equal(rule_find("fd-leak")->exposed(w.model, why, sizeof(why)), s >= 14);
	}
	assert_string_equal(why, "2 processes, 13 s; leaks need 14");
	world_done(&w);
}

/* Five rises are no leak yet; a process that has them at the end is not cleared. */
static void test_what_still_grows_is_not_cleared(void **state)
{
	struct story story = {.fds = late_growth};
	struct world w;
	char why[80] = "";

	(void)state;
	begin(&w, &story);
	for (unsigned int s = 1; s <= 20; s++)
		second(&w, &story, s);
	assert_int_equal(judge_all(&w), 0);
	assert_false(rule_find("fd-leak")->exposed(w.model, why, sizeof(why)));
	assert_non_null(strstr(why, "still gains: +"));
	for (unsigned int s = 21; s <= 28; s++)
		second(&w, &story, s);
	assert_true(rule_find("fd-leak")->exposed(w.model, why, sizeof(why)));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_socket_leak_is_named_with_its_peer),
		cmocka_unit_test(test_a_pool_is_told_of_its_leak_detection),
		cmocka_unit_test(test_the_call_site_is_of_what_leaks),
		cmocka_unit_test(test_sockets_to_a_thousand_peers_are_a_leak_of_sockets),
		cmocka_unit_test(test_the_command_shows_what_leaks),
		cmocka_unit_test(test_what_children_hold_is_said),
		cmocka_unit_test(test_the_kind_is_what_grows),
		cmocka_unit_test(test_without_a_breakdown_it_is_inferred),
		cmocka_unit_test(test_within_20_s_from_its_start),
		cmocka_unit_test(test_a_slow_leak_shows_at_a_coarser_scale),
		cmocka_unit_test(test_what_is_no_leak),
		cmocka_unit_test(test_many_stable_descriptors_are_none),
		cmocka_unit_test(test_a_plateau_ends_it),
		cmocka_unit_test(test_closing_them_ends_it_and_recovers),
		cmocka_unit_test(test_a_young_process_is_less_sure),
		cmocka_unit_test(test_thresholds_move_the_boundary),
		cmocka_unit_test(test_asks_for_a_breakdown_of_suspects_only),
		cmocka_unit_test(test_at_most_eight_are_looked_into),
		cmocka_unit_test(test_a_slow_leak_is_looked_into_among_busy_workers),
		cmocka_unit_test(test_no_limit_is_advised_that_the_kernel_refuses),
		cmocka_unit_test(test_the_other_end_of_a_leak_here_is_no_leak),
		cmocka_unit_test(test_exposure_is_time),
		cmocka_unit_test(test_what_still_grows_is_not_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
