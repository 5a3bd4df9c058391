/* SPDX-License-Identifier: BSD-2-Clause */
/* window.c - what cumulative counters gained over the last window; see window.h. */
#include "model/window.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

__u64 window_slot_ns(__u64 window_ns)
{
	__u64 slot = window_ns / WINDOW_SLOTS;

	return slot ? slot : 1;
}

__u64 window_epoch(__u64 ns, __u64 window_ns)
{
	return ns / window_slot_ns(window_ns);
}

__u64 window_from_ns(__u64 now_ns, __u64 window_ns)
{
	__u64 epoch = window_epoch(now_ns, window_ns);

	return epoch < WINDOW_SLOTS ? 0 : (epoch - (WINDOW_SLOTS - 1)) * window_slot_ns(window_ns);
}

static void fill(struct window *window, const __u64 *now, unsigned int n, __u64 epoch)
{
	__u32 *slot = window->then + (size_t)(epoch % WINDOW_SLOTS) * n;

	for (unsigned int i = 0; i < n; i++)
		slot[i] = (__u32)now[i];
}

/* No event is so late as to come a whole window after what was judged. */
static bool is_of_others(const struct window *window, __u64 epoch)
{
	return window->epoch >= epoch + WINDOW_SLOTS;
}

int window_note(struct window *window, const __u64 *now, unsigned int n, __u64 epoch)
{
	if (!window->then) {
		window->then = calloc((size_t)WINDOW_SLOTS * n, sizeof(__u32));
		if (!window->then)
			return -ENOMEM;
		for (unsigned int i = 0; i < WINDOW_SLOTS; i++)
			fill(window, now, n, i);
		window->epoch = epoch;
	}
	/* The length was set to more: slots are counted anew, and what was kept is of others. */
	if (is_of_others(window, epoch)) {
		for (unsigned int i = 0; i < WINDOW_SLOTS; i++)
			fill(window, now, n, i);
		window->epoch = epoch;
	}
	if (epoch <= window->epoch)
		return 0;
	if (epoch - window->epoch > WINDOW_SLOTS)
		window->epoch = epoch - WINDOW_SLOTS;
	while (window->epoch < epoch)
		fill(window, now, n, ++window->epoch);
	return 0;
}

/* The gain since the start of slot `from`, at most WINDOW_SLOTS - 1 before the judged one. */
static __u64 gain_from(const struct window *window, const __u64 *now, unsigned int i,
		       unsigned int n, __u64 from)
{
	if (!window->then || from > window->epoch || is_of_others(window, from))
		return 0;
	return (__u32)now[i] - window->then[(size_t)(from % WINDOW_SLOTS) * n + i];
}

__u64 window_gain(const struct window *window, const __u64 *now, unsigned int i, unsigned int n,
		  __u64 epoch)
{
	__u64 oldest = epoch < WINDOW_SLOTS ? 0 : epoch - (WINDOW_SLOTS - 1);

	return gain_from(window, now, i, n, oldest);
}

__u64 window_gain_since(const struct window *window, const __u64 *now, unsigned int i,
			unsigned int n, __u64 now_ns, __u64 window_ns, __u64 since_ns)
{
	__u64 epoch = window_epoch(now_ns, window_ns), slot = window_slot_ns(window_ns);
	__u64 oldest = epoch < WINDOW_SLOTS ? 0 : epoch - (WINDOW_SLOTS - 1);
	__u64 from = since_ns / slot + 1;

	if (from > epoch)
		return 0;
	return gain_from(window, now, i, n, from < oldest ? oldest : from);
}

void window_done(struct window *window)
{
	free(window->then);
	window->then = NULL;
}
