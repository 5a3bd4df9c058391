/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_nics.c - the network interfaces; see live_nics.h.
 *
 * rtnetlink tells all of them once a tick, and each change as it comes. Where it is refused, /proc/net/dev has the
 * counters and the interface ioctls the state, but not what a link was like in between.
 */
#include "source/live_nics.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/live_host.h"
#include "source/netdev.h"
#include "source/netlink.h"
#include "source/rtlink.h"
#include "small_file.h"

#define TEXT_MAX (1U << 18) /* 512 lines of less than 300 bytes, and more */
/* Not of rtnetlink: looked up when the interface is new or its state changed. */
#define FACTS ((__u32)(NIC_VIRTUAL | NIC_ADDRESSED | NIC_WIRELESS))

struct live_nics {
	int fd;	       /* for the interface ioctls */
	int dump_fd;   /* negative: rtnetlink is refused */
	int change_fd; /* what the kernel tells by itself; negative: it is not told */
	__u32 seq;     /* of the latest dump */
	__u32 netns;
	bool off;     /* forced: no rtnetlink */
	bool changed; /* a link came or went since this was last asked for */
	unsigned int n;
	__u64 dropped;
	struct event_nic known[LIVE_NICS_MAX]; /* as told; the header is zero */
	bool here[LIVE_NICS_MAX];	       /* seen in this poll */
};

struct live_nics *live_nics_new(bool off)
{
	struct live_nics *nics = calloc(1, sizeof(*nics));

	if (!nics)
		return NULL;
	nics->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (nics->fd < 0)
		nics->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	nics->off = off;
	nics->dump_fd = off ? -ECANCELED : netlink_open(0);
	nics->change_fd = off ? -ECANCELED : netlink_open(RTMGRP_LINK);
	nics->netns = live_own_netns();
	return nics;
}

void live_nics_free(struct live_nics *nics)
{
	if (!nics)
		return;
	if (nics->fd >= 0)
		close(nics->fd);
	if (nics->dump_fd >= 0)
		close(nics->dump_fd);
	if (nics->change_fd >= 0)
		close(nics->change_fd);
	free(nics);
}

int live_nics_fd(const struct live_nics *nics)
{
	return nics->change_fd;
}

int live_nics_report(const struct live_nics *nics, struct emit *emit)
{
	struct event_probe event = {.name = "host.links", .state = PROBE_ACTIVE};
	int code = nics->dump_fd < 0 ? nics->dump_fd : nics->change_fd;

	snprintf(event.via, sizeof(event.via), "rtnetlink/RTNLGRP_LINK");
	if (code < 0) {
		event.state = PROBE_UNAVAILABLE;
		event.via[0] = '\0';
		if (nics->off)
			snprintf(event.reason, sizeof(event.reason), "forced off");
		else
			snprintf(event.reason, sizeof(event.reason), "rtnetlink: %s",
				 strerror(-code));
	}
	return EMIT(emit, EVENT_PROBE, &event);
}

int live_nics_account(const struct live_nics *nics, struct emit *emit)
{
	return emit_table(emit, "source.nics", LIVE_NICS_MAX, nics->n, nics->dropped);
}

static struct event_nic *find(struct live_nics *n, __u32 ifindex)
{
	for (unsigned int i = 0; i < n->n; i++)
		if (n->known[i].ifindex == ifindex)
			return &n->known[i];
	return NULL;
}

/* Index and state. False when the interface is gone. */
static bool read_state(const struct live_nics *n, struct event_nic *nic)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, nic->name, sizeof(nic->name));
	if (ioctl(n->fd, SIOCGIFINDEX, &request) < 0)
		return false;
	nic->ifindex = (__u32)request.ifr_ifindex;
	if (ioctl(n->fd, SIOCGIFFLAGS, &request) < 0)
		return false;
	if (request.ifr_flags & IFF_UP)
		nic->flags |= NIC_UP;
	if (request.ifr_flags & IFF_RUNNING)
		nic->flags |= NIC_RUNNING;
	if (request.ifr_flags & IFF_LOOPBACK)
		nic->flags |= NIC_LOOPBACK;
	return true;
}

