/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c - source -> model -> rules -> findings -> sinks, and asks back; see engine.h. */
#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "finding/life.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "sink/prometheus.h"
#include "source/codec.h"

#define HOUR_NS	  (3600 * 1000000000ULL)
#define RINGS_MAX 8
/* What the last lines of all sinks may take together, and the store after them at least. */
#define LAST_MS	      800
#define LAST_STORE_MS 200

struct engine {
	struct engine_options opt;
	struct model *model;
	struct life *life;
	struct loop *loop;
	struct verdict verdict;
	bool have_verdict;
	bool ended;	 /* EVENT_END went through */
	bool status_due; /* a probe changed since the last status line, or the settings were read */
	unsigned int signals; /* that asked for the end */
	__u64 seq;
	__u64 last_hourly_ns;
	__u64 ring_lost[RINGS_MAX]; /* told so far */
	__u64 ring_seen_ns[RINGS_MAX];
	enum class_state told_state[CLASSES];
	struct outputs outputs;
};

int engine_new(const struct engine_options *options, struct engine **ret_engine, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->model = model_new();
	e->life = life_new();
	if (!e->model || !e->life || loop_new(&e->loop, err) < 0) {
		int code = err->code ? err->code : err_set(err, -ENOMEM, "out of memory");

		model_free(e->model);
		life_free(e->life);
		free(e);
		return code;
	}
	e->opt = *options;
	outputs_init(&e->outputs, options->sinks, options->n_sinks);
	*ret_engine = e;
	return 0;
}

const struct verdict *engine_verdict(const struct engine *engine)
{
	return engine->have_verdict ? &engine->verdict : NULL;
}

/* What is told at the end: the first that went wrong. */
static void note(struct engine *e, const struct err *err)
{
	if (!e->outputs.first.code)
		e->outputs.first = *err;
}

/* ---- lines ---- */

/* Numbers the line and hands it to every sink. */
static int send_line(struct engine *e, struct line *line)
{
	line->seq = ++e->seq;
	line->time_ns = model_now(e->model);
	line->model = e->model;
	return outputs_write(&e->outputs, line);
}

static int on_finding(void *ctx, const struct finding *finding)
{
	struct engine *e = ctx;
	struct line line = {
		.type = LINE_FINDING,
		.severity = finding->claim.severity,
		.finding = finding,
	};

	if (e->opt.keeper)
		keeper_finding(e->opt.keeper, finding);
	memcpy(line.message, finding->claim.message, sizeof(line.message));
	return send_line(e, &line);
}

static int send_status(struct engine *e)
{
	struct line line = {.type = LINE_STATUS};

	line_status(&line, e->model, reload_state(e->opt.reload));
	e->status_due = false;
	return send_line(e, &line);
}

static int send_verdict(struct engine *e)
{
	struct line line = {.type = LINE_VERDICT, .verdict = &e->verdict};

	for (int c = 0; c < CLASSES; c++)
		e->told_state[c] = e->verdict.class[c].state;
	e->last_hourly_ns = model_now(e->model);
	line.severity = e->verdict.severity;
	memcpy(line.message, e->verdict.message, sizeof(line.message));
	return send_line(e, &line);
}

/* A ring lost samples: its counters are whole, but the gap is said, once for each account. */
static int send_gap(struct engine *e, const struct event_ring *ring, unsigned int i)
{
	struct gap gap = {.what = "events", .reason = "ring-full"};
	struct line line = {.type = LINE_GAP, .severity = SEVERITY_INFO, .gap = &gap};

	gap.from_ns = e->ring_seen_ns[i] ? e->ring_seen_ns[i] : model_start(e->model);
	gap.to_ns = ring->h.ts_ns;
	gap.lost = ring->lost - e->ring_lost[i];
	memcpy(gap.probe, ring->name, sizeof(gap.probe));
	gap.probe[sizeof(gap.probe) - 1] = '\0';
	snprintf(line.message, sizeof(line.message),
		 "%llu %s samples lost (ring full); the counters are whole",
		 (unsigned long long)gap.lost, gap.probe);
	return send_line(e, &line);
}

static int tell_gaps(struct engine *e)
{
	const struct event_ring *ring;

	for (unsigned int i = 0; i < RINGS_MAX && (ring = model_ring_at(e->model, i)); i++) {
		if (ring->lost > e->ring_lost[i]) {
			int code = send_gap(e, ring, i);

			if (code < 0)
				return code;
			e->ring_lost[i] = ring->lost;
		}
		e->ring_seen_ns[i] = ring->h.ts_ns;
	}
	return 0;
}

