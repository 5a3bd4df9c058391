/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode - events per second through one core: ring records into the model, and a capture's text
 * decoded and into the model. Rules are not run: they have their own tick.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/model.h"
#include "source/codec.h"
#include "synthetic.h"

#define CAPTURE_S 40

/* The same events as lines, each behind its length. */
struct text {
	char *lines;
	size_t size;
	unsigned long count;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "decode: %s: %s\n", what, strerror(-err));
	exit(1);
}

static struct model *new_model(void)
{
	struct model *model = model_new();

	if (!model)
		die("model", -ENOMEM);
	return model;
}

static void apply(struct model *model, const struct event *event)
{
	int err = model_apply(model, event);

	if (err)
		die("model_apply", err);
}

/* Seconds for one pass of the records. */
static double run_binary(const struct synthetic *s)
{
	struct model *model = new_model();
	double start = now_s(), end;

	for (const struct event *e = (const struct event *)s->events; e; e = synthetic_next(s, e))
		apply(model, e);
	end = now_s();
	if (model_unknown(model))
		die("the model does not know every type", -EPROTO);
	model_free(model);
	return end - start;
}

static void encode_all(const struct synthetic *s, struct text *text)
{
	char line[CODEC_LINE_MAX];
	FILE *f = open_memstream(&text->lines, &text->size);

	if (!f)
		die("memory", -ENOMEM);
	for (const struct event *e = (const struct event *)s->events; e; e = synthetic_next(s, e)) {
		int length = codec_encode(e, line, sizeof(line));

		if (length < 0)
			die("codec_encode", length);
		fwrite(line, 1, (size_t)length, f);
		fputc('\n', f);
		text->count++;
	}
	if (fclose(f))
		die("memory", -ENOMEM);
}

/* Seconds for one pass of the lines. */
static double run_text(const struct text *text)
{
	struct model *model = new_model();
	struct codec_skips skips = {0};
	const char *line = text->lines;
	double start = now_s(), end;
	union event_buf event;
	struct err err = {0};

	while (line < text->lines + text->size) {
		size_t length = strcspn(line, "\n");
		int ret = codec_decode(line, length, &event, &skips, &err);

		if (ret != 1) {
			fprintf(stderr, "decode: %.*s: %s\n", (int)length, line, err.text);
			exit(1);
		}
		apply(model, (const struct event *)&event);
		line += length + 1;
	}
	end = now_s();
	model_free(model);
	return end - start;
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? atof(argv[1]) : 0, binary_s = 0, text_s = 0;
	unsigned long binary = 0, texts = 0;
	struct text text = {0};
	struct synthetic s;
	int err;

	if (seconds <= 0) {
		fprintf(stderr, "usage: decode SECONDS\n");
		return 2;
	}
	err = synthetic_init(&s, CAPTURE_S);
	if (err)
		die("events", err);
	encode_all(&s, &text);
	run_binary(&s); /* warm up */
	while (binary_s < seconds) {
		binary_s += run_binary(&s);
		binary += s.count;
	}
	while (text_s < seconds) {
		text_s += run_text(&text);
		texts += text.count;
	}
	printf("binary-per-s %.0f text-per-s %.0f events %lu text-bytes %zu\n",
	       (double)binary / binary_s, (double)texts / text_s, s.count, text.size);
	free(text.lines);
	free(s.events);
	return 0;
}
