/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets - ms for one sample of N TCP sockets by culprit's own probes.
 *
 * They are both ends of N / 2 connections on the loopback of a network namespace of its own, which ends with it.
 * One byte goes between two samples: where nothing moved, none is taken. Prints the median of a snapshot of the TCP
 * probes, the same with the sample forced off, and how many sockets were seen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"
#include "passes.h"
#include "probe/probe_table.h"

#define PORT	  7000
#define ADDRESSES 8
#define HOLDERS	  8 /* processes: the limit on open files is one's */

static int first[2]; /* the two ends of one connection, of this process */

static void die(const char *what)
{
	fprintf(stderr, "sockets: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_pair(int listener, unsigned int port, unsigned int turn, int pair[2])
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn % ADDRESSES);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair[0] < 0 || connect(pair[0], (struct sockaddr *)&sin, sizeof(sin)))
		die("connect");
	pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (pair[1] < 0)
		die("accept");
}

static int listen_at(unsigned int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&sin, sizeof(sin)) ||
	    listen(listener, 64))
		die("listen");
	return listener;
}

/* A child that opens its share, says so, and sleeps until the parent ends. */
static void hold(unsigned int connections, unsigned int port, int ready)
{
	int listener = listen_at(port), pair[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < connections; i++)
		open_pair(listener, port, i, pair);
	close(listener);
	if (write(ready, "", 1) != 1)
		die("write");
	for (;;)
		pause();
}

static void open_all(unsigned int connections)
{
	int ready[2], listener = listen_at(PORT);
	unsigned int left = connections - 1;
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	open_pair(listener, PORT, 0, first);
	close(listener);
	for (unsigned int i = 0; i < HOLDERS; i++) {
		unsigned int share = left / (HOLDERS - i);
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			hold(share, PORT + 1 + i, ready[1]);
		left -= share;
	}
	close(ready[1]);
	for (unsigned int i = 0; i < HOLDERS; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a holder ended early");
	close(ready[0]);
}

static void move_a_byte(void *ctx)
{
	char byte = 'x';

	(void)ctx;
	if (send(first[0], &byte, 1, 0) != 1 || recv(first[1], &byte, 1, 0) != 1)
		die("send");
}

/* ctx: the sum. */
static int add_live(void *ctx, const struct event *event)
{
	unsigned long long *sum = ctx;
	const struct event_tcp_peer *peer = (const struct event_tcp_peer *)event;

	if (event->type == EVENT_TCP_PEER && peer->peer.port >= PORT &&
	    peer->peer.port <= PORT + HOLDERS)
		*sum += peer->live;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int sockets = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	struct rlimit files;
	unsigned long long live = 0;
	char disable[PROBE_ROWS * 32];
	struct passes passes = {
		.disable = disable, .fn = add_live, .ctx = &live, .between = move_a_byte};
	double with_ms, without_ms;

	if (sockets < 2) {
		fprintf(stderr, "usage: sockets N\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files))
		die("limit");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || enter_own_netns())
		die("network namespace");
	open_all(sockets / 2);
	passes_all_but("tcp.", disable, sizeof(disable));
	with_ms = passes_ms(&passes);
	strncat(disable, ",tcp.sample", sizeof(disable) - strlen(disable) - 1);
	passes.fn = NULL;
	without_ms = passes_ms(&passes);
	printf("sample-ms %.4f without-ms %.4f sockets %llu\n", with_ms, without_ms, live);
	return 0;
}
