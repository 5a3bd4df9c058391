/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP server for a range of ports, IPv4 and IPv6. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

/* Whether the connection stays. An echo that the peer does not read is dropped, never waited for.
 */
static bool serve_one(int fd, const struct plan *p, struct counts *n)
{
	static char buf[65536];
	static bool answered[MAX_FD];
	ssize_t got;

	if (p->manner == DROP || (p->manner == RESET && answered[fd])) {
		answered[fd] = false;
		abandon(fd);
		return false;
	}
	answered[fd] = true;
	while ((got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		n->received += got;
		if (p->manner == SINK)
			continue;
		got = send(fd, buf, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
		n->sent += got > 0 ? got : 0;
		if (p->manner == ANSWER_AND_CLOSE)
			return false;
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static void listen_on(int epoll, int port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct epoll_event ev = {.events = EPOLLIN};
	int one = 1, zero = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (fd < 0 || bind(fd, (void *)&any, sizeof(any)) < 0 || listen(fd, 4096) < 0)
		die("listen");
	ev.data.fd = -fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

int run_server(const struct plan *plan)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	double end = now_s() + plan->seconds;
	struct counts n = {0};
	struct epoll_event ev[64];

	for (int port = plan->port; port <= plan->last_port; port++)
		listen_on(epoll, port);
	printf("listening\n");
	fflush(stdout);
	while (running(end)) {
		int got = epoll_wait(epoll, ev, 64, (int)((end - now_s()) * 1e3) + 1);

		for (int i = 0; i < got; i++) {
			int fd = ev[i].data.fd;

			if (fd < 0) { /* a listener, stored negative */
				ev[i].data.fd =
					accept4(-fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
				if (ev[i].data.fd < 0)
					continue;
				ev[i].events = EPOLLIN;
				epoll_ctl(epoll, EPOLL_CTL_ADD, ev[i].data.fd, &ev[i]);
				n.established++;
				n.open++;
			} else if (!serve_one(fd, plan, &n)) {
				if (plan->manner == NEGLECT) {
					epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
					continue;
				}
				if (plan->manner < DROP)
					close(fd);
				n.closed++;
				n.open--;
			}
		}
	}
	print_counts(plan->name, &n);
	for (int fd = epoll + 1; fd < MAX_FD; fd++) /* all that came after it is a socket */
		abandon(fd);
	return 0;
}
