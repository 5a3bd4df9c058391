/* SPDX-License-Identifier: BSD-2-Clause */
/* live_net.c - what this host's own side of the network turns away; see live_net.h. */
#include "source/live_net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/live_host.h"
#include "source/net_text.h"
#include "source/netlink.h"
#include "small_file.h"
#include "source/sockdiag.h"

/* So many looks at the sockets after the last time that a counter grew. */
#define SUSPECT_LOOKS 5
/* Namespaces whose sockets are looked at in one tick. */
#define SUSPECTS_MAX 4
/* Some milliseconds of a walk over /proc/PID/fd. */
#define LINKS_A_TICK 4000
/* Sockets that drop, told in one look. */
#define TOLD_MAX 32
/* The netstat of 6.18 has 4.6 KB. */
#define TEXT_MAX 16384
/* A line of 153 bytes for each of the 8,192 processors that there may be. */
#define CPUS_TEXT_MAX 1310720
#define STEPS	      64
/* After so many looks in a row that failed the kernel has no such module, and is not asked again. */
#define REFUSED_MAX 10
/* What changes slowly, or matters only near its limit, is read at each so many looks: 0.1 ms of the 0.24. */
#define LOOKS_PER_GAUGE 4

struct stack {
	__u32 inum;		   /* key */
	__u32 pid;		   /* a process in it; 0 = our own */
	unsigned int listen_looks; /* that are left */
	unsigned int udp_looks;
	struct unread_watch unread;
	bool unread_due; /* in this tick */
	bool known;
	unsigned int looks;
	struct event_net_stack told;
};

struct socket_told {
	__u64 inode; /* key */
	bool grown;  /* it dropped something while we looked */
	struct event_socket_queue told;
};

void live_net_init(struct live_net *net, const char *root, bool off)
{
	memset(net, 0, sizeof(*net));
	snprintf(net->root, sizeof(net->root), "%s", root);
	net->off = off;
	net->diag_fd = -1;
	id_table_init(&net->stacks, sizeof(__u32), sizeof(struct stack), LIVE_STACKS_MAX);
	id_table_init(&net->sockets, sizeof(__u64), sizeof(struct socket_told), LIVE_SOCKETS_MAX);
	live_unread_init(&net->unread);
}

void live_net_done(struct live_net *net)
{
	if (net->diag_fd >= 0)
		close(net->diag_fd);
	net->diag_fd = -1;
	socket_owners_done(&net->owners);
	id_table_done(&net->stacks);
	id_table_done(&net->sockets);
	live_unread_done(&net->unread);
}

int live_net_account(const struct live_net *net, struct emit *emit)
{
	return emit_table(emit, "source.sockets", LIVE_SOCKETS_MAX, net->sockets.used,
			  net->sockets.dropped);
}

/* ---- counters ---- */

static bool read_net(const struct live_net *net, const struct stack *stack, const char *name,
		     char *text, size_t size)
{
	char path[128];

	if (stack->pid)
		snprintf(path, sizeof(path), "%s/proc/%u/net/%s", net->root, stack->pid, name);
	else
		snprintf(path, sizeof(path), "%s/proc/self/net/%s", net->root, name);
	return small_file_read(AT_FDCWD, path, text, size) > 0;
}

static void read_gauges(const struct live_net *net, const struct stack *stack, char *text,
			struct event_net_stack *event)
{
	char path[128];
	__u64 value;

	if (stack->known && stack->looks % LOOKS_PER_GAUGE) {
		event->tcp_inuse = stack->told.tcp_inuse;
		event->time_wait = stack->told.time_wait;
		event->port_low = stack->told.port_low;
		event->port_high = stack->told.port_high;
		return;
	}
	if (read_net(net, stack, "sockstat", text, TEXT_MAX)) {
		if (net_gauge(text, "TCP", "inuse", &value))
			event->tcp_inuse = (__u32)value;
		if (net_gauge(text, "TCP", "tw", &value))
			event->time_wait = (__u32)value;
	}
	/* Of our own namespace only: /proc/sys/net is the reader's. */
	if (!stack->pid) {
		snprintf(path, sizeof(path), "%s/proc/sys/net/ipv4/ip_local_port_range", net->root);
		small_file_text(AT_FDCWD, path, text, TEXT_MAX);
		net_port_range(text, &event->port_low, &event->port_high);
	}
}