/* ---- evaluation ---- */

static void on_ask(void *ctx, const struct ask *ask)
{
	struct engine *e = ctx;

	if (e->opt.source->ops->ask)
		e->opt.source->ops->ask(e->opt.source, ask);
}

/* In the daemon: when a class changes state (the first verdict is a change), and hourly. */
static bool verdict_due(const struct engine *e, bool hour)
{
	if (model_host(e->model)->mode != RUN_DAEMON)
		return false;
	for (int c = 0; c < CLASSES; c++)
		if (e->verdict.class[c].asked && e->verdict.class[c].state != e->told_state[c])
			return true;
	return hour || !e->last_hourly_ns;
}

static int evaluate(struct engine *e, bool last)
{
	struct life_room room;
	bool hour;
	int code;

	if (e->opt.memory)
		memory_restore(e->opt.memory, e->model, e->life);
	code = life_evaluate(e->life, e->model, last, on_ask, on_finding, e);
	if (code < 0)
		return code;
	room = life_room(e->life);
	model_note_findings(e->model, room.limit, room.used, room.dropped);
	code = tell_gaps(e);
	if (code < 0)
		return code;
	verdict_make(e->model, e->life, &e->verdict);
	e->have_verdict = true;
	hour = e->last_hourly_ns && model_now(e->model) - e->last_hourly_ns >= HOUR_NS;
	if (e->status_due || last || hour)
		code = send_status(e);
	if (code == 0 && (last || verdict_due(e, hour)))
		code = send_verdict(e);
	outputs_tidy(&e->outputs);
	if (e->opt.keeper)
		keeper_settle(e->opt.keeper);
	if (e->opt.memory)
		memory_settle(e->opt.memory, e->model, e->life, last);
	return code;
}

static void show_progress(const struct engine *e)
{
	__u64 start = model_start(e->model);
	double left;

	if (!e->opt.progress || !start)
		return;
	left = e->opt.duration_s - (double)(model_now(e->model) - start) / 1e9;
	if (e->ended)
		fputs("\r\033[K", e->opt.progress);
	else
		fprintf(e->opt.progress, "\rwatching, %.0f s left (Ctrl-C: report now) \033[K",
			left > 0 ? left : 0.0);
	fflush(e->opt.progress);
}

static void record(struct engine *e, const struct event *event)
{
	struct err err = {0};

	if (!e->opt.recorder || recorder_write(e->opt.recorder, event, &err) >= 0)
		return;
	log_warn("%s; recording stopped, tracing goes on", err.text);
	note(e, &err);
	recorder_free(e->opt.recorder);
	e->opt.recorder = NULL;
}

static int print_event(struct engine *e, const struct event *event)
{
	char text[CODEC_LINE_MAX];
	int n;

	if (!e->opt.events)
		return 0;
	n = codec_encode(event, text, sizeof(text));
	if (n < 0)
		return 0;
	if (fprintf(e->opt.events, "%s\n", text) >= 0)
		return 0;
	n = -errno;
	return err_set(&e->outputs.first, n, "stdout: %s", strerror(-n));
}

static int on_event(void *ctx, const struct event *event)
{
	struct engine *e = ctx;
	int code;

	record(e, event);
	if (e->opt.keeper)
		keeper_event(e->opt.keeper, event);
	code = print_event(e, event);
	if (code == 0)
		code = model_apply(e->model, event);
	if (code < 0)
		return code;
	switch (event->type) {
	case EVENT_PROBE:
		e->status_due = true;
		return 0;
	case EVENT_TICK:
		code = evaluate(e, false);
		show_progress(e);
		return code;
	case EVENT_PULSE:
		return evaluate(e, false);
	case EVENT_END:
		e->ended = true;
		show_progress(e);
		return evaluate(e, true);
	default:
		return 0;
	}
}

/* ---- running ---- */

static struct reload_to reload_to(struct engine *e)
{
	return (struct reload_to){
		.outputs = &e->outputs,
		.source = e->opt.source,
		.keeper = e->opt.keeper,
		.now_ns = model_now(e->model),
	};
}

static void on_reload(void *ctx)
{
	struct engine *e = ctx;
	struct reload_to to = reload_to(e);

	if (reload_dispatch(e->opt.reload, &to))
		e->status_due = true;
}

static void on_hangup(struct engine *e)
{
	struct reload_to to = reload_to(e);

	outputs_reopen(&e->outputs);
	keeper_reopen(e->opt.keeper);
	if (e->opt.reload && reload_start(e->opt.reload, &to))
		e->status_due = true;
}

