/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_read.h - reading what the BPF side keeps: whole maps, counters, iterators.
 */
#ifndef CULPRIT_KERNEL_READ_H
#define CULPRIT_KERNEL_READ_H

#include <stddef.h>

#include <linux/types.h>

/* One entry of a map. A negative errno stops the walk. */
typedef int (*map_entry_fn)(void *ctx, const void *key, const void *value);

/*
 * Shows each entry of a hash map; of a per-CPU map the value is an array, one of value_size bytes for
 * each possible CPU. An entry that is added or removed meanwhile may be seen or not.
 */
int map_walk(int fd, size_t key_size, size_t value_size, unsigned int cpus, map_entry_fn fn,
	     void *ctx);

/* Sums an object's per-CPU map `counters`; `cpus` as above. ret_counters has COUNTERS places. */
int counters_read(int fd, unsigned int cpus, __u64 *ret_counters);

/* One record of an iterator. A negative errno stops the reading. */
typedef int (*iter_record_fn)(void *ctx, const void *record);

/* Reads the iterator to its end, records of `size` bytes; fn may be NULL when it writes none. Closes fd. */
int iter_read(int fd, size_t size, iter_record_fn fn, void *ctx);

#endif
