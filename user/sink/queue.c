/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - a sink whose lines wait in a bounded queue for a child that writes them.
 *
 * One line at a time is with the child, and leaves here when the child says that it is written: a child that dies
 * takes none with it (a line may come twice; its number tells). What waits, and what goes when there is no room, is
 * backlog.h; the gap line that counts what went takes its place as soon as the child takes lines again.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"
#include "sink.h"
#include "sink/backlog.h"
#include "sink/writer.h"
#include "sink/writer_child.h"

/* How long the end waits for the queue to empty, and a turn of it at most. */
#define LAST_MS 300
#define TURN_MS 50
#define STEP_MS 5

enum flying { FLYING_NONE, FLYING_OPEN, FLYING_LINE };

struct queue {
	struct sink sink;
	struct writer_child child;
	char name[160];
	struct backlog backlog;
	struct waiting *out; /* with the child */
	enum flying flying;
	bool reopen_due;
	bool trouble;		   /* the child said so: it has not got rid of its line since */
	bool gone;		   /* the reader is, for good */
	bool settled;		   /* the last lines had their time */
	bool restarted;		   /* for them */
	bool heard;		   /* the first child's first word */
	char why[160];		   /* of the trouble */
	const struct model *model; /* of the lines: for a gap line */
	__u64 time_ns;
	long long sent_ms; /* when the child got what it has */
	__u64 written;
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- the child ---- */

static int start(struct queue *q)
{
	int code = writer_child_start(&q->child);

	q->flying = code < 0 ? FLYING_NONE : FLYING_OPEN;
	return code;
}

static int leave(struct queue *q, bool kill_it)
{
	q->flying = FLYING_NONE;
	return writer_child_leave(&q->child, kill_it);
}

/* ---- the queue ---- */

/* Nothing will be written any more. */
static void lose_all(struct queue *q)
{
	struct backlog *b = &q->backlog;

	backlog_lose_all(b);
	if (!q->out)
		return;
	b->lost += !q->out->gap;
	b->lost_to = b->lost_from ? b->lost_to : q->out->seq;
	b->lost_from = q->out->from;
	free(q->out);
	q->out = NULL;
}

static struct waiting *gap_line(struct queue *q)
{
	struct waiting *w;
	size_t len;
	char *text;

