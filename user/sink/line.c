/* SPDX-License-Identifier: BSD-2-Clause */
/* line.c - what a line says for people where that is not its maker's to say; see sink.h. */
#include <stdio.h>
#include <string.h>

#include "reload_state.h"
#include "sink/sink.h"

void line_status(struct line *line, const struct model *model, const struct reload_state *settings)
{
	const struct event_probe *probe;
	unsigned int n = 0, active = 0;
	size_t at;

	for (; (probe = model_probe_at(model, n)); n++)
		active += probe->state != PROBE_UNAVAILABLE;
	line->type = LINE_STATUS;
	line->settings = settings;
	line->severity =
		active < n || (settings && settings->failed) ? SEVERITY_WARNING : SEVERITY_INFO;
	snprintf(line->message, sizeof(line->message), "%u of %u probes active", active, n);
	at = strlen(line->message);
	if (settings && settings->failed)
		snprintf(line->message + at, sizeof(line->message) - at,
			 "; settings not changed: %.*s", (int)(sizeof(line->message) - at - 26),
			 settings->wrong);
}
