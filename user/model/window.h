/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window.h - what cumulative counters gained over the last window.
 *
 * A window is 12 slots; for each the counters' values at its start are kept, so the window's gain
 * is now minus the value at the start of the oldest slot: exact, over 11 to 12 twelfths of the
 * window. Slots are filled when counters change, not as time passes: an idle counter costs nothing.
 * Values are kept in 32 bits, which is enough for the difference (modulo 2^32) of what one window
 * can gain.
 */
#ifndef CULPRIT_WINDOW_H
#define CULPRIT_WINDOW_H

#include <linux/types.h>

#define WINDOW_SLOTS 12

struct window {
	__u64 epoch; /* slot of the last change: time / slot length */
	__u32 *then; /* [WINDOW_SLOTS][n]; NULL until something changed */
};

/* How long a slot is. */
__u64 window_slot_ns(__u64 window_ns);
/* The slot that a time falls into. */
__u64 window_epoch(__u64 ns, __u64 window_ns);
/* The time at which the window that is judged at now_ns began. */
__u64 window_from_ns(__u64 now_ns, __u64 window_ns);

/* To be called before counters now[0..n) change in the slot `epoch`. 0 or -ENOMEM. */
int window_note(struct window *window, const __u64 *now, unsigned int n, __u64 epoch);

/* What counter i of n gained since the start of the window that is judged in slot `epoch`. */
__u64 window_gain(const struct window *window, const __u64 *now, unsigned int i, unsigned int n,
		  __u64 epoch);
/* The same since the start of the first slot that begins after since_ns; 0 when that slot has not
 * begun. Looks back one window at most. */
__u64 window_gain_since(const struct window *window, const __u64 *now, unsigned int i,
			unsigned int n, __u64 now_ns, __u64 window_ns, __u64 since_ns);

/* Frees the slots. */
void window_done(struct window *window);

#endif
