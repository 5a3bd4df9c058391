/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syscalls - ns per call of getppid, and per pair of open("/dev/null") and close.
 *
 * With "wait" it begins when a line comes in. Each is timed in short batches; the median batch is printed, so that
 * an interrupt or a preemption in one of them does not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_BATCHES 100000

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

static int call_getppid(void)
{
	return syscall(SYS_getppid) < 0;
}

static int open_and_close(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd < 0 || close(fd);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median ns of one call over batches of `batch` calls; negative when a call failed. */
static double time_calls(int (*call)(void), int batch, double seconds)
{
	static double ns[MAX_BATCHES];
	unsigned long long end = now_ns() + (unsigned long long)(seconds * 1e9);
	int count = 0;

	while (count < MAX_BATCHES) {
		unsigned long long start = now_ns();

		if (start >= end)
			break;
		for (int i = 0; i < batch; i++)
			if (call())
				return -1;
		ns[count++] = (double)(now_ns() - start) / batch;
	}
	qsort(ns, (size_t)count, sizeof(ns[0]), compare);
	return count ? ns[count / 2] : -1;
}

int main(int argc, char **argv)
{
	double seconds = argc >= 2 ? atof(argv[1]) : 0;
	double getppid_ns, open_ns;

	if (seconds <= 0) {
		fprintf(stderr, "usage: syscalls SECONDS [wait]\n");
		return 2;
	}
	if (argc > 2)
		getchar();
	getppid_ns = time_calls(call_getppid, 2000, seconds / 2);
	open_ns = time_calls(open_and_close, 200, seconds / 2);
	if (getppid_ns < 0 || open_ns < 0) {
		fprintf(stderr, "syscalls: %s\n", strerror(errno));
		return 1;
	}
	printf("getppid %.3f open-close %.3f\n", getppid_ns, open_ns);
	return 0;
}
