/* SPDX-License-Identifier: BSD-2-Clause */
/* netns.h - a network namespace of one's own: what happens in it reaches nothing else, and it ends
 * with its processes. */
#ifndef TESTS_BENCH_NETNS_H
#define TESTS_BENCH_NETNS_H

/* Moves this process into a new one and brings its loopback up. 0, or -1 and errno. */
int enter_own_netns(void);
/* Writes a setting under /proc/sys/net of the present namespace; a kernel without it is fine. */
void write_setting(const char *path, const char *value);

#endif
