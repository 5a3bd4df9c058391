/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.c - tells the service manager how it goes; see notify.h. */
#include "notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The watchdog is ours unless it names another process (sd_watchdog_enabled(3)). */
static __u64 watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void notify_init(struct notify *notify)
{
	*notify = (struct notify){.fd = connect_to(getenv("NOTIFY_SOCKET")),
				  .watchdog_ns = watchdog_ns()};
	/* What we start is not the service. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

/* False: a manager that does not listen now is told again. */
static bool tell(const struct notify *notify, const char *text)
{
	size_t len = strlen(text);

	return notify->fd >= 0 && send(notify->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

void notify_progress(struct notify *notify, __u64 ticks, const char *status)
{
	char text[MESSAGE_LEN + 16];

	if (notify->fd < 0)
		return;
	if (!notify->ready)
		notify->ready = tell(notify, "READY=1");
	if (notify->watchdog_ns && ticks != notify->ticks && tell(notify, "WATCHDOG=1"))
		notify->ticks = ticks;
	if (!status || strcmp(status, notify->status) == 0)
		return;
	snprintf(text, sizeof(text), "STATUS=%s", status);
	/* A name out of the system is in it: no newline of its may become another variable. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = '?';
	if (tell(notify, text))
		snprintf(notify->status, sizeof(notify->status), "%s", status);
}

void notify_stopping(struct notify *notify)
{
	tell(notify, "STOPPING=1");
}

void notify_done(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}
