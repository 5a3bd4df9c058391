/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.h - how the TLS handshakes of armed programs end, by peer and reason; and whose are, or were, looked at. */
#ifndef CULPRIT_MODEL_TLS_H
#define CULPRIT_MODEL_TLS_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"
#include "model/window.h"

#define TLS_OUTCOMES_KEPT 512
#define TLS_NAMES_KEPT	  32
/* What counts as now: programs that cannot connect try again after a minute or so at most. */
#define TLS_WINDOW_NS (300ULL * 1000000000ULL)

struct tls_key {
	struct peer_key peer;
	__s32 reason;
	__u32 detail;
	__u32 library;
	__u32 outcome; /* enum tls_outcome */
};

/* So many ended in one way. */
struct tls_end {
	struct tls_key key;
	__u64 count;
	struct window window;
	__u64 first_ns;
	__u64 last_ns;
	__u64 start_ns; /* of the latest process */
	__u32 pid;
	char comm[EVENT_COMM_LEN];
};

struct tls {
	struct table ends;			      /* struct tls_end by struct tls_key */
	struct event_tls_armed armed[TLS_NAMES_KEPT]; /* the latest of each name; the oldest goes */
	unsigned int n_armed;
};

void tls_init(struct tls *tls);
void tls_done(struct tls *tls);
/* Takes EVENT_TLS_ARMED and _OUTCOME. 0 or -ENOMEM. */
int tls_apply(struct tls *tls, const struct frame *frame, const struct event *event);

/* The next one, the first when end is NULL; NULL past the end. */
const struct tls_end *tls_next(const struct tls *tls, const struct tls_end *end);
/* What its count gained over TLS_WINDOW_NS; what came before this host was looked at is none. */
__u64 tls_window(const struct tls_end *end, const struct frame *frame);
/* What became of programs of that name; NULL: they were never asked about. */
const struct event_tls_armed *tls_armed(const struct tls *tls, const char comm[EVENT_COMM_LEN]);
/* The i-th name; NULL past the end. */
const struct event_tls_armed *tls_armed_at(const struct tls *tls, unsigned int i);

#endif
