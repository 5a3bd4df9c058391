/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of every kind, got in one way at a rate and kept; beside them threads that close theirs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "load.h"
#include "ways.h"

enum { THREADS_MAX = 64 };

struct thread {
	const struct plan *plan;
	double end;
	const struct way *way; /* NULL: this one keeps nothing */
	struct counts n;
};

static __attribute__((noinline)) void serve_request(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static void *live(void *arg)
{
	struct thread *t = arg;
	double now = now_s(), next_open = now, next_good = now;

	for (; running(t->end); now = now_s()) {
		double next = now + 0.1; /* when it is looked for the end */

		for (; t->way && now >= next_open; next_open += 1 / t->plan->opens_per_s) {
			t->way->keep();
			t->n.opened++;
		}
		for (; t->plan->healthy_rate > 0 && now >= next_good;
		     next_good += 1 / t->plan->healthy_rate) {
			serve_request();
			t->n.closed++;
		}
		if (t->way && next_open < next)
			next = next_open;
		if (t->plan->healthy_rate > 0 && next_good < next)
			next = next_good;
		/* Many a second are done ten milliseconds' worth at a time. */
		sleep_until(next > now + 0.01 ? next : now + 0.01);
	}
	return NULL;
}

int run_way(const struct plan *plan)
{
	struct thread thread[THREADS_MAX] = {0};
	int n = plan->count < THREADS_MAX ? (int)plan->count : THREADS_MAX;
	pthread_t id[THREADS_MAX];
	struct counts sum = {0};

	if (!way_find(plan->path)) {
		errno = EINVAL;
		die(plan->path);
	}
	ways_prepare(-1);
	for (int i = 0; i < n; i++) {
		thread[i] = (struct thread){.plan = plan, .end = now_s() + plan->seconds};
		/* The last of them leaks. */
		if (i == n - 1)
			thread[i].way = way_find(plan->path);
		if (pthread_create(&id[i], NULL, live, &thread[i]))
			die("thread");
	}
	for (int i = 0; i < n; i++) {
		pthread_join(id[i], NULL);
		sum.opened += thread[i].n.opened + thread[i].n.closed;
		sum.closed += thread[i].n.closed;
	}
	sum.open = sum.opened - sum.closed;
	print_counts(plan->name, &sum);
	return 0;
}
