/* SPDX-License-Identifier: BSD-2-Clause */
/* test_answers.c - what culprit status gets is all that there is. */
#include "rules/world.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "finding/life.h"
#include "finding/verdict.h"

#define MANY 128 /* as many as a life has room for */

static int ignore(void *ctx, const struct finding *finding)
{
	(void)ctx;
	(void)finding;
	return 0;
}

static void leave_open(struct life *life, unsigned int i)
{
	struct finding f = {.id = i, .episode = 1, .count = 1, .first_seen_ns = 1};

	f.claim.rule = rule_find("socket-leak");
	f.claim.severity = SEVERITY_WARNING;
	f.claim.confidence = 0.9;
	f.claim.window_ns = 60 * SEC;
	f.claim.subject.type = SUBJECT_PROCESS;
	f.claim.subject.pid = i;
	snprintf(f.claim.message, sizeof(f.claim.message), "LEAK: one of many");
	assert_int_equal(life_restore(life, &f), 0);
}

static void test_each_open_finding(void **state)
{
	struct life *life = life_new();
	static struct verdict verdict;
	FILE *file = tmpfile();
	unsigned int n = 0;
	struct err err = {0};
	char line[8192];
	struct world w;

	(void)state;
	assert_non_null(file);
	world_init(&w);
	tick(&w);
	for (unsigned int i = 1; i <= MANY; i++)
		leave_open(life, i);
	assert_int_equal(life_evaluate(life, w.model, false, NULL, ignore, NULL), 0);
	verdict_make(w.model, life, &verdict);
	{
		struct keeper_view view = {.model = w.model, .life = life, .verdict = &verdict};

		assert_int_equal(answers_give(&view, NULL, "status json", fileno(file), &err), 0);
	}
	rewind(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, "\"type\":\"finding\"") != NULL;
	assert_int_equal(n, MANY);
	fclose(file);
	life_free(life);
	world_done(&w);
}

/* In a child that has a second, as one has ten: for who reads later than that, but reads. */
static void dump_to(int fd)
{
	struct flight_options options = {.keep_ns = 86400 * SEC, .bytes = 1 << 24};
	struct flight *flight = flight_new(&options);
	struct err err = {0};
	struct world w;
	struct keeper_view view = {0};

	world_init(&w);
	for (__u32 i = 0; i < 2000; i++) {
		struct event_tick e = EVENT(&w, event_tick, EVENT_TICK);

		e.seq = i;
		e.interval_ms = 1000;
		flight_add(flight, &e.h);
		wait_s(&w, 1);
	}
	tick(&w);
	view.model = w.model;
	alarm(1);
	_exit(answers_give(&view, flight, "dump 0", fd, &err) < 0);
}

static void test_a_dump_that_goes_on(void **state)
{
	static char page[4096];
	int ends[2], status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof(page)), sizeof(page));
	pid = fork();
	if (pid == 0)
		dump_to(ends[1]);
	close(ends[1]);
	sleep(3);
	while (read(ends[0], page, sizeof(page)) > 0)
		continue;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_open_finding),
		cmocka_unit_test(test_a_dump_that_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