/* Those that came late (TCPReqQFull*: 2.6.37, TCPRetransFail after it) and those of IPv6 may be missing: 0 then. */
static bool read_counters(const struct live_net *net, struct stack *stack,
			  struct event_net_stack *event)
{
	char text[TEXT_MAX];
	__u64 more, closed, opened;

	event->netns = stack->inum;
	if (!read_net(net, stack, "netstat", text, sizeof(text)) ||
	    !net_counter(text, "TcpExt", "ListenOverflows", &event->listen_overflows) ||
	    !net_counter(text, "TcpExt", "ListenDrops", &event->listen_drops))
		return false;
	if (net_counter(text, "TcpExt", "TCPToZeroWindowAdv", &closed) &&
	    net_counter(text, "TcpExt", "TCPFromZeroWindowAdv", &opened))
		unread_watch_count(&stack->unread, closed, opened);
	net_counter(text, "TcpExt", "TCPReqQFullDrop", &event->syn_drops);
	net_counter(text, "TcpExt", "TCPReqQFullDoCookies", &event->syn_cookies);
	net_counter(text, "TcpExt", "TCPRetransFail", &event->send_fails);
	if (!read_net(net, stack, "snmp", text, sizeof(text)) ||
	    !net_counter(text, "Tcp", "PassiveOpens", &event->accepted) ||
	    !net_counter(text, "Udp", "InDatagrams", &event->udp_in) ||
	    !net_counter(text, "Udp", "RcvbufErrors", &event->udp_drops))
		return false;
	net_counter(text, "Ip", "OutNoRoutes", &event->no_routes);
	if (read_net(net, stack, "snmp6", text, sizeof(text))) {
		event->udp_in += net_counter6(text, "Udp6InDatagrams", &more) ? more : 0;
		event->udp_drops += net_counter6(text, "Udp6RcvbufErrors", &more) ? more : 0;
		event->no_routes += net_counter6(text, "Ip6OutNoRoutes", &more) ? more : 0;
	}
	read_gauges(net, stack, text, event);
	return true;
}

/* The process by which we looked may be gone, and its number another's. */
static bool is_same_namespace(const struct live_net *net, const struct stack *stack)
{
	char path[128], link[64], want[64];

	if (!stack->pid)
		return true;
	snprintf(path, sizeof(path), "%s/proc/%u/ns/net", net->root, stack->pid);
	snprintf(want, sizeof(want), "net:[%u]", stack->inum);
	return small_file_link(AT_FDCWD, path, link, sizeof(link)) && strcmp(link, want) == 0;
}

static int look_stack(struct live_net *net, struct stack *stack, struct emit *emit)
{
	struct event_net_stack event = {0};
	const struct event_net_stack *told = &stack->told;

	if (!is_same_namespace(net, stack) || !read_counters(net, stack, &event))
		return 0;
	stack->looks++;
	stack->unread_due = unread_watch_due(&stack->unread, event.tcp_inuse);
	stack->listen_looks -= stack->listen_looks > 0;
	stack->udp_looks -= stack->udp_looks > 0;
	if (stack->known && event.listen_drops > told->listen_drops)
		stack->listen_looks = SUSPECT_LOOKS;
	if (stack->known && event.udp_drops > told->udp_drops)
		stack->udp_looks = SUSPECT_LOOKS;
	if (stack->known && memcmp(&event, told, sizeof(event)) == 0)
		return 0;
	stack->known = true;
	stack->told = event;
	return EMIT(emit, EVENT_NET_STACK, &event);
}

/* ---- sockets that drop ---- */

struct look {
	struct live_net *net;
	const struct stack *stack;
	struct emit *emit;
	unsigned int told;
};