	if (json_lost_lines(q->model, q->time_ns, q->backlog.lost_from, q->backlog.lost_to,
			    q->why[0] ? q->why : "too slow a reader", &text, &len) < 0)
		return NULL;
	w = waiting_new(q->backlog.lost_from, q->backlog.lost_to, text, len);
	free(text);
	if (!w)
		return NULL;
	w->gap = true; /* what it stands for was counted */
	q->backlog.lost_from = 0;
	return w;
}

/* A child in trouble listens while it waits, and hears of this before it has got rid of its line. */
static void send_reopen(struct queue *q)
{
	if (!q->reopen_due || (q->flying != FLYING_NONE && !q->trouble))
		return;
	if (send(q->child.fd, WRITER_REOPEN, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		return;
	q->reopen_due = false;
	if (q->flying == FLYING_NONE)
		q->flying = FLYING_OPEN;
}

/* Gives the child what is next, when it has nothing. */
static void send_next(struct queue *q)
{
	if (q->child.fd < 0)
		return;
	send_reopen(q);
	if (q->flying != FLYING_NONE)
		return;
	if (!q->out && q->backlog.lost_from)
		q->out = gap_line(q);
	else if (!q->out && q->backlog.first)
		q->out = backlog_take(&q->backlog);
	/* One message is there at most: it has room. A child that died is seen by the loop. */
	if (q->out && send(q->child.fd, q->out->text, q->out->len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
			      (ssize_t)q->out->len) {
		q->flying = FLYING_LINE;
		q->sent_ms = now_ms();
	}
}

/* ---- what the child says ---- */

/* Trouble may pass: -EPIPE, which to the engine means that a reader is gone for good, is for child_died() to say. */
static int passing(int code)
{
	return code == -EPIPE ? -ENOTCONN : code;
}

static int tell_trouble(struct queue *q, const struct writer_reply *r, struct err *err)
{
	q->trouble = true;
	snprintf(q->why, sizeof(q->why), "%.*s", (int)sizeof(r->text) - 1, r->text);
	return err_set(err, passing(r->code), "%s; lines wait", q->why);
}

static int take_reply(struct queue *q, const struct writer_reply *r, struct err *err)
{
	if (r->what == WRITER_TROUBLE)
		return q->trouble ? 0 : tell_trouble(q, r, err);
	if (r->what == WRITER_TOOK && q->flying == FLYING_LINE) {
		free(q->out);
		q->out = NULL;
		q->written++;
		q->trouble = false;
		if (!q->backlog.lost_from)
			q->why[0] = '\0';
	}
	/* One that was opened anew while in trouble still has its line. */
	if (r->what == WRITER_TOOK || q->flying == FLYING_OPEN)
		q->flying = FLYING_NONE;
	if (r->code < 0)
		return err_set(err, passing(r->code), "%.*s", (int)sizeof(r->text) - 1, r->text);
	return 0;
}

static int child_died(struct queue *q, struct err *err)
{
	if (leave(q, false) == WRITER_PEER_GONE) {
		q->gone = true;
		lose_all(q);
		return err_set(err, -EPIPE, "%s: the reader went away", q->name);
	}
	writer_child_start_later(&q->child);
	return err_set(err, -ECHILD, "%s: its writer was killed; there will be another", q->name);
}

static int queue_dispatch(struct sink *sink, struct err *err)
{
	struct queue *q = (struct queue *)sink;
	struct writer_reply reply;
	int code = 0;
	ssize_t n;

	if (writer_child_is_due(&q->child) && q->child.fd < 0 && !q->gone && start(q) < 0)
		writer_child_start_later(&q->child);
	if (q->child.fd < 0)
		return 0;
	n = recv(q->child.fd, &reply, sizeof(reply), MSG_DONTWAIT);
	if (n == (ssize_t)sizeof(reply))
		code = take_reply(q, &reply, err);
	else if (n >= 0 || errno != EAGAIN)
		code = child_died(q, err);
	send_next(q);
	return code;
}

/* ---- the sink ---- */

static int queue_write(struct sink *sink, const struct line *line, struct err *err)
{
	struct queue *q = (struct queue *)sink;
	char *text = NULL;
	size_t len = 0;
	bool first;

	if (q->gone) {
		backlog_lose(&q->backlog, line->seq);
		return err_set(err, -EPIPE, "%s: the reader went away", q->name);
	}
	q->model = line->model;
	q->time_ns = line->time_ns;
	if (json_line(line, &text, &len) < 0)
		text = NULL;
	first = backlog_add(&q->backlog, line->seq, text, len);
	free(text);
	send_next(q);
	return first ? err_set(err, -ENOBUFS, "%s: %s; lines are lost from number %llu on", q->name,
			       q->why[0] ? "what waits is too much" : "too slow",
			       (unsigned long long)q->backlog.lost_from)
		     : 0;
}

static int queue_reopen(struct sink *sink, struct err *err)
{
	struct queue *q = (struct queue *)sink;

	(void)err;
	q->reopen_due = true;
	send_next(q);
	return 0;
}

static int queue_fd(const struct sink *sink)
{
	return ((const struct queue *)sink)->child.epoll_fd;
}

static void queue_counts(const struct sink *sink, struct sink_counts *ret)
{
	const struct queue *q = (const struct queue *)sink;

	*ret = (struct sink_counts){
		.name = q->child.outlet.row->key,
		.written = q->written,
		.lost = q->backlog.lost,
		.waiting_bytes = q->backlog.bytes,
	};
}

/* Waits for the child's next word; false when there is none in time. */
static bool wait_reply(const struct queue *q, int ms)
{
	struct pollfd poll_fd = {.fd = q->child.fd, .events = POLLIN};

	return q->child.fd >= 0 && poll(&poll_fd, 1, ms) > 0;
}

static bool is_empty(const struct queue *q)
{
	return !q->backlog.first && !q->out && !q->backlog.lost_from;
}

/* What still waits at the end is lost, and said. */
static int tell_lost(struct queue *q, struct err *err)
{
	__u64 from = 0, to = 0;

	if (q->backlog.first) {
		from = q->backlog.first->from;
		to = q->backlog.last->seq;
	}
	if (q->backlog.lost_from) {
		from = q->backlog.lost_from;
		to = to ? to : q->backlog.lost_to;
	}
	if (q->out) {
		from = q->out->from;
		to = to ? to : q->out->seq;
	}
	if (q->gone)
		return err_set(err, -EPIPE, "%s: the reader went away; lines %llu to %llu are lost",
			       q->name, (unsigned long long)from, (unsigned long long)to);
	return err_set(err, -ENOBUFS, "%s: lines %llu to %llu are lost: %s", q->name,
		       (unsigned long long)from, (unsigned long long)to,
		       q->why[0] ? q->why : "too slow a reader");
}

static void free_lines(struct queue *q)
{
	backlog_done(&q->backlog);
	free(q->out);
	q->out = NULL;
}

/* Is there nothing more that could be got rid of? */
static bool is_over(struct queue *q)
{
	if (is_empty(q) || q->gone || q->trouble)
		return true;
	/* A child that has had its line for longer than this will not be rid of it now. */
	if (q->flying == FLYING_LINE && now_ms() - q->sent_ms > LAST_MS)
		return true;
	if (q->child.fd < 0 && (q->restarted || start(q) < 0))
		return true;
	q->restarted = q->restarted || q->flying == FLYING_OPEN;
	return false;
}

static bool queue_settle(struct sink *sink)
{
	struct queue *q = (struct queue *)sink;
	struct err ignored = {0};
	long long end = now_ms() + TURN_MS;

	q->settled = true;
	do {
		if (is_over(q))
			return true;
		if (!wait_reply(q, STEP_MS))
			return false;
		queue_dispatch(sink, &ignored);
	} while (now_ms() < end);
	return false;
}

/* Gives what waits a last chance, where nobody else did. */
static void drain(struct queue *q)
{
	long long end = now_ms() + LAST_MS;

	if (!q->settled)
		while (!queue_settle(&q->sink) && now_ms() < end)
			continue;
}

static int queue_close(struct sink *sink, struct err *err)
{
	struct queue *q = (struct queue *)sink;
	int code = 0;

	if (!q)
		return 0;
	drain(q);
	if (!is_empty(q))
		code = tell_lost(q, err);
	/* One that is still at something hangs. */
	leave(q, !is_empty(q) || q->flying != FLYING_NONE);
	free_lines(q);
	writer_child_done(&q->child);
	free(q);
	return code;
}

/* The child's first word: what is wrong with the outlet. */
static int queue_opened(struct sink *sink, int ms, struct err *err)
{
	struct queue *q = (struct queue *)sink;
	struct err trouble = {0};
	int code;

	if (q->heard)
		return 0;
	if (!wait_reply(q, ms))
		return 1;
	q->heard = true;
	code = queue_dispatch(sink, &trouble);
	if (code < 0 && (q->child.outlet.row->must_open || code == -EPIPE)) {
		*err = trouble;
		return code;
	}
	if (code < 0)
		log_warn("%s; lines wait", trouble.text);
	return 0;
}

static const struct sink_ops queue_ops = {
	.name = "queue",
	.opened = queue_opened,
	.write = queue_write,
	.reopen = queue_reopen,
	.fd = queue_fd,
	.dispatch = queue_dispatch,
	.counts = queue_counts,
	.settle = queue_settle,
	.close = queue_close,
};

int sink_queue_new(const struct outlet *like, size_t room, struct sink **ret_sink, struct err *err)
{
	struct queue *q = calloc(1, sizeof(*q));
	int code;

	if (!q)
		return err_set(err, -ENOMEM, "out of memory");
	q->sink.ops = &queue_ops;
	q->backlog.room = room;
	outlet_name(like, q->name, sizeof(q->name));
	code = writer_child_init(&q->child, like);
	if (code == 0)
		code = start(q);
	if (code < 0) {
		err_set(err, code, "cannot set up %s: %s", q->name, strerror(-code));
		queue_close(&q->sink, &(struct err){0});
		return code;
	}
	*ret_sink = &q->sink;
	return 0;
}
