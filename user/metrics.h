/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metrics.h - gives the metrics (sink/prometheus.h) to Prometheus: over HTTP, or as a file for node_exporter's
 * textfile collector.
 */
#ifndef CULPRIT_METRICS_H
#define CULPRIT_METRICS_H

#include <stdio.h>
#include <sys/socket.h>

#include "err.h"

struct metrics;

typedef void (*metrics_print_fn)(void *ctx, FILE *out);

/* "9899", "127.0.0.1:9899", "[::1]:9899": without a host it is loopback. -EINVAL with a message. */
int metrics_parse(const char *address, struct sockaddr_storage *ret, struct err *err);
int metrics_check(const char *address, struct err *err);

/* Serves GET /metrics at the address, a few connections at a time. Errors: -EADDRINUSE and the like, -ENOENT
 * when libmicrohttpd is not installed: it is loaded here, for it brings 3 MB of a TLS library along, which nobody
 * else shall pay; -ENOTSUP in the static program. */
int metrics_new(const char *address, metrics_print_fn print, void *ctx,
		struct metrics **ret_metrics, struct err *err);

/* For the loop; metrics_dispatch() when it is readable, and now and then for who connects and says nothing. */
int metrics_fd(const struct metrics *metrics);
void metrics_dispatch(struct metrics *metrics);

/* NULL is fine. */
void metrics_free(struct metrics *metrics);

/* Writes them to the path, replacing it as a whole. May hang with the disk. -EINVAL, -ELOOP: what has that name is no regular
 * file, and stays. */
int metrics_write_file(const char *path, metrics_print_fn print, void *ctx, struct err *err);

#endif
