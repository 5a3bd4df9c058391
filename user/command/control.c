/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - culprit status and culprit dump: ask the running daemon by its control socket. */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "source/gzip_end.h"
#include "source/source.h"

static int ask(const struct options *o, const char *request, int *ret_fd, struct err *err)
{
	struct settings settings;
	int ret = settings_from(o, &settings, err);

	if (ret < 0)
		return ret;
	if (!settings.keeper.socket[0])
		return err_set(err, -ENOTSUP, "%s says socket = none: that daemon cannot be asked",
			       o->config);
	return control_ask(settings.keeper.socket, request, ret_fd, err);
}

/* Copies all that comes; *ret_bytes says how much. `end` sees it too; NULL: nobody does. */
static int copy(int from, int to, const char *name, struct gzip_end *end,
		unsigned long long *ret_bytes, struct err *err)
{
	char buf[16384];
	ssize_t n, done, w;

	for (*ret_bytes = 0;; *ret_bytes += (unsigned long long)n) {
		n = read(from, buf, sizeof(buf));
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0)
			return err_set(err, -errno, "the daemon stopped answering: %s",
				       strerror(errno));
		if (n == 0)
			return 0;
		if (end)
			gzip_end_feed(end, buf, (size_t)n);
		for (done = 0; done < n; done += w) {
			w = write(to, buf + done, (size_t)(n - done));
			if (w < 0 && errno == EINTR)
				w = 0;
			else if (w <= 0)
				return err_set(err, -errno, "cannot write %s: %s", name,
					       strerror(errno));
		}
	}
}

static int status_run(const struct options *o, struct err *err)
{
	unsigned long long bytes = 0;
	int fd = -1, ret;

	ret = ask(o, o->json ? "status json" : "status", &fd, err);
	if (ret < 0)
		return ret;
	ret = copy(fd, STDOUT_FILENO, "stdout", NULL, &bytes, err);
	close(fd);
	return ret < 0 ? ret : EXIT_RAN;
}

/* The daemon's child may be killed, or find no memory: the answer ends, and only its contents say too soon. */
static int save(int from, const char *path, unsigned long long *ret_bytes, struct err *err)
{
	struct gzip_end *end = gzip_end_new();
	int to, ret;

	if (!end)
		return err_set(err, -ENOMEM, "out of memory");
	to = recorder_open(path, err);
	ret = to < 0 ? to : copy(from, to, path, end, ret_bytes, err);
	if (to >= 0 && close(to) < 0 && ret == 0)
		ret = err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	if (ret == 0 && !gzip_end_reached(end))
		ret = err_set(
			err, -EPIPE,
			"%s is cut off: the daemon's answer ended too soon; ask again, or for less (--last)",
			path);
	gzip_end_free(end);
	return ret;
}

static int dump_run(const struct options *o, struct err *err)
{
	unsigned long long bytes = 0;
	char request[CONTROL_REQUEST_MAX];
	int fd = -1, ret;

	snprintf(request, sizeof(request), "dump %llu",
		 (o->last_ns + 999999999ULL) / 1000000000ULL);
	ret = ask(o, request, &fd, err);
	if (ret < 0)
		return ret;
	ret = save(fd, o->operand, &bytes, err);
	close(fd);
	if (ret == 0)
		printf("%s: %llu bytes; culprit replay %s judges it again\n", o->operand, bytes,
		       o->operand);
	return ret < 0 ? ret : EXIT_RAN;
}

const struct command command_status = {
	.name = "status",
	.option_mask = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_CONFIG),
	.summary = "ask the running daemon: its last verdict and open findings",
	.details =
		"Prints the report as it would be now, and what became of the settings file when\n"
		"it was last read; with --json each open finding, the status and the verdict as\n"
		"lines. Root, the daemon's own user and the socket's group may ask.\n"
		"-c FILE: the daemon's settings, where they move its socket.\n",
	.run = status_run,
};

const struct command command_dump = {
	.name = "dump",
	.operand = "FILE",
	.option_mask = OPTION_BIT(OPTION_LAST) | OPTION_BIT(OPTION_CONFIG),
	.summary = "save the running daemon's flight recorder as a capture",
	.details = "The last minutes (flight_minutes in its settings) of all that it saw, or the\n"
		   "last TIME of them, for culprit replay. FILE is readable for its owner only.\n",
	.run = dump_run,
};
