/* SPDX-License-Identifier: BSD-2-Clause */
/* test_flight.c - what the flight recorder writes is judged like what it was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "children.h"
#include "flight.h"
#include "flight_base.h"
#include "source/event_fields.h"

#define S   1000000000ULL
#define SDA (8U << 20)

static char path[] = "/tmp/culprit-flight-XXXXXX";

#define ADD(flight, TYPE, var) add(flight, TYPE, &(var)->h, sizeof(*(var)))

static void add(struct flight *flight, __u32 type, struct event *event, size_t size)
{
	event->type = type;
	event->size = (__u32)size;
	assert_null(event_fault(event));
	flight_add(flight, event);
}

static struct flight *make(__u64 keep_s, size_t bytes)
{
	struct flight_options options = {.keep_ns = keep_s * S, .bytes = bytes};
	struct flight *flight = flight_new(&options);

	assert_non_null(flight);
	return flight;
}

/* ---- what is read back ---- */

#define SEEN_MAX 20000

struct seen {
	union event_buf event[SEEN_MAX];
	unsigned int n;
};

static int take(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	assert_true(seen->n < SEEN_MAX);
	memcpy(&seen->event[seen->n++], event, event->size);
	return 0;
}

/* Writes the recorder out and reads the capture back; the caller frees. */
static struct seen *written(struct flight *flight, __u64 from_ns, __u64 now_ns)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	struct recorder *recorder;
	struct source *source;
	struct err err = {0};
	int code = 1;

	assert_non_null(seen);
	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	assert_int_equal(flight_write(flight, from_ns, now_ns, recorder, &err), 0);
	assert_int_equal(recorder_close(recorder, &err), 0);
	recorder_free(recorder);
	assert_int_equal(replay_new(path, &source, &err), 0);
	while (code == 1)
		code = source->ops->dispatch(source, take, seen, &err);
	assert_int_equal(code, 0);
	assert_null(replay_damage(source));
	source->ops->free(source);
	return seen;
}

static unsigned int count(const struct seen *seen, __u32 type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < seen->n; i++)
		n += seen->event[i].h.type == type;
	return n;
}

/* The place of the first one of that type from `from` on. */
static unsigned int place(const struct seen *seen, __u32 type, unsigned int from)
{
	while (from < seen->n && seen->event[from].h.type != type)
		from++;
	return from;
}

/* ---- a daemon's life ---- */

static void tell_start(struct flight *flight, __u64 ns)
{
	struct event_clock clock = {.h = {.ts_ns = ns}, .boottime_ns = ns, .realtime_ns = 1000 * S};
	struct event_host host = {.h = {.ts_ns = ns}, .hostname = "h", .mode = RUN_DAEMON};
	struct event_disk disk = {.h = {.ts_ns = ns}, .dev = SDA, .name = "sda"};
	struct event_tick tick = {.h = {.ts_ns = ns}};

	ADD(flight, EVENT_CLOCK, &clock);
	ADD(flight, EVENT_HOST, &host);
	ADD(flight, EVENT_DISK, &disk);
	ADD(flight, EVENT_TICK, &tick);
}

/* A second: counters that grow, a process that comes and one that goes, a tick. */
static void tell_second(struct flight *flight, __u64 s)
{
	struct event_block_stat stat = {.h = {.ts_ns = s * S}, .dev = SDA, .requests = 10 * s};
	struct event_tcp_peer peer = {.h = {.ts_ns = s * S}, .segs_out = 100 * s};
	struct event_proc_fds fds = {
		.h = {.ts_ns = s * S}, .pid = (__u32)(1000 + s), .start_ns = s};
	struct event_proc_gone gone = {
		.h = {.ts_ns = s * S}, .pid = (__u32)(999 + s), .start_ns = s - 1};
	struct event_block_io io = {.h = {.ts_ns = s * S},
				    .dev = SDA,
				    .reason = BLOCK_IO_ERROR,
				    .status = BLOCK_MEDIUM};
	struct event_tick tick = {.h = {.ts_ns = s * S}, .seq = (__u32)s, .interval_ms = 1000};

	peer.peer.addr[15] = 7;
	peer.peer.dir = PEER_OUT;
	ADD(flight, EVENT_BLOCK_IO, &io);
	ADD(flight, EVENT_BLOCK_STAT, &stat);
	ADD(flight, EVENT_TCP_PEER, &peer);
	ADD(flight, EVENT_PROC_FDS, &fds);
	ADD(flight, EVENT_PROC_GONE, &gone);
	ADD(flight, EVENT_TICK, &tick);
}

static void tell(struct flight *flight, __u64 seconds)
{
	tell_start(flight, S);
	for (__u64 s = 2; s <= seconds; s++)
		tell_second(flight, s);
}

static void test_all_that_fits_is_given_as_it_came(void **state)
{
	struct flight *flight = make(600, 1 << 20);
	struct seen *seen;

	(void)state;
	tell(flight, 20);
	seen = written(flight, 0, 20 * S);
	assert_int_equal(seen->n, 4 + 19 * 6 + 1);
	assert_int_equal(seen->event[0].h.type, EVENT_CLOCK);
	assert_int_equal(seen->event[seen->n - 1].h.type, EVENT_END);
	assert_int_equal(count(seen, EVENT_TICK), 20);
	free(seen);
	flight_free(flight);
}

