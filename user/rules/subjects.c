/* SPDX-License-Identifier: BSD-2-Clause */
/* subjects.c - subjects out of the model's objects, whether they are there still, and whether two
 * meet; see subjects.h and rule.h. */
#include "rules/subjects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/addr.h"
#include "model/copy.h"
#include "model/local.h"
#include "model/dns.h"
#include "rules/rule.h"
#include "rules/subnet.h"

struct subject subject_disk(const struct disk *disk)
{
	struct subject s = {.type = SUBJECT_DISK, .dev = disk->info.dev};

	copy_text(s.name, sizeof(s.name), disk->info.name, sizeof(disk->info.name));
	memcpy(s.model, disk->info.model, sizeof(s.model));
	memcpy(s.serial, disk->info.serial, sizeof(s.serial));
	memcpy(s.wwn, disk->info.wwn, sizeof(s.wwn));
	return s;
}

struct subject subject_raid(const struct disk *array)
{
	struct subject s = {.type = SUBJECT_RAID, .dev = array->info.dev};

	copy_text(s.name, sizeof(s.name), array->info.name, sizeof(array->info.name));
	return s;
}

struct subject subject_mount(const struct disk_mount *mount)
{
	struct subject s = {.type = SUBJECT_FILESYSTEM, .dev = mount->dev};

	copy_text(s.name, sizeof(s.name), mount->mount, sizeof(mount->mount));
	memcpy(s.fstype, mount->fstype, sizeof(s.fstype));
	memcpy(s.source, mount->source, sizeof(s.source));
	return s;
}

struct subject subject_peer(const struct model *model, const __u8 addr[16], __u32 netns, __u16 port,
			    __u8 dir, __u32 ifindex)
{
	struct subject s = {.type = SUBJECT_PEER, .ifindex = ifindex, .port = port};

	memcpy(s.addr, addr, sizeof(s.addr));
	s.netns = subject_netns(model, netns);
	s.dir = port ? dir : 0;
	return s;
}

struct subject subject_nic(const struct model *model, const struct nic *nic, __u32 netns,
			   __u32 ifindex)
{
	struct subject s = {.type = SUBJECT_NIC, .ifindex = ifindex};

	s.netns = subject_netns(model, netns);
	if (nic)
		copy_text(s.name, sizeof(s.name), nic->name, sizeof(nic->name));
	else
		snprintf(s.name, sizeof(s.name), "if%u", ifindex);
	return s;
}

struct subject subject_process(const struct process *process)
{
	struct subject s = {.type = SUBJECT_PROCESS, .pid = process->pid};
	const struct event_proc *who = process->who;

	s.start_ns = process->start_ns;
	memcpy(s.comm, process->comm, sizeof(s.comm));
	if (who) {
		copy_text(s.exe, sizeof(s.exe), who->exe, sizeof(who->exe));
		copy_text(s.cgroup, sizeof(s.cgroup), who->cgroup, sizeof(who->cgroup));
		copy_text(s.container, sizeof(s.container), who->container, sizeof(who->container));
	}
	return s;
}

__u32 subject_netns(const struct model *model, __u32 netns)
{
	return netns == model_host(model)->netns ? 0 : netns;
}

__u32 model_netns(const struct model *model, __u32 netns)
{
	return netns ? netns : model_host(model)->netns;
}

__u32 asked_pid(const struct model *model)
{
	const char *text = model_setting(model, "pid");

	return text ? (__u32)strtoul(text, NULL, 10) : 0;
}

__u64 asked_until(const struct model *model)
{
	return model_now(model) + 2 * model_frame(model)->tick_ns + 2000000000ULL;
}

const char *nic_label(const struct model *model, __u32 netns, __u32 ifindex, char *buf, size_t size)
{
	const struct nic *nic = nics_find(model_nics(model), netns, ifindex);
	struct subject s = subject_nic(model, nic, netns, ifindex);

	return subject_label(&s, buf, size);
}

/* ---- presence ---- */

/* Does a peer of the model belong to this subject? A subject without a port is the whole address */
static bool peer_is_of(const struct model *model, const struct peer *peer, const struct subject *s)
{
	return memcmp(peer->key.addr, s->addr, sizeof(s->addr)) == 0 &&
	       subject_netns(model, peer->key.netns) == s->netns &&
	       (!s->port || (peer->key.port == s->port && peer->key.dir == s->dir));
}

/* A name server is asked over UDP: no peer of TCP's need be. */
static bool name_server_present(const struct model *model, const struct subject *s)
{
	const struct dns_server *server = NULL;

	if (s->port != 53)
		return false;
	while ((server = dns_servers_next(model_dns(model), server)))
		if (memcmp(server->addr, s->addr, sizeof(s->addr)) == 0 &&
		    subject_netns(model, server->netns) == s->netns)
			return true;
	return false;
}

/* Nobody has a connection to it, nor tried for one, for so long: what it was found to be is nobody's trouble here. */
#define PEER_LEFT_NS (10 * 60 * 1000000000ULL)

