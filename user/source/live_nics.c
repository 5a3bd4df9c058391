/* SPDX-License-Identifier: BSD-2-Clause */
/* live_nics.c - the network interfaces; see live_nics.h. */
#include "source/live_nics.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/live_host.h"
#include "source/netdev.h"
#include "source/small_file.h"

#define TEXT_MAX (1U << 18) /* 512 lines of less than 300 bytes, and more */

struct live_nics {
	int fd; /* any socket: the interface ioctls do not care which */
	__u32 netns;
	unsigned int n;
	__u64 dropped;
	struct event_nic known[LIVE_NICS_MAX]; /* as told; the header is zero */
	bool here[LIVE_NICS_MAX];	       /* seen in this poll */
};

struct live_nics *live_nics_new(void)
{
	struct live_nics *nics = calloc(1, sizeof(*nics));

	if (!nics)
		return NULL;
	nics->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	nics->netns = live_own_netns();
	return nics;
}

void live_nics_free(struct live_nics *nics)
{
	if (!nics)
		return;
	if (nics->fd >= 0)
		close(nics->fd);
	free(nics);
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

/* What changes with the link, or never: read when the interface is new or its state changed. */
static void read_facts(struct event_nic *nic)
{
	char path[64], text[256];
	long speed;

	snprintf(path, sizeof(path), "/sys/class/net/%s", nic->name);
	small_file_link(AT_FDCWD, path, text, sizeof(text));
	if (strstr(text, "/devices/virtual/"))
		nic->flags |= NIC_VIRTUAL;
	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", nic->name);
	small_file_text(AT_FDCWD, path, text, sizeof(text));
	speed = strtol(text, NULL, 10);
	nic->speed_mbps = speed > 0 ? (__u32)speed : 0; /* -1: the link is down, or it has none */
}

static int take(struct live_nics *n, struct event_nic *nic, struct emit *emit)
{
	struct event_nic *known, event;

	if (!read_state(n, nic))
		return 0;
	nic->netns = n->netns;
	known = find(n, nic->ifindex);
	if (known && ((known->flags ^ nic->flags) & ~(__u32)NIC_VIRTUAL) == 0 &&
	    memcmp(known->name, nic->name, sizeof(nic->name)) == 0) {
		nic->flags |= known->flags & NIC_VIRTUAL;
		nic->speed_mbps = known->speed_mbps;
	} else {
		read_facts(nic);
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

/* Containers make and remove interfaces all the time: what is gone leaves its place. */
static void forget_gone(struct live_nics *n)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n->n; i++)
		if (n->here[i])
			n->known[kept++] = n->known[i];
	n->n = kept;
}

int live_nics_poll(struct live_nics *nics, struct emit *emit)
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

		if (netdev_parse(line, (size_t)(end - line), &nic))
			code = take(nics, &nic, emit);
	}
	free(text);
	if (code == 0)
		forget_gone(nics);
	return code;
}
