/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics_http.c - the metrics over HTTP; see metrics.h. */
#include "metrics.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY	    "libmicrohttpd.so.12"
#define CONNECTIONS 8U
/* One that came and went before it was accepted keeps its place until it is idle too long: what may wait is as little. */
#define BACKLOG	       CONNECTIONS
#define IDLE_S	       5U
#define CONNECTION_MEM 16384U
#define CONTENT_TYPE   "text/plain; version=0.0.4; charset=utf-8"

/* What is used of the library. */
struct library {
	void *handle;
	__typeof__(MHD_start_daemon) *start;
	__typeof__(MHD_stop_daemon) *stop;
	__typeof__(MHD_get_daemon_info) *info;
	__typeof__(MHD_run) *run;
	__typeof__(MHD_create_response_from_buffer) *response;
	__typeof__(MHD_add_response_header) *header;
	__typeof__(MHD_queue_response) *queue;
	__typeof__(MHD_destroy_response) *destroy;
};

struct metrics {
	struct library mhd;
	struct MHD_Daemon *daemon;
	int fd;
	metrics_print_fn print;
	void *ctx;
};

/* ---- the library ---- */

static int load(struct library *lib, struct err *err)
{
	const struct {
		const char *name;
		void *at;
	} wanted[] = {
		{"MHD_start_daemon", &lib->start},
		{"MHD_stop_daemon", &lib->stop},
		{"MHD_get_daemon_info", &lib->info},
		{"MHD_run", &lib->run},
		{"MHD_create_response_from_buffer", &lib->response},
		{"MHD_add_response_header", &lib->header},
		{"MHD_queue_response", &lib->queue},
		{"MHD_destroy_response", &lib->destroy},
	};

	lib->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		return err_set(err, -ENOENT, "metrics need %s: install libmicrohttpd12", LIBRARY);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *symbol = dlsym(lib->handle, wanted[i].name);

		if (!symbol)
			return err_set(err, -ENOENT, "%s has no %s", LIBRARY, wanted[i].name);
		memcpy(wanted[i].at, &symbol, sizeof(symbol));
	}
	return 0;
}

/* ---- serving ---- */

static enum MHD_Result respond(struct metrics *m, struct MHD_Connection *connection,
			       unsigned int status, char *text, size_t len)
{
	struct MHD_Response *response = m->mhd.response(len, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(text);
		return MHD_NO;
	}
	m->mhd.header(response, "Content-Type", CONTENT_TYPE);
	result = m->mhd.queue(connection, status, response);
	m->mhd.destroy(response);
	return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	struct metrics *m = ctx;
	bool right = strcmp(url, "/metrics") == 0;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	(void)version;
	(void)upload;
	/* A body is read and dropped: nothing that is sent here means anything. */
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (!*request) { /* the head: the body, if any, is still to come */
		*request = m;
		return MHD_YES;
	}
	out = open_memstream(&text, &len);
	if (!out)
		return MHD_NO;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		fputs("only GET\n", out);
		fclose(out);
		return respond(m, connection, 405, text, len);
	}
	if (right)
		m->print(m->ctx, out);
	else
		fputs("see /metrics\n", out);
	if (fclose(out) != 0) {
		free(text);
		return MHD_NO;
	}
	return respond(m, connection, right ? 200 : 404, text, len);
}

static int start(struct metrics *m, const char *address, struct err *err)
{
	const union MHD_DaemonInfo *info;
	struct sockaddr_storage at;
	int code = metrics_parse(address, &at, err);

	if (code < 0)
		return code;
	errno = 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): load() has set it, by its address */
	m->daemon = m->mhd.start(
		MHD_USE_EPOLL | (at.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0), 0, NULL, NULL,
		on_request, m, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEM, MHD_OPTION_END);
	if (!m->daemon) {
		code = errno ? -errno : -EADDRNOTAVAIL;
		return err_set(err, code, "cannot serve metrics at %s: %s", address,
			       strerror(-code));
	}
	info = m->mhd.info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return err_set(err, -ENOTSUP, "%s has no epoll", LIBRARY);
	m->fd = info->epoll_fd;
	return 0;
}

int metrics_new(const char *address, metrics_print_fn print, void *ctx,
		struct metrics **ret_metrics, struct err *err)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int code;

	if (!m)
		return err_set(err, -ENOMEM, "out of memory");
	m->print = print;
	m->ctx = ctx;
	m->fd = -1;
	code = load(&m->mhd, err);
	if (code == 0)
		code = start(m, address, err);
	if (code < 0) {
		metrics_free(m);
		return code;
	}
	*ret_metrics = m;
	return 0;
}

int metrics_fd(const struct metrics *metrics)
{
	return metrics->fd;
}

void metrics_dispatch(struct metrics *metrics)
{
	metrics->mhd.run(metrics->daemon);
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->daemon)
		metrics->mhd.stop(metrics->daemon);
	if (metrics->mhd.handle)
		dlclose(metrics->mhd.handle);
	free(metrics);
}
