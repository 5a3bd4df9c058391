/* SPDX-License-Identifier: BSD-2-Clause */
/* local.c - this host's own side of the network; see local.h. */
#include "model/local.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

/* linux/timex.h */
#define STA_UNSYNC 0x40

static void note(struct gains *gains, __u64 ts_ns, __u64 before, __u64 now)
{
	/* Smaller: the namespace or socket is another one by now. */
	if (now <= before)
		return;
	gains->at[gains->n % GAINS_KEPT].ts_ns = ts_ns;
	gains->at[gains->n++ % GAINS_KEPT].by = now - before;
}

void gains_window(const struct gains *gains, const struct frame *frame, struct gained *ret)
{
	__u64 from_ns = frame->now_ns > frame->window_ns ? frame->now_ns - frame->window_ns : 0;
	__u64 oldest = gains->n < GAINS_KEPT ? 0 : gains->n - GAINS_KEPT, half_ns;

	*ret = (struct gained){0};
	if (!gains->n || gains->at[(gains->n - 1) % GAINS_KEPT].ts_ns <= from_ns)
		return;
	for (__u64 i = oldest; i < gains->n; i++) {
		__u64 ts_ns = gains->at[i % GAINS_KEPT].ts_ns;

		if (ts_ns <= from_ns)
			continue;
		if (!ret->looks++) {
			ret->first_ns = ts_ns;
			ret->first = gains->at[i % GAINS_KEPT].by;
		}
		ret->last_ns = ts_ns;
		ret->sum += gains->at[i % GAINS_KEPT].by;
	}
	half_ns = ret->first_ns + (ret->last_ns - ret->first_ns) / 2;
	for (__u64 i = oldest; i < gains->n; i++)
		if (gains->at[i % GAINS_KEPT].ts_ns > half_ns)
			ret->late += gains->at[i % GAINS_KEPT].by;
}

__u64 gains_after(const struct gains *gains, const struct frame *frame, __u64 after_ns)
{
	__u64 from_ns = frame->now_ns > frame->window_ns ? frame->now_ns - frame->window_ns : 0;
	__u64 sum = 0;

	if (after_ns > from_ns)
		from_ns = after_ns;
	for (__u64 i = gains->n < GAINS_KEPT ? 0 : gains->n - GAINS_KEPT; i < gains->n; i++)
		if (gains->at[i % GAINS_KEPT].ts_ns > from_ns)
			sum += gains->at[i % GAINS_KEPT].by;
	return sum;
}

/* Both are counted from events only: what goes has been silent the longest. */
void local_init(struct local *local)
{
	memset(local, 0, sizeof(*local));
	table_init(&local->stacks, sizeof(__u32), sizeof(struct net_stack), LOCAL_STACKS_MAX);
	table_init(&local->sockets, sizeof(__u64), sizeof(struct local_socket), LOCAL_SOCKETS_MAX);
	table_init(&local->unread, sizeof(__u64), sizeof(struct local_unread), LOCAL_UNREAD_MAX);
}

void local_done(struct local *local)
{
	table_done(&local->stacks);
	table_done(&local->sockets);
	table_done(&local->unread);
}

/* The value of a key, made when it is not there (then *ret_new); NULL: out of memory. */
static void *value_of(struct table *table, const void *key, bool *ret_new)
{
	void *value = table_find(table, key);

	*ret_new = !value;
	if (!value)
		value = table_add(table, key);
	if (value)
		table_touch(table, value);
	return value;
}

static int apply_stack(struct local *local, const struct event_net_stack *event)
{
	__u64 ts_ns = event->h.ts_ns;
	struct net_stack *stack;
	bool is_new;

	stack = value_of(&local->stacks, &event->netns, &is_new);
	if (!stack)
		return -ENOMEM;
	if (!is_new) {
		const struct event_net_stack *was = &stack->now;

		note(&stack->overflows, ts_ns, was->listen_overflows, event->listen_overflows);
		note(&stack->syn_drops, ts_ns, was->syn_drops, event->syn_drops);
		note(&stack->udp_drops, ts_ns, was->udp_drops, event->udp_drops);
		note(&stack->accepted, ts_ns, was->accepted, event->accepted);
		note(&stack->udp_in, ts_ns, was->udp_in, event->udp_in);
		note(&stack->send_fails, ts_ns, was->send_fails, event->send_fails);
		note(&stack->no_routes, ts_ns, was->no_routes, event->no_routes);
	}
	stack->now = *event;
	stack->looks++;
	return 0;
}

static int apply_socket(struct local *local, const struct event_socket_queue *event)
{
	struct local_socket *socket;
	bool is_new;

	socket = value_of(&local->sockets, &event->inode, &is_new);
	if (!socket)
		return -ENOMEM;
	if (is_new)
		socket->first_ns = event->h.ts_ns;
	else
		note(&socket->drops, event->h.ts_ns, socket->now.drops, event->drops);
	socket->now = *event;
	copy_text(socket->now.comm, sizeof(socket->now.comm), event->comm, sizeof(event->comm));
	if (event->queued > socket->most_queued)
		socket->most_queued = event->queued;
	return 0;
}

