/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * norms.h - what disks took in former runs (model/disk_past.h), between the store and the model.
 *
 * Keyed by what stays with a disk: its WWN, else its model and serial, else (virtual disks, and those that tell
 * neither) its name. Bounded: the disks that were seen last are kept.
 */
#ifndef CULPRIT_NORMS_H
#define CULPRIT_NORMS_H

#include "model/model.h"
#include "store/store.h"

#define NORMS_MAX 4096 /* records: a disk has 20 at most, 4 to 6 as a rule */

struct norms;

struct norms *norms_new(void);
void norms_free(struct norms *norms);

/* The kind of record, for store_read(): what it takes is added to what is there. */
struct store_kind norms_kind(struct norms *norms);
/* The i-th norm that is kept of this disk, with its dev; false past the end. */
bool norms_of(const struct norms *norms, const struct event_disk *disk, unsigned int i,
	      struct event_disk_norm *ret);
/* Takes what the model has learned of its disks, but of those that `skip` names. */
void norms_learn(struct norms *norms, const struct model *model, bool (*skip)(void *ctx, __u32 dev),
		 void *ctx);
/* Adds all as records. */
int norms_add(const struct norms *norms, struct store_text *store);

/* The key as one word; empty for a partition. Returns buf. */
const char *norms_key(const struct event_disk *disk, char *buf, size_t size);

#endif
