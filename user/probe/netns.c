/* SPDX-License-Identifier: BSD-2-Clause */
/* netns.c - network namespaces; see netns.h. */
#include "probe/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

int netns_init(struct netns_list *list)
{
	struct stat st;

	memset(list, 0, sizeof(*list));
	if (stat("/proc/self/ns/net", &st))
		return -errno;
	list->all[0].inum = (__u32)st.st_ino;
	list->used = 1;
	list->next = 1;
	return 0;
}

void netns_begin(struct netns_list *list)
{
	unsigned int i;

	for (i = 1; i < list->used; i++)
		list->all[i].present = false;
}

struct netns *netns_find(struct netns_list *list, __u32 inum)
{
	unsigned int i;

	for (i = 0; i < list->used; i++)
		if (list->all[i].inum == inum)
			return &list->all[i];
	return NULL;
}

void netns_seen(struct netns_list *list, __u32 inum, __u32 pid)
{
	struct netns *netns = netns_find(list, inum);

	if (!inum)
		return;
	if (!netns) {
		if (list->used == NETNS_MAX) {
			list->dropped++;
			return;
		}
		netns = &list->all[list->used++];
		memset(netns, 0, sizeof(*netns));
		netns->inum = inum;
	}
	if (netns == &list->all[0] || netns->present)
		return;
	netns->pid = pid;
	netns->present = true;
}

void netns_end(struct netns_list *list)
{
	unsigned int i = 1;

	while (i < list->used) {
		if (list->all[i].present)
			i++;
		else
			list->all[i] = list->all[--list->used];
	}
}

static FILE *open_net(__u32 pid, const char *file)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, file);
	else
		snprintf(path, sizeof(path), "/proc/self/net/%s", file);
	return fopen(path, "re");
}

/* "TCP: inuse 5 orphan 0 ...", "TCP6: inuse 2": sockets of the namespace that are hashed. */
static __u32 sockets_in(__u32 pid, const char *file, const char *proto)
{
	char line[128], fmt[24];
	int inuse = 0;
	FILE *stat = open_net(pid, file);

	snprintf(fmt, sizeof(fmt), "%s: inuse %%d", proto);
	if (!stat)
		return 0;
	while (fgets(line, sizeof(line), stat))
		if (sscanf(line, fmt, &inuse) == 1)
			break;
	fclose(stat);
	return inuse > 0 ? (__u32)inuse : 0;
}

__u32 netns_sockets(const struct netns *netns)
{
	return sockets_in(netns->pid, "sockstat", "TCP") +
	       sockets_in(netns->pid, "sockstat6", "TCP6");
}

/* The sum of `n` numbers after the first `skip` ones; 0 where these are no numbers. */
static unsigned long long sum_fields(const char *text, unsigned int skip, unsigned int n)
{
	unsigned long long sum = 0, value;
	char *end;

	for (unsigned int i = 0; i < skip + n; i++, text = end) {
		value = strtoull(text, &end, 10);
		if (end == text)
			return 0;
		if (i >= skip)
			sum += value;
	}
	return sum;
}

/* "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab
 * InSegs OutSegs RetransSegs ...": names on one line, numbers on the next. */
__u64 netns_segments(const struct netns *netns, __u64 *ret_resent)
{
	unsigned long long sum = 0;
	FILE *snmp = open_net(netns->pid, "snmp");
	char line[512];

	*ret_resent = 0;
	if (!snmp)
		return 0;
	while (!sum && fgets(line, sizeof(line), snmp))
		if (strncmp(line, "Tcp: ", 5) == 0) {
			sum = sum_fields(line + 5, 9, 3);
			*ret_resent = sum_fields(line + 5, 11, 1);
		}
	fclose(snmp);
	return sum;
}

/* The process may have ended, and its number may be another's by now: the namespace is what counts. */
static int open_ns(const struct netns *netns)
{
	char path[40];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/ns/net", netns->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && (__u32)st.st_ino == netns->inum)
		return fd;
	close(fd);
	return -ESTALE;
}

/* What make() gives when it is called within the namespace. */
static int within(const struct netns *netns, int (*make)(const void *ctx), const void *ctx)
{
	int own, other, ret;

	if (netns->pid == 0)
		return make(ctx);
	other = open_ns(netns);
	if (other < 0)
		return other;
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0) {
		ret = -errno;
		close(other);
		return ret;
	}
	if (setns(other, CLONE_NEWNET)) {
		ret = -errno;
	} else {
		ret = make(ctx);
		if (setns(own, CLONE_NEWNET)) {
			if (ret >= 0)
				close(ret);
			ret = -ENOTRECOVERABLE;
		}
	}
	close(own);
	close(other);
	return ret;
}

static int make_iter(const void *ctx)
{
	const int *link_fd = ctx;
	int fd = bpf_iter_create(*link_fd);

	return fd < 0 ? -errno : fd;
}

int netns_iter(const struct netns *netns, int link_fd)
{
	return within(netns, make_iter, &link_fd);
}

static int make_netlink(const void *ctx)
{
	const int *protocol = ctx;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, *protocol);

	return fd < 0 ? -errno : fd;
}

int netns_netlink(const struct netns *netns, int protocol)
{
	return within(netns, make_netlink, &protocol);
}