static int apply_unread(struct local *local, const struct event_socket_unread *event)
{
	struct local_unread *unread;
	bool is_new;

	unread = value_of(&local->unread, &event->inode, &is_new);
	if (!unread)
		return -ENOMEM;
	if (unread->now.flags & SOCKET_OVER) /* it begins anew */
		unread->most_wait_ms = unread->most_unread = 0;
	unread->now = *event;
	copy_text(unread->now.comm, sizeof(unread->now.comm), event->comm, sizeof(event->comm));
	if (event->wait_ms > unread->most_wait_ms)
		unread->most_wait_ms = event->wait_ms;
	if (event->unread > unread->most_unread)
		unread->most_unread = event->unread;
	return 0;
}

#define HIGH_FREE 10 /* nine tenths are taken: one place of ten is free at most */
#define NEAR_FREE 50

/* Without a product that could overflow. */
static bool is_taken_but(const struct event_conntrack *event, __u64 one_in)
{
	return event->limit && event->entries >= event->limit - event->limit / one_in;
}

static void apply_conntrack(struct conntrack *ct, const struct event_conntrack *event)
{
	bool high = is_taken_but(event, HIGH_FREE);

	if (ct->now.limit && event->flags & ct->now.flags & CONNTRACK_COUNTED) {
		note(&ct->drops, event->h.ts_ns, ct->now.drops, event->drops);
		note(&ct->early_drops, event->h.ts_ns, ct->now.early_drops, event->early_drops);
	}
	if (!high)
		ct->high_ns = 0;
	else if (!ct->high_ns)
		ct->high_ns = event->h.ts_ns;
	if (high)
		ct->last_high_ns = event->h.ts_ns;
	if (is_taken_but(event, NEAR_FREE))
		ct->last_near_ns = event->h.ts_ns;
	if (event->entries > ct->most)
		ct->most = event->entries;
	ct->now = *event;
}

/* It is told of when it moves: what it was last stands. */
static bool was_so(const struct conntrack *ct, const struct frame *frame, __u64 last_ns)
{
	return last_ns &&
	       (last_ns == ct->now.h.ts_ns || last_ns + frame->window_ns > frame->now_ns);
}

bool conntrack_was_high(const struct conntrack *ct, const struct frame *frame)
{
	return was_so(ct, frame, ct->last_high_ns);
}

bool conntrack_was_near(const struct conntrack *ct, const struct frame *frame)
{
	return was_so(ct, frame, ct->last_near_ns);
}

bool clock_is_kept(const struct event_clock_state *state)
{
	return !(state->status & STA_UNSYNC) || state->max_error_us < CLOCK_LOST_US;
}

static void apply_clock(struct local *local, const struct event_clock_state *event)
{
	if (!local->clock.h.type)
		local->clock_first = *event;
	local->clock = *event;
	if (clock_is_kept(event))
		local->synced_ns = event->h.ts_ns;
}

int local_apply(struct local *local, const struct event *event)
{
	switch (event->type) {
	case EVENT_NET_STACK:
		return apply_stack(local, (const struct event_net_stack *)event);
	case EVENT_SOCKET_QUEUE:
		return apply_socket(local, (const struct event_socket_queue *)event);
	case EVENT_SOCKET_UNREAD:
		return apply_unread(local, (const struct event_socket_unread *)event);
	case EVENT_CONNTRACK:
		apply_conntrack(&local->conntrack, (const struct event_conntrack *)event);
		break;
	case EVENT_CLOCK_STATE:
		apply_clock(local, (const struct event_clock_state *)event);
		break;
	case EVENT_CLOCK_STEP:
		local->step[local->n_steps++ % CLOCK_STEPS_KEPT] =
			*(const struct event_clock_step *)event;
		break;
	default:
		break;
	}
	return 0;
}

/* ---- questions ---- */

const struct net_stack *local_stack(const struct local *local, __u32 netns)
{
	return table_find(&local->stacks, &netns);
}

const struct net_stack *local_next_stack(const struct local *local, const struct net_stack *stack)
{
	return table_next(&local->stacks, stack);
}

const struct local_socket *local_next_socket(const struct local *local,
					     const struct local_socket *socket)
{
	return table_next(&local->sockets, socket);
}

const struct local_unread *local_next_unread(const struct local *local,
					     const struct local_unread *unread)
{
	return table_next(&local->unread, unread);
}

const struct event_clock_step *local_step(const struct local *local, unsigned int i)
{
	if (i >= CLOCK_STEPS_KEPT || i >= local->n_steps)
		return NULL;
	return &local->step[(local->n_steps - 1 - i) % CLOCK_STEPS_KEPT];
}
