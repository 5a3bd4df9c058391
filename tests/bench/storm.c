/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm - TCP connections that lose a fifth of their packets, to many peers at once.
 *
 * All of it on the loopback of a network namespace of its own, which ends with it: nftables drops
 * what arrives, at random, and short timers make the senders retransmit often. Prints "ready" when
 * the storm blows and, at the end of stdin or after SECONDS, how many segments were retransmitted. With many PEERS
 * few are any one's, so that each is told rather than counted only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"

#define PORT	    7000
#define PEERS	    64U
#define MOST_PEERS  4000U
#define CONNECTIONS 512U
#define DROP                                                                                       \
	"add table ip bench; "                                                                     \
	"add chain ip bench in { type filter hook prerouting priority 0; }; "                      \
	"add rule ip bench in tcp dport 7000 tcp flags != syn numgen random mod 100 < 20 drop"

static void die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_nft(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execlp("nft", "nft", DROP, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		errno = EINVAL;
		die("nft");
	}
}

static void watch(int epoll, int fd, unsigned int events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll");
}

static int listener(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, CONNECTIONS))
		die("listen");
	return fd;
}

static void start_sender(int epoll, unsigned int address)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + address);
	if (fd < 0 || (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) && errno != EINPROGRESS))
		die("connect");
	watch(epoll, fd, EPOLLOUT);
}

/* One descriptor is ready: the listener accepts, a sink reads, a sender writes. */
static void handle(int epoll, int listen_fd, const struct epoll_event *event)
{
	static char buf[65536];
	int fd = event->data.fd;

	if (fd == listen_fd) {
		while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			watch(epoll, fd, EPOLLIN);
	} else if (event->events & EPOLLIN) {
		if (read(fd, buf, sizeof(buf)) == 0)
			close(fd);
	} else if (event->events & EPOLLOUT) {
		(void)!write(fd, buf, 8192);
	} else {
		close(fd);
	}
}

static unsigned long long retransmits(void)
{
	unsigned long long n = 0;
	char line[1024];
	FILE *f = fopen("/proc/self/net/snmp", "re");

	/* The 12th number of the second Tcp: line is RetransSegs. */
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Tcp: %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %llu", &n);
	if (f)
		fclose(f);
	return n;
}

/* Sends until SECONDS are over or stdin ends. */
static void blow(double end, unsigned int peers)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct epoll_event events[64];
	int epoll = epoll_create1(EPOLL_CLOEXEC), listen_fd = listener();

	watch(epoll, listen_fd, EPOLLIN);
	for (unsigned int i = 0; i < CONNECTIONS || i < peers; i++)
		start_sender(epoll, i % peers);
	run_nft();
	puts("ready");
	fflush(stdout);
	while (now_s() < end && poll(&in, 1, 0) == 0) {
		int n = epoll_wait(epoll, events, 64, 50);

		for (int i = 0; i < n; i++)
			handle(epoll, listen_fd, &events[i]);
	}
}

int main(int argc, char **argv)
{
	double seconds = argc >= 2 ? atof(argv[1]) : 0, start = now_s();
	unsigned int peers = argc == 3 ? (unsigned int)atoi(argv[2]) : PEERS;
	struct rlimit files = {.rlim_cur = 3 * MOST_PEERS, .rlim_max = 3 * MOST_PEERS};

	if (seconds <= 0 || !peers || peers > MOST_PEERS) {
		fprintf(stderr, "usage: storm SECONDS [PEERS]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (setrlimit(RLIMIT_NOFILE, &files) || enter_own_netns())
		die("network namespace");
	/* Best effort: 6.11+; elsewhere a timeout takes 200 ms and the storm is slower. */
	write_setting("/proc/sys/net/ipv4/tcp_rto_min_us", "5000");
	blow(start + seconds, peers);
	printf("retransmits %llu seconds %.3f\n", retransmits(), now_s() - start);
	return 0;
}
