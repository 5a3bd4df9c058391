/* SPDX-License-Identifier: BSD-2-Clause */
/* probes.c - culprit probes: what attaches on this kernel, how, and why not. */
#include "probe/probes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define THIRD_COLUMN 36U

static int print_probe(void *ctx, const struct event *event)
{
	const struct event_probe *p = (const struct event_probe *)event;
	static const char *const states[] = {
		[PROBE_ACTIVE] = "active",
		[PROBE_DEGRADED] = "degraded",
		[PROBE_UNAVAILABLE] = "unavailable",
	};

	const char *first = p->via[0] ? p->via : p->reason;

	(void)ctx;
	if (event->type != EVENT_PROBE)
		return 0;
	printf("%-22s ", p->name);
	if (!first[0]) {
		puts(states[p->state]);
		return 0;
	}
	printf("%-12s ", states[p->state]);
	print_wrapped(stdout, THIRD_COLUMN, THIRD_COLUMN, first);
	if (first == p->reason || !p->reason[0])
		return 0;
	printf("%*s", (int)THIRD_COLUMN, "");
	print_wrapped(stdout, THIRD_COLUMN, THIRD_COLUMN, p->reason);
	return 0;
}

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000ULL + (unsigned long long)ts.tv_nsec;
}

/* The table is printed even when nothing attached: it says why. */
static int print_table(struct err *err)
{
	struct probes_options options = {.own_pid = (unsigned int)getpid()};
	struct probes *probes;
	int ret, code;

	ret = probes_new(&options, &probes, err);
	if (ret < 0)
		return ret;
	ret = probes_attach(probes, err);
	code = probes_report(probes, now_ns(), print_probe, NULL);
	if (code < 0 && ret == 0)
		ret = err_set(err, code, "cannot list the probes: %s", strerror(-code));
	probes_free(probes);
	return ret < 0 ? ret : EXIT_RAN;
}

/* ---- as a status line ---- */

struct look {
	struct model *model;
	bool whole; /* the baseline snapshot is in */
};

static int take(void *ctx, const struct event *event)
{
	struct look *look = ctx;

	if (event->type == EVENT_TICK)
		look->whole = true;
	return model_apply(look->model, event);
}

static int look_once(struct source *source, struct look *look, struct err *err)
{
	int ret = 1;

	while (ret == 1 && !look->whole) {
		struct pollfd poll_fd = {.fd = source->ops->fd(source), .events = POLLIN};

		if (poll_fd.fd >= 0 && poll(&poll_fd, 1, 1000) < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait: %s", strerror(errno));
		ret = source->ops->dispatch(source, take, look, err);
	}
	return ret < 0 ? ret : 0;
}

static int print_status(const struct model *model, struct err *err)
{
	struct line line = {
		.type = LINE_STATUS,
		.seq = 1,
		.time_ns = model_now(model),
		.severity = SEVERITY_INFO,
		.message = "what attaches on this kernel",
		.model = model,
	};
	size_t len;
	char *text;
	int ret = json_line(&line, &text, &len);

	if (ret < 0)
		return err_set(err, ret, "out of memory");
	fwrite(text, 1, len, stdout);
	free(text);
	return EXIT_RAN;
}

static int print_json(struct err *err)
{
	struct live_options options = {.mode = RUN_TRACE, .tick_ms = 1000};
	struct look look = {.model = model_new()};
	struct source *source;
	int ret;

	if (!look.model)
		return err_set(err, -ENOMEM, "out of memory");
	ret = live_new(&options, &source, err);
	if (ret == 0) {
		ret = look_once(source, &look, err);
		if (ret == 0)
			ret = print_status(look.model, err);
		source->ops->free(source);
	}
	model_free(look.model);
	return ret;
}

static int probes_run(const struct options *o, struct err *err)
{
	int ret = make_room_for_files(err);

	if (ret < 0)
		return ret;
	return o->json ? print_json(err) : print_table(err);
}

const struct command command_probes = {
	.name = "probes",
	.option_mask = OPTION_BIT(OPTION_JSON),
	.summary = "what attaches on this kernel, how, and why not",
	.details =
		"Attaches everything for a moment, then detaches. With --json: one status line.\n",
	.run = probes_run,
};
