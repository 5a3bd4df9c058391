/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outlet.h - the places that a daemon's lines can go to: THE sink table.
 *
 * An outlet may wait as long as it likes: it lives in a child of its own (sink_queue_new(), writer.h).
 */
#ifndef CULPRIT_OUTLET_H
#define CULPRIT_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "sink/outfile.h"

#define OUTLET_TARGET_MAX 512

struct outlet {
	const struct outlet_row *row;
	char target
		[OUTLET_TARGET_MAX]; /* a path, @name, udp:HOST:PORT; empty where there is nothing to say */
	int fd;			     /* -1: not open */
	bool confine;		     /* its writer gives up what it does not need: rights.h */
	unsigned long long file_max; /* bytes; a file that would be longer is rotated; 0: never */
	unsigned int file_keep;	     /* old ones that stay */
	bool cannot_rotate;	     /* and said so */
	bool moved;		     /* to FILE.1, but none is begun in its place yet */
	struct err said;     /* what a write wants told, though the line is out; code 0: nothing */
	struct outfile file; /* of file and stdout */
};

struct outlet_row {
	const char *key;   /* in [sinks] */
	const char *takes; /* what its value is, for people */
	bool must_open; /* one that cannot be opened at the start is an error; else it is tried again */
	bool ends_with_peer;  /* a reader that went away does not come back */
	const char *standard; /* the target that "yes" means; NULL: it takes no yes */
	/* 0 or -EINVAL with err set: is this a target? Looks at the text only. */
	int (*check)(const char *target, struct err *err);
	/* 0 or a negative errno with err set. Also to open it anew, after SIGHUP. */
	int (*open)(struct outlet *outlet, struct err *err);
	/* One line with its newline, whole or not at all. A socket closes itself when it fails. */
	int (*write)(struct outlet *outlet, const char *text, size_t len);
};

extern const struct outlet_row outlet_table[];
extern const unsigned int outlet_rows;

/* NULL: no such key. */
const struct outlet_row *outlet_find(const char *key);

/* What people call it: "file /var/log/culprit". Returns buf. */
const char *outlet_name(const struct outlet *outlet, char *buf, size_t size);

/* The line as an RFC 5424 message, without its newline. Returns its length; 0: the text is no line of ours. */
size_t outlet_syslog_text(const char *text, size_t len, unsigned int pid, char *buf, size_t size);

/* The line as fields of the journal's native protocol; the same result. */
size_t outlet_journal_text(const char *text, size_t len, char *buf, size_t size);

/* The rows' own. */
int outlet_syslog_write(struct outlet *outlet, const char *text, size_t len);
int outlet_journal_write(struct outlet *outlet, const char *text, size_t len);
/* send() to the outlet's socket; closes it when that fails. */
int outlet_send(struct outlet *outlet, const char *text, size_t len);

#endif
