/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - culprit status and dump: they will ask the running daemon; its socket is not there
 * yet. */
#include <errno.h>

#include "command.h"

static int control_run(const struct options *o, struct err *err)
{
	(void)o;
	return err_set(err, -ENOTSUP,
		       "this version has no control socket, so a running daemon cannot be asked; "
		       "read its lines (stdout, or daemon --output FILE)");
}

const struct command command_status = {
	.name = "status",
	.summary = "ask the running daemon (not in this version)",
	.run = control_run,
};

const struct command command_dump = {
	.name = "dump",
	.operand = "FILE",
	.option_mask = OPTION_BIT(OPTION_LAST),
	.summary = "save the daemon's flight recorder (not in this version)",
	.run = control_run,
};
