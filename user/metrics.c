/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.c - where the metrics are served, and the metrics as a file; see metrics.h. */
#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replaceable.h"

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

int metrics_parse(const char *address, struct sockaddr_storage *ret, struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	const char *colon = strrchr(address, ':');
	char host[64];
	size_t len = colon ? (size_t)(colon - address) : 0;
	in_port_t port;

	memset(ret, 0, sizeof(*ret));
	snprintf(host, sizeof(host), "%.*s", (int)(len < sizeof(host) ? len : 0), address);
	if (len == 0)
		snprintf(host, sizeof(host), "127.0.0.1");
	if (parse_port(colon ? colon + 1 : address, &port) < 0)
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
		       address);
}

int metrics_check(const char *address, struct err *err)
{
	struct sockaddr_storage parsed;

	return metrics_parse(address, &parsed, err);
}

/* ---- the file ---- */

int metrics_write_file(const char *path, metrics_print_fn print, void *ctx, struct err *err)
{
	char half[600];
	FILE *out = NULL;
	int fd, code = 0;

	if (replaceable(path, err) < 0)
		return err_prefix(err, "metrics");
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
