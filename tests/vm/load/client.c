/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP clients: one epoll loop over one or two jobs, a job being a plan under way with its counts.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

struct job {
	struct plan plan;
	struct counts n;
	double next_open, next_msg, next_look;
	long target; /* opens asked for so far, when they do not go by a rate */
	int next_port, turn;
};

enum state { FREE, CONNECTING, ASKED, OPEN };

struct conn {
	struct job *job;
	enum state state;
	double born;
};

struct client {
	struct conn conns[MAX_FD]; /* by descriptor */
	int epoll, top;		   /* top: one above the highest descriptor used */
};

static socklen_t to_sockaddr(const char *addr, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, addr, &v6->sin6_addr) != 1) {
		fprintf(stderr, "load: not an address: %s\n", addr);
		exit(2);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	return sizeof(*v6);
}

static void conn_close(struct client *c, int fd)
{
	struct conn *conn = &c->conns[fd];

	close(fd);
	conn->state = FREE;
	conn->job->n.open--;
	conn->job->n.closed++;
}

static bool conn_open(struct client *c, struct job *job, double now)
{
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(job->plan.addr, job->next_port, &sa);
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	int one = 1, fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || fd >= MAX_FD) {
		job->n.failed++;
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (++job->next_port > job->plan.last_port)
		job->next_port = job->plan.port;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ev.data.fd = fd;
	epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev);
	c->conns[fd] = (struct conn){job, CONNECTING, now};
	if (fd >= c->top)
		c->top = fd + 1;
	job->n.opened++;
	job->n.open++;
	if (connect(fd, (void *)&sa, len) < 0 && errno != EINPROGRESS) {
		job->n.failed++;
		conn_close(c, fd);
	}
	return true;
}

static void conn_send(struct conn *conn, int fd)
{
	static const char zeros[MAX_BYTES];
	ssize_t sent = send(fd, zeros, (size_t)conn->job->plan.bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent > 0)
		conn->job->n.sent += sent;
}

static void conn_connected(struct client *c, int fd)
{
	struct conn *conn = &c->conns[fd];
	struct counts *n = &conn->job->n;
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err) {
		n->established++;
		if (conn->job->plan.after == PROBE) {
			abandon(fd);
			conn->state = FREE;
			n->open--;
			n->closed++;
			return;
		}
		conn->state = ASKED;
		conn_send(conn, fd);
		return;
	}
	if (err == ECONNREFUSED)
		n->refused++;
	else if (err == ETIMEDOUT)
		n->timed_out++;
	else
		n->failed++;
	conn_close(c, fd);
}

/* Closed in this mode, a socket is gone without a word to its peer. */
static void vanish(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		die("TCP_REPAIR");
}

/* The first answer is here: the connection joins the others, is closed, or is forgotten. */
static void conn_answered(struct client *c, int fd)
{
	const struct plan *p = &c->conns[fd].job->plan;

	c->conns[fd].state = OPEN;
	if (p->after == VANISH)
		vanish(fd);
	if (p->after == CLOSE || p->after == VANISH)
		conn_close(c, fd);
	else if (p->after == FORGET && !p->await_eof)
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void conn_readable(struct client *c, int fd)
{
	static char buf[65536];
	struct conn *conn = &c->conns[fd];
	ssize_t got;

	while ((got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		conn->job->n.received += got;
		if (conn->state == ASKED)
			conn_answered(c, fd);
		if (conn->state == FREE)
			return;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == 0 && conn->job->plan.await_eof) { /* here a leaking program lacks its close() */
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
		return;
	}
	conn->job->n.lost++;
	conn_close(c, fd);
}

/* Messages go round over the open connections. */
static void send_next(struct client *c, struct job *job)
{
	for (int i = 0; i < c->top; i++) {
		struct conn *conn;

		job->turn = (job->turn + 1) % c->top;
		conn = &c->conns[job->turn];
		if (conn->job == job && conn->state == OPEN) {
			conn_send(conn, job->turn);
			return;
		}
	}
}

static void close_due(struct client *c, struct job *job, double now)
{
	const struct plan *p = &job->plan;

	for (int fd = 0; fd < c->top; fd++) {
		const struct conn *conn = &c->conns[fd];

		if (conn->job != job)
			continue;
		if (conn->state == CONNECTING && p->give_up_s > 0 &&
		    now - conn->born > p->give_up_s) {
			job->n.timed_out++;
			conn_close(c, fd);
		} else if (conn->state == OPEN && p->hold_s > 0 && now - conn->born > p->hold_s) {
			conn_close(c, fd);
		}
	}
}

static void open_due(struct client *c, struct job *job, double now)
{
	struct plan *p = &job->plan;

	if (p->opens_per_s > 0) {
		for (; now >= job->next_open; job->next_open += 1 / p->opens_per_s)
			if (!p->count || job->n.open < p->count)
				conn_open(c, job, now);
		return;
	}
	if (p->hold_s > 0 && job->n.open == 0 && p->rounds > 0) {
		p->rounds--;
		job->target += p->count;
	}
	while (job->n.opened < job->target && conn_open(c, job, now))
		;
}

/* Does what is due now; returns when the next thing is. */
static double job_run(struct client *c, struct job *job, double now)
{
	const struct plan *p = &job->plan;
	double next;

	open_due(c, job, now);
	if (p->msgs_per_s > 0)
		for (; now >= job->next_msg; job->next_msg += 1 / p->msgs_per_s)
			send_next(c, job);
	if (now >= job->next_look) {
		close_due(c, job, now);
		job->next_look = now + 0.05;
	}
	next = p->hold_s > 0 || p->give_up_s > 0 ? job->next_look : now + 1;
	if (p->opens_per_s > 0 && job->next_open < next)
		next = job->next_open;
	if (p->msgs_per_s > 0 && job->next_msg < next)
		next = job->next_msg;
	return next;
}

static void job_init(struct job *job, const struct plan *plan, double start)
{
	*job = (struct job){
		.plan = *plan, .next_open = start, .next_msg = start, .next_look = start};
	job->next_port = plan->port;
	if (plan->hold_s <= 0)
		job->target = plan->count;
}

int run_client(const struct plan *plan)
{
	struct client *c = xcalloc(1, sizeof(*c));
	struct plan healthy = *plan;
	struct epoll_event ev[64];
	double now = now_s(), end = now + plan->seconds;
	struct job jobs[2];
	int count = plan->healthy_rate > 0 ? 2 : 1;

	healthy.opens_per_s = plan->healthy_rate;
	healthy.after = CLOSE;
	healthy.await_eof = false;
	job_init(&jobs[0], plan, now);
	job_init(&jobs[1], &healthy, now);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	while (running(end)) {
		double next = end;
		int got;

		now = now_s();
		for (int i = 0; i < count; i++) {
			double due = job_run(c, &jobs[i], now);

			next = due < next ? due : next;
		}
		got = epoll_wait(c->epoll, ev, 64, next > now ? (int)((next - now) * 1e3) + 1 : 0);
		for (int i = 0; i < got; i++) {
			int fd = ev[i].data.fd;

			if (c->conns[fd].state == CONNECTING && ev[i].events & ~(uint32_t)EPOLLIN)
				conn_connected(c, fd);
			if (c->conns[fd].state > CONNECTING && ev[i].events & ~(uint32_t)EPOLLOUT)
				conn_readable(c, fd);
		}
	}
	print_counts(plan->name, &jobs[0].n);
	if (count == 2)
		print_counts("  healthy", &jobs[1].n);
	for (int fd = 0; fd < c->top; fd++)
		if (c->conns[fd].state != FREE)
			abandon(fd);
	free(c);
	return 0;
}
