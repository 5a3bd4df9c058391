/* SPDX-License-Identifier: BSD-2-Clause */
/* scans.h - the breakdowns of one process's descriptors, over time. */
#ifndef CULPRIT_SCANS_H
#define CULPRIT_SCANS_H

#include "model/process.h"

/* A group of the breakdown that is under way; another scan number begins a new one. */
void scans_group(struct fd_scans *scans, const struct event_fd_group *event);
/* The breakdown is complete. When SCANS_KEPT are there already one goes, so that those that
 * stay are spread over up to 20 minutes. */
void scans_end(struct fd_scans *scans, const struct event_fd_scan *event);
/* When the latest one was complete; 0 when none is. */
__u64 scans_last_ns(const struct fd_scans *scans);

#endif
