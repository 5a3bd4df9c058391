/* SPDX-License-Identifier: BSD-2-Clause */
/* watched.c - what findings may be about; see watched.h. */
#include "rules/watched.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "model/addr.h"
#include "rules/subjects.h"

#define ITEM_LEN  128
#define ADDR_BITS 128
#define V4_OFFSET 96 /* of an IPv4 address in the mapped one */

static const char *const keys[] = {"exclude_devices", "include_devices",   "exclude_peers",
				   "include_peers",   "exclude_processes", "include_processes",
				   "exclude_cgroups", "include_cgroups"};

const char *watch_key_at(unsigned int i)
{
	return i < sizeof(keys) / sizeof(keys[0]) ? keys[i] : NULL;
}

/* ---- networks ---- */

/* "10.0.0.0/8", "2001:db8::1": as the mapped address, and how many of its bits count. */
static bool parse_network(const char *text, __u8 addr[16], unsigned int *ret_bits)
{
	static const __u8 mapped[16] = {[10] = 0xff, [11] = 0xff};
	char host[ITEM_LEN], *slash, *end;
	unsigned int base = 0, most = ADDR_BITS;
	unsigned long bits;

	if (strlen(text) >= sizeof(host))
		return false;
	memcpy(host, text, strlen(text) + 1);
	slash = strchr(host, '/');
	if (slash)
		*slash = '\0';
	memcpy(addr, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, host, addr + 12) == 1) {
		base = V4_OFFSET;
		most = 32;
	} else if (inet_pton(AF_INET6, host, addr) != 1) {
		return false;
	}
	bits = most;
	if (slash) {
		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || bits > most)
			return false;
	}
	*ret_bits = base + (unsigned int)bits;
	return true;
}

static bool same_bits(const __u8 *a, const __u8 *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool watch_item_sound(const char *key, const char *item)
{
	unsigned int bits;
	__u8 addr[16];

	if (!item[0])
		return false;
	return !strstr(key, "_peers") || parse_network(item, addr, &bits);
}

/* ---- does an item mean this subject? ---- */

typedef bool (*match_fn)(const struct model *model, const struct subject *s, const char *item);

static bool fits(const char *pattern, const char *text)
{
	return text[0] && fnmatch(pattern, text, 0) == 0;
}

static bool is_device(const struct model *model, const struct subject *s, const char *item)
{
	const struct disk *disk;

	if (fits(item, s->name))
		return true;
	disk = s->type == SUBJECT_FILESYSTEM ? disks_find(model_disks(model), s->dev) : NULL;
	return disk && fits(item, disk->info.name);
}

static bool is_peer(const struct model *model, const struct subject *s, const char *item)
{
	unsigned int bits, own = ADDR_BITS;
	__u8 addr[16];

	(void)model;
	if (!parse_network(item, addr, &bits))
		return false;
	/* A network is in another one when that is the wider. */
	if (s->type == SUBJECT_SUBNET)
		own = s->prefix_len + (addr_is_ipv4(s->addr) ? V4_OFFSET : 0);
	return bits <= own && same_bits(addr, s->addr, bits);
}

static bool is_process(const struct model *model, const struct subject *s, const char *item)
{
	(void)model;
	return fits(item, s->comm) || fits(item, s->exe);
}

static bool is_cgroup(const struct model *model, const struct subject *s, const char *item)
{
	(void)model;
	return fits(item, s->cgroup);
}

/* ---- lists ---- */

static bool is_listed(const struct model *model, const struct subject *s, const char *list,
		      match_fn match)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		char item[ITEM_LEN];

		if (length && length < sizeof(item)) {
			memcpy(item, list, length);
			item[length] = '\0';
			if (match(model, s, item))
				return true;
		}
		list += length + (list[length] == ',');
	}
	return false;
}

static bool passes(const struct model *model, const struct subject *s, const char *exclude,
		   const char *include, match_fn match)
{
	const char *list = model_setting(model, exclude);

	if (list && is_listed(model, s, list, match))
		return false;
	list = model_setting(model, include);
	return !list || is_listed(model, s, list, match);
}

bool subject_watched(const struct model *model, const struct subject *s)
{
	switch (s->type) {
	case SUBJECT_DISK:
	case SUBJECT_FILESYSTEM:
	case SUBJECT_RAID:
	case SUBJECT_NIC:
	case SUBJECT_DEVICE:
		return passes(model, s, WATCH_PREFIX "exclude_devices",
			      WATCH_PREFIX "include_devices", is_device);
	case SUBJECT_PEER:
	case SUBJECT_SUBNET:
		return passes(model, s, WATCH_PREFIX "exclude_peers", WATCH_PREFIX "include_peers",
			      is_peer);
	case SUBJECT_PROCESS:
		return passes(model, s, WATCH_PREFIX "exclude_processes",
			      WATCH_PREFIX "include_processes", is_process) &&
		       passes(model, s, WATCH_PREFIX "exclude_cgroups",
			      WATCH_PREFIX "include_cgroups", is_cgroup);
	case SUBJECT_HOST:
		break;
	}
	return true;
}

bool ask_watched(const struct model *model, const struct ask *ask)
{
	const struct process *process;
	const struct disk *disk;
	struct subject s;

	if (ask->what == ASK_PROC)
		return true;
	if (ask->what == ASK_SMART || ask->what == ASK_BLOCK_ISSUE) {
		disk = disks_find(model_disks(model), ask->dev);
		if (!disk)
			return true;
		s = subject_disk(disk);
	} else {
		process = processes_find(model_processes(model), ask->pid, ask->start_ns);
		if (!process)
			return true;
		s = subject_process(process);
	}
	return subject_watched(model, &s);
}
