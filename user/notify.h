/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.h - tells the service manager how it goes, by the protocol of sd_notify(3): a datagram to $NOTIFY_SOCKET.
 *
 * The protocol is a stable and documented one of systemd's, and four lines of text: no library is linked for it.
 * Nothing is told where nobody asked.
 */
#ifndef CULPRIT_NOTIFY_H
#define CULPRIT_NOTIFY_H

#include <stdbool.h>

#include <linux/types.h>

#include "finding/finding.h"

struct notify {
	int fd; /* -1: nobody wants to know */
	bool ready;
	__u64 watchdog_ns; /* 0: no watchdog */
	__u64 ticks;	   /* of the last one fed */
	char status[MESSAGE_LEN];
};

/* Looks at the environment: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
void notify_init(struct notify *notify);

/* After each evaluation. The first one is READY=1. The watchdog is fed when `ticks` has moved: that is when
 * all rings were drained and a whole snapshot went through model and rules, and not by a loop that merely turns.
 * `status` is told when it has changed; NULL: nothing yet. */
void notify_progress(struct notify *notify, __u64 ticks, const char *status);

/* It was asked to end. */
void notify_stopping(struct notify *notify);

void notify_done(struct notify *notify);

#endif
