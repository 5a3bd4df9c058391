/* SPDX-License-Identifier: BSD-2-Clause */
/* backlog.c - lines that wait; see backlog.h. */
#include "sink/backlog.h"

#include <stdlib.h>
#include <string.h>

struct waiting *waiting_new(__u64 from, __u64 seq, const char *text, size_t len)
{
	struct waiting *w = malloc(sizeof(*w) + len);

	if (!w)
		return NULL;
	w->next = NULL;
	w->gap = false;
	w->from = from;
	w->seq = seq;
	w->len = len;
	memcpy(w->text, text, len);
	return w;
}

struct waiting *backlog_take(struct backlog *b)
{
	struct waiting *w = b->first;

	if (!w)
		return NULL;
	b->first = w->next;
	if (!b->first)
		b->last = NULL;
	b->bytes -= w->len;
	return w;
}

void backlog_lose(struct backlog *b, __u64 seq)
{
	if (!b->lost_from)
		b->lost_from = seq;
	b->lost_to = seq;
	b->lost++;
}

/* True when this is the first line that goes since the last gap. */
static bool make_room(struct backlog *b, size_t len)
{
	bool first = false;

	while (b->first && b->bytes + len > b->room) {
		struct waiting *w = backlog_take(b);

		first = first || !b->lost_from;
		backlog_lose(b, w->seq);
		free(w);
	}
	return first;
}

void backlog_lose_all(struct backlog *b)
{
	struct waiting *w;

	while ((w = backlog_take(b))) {
		backlog_lose(b, w->seq);
		free(w);
	}
}

bool backlog_add(struct backlog *b, __u64 seq, const char *text, size_t len)
{
	bool first = text && make_room(b, len);
	struct waiting *w = text ? waiting_new(seq, seq, text, len) : NULL;

	if (!w) {
		first = first || !b->lost_from;
		/* Numbers that are lost are one range: what waits before this one goes with it. */
		backlog_lose_all(b);
		backlog_lose(b, seq);
		return first;
	}
	if (b->last)
		b->last->next = w;
	else
		b->first = w;
	b->last = w;
	b->bytes += len;
	return first;
}

void backlog_done(struct backlog *b)
{
	struct waiting *w;

	while ((w = backlog_take(b)))
		free(w);
}
