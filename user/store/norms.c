/* SPDX-License-Identifier: BSD-2-Clause */
/* norms.c - what disks took in former runs; see norms.h. */
#include "store/norms.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/disk.h"

#define KIND	"norm"
#define VERSION 1
#define KEY_LEN 160

struct norm {
	char key[KEY_LEN];
	__u64 seen_s; /* wall time of the latest run that saw this disk work */
	struct event_disk_norm norm;
};

struct norms {
	struct norm *item;
	unsigned int n, room;
	__u64 seen_max_s; /* of all: so that a clock that went back does not make all new ones the oldest */
};

struct norms *norms_new(void)
{
	return calloc(1, sizeof(struct norms));
}

void norms_free(struct norms *norms)
{
	if (!norms)
		return;
	free(norms->item);
	free(norms);
}

const char *norms_key(const struct event_disk *disk, char *buf, size_t size)
{
	char name[320];

	buf[0] = '\0';
	if (disk->flags & DISK_PARTITION)
		return buf;
	if (disk->wwn[0])
		snprintf(name, sizeof(name), "wwn:%.63s", disk->wwn);
	else if (disk->serial[0])
		snprintf(name, sizeof(name), "serial:%.47s:%.63s", disk->model, disk->serial);
	else if (disk->backing[0])
		snprintf(name, sizeof(name), "on:%.31s:%.100s",
			 strncmp(disk->name, "dm-", 3) == 0 ? "dm" : disk->name, disk->backing);
	else
		snprintf(name, sizeof(name), "name:%.31s", disk->name);
	return store_word(name, buf, size);
}

static struct norm *find(const struct norms *norms, const char *key, unsigned int op,
			 unsigned int slot)
{
	for (unsigned int i = 0; i < norms->n; i++) {
		struct norm *n = &norms->item[i];

		if (n->norm.op == op && n->norm.slot == slot && strcmp(n->key, key) == 0)
			return n;
	}
	return NULL;
}

static struct norm *room(struct norms *norms)
{
	struct norm *oldest = norms->item;

	if (norms->n < norms->room)
		return &norms->item[norms->n++];
	if (norms->room < NORMS_MAX) {
		unsigned int more = norms->room ? 2 * norms->room : 32;
		void *item = realloc(norms->item, more * sizeof(*norms->item));

		if (!item)
			return NULL;
		norms->item = item;
		norms->room = more;
		return &norms->item[norms->n++];
	}
	for (unsigned int i = 1; i < norms->n; i++)
		if (norms->item[i].seen_s < oldest->seen_s)
			oldest = &norms->item[i];
	return oldest;
}

static void put(struct norms *norms, const char *key, __u64 seen_s,
		const struct event_disk_norm *norm)
{
	struct norm *n = find(norms, key, norm->op, norm->slot);

	if (!n)
		n = room(norms);
	if (!n)
		return;
	memset(n, 0, sizeof(*n));
	snprintf(n->key, sizeof(n->key), "%s", key);
	n->seen_s = seen_s;
	n->norm = *norm;
	if (seen_s > norms->seen_max_s)
		norms->seen_max_s = seen_s;
}

/* ---- as text ---- */

/* A word and the blank after it. */
static bool word(const char **text, char *to, size_t size)
{
	size_t length = strcspn(*text, " ");

	if (!length || length >= size || (*text)[length] != ' ')
		return false;
	memcpy(to, *text, length);
	to[length] = '\0';
	*text += length + 1;
	return true;
}

static bool take(void *ctx, const char *rest)
{
	enum { SLOT, LOOKS, LAT, BYTES, SPREAD, DEPTH, SEEN, NUMBERS };
	static const __u64 most[NUMBERS] = {
		[SLOT] = DISK_DEPTH_SLOTS - 1, [LOOKS] = ~0ULL,	   [LAT] = ~0ULL, [BYTES] = ~0ULL,
		[SPREAD] = UINT_MAX,	       [DEPTH] = UINT_MAX, [SEEN] = ~0ULL};
	struct event_disk_norm norm = {0};
	__u64 number[NUMBERS];
	char key[KEY_LEN], op[8];

	if (!word(&rest, key, sizeof(key)) || !word(&rest, op, sizeof(op)))
		return false;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		if (i && *rest++ != ' ')
			return false;
		if (!store_number(&rest, 10, most[i], &number[i]))
			return false;
	}
	norm.op = strcmp(op, "read") == 0 ? PAST_READ : PAST_WRITE;
	if (*rest || (norm.op == PAST_WRITE && strcmp(op, "write") != 0) || !number[LOOKS] ||
	    !number[LAT])
		return false;
	norm.slot = (__u16)number[SLOT];
	norm.looks = number[LOOKS];
	norm.lat_ns = number[LAT];
	norm.bytes = number[BYTES];
	norm.spread_milli = (__u32)number[SPREAD];
	norm.depth_milli = (__u32)number[DEPTH];
	put(ctx, key, number[SEEN], &norm);
	return true;
}

struct store_kind norms_kind(struct norms *norms)
{
	return (struct store_kind){KIND, VERSION, take, norms};
}

int norms_add(const struct norms *norms, struct store_text *store)
{
	char line[STORE_LINE_MAX];
	int code = 0;

	for (unsigned int i = 0; i < norms->n && code == 0; i++) {
		const struct norm *n = &norms->item[i];
		const struct event_disk_norm *e = &n->norm;

		snprintf(line, sizeof(line), "%s %s %u %llu %llu %llu %u %u %llu", n->key,
			 e->op == PAST_READ ? "read" : "write", e->slot,
			 (unsigned long long)e->looks, (unsigned long long)e->lat_ns,
			 (unsigned long long)e->bytes, e->spread_milli, e->depth_milli,
			 (unsigned long long)n->seen_s);
		code = store_add(store, KIND, VERSION, line);
	}
	return code == -EMSGSIZE ? 0 : code;
}

/* ---- to and from the model ---- */

bool norms_of(const struct norms *norms, const struct event_disk *disk, unsigned int i,
	      struct event_disk_norm *ret)
{
	char key[KEY_LEN];

	norms_key(disk, key, sizeof(key));
	for (unsigned int k = 0; key[0] && k < norms->n; k++) {
		if (strcmp(norms->item[k].key, key) != 0 || i--)
			continue;
		*ret = norms->item[k].norm;
		ret->dev = disk->dev;
		return true;
	}
	return false;
}

void norms_learn(struct norms *norms, const struct model *model, bool (*skip)(void *ctx, __u32 dev),
		 void *ctx)
{
	__u64 seen_s = model_wall_ns(model, model_now(model)) / 1000000000ULL;
	const struct disk *disk = NULL;

	if (seen_s < norms->seen_max_s)
		seen_s = norms->seen_max_s;
	while ((disk = disks_next(model_disks(model), disk))) {
		char key[KEY_LEN];

		norms_key(&disk->info, key, sizeof(key));
		if (!disk->queue || !disk->queue->past || !key[0] || disk->gone ||
		    disk->queue->past->frozen || skip(ctx, disk->info.dev))
			continue;
		for (unsigned int op = 0; op < PAST_OPS; op++)
			for (unsigned int slot = 0; slot < DISK_DEPTH_SLOTS; slot++) {
				struct event_disk_norm norm = {0};

				if (disk_past_norm(disk->queue->past, op, slot, &norm))
					put(norms, key, seen_s, &norm);
			}
	}
}
