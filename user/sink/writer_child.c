/* SPDX-License-Identifier: BSD-2-Clause */
/* writer_child.c - the writer of a queue, from its parent's side; see writer_child.h. */
#include "sink/writer_child.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "sink/writer.h"

#define RESTART_S 1
#define END_MS	  300
#define KILL_MS	  50
#define STEP_MS	  5

static int watch(const struct writer_child *c, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int writer_child_init(struct writer_child *child, const struct outlet *like)
{
	*child = (struct writer_child){.outlet = *like, .fd = -1};
	child->outlet.fd = -1;
	child->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	child->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return child->epoll_fd < 0 || child->timer_fd < 0 ? -errno : watch(child, child->timer_fd);
}

void writer_child_done(struct writer_child *child)
{
	if (child->timer_fd >= 0)
		close(child->timer_fd);
	if (child->epoll_fd >= 0)
		close(child->epoll_fd);
}

/* Short-lived children of ours may still hold the socket: closing alone would neither end it nor take it out of the
 * epoll set. */
static void close_socket(struct writer_child *c)
{
	if (c->fd < 0)
		return;
	epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	shutdown(c->fd, SHUT_RDWR);
	close(c->fd);
	c->fd = -1;
}

int writer_child_start(struct writer_child *child)
{
	pid_t parent = getpid();
	int ends[2], code;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child->pid = child_fork("culprit-writer", ends[1]);
	if (child->pid == 0)
		writer_run(CHILD_FD, parent, &child->outlet);
	close(ends[1]);
	child->fd = ends[0];
	code = child->pid < 0 ? (int)child->pid : watch(child, child->fd);
	if (code < 0) {
		close_socket(child); /* the child ends by that, if there is one */
		child->pid = 0;
	}
	return code;
}

void writer_child_start_later(const struct writer_child *child)
{
	struct itimerspec soon = {.it_value.tv_sec = RESTART_S};

	timerfd_settime(child->timer_fd, 0, &soon, NULL);
}

bool writer_child_is_due(const struct writer_child *child)
{
	__u64 times;

	return read(child->timer_fd, &times, sizeof(times)) == (ssize_t)sizeof(times);
}

int writer_child_leave(struct writer_child *child, bool kill_it)
{
	int status = 0;

	close_socket(child);
	if (!child->pid)
		return 0;
	for (int ms = 0;
	     ms < (kill_it ? KILL_MS : END_MS) && waitpid(child->pid, &status, WNOHANG) == 0;
	     ms += STEP_MS) {
		if (kill_it)
			kill(child->pid, SIGKILL);
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
	}
	child->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
