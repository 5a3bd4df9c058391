/* SPDX-License-Identifier: BSD-2-Clause */
/* live_host.c - which host, boot and run this is; see live_host.h. */
#include "source/live_host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "small_file.h"

void uuid7_text(char text[37], __u64 unix_ms, const unsigned char random[10])
{
	unsigned char b[16];

	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(unix_ms >> (40 - 8 * i));
	memcpy(b + 6, random, 10);
	b[6] = (unsigned char)(0x70 | (b[6] & 0x0f)); /* version */
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f)); /* variant */
	snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		 b[13], b[14], b[15]);
}

static void make_run(char text[37])
{
	unsigned char random[10];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* Not GRND_RANDOM, so it fails only before the pool is ready: then the clock must do. */
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
		memset(random, 0, sizeof(random));
		memcpy(random, &now.tv_nsec, sizeof(__u32));
		memcpy(random + 4, &(pid_t){getpid()}, sizeof(pid_t));
	}
	uuid7_text(text, (__u64)now.tv_sec * 1000 + (__u64)now.tv_nsec / 1000000, random);
}

__u32 live_own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? (__u32)st.st_ino : 0;
}

void live_host_read(struct event_host *host, enum run_mode mode)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname uts;

	memset(host, 0, sizeof(*host));
	if (uname(&uts) == 0) {
		text_copy(host->hostname, sizeof(host->hostname), uts.nodename);
		text_copy(host->kernel, sizeof(host->kernel), uts.release);
	}
	small_file_text(AT_FDCWD, "/etc/machine-id", host->machine_id, sizeof(host->machine_id));
	small_file_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", host->boot_id,
			sizeof(host->boot_id));
	make_run(host->run);
	text_copy(host->version, sizeof(host->version), CULPRIT_VERSION);
	host->netns = live_own_netns();
	host->cpus = cpus > 0 ? (__u32)cpus : 1;
	host->mode = mode;
}
