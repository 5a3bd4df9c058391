/* SPDX-License-Identifier: BSD-2-Clause */
/* host_text.h - what /proc says of the host as a whole (proc(5), Documentation/accounting/psi.rst). No I/O. */
#ifndef CULPRIT_SOURCE_HOST_TEXT_H
#define CULPRIT_SOURCE_HOST_TEXT_H

#include <stdbool.h>

#include <culprit/event.h>

/* Each: false when it is no such text; then nothing is changed. What is too large to be true is cut off at the
 * largest number that the field holds. */

/* /proc/loadavg: load1_centi, running (everyone's), tasks. */
bool loadavg_parse(const char *text, struct event_host_load *load);
/* /proc/meminfo: mem_total, mem_available, swap_total, swap_free. */
bool meminfo_parse(const char *text, struct event_host_load *load);
/* /proc/pressure/X: the total of its lines "some" and "full"; 0 for a line that is not there. */
bool pressure_parse(const char *text, __u64 *ret_some_us, __u64 *ret_full_us);
/* The first line of /proc/stat. */
bool stat_cpu_parse(const char *text, long ticks_per_s, struct event_host_cpu *cpu);

#endif
