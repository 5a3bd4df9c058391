/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.c - how the TLS handshakes of armed programs end; see tls.h. */
#include "model/tls.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

static void release(void *ctx, void *value)
{
	(void)ctx;
	window_done(&((struct tls_end *)value)->window);
}

void tls_init(struct tls *tls)
{
	memset(tls, 0, sizeof(*tls));
	table_init(&tls->ends, sizeof(struct tls_key), sizeof(struct tls_end), TLS_OUTCOMES_KEPT);
	tls->ends.release = release;
}

void tls_done(struct tls *tls)
{
	table_done(&tls->ends);
}

/* The place of that name, else a free one, else that which was told of longest ago. */
static struct event_tls_armed *place(struct tls *tls, const char comm[EVENT_COMM_LEN])
{
	struct event_tls_armed *oldest = &tls->armed[0];

	for (unsigned int i = 0; i < tls->n_armed; i++) {
		if (strncmp(tls->armed[i].comm, comm, EVENT_COMM_LEN) == 0)
			return &tls->armed[i];
		if (tls->armed[i].h.ts_ns < oldest->h.ts_ns)
			oldest = &tls->armed[i];
	}
	return tls->n_armed < TLS_NAMES_KEPT ? &tls->armed[tls->n_armed++] : oldest;
}

static int apply_outcome(struct tls *tls, const struct frame *frame,
			 const struct event_tls_outcome *e)
{
	struct tls_key key;
	struct tls_end *end;

	memset(&key, 0, sizeof(key));
	key.peer = e->peer;
	key.peer.pad = 0;
	key.reason = e->reason;
	key.detail = e->detail;
	key.library = e->library;
	key.outcome = e->outcome;
	end = table_find(&tls->ends, &key);
	if (!end) {
		end = table_add(&tls->ends, &key);
		if (!end)
			return -ENOMEM;
		end->key = key;
		/* A recording that was begun later opens with what holds: that is from before. */
		if (!frame->start_ns)
			end->count = e->count;
		end->first_ns = e->last_ns;
	}
	table_touch(&tls->ends, end);
	if (window_note(&end->window, &end->count, 1, window_epoch(e->h.ts_ns, TLS_WINDOW_NS)) < 0)
		return -ENOMEM;
	end->count = e->count;
	end->last_ns = e->last_ns;
	end->start_ns = e->start_ns;
	end->pid = e->pid;
	copy_text(end->comm, sizeof(end->comm), e->comm, sizeof(e->comm));
	return 0;
}

int tls_apply(struct tls *tls, const struct frame *frame, const struct event *event)
{
	const struct event_tls_armed *armed = (const struct event_tls_armed *)event;
	struct event_tls_armed *to;

	switch (event->type) {
	case EVENT_TLS_ARMED:
		to = place(tls, armed->comm);
		*to = *armed;
		copy_text(to->comm, sizeof(to->comm), armed->comm, sizeof(armed->comm));
		return 0;
	case EVENT_TLS_OUTCOME:
		return apply_outcome(tls, frame, (const struct event_tls_outcome *)event);
	default:
		return 0;
	}
}

const struct tls_end *tls_next(const struct tls *tls, const struct tls_end *end)
{
	return table_next(&tls->ends, end);
}

__u64 tls_window(const struct tls_end *end, const struct frame *frame)
{
	return window_gain(&end->window, &end->count, 0, 1,
			   window_epoch(frame->now_ns, TLS_WINDOW_NS));
}

const struct event_tls_armed *tls_armed(const struct tls *tls, const char comm[EVENT_COMM_LEN])
{
	for (unsigned int i = 0; i < tls->n_armed; i++)
		if (strncmp(tls->armed[i].comm, comm, EVENT_COMM_LEN) == 0)
			return &tls->armed[i];
	return NULL;
}

const struct event_tls_armed *tls_armed_at(const struct tls *tls, unsigned int i)
{
	return i < tls->n_armed ? &tls->armed[i] : NULL;
}
