/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink.h - where lines go.
 *
 * The engine numbers lines once and hands each to every sink. A line is borrowed during write.
 */
#ifndef CULPRIT_SINK_H
#define CULPRIT_SINK_H

#include <stdio.h>

#include "err.h"
#include "finding/finding.h"
#include "finding/verdict.h"
#include "model/model.h"

struct reload_state;

enum line_type { LINE_FINDING, LINE_VERDICT, LINE_STATUS, LINE_GAP };

struct gap {
	const char *what; /* "events" or "lines" */
	__u64 from_ns;	  /* monotonic; events */
	__u64 to_ns;
	__u64 lost;
	char probe[16]; /* the ring: "tcp" */
	const char *reason;
	__u64 seq_from; /* lines */
	__u64 seq_to;
};

struct line {
	enum line_type type;
	__u64 seq;     /* from 1, once per line of a run */
	__u64 time_ns; /* monotonic event time */
	enum severity severity;
	char message[MESSAGE_LEN];
	/* Host, labels, clock; the status line is made from it. It outlives the sinks. */
	const struct model *model;
	union {
		const struct finding *finding;
		const struct verdict *verdict;
		const struct gap *gap;
	};
	const struct reload_state *settings; /* of a status line: reload_state.h; NULL: no file */
};

/* Makes it a status line: what it says for people, and how severe it is. */
void line_status(struct line *line, const struct model *model, const struct reload_state *settings);

struct sink;

/* What became of the lines of a sink that has a queue. */
struct sink_counts {
	const char *name; /* as in the settings: "file" */
	__u64 written;	  /* gap lines too */
	__u64 lost;
	size_t waiting_bytes;
};

struct sink_ops {
	const char *name;
	/* Before its first line: has it opened what it writes to? Waits `ms` for that at most. 0: it has, or tries
	 * again by itself; 1: not yet; or a negative errno with err set: it cannot, and is to be closed. NULL: it
	 * was open when it was made. */
	int (*opened)(struct sink *sink, int ms, struct err *err);
	/* 0 or negative errno. -EPIPE: the reader is gone, for good: what is written after that is only
	 * counted, where it counts. Another error is told for the first of
	 * the lines lost in a row; the sink counts the others and says which were lost by a gap
	 * line of its own (with the number of the last one lost) before the next line that it can
	 * write, else as the error of close(). */
	int (*write)(struct sink *sink, const struct line *line, struct err *err);
	/* A descriptor for the loop, and what is to be done when it is readable: 0, -EPIPE as above, or
	 * another error that is to be told and means no loss. NULL: none. */
	int (*fd)(const struct sink *sink);
	int (*dispatch)(struct sink *sink, struct err *err);
	/* NULL: it does not count. */
	void (*counts)(const struct sink *sink, struct sink_counts *ret);
	/* SIGHUP: the file may have been renamed. NULL: nothing to do. */
	int (*reopen)(struct sink *sink, struct err *err);
	/* At the end, before close(): gives what waits a turn of some ten milliseconds; true when there is
	 * nothing more to get rid of. NULL: nothing waits. */
	bool (*settle)(struct sink *sink);
	/* Flushes and frees; the first error wins. NULL is fine. */
	int (*close)(struct sink *sink, struct err *err);
};

struct sink {
	const struct sink_ops *ops;
};

/* One line as JSON text, newline included, at most 7,168 bytes, lists cut and counted until it
 * fits. The only place that knows the JSON. *ret_text is malloc'd. 0 or -ENOMEM. */
int json_line(const struct line *line, char **ret_text, size_t *ret_len);

/* The gap line that stands for the lines `from` to `to`, which a sink could not write: with the number of the last
 * of them, which nobody else has there. As json_line(). */
int json_lost_lines(const struct model *model, __u64 time_ns, __u64 from, __u64 to, const char *why,
		    char **ret_text, size_t *ret_len);

/* JSON lines to a path (0640, append, O_NOFOLLOW, reopened on SIGHUP), or to stdout when path is
 * NULL. */
int sink_jsonl_new(const char *path, struct sink **ret_sink, struct err *err);

/*
 * Lines wait in `room` bytes, the oldest go first when these are full, for a child that writes them
 * (queue.c). It never blocks but at its end, for less than a second: what it writes to is opened meanwhile
 * (`opened`), and what cannot be opened is an error only where the row says so. `like`: its row, target and what
 * else was said of it; copied.
 */
struct outlet;
int sink_queue_new(const struct outlet *like, size_t room, struct sink **ret_sink, struct err *err);

/* The report for people, from the last verdict, printed by close(). stream is borrowed. */
int sink_report_new(FILE *stream, bool color, struct sink **ret_sink, struct err *err);

#endif
