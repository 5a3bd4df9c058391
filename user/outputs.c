/* SPDX-License-Identifier: BSD-2-Clause */
/* outputs.c - the sinks of a run, as one; see outputs.h. */
#include "outputs.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "log.h"

/* How long one that is replaced may take for its last lines. */
#define LEAVE_MS 1000

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void outputs_init(struct outputs *o, struct sink *const *sinks, unsigned int n)
{
	*o = (struct outputs){.n = n};
	for (unsigned int i = 0; i < n; i++)
		o->sink[i] = sinks[i];
}

static void remember(struct outputs *o, const struct err *err)
{
	if (!o->first.code)
		o->first = *err;
}

/* ---- lines ---- */

/* A reader that went away ends the run when it was the last one. */
static int is_gone(struct outputs *o, unsigned int i, const struct err *err)
{
	o->gone[i] = true;
	for (unsigned int other = 0; other < o->n; other++)
		if (!o->gone[other]) {
			log_warn("%s", err->text);
			return 0;
		}
	return -EPIPE;
}

/* A sink that fails is told of once and asked again with the next line: disks get free again. */
static int write_to(struct outputs *o, unsigned int i, const struct line *line)
{
	struct sink *sink = o->sink[i];
	struct err err = {0};
	int code;

	if (o->gone[i] && !sink->ops->counts)
		return 0;
	code = sink->ops->write(sink, line, &err);
	if (o->gone[i])
		return 0; /* it has counted the line as lost */
	if (code >= 0) {
		o->trouble[i].code = 0;
		return 0;
	}
	if (code == -EPIPE || !sink->ops->counts)
		remember(o, &err);
	if (code == -EPIPE)
		return is_gone(o, i, &err);
	if (!o->trouble[i].code)
		log_warn("%s", err.text);
	o->trouble[i] = err;
	return 0;
}

int outputs_write(struct outputs *o, const struct line *line)
{
	int ret = 0;

	for (unsigned int i = 0; i < o->n; i++) {
		int code = write_to(o, i, line);

		if (code < 0)
			ret = code;
	}
	return ret;
}

/* ---- what they say ---- */

static void on_readable(void *ctx)
{
	struct outputs *o = ctx;

	for (unsigned int i = 0; i < o->n; i++) {
		struct sink *sink = o->sink[i];
		struct err err = {0};
		int code = sink->ops->dispatch && !o->gone[i] ? sink->ops->dispatch(sink, &err) : 0;

		if (code == -EPIPE) {
			remember(o, &err);
			code = is_gone(o, i, &err);
			if (code < 0)
				loop_stop(o->loop, code);
		} else if (code < 0) {
			log_warn("%s", err.text);
		}
	}
	outputs_tidy(o);
}

static int watch(struct outputs *o, const struct sink *sink, struct err *err)
{
	return sink->ops->fd ? loop_add_source(o->loop, sink->ops->fd(sink), on_readable, o, err)
			     : 0;
}

static void unwatch(const struct outputs *o, const struct sink *sink)
{
	if (o->loop && sink->ops->fd)
		loop_remove_source(o->loop, sink->ops->fd(sink));
}

int outputs_watch(struct outputs *o, struct loop *loop, struct err *err)
{
	int code = 0;

	o->loop = loop;
	for (unsigned int i = 0; i < o->n && code == 0; i++)
		code = watch(o, o->sink[i], err);
	return code;
}

void outputs_reopen(struct outputs *o)
{
	for (unsigned int i = 0; i < o->n; i++) {
		struct sink *sink = o->sink[i];
		struct err err = {0};

		if (sink->ops->reopen && sink->ops->reopen(sink, &err) < 0)
			log_warn("%s", err.text);
	}
}

/* ---- others in their place ---- */

static bool is_among(const struct sink *sink, struct sink *const *sinks, unsigned int n,
		     unsigned int *ret_at)
{
	for (unsigned int i = 0; i < n; i++)
		if (sinks[i] == sink) {
			if (ret_at)
				*ret_at = i;
			return true;
		}
	return false;
}

