/* SPDX-License-Identifier: BSD-2-Clause */
/* test_log.c - messages to a stderr that nobody reads hold up nobody, and what was left out is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static void read_all(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	assert_true(n > 0);
	buf[n] = '\0';
}

static void test_full_pipe(void **state)
{
	static char junk[4096], text[8192];
	int ends[2], saved = dup(STDERR_FILENO);

	(void)state;
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	dup2(ends[1], STDERR_FILENO);
	assert_int_equal(write(ends[1], junk, sizeof(junk)), sizeof(junk));
	alarm(20); /* a message that waits ends the test */
	log_warn("one");
	log_warn("two");
	read_all(ends[0], text, sizeof(text));
	log_warn("three");
	alarm(0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	read_all(ends[0], text, sizeof(text));
	assert_string_equal(text, "culprit: 2 messages left out: nobody read them\n"
				  "culprit: warning: three\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
