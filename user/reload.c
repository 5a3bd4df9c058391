/* SPDX-License-Identifier: BSD-2-Clause */
/* reload.c - SIGHUP reads the settings again; see reload.h. */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "log.h"

/* How long new sinks may take to open; then what waits for them waits. */
#define OPEN_S 2

struct reload {
	struct settings now;
	reload_read_fn read;
	const void *ctx;
	struct reload_state state;
	/* One that is under way: */
	struct settings next;
	char restart[sizeof(((struct reload_state *)NULL)->restart)];
	struct sink *sinks[OUTPUTS_MAX]; /* of which those that are no outputs are ours */
	unsigned int n;
	int timer_fd;
	int epoll_fd; /* of the timer and those sinks */
};

static int watch(const struct reload *r, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void unwatch(const struct reload *r, const struct sink *sink)
{
	epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, sink->ops->fd(sink), NULL);
}

struct reload *reload_new(const char *file, const struct settings *now, reload_read_fn read,
			  const void *ctx)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->now = *now;
	r->read = read;
	r->ctx = ctx;
	snprintf(r->state.file, sizeof(r->state.file), "%s", file);
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (r->epoll_fd < 0 || r->timer_fd < 0 || watch(r, r->timer_fd) < 0) {
		reload_free(r);
		return NULL;
	}
	return r;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	if (reload->epoll_fd >= 0)
		close(reload->epoll_fd);
	if (reload->timer_fd >= 0)
		close(reload->timer_fd);
	free(reload);
}

const struct reload_state *reload_state(const struct reload *reload)
{
	return reload ? &reload->state : NULL;
}

int reload_fd(const struct reload *reload)
{
	return reload->epoll_fd;
}

/* ---- new sinks ---- */

static void set_timer(const struct reload *r, time_t seconds)
{
	struct itimerspec end = {.it_value.tv_sec = seconds};

	timerfd_settime(r->timer_fd, 0, &end, NULL);
}

static int start_opening(struct reload *r, const struct outputs *outputs, struct err *err)
{
	int code = sinks_change(&r->now.sinks, &r->next.sinks, outputs, r->sinks, &r->n, err);

	if (code < 0)
		return code;
	r->state.opening = true;
	set_timer(r, OPEN_S);
	for (unsigned int i = 0; i < r->n && code == 0; i++)
		if (!outputs_have(outputs, r->sinks[i]))
			code = watch(r, r->sinks[i]->ops->fd(r->sinks[i]));
	return code < 0 ? err_set(err, code, "cannot wait for a sink: %s", strerror(-code)) : 0;
}

/* 0: all are, or 1: not yet; or what is wrong with one. */
static int are_open(const struct reload *r, const struct outputs *outputs, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < r->n && ret >= 0; i++) {
		struct sink *sink = r->sinks[i];
		int code = outputs_have(outputs, sink) ? 0 : sink->ops->opened(sink, 0, err);

		if (code == 0)
			unwatch(r, sink);
		else
			ret = code;
	}
	return ret;
}

/* Either way they are no more waited for here. */
static void stop_opening(struct reload *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		unwatch(r, r->sinks[i]);
	set_timer(r, 0);
	r->state.opening = false;
}

void reload_cancel(struct reload *reload, const struct outputs *outputs)
{
	if (!reload || !reload->state.opening)
		return;
	stop_opening(reload);
	outputs_close_others(outputs, reload->sinks, reload->n);
}

/* ---- the change ---- */

static int put_in_force(struct reload *r, const struct reload_to *to, struct err *err)
{
	const struct settings *next = &r->next;
	int code = 0;

	stop_opening(r);
	if (to->source->ops->configure(to->source, next->list, next->n) < 0)
		code = err_set(err, -ENOMEM, "out of memory");
	if (code == 0)
		code = outputs_replace(to->outputs, r->sinks, r->n, err);
	if (code < 0) {
		outputs_close_others(to->outputs, r->sinks, r->n);
		to->source->ops->configure(to->source, r->now.list, r->now.n);
		return code;
	}
	keeper_configure(to->keeper, &next->keeper);
	return 0;
}

static void tell(struct reload *r, int code, const struct err *err, __u64 now_ns)
{
	struct reload_state *state = &r->state;

	state->failed = code < 0;
	state->tried_ns = now_ns;
	if (code < 0) {
		snprintf(state->wrong, sizeof(state->wrong), "%s", err->text);
		log_error("settings not changed: %s", err->text);
		return;
	}
	r->now = r->next;
	state->good_ns = now_ns;
	memcpy(state->restart, r->restart, sizeof(state->restart));
	if (state->restart[0])
		log_warn("%s is in force, but for what needs a restart: %s", state->file,
			 state->restart);
	else
		log_info("%s is in force", state->file);
}

/* As far as it can go now; true: to its end. */
static bool go_on(struct reload *r, const struct reload_to *to, bool late)
{
	struct err err = {0};
	int code = are_open(r, to->outputs, &err);

	if (code == 1 && !late)
		return false;
	if (code < 0)
		reload_cancel(r, to->outputs);
	else
		code = put_in_force(r, to, &err);
	tell(r, code, &err, to->now_ns);
	return true;
}

bool reload_start(struct reload *reload, const struct reload_to *to)
{
	struct err err = {0};
	int code;

	reload_cancel(reload, to->outputs);
	code = reload->read(reload->ctx, &reload->next, &err);
	if (code == 0) {
		settings_keep_fixed(&reload->now, &reload->next, reload->restart,
				    sizeof(reload->restart));
		code = keeper_check(&reload->next.keeper, &err);
	}
	if (code == 0)
		code = start_opening(reload, to->outputs, &err);
	if (code == 0)
		return go_on(reload, to, false);
	reload_cancel(reload, to->outputs);
	tell(reload, code, &err, to->now_ns);
	return true;
}

bool reload_dispatch(struct reload *reload, const struct reload_to *to)
{
	__u64 times;
	bool late = read(reload->timer_fd, &times, sizeof(times)) == (ssize_t)sizeof(times);

	return reload->state.opening && go_on(reload, to, late);
}