static void check_base(const struct seen *seen, __u64 from_s, __u64 to_s)
{
	unsigned int tick = place(seen, EVENT_TICK, 0), first = tick + 1;
	const struct event_tcp_peer *peer = NULL;
	unsigned int i;

	/* What there is: host, clock and disk before the first tick, each once. */
	assert_int_equal(count(seen, EVENT_HOST), 1);
	assert_int_equal(count(seen, EVENT_DISK), 1);
	assert_true(place(seen, EVENT_HOST, 0) < tick);
	assert_true(place(seen, EVENT_CLOCK, 0) < tick);
	assert_true(place(seen, EVENT_DISK, 0) < place(seen, EVENT_BLOCK_STAT, 0));
	/* Where counters stood: the latest of the time before, and once. */
	i = place(seen, EVENT_BLOCK_STAT, 0);
	assert_true(i < tick);
	assert_int_equal(((const struct event_block_stat *)&seen->event[i])->requests,
			 10 * (from_s - 1));
	assert_true(place(seen, EVENT_BLOCK_STAT, i + 1) > tick);
	i = place(seen, EVENT_TCP_PEER, 0);
	peer = (const struct event_tcp_peer *)&seen->event[i];
	assert_true(i < tick && peer->flags & TCP_PEER_BASE);
	/* Processes that had gone are not there; what was of its moment is not either. */
	assert_int_equal(count(seen, EVENT_PROC_FDS), 1 + to_s - from_s + 1);
	assert_int_equal(count(seen, EVENT_BLOCK_IO), to_s - from_s + 1);
	assert_true(first < seen->n && seen->event[first].h.ts_ns == from_s * S);
	for (i = 1; i < seen->n; i++)
		assert_true(seen->event[i].h.ts_ns >= seen->event[i - 1].h.ts_ns);
}

static void test_the_last_seconds_stand_on_a_base(void **state)
{
	struct flight *flight = make(600, 1 << 20);
	struct seen *seen;

	(void)state;
	tell(flight, 100);
	seen = written(flight, 81 * S, 100 * S);
	check_base(seen, 81, 100);
	free(seen);
	flight_free(flight);
}

static void test_what_is_old_goes(void **state)
{
	struct flight *flight = make(60, 1 << 20);
	struct flight_usage usage;
	struct seen *seen;

	(void)state;
	tell(flight, 2000);
	flight_usage(flight, &usage);
	assert_int_equal(usage.squeezed, 0);
	assert_int_equal(usage.forgotten, 0);
	/* Whole blocks of 64 KB go, of about 45 seconds here. */
	assert_true(usage.from_ns <= 1940 * S && usage.from_ns > 1800 * S);
	seen = written(flight, 1990 * S, 2000 * S);
	check_base(seen, 1990, 2000);
	free(seen);
	flight_free(flight);
}

static void test_memory_is_bounded(void **state)
{
	struct flight *flight = make(86400, 20000);
	struct flight_usage usage;

	(void)state;
	tell(flight, 5000);
	flight_usage(flight, &usage);
	assert_true(usage.squeezed > 0);
	assert_true(usage.bytes < 20000 + 2 * 65536 + 10000);
	flight_free(flight);
}

static void test_nothing_was_told(void **state)
{
	struct flight *flight = make(60, 1 << 20);
	struct seen *seen = written(flight, 0, S);

	(void)state;
	assert_int_equal(seen->n, 1);
	assert_int_equal(seen->event[0].h.type, EVENT_END);
	free(seen);
	flight_free(flight);
}

/* ---- who reads slowly ---- */

#define LIFE_S 2

/* In a child that has so long when nothing goes on. */
static void write_to_pipe(struct flight *flight, int fd)
{
	static const unsigned int life_s = LIFE_S;
	struct recorder *recorder = NULL;
	struct err err = {0};
	int code;

	alarm(life_s);
	code = recorder_new_fd(fd, "pipe", &recorder, &err);
	if (code == 0)
		recorder_on_progress(recorder, child_lives_on, (void *)&life_s);
	if (code == 0)
		code = flight_write(flight, 0, 3000 * S, recorder, &err);
	if (code == 0)
		code = recorder_close(recorder, &err);
	_exit(code < 0);
}

/* A page each quarter of a second for twice its life, then what is left, or nothing any more. */
static int status_of_writer(bool to_its_end)
{
	struct flight *flight = make(36000, 1 << 24);
	static char page[4096];
	int ends[2], status = 0;
	pid_t pid;

	tell(flight, 3000);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof(page)), sizeof(page));
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		write_to_pipe(flight, ends[1]);
	}
	close(ends[1]);
	for (int i = 0; i < 4 * 2 * LIFE_S && to_its_end; i++) {
		assert_true(read(ends[0], page, sizeof(page)) > 0);
		nanosleep(&(struct timespec){.tv_nsec = 250000000L}, NULL);
	}
	while (to_its_end && read(ends[0], page, sizeof(page)) > 0)
		continue;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ends[0]);
	flight_free(flight);
	return status;
}

static void test_slow_is_not_dead(void **state)
{
	(void)state;
	assert_int_equal(status_of_writer(true), 0);
	assert_int_equal(WTERMSIG(status_of_writer(false)), SIGALRM);
}

/* Whoever adds an event says what becomes of it. */
static void test_every_event_is_known(void **state)
{
	const struct event_desc *desc;

	(void)state;
	for (unsigned int i = 0; (desc = event_desc_at(i)); i++)
		if (!flight_knows(desc->type))
			fail_msg("event %s has no row in user/flight_base.c", desc->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_fits_is_given_as_it_came),
		cmocka_unit_test(test_the_last_seconds_stand_on_a_base),
		cmocka_unit_test(test_what_is_old_goes),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_nothing_was_told),
		cmocka_unit_test(test_slow_is_not_dead),
		cmocka_unit_test(test_every_event_is_known),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
