/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backlog.h - lines that wait in a bounded room: the oldest go when it is full, and their numbers are kept for the
 * gap line that takes their place. What is lost is one range of numbers at any time.
 */
#ifndef CULPRIT_BACKLOG_H
#define CULPRIT_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct waiting {
	struct waiting *next;
	__u64 from, seq; /* of a gap line: the first and the last line that it stands for */
	bool gap;
	size_t len;
	char text[];
};

struct backlog {
	size_t room;		      /* bytes of lines that may wait */
	size_t bytes;		      /* that do */
	struct waiting *first, *last; /* the oldest first */
	__u64 lost_from, lost_to;     /* lines that went; 0: none since the last gap line */
	__u64 lost;		      /* all that ever went */
};

/* A line on its own, to be freed; NULL: out of memory. */
struct waiting *waiting_new(__u64 from, __u64 seq, const char *text, size_t len);

/* Adds a line; text NULL, or no memory: it is lost, and with it all before it. True when it is the first that makes
 * one go since the last gap line. */
bool backlog_add(struct backlog *b, __u64 seq, const char *text, size_t len);
/* The oldest one, which is the caller's then; NULL: none. */
struct waiting *backlog_take(struct backlog *b);
/* One that is not in it any more is lost. */
void backlog_lose(struct backlog *b, __u64 seq);
/* All of them are. */
void backlog_lose_all(struct backlog *b);
/* Frees them, uncounted. */
void backlog_done(struct backlog *b);

#endif
