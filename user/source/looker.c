/* SPDX-License-Identifier: BSD-2-Clause */
/* looker.c - the child that looks at file systems, and its parent's end; see looker.h. */
#include "source/looker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "children.h"

void looker_init(struct looker *looker)
{
	memset(looker, 0, sizeof(*looker));
	looker->fd = -1;
	looker->look = looker_look;
}

/* The child. It has nothing of its parent's but the socket. */
static void serve(const struct looker *looker, int fd)
{
	struct look_request request;
	struct look_reply reply;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, &request, sizeof(request)) == (ssize_t)sizeof(request)) {
		memset(&reply, 0, sizeof(reply));
		reply.dev = request.dev;
		looker->look(&request, &reply);
		if (send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) != (ssize_t)sizeof(reply))
			break;
	}
}

static bool start(struct looker *l)
{
	int fd[2];

	if (l->pid)
		return true;
	if (l->children == LOOKER_CHILDREN_MAX)
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return false;
	l->pid = child_fork("culprit-look", fd[1]);
	if (l->pid == 0) {
		serve(l, CHILD_FD);
		_exit(0);
	}
	close(fd[1]);
	if (l->pid < 0) {
		l->pid = 0;
		close(fd[0]);
		return false;
	}
	l->fd = fd[0];
	l->children++;
	return true;
}

/* It ends when its socket closes, or by the signal as soon as the kernel lets it. */
static void give_up(struct looker *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
	}
	l->fd = -1;
	l->pid = 0;
	l->n_asked = 0;
}

bool looker_ask(struct looker *looker, const struct look_request *request, __u64 now_ns)
{
	struct looker *l = looker;

	if (l->n_asked == LOOKER_ASKED_MAX || !start(l))
		return false;
	if (send(l->fd, request, sizeof(*request), MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(*request)) {
		if (errno != EAGAIN)
			give_up(l);
		return false;
	}
	if (!l->n_asked)
		l->since_ns = now_ns;
	l->asked[l->n_asked++] = request->dev;
	return true;
}

int looker_answer(struct looker *looker, struct look_reply *ret_reply, __u64 now_ns)
{
	struct looker *l = looker;
	struct look_reply reply;
	ssize_t n;

	if (!l->n_asked)
		return 0;
	n = recv(l->fd, &reply, sizeof(reply), MSG_DONTWAIT);
	if (n == (ssize_t)sizeof(reply)) {
		*ret_reply = reply;
		memmove(l->asked, l->asked + 1, --l->n_asked * sizeof(l->asked[0]));
		l->since_ns = now_ns;
		return 1;
	}
	if (n < 0 && errno == EAGAIN && now_ns < l->since_ns + LOOKER_PATIENCE_NS)
		return 0;
	/* It hangs, or it died: of whatever it did, this was the last. */
	memset(ret_reply, 0, sizeof(*ret_reply));
	ret_reply->dev = l->asked[0];
	ret_reply->err = -ETIMEDOUT;
	give_up(l);
	return -ETIMEDOUT;
}

bool looker_idle(const struct looker *looker)
{
	return looker->n_asked == 0;
}

/* A child that does not hang is gone at once: waited for, 20 ms at most, so that it leaves no zombie. */
void looker_done(struct looker *looker)
{
	struct timespec ms = {.tv_nsec = 1000000};
	pid_t pid = looker->pid;

	give_up(looker);
	for (int i = 0; pid > 0 && i < 20 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		nanosleep(&ms, NULL);
}