/* "fe80... 02 40 20 80     eth0": address, index, length, scope (20: link-local), flags, name. Has it a wider scope? */
static bool inet6_line_is(const char *line, const char *name)
{
	unsigned long scope = 0x20;
	size_t length;

	for (int field = 0; field < 5; field++) {
		if (field == 3)
			scope = strtoul(line, NULL, 16);
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	length = strcspn(line, "\n");
	return !(scope & 0x20) && strlen(name) == length && strncmp(line, name, length) == 0;
}

/* An address of its own that others can reach: a container's end on the host has none, or a link-local one. */
static bool has_address(const struct live_nics *n, const struct event_nic *nic)
{
	struct ifreq request = {0};
	char *text, *line;
	bool found = false;
	size_t length;

	memcpy(request.ifr_name, nic->name, sizeof(nic->name));
	if (ioctl(n->fd, SIOCGIFADDR, &request) == 0) {
		const unsigned char *ip = (const unsigned char *)request.ifr_addr.sa_data + 2;

		if (!(ip[0] == 169 && ip[1] == 254))
			return true;
	}
	text = whole_file_read("/proc/net/if_inet6", TEXT_MAX, &length);
	for (line = text; line && *line && !found; line = strchr(line, '\n')) {
		line += *line == '\n';
		found = inet6_line_is(line, nic->name);
	}
	free(text);
	return found;
}

/* By ioctl, which sleeps until it is its turn. A read of /sys/class/net/NAME/speed does not: while somebody else
 * adds or removes interfaces the kernel has it begin again and again (rtnl_trylock(), restart_syscall()). */
static __u32 speed_of(const struct live_nics *n, const struct event_nic *nic)
{
	struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
	struct ifreq request = {.ifr_data = (void *)&command};
	__u32 speed;

	memcpy(request.ifr_name, nic->name, sizeof(nic->name));
	if (!(nic->flags & NIC_UP) || ioctl(n->fd, SIOCETHTOOL, &request))
		return 0;
	speed = (__u32)command.speed_hi << 16 | command.speed;
	return speed == (__u32)SPEED_UNKNOWN ? 0 : speed;
}

/* The end of a container's interface that stays on this side: it has no address of its own, and what its driver says of
 * its speed means nothing. Not to ask matters: each question waits until nobody changes interfaces, and these come and
 * go by the dozen. */
static bool is_containers(struct live_nics *n, const struct event_nic *nic)
{
	const struct event_nic *master = nic->master ? find(n, nic->master) : NULL;

	return nic->kind[0] && master && strncmp(master->kind, "bridge", sizeof(master->kind)) == 0;
}

/* What changes with the link, or never: read when the interface is new or its state changed. */
static void read_facts(struct live_nics *n, struct event_nic *nic)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/sys/class/net/%s", nic->name);
	small_file_link(AT_FDCWD, path, text, sizeof(text));
	if (strstr(text, "/devices/virtual/"))
		nic->flags |= NIC_VIRTUAL;
	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", nic->name);
	if (access(path, F_OK) == 0)
		nic->flags |= NIC_WIRELESS;
	if (is_containers(n, nic))
		return;
	nic->speed_mbps = speed_of(n, nic);
	if (has_address(n, nic))
		nic->flags |= NIC_ADDRESSED;
}

static int take(struct live_nics *n, struct event_nic *nic, struct emit *emit)
{
	struct event_nic *known, event;

	nic->netns = n->netns;
	known = find(n, nic->ifindex);
	if (known && ((known->flags ^ nic->flags) & ~FACTS) == 0 &&
	    memcmp(known->name, nic->name, sizeof(nic->name)) == 0) {
		nic->flags |= known->flags & FACTS;
		nic->speed_mbps = known->speed_mbps;
	} else {
		read_facts(n, nic);
		n->changed = true;
	}
	if (!known && n->n == LIVE_NICS_MAX) {
		n->dropped++;
		return 0;
	}
	if (!known) {
		known = &n->known[n->n++];
		memset(known, 0, sizeof(*known));
	}
	n->here[known - n->known] = true;
	if (memcmp(known, nic, sizeof(*nic)) == 0)
		return 0;
	*known = *nic;
	event = *nic;
	return EMIT(emit, EVENT_NIC, &event);
}

