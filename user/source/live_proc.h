/* SPDX-License-Identifier: BSD-2-Clause */
/* live_proc.h - who a process is, and what we ourselves cost. */
#ifndef CULPRIT_SOURCE_LIVE_PROC_H
#define CULPRIT_SOURCE_LIVE_PROC_H

#include <culprit/event.h>

/* Fills in all but the header. -ESRCH when there is no process `pid` that started then
 * (start_boottime, ns; it is checked before and after, so what is told is of one process); else 0,
 * and what cannot be read stays empty. */
int live_proc_read(__u32 pid, __u64 start_ns, struct event_proc *ret_proc);

/* CPU time and memory of this process; the rest of the event is not touched. */
void live_self_read(struct event_self *self);

#endif