static bool is_full(const struct event_socket_queue *socket)
{
	/* sk_acceptq_is_full(): more than the backlog wait. */
	return socket->proto == FD_TCP ? socket->queued > socket->limit
				       : socket->queued >= socket->limit;
}

static int on_socket(void *ctx, const struct event_socket_queue *socket)
{
	struct look *look = ctx;
	struct event_socket_queue event = *socket;
	struct socket_told *seen;
	bool is_new;

	if (!socket->inode || (!socket->drops && !is_full(socket)) || look->told == TOLD_MAX)
		return 0;
	/* Full of sockets that are gone: begin anew. */
	if (look->net->sockets.used == LIVE_SOCKETS_MAX &&
	    !id_table_find(&look->net->sockets, &socket->inode))
		id_table_clear(&look->net->sockets);
	seen = id_table_add(&look->net->sockets, &socket->inode, &is_new);
	if (!seen)
		return 0;
	/* A number that was given again. */
	is_new |= socket->drops < seen->told.drops;
	event.netns = look->stack->inum;
	if (is_new) {
		seen->grown = false;
	} else {
		/* What it dropped before we looked is its past, and of no interest until it grows. */
		seen->grown |= event.drops > seen->told.drops;
		event.flags = seen->told.flags;
		event.pid = seen->told.pid;
		event.start_ns = seen->told.start_ns;
		memcpy(event.comm, seen->told.comm, sizeof(event.comm));
	}
	if (seen->grown && !(event.flags & SOCKET_SOUGHT) &&
	    socket_owner_tell(&look->net->owners, event.inode, &event.pid, &event.start_ns,
			      event.comm))
		event.flags |= SOCKET_SOUGHT;
	if (!is_new && memcmp(&event, &seen->told, sizeof(event)) == 0)
		return 0;
	seen->told = event;
	look->told++;
	return EMIT(look->emit, EVENT_SOCKET_QUEUE, &event);
}

static int diag_fd(struct live_net *net, struct probes *probes, const struct stack *stack)
{
	int fd;

	if (!stack->pid) {
		if (net->diag_fd < 0)
			net->diag_fd = sockdiag_open();
		return net->diag_fd;
	}
	fd = probes ? probes_netns_netlink(probes, stack->inum, NETLINK_SOCK_DIAG) : -ENOENT;
	if (fd >= 0)
		netlink_patience(fd);
	return fd;
}

/* What the kernel cannot tell is left out: the counters say that something was dropped. */
static int read_sockets(struct live_net *net, int fd, __u8 proto, struct look *look)
{
	unsigned int *refused = &net->refused[proto == FD_UDP];

	if (*refused >= REFUSED_MAX)
		return 0;
	*refused = sockdiag_read(fd, proto, on_socket, look) < 0 ? *refused + 1 : 0;
	return look->emit->failed;
}

static int look_sockets(struct live_net *net, struct probes *probes, struct stack *stack,
			struct emit *emit)
{
	struct look look = {.net = net, .stack = stack, .emit = emit};
	int fd = diag_fd(net, probes, stack);

	if (fd == -ENOTRECOVERABLE)
		return fd;
	if (fd < 0)
		return 0;
	/* What could not be read is not judged; only what could not be told ends the run. */
	if (stack->listen_looks)
		read_sockets(net, fd, FD_TCP, &look);
	if (stack->udp_looks && !emit->failed)
		read_sockets(net, fd, FD_UDP, &look);
	if (stack->unread_due && !emit->failed)
		live_unread_look(&net->unread, &stack->unread, fd, stack->inum, &net->owners, emit);
	if (fd != net->diag_fd)
		close(fd);
	return emit->failed;
}

/* ---- connection tracking ---- */

static bool read_conntrack(const struct live_net *net, struct event_conntrack *event)
{
	char path[128], *text;
	size_t length;

	snprintf(path, sizeof(path), "%s/proc/sys/net/netfilter/nf_conntrack_max", net->root);
	event->limit = small_file_u64(AT_FDCWD, path);
	if (!event->limit)
		return false;
	snprintf(path, sizeof(path), "%s/proc/sys/net/netfilter/nf_conntrack_count", net->root);
	event->entries = small_file_u64(AT_FDCWD, path);
	snprintf(path, sizeof(path), "%s/proc/self/net/stat/nf_conntrack", net->root);
	text = whole_file_read(path, CPUS_TEXT_MAX, &length);
	if (text && net_conntrack_drops(text, &event->drops, &event->early_drops))
		event->flags = CONNTRACK_COUNTED;
	free(text);
	return true;
}

