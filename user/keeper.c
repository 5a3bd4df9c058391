/* SPDX-License-Identifier: BSD-2-Clause */
/* keeper.c - the flight recorder, its captures, who asks, metrics; see keeper.h. */
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "captures.h"
#include "children.h"
#include "control.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"
#include "sink/prometheus.h"

#define S_NS		 1000000000ULL
#define CAPTURE_EVERY_NS (60 * S_NS)
#define FILE_EVERY_NS	 (15 * S_NS)
#define FILE_LIFE_S	 30U

struct keeper {
	struct keeper_options options;
	struct flight *flight;
	struct control *control;
	struct children children;
	struct metrics *metrics;
	struct notify notify;
	int epoll_fd;  /* of control socket and metrics */
	__u64 file_ns; /* when the metrics were last written */
	keeper_view_fn view;
	void *view_ctx;
	pid_t file_pid;	  /* who writes them, or wrote them last */
	bool file_failed; /* the latest one did, which was said */
	bool due;	  /* a capture, for a finding: when the minute after the last one is over */
	bool asked;	  /* a capture, by SIGUSR1: now */
	bool late;	  /* it could not be started, which was said */
	bool sweep;	  /* a writer of captures was killed: what it left is to be removed */
	char cause[24];	  /* of the capture that is due, for its name */
	__u64 captured_ns;
};

void keeper_defaults(struct keeper_options *ret)
{
	*ret = (struct keeper_options){
		.socket = CONTROL_PATH,
		.socket_default = true,
		.flight = {.keep_ns = 600 * S_NS, .bytes = 1U << 20},
		.captures_max = 10,
		.capture_bytes = 64U << 20,
		.capture_from = SEVERITY_CRITICAL,
	};
}

static __u64 now_of(const struct keeper *keeper)
{
	struct keeper_view view = {0};

	keeper->view(keeper->view_ctx, &view);
	return model_now(view.model);
}

static __u64 wall_of(const struct keeper *keeper)
{
	struct keeper_view view = {0};

	keeper->view(keeper->view_ctx, &view);
	return model_wall_ns(view.model, model_now(view.model));
}

static int answer(void *ctx, const char *request, int fd, struct err *err)
{
	const struct keeper *keeper = ctx;
	struct keeper_view view = {0};

	keeper->view(keeper->view_ctx, &view);
	return answers_give(&view, keeper->flight, request, fd, err);
}

/* ---- metrics ---- */

static void print_metrics(void *ctx, FILE *out)
{
	const struct keeper *keeper = ctx;
	struct keeper_view view = {0};

	keeper->view(keeper->view_ctx, &view);
	prometheus_print(&view, out);
}

static void write_metrics(struct keeper *keeper)
{
	__u64 now_ns = now_of(keeper);
	struct err err = {0};
	pid_t pid;

	/* One that hangs on its disk is not joined by another. */
	if (!keeper->options.metrics_file[0] || now_ns < keeper->file_ns + FILE_EVERY_NS ||
	    children_lives(&keeper->children, keeper->file_pid))
		return;
	keeper->file_ns = now_ns;
	pid = children_start(&keeper->children, FILE_LIFE_S, -1);
	if (pid == 0) {
		int code = metrics_write_file(keeper->options.metrics_file, print_metrics, keeper,
					      &err);

		if (code < 0 && !keeper->file_failed)
			log_warn("%s", err.text);
		_exit(code < 0);
	}
	keeper->file_pid = pid;
	if (pid < 0 && !keeper->file_failed)
		log_warn("no metrics file: %s", strerror(-pid));
	keeper->file_failed = keeper->file_failed || pid < 0;
}

/* ---- ends of children ---- */

/* A child that was killed (by its alarm, for lack of memory) could not say so itself. */
static void on_ended(void *ctx, pid_t pid, int status)
{
	struct keeper *keeper = ctx;
	bool metrics = pid == keeper->file_pid;

	if (WIFSIGNALED(status) && !(metrics && keeper->file_failed))
		log_warn("no %s: who wrote it was ended by a signal: %s",
			 metrics ? "metrics file" : "capture", strsignal(WTERMSIG(status)));
	if (metrics)
		keeper->file_failed = status != 0;
	else if (WIFSIGNALED(status))
		keeper->sweep = true;
}

