/* SPDX-License-Identifier: BSD-2-Clause */
/* test_loop.c - descriptors and signals become calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"

struct part {
	struct loop *loop;
	int fd, other;
	unsigned int calls, stop_after;
	int code;
	unsigned int signals[64];
};

static struct loop *open_loop(void)
{
	struct loop *loop;
	struct err err = {0};

	assert_int_equal(loop_new(&loop, &err), 0);
	return loop;
}

static void on_ready(void *ctx)
{
	struct part *part = ctx;
	char c;

	part->calls++;
	if (part->fd >= 0)
		assert_int_equal(read(part->fd, &c, 1), 1);
	if (part->calls == part->stop_after)
		loop_stop(part->loop, part->code);
}

static void on_signal(void *ctx, int signal)
{
	struct part *part = ctx;

	part->signals[signal]++;
	if (signal != SIGHUP)
		loop_stop(part->loop, 0);
}

static void test_descriptors(void **state)
{
	struct loop *loop = open_loop();
	struct part a = {.loop = loop, .stop_after = 3, .code = -EPROTO};
	struct err err = {0};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	a.fd = fds[0];
	assert_int_equal(write(fds[1], "abcd", 4), 4);
	assert_int_equal(loop_add_source(loop, a.fd, on_ready, &a, &err), 0);
	assert_int_equal(loop_run(loop, &err), -EPROTO);
	assert_int_equal(err.code, 0);
	assert_int_equal(a.calls, 3);
	loop_free(loop);
	close(fds[0]);
	close(fds[1]);
}

static void test_always_ready_beside_a_descriptor(void **state)
{
	struct loop *loop = open_loop();
	struct part a = {.loop = loop, .fd = -1}, b = {.loop = loop, .stop_after = 2};
	struct err err = {0};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	b.fd = fds[0];
	assert_int_equal(write(fds[1], "xy", 2), 2);
	assert_int_equal(loop_add_source(loop, a.fd, on_ready, &a, &err), 0);
	assert_int_equal(loop_add_source(loop, b.fd, on_ready, &b, &err), 0);
	assert_int_equal(loop_run(loop, &err), 0);
	assert_true(a.calls >= 1);
	assert_int_equal(b.calls, 2);
	loop_free(loop);
	close(fds[0]);
	close(fds[1]);
}

static void remove_other(void *ctx)
{
	struct part *part = ctx;

	on_ready(part);
	loop_remove_source(part->loop, part->other);
}

static void test_removed(void **state)
{
	struct loop *loop = open_loop();
	struct part a = {.loop = loop, .stop_after = 2}, b = {.loop = loop, .stop_after = 2};
	struct err err = {0};
	int x[2], y[2];

	(void)state;
	assert_int_equal(pipe(x), 0);
	assert_int_equal(pipe(y), 0);
	a.fd = b.other = x[0];
	b.fd = a.other = y[0];
	assert_int_equal(write(x[1], "..", 2), 2);
	assert_int_equal(write(y[1], "..", 2), 2);
	assert_int_equal(loop_add_source(loop, a.fd, remove_other, &a, &err), 0);
	assert_int_equal(loop_add_source(loop, b.fd, remove_other, &b, &err), 0);
	/* Both are ready at once; whichever is called first, the other is not. */
	assert_int_equal(loop_run(loop, &err), 0);
	assert_int_equal(a.calls + b.calls, 2);
	assert_true(!a.calls || !b.calls);
	/* The free place is taken again. */
	loop_remove_source(loop, -5);
	for (int i = 1; i < LOOP_SOURCES_MAX; i++)
		assert_int_equal(loop_add_source(loop, -1, on_ready, &a, &err), 0);
	assert_int_equal(loop_add_source(loop, -1, on_ready, &a, &err), -ENOSPC);
	loop_free(loop);
	for (int i = 0; i < 2; i++) {
		close(x[i]);
		close(y[i]);
	}
}

static void test_signals(void **state)
{
	struct loop *loop = open_loop();
	struct part a = {.loop = loop, .fd = -1};
	struct err err = {0};

	(void)state;
	/* Before the loop runs: they wait for it. */
	raise(SIGHUP);
	raise(SIGTERM);
	loop_on_signal(loop, on_signal, &a);
	/* A source that is always ready does not keep them waiting. */
	assert_int_equal(loop_add_source(loop, -1, on_ready, &a, &err), 0);
	assert_int_equal(loop_run(loop, &err), 0);
	assert_int_equal(a.signals[SIGTERM], 1);
	assert_true(a.signals[SIGHUP] <= 1);
	assert_int_equal(a.calls, 0);
	raise(SIGINT); /* too late: it must not kill us when the loop goes */
	loop_free(loop);
}

static void test_nobody_hears_the_signals(void **state)
{
	struct loop *loop = open_loop();
	struct err err = {0};

	(void)state;
	raise(SIGHUP);
	raise(SIGINT);
	assert_int_equal(loop_run(loop, &err), -EINTR);
	loop_free(loop);
}

static void test_signals_are_given_back(void **state)
{
	struct loop *loop = open_loop();
	struct sigaction action;
	sigset_t mask;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGINT), 1);
	sigaction(SIGPIPE, NULL, &action);
	assert_true(action.sa_handler == SIG_IGN);
	loop_free(loop);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGINT), 0);
	sigaction(SIGPIPE, NULL, &action);
	assert_true(action.sa_handler == SIG_DFL);
	loop_free(NULL);
}

static void test_what_cannot_be_added(void **state)
{
	struct loop *loop = open_loop();
	struct part a = {.loop = loop, .fd = -1};
	struct err err = {0};

	(void)state;
	assert_int_equal(loop_add_source(loop, 1000000, on_ready, &a, &err), -EBADF);
	assert_int_equal(err.code, -EBADF);
	for (unsigned int i = 0; i < LOOP_SOURCES_MAX; i++)
		assert_int_equal(loop_add_source(loop, -1, on_ready, &a, &err), 0);
	assert_int_equal(loop_add_source(loop, -1, on_ready, &a, &err), -ENOSPC);
	loop_free(loop);
}

static void test_the_first_code_stays(void **state)
{
	struct loop *loop = open_loop();
	struct err err = {0};

	(void)state;
	loop_stop(loop, -EPIPE);
	loop_stop(loop, 0);
	assert_int_equal(loop_run(loop, &err), -EPIPE);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_always_ready_beside_a_descriptor),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_nobody_hears_the_signals),
		cmocka_unit_test(test_signals_are_given_back),
		cmocka_unit_test(test_what_cannot_be_added),
		cmocka_unit_test(test_the_first_code_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
