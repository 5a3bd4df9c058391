/* SPDX-License-Identifier: BSD-2-Clause */
/* names.c - short lists of events that replace each other by name; see names.h. */
#include "model/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void names_init(struct names *names, size_t event_size, size_t name_at, size_t name_size,
		unsigned int limit)
{
	memset(names, 0, sizeof(*names));
	names->event_size = event_size;
	names->name_at = name_at;
	names->name_size = name_size;
	names->limit = limit;
}

void names_done(struct names *names)
{
	free(names->item);
	names->item = NULL;
	names->n = names->room = 0;
}

static char *item_at(const struct names *names, unsigned int i)
{
	return names->item + (size_t)i * names->event_size;
}

static char *find(const struct names *names, const char *name)
{
	for (unsigned int i = 0; i < names->n; i++)
		if (strncmp(item_at(names, i) + names->name_at, name, names->name_size - 1) == 0)
			return item_at(names, i);
	return NULL;
}

int names_put(struct names *names, const void *event)
{
	char *item = find(names, (const char *)event + names->name_at);

	if (!item && names->n == names->limit) {
		names->dropped++;
		return 0;
	}
	if (!item && names->n == names->room) {
		unsigned int room = names->room ? 2 * names->room : 8;
		char *more = realloc(names->item, room * names->event_size);

		if (!more)
			return -ENOMEM;
		names->item = more;
		names->room = room;
	}
	if (!item)
		item = item_at(names, names->n++);
	memcpy(item, event, names->event_size);
	item[names->name_at + names->name_size - 1] = '\0';
	return 0;
}

void names_remove(struct names *names, const char *name)
{
	char *item = find(names, name);

	if (!item)
		return;
	memmove(item, item + names->event_size,
		(size_t)(item_at(names, names->n) - item) - names->event_size);
	names->n--;
}

const void *names_find(const struct names *names, const char *name)
{
	return find(names, name);
}

const void *names_at(const struct names *names, unsigned int i)
{
	return i < names->n ? item_at(names, i) : NULL;
}