static bool is_left(const struct model *model, const struct peer *peer)
{
	return !peer->live && model_now(model) - peer->changed_ns >= PEER_LEFT_NS;
}

static bool peer_present(const struct model *model, const struct subject *s)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer_is_of(model, peer, s) && !is_left(model, peer))
			return true;
	return name_server_present(model, s);
}

/* As long as one of its peers is. */
static bool subnet_present(const struct model *model, const struct subject *s)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (subnet_holds(s, peer->key.addr, subject_netns(model, peer->key.netns)) &&
		    !is_left(model, peer))
			return true;
	return false;
}

/* Sent anything in these minutes, or waited for. A connection that only lies there says nothing of the way. */
static bool is_used(const struct model *model, const struct peer *peer)
{
	return peer->live_stuck || peer->live_syn ||
	       model_now(model) - peer->changed_ns < PEER_LEFT_NS;
}

bool nic_is_used(const struct model *model, const struct subject *s)
{
	const struct peer *peer = NULL;

	if (s->type != SUBJECT_NIC)
		return true;
	while ((peer = peers_next(model_peers(model), peer)))
		if (peer->ifindex == s->ifindex &&
		    subject_netns(model, peer->key.netns) == s->netns && is_used(model, peer))
			return true;
	return false;
}

bool subject_present(const struct model *model, const struct subject *subject)
{
	const struct disk *disk;

	switch (subject->type) {
	case SUBJECT_DISK:
	case SUBJECT_FILESYSTEM:
	case SUBJECT_RAID:
		disk = disks_find(model_disks(model), subject->dev);
		return disk && !disk->gone;
	case SUBJECT_PEER:
		return peer_present(model, subject);
	case SUBJECT_PROCESS:
		return !subject->pid || processes_find(model_processes(model), subject->pid,
						       subject->start_ns) != NULL;
	case SUBJECT_NIC:
		/* Those of other namespaces are not told of. */
		return subject->netns || nics_find(model_nics(model), model_netns(model, 0),
						   subject->ifindex) != NULL;
	case SUBJECT_SUBNET:
		return subnet_present(model, subject);
	case SUBJECT_DEVICE:
	case SUBJECT_HOST:
		break;
	}
	return true;
}

/* ---- meeting ---- */

static bool same_addr(const struct subject *a, const struct subject *b)
{
	return a->netns == b->netns && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* A finding on an address covers those on its ports. */
static bool same_peer(const struct subject *a, const struct subject *b)
{
	return same_addr(a, b) &&
	       (!a->port || !b->port || (a->port == b->port && a->dir == b->dir));
}

/* Does the process hold sockets to the peer, as far as its latest breakdown shows? */
static bool holds_peer(const struct model *model, const struct subject *process,
		       const struct subject *peer)
{
	const struct process *p =
		processes_find(model_processes(model), process->pid, process->start_ns);
	const struct fd_scans *scans = p ? p->scans : NULL;

	for (unsigned int i = 0; scans && scans->n && i < scans->n_groups; i++) {
		const struct fd_group *g = &scans->group[i];

		if (g->count[scans->n - 1] &&
		    memcmp(g->peer.addr, peer->addr, sizeof(peer->addr)) == 0 &&
		    subject_netns(model, g->peer.netns) == peer->netns &&
		    (!peer->port || g->peer.port == peer->port))
			return true;
	}
	return false;
}

static bool same_disk(const struct model *model, const struct subject *a, const struct subject *b)
{
	const struct disk *x = disks_find(model_disks(model), a->dev);
	const struct disk *y = disks_find(model_disks(model), b->dev);

	return a->dev == b->dev || (x && x->info.parent == b->dev) ||
	       (y && y->info.parent == a->dev) ||
	       stack_is_below(model_disks(model), a->dev, b->dev) ||
	       stack_is_below(model_disks(model), b->dev, a->dev);
}

static bool same_subject(const struct subject *a, const struct subject *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case SUBJECT_DISK:
		return a->dev == b->dev;
	case SUBJECT_PEER:
		return same_peer(a, b);
	case SUBJECT_SUBNET:
		return same_addr(a, b) && a->prefix_len == b->prefix_len;
	case SUBJECT_NIC:
		return a->netns == b->netns && a->ifindex == b->ifindex;
	case SUBJECT_PROCESS:
		return a->pid == b->pid && a->start_ns == b->start_ns &&
		       (a->pid ||
			(strcmp(a->comm, b->comm) == 0 && strcmp(a->cgroup, b->cgroup) == 0));
	case SUBJECT_FILESYSTEM:
	case SUBJECT_RAID:
	case SUBJECT_DEVICE:
		return strcmp(a->name, b->name) == 0;
	case SUBJECT_HOST:
		break;
	}
	return true;
}

static bool on_disk(const struct subject *s)
{
	return s->type == SUBJECT_DISK || s->type == SUBJECT_FILESYSTEM || s->type == SUBJECT_RAID;
}

