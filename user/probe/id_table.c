/* SPDX-License-Identifier: BSD-2-Clause */
/* id_table.c - a bounded hash table of fixed-size entries; see id_table.h. */
#include "probe/id_table.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

/* Multiply and fold, as in wyhash; the tables are not open to attack, as they are bounded. */
unsigned long long id_hash(const void *data, size_t size)
{
	const unsigned char *at = data;
	unsigned long long hash = 0x9e3779b97f4a7c15ULL ^ size, word;
	unsigned int half;

	for (; size >= 8; size -= 8, at += 8) {
		memcpy(&word, at, 8);
		hash = (hash ^ word) * 0xd6e8feb86659fd93ULL;
		hash ^= hash >> 32;
	}
	if (size >= 4) {
		memcpy(&half, at, 4);
		hash = (hash ^ half) * 0xd6e8feb86659fd93ULL;
		hash ^= hash >> 32;
	}
	return hash;
}

void id_table_init(struct id_table *table, size_t key_size, size_t entry_size, unsigned int max)
{
	memset(table, 0, sizeof(*table));
	table->key_size = key_size;
	table->entry_size = entry_size;
	table->max = max;
}

void id_table_done(struct id_table *table)
{
	free(table->entries);
	free(table->index);
	table->entries = NULL;
	table->index = NULL;
	table->used = table->cap = table->n_index = 0;
}

void *id_table_at(const struct id_table *table, unsigned int i)
{
	return table->entries + i * table->entry_size;
}

static unsigned int home(const struct id_table *table, const void *key)
{
	return (unsigned int)id_hash(key, table->key_size) & (table->n_index - 1);
}

/* The place in the index where key is, or the free one where it would go. */
static unsigned int place(const struct id_table *table, const void *key)
{
	unsigned int at = home(table, key);

	while (table->index[at] &&
	       memcmp(id_table_at(table, table->index[at] - 1), key, table->key_size) != 0)
		at = (at + 1) & (table->n_index - 1);
	return at;
}

void *id_table_find(const struct id_table *table, const void *key)
{
	unsigned int at;

	if (!table->n_index)
		return NULL;
	at = place(table, key);
	return table->index[at] ? id_table_at(table, table->index[at] - 1) : NULL;
}

/* Room for twice the entries; the index stays at most half full. */
static bool grow(struct id_table *table)
{
	unsigned int cap = table->cap ? table->cap * 2 : FIRST_CAP, i;
	unsigned int *index = calloc((size_t)cap * 2, sizeof(*index));
	unsigned char *entries = realloc(table->entries, cap * table->entry_size);

	if (entries)
		table->entries = entries;
	if (!index || !entries) {
		free(index);
		return false;
	}
	free(table->index);
	table->index = index;
	table->n_index = cap * 2;
	table->cap = cap;
	for (i = 0; i < table->used; i++)
		index[place(table, id_table_at(table, i))] = i + 1;
	return true;
}

void *id_table_add(struct id_table *table, const void *key, bool *ret_new)
{
	unsigned char *entry = id_table_find(table, key);

	*ret_new = false;
	if (entry)
		return entry;
	if (table->used >= table->max || (table->used == table->cap && !grow(table))) {
		table->dropped++;
		return NULL;
	}
	table->index[place(table, key)] = table->used + 1;
	entry = id_table_at(table, table->used++);
	memset(entry, 0, table->entry_size);
	memcpy(entry, key, table->key_size);
	*ret_new = true;
	return entry;
}

/* Linear probing without tombstones: what follows moves up, unless its home is past the gap. */
static void free_place(struct id_table *table, unsigned int gap)
{
	unsigned int mask = table->n_index - 1, at = gap, want;

	for (;;) {
		table->index[gap] = 0;
		do {
			at = (at + 1) & mask;
			if (!table->index[at])
				return;
			want = home(table, id_table_at(table, table->index[at] - 1));
		} while (((at - want) & mask) < ((at - gap) & mask));
		table->index[gap] = table->index[at];
		gap = at;
	}
}

void id_table_remove_at(struct id_table *table, unsigned int i)
{
	unsigned int last = table->used - 1;

	free_place(table, place(table, id_table_at(table, i)));
	if (i != last) {
		table->index[place(table, id_table_at(table, last))] = i + 1;
		memcpy(id_table_at(table, i), id_table_at(table, last), table->entry_size);
	}
	table->used = last;
}

void id_table_clear(struct id_table *table)
{
	if (table->index)
		memset(table->index, 0, table->n_index * sizeof(*table->index));
	table->used = 0;
}
