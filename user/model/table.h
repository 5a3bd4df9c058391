/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - a bounded hash table of values with a fixed-length key.
 *
 * Entries are allocated one by one, so an empty table costs nothing. When it is full the entry that was touched least
 * recently goes; see `spare` for one that should not. Iteration is by last touch, newest first, hence the same for the
 * same events.
 */
#ifndef CULPRIT_TABLE_H
#define CULPRIT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct table_entry;

struct table {
	size_t key_size;
	size_t value_size;
	unsigned int limit;
	unsigned int used;
	__u64 evicted;				 /* entries that went because it was full */
	void (*release)(void *ctx, void *value); /* frees what the value owns; NULL: nothing */
	/* Of the oldest so many, one that is spared goes only when all are. NULL: none is. */
	bool (*spare)(const void *value);
	void *ctx;
	struct table_entry **bucket;
	unsigned int n_buckets; /* a power of two, grows with use */
	struct table_entry *newest;
	struct table_entry *oldest;
};

/* Memory is taken with the first entry. limit > 0. */
void table_init(struct table *table, size_t key_size, size_t value_size, unsigned int limit);
/* Releases and frees all entries. */
void table_done(struct table *table);

/* The value of that key, or NULL. */
void *table_find(const struct table *table, const void *key);
/* Adds a zeroed value for a key that is not there, evicting when full. NULL: out of memory. */
void *table_add(struct table *table, const void *key);
/* Makes the value the newest. */
void table_touch(struct table *table, void *value);
/* Releases and frees the value of that key, when there is one. */
void table_remove(struct table *table, const void *key);
/* The value that would be evicted next, or NULL. */
void *table_oldest(const struct table *table);
/* The newest value when value is NULL, else the next older one; NULL past the end. */
void *table_next(const struct table *table, const void *value);

#endif
