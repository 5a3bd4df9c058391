/* SPDX-License-Identifier: BSD-2-Clause */
/* children.c - copies of this process; see children.h. */
#include "children.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the kernel has no close_range() (before 5.9). */
#define DESCRIPTORS_CLOSE 4096

static void become_plain(unsigned int seconds)
{
	static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM};
	sigset_t none;

	for (unsigned int i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		signal(taken[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "culprit-child", 0, 0, 0);
	alarm(seconds);
}

/* A file that stayed open in a child would outlive its parent: so would a hook. */
static void close_others(int keep)
{
	unsigned int first = CHILD_FD;

	if (keep >= 0) {
		if (keep != CHILD_FD && dup2(keep, CHILD_FD) < 0)
			_exit(126);
		first++;
	}
	if (syscall(SYS_close_range, first, ~0U, 0U) < 0)
		for (int fd = (int)first; fd < DESCRIPTORS_CLOSE; fd++)
			close(fd);
}

pid_t children_start(struct children *children, unsigned int seconds, int keep)
{
	pid_t pid;

	children_reap(children);
	for (unsigned int i = 0; i < CHILDREN_MAX; i++) {
		if (children->pid[i])
			continue;
		pid = fork();
		if (pid == 0) {
			close_others(keep);
			become_plain(seconds);
		}
		if (pid > 0)
			children->pid[i] = pid;
		return pid < 0 ? -errno : pid;
	}
	return -EAGAIN;
}

void child_lives_on(void *seconds)
{
	if (alarm(0))
		alarm(*(const unsigned int *)seconds);
}

void children_reap(struct children *children)
{
	for (unsigned int i = 0; i < CHILDREN_MAX; i++) {
		pid_t pid = children->pid[i];
		int status = 0;
		pid_t got = pid ? waitpid(pid, &status, WNOHANG) : 0;

		if (got != 0)
			children->pid[i] = 0;
		if (got > 0 && children->ended)
			children->ended(children->ctx, pid, status);
	}
}

bool children_lives(const struct children *children, pid_t pid)
{
	for (unsigned int i = 0; i < CHILDREN_MAX; i++)
		if (pid > 0 && children->pid[i] == pid)
			return true;
	return false;
}

pid_t child_fork(const char *name, int keep)
{
	pid_t pid = fork();

	if (pid == 0) {
		close_others(keep);
		prctl(PR_SET_NAME, name, 0, 0, 0);
	}
	return pid < 0 ? -errno : pid;
}
