/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answers.h - what who asks a daemon gets: culprit status, as the report and as lines, and culprit dump.
 */
#ifndef CULPRIT_ANSWERS_H
#define CULPRIT_ANSWERS_H

#include "keeper.h"

/*
 * One request ("status", "status json", "dump SECONDS"), answered to `fd`, which may wait as long as the peer does:
 * in a child. flight: NULL where there is no flight recorder. 0, or a negative errno with err set where it cannot
 * be answered; -EPIPE: the peer went away.
 */
int answers_give(const struct keeper_view *view, struct flight *flight, const char *request, int fd,
		 struct err *err);

#endif
