/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - short lists of events that replace each other by name: the latest of each probe, ring,
 * table, hook, and setting.
 */
#ifndef CULPRIT_NAMES_H
#define CULPRIT_NAMES_H

#include <stddef.h>

#include <linux/types.h>

struct names {
	size_t event_size;
	size_t name_at;	  /* offset of the name in the event, */
	size_t name_size; /* and its room */
	unsigned int limit;
	unsigned int n;
	unsigned int room;
	char *item; /* n events of event_size, in the order of first sight */
	__u64 dropped;
};

void names_init(struct names *names, size_t event_size, size_t name_at, size_t name_size,
		unsigned int limit);
void names_done(struct names *names);
/* Takes the event in the place of the one with its name. 0 or -ENOMEM. The copy's name is
 * terminated. */
int names_put(struct names *names, const void *event);
/* The others keep their order. One that is not there is fine. */
void names_remove(struct names *names, const char *name);
/* NULL when there is none. */
const void *names_find(const struct names *names, const char *name);
/* NULL past the end. */
const void *names_at(const struct names *names, unsigned int i);

#endif
