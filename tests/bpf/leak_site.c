// SPDX-License-Identifier: BSD-2-Clause
/* leak_site.c - keeps one file a second, opened two calls deep, and opens and closes others; for
 * test_leak_sites.py, which builds it without frame pointers, and strips a copy. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PLACE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

static volatile int kept;

static PLACE void keep_spool(void)
{
	kept = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
}

static PLACE void handle_order(void)
{
	keep_spool();
	kept++; /* no tail call */
}

static PLACE void serve_request(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

/* argv[1]: for so many seconds. */
int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 0;

	for (int tenths = 0; tenths < 10 * seconds; tenths++) {
		for (int i = 0; i < 20; i++)
			serve_request();
		if (tenths % 10 == 0)
			handle_order();
		usleep(100000);
	}
	return 0;
}