bool outputs_have(const struct outputs *o, const struct sink *sink)
{
	return is_among(sink, o->sink, o->n, NULL);
}

static void close_one(const struct outputs *o, struct sink *sink)
{
	struct err lost = {0};

	unwatch(o, sink);
	if (sink->ops->close(sink, &lost) < 0)
		log_warn("%s", lost.text);
}

/* At once, where nothing waits. */
static void leave(struct outputs *o, struct sink *sink)
{
	if (!o->loop || !sink->ops->settle || o->n_leaving == OUTPUTS_MAX ||
	    sink->ops->settle(sink)) {
		close_one(o, sink);
		return;
	}
	o->leaving[o->n_leaving].sink = sink;
	o->leaving[o->n_leaving++].end_ms = now_ms() + LEAVE_MS;
}

void outputs_tidy(struct outputs *o)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < o->n_leaving; i++) {
		struct sink *sink = o->leaving[i].sink;
		struct err told = {0};

		sink->ops->dispatch(sink, &told);
		if (sink->ops->settle(sink) || now_ms() >= o->leaving[i].end_ms)
			close_one(o, sink);
		else
			o->leaving[left++] = o->leaving[i];
	}
	o->n_leaving = left;
}

static int watch_new(struct outputs *o, struct sink *const *sinks, unsigned int n, struct err *err)
{
	int code = 0;

	for (unsigned int i = 0; i < n && code == 0; i++) {
		if (is_among(sinks[i], o->sink, o->n, NULL))
			continue;
		code = watch(o, sinks[i], err);
		for (unsigned int back = 0; code < 0 && back < i; back++)
			if (!is_among(sinks[back], o->sink, o->n, NULL))
				unwatch(o, sinks[back]);
	}
	return code;
}

int outputs_replace(struct outputs *o, struct sink *const *sinks, unsigned int n, struct err *err)
{
	const struct outputs old = *o;
	int code = o->loop ? watch_new(o, sinks, n, err) : 0;
	unsigned int at;

	if (code < 0)
		return code;
	o->n = n;
	for (unsigned int i = 0; i < n; i++) {
		bool stays = is_among(sinks[i], old.sink, old.n, &at);

		o->sink[i] = sinks[i];
		o->trouble[i] = stays ? old.trouble[at] : (struct err){0};
		o->gone[i] = stays && old.gone[at];
	}
	for (unsigned int i = 0; i < old.n; i++)
		if (!is_among(old.sink[i], sinks, n, NULL))
			leave(o, old.sink[i]);
	return 0;
}

void outputs_close_others(const struct outputs *o, struct sink *const *sinks, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct err ignored = {0};

		if (!is_among(sinks[i], o->sink, o->n, NULL))
			sinks[i]->ops->close(sinks[i], &ignored);
	}
}

/* ---- the end ---- */

/* In turns: one that hangs takes little time from the others. */
void outputs_settle(const struct outputs *o, unsigned int ms)
{
	long long end = now_ms() + ms;
	bool over;

	do {
		over = true;
		for (unsigned int i = 0; i < o->n; i++) {
			struct sink *sink = o->sink[i];

			if (sink->ops->settle && !sink->ops->settle(sink))
				over = false;
		}
	} while (!over && now_ms() < end);
}

void outputs_close(struct outputs *o)
{
	for (unsigned int i = 0; i < o->n; i++) {
		struct err err = {0};

		if (o->sink[i]->ops->close(o->sink[i], &err) < 0)
			remember(o, &err);
		else if (o->trouble[i].code)
			remember(o, &o->trouble[i]);
	}
	o->n = 0;
	for (unsigned int i = 0; i < o->n_leaving; i++)
		close_one(o, o->leaving[i].sink);
	o->n_leaving = 0;
}
