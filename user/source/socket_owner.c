/* SPDX-License-Identifier: BSD-2-Clause */
/* socket_owner.c - which process holds a socket; see socket_owner.h. */
#include "source/socket_owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc_text.h"
#include "small_file.h"

/* Of a process with more the lowest are looked at, 25 ms long: what it listens on it opened early. */
#define LINKS_MAX 8192

void socket_owners_done(struct socket_owners *owners)
{
	if (owners->procs)
		closedir(owners->procs);
	owners->procs = NULL;
}

/* The place of that socket; NULL: too many are wanted. */
static const struct socket_owner *place_of(struct socket_owners *owners, __u64 inode)
{
	struct socket_owner *room = NULL;

	for (unsigned int i = 0; i < OWNERS_MAX; i++) {
		struct socket_owner *owner = &owners->wanted[i];

		if (owner->inode == inode)
			return owner;
		/* The place of one that was found or not is given up before one that is being looked for. */
		if (!room || (room->inode && (!owner->inode || (owner->sought && !room->sought))))
			room = owner;
	}
	if (room->inode && !room->sought)
		return NULL;
	*room = (struct socket_owner){.inode = inode};
	return room;
}

bool socket_owner_tell(struct socket_owners *owners, __u64 inode, __u32 *ret_pid,
		       __u64 *ret_start_ns, char ret_comm[EVENT_COMM_LEN])
{
	const struct socket_owner *owner = place_of(owners, inode);

	if (!owner || !owner->sought)
		return false;
	*ret_pid = owner->pid;
	*ret_start_ns = owner->start_ns;
	memcpy(ret_comm, owner->comm, EVENT_COMM_LEN);
	return true;
}

static struct socket_owner *wanted(struct socket_owners *owners, __u64 inode)
{
	for (unsigned int i = 0; i < OWNERS_MAX; i++)
		if (owners->wanted[i].inode == inode && !owners->wanted[i].sought)
			return &owners->wanted[i];
	return NULL;
}

static bool anybody(const struct socket_owners *owners)
{
	for (unsigned int i = 0; i < OWNERS_MAX; i++)
		if (owners->wanted[i].inode && !owners->wanted[i].sought)
			return true;
	return false;
}

static void found(struct socket_owner *owner, int dir, __u32 pid)
{
	struct proc_stat stat;
	char text[1024];
	long hz = sysconf(_SC_CLK_TCK);

	if (small_file_read(dir, "stat", text, sizeof(text)) <= 0 || !proc_stat_parse(text, &stat))
		return;
	owner->pid = pid;
	owner->start_ns = stat.start_ticks * (1000000000ULL / (__u64)(hz > 0 ? hz : 100));
	memcpy(owner->comm, stat.comm, sizeof(owner->comm));
	/* The first process holds what it handed to a service (socket activation): who came after it serves. */
	owner->sought = pid != 1;
}

/* The inode in "socket:[4711]"; 0 when it is no socket. */
static __u64 socket_inode(const char *link)
{
	static const char prefix[] = "socket:[";

	if (strncmp(link, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	return strtoull(link + sizeof(prefix) - 1, NULL, 10);
}

/* How many descriptors were looked at. */
static unsigned int walk_process(struct socket_owners *owners, int dir, __u32 pid)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *fds = fd < 0 ? NULL : fdopendir(fd);
	unsigned int n = 0;
	struct dirent *entry;
	char link[64];

	if (!fds) {
		if (fd >= 0)
			close(fd);
		return 1;
	}
	while (n < LINKS_MAX && (entry = readdir(fds))) {
		struct socket_owner *owner;
		__u64 inode;

		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (!small_file_link(fd, entry->d_name, link, sizeof(link)))
			continue;
		inode = socket_inode(link);
		owner = inode ? wanted(owners, inode) : NULL;
		if (owner)
			found(owner, dir, pid);
	}
	closedir(fds);
	return n + 1;
}

static void begin(struct socket_owners *owners, const char *root)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/proc", root);
	owners->procs = opendir(path);
	for (unsigned int i = 0; i < OWNERS_MAX; i++)
		owners->wanted[i].from_start = true;
}

/* Whom a whole walk did not find, nobody holds: a kernel thread, or one that is gone. */
static void end(struct socket_owners *owners)
{
	socket_owners_done(owners);
	for (unsigned int i = 0; i < OWNERS_MAX; i++)
		if (owners->wanted[i].from_start)
			owners->wanted[i].sought = owners->wanted[i].inode != 0;
}

void socket_owners_step(struct socket_owners *owners, const char *root, unsigned int links)
{
	unsigned int n = 0;

	if (!anybody(owners))
		return;
	if (!owners->procs)
		begin(owners, root);
	while (owners->procs && n < links) {
		struct dirent *entry = readdir(owners->procs);
		unsigned long pid;
		char *rest;
		int dir;

		if (!entry) {
			end(owners);
			return;
		}
		pid = strtoul(entry->d_name, &rest, 10);
		if (*rest || rest == entry->d_name)
			continue;
		dir = openat(dirfd(owners->procs), entry->d_name,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		n += dir < 0 ? 1 : walk_process(owners, dir, (__u32)pid);
		if (dir >= 0)
			close(dir);
	}
}
