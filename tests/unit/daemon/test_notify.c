/* SPDX-License-Identifier: BSD-2-Clause */
/* test_notify.c - the service manager is told again what it had no room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static int bind_at(struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/test_notify.%d",
		 (int)getpid());
	unlink(address->sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	return fd;
}

/* All that waits there, a line each. */
static void heard(int fd, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n;

	while (at < size && (n = recv(fd, buf + at, size - at - 1, MSG_DONTWAIT)) > 0) {
		at += (size_t)n;
		buf[at++] = '\n';
	}
	buf[at] = '\0';
}

static void test_busy_manager(void **state)
{
	static char text[1U << 16];
	struct sockaddr_un address;
	struct notify notify;
	int fd = bind_at(&address), other = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "60000000", 1);
	notify_init(&notify);
	assert_true(notify.fd >= 0);
	while (sendto(other, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof(address)) ==
	       1)
		continue;
	notify_progress(&notify, 1, "NOTHING\nFOUND");
	heard(fd, text, sizeof(text));
	assert_null(strstr(text, "READY"));
	notify_progress(&notify, 1, "NOTHING\nFOUND");
	heard(fd, text, sizeof(text));
	assert_string_equal(text, "READY=1\nWATCHDOG=1\nSTATUS=NOTHING?FOUND\n");
	/* Once told, it is not told again. */
	notify_progress(&notify, 1, "NOTHING\nFOUND");
	heard(fd, text, sizeof(text));
	assert_string_equal(text, "");
	notify_progress(&notify, 2, "NOTHING\nFOUND");
	heard(fd, text, sizeof(text));
	assert_string_equal(text, "WATCHDOG=1\n");
	notify_done(&notify);
	close(other);
	close(fd);
	unlink(address.sun_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy_manager),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
