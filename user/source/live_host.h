/* SPDX-License-Identifier: BSD-2-Clause */
/* live_host.h - which host, boot and run this is. */
#ifndef CULPRIT_SOURCE_LIVE_HOST_H
#define CULPRIT_SOURCE_LIVE_HOST_H

#include <culprit/event.h>

/* Fills in all but the header. What cannot be found out stays empty or 0. */
void live_host_read(struct event_host *host, enum run_mode mode);

/* Inode of our own network namespace; 0 when unknown. */
__u32 live_own_netns(void);

/* A UUID of version 7 (RFC 9562, 5.7) as text: sorts by time, random else. */
void uuid7_text(char text[37], __u64 unix_ms, const unsigned char random[10]);

#endif
