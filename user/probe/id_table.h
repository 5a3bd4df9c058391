/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * id_table.h - a bounded hash table of fixed-size entries that begin with their key.
 *
 * Entries lie in one array without gaps, so walking them is a loop over 0..used-1; removing one moves
 * the last into its place. Pointers to entries are valid until the next insertion or removal.
 */
#ifndef CULPRIT_ID_TABLE_H
#define CULPRIT_ID_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct id_table {
	size_t key_size;
	size_t entry_size;
	unsigned int max;
	unsigned int used;
	unsigned int cap;     /* entries allocated */
	unsigned int n_index; /* a power of two */
	unsigned char *entries;
	unsigned int *index;	    /* entry number + 1; 0 = free */
	unsigned long long dropped; /* insertions refused: it was full, or memory was */
};

void id_table_init(struct id_table *table, size_t key_size, size_t entry_size, unsigned int max);
void id_table_done(struct id_table *table);
/* NULL when it is not there. */
void *id_table_find(const struct id_table *table, const void *key);
/* Finds it, or makes it: then *ret_new is true and all but the key is 0. NULL: full, counted. */
void *id_table_add(struct id_table *table, const void *key, bool *ret_new);
void *id_table_at(const struct id_table *table, unsigned int i);
void id_table_remove_at(struct id_table *table, unsigned int i);
/* Empties it and keeps the memory. */
void id_table_clear(struct id_table *table);

/* A fast hash of memory, for this and for "has it changed"; size is a multiple of 4. */
unsigned long long id_hash(const void *data, size_t size);

#endif
