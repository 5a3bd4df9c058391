/* SPDX-License-Identifier: BSD-2-Clause */
/* File descriptors and disk requests: files opened and closed, or not, and blocks read and written.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

/* A function of its own, that the place which leaks has a name. */
static __attribute__((noinline)) int open_and_forget(const struct plan *plan, struct counts *n)
{
	int fd = open(plan->path, O_RDONLY | O_CLOEXEC);

	n->opened += fd >= 0;
	n->failed += fd < 0;
	return fd;
}

int run_files(const struct plan *plan)
{
	double start = now_s(), end = start + plan->seconds, next_open = start, next_good = start,
	       held_since = 0;
	int *held = xcalloc(MAX_FD, sizeof(*held));
	struct counts n = {0}, good = {0};
	long rounds = plan->rounds;

	for (double now = start; running(end); now = now_s()) {
		for (; plan->opens_per_s > 0 && now >= next_open;
		     next_open += 1 / plan->opens_per_s) {
			int fd = open_and_forget(plan, &n);

			if (plan->after == CLOSE && fd >= 0)
				n.closed += close(fd) == 0;
		}
		for (; plan->healthy_rate > 0 && now >= next_good;
		     next_good += 1 / plan->healthy_rate)
			good.closed += close(open(plan->path, O_RDONLY | O_CLOEXEC)) == 0;
		if (plan->hold_s > 0 && n.open == 0 && rounds-- > 0) {
			for (held_since = now; n.open < plan->count && n.open < MAX_FD;
			     n.open++, n.opened++)
				held[n.open] = open(plan->path, O_RDONLY | O_CLOEXEC);
		}
		if (n.open && now - held_since > plan->hold_s)
			for (; n.open; n.open--, n.closed++)
				close(held[n.open - 1]);
		sleep_until(now + 0.01);
	}
	n.open = n.opened - n.closed;
	print_counts(plan->name, &n);
	good.opened = good.closed;
	if (plan->healthy_rate > 0)
		print_counts("  healthy", &good);
	free(held);
	return 0;
}

int run_disk(const struct plan *plan)
{
	int fd = open(plan->path, (plan->write ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	double start = now_s(), next = start;
	struct counts n = {0};
	void *buf = NULL;
	off_t blocks;

	if (fd < 0)
		die(plan->path);
	blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	if (blocks < 1 || posix_memalign(&buf, BLOCK, BLOCK))
		die("a file of at least one block");
	memset(buf, 0, BLOCK);
	while (running(start + plan->seconds)) {
		off_t at = random() % blocks * BLOCK;
		bool write = plan->write && random() % 2;
		ssize_t did = write ? pwrite(fd, buf, BLOCK, at) : pread(fd, buf, BLOCK, at);

		n.sent += write && did > 0 ? did : 0;
		n.received += !write && did > 0 ? did : 0;
		n.failed += did < 0;
		if (++n.opened % 64 == 0 && plan->write)
			fsync(fd);
		next += 1 / plan->opens_per_s;
		sleep_until(next);
	}
	print_counts(plan->name, &n);
	free(buf);
	return 0;
}
