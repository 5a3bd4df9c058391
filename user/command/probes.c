/* SPDX-License-Identifier: BSD-2-Clause */
/* probes.c - culprit probes: what attaches on this kernel, how, and why not. */
#include "probe/probes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define THIRD_COLUMN 36U

static void print_probe(const struct event_probe *p)
{
	static const char *const states[] = {
		[PROBE_ACTIVE] = "active",
		[PROBE_DEGRADED] = "degraded",
		[PROBE_UNAVAILABLE] = "unavailable",
	};
	const char *first = p->via[0] ? p->via : p->reason;

	printf("%-22s ", p->name);
	if (!first[0]) {
		puts(states[p->state]);
		return;
	}
	printf("%-12s ", states[p->state]);
	print_wrapped(stdout, THIRD_COLUMN, THIRD_COLUMN, first);
	if (first == p->reason || !p->reason[0])
		return;
	printf("%*s", (int)THIRD_COLUMN, "");
	print_wrapped(stdout, THIRD_COLUMN, THIRD_COLUMN, p->reason);
}

/* ---- one look at the live host ---- */

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

static int print_table(const struct model *model)
{
	const struct event_probe *p;

	for (unsigned int i = 0; (p = model_probe_at(model, i)); i++)
		print_probe(p);
	return EXIT_RAN;
}

static int look(bool json, struct err *err)
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
			ret = json ? print_status(look.model, err) : print_table(look.model);
		source->ops->free(source);
	}
	model_free(look.model);
	return ret;
}

/* ---- where no look is to be had ---- */

static int print_event(void *ctx, const struct event *event)
{
	(void)ctx;
	if (event->type == EVENT_PROBE)
		print_probe((const struct event_probe *)event);
	return 0;
}

/* Nothing attached: of each program, why. What is read without one was not looked at. */
static void print_reasons(void)
{
	struct probes_options options = {.own_pid = (unsigned int)getpid()};
	struct probes *probes;
	struct err err = {0}; /* known already */

	if (probes_new(&options, &probes, &err) < 0)
		return;
	(void)probes_attach(probes, &err);
	(void)probes_report(probes, 1, print_event, NULL);
	probes_free(probes);
}

static int probes_run(const struct options *o, struct err *err)
{
	int ret = make_room_for_files(err);

	if (ret < 0)
		return ret;
	ret = look(o->json, err);
	if (ret < 0 && !o->json)
		print_reasons();
	return ret;
}

const struct command command_probes = {
	.name = "probes",
	.option_mask = OPTION_BIT(OPTION_JSON),
	.summary = "what attaches on this kernel, how, and why not",
	.details =
		"Attaches everything for a moment, then detaches; what is read without a program\n"
		"(host.load and others) is looked at once. With --json: one status line.\n",
	.run = probes_run,
};