/* ---- life ---- */

static int listen_for(struct keeper *k, struct err *err)
{
	struct err refused = {0};
	int code =
		control_new(k->options.socket, k->options.group, answer, k, &k->control, &refused);

	if (k->options.socket_default &&
	    (code == -EACCES || code == -EPERM || code == -EROFS || code == -ENOENT)) {
		log_warn("%s; nobody can ask this daemon", refused.text);
		return 0;
	}
	if (code < 0)
		*err = refused;
	return code;
}

static int watch(const struct keeper *k, int fd, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll_ctl(k->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_set(err, -errno, "cannot wait for who asks: %s", strerror(errno));
	return 0;
}

/* Opens what answers. */
static int open_doors(struct keeper *k, struct err *err)
{
	int code = 0;

	k->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (k->epoll_fd < 0)
		return err_set(err, -errno, "cannot wait for who asks: %s", strerror(errno));
	if (k->options.socket[0])
		code = listen_for(k, err);
	if (code == 0 && k->control)
		code = watch(k, control_fd(k->control), err);
	if (code == 0 && k->options.metrics[0])
		code = metrics_new(k->options.metrics, print_metrics, k, &k->metrics, err);
	if (code == 0 && k->metrics)
		code = watch(k, metrics_fd(k->metrics), err);
	return code;
}

void keeper_reopen(struct keeper *keeper)
{
	struct err err = {0};
	int code = keeper->control ? control_renew(keeper->control, &err) : 0;

	if (code > 0)
		code = watch(keeper, control_fd(keeper->control), &err);
	else if (code == 0)
		return;
	if (code < 0)
		log_warn("the control socket is gone: %s; nobody can ask this daemon", err.text);
	else
		log_info("the control socket was gone: %s is made anew", keeper->options.socket);
}

int keeper_new(const struct keeper_options *options, struct keeper **ret_keeper, struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int code = 0;

	if (!k)
		return err_set(err, -ENOMEM, "out of memory");
	k->options = *options;
	k->epoll_fd = -1;
	k->children.ended = on_ended;
	k->children.ctx = k;
	notify_init(&k->notify);
	if (options->flight.keep_ns) {
		k->flight = flight_new(&options->flight);
		if (!k->flight)
			code = err_set(err, -ENOMEM, "out of memory");
	}
	if (code == 0)
		code = keeper_check(options, err);
	if (code == 0)
		code = open_doors(k, err);
	if (code < 0) {
		keeper_free(k);
		return code;
	}
	*ret_keeper = k;
	return 0;
}

int keeper_check(const struct keeper_options *options, struct err *err)
{
	return options->captures[0] ? captures_check(options->captures, err) : 0;
}

void keeper_configure(struct keeper *keeper, const struct keeper_options *options)
{
	struct keeper_options *mine = &keeper->options;

	memcpy(mine->captures, options->captures, sizeof(mine->captures));
	memcpy(mine->metrics_file, options->metrics_file, sizeof(mine->metrics_file));
	mine->captures_max = options->captures_max;
	mine->capture_bytes = options->capture_bytes;
	mine->capture_from = options->capture_from;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	metrics_free(keeper->metrics);
	control_free(keeper->control);
	flight_free(keeper->flight);
	notify_done(&keeper->notify);
	if (keeper->epoll_fd >= 0)
		close(keeper->epoll_fd);
	free(keeper);
}

void keeper_set_view(struct keeper *keeper, keeper_view_fn view, void *ctx)
{
	keeper->view = view;
	keeper->view_ctx = ctx;
}

int keeper_fd(const struct keeper *keeper)
{
	return keeper->epoll_fd;
}

void keeper_dispatch(struct keeper *keeper)
{
	if (keeper->control)
		control_dispatch(keeper->control);
	if (keeper->metrics)
		metrics_dispatch(keeper->metrics);
}

void keeper_event(struct keeper *keeper, const struct event *event)
{
	if (keeper->flight)
		flight_add(keeper->flight, event);
}

/* ---- captures ---- */

static void ask_capture(struct keeper *keeper, bool *due, const char *cause)
{
	if (!keeper->flight || !keeper->options.captures[0])
		return;
	if (!keeper->due && !keeper->asked)
		snprintf(keeper->cause, sizeof(keeper->cause), "%s", cause);
	*due = true;
}

/* Opened so severe, or became it: once an episode. */
void keeper_finding(struct keeper *keeper, const struct finding *finding)
{
	enum severity from = keeper->options.capture_from;
	char id[17];

	if ((finding->state != FINDING_OPEN && finding->state != FINDING_UPDATE) ||
	    finding->claim.severity < from || finding->worst_told >= from)
		return;
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)finding->id);
	ask_capture(keeper, &keeper->due, id);
}