static int look_conntrack(struct live_net *net, struct emit *emit)
{
	const struct event_conntrack *told = &net->conntrack;
	struct event_conntrack event = {0};
	bool far = told->limit && told->entries < told->limit / 2;
	__u64 moved;

	/* A table that is less than half full takes seconds to fill. */
	if ((far && net->looks % LOOKS_PER_GAUGE) || !read_conntrack(net, &event))
		return 0;
	moved = event.entries > told->entries ? event.entries - told->entries
					      : told->entries - event.entries;
	if (event.limit == told->limit && event.drops == told->drops &&
	    event.early_drops == told->early_drops && moved <= event.limit / STEPS)
		return 0;
	net->conntrack = event;
	return EMIT(emit, EVENT_CONNTRACK, &event);
}

/* ---- a tick ---- */

int live_net_report(struct live_net *net, struct emit *emit)
{
	struct event_probe event = {.name = "host.stack", .state = PROBE_ACTIVE};
	struct event_net_stack counters = {0};
	struct stack own = {0};

	snprintf(event.via, sizeof(event.via), "/proc/net/netstat, snmp; sock_diag");
	if (net->off || !read_counters(net, &own, &counters)) {
		event.state = PROBE_UNAVAILABLE;
		event.via[0] = '\0';
		snprintf(event.reason, sizeof(event.reason), "%s",
			 net->off ? "forced off" : "/proc/net/netstat or snmp cannot be read");
	}
	return EMIT(emit, EVENT_PROBE, &event);
}

static struct stack *stack_of(struct live_net *net, __u32 inum, __u32 pid)
{
	struct stack *stack;
	bool is_new;

	/* Full of namespaces that are gone: begin anew. */
	if (net->stacks.used == LIVE_STACKS_MAX && !id_table_find(&net->stacks, &inum))
		id_table_clear(&net->stacks);
	stack = id_table_add(&net->stacks, &inum, &is_new);
	if (stack)
		stack->pid = pid;
	return stack;
}

/* Do its sockets have to be looked at? */
static bool is_suspected(const struct stack *stack)
{
	return stack->listen_looks || stack->udp_looks || stack->unread.looks;
}

static int look_at(struct live_net *net, struct probes *probes, struct stack *stack,
		   struct emit *emit)
{
	int code = look_stack(net, stack, emit);

	if (code == 0 && (stack->listen_looks || stack->udp_looks || stack->unread_due))
		code = look_sockets(net, probes, stack, emit);
	return code;
}

/* Those that are suspected, and one of the others in turn. */
static int look_at_others(struct live_net *net, struct probes *probes, struct emit *emit)
{
	unsigned int inum, pid, suspects = 0, n = 0;
	int code = 0;

	for (; code == 0 && probes_netns(probes, n, &inum, &pid); n++) {
		struct stack *stack = stack_of(net, inum, pid);
		bool suspected = stack && is_suspected(stack);

		if (stack && (n == net->next || (suspected && suspects++ < SUSPECTS_MAX)))
			code = look_at(net, probes, stack, emit);
	}
	net->next = net->next + 1 < n ? net->next + 1 : 0;
	return code;
}

int live_net_poll(struct live_net *net, struct probes *probes, struct emit *emit)
{
	struct stack *own;
	int code;

	if (net->off)
		return 0;
	net->looks++;
	own = stack_of(net, live_own_netns(), 0);
	code = own ? look_at(net, probes, own, emit) : 0;
	if (code == 0 && probes)
		code = look_at_others(net, probes, emit);
	if (code == 0)
		code = look_conntrack(net, emit);
	if (code == 0)
		socket_owners_step(&net->owners, net->root, LINKS_A_TICK);
	return code;
}
