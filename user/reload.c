/* SPDX-License-Identifier: BSD-2-Clause */
/* reload.c - SIGHUP reads the settings again; see reload.h. */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

struct reload {
	struct settings now;
	reload_read_fn read;
	const void *ctx;
	struct reload_state state;
};

struct reload *reload_new(const char *file, const struct settings *now, reload_read_fn read,
			  const void *ctx)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->now = *now;
	r->read = read;
	r->ctx = ctx;
	snprintf(r->state.file, sizeof(r->state.file), "%s", file);
	return r;
}

void reload_free(struct reload *reload)
{
	free(reload);
}

const struct reload_state *reload_state(const struct reload *reload)
{
	return reload ? &reload->state : NULL;
}

static int put_in_force(const struct reload *r, const struct settings *next,
			struct outputs *outputs, struct source *source, struct keeper *keeper,
			struct err *err)
{
	struct sink *sinks[OUTPUTS_MAX];
	unsigned int n = 0;
	int code = keeper_check(&next->keeper, err);

	if (code == 0)
		code = sinks_change(&r->now.sinks, &next->sinks, outputs, sinks, &n, err);
	if (code < 0)
		return code;
	if (source->ops->configure(source, next->list, next->n) < 0)
		code = err_set(err, -ENOMEM, "out of memory");
	if (code == 0)
		code = outputs_replace(outputs, sinks, n, err);
	if (code < 0) {
		outputs_close_others(outputs, sinks, n);
		source->ops->configure(source, r->now.list, r->now.n);
		return code;
	}
	keeper_configure(keeper, &next->keeper);
	return 0;
}

void reload_run(struct reload *reload, struct outputs *outputs, struct source *source,
		struct keeper *keeper, __u64 now_ns)
{
	struct reload_state *state = &reload->state;
	char restart[sizeof(state->restart)] = "";
	struct settings next;
	struct err err = {0};
	int code = reload->read(reload->ctx, &next, &err);

	if (code == 0) {
		settings_keep_fixed(&reload->now, &next, restart, sizeof(restart));
		code = put_in_force(reload, &next, outputs, source, keeper, &err);
	}
	state->failed = code < 0;
	if (code < 0) {
		snprintf(state->wrong, sizeof(state->wrong), "%s", err.text);
		log_error("settings not changed: %s", err.text);
		return;
	}
	reload->now = next;
	state->good_ns = now_ns;
	memcpy(state->restart, restart, sizeof(restart));
	if (restart[0])
		log_warn("%s is in force, but for what needs a restart: %s", state->file, restart);
	else
		log_info("%s is in force", state->file);
}
