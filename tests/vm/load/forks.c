/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that end as soon as they have begun, at a rate. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
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
