/* SPDX-License-Identifier: BSD-2-Clause */
/* children.c - short-lived copies of this process; see children.h. */
#include "children.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

pid_t children_start(struct children *children, unsigned int seconds)
{
	pid_t pid;

	children_reap(children);
	for (unsigned int i = 0; i < CHILDREN_MAX; i++) {
		if (children->pid[i])
			continue;
		pid = fork();
		if (pid == 0)
			become_plain(seconds);
		if (pid > 0)
			children->pid[i] = pid;
		return pid < 0 ? -errno : pid;
	}
	return -EAGAIN;
}

void children_reap(struct children *children)
{
	for (unsigned int i = 0; i < CHILDREN_MAX; i++)
		if (children->pid[i] && waitpid(children->pid[i], NULL, WNOHANG) != 0)
			children->pid[i] = 0;
}