static int tell_gone(struct live_nics *n, struct event_nic *known, struct emit *emit)
{
	struct event_nic event = *known;

	event.flags |= NIC_GONE;
	n->changed = true;
	return EMIT(emit, EVENT_NIC, &event);
}

/* Containers make and remove interfaces all the time: what is gone leaves its place. */
static int forget_gone(struct live_nics *n, struct emit *emit)
{
	unsigned int kept = 0;
	int code = 0;

	for (unsigned int i = 0; i < n->n; i++) {
		if (n->here[i])
			n->known[kept++] = n->known[i];
		else if (code == 0)
			code = tell_gone(n, &n->known[i], emit);
	}
	n->n = kept;
	return code;
}

/* ---- rtnetlink ---- */

struct reading {
	struct live_nics *nics;
	struct emit *emit;
};

static int take_message(void *ctx, const void *message, size_t length)
{
	struct reading *r = ctx;
	struct event_nic nic = {0}, *known;
	const struct event_nic *before;

	switch (rtlink_parse(message, length, &nic)) {
	case RTLINK_NONE:
		break;
	case RTLINK_GONE:
		known = find(r->nics, nic.ifindex);
		if (!known)
			break;
		memset(r->nics->here, 1, sizeof(r->nics->here));
		r->nics->here[known - r->nics->known] = false;
		return forget_gone(r->nics, r->emit);
	case RTLINK_STATE:
		before = find(r->nics, nic.ifindex);
		if (!before)
			break; /* the next dump has its counters */
		nic.rx_packets = before->rx_packets;
		nic.tx_packets = before->tx_packets;
		nic.rx_errors = before->rx_errors;
		nic.tx_errors = before->tx_errors;
		nic.rx_dropped = before->rx_dropped;
		nic.tx_dropped = before->tx_dropped;
		nic.rx_crc_errors = before->rx_crc_errors;
		nic.rx_frame_errors = before->rx_frame_errors;
		nic.rx_missed_errors = before->rx_missed_errors;
		nic.tx_carrier_errors = before->tx_carrier_errors;
		return take(r->nics, &nic, r->emit);
	case RTLINK_FULL:
		return take(r->nics, &nic, r->emit);
	}
	return 0;
}

int live_nics_changes(struct live_nics *nics, struct emit *emit, bool *ret_changed)
{
	struct reading reading = {nics, emit};

	nics->changed = false;
	if (nics->change_fd >= 0)
		netlink_read(nics->change_fd, take_message, &reading);
	*ret_changed = nics->changed;
	/* What was lost in between, the next dump makes good; the kernel's own count has each carrier lost. */
	return emit->failed;
}

static int poll_netlink(struct live_nics *n, struct emit *emit)
{
	struct reading reading = {n, emit};
	int code;

	memset(n->here, 0, sizeof(n->here));
	if (++n->seq == 0)
		n->seq = 1;
	code = netlink_dump(n->dump_fd, RTM_GETLINK, n->seq, take_message, &reading);
	if (emit->failed)
		return emit->failed;
	/* One that changed while it was made may lack some: they are gone when the next one lacks them too. */
	return code < 0 ? 0 : forget_gone(n, emit);
}

/* ---- /proc/net/dev ---- */

static int poll_proc(struct live_nics *nics, struct emit *emit)
{
	size_t length;
	char *text, *line, *end;
	int code = 0;

	text = nics->fd < 0 ? NULL : whole_file_read("/proc/net/dev", TEXT_MAX, &length);
	if (!text)
		return 0;
	memset(nics->here, 0, sizeof(nics->here));
	for (line = text; code == 0 && (end = strchr(line, '\n')); line = end + 1) {
		struct event_nic nic = {0};

		if (netdev_parse(line, (size_t)(end - line), &nic) && read_state(nics, &nic))
			code = take(nics, &nic, emit);
	}
	free(text);
	return code == 0 ? forget_gone(nics, emit) : code;
}

int live_nics_poll(struct live_nics *nics, struct emit *emit)
{
	bool changed;
	int code;

	if (nics->dump_fd < 0)
		return poll_proc(nics, emit);
	/* First what was told before: each change in its order. */
	code = live_nics_changes(nics, emit, &changed);
	return code == 0 ? poll_netlink(nics, emit) : code;
}
