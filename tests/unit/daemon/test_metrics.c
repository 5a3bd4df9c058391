/* SPDX-License-Identifier: BSD-2-Clause */
/* test_metrics.c - the metrics over HTTP and as a file: addresses, what is not a scrape, who holds on, disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "metrics.h"

#define BODY "# TYPE culprit_test gauge\nculprit_test 1\n"

static void print_body(void *ctx, FILE *out)
{
	++*(unsigned int *)ctx;
	fputs(BODY, out);
}

static in_port_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static int connect_to(in_port_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The daemon's loop, until the peer has an answer and its end, or the time is over. */
static void answer(struct metrics *m, int fd, char *buf, size_t size)
{
	size_t at = 0;

	for (int i = 0; i < 400; i++) {
		struct pollfd fds[2] = {{.fd = metrics_fd(m), .events = POLLIN},
					{.fd = fd, .events = POLLIN}};
		ssize_t n;

		poll(fds, 2, 20);
		metrics_dispatch(m); /* readable, or the daemon's look at the host */
		if (!fds[1].revents)
			continue;
		n = recv(fd, buf + at, size - 1 - at, MSG_DONTWAIT);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	buf[at] = '\0';
}

static void ask(struct metrics *m, in_port_t port, const char *request, char *buf, size_t size)
{
	int fd = connect_to(port);

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	answer(m, fd, buf, size);
	close(fd);
}

static struct metrics *serve(in_port_t *ret_port, unsigned int *count)
{
	struct err err = {0};
	struct metrics *m;
	char address[32];

	*ret_port = free_port();
	snprintf(address, sizeof(address), "%u", *ret_port);
	if (metrics_new(address, print_body, count, &m, &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static void test_scrape(void **state)
{
	unsigned int count = 0;
	char text[4096];
	in_port_t port;
	struct metrics *m = serve(&port, &count);

	(void)state;
	ask(m, port, "GET /metrics" END "\r\n", text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 200", 12);
	assert_non_null(strstr(text, "text/plain; version=0.0.4"));
	assert_non_null(strstr(text, "\r\n\r\n" BODY));
	ask(m, port, "HEAD /metrics" END "\r\n", text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 200", 12);
	assert_null(strstr(text, "culprit_test"));
	assert_int_equal(count, 2);
	ask(m, port, "GET /" END "\r\n", text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 404", 12);
	ask(m, port, "GET /metrics/../etc/passwd" END "\r\n", text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 404", 12);
	ask(m, port, "POST /metrics" END "Content-Length: 3\r\n\r\nabc", text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 405", 12);
	ask(m, port, "\x01\x02\xff no HTTP at all\r\n\r\n", text, sizeof(text));
	assert_true(text[0] == '\0' || strstr(text, " 400 "));
	assert_int_equal(count, 2);
	metrics_free(m);
}

/* Who connects and says nothing takes one of a few places, and only for a while. */
static void test_who_holds_on(void **state)
{
	unsigned int count = 0;
	char text[4096] = "";
	in_port_t port;
	struct metrics *m = serve(&port, &count);
	int mute[10];
	time_t end;

	(void)state;
	for (int i = 0; i < 10; i++) {
		mute[i] = connect_to(port);
		metrics_dispatch(m);
	}
	end = time(NULL) + 20;
	while (!strstr(text, BODY) && time(NULL) < end) {
		ask(m, port, "GET /metrics" END "\r\n", text, sizeof(text));
		metrics_dispatch(m);
		usleep(100000);
	}
	assert_non_null(strstr(text, BODY));
	for (int i = 0; i < 10; i++)
		close(mute[i]);
	metrics_free(m);
}

/* Begins to connect, without waiting for it. */
static int reach_for(in_port_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 || errno == EINPROGRESS);
	return fd;
}

/* A crowd that came and is gone again keeps nobody from scraping for as long as it was large. */
static void test_who_is_gone(void **state)
{
	static const char request[] = "GET /metrics" END "\r\n";
	unsigned int count = 0;
	in_port_t port;
	struct metrics *m = serve(&port, &count);
	int crowd[120], fd;
	bool asked = false;
	time_t end;

	(void)state;
	for (int i = 0; i < 120; i++)
		crowd[i] = reach_for(port);
	usleep(100000);
	for (int i = 0; i < 120; i++) {
		(void)!send(crowd[i], "GET /m", 6, MSG_NOSIGNAL);
		close(crowd[i]);
	}
	fd = reach_for(port);
	end = time(NULL) + 30;
	while (!count && time(NULL) < end) {
		struct pollfd out = {.fd = fd, .events = POLLOUT};

		metrics_dispatch(m);
		if (!asked && poll(&out, 1, 0) > 0)
			asked = send(fd, request, strlen(request), MSG_NOSIGNAL) > 0;
		usleep(100000);
	}
	assert_int_equal(count, 1);
	close(fd);
	metrics_free(m);
}

static void test_addresses(void **state)
{
	static const char *const good[] = {"9899", "127.0.0.1:9899", "[::1]:9899", "0.0.0.0:1",
					   ":9899"};
	static const char *const bad[] = {"",	       "x",	   "0",	    "65536", "1.2.3:9899",
					  "host:9899", "::1:9899", "[::1]", "9899x"};
	struct err err = {0};
	struct metrics *m;
	unsigned int count = 0;
	char address[32];
	in_port_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(metrics_check(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(metrics_check(bad[i], &err), -EINVAL);
	m = serve(&port, &count);
	snprintf(address, sizeof(address), "%u", port);
	assert_true(metrics_new(address, print_body, &count, &(struct metrics *){NULL}, &err) < 0);
	assert_non_null(strstr(err.text, "cannot serve metrics at"));
	metrics_free(m);
}

static void test_file(void **state)
{
	char dir[] = "/tmp/test_metrics.XXXXXX", path[64], half[80], text[256] = "";
	unsigned int count = 0;
	struct err err = {0};
	struct stat st;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/culprit.prom", dir);
	/* What somebody put there, or left there half: it goes, and is not written through. */
	snprintf(half, sizeof(half), "%s.new", path);
	assert_int_equal(symlink("../through", half), 0);
	assert_int_equal(metrics_write_file(path, print_body, &count, &err), 0);
	assert_int_equal(metrics_write_file(path, print_body, &count, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	file = fopen(path, "r");
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, BODY);
	unlink(path);
	/* Nothing else is left, and a directory that is not there is said. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(metrics_write_file(path, print_body, &count, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scrape),	    cmocka_unit_test(test_who_holds_on),
		cmocka_unit_test(test_who_is_gone), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
