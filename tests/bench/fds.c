/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fds - holds N descriptors of /dev/null open, prints "ready", waits for the end of its stdin.
 *
 * In so many processes as are given, or as few as the limit on open files allows: one where it can be raised.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVE 64 /* descriptors for everything else */

static void die(const char *what)
{
	fprintf(stderr, "fds: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* How many descriptors one process may hold, of the count wanted. */
static unsigned long raise_limit(unsigned long count)
{
	struct rlimit limit = {.rlim_cur = count + RESERVE, .rlim_max = count + RESERVE};

	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return count;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("limit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("limit");
	return limit.rlim_max > 2 * RESERVE ? limit.rlim_max - RESERVE : RESERVE;
}

/* A child: opens them, says so, and sleeps until the parent ends. */
static void hold(unsigned long count, int ready_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned long i = 0; i < count; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			die("open");
	if (write(ready_fd, "", 1) != 1)
		die("write");
	for (;;)
		pause();
}

/* Returns when the child holds them all. */
static void start_holder(unsigned long count)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		hold(count, ready[1]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1) {
		fprintf(stderr, "fds: a holder ended early\n");
		exit(1);
	}
	close(ready[0]);
}

int main(int argc, char **argv)
{
	unsigned long count = argc >= 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long processes = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned long each;
	char c;

	if (!count || !processes || count < processes) {
		fprintf(stderr, "usage: fds N [PROCESSES]\n");
		return 2;
	}
	each = raise_limit(count / processes);
	for (unsigned long left = count; left; left -= left < each ? left : each)
		start_holder(left < each ? left : each);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
