/* SPDX-License-Identifier: BSD-2-Clause */
/* table.c - a bounded hash table with least-recently-touched eviction; see table.h. */
#include "model/table.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 64

/* The value follows the entry, the key follows the value. */
struct table_entry {
	struct table_entry *chain;
	struct table_entry *newer;
	struct table_entry *older;
	__u64 hash;
};

static void *entry_value(const struct table_entry *entry)
{
	return (void *)(entry + 1);
}

static struct table_entry *value_entry(const void *value)
{
	return (struct table_entry *)value - 1;
}

static void *entry_key(const struct table *table, const struct table_entry *entry)
{
	return (char *)entry_value(entry) + table->value_size;
}

/* FNV-1a with a final mix (splitmix64's), so that the low bits, which choose the bucket, depend on
 * all of the key. Collisions cost time only. */
static __u64 key_hash(const void *key, size_t size)
{
	const unsigned char *p = key;
	__u64 hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
	return hash ^ (hash >> 27);
}

void table_init(struct table *table, size_t key_size, size_t value_size, unsigned int limit)
{
	memset(table, 0, sizeof(*table));
	table->key_size = key_size;
	table->value_size = (value_size + 7) & ~(size_t)7;
	table->limit = limit;
}

static void entry_free(struct table *table, struct table_entry *entry)
{
	if (table->release)
		table->release(table->ctx, entry_value(entry));
	free(entry);
}

void table_done(struct table *table)
{
	struct table_entry *entry = table->newest;

	while (entry) {
		struct table_entry *older = entry->older;

		entry_free(table, entry);
		entry = older;
	}
	free(table->bucket);
	table->bucket = NULL;
	table->newest = table->oldest = NULL;
	table->used = table->n_buckets = 0;
}

static struct table_entry *entry_find(const struct table *table, const void *key, __u64 hash)
{
	struct table_entry *entry;

	if (!table->n_buckets)
		return NULL;
	for (entry = table->bucket[hash & (table->n_buckets - 1)]; entry; entry = entry->chain)
		if (entry->hash == hash &&
		    memcmp(entry_key(table, entry), key, table->key_size) == 0)
			return entry;
	return NULL;
}

void *table_find(const struct table *table, const void *key)
{
	struct table_entry *entry = entry_find(table, key, key_hash(key, table->key_size));

	return entry ? entry_value(entry) : NULL;
}

static void age_unlink(struct table *table, struct table_entry *entry)
{
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		table->newest = entry->older;
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		table->oldest = entry->newer;
}

static void age_link(struct table *table, struct table_entry *entry)
{
	entry->newer = NULL;
	entry->older = table->newest;
	if (table->newest)
		table->newest->newer = entry;
	else
		table->oldest = entry;
	table->newest = entry;
}

static void entry_remove(struct table *table, struct table_entry *entry)
{
	struct table_entry **at = &table->bucket[entry->hash & (table->n_buckets - 1)];

	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
	age_unlink(table, entry);
	table->used--;
	entry_free(table, entry);
}

/* Twice as many buckets once there is an entry for each. A failure to grow only makes it slower. */
static int grow(struct table *table)
{
	unsigned int n = table->n_buckets ? 2 * table->n_buckets : BUCKETS_FIRST;
	struct table_entry **bucket;

	if (table->n_buckets && table->used < table->n_buckets)
		return 0;
	bucket = calloc(n, sizeof(struct table_entry *));
	if (!bucket)
		return table->n_buckets ? 0 : -1;
	for (struct table_entry *entry = table->newest; entry; entry = entry->older) {
		entry->chain = bucket[entry->hash & (n - 1)];
		bucket[entry->hash & (n - 1)] = entry;
	}
	free(table->bucket);
	table->bucket = bucket;
	table->n_buckets = n;
	return 0;
}

#define SPARE_LOOKS 64

static struct table_entry *least_missed(const struct table *table)
{
	struct table_entry *entry = table->oldest;

	for (int i = 0; table->spare && entry && i < SPARE_LOOKS; i++, entry = entry->newer)
		if (!table->spare(entry_value(entry)))
			return entry;
	return table->oldest;
}

void *table_add(struct table *table, const void *key)
{
	struct table_entry *entry, **at;

	if (grow(table) < 0)
		return NULL;
	entry = calloc(1, sizeof(*entry) + table->value_size + table->key_size);
	if (!entry)
		return NULL;
	if (table->used == table->limit) {
		entry_remove(table, least_missed(table));
		table->evicted++;
	}
	entry->hash = key_hash(key, table->key_size);
	memcpy(entry_key(table, entry), key, table->key_size);
	at = &table->bucket[entry->hash & (table->n_buckets - 1)];
	entry->chain = *at;
	*at = entry;
	age_link(table, entry);
	table->used++;
	return entry_value(entry);
}

void table_touch(struct table *table, void *value)
{
	struct table_entry *entry = value_entry(value);

	if (table->newest == entry)
		return;
	age_unlink(table, entry);
	age_link(table, entry);
}

void table_remove(struct table *table, const void *key)
{
	struct table_entry *entry = entry_find(table, key, key_hash(key, table->key_size));

	if (entry)
		entry_remove(table, entry);
}

void *table_oldest(const struct table *table)
{
	return table->oldest ? entry_value(table->oldest) : NULL;
}

void *table_next(const struct table *table, const void *value)
{
	struct table_entry *entry = value ? value_entry(value)->older : table->newest;

	return entry ? entry_value(entry) : NULL;
}
