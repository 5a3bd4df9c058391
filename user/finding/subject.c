/* SPDX-License-Identifier: BSD-2-Clause */
/* subject.c - how a subject is called, and what makes it the same one again; see subject.h. */
#include "finding/subject.h"

#include <stdio.h>
#include <string.h>

#include "model/addr.h"

/* RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups
 * (the first of equals) as "::". v4-mapped addresses are v4 peers to us. */
static void addr6_text(const __u8 addr[16], char *buf, size_t size)
{
	int run_at = -1, run_len = 1;
	size_t at = 0;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !addr[2 * (i + n)] && !addr[2 * (i + n) + 1])
			n++;
		if (n > run_len) {
			run_at = i;
			run_len = n;
		}
	}
	buf[0] = '\0';
	for (int i = 0; i < 8 && at < size; i++) {
		if (i == run_at) {
			at += (size_t)snprintf(buf + at, size - at, "::");
			i += run_len - 1;
			continue;
		}
		at += (size_t)snprintf(buf + at, size - at, "%s%x",
				       at && buf[at - 1] != ':' ? ":" : "",
				       (unsigned int)(addr[2 * i] << 8 | addr[2 * i + 1]));
	}
}

const char *addr_text(const __u8 addr[16], char *buf, size_t size)
{
	if (addr_is_ipv4(addr))
		snprintf(buf, size, "%u.%u.%u.%u", addr[12], addr[13], addr[14], addr[15]);
	else
		addr6_text(addr, buf, size);
	return buf;
}

static void copy_plain(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i] < 0x20 || from[i] > 0x7e ? '?' : from[i];
	to[i] = '\0';
}

/* Volumes of containers begin alike: what they are is at the end. */
static void copy_end(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len < size || size < 4) {
		copy_plain(to, size, from);
		return;
	}
	to[0] = to[1] = '.';
	copy_plain(to + 2, size - 2, from + len - (size - 3));
}

const char *subject_label(const struct subject *subject, char *buf, size_t size)
{
	char text[64];

	switch (subject->type) {
	case SUBJECT_FILESYSTEM:
		copy_end(buf, size, subject->name);
		break;
	case SUBJECT_DISK:
	case SUBJECT_RAID:
	case SUBJECT_NIC:
	case SUBJECT_DEVICE:
		copy_plain(buf, size, subject->name);
		break;
	case SUBJECT_PEER:
		addr_text(subject->addr, text, sizeof(text));
		if (!subject->port)
			snprintf(buf, size, "%s", text);
		else if (subject->dir == PEER_IN)
			snprintf(buf, size, "client %s (our port %u)", text, subject->port);
		else if (addr_is_ipv4(subject->addr))
			snprintf(buf, size, "%s:%u", text, subject->port);
		else
			snprintf(buf, size, "[%s]:%u", text, subject->port);
		break;
	case SUBJECT_SUBNET:
		addr_text(subject->addr, text, sizeof(text));
		snprintf(buf, size, "%s/%u", text, subject->prefix_len);
		break;
	case SUBJECT_PROCESS:
		copy_plain(text, sizeof(text), subject->comm);
		if (subject->pid)
			snprintf(buf, size, "%s[%u]", text, subject->pid);
		else
			snprintf(buf, size, "%s", text);
		break;
	case SUBJECT_HOST:
		snprintf(buf, size, "this host");
		break;
	}
	return buf;
}

/* FNV-1a, 64 bits (draft-eastlake-fnv): a name, not a defence. */
#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

static __u64 hash_bytes(__u64 hash, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * FNV_PRIME;
	return hash;
}

/* With its NUL, so that "a" "bc" and "ab" "c" differ. */
static __u64 hash_text(__u64 hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

/* Of the first 63 bytes, which is what names had room for: what is told of one remains the same finding and ticket. */
#define NAME_HASHED 63

static __u64 hash_name(__u64 hash, const char *name)
{
	return hash_bytes(hash_bytes(hash, name, strnlen(name, NAME_HASHED)), "", 1);
}

static __u64 hash_peer(__u64 hash, const struct subject *s)
{
	hash = hash_bytes(hash, s->addr, sizeof(s->addr));
	hash = hash_bytes(hash, &s->port, sizeof(s->port));
	return hash_bytes(hash, &s->prefix_len, sizeof(s->prefix_len));
}

__u64 subject_id(const char *boot_id, const char *kind, const struct subject *s)
{
	__u64 hash = hash_text(hash_text(FNV_OFFSET, boot_id), kind);

	hash = hash_text(hash, subject_type_name(s->type));
	switch (s->type) {
	case SUBJECT_DISK:
		return hash_bytes(hash, &s->dev, sizeof(s->dev));
	case SUBJECT_PEER:
	case SUBJECT_SUBNET:
		hash = hash_bytes(hash_peer(hash, s), &s->netns, sizeof(s->netns));
		return hash_bytes(hash, &s->dir, sizeof(s->dir));
	case SUBJECT_NIC:
		hash = hash_bytes(hash, &s->netns, sizeof(s->netns));
		return hash_bytes(hash, &s->ifindex, sizeof(s->ifindex));
	case SUBJECT_PROCESS:
		/* Any process of that name there: a service that is started again and again. */
		if (!s->pid)
			return hash_text(hash_text(hash, s->comm), s->cgroup);
		hash = hash_bytes(hash, &s->pid, sizeof(s->pid));
		return hash_bytes(hash, &s->start_ns, sizeof(s->start_ns));
	case SUBJECT_FILESYSTEM:
		/* Long mount points, as a container's volumes have, may begin alike. */
		hash = hash_bytes(hash, &s->dev, sizeof(s->dev));
		break;
	case SUBJECT_RAID:
	case SUBJECT_DEVICE:
	case SUBJECT_HOST:
		break;
	}
	return hash_name(hash, s->name);
}

__u64 subject_fingerprint(const char *machine_id, const char *kind, const struct subject *s)
{
	__u64 hash = hash_text(hash_text(FNV_OFFSET, machine_id), kind);

	hash = hash_text(hash, subject_type_name(s->type));
	switch (s->type) {
	case SUBJECT_DISK:
		if (s->wwn[0])
			return hash_text(hash, s->wwn);
		return hash_text(hash, s->serial[0] ? s->serial : s->name);
	case SUBJECT_PEER:
	case SUBJECT_SUBNET:
		return hash_peer(hash, s);
	case SUBJECT_PROCESS:
		return hash_text(hash_text(hash, s->exe[0] ? s->exe : s->comm), s->cgroup);
	case SUBJECT_FILESYSTEM:
		if (strlen(s->name) >= NAME_HASHED)
			hash = hash_text(hash, s->source);
		break;
	case SUBJECT_NIC:
	case SUBJECT_RAID:
	case SUBJECT_DEVICE:
	case SUBJECT_HOST:
		break;
	}
	return hash_name(hash, s->name);
}
