/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jsonl.c - JSON lines to stdout or a file, at once: for a trace, which may wait for its reader.
 *
 * Lines that were lost are counted, and told by a gap line as soon as writing works again. A daemon's lines go
 * through queue.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"
#include "sink.h"

/* How long a reader of a non-blocking pipe may let us wait for room. */
#define STALL_MS 5000

struct jsonl {
	struct sink sink;
	char *path; /* NULL: stdout */
	struct outfile file;
	__u64 lost_from; /* the lines lost in a row; 0 = none */
	__u64 lost_to;
	int lost_code; /* why the first of them was lost */
};

static int put_line(struct jsonl *j, const struct line *line)
{
	size_t len = 0;
	char *text;
	int ret;

	ret = json_line(line, &text, &len);
	if (ret < 0)
		return ret;
	ret = outfile_put(&j->file, text, len);
	free(text);
	return ret;
}

static int put_gap(struct jsonl *j, const struct line *next)
{
	size_t len = 0;
	char *text;
	int ret;

	ret = json_lost_lines(next->model, next->time_ns, j->lost_from, j->lost_to,
			      strerror(-j->lost_code), &text, &len);
	if (ret < 0)
		return ret;
	ret = outfile_put(&j->file, text, len);
	free(text);
	if (ret == 0)
		j->lost_from = 0;
	return ret;
}

static int jsonl_write(struct sink *sink, const struct line *line, struct err *err)
{
	struct jsonl *j = (struct jsonl *)sink;
	int ret = 0;

	if (j->lost_from)
		ret = put_gap(j, line);
	if (ret == 0)
		ret = put_line(j, line);
	if (ret == 0)
		return 0;
	if (ret == -EPIPE)
		return err_set(err, ret, "%s: the reader went away", outfile_name(&j->file));
	j->lost_to = line->seq;
	if (j->lost_from)
		return 0;
	j->lost_from = line->seq;
	j->lost_code = ret;
	return err_set(err, ret, "%s: %s; lines are lost from number %llu on",
		       outfile_name(&j->file), ret == -EBADF ? "closed" : strerror(-ret),
		       (unsigned long long)line->seq);
}

static int jsonl_reopen(struct sink *sink, struct err *err)
{
	return outfile_reopen(&((struct jsonl *)sink)->file, err);
}

static int jsonl_close(struct sink *sink, struct err *err)
{
	struct jsonl *j = (struct jsonl *)sink;
	int code, ret = 0;

	if (!j)
		return 0;
	if (j->lost_from)
		ret = err_set(err, j->lost_code, "%s: lines %llu to %llu are lost: %s",
			      outfile_name(&j->file), (unsigned long long)j->lost_from,
			      (unsigned long long)j->lost_to, strerror(-j->lost_code));
	code = outfile_close(&j->file);
	if (code < 0 && ret == 0)
		ret = err_set(err, code, "%s: %s", outfile_name(&j->file), strerror(-code));
	free(j->path);
	free(j);
	return ret;
}

static const struct sink_ops jsonl_ops = {
	.name = "jsonl",
	.write = jsonl_write,
	.reopen = jsonl_reopen,
	.close = jsonl_close,
};

int sink_jsonl_new(const char *path, struct sink **ret_sink, struct err *err)
{
	struct jsonl *j = calloc(1, sizeof(*j));
	int ret = 0;

	if (!j)
		return err_set(err, -ENOMEM, "out of memory");
	j->sink.ops = &jsonl_ops;
	if (path) {
		j->path = strdup(path);
		if (!j->path)
			ret = err_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0)
		ret = outfile_open(&j->file, j->path, STALL_MS, err);
	if (ret < 0) {
		free(j->path);
		free(j);
		return ret;
	}
	*ret_sink = &j->sink;
	return 0;
}
