/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.h - gives up what is not needed once everything is attached: capabilities, new privileges, system calls.
 *
 * What stays, and what for, are the two tables of rights.c.
 */
#ifndef CULPRIT_RIGHTS_H
#define CULPRIT_RIGHTS_H

#include <stdbool.h>

#include "err.h"

enum rights_of {
	RIGHTS_DAEMON = 1,   /* and the children that it starts */
	RIGHTS_PROGRAM = 2,  /* it may also start smartctl */
	RIGHTS_WRITER = 4,   /* the children behind the sinks */
	RIGHTS_SMARTCTL = 8, /* smartctl, and what it starts */
	RIGHTS_SYMBOLS = 16, /* who reads the binaries of others: reads files, and nothing else */
};

/*
 * For this process and all that it starts, for good. `of`: one or more of the above. What it did not have it does not
 * get. 0, or a negative errno with err set: then some may be given up, and some not.
 */
int rights_confine(unsigned int of, struct err *err);

#endif