/* Inherited from nohup: what shall outlive its terminal. */
static bool hangup_ignored(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void on_signal(void *ctx, int signal)
{
	struct engine *e = ctx;

	if (signal == SIGUSR1) {
		if (e->opt.keeper)
			keeper_capture(e->opt.keeper);
		return;
	}
	/* The terminal of a trace is gone: that is its end, also before the first event. */
	if (signal == SIGHUP && !e->opt.keeper && hangup_ignored())
		return;
	if (signal == SIGHUP && e->opt.keeper) {
		on_hangup(e);
		return;
	}
	e->signals++;
	if (e->opt.keeper)
		keeper_stop(e->opt.keeper);
	if (e->signals == 1)
		e->opt.source->ops->stop(e->opt.source, END_INTERRUPTED);
	else
		loop_stop(e->loop, -EINTR);
}

static void view(void *ctx, struct keeper_view *ret)
{
	const struct engine *e = ctx;

	*ret = (struct keeper_view){
		.model = e->model,
		.life = e->life,
		.verdict = e->have_verdict ? &e->verdict : NULL,
		.seq = e->seq,
		.sinks = e->outputs.sink,
		.n_sinks = e->outputs.n,
		.settings = reload_state(e->opt.reload),
	};
}

static void print_metrics(void *ctx, FILE *out)
{
	struct keeper_view of = {0};

	view(ctx, &of);
	prometheus_print(&of, out);
}

static void on_keeper(void *ctx)
{
	keeper_dispatch(((struct engine *)ctx)->opt.keeper);
}

static int add_keeper(struct engine *e, struct err *err)
{
	if (!e->opt.keeper)
		return 0;
	keeper_set_view(e->opt.keeper, view, e);
	return loop_add_source(e->loop, keeper_fd(e->opt.keeper), on_keeper, e, err);
}

static void on_source(void *ctx)
{
	struct engine *e = ctx;
	struct err err = {0};
	int code = e->opt.source->ops->dispatch(e->opt.source, on_event, e, &err);

	if (code == 1)
		return;
	if (code < 0 && err.code)
		note(e, &err);
	loop_stop(e->loop, code);
}

int engine_run(struct engine *engine, struct err *err)
{
	int code;

	loop_on_signal(engine->loop, on_signal, engine);
	code = loop_add_source(engine->loop, engine->opt.source->ops->fd(engine->opt.source),
			       on_source, engine, err);
	if (code == 0)
		code = add_keeper(engine, err);
	if (code == 0 && engine->opt.reload)
		code = loop_add_source(engine->loop, reload_fd(engine->opt.reload), on_reload,
				       engine, err);
	if (code == 0)
		code = outputs_watch(&engine->outputs, engine->loop, err);
	if (code == 0)
		code = loop_run(engine->loop, err);
	if (code >= 0 && engine->opt.metrics_file)
		code = metrics_write_file(engine->opt.metrics_file, print_metrics, engine, err);
	if (code < 0 && !err->code) {
		if (engine->outputs.first.code)
			*err = engine->outputs.first;
		else if (code == -EINTR)
			err_set(err, code, "interrupted twice: ended at once, without its report");
		else
			err_set(err, code, "%s", strerror(-code));
	}
	return code < 0 ? err->code : 0;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int engine_close(struct engine *engine, struct err *err)
{
	struct err first, now = {0};
	long long end = now_ms() + LAST_MS;

	if (!engine)
		return 0;
	if (engine->opt.recorder) {
		if (recorder_close(engine->opt.recorder, &now) < 0)
			note(engine, &now);
		recorder_free(engine->opt.recorder);
	}
	reload_cancel(engine->opt.reload, &engine->outputs);
	outputs_settle(&engine->outputs, LAST_MS);
	outputs_close(&engine->outputs);
	first = engine->outputs.first;
	if (engine->opt.memory) {
		long long left = end - now_ms();

		memory_finish(engine->opt.memory,
			      left > LAST_STORE_MS ? (unsigned int)left : LAST_STORE_MS);
	}
	keeper_free(engine->opt.keeper);
	reload_free(engine->opt.reload);
	engine->opt.source->ops->free(engine->opt.source);
	memory_free(engine->opt.memory);
	loop_free(engine->loop);
	life_free(engine->life);
	model_free(engine->model);
	free(engine);
	if (first.code)
		*err = first;
	return first.code;
}
