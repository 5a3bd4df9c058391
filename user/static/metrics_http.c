/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics_http.c - no metrics over HTTP: libmicrohttpd needs a TLS library that cannot be linked statically. */
#include "metrics.h"

#include <errno.h>
#include <stddef.h>

int metrics_new(const char *address, metrics_print_fn print, void *ctx,
		struct metrics **ret_metrics, struct err *err)
{
	(void)print, (void)ctx, (void)ret_metrics;
	return err_set(err, -ENOTSUP,
		       "no metrics at %s: not in this build (static); metrics_file = has them",
		       address);
}

int metrics_fd(const struct metrics *metrics)
{
	(void)metrics;
	return -1;
}

void metrics_dispatch(struct metrics *metrics)
{
	(void)metrics;
}

void metrics_free(struct metrics *metrics)
{
	(void)metrics;
}
