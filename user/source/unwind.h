/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind.h - a stack that was sampled in the kernel, in words: functions and lines.
 *
 * Parses the programs of others (ELF, DWARF), which may be damaged or made to do harm: only to be called in
 * the child of symbols.c, which has limits. Uses elfutils (libdw).
 */
#ifndef CULPRIT_SOURCE_UNWIND_H
#define CULPRIT_SOURCE_UNWIND_H

#include <stdbool.h>

#include <culprit/map_leak.h>

struct unwound {
	__u32 flags;  /* enum stack_flag */
	__u32 frames; /* found, those of the C library included */
	char text[168];
	char build_id[44]; /* of the first frame's file; hex */
};

/*
 * The stack as "f+0x41 (pool.c:118) < g+0x9c (api.c:77)", innermost first, without the C library's own
 * frames. lines: look for debug information too, which may take long. A frame without a symbol is
 * "file+0x1234". False when nothing could be found out, or the process runs another program by now.
 */
bool unwind(__u32 pid, const struct stack_sample *sample, bool lines, struct unwound *ret);

#endif
