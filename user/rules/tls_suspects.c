/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_suspects.c - whose TLS handshakes are looked at: programs with brief connections to one peer, again and again.
 *
 * A probe in a library costs whoever uses it a trap or two a handshake, and while it is there every read from a TCP
 * socket a look at who reads. So it is there for TLS_NAMES_AT_ONCE names at once, for LOOK_NS unless handshakes do
 * fail, and for the same name again only after REST_NS.
 */
#include <string.h>

#include "rules/subjects.h"
#include "rules/tls.h"

#define SECOND_NS 1000000000ULL
/* One that fails is tried again within a minute, mostly. */
#define LOOK_NS (90 * SECOND_NS)
#define REST_NS (600 * SECOND_NS)
/* Another process of a name that had no library, or was gone, may have one. */
#define OTHER_NS (20 * SECOND_NS)

/* So many brief connections, and half of those that ended lately. */
#define BRIEF_LEAST 3

/* Are its connections such that handshakes may fail on them? */
static bool is_suspect(const struct model *model, const struct peer *peer)
{
	__u64 brief = peer_window(peer, model_frame(model), PEER_BRIEF);

	return brief && peer->comm[0] && peer_total(peer, PEER_BRIEF) >= BRIEF_LEAST &&
	       2 * brief >= peer_window(peer, model_frame(model), PEER_CLOSED);
}

/* Did a handshake of such a program fail just now? */
static bool fails_lately(const struct model *model, const char comm[EVENT_COMM_LEN])
{
	const struct tls_end *end = NULL;

	while ((end = tls_next(model_tls(model), end)))
		if (tls_is_failure(end) && strncmp(end->comm, comm, EVENT_COMM_LEN) == 0 &&
		    end->last_ns + LOOK_NS > model_now(model))
			return true;
	return false;
}

static bool may_ask(const struct model *model, const struct peer *peer)
{
	const struct event_tls_armed *told = tls_armed(model_tls(model), peer->comm);
	__u64 ago_ns;

	if (!told)
		return true;
	ago_ns = model_now(model) - told->since_ns;
	switch (told->state) {
	case TLS_ARMED:
		return ago_ns < LOOK_NS || fails_lately(model, peer->comm);
	case TLS_NO_LIBRARY:
	case TLS_GONE:
		return ago_ns > REST_NS || (ago_ns > OTHER_NS && told->pid != peer->pid);
	default:
		return ago_ns > REST_NS;
	}
}

static bool is_armed(const struct model *model, const char comm[EVENT_COMM_LEN])
{
	const struct event_tls_armed *told = tls_armed(model_tls(model), comm);

	return told && told->state == TLS_ARMED;
}

static unsigned int count_armed(const struct model *model)
{
	const struct event_tls_armed *told;
	unsigned int n = 0;

	for (unsigned int i = 0; (told = tls_armed_at(model_tls(model), i)); i++)
		n += told->state == TLS_ARMED;
	return n;
}

void tls_ask(const struct model *model, const struct judgement *judgement)
{
	unsigned int room = TLS_NAMES_AT_ONCE, armed = count_armed(model);
	const struct peer *peer = NULL;
	__u32 pid = asked_pid(model);

	if (!judgement->ask)
		return;
	room = room > armed ? room - armed : 0;
	while ((peer = peers_next(model_peers(model), peer))) {
		struct ask ask = {.what = ASK_TLS, .pid = peer->pid, .start_ns = peer->start_ns};
		bool again = is_armed(model, peer->comm);

		if ((pid && pid != peer->pid) || (!again && !room) || !is_suspect(model, peer) ||
		    !may_ask(model, peer))
			continue;
		room -= !again;
		ask.until_ns = asked_until(model);
		memcpy(ask.comm, peer->comm, sizeof(ask.comm));
		judgement->ask(judgement->ctx, &ask);
	}
}
