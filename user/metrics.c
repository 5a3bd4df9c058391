/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.c - the metrics over HTTP, or as a file; see metrics.h. */
#include "metrics.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY	       "libmicrohttpd.so.12"
#define CONNECTIONS    8U
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

/* ---- the address ---- */

static int parse_port(const char *text, in_port_t *ret)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || port == 0 || port > 65535)
		return -EINVAL;
	*ret = htons((in_port_t)port);
	return 0;
}

static int parse_address(const char *text, struct sockaddr_storage *ret, struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	const char *colon = strrchr(text, ':');
	char host[64];
	size_t len = colon ? (size_t)(colon - text) : 0;
	in_port_t port;

	memset(ret, 0, sizeof(*ret));
	snprintf(host, sizeof(host), "%.*s", (int)(len < sizeof(host) ? len : 0), text);
	if (len == 0)
		snprintf(host, sizeof(host), "127.0.0.1");
	if (parse_port(colon ? colon + 1 : text, &port) < 0)
		goto wrong;
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1)
			return 0;
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
			return 0;
	}
wrong:
	return err_set(err, -EINVAL, "'%.60s' is neither PORT, ADDRESS:PORT nor [ADDRESS]:PORT",
		       text);
}

int metrics_check(const char *address, struct err *err)
{
	struct sockaddr_storage parsed;

	return parse_address(address, &parsed, err);
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
	int code = parse_address(address, &at, err);

	if (code < 0)
		return code;
	errno = 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): load() has set it, by its address */
	m->daemon = m->mhd.start(
		MHD_USE_EPOLL | (at.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0), 0, NULL, NULL,
		on_request, m, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEM, MHD_OPTION_END);
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

/* ---- the file ---- */

int metrics_write_file(const char *path, metrics_print_fn print, void *ctx, struct err *err)
{
	char half[600];
	FILE *out = NULL;
	int fd, code = 0;

	/* One name: what a writer that was killed left behind does not add up, and nothing is written through a link. */
	snprintf(half, sizeof(half), "%s.new", path);
	unlink(half);
	fd = open(half, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, -errno, "cannot write beside %s: %s", path, strerror(errno));
	/* Another user's program is meant to read it. */
	if (fchmod(fd, 0644) == 0)
		out = fdopen(fd, "w");
	if (!out) {
		code = -errno;
		close(fd);
	} else {
		print(ctx, out);
		if (fclose(out) != 0)
			code = -errno;
	}
	if (code == 0 && rename(half, path) < 0)
		code = -errno;
	if (code < 0) {
		unlink(half);
		return err_set(err, code, "cannot write %s: %s", path, strerror(-code));
	}
	return 0;
}
