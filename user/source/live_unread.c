/* SPDX-License-Identifier: BSD-2-Clause */
/* live_unread.c - connections whose receive buffer is full of what nobody reads; see live_unread.h. */
#include "source/live_unread.h"

#include <string.h>

#include "source/sockdiag.h"

/* So many looks after the last time that a window was closed. */
#define WATCH_LOOKS 5
/* A list of so many connections takes some 8 ms: with twice as many it is made each other tick. */
#define CONNECTIONS_A_TICK 4096
/* Of several hundred full ones the first are told. */
#define TOLD_MAX 32
/* The owner is looked for once nothing was taken for so long: most pauses are shorter. */
#define SOUGHT_MS 2000

struct told {
	__u64 inode; /* key */
	struct event_socket_unread event;
	bool seen; /* at this look */
};

struct look {
	struct live_unread *unread;
	struct socket_owners *owners;
	struct emit *emit;
	__u32 netns;
	unsigned int full;
};

void live_unread_init(struct live_unread *unread)
{
	id_table_init(&unread->told, sizeof(__u64), sizeof(struct told), LIVE_UNREAD_MAX);
}

void live_unread_done(struct live_unread *unread)
{
	id_table_done(&unread->told);
}

void unread_watch_count(struct unread_watch *watch, __u64 closed, __u64 opened)
{
	/* The first time: a window that is closed since before has been counted long ago. */
	if (watch->known ? closed > watch->closed : closed > opened)
		watch->looks = WATCH_LOOKS;
	watch->closed = closed;
	watch->known = true;
}

bool unread_watch_due(struct unread_watch *watch, __u32 tcp_inuse)
{
	if (!watch->looks)
		return false;
	if (watch->skip) {
		watch->skip--;
		return false;
	}
	watch->skip = tcp_inuse / CONNECTIONS_A_TICK;
	watch->looks--;
	return true;
}

/*
 * The window is closed when less than a sixteenth of the buffer is free (__tcp_select_window()); large packets that
 * do not fit any more leave up to a quarter.
 */
static bool is_full(const struct event_socket_unread *socket)
{
	return socket->unread && socket->limit &&
	       socket->memory >= socket->limit - socket->limit / 4;
}

static int on_connection(void *ctx, const struct event_socket_unread *socket)
{
	struct look *look = ctx;
	struct event_socket_unread event = *socket;
	struct told *told;
	bool is_new;

	if (!socket->inode || !is_full(socket) || look->full == TOLD_MAX)
		return 0;
	told = id_table_add(&look->unread->told, &socket->inode, &is_new);
	if (!told) /* full, of others that are */
		return 0;
	look->full++;
	if (!is_new) {
		event.flags = told->event.flags;
		event.pid = told->event.pid;
		event.start_ns = told->event.start_ns;
		memcpy(event.comm, told->event.comm, sizeof(event.comm));
	}
	event.netns = look->netns;
	if (event.wait_ms >= SOUGHT_MS && !(event.flags & SOCKET_SOUGHT) &&
	    socket_owner_tell(look->owners, event.inode, &event.pid, &event.start_ns, event.comm))
		event.flags |= SOCKET_SOUGHT;
	told->event = event;
	told->seen = true;
	return EMIT(look->emit, EVENT_SOCKET_UNREAD, &event);
}

/* Of this namespace, and not full any more: read, or closed. */
static int tell_over(struct look *look)
{
	struct id_table *table = &look->unread->told;
	unsigned int i = 0;
	int code = 0;

	while (code == 0 && i < table->used) {
		struct told *told = id_table_at(table, i);
		struct event_socket_unread event = told->event;

		if (told->event.netns != look->netns || told->seen) {
			told->seen = false;
			i++;
			continue;
		}
		event.flags |= SOCKET_OVER;
		event.unread = event.memory = event.wait_ms = 0;
		id_table_remove_at(table, i);
		code = EMIT(look->emit, EVENT_SOCKET_UNREAD, &event);
	}
	return code;
}

int live_unread_look(struct live_unread *unread, struct unread_watch *watch, int fd, __u32 netns,
		     struct socket_owners *owners, struct emit *emit)
{
	struct look look = {.unread = unread, .owners = owners, .emit = emit, .netns = netns};
	int code = sockdiag_connections(fd, on_connection, &look);

	if (emit->failed)
		return emit->failed;
	if (look.full)
		watch->looks = WATCH_LOOKS;
	return code < 0 ? 0 : tell_over(&look);
}
