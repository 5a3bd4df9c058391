/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arm - looks at a process as a trace does that takes it for a leak: all probes attached, a snapshot each second, the
 * process armed and its descriptors scanned. Prints "ready", and goes on until the end of its stdin.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "probe/probes.h"

#define SLOW_IO_NS 1000000000ULL

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "arm: %s\n", what);
	exit(1);
}

struct wanted {
	unsigned int pid;
	unsigned long long start_ns; /* 0: not seen yet */
};

/* Finds out when the process was started, which together with its number is who it is. */
static int find(void *ctx, const struct event *event)
{
	const struct event_proc_fds *fds = (const void *)event;
	struct wanted *wanted = ctx;

	if (event->type == EVENT_PROC_FDS && fds->pid == wanted->pid)
		wanted->start_ns = fds->start_ns;
	return 0;
}

int main(int argc, char **argv)
{
	struct wanted wanted = {.pid = argc == 2 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0};
	struct probes_options options = {.slow_io_ns = SLOW_IO_NS,
					 .own_pid = (unsigned int)getpid()};
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct probes *probes;
	struct err err = {0};
	unsigned int scan = 0;

	if (!wanted.pid) {
		fprintf(stderr, "usage: arm PID\n");
		return 2;
	}
	if (probes_new(&options, &probes, &err) || probes_attach(probes, &err))
		fail(err.text);
	if (probes_snapshot(probes, now_ns(), true, find, &wanted) || !wanted.start_ns)
		fail("no such process");
	if (probes_arm_fds(probes, wanted.pid, wanted.start_ns, now_ns()))
		fail("it cannot be armed");
	puts("ready");
	fflush(stdout);
	while (poll(&in, 1, 1000) == 0) {
		if (probes_snapshot(probes, now_ns(), false, find, &wanted))
			fail("the snapshot failed");
		probes_scan_fds(probes, wanted.pid, wanted.start_ns, ++scan, now_ns(), find,
				&wanted);
	}
	probes_free(probes);
	return 0;
}
