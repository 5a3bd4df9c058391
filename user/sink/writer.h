/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h - the child behind a queue: takes one line after the other, and waits where its outlet waits.
 *
 * A disk that hangs, a reader that sleeps and a socket that is gone hold up the child and nothing else. It holds
 * one line, tries it once a second until it is out, and says so. It ends when its socket closes.
 */
#ifndef CULPRIT_WRITER_H
#define CULPRIT_WRITER_H

#include <linux/types.h>

#include "sink/outlet.h"

/* To the child: a line's text, or this: open the outlet anew. */
#define WRITER_REOPEN "R"

/* How it ends when the outlet's reader went away for good. */
#define WRITER_PEER_GONE 32

/* From the child: first one about the opening, then one for each message that was taken, and at most one about
 * trouble before it. */
struct writer_reply {
	__s32 code;  /* 0, or the negative errno of what went wrong */
	__u32 taken; /* 0: trouble; it is still at it */
	char text[160];
};

/* The child's whole life; fd: its end of a SOCK_SEQPACKET pair. Does not return. */
void writer_run(int fd, struct outlet *outlet) __attribute__((noreturn));

#endif
