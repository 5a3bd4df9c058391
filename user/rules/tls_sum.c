/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_sum.c - all handshakes with one peer together; see tls.h. */
#include <string.h>

#include "rules/tls.h"

bool tls_is_failure(const struct tls_end *end)
{
	return end->key.outcome == TLS_FAILED || end->key.outcome == TLS_LATE;
}

static bool is_more(const struct tls_end *end, const struct tls_end *than,
		    const struct frame *frame)
{
	return !than || tls_window(end, frame) > tls_window(than, frame);
}

static void add_failure(struct tls_sum *s, const struct tls_end *end, const struct frame *frame)
{
	__u64 n = tls_window(end, frame);

	if (!n)
		return;
	s->failed += n;
	if (end->key.outcome == TLS_LATE && end->key.reason >= TLS_REASON_ALERT)
		s->late += n;
	if (!s->first_ns || end->first_ns < s->first_ns)
		s->first_ns = end->first_ns;
	if (end->last_ns > s->last_ns) {
		s->last_ns = end->last_ns;
		s->latest = end;
	}
	if (is_more(end, s->most, frame))
		s->most = end;
}

void tls_sum_up(struct tls_sum *s, const struct model *model, const struct peer_key *key)
{
	const struct frame *frame = model_frame(model);
	const struct tls_end *end = NULL;
	__u64 done_first_ns = 0;

	memset(s, 0, sizeof(*s));
	s->key = *key;
	while ((end = tls_next(model_tls(model), end))) {
		if (memcmp(&end->key.peer, key, sizeof(*key)) != 0)
			continue;
		if (tls_is_failure(end)) {
			add_failure(s, end, frame);
		} else if (end->key.outcome == TLS_DONE) {
			s->done += tls_window(end, frame);
			if (end->last_ns > s->done_ns)
				s->done_ns = end->last_ns;
			if (!done_first_ns || end->first_ns < done_first_ns)
				done_first_ns = end->first_ns;
		} else if (end->key.outcome == TLS_DETAIL && is_more(end, s->alert, frame)) {
			s->alert = end;
		}
	}
	s->done = s->done > s->late ? s->done - s->late : 0;
	if (!s->done)
		s->done_ns = 0;
	s->worked = s->done && done_first_ns && done_first_ns < s->first_ns;
	if (!s->most)
		return;
	s->reason =
		tls_reason_of((__u8)s->most->key.library, s->most->key.reason, s->most->key.detail);
	s->named = s->most;
	if (s->alert && s->reason.vague && s->reason.refuser == TLS_PEER_REFUSES) {
		s->named = s->alert;
		s->reason = tls_reason_of(TLS_GNUTLS, s->alert->key.reason, 0);
	}
}
