/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcprate - TCP connections opened and closed per second on loopback, on the whole and in the best SLICE_S of it (what
 * others take from this machine is least then), and the CPU time of one.
 *
 * In a network namespace of its own, which ends with it. One process accepts, one connects to eight
 * loopback addresses in turn, so that ports in TIME_WAIT do not run out. With "wait" it begins when a line comes in, with
 * a rate it makes no more a second than that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"

#define PORT	  7000
#define ADDRESSES 8
#define SLICE_S	  0.05
#define BATCH	  16

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_s(double seconds)
{
	struct timespec t = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};

	if (seconds > 0)
		nanosleep(&t, NULL);
}

static void die(const char *what)
{
	fprintf(stderr, "tcprate: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* CPU time of this process, or of those that it waited for. */
static double cpu_us(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static int listener(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 1024))
		die("listen");
	return fd;
}

/* Accepts, waits for the client to close, closes: until killed. */
static void serve(int fd)
{
	char c;

	for (;;) {
		int conn = accept(fd, NULL, NULL);

		if (conn < 0)
			continue;
		while (read(conn, &c, 1) > 0)
			;
		close(conn);
	}
}

static void connect_once(unsigned int turn)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn % ADDRESSES);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("connect");
	close(fd);
}

int main(int argc, char **argv)
{
	double seconds = argc >= 2 ? atof(argv[1]) : 0;
	double rate = argc > 2 ? atof(argv[2]) : 0; /* 0, also of "wait": as many as it can */
	double start, end, slice, best = 0;
	unsigned int count = 0, before = 0;
	pid_t server;
	int fd;

	if (seconds <= 0) {
		fprintf(stderr, "usage: tcprate SECONDS [wait | RATE]\n");
		return 2;
	}
	if (enter_own_netns())
		die("network namespace");
	write_setting("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
	fd = listener();
	server = fork();
	if (server < 0)
		die("fork");
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	if (argc > 2 && rate <= 0)
		getchar();
	for (start = now_s(), end = start, slice = start; end - start < seconds; end = now_s()) {
		if (end - slice >= SLICE_S) {
			if ((count - before) / (end - slice) > best)
				best = (count - before) / (end - slice);
			slice = end;
			before = count;
		}
		for (int i = 0; i < BATCH; i++)
			connect_once(count++);
		if (rate > 0)
			pause_s(start + count / rate - now_s());
	}
	if (best == 0) /* hardly anything was done */
		best = count / (end - start);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	printf("connections-per-s %.1f best-per-s %.1f connections %u cpu-us %.3f\n",
	       count / (end - start), best, count,
	       (cpu_us(RUSAGE_SELF) + cpu_us(RUSAGE_CHILDREN)) / count);
	return 0;
}
