/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reload.h - SIGHUP: the settings are read again, and those that can be are put in force, all of them or none.
 */
#ifndef CULPRIT_RELOAD_H
#define CULPRIT_RELOAD_H

#include "outputs.h"
#include "reload_state.h"
#include "settings.h"

struct reload;

/* Reads what is asked for now, as at the start: 0, or a negative errno with err set. */
typedef int (*reload_read_fn)(const void *ctx, struct settings *ret, struct err *err);

/* `now`: what is in force, copied. NULL: out of memory or descriptors. */
struct reload *reload_new(const char *file, const struct settings *now, reload_read_fn read,
			  const void *ctx);
/* NULL is fine. One that is under way must have been cancelled. */
void reload_free(struct reload *reload);

/* What the settings are for; the engine's. */
struct reload_to {
	struct outputs *outputs;
	struct source *source;
	struct keeper *keeper;
	__u64 now_ns;
};

/*
 * Reads, and puts in force what can be without a restart. New sinks are opened first, while all else goes on, for
 * two seconds at most: the outcome comes by reload_dispatch() then. Where the file is wrong or one of them cannot
 * be opened, all stays as it was. The outcome is logged, and is the state; true: there is one now. One that is
 * under way is given up for the new one.
 */
bool reload_start(struct reload *reload, const struct reload_to *to);
/* For the loop: readable when one that is under way may have come to its end. */
int reload_fd(const struct reload *reload);
bool reload_dispatch(struct reload *reload, const struct reload_to *to);
/* Gives up one that is under way: all stays as it was. */
void reload_cancel(struct reload *reload, const struct outputs *outputs);

/* NULL for NULL. */
const struct reload_state *reload_state(const struct reload *reload);

/*
 * What a running daemon cannot change: of each such key `next` gets the value that `now` has, so that it says what
 * is in force. Their names as the file has them, "tick_s, socket", in ret_names; empty where none differs.
 */
void settings_keep_fixed(const struct settings *now, struct settings *next, char *ret_names,
			 size_t size);

#endif