static void write_capture(const struct keeper *keeper)
{
	const struct keeper_options *o = &keeper->options;
	__u64 wall_ns = wall_of(keeper);
	struct err err = {0};

	if (captures_write(o->captures, wall_ns, keeper->cause, keeper->flight, now_of(keeper),
			   &err) < 0)
		log_warn("no capture: %s", err.text);
	captures_prune(o->captures, wall_ns, o->captures_max, o->capture_bytes);
}

static void tell_manager(struct keeper *keeper)
{
	struct keeper_view view = {0};

	keeper->view(keeper->view_ctx, &view);
	notify_progress(&keeper->notify, model_tick_count(view.model),
			view.verdict ? view.verdict->message : NULL);
}

void keeper_stop(struct keeper *keeper)
{
	notify_stopping(&keeper->notify);
}

/* A storm of findings is one event, and one capture has them all: the next one waits for its minute. */
static bool capture_due(const struct keeper *keeper)
{
	if (keeper->asked)
		return true;
	return keeper->due &&
	       (!keeper->captured_ns || now_of(keeper) - keeper->captured_ns >= CAPTURE_EVERY_NS);
}

static void start_capture(struct keeper *keeper)
{
	pid_t pid;

	if (!capture_due(keeper))
		return;
	pid = children_start(&keeper->children, CAPTURES_LIFE_S, -1);
	if (pid == 0) {
		write_capture(keeper);
		_exit(0);
	}
	if (pid < 0 && !keeper->late)
		log_warn("no capture yet: %s", strerror(-pid));
	keeper->late = pid < 0;
	if (pid < 0)
		return;
	keeper->due = keeper->asked = false;
	keeper->captured_ns = now_of(keeper);
}

void keeper_capture(struct keeper *keeper)
{
	if (!keeper->flight || !keeper->options.captures[0])
		log_warn("no capture: %s is not set",
			 keeper->flight ? "captures" : "flight_minutes");
	ask_capture(keeper, &keeper->asked, "asked");
	/* Where nothing was seen yet the first look makes it. */
	if (now_of(keeper))
		start_capture(keeper);
}

static void sweep_captures(struct keeper *keeper)
{
	const struct keeper_options *o = &keeper->options;
	__u64 wall_ns;
	pid_t pid;

	if (!keeper->sweep || !o->captures[0])
		return;
	wall_ns = wall_of(keeper);
	pid = children_start(&keeper->children, CAPTURES_LIFE_S, -1);
	if (pid == 0) {
		captures_prune(o->captures, wall_ns, o->captures_max, o->capture_bytes);
		_exit(0);
	}
	keeper->sweep = pid < 0;
}

void keeper_settle(struct keeper *keeper)
{
	children_reap(&keeper->children);
	if (keeper->control)
		control_reap(keeper->control);
	if (keeper->metrics)
		metrics_dispatch(keeper->metrics); /* ends who connects and says nothing */
	tell_manager(keeper);
	write_metrics(keeper);
	start_capture(keeper);
	sweep_captures(keeper);
}
