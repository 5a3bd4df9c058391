/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel_read.c - reading maps, counters and iterators; see kernel_read.h. */
#include "probe/kernel_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <culprit/counters.h>

#define BATCH_BYTES (64 * 1024)
#define BATCH_MAX   256
/* A bucket that does not fit makes the kernel say ENOSPC; no bucket of ours holds more. */
#define BATCH_MIN 16

static int show_batch(const unsigned char *keys, const unsigned char *values, unsigned int n,
		      size_t key_size, size_t value_size, map_entry_fn fn, void *ctx)
{
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = fn(ctx, keys + i * key_size, values + i * value_size);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int map_walk(int fd, size_t key_size, size_t value_size, unsigned int cpus, map_entry_fn fn,
	     void *ctx)
{
	size_t all_size = value_size * (cpus ? cpus : 1);
	unsigned int max = BATCH_BYTES / all_size, n;
	__u32 in = 0, out = 0;
	unsigned char *keys, *values;
	int ret = 0, last = 0, first = 1;

	max = max > BATCH_MAX ? BATCH_MAX : max < BATCH_MIN ? BATCH_MIN : max;
	keys = malloc(max * key_size);
	values = malloc(max * all_size);
	if (!keys || !values)
		ret = -ENOMEM;
	while (ret == 0 && !last) {
		n = max;
		if (bpf_map_lookup_batch(fd, first ? NULL : &in, &out, keys, values, &n, NULL)) {
			ret = errno == ENOENT ? 0 : -errno;
			last = 1;
		}
		if (ret == 0)
			ret = show_batch(keys, values, n, key_size, all_size, fn, ctx);
		in = out;
		first = 0;
	}
	free(keys);
	free(values);
	return ret;
}

int counters_read(int fd, unsigned int cpus, __u64 *ret_counters)
{
	__u64 *values = calloc(cpus, sizeof(*values));
	__u64 sums[COUNTERS] = {0};
	unsigned int cpu;
	__u32 key;
	int ret = 0;

	if (!values)
		return -ENOMEM;
	for (key = 0; key < COUNTERS && ret == 0; key++) {
		if (bpf_map_lookup_elem(fd, &key, values))
			ret = -errno;
		for (cpu = 0; cpu < cpus; cpu++)
			sums[key] += values[cpu];
	}
	free(values);
	if (ret == 0)
		memcpy(ret_counters, sums, sizeof(sums));
	return ret;
}

int iter_read(int fd, size_t size, iter_record_fn fn, void *ctx)
{
	/* A record may be split by the end of the buffer: its begin is kept for the next read. */
	unsigned char buffer[16384];
	ssize_t got = 0;
	size_t at, have = 0;
	int ret = 0;

	while (ret >= 0) {
		got = read(fd, buffer + have, sizeof(buffer) - have);
		/* EAGAIN: a million objects without output; it goes on from there. */
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
		for (at = 0; fn && at + size <= have && ret >= 0; at += size)
			ret = fn(ctx, buffer + at);
		if (!fn)
			at = have;
		memmove(buffer, buffer + at, have - at);
		have -= at;
	}
	if (got < 0 && ret >= 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : 0;
}
