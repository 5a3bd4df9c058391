/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h - the child behind a queue: takes one line after the other, and waits where its outlet waits.
 *
 * A disk that hangs, a reader that sleeps and a socket that is gone hold up the child and nothing else. It holds
 * one line, tries it once a second until it is out, and says so. It ends when its socket closes, and with its parent.
 */
#ifndef CULPRIT_WRITER_H
#define CULPRIT_WRITER_H

#include <linux/types.h>
#include <sys/types.h>

#include "sink/outlet.h"

/* To the child: a line's text, or this: open the outlet anew, which it hears also while it is in trouble. */
#define WRITER_REOPEN "R"

/* How it ends when the outlet's reader went away for good. */
#define WRITER_PEER_GONE 32

enum writer_what {
	WRITER_TROUBLE, /* with its line: it is still at it */
	WRITER_TOOK,	/* its line: it is out; `code`: and yet something is to be told */
	WRITER_OPENED,	/* or could not, by `code` */
};

/* From the child: first one about the opening, then one for each message, and at most one about trouble before that
 * of a line. */
struct writer_reply {
	__s32 code; /* 0, or the negative errno of what went wrong */
	__u32 what; /* enum writer_what */
	char text[160];
};

/* The child's whole life; fd: its end of a SOCK_SEQPACKET pair; parent: who started it. Does not return. */
void writer_run(int fd, pid_t parent, struct outlet *outlet) __attribute__((noreturn));

#endif
