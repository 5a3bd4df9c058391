/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * local.h - this host's own side of the network: what its stack turns away, by namespace and socket; its
 * connection-tracking table; its clock.
 */
#ifndef CULPRIT_LOCAL_H
#define CULPRIT_LOCAL_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"

#define GAINS_KEPT	  64
#define LOCAL_STACKS_MAX  64
#define LOCAL_SOCKETS_MAX 256
#define LOCAL_UNREAD_MAX  128
#define CLOCK_STEPS_KEPT  8
/* kernel/time/ntp.c, NTP_PHASE_LIMIT: the error bound of a clock that nobody corrects ends here; and a bit. */
#define CLOCK_LOST_US 15900000

/* When a counter grew, and by how much: the latest GAINS_KEPT looks that saw it do so. */
struct gains {
	struct {
		__u64 ts_ns;
		__u64 by;
	} at[GAINS_KEPT]; /* a ring: n % GAINS_KEPT is next */
	__u64 n;
};

/* What it gained in the window: over how many looks, and when. */
struct gained {
	__u64 sum;
	__u64 first; /* of these: at the first of the looks; since when it grew so is not known */
	__u64 late;  /* of these: in the later half of the time from first to last */
	unsigned int looks; /* 0: nothing; the times are 0 then */
	__u64 first_ns;
	__u64 last_ns;
};
void gains_window(const struct gains *gains, const struct frame *frame, struct gained *ret);

/* What it gained in the window, after that time. */
__u64 gains_after(const struct gains *gains, const struct frame *frame, __u64 after_ns);

/* One network namespace. */
struct net_stack {
	struct event_net_stack now;
	__u64 looks; /* events: it is told of when something moved */
	struct gains overflows;
	struct gains syn_drops;
	struct gains udp_drops;
	struct gains accepted;
	struct gains udp_in;
	struct gains send_fails;
	struct gains no_routes;
};

struct local_socket {
	struct event_socket_queue now;
	__u64 first_ns; /* of the first look: what it dropped before is not known in time */
	struct gains drops;
	__u32 most_queued;
};

/* A connection whose receive buffer is, or was, full of what nobody reads. */
struct local_unread {
	struct event_socket_unread now; /* the latest; SOCKET_OVER: it is read again, or closed */
	__u32 most_wait_ms;
	__u32 most_unread;
};

struct conntrack {
	struct event_conntrack now; /* limit 0: there is none */
	struct gains drops;
	struct gains early_drops;
	__u64 high_ns; /* since when it has been at nine tenths of its limit or more; 0: it is not */
	__u64 last_high_ns; /* the latest look that saw it so; 0: none did */
	__u64 last_near_ns; /* the same, at 98 in a hundred: one that is told as that may be full, see event_conntrack */
	__u64 most; /* entries */
};

struct local {
	struct table stacks;  /* struct net_stack by netns */
	struct table sockets; /* struct local_socket by inode */
	struct table unread;  /* struct local_unread by inode */
	struct conntrack conntrack;
	struct event_clock_state clock; /* the latest; all zero: never told */
	struct event_clock_state clock_first;
	__u64 synced_ns; /* when it was last seen to be in sync; 0 = never */
	struct event_clock_step step[CLOCK_STEPS_KEPT]; /* a ring */
	__u64 n_steps;
};

void local_init(struct local *local);
void local_done(struct local *local);
/* Takes EVENT_NET_STACK, EVENT_SOCKET_QUEUE, _UNREAD, EVENT_CONNTRACK, EVENT_CLOCK_STATE, _STEP. 0 or -ENOMEM. */
int local_apply(struct local *local, const struct event *event);

const struct net_stack *local_stack(const struct local *local, __u32 netns);
/* Was the table at nine tenths of its limit, or (near) at 98 in a hundred, now or at some time in the window? */
bool conntrack_was_high(const struct conntrack *ct, const struct frame *frame);
bool conntrack_was_near(const struct conntrack *ct, const struct frame *frame);
/* The next one, the first when NULL; NULL past the end. */
const struct net_stack *local_next_stack(const struct local *local, const struct net_stack *stack);
const struct local_socket *local_next_socket(const struct local *local,
					     const struct local_socket *socket);
const struct local_unread *local_next_unread(const struct local *local,
					     const struct local_unread *unread);
/* Does somebody correct it? Not by STA_UNSYNC alone: chrony leaves that set where it is told not to keep the hardware
 * clock (no rtcsync), and sets the error bound. */
bool clock_is_kept(const struct event_clock_state *state);
/* The i-th latest step that is kept; NULL past the end. */
const struct event_clock_step *local_step(const struct local *local, unsigned int i);

#endif
