/* SPDX-License-Identifier: BSD-2-Clause */
/* io_max.h - the texts of a cgroup's io.max and io.pressure (cgroup-v2.rst). No I/O. */
#ifndef CULPRIT_SOURCE_IO_MAX_H
#define CULPRIT_SOURCE_IO_MAX_H

#include <stdbool.h>

#include <culprit/event.h>

/*
 * The next device's line of an io.max text ("8:0 rbps=max wbps=1048576 riops=max wiops=max"), from *at on,
 * which moves behind it: fills in dev and the limits ("max" is 0) of *limit, nothing else. False at the end;
 * lines that are none are passed over.
 */
bool io_max_next(const char **at, struct event_io_limit *limit);

/* The "total=" of the line "some" of io.pressure, us; ~0 when there is none. */
__u64 io_pressure_total(const char *text);

#endif
