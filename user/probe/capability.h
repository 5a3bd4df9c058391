/* SPDX-License-Identifier: BSD-2-Clause */
/* capability.h - the rights that the probes need, checked before anything is tried. */
#ifndef CULPRIT_CAPABILITY_H
#define CULPRIT_CAPABILITY_H

#include "err.h"

/* 0 when this process may load and attach (a program of two instructions is loaded to see); else -EPERM or -EACCES,
 * naming what is missing. */
int capability_check(struct err *err);

#endif