/* Both ends of a connection are on this host: is the peer that somebody sends to the process that does not read? */
static bool is_reader(const struct model *model, const struct subject *process,
		      const struct subject *peer)
{
	const struct local_unread *unread = NULL;

	while ((unread = local_next_unread(model_local(model), unread))) {
		const struct event_socket_unread *now = &unread->now;

		/* Each namespace has a loopback of its own. */
		if (addr_is_loopback(now->addr) && subject_netns(model, now->netns) != peer->netns)
			continue;
		if (now->pid && now->pid == process->pid && !(now->flags & SOCKET_OVER) &&
		    memcmp(now->addr, peer->addr, sizeof(now->addr)) == 0 &&
		    (!peer->port || peer->port == now->port || peer->port == now->peer_port))
			return true;
	}
	return false;
}

/* A peer's subject, and a subnet's, say by which interface they are reached. */
static bool by_nic(const struct subject *s)
{
	return s->type == SUBJECT_NIC || s->type == SUBJECT_PEER || s->type == SUBJECT_SUBNET;
}

static bool same_nic(const struct subject *a, const struct subject *b)
{
	return by_nic(a) && by_nic(b) && a->ifindex && a->netns == b->netns &&
	       a->ifindex == b->ifindex;
}

/* A VLAN by its parent, a bridge or a bond by its ports. */
static bool is_made_of(const struct model *model, const struct nic *upper, __u32 lower,
		       unsigned int storeys)
{
	const struct nics *nics = model_nics(model);
	const struct nic *port = NULL;

	if (!upper || !storeys)
		return false;
	if (upper->parent &&
	    (upper->parent == lower ||
	     is_made_of(model, nics_find(nics, upper->netns, upper->parent), lower, storeys - 1)))
		return true;
	while ((port = nics_next(nics, port)))
		if (port->master == upper->ifindex && port->netns == upper->netns &&
		    (port->ifindex == lower || is_made_of(model, port, lower, storeys - 1)))
			return true;
	return false;
}

/* A container has a network of its own: that ends at an interface of the host's. */
static bool is_over(const struct model *model, const struct subject *a, const struct subject *b)
{
	if (!by_nic(a) || b->type != SUBJECT_NIC || b->netns)
		return false;
	return a->netns ||
	       (a->ifindex != b->ifindex &&
		is_made_of(model, nics_find(model_nics(model), model_netns(model, 0), a->ifindex),
			   b->ifindex, NIC_STOREYS));
}

/* Is the name server a reached by b? Nobody asks by which interface. */
static bool is_behind(const struct model *model, const struct subject *a, const struct subject *b)
{
	if (b->type == SUBJECT_SUBNET)
		return a->type == SUBJECT_PEER && subnet_holds(b, a->addr, a->netns);
	return b->type == SUBJECT_NIC && (a->netns == b->netns || is_over(model, a, b));
}

bool subjects_meet(const struct model *model, const struct subject *a, const struct subject *b,
		   enum join join)
{
	switch (join) {
	case JOIN_SAME_SUBJECT:
		return same_subject(a, b);
	case JOIN_SAME_DISK:
		return on_disk(a) && on_disk(b) && same_disk(model, a, b);
	case JOIN_BELOW:
		return on_disk(a) && on_disk(b) &&
		       stack_is_below(model_disks(model), a->dev, b->dev);
	case JOIN_SAME_PEER:
		if (a->type == SUBJECT_PROCESS && b->type == SUBJECT_PEER)
			return holds_peer(model, a, b);
		if (a->type == SUBJECT_PEER && b->type == SUBJECT_PROCESS)
			return holds_peer(model, b, a);
		return a->type == SUBJECT_PEER && b->type == SUBJECT_PEER && same_addr(a, b);
	case JOIN_WITHIN:
		if (a->type == SUBJECT_NIC || b->type == SUBJECT_NIC)
			return a->type != b->type && same_nic(a, b);
		if (a->type == SUBJECT_SUBNET && b->type == SUBJECT_PEER)
			return subnet_holds(a, b->addr, b->netns);
		return b->type == SUBJECT_SUBNET && a->type == SUBJECT_PEER &&
		       subnet_holds(b, a->addr, a->netns);
	case JOIN_SAME_NIC:
		if (a->type == SUBJECT_PROCESS && b->type == SUBJECT_PEER)
			return is_reader(model, a, b);
		/* A subnet meets what is in it, and itself. */
		if (a->type == SUBJECT_SUBNET && b->type == SUBJECT_PEER)
			return subnet_holds(a, b->addr, b->netns);
		if (b->type == SUBJECT_SUBNET && a->type == SUBJECT_PEER)
			return subnet_holds(b, a->addr, a->netns);
		if (a->type == SUBJECT_SUBNET && b->type == SUBJECT_SUBNET)
			return same_subject(a, b);
		return same_nic(a, b);
	case JOIN_OVER:
		return is_over(model, a, b);
	case JOIN_BEHIND:
		return is_behind(model, a, b);
	case JOIN_SAME_PROCESS:
		return a->type == SUBJECT_PROCESS && same_subject(a, b);
	case JOIN_HOST:
		break;
	}
	return true;
}
