/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that end as soon as they have begun, at a rate; and one whose core is written. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

int run_forks(const struct plan *plan)
{
	double end = now_s() + plan->seconds, next = now_s();
	struct counts n = {0};

	while (running(end) && (!plan->count || n.opened < plan->count)) {
		pid_t pid;

		if (now_s() < next) {
			sleep_until(next);
			continue;
		}
		next += 1 / plan->opens_per_s;
		pid = fork();
		if (pid == 0)
			_exit(0);
		n.failed += pid < 0;
		n.opened += pid > 0;
		n.closed += pid > 0 && waitpid(pid, NULL, 0) == pid;
	}
	print_counts(plan->name, &n);
	return plan->count && n.closed < plan->count;
}

static void *rest(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

int run_dump(const struct plan *plan)
{
	struct counts n = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		for (unsigned int i = 0; i < plan->count; i++)
			if (pthread_create(&thread, NULL, rest, NULL))
				_exit(1);
		abort();
	}
	n.opened = pid > 0;
	n.closed = pid > 0 && waitpid(pid, &status, 0) == pid && WCOREDUMP(status);
	print_counts(plan->name, &n);
	return n.closed != 1;
}
