/* SPDX-License-Identifier: BSD-2-Clause */
/* reload_state.h - what became of the settings file when it was last read, for who asks and who reads the status
 * line. */
#ifndef CULPRIT_RELOAD_STATE_H
#define CULPRIT_RELOAD_STATE_H

#include <stdbool.h>

#include <linux/types.h>

struct reload_state {
	char file[432];
	bool opening; /* another is under way: new sinks are not open yet */
	bool failed;
	__u64 tried_ns;	 /* when it was last read, in event time; 0: at the start only */
	__u64 good_ns;	 /* when it was last good; 0: at the start */
	char wrong[384]; /* why it failed */
	char restart
		[256]; /* what was changed and waits for a restart: "tick_s, socket"; empty: nothing */
};

#endif
