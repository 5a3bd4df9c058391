/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads that must not wait (RWF_NOWAIT), past the page cache and through it: most are refused with EAGAIN. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "load.h"

int run_nowait(const struct plan *plan)
{
	int fd[2] = {open(plan->path, O_RDONLY | O_DIRECT | O_CLOEXEC),
		     open(plan->path, O_RDONLY | O_CLOEXEC)};
	double start = now_s(), next = start;
	struct counts n = {0};
	struct iovec vec = {.iov_len = BLOCK};
	off_t blocks;

	if (fd[0] < 0 || fd[1] < 0)
		die(plan->path);
	blocks = lseek(fd[0], 0, SEEK_END) / BLOCK;
	if (blocks < 1 || posix_memalign(&vec.iov_base, BLOCK, BLOCK))
		die("a file of at least one block");
	while (running(start + plan->seconds)) {
		off_t at = random() % blocks * BLOCK;
		ssize_t did = preadv2(fd[n.opened++ % 2], &vec, 1, at, RWF_NOWAIT);

		n.received += did > 0 ? did : 0;
		n.refused += did < 0 && errno == EAGAIN;
		n.failed += did < 0 && errno != EAGAIN;
		/* What the last one brought into the page cache shall not answer the next. */
		posix_fadvise(fd[1], 0, 0, POSIX_FADV_DONTNEED);
		next += 1 / plan->opens_per_s;
		sleep_until(next);
	}
	print_counts(plan->name, &n);
	free(vec.iov_base);
	return 0;
}
