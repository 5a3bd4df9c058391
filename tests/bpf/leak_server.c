// SPDX-License-Identifier: BSD-2-Clause
/* leak_server.c - serves its clients and closes with them, and keeps one connection to its database a second; for
 * test_leak_sites.py. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PLACE	 __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))
#define HELD_MAX 512
#define POLL_MS	 100

static struct pollfd held[HELD_MAX]; /* the first one listens */
static nfds_t n_held;

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((unsigned short)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static PLACE int db_connect(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static PLACE void accept_client(void)
{
	int fd = accept4(held[0].fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && n_held < HELD_MAX)
		held[n_held++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void serve(void)
{
	if (poll(held, n_held, POLL_MS) <= 0)
		return;
	for (nfds_t i = n_held - 1; i > 0; i--) {
		char request[64];

		if (!held[i].revents || read(held[i].fd, request, sizeof(request)) > 0)
			continue;
		close(held[i].fd);
		held[i] = held[--n_held];
	}
	if (held[0].revents)
		accept_client();
}

/* argv: the port to serve, the database's, and for how many seconds. */
int main(int argc, char **argv)
{
	struct sockaddr_in here = local(argc > 3 ? atoi(argv[1]) : 0);
	time_t begin = time(NULL), now, last = 0;
	int on = 1;

	if (argc < 4)
		return 2;
	held[n_held++] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
					 .events = POLLIN};
	setsockopt(held[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(held[0].fd, (struct sockaddr *)&here, sizeof(here)) || listen(held[0].fd, 64))
		return 1;
	puts("ready");
	fflush(stdout);
	while ((now = time(NULL)) < begin + atoi(argv[3])) {
		serve();
		if (now != last && db_connect(atoi(argv[2])))
			return 1;
		last = now;
	}
	return 0;
}
