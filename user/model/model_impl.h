/* SPDX-License-Identifier: BSD-2-Clause */
/* model_impl.h - what a model is made of; for model.c, which changes it, and model_read.c. */
#ifndef CULPRIT_MODEL_IMPL_H
#define CULPRIT_MODEL_IMPL_H

#include "model/disk.h"
#include "model/dns.h"
#include "model/fs.h"
#include "model/local.h"
#include "model/machine.h"
#include "model/model.h"
#include "model/names.h"
#include "model/nic.h"
#include "model/nic_queue.h"
#include "model/peer.h"
#include "model/process.h"
#include "model/thin.h"
#include "model/tls.h"

enum own_table { OWN_DISKS, OWN_PEERS, OWN_PROCESSES, OWN_TABLES };

/* From mono_ns on the host has been suspended for so long since boot. */
struct resumed {
	__u64 mono_ns;
	__u64 suspended_ns;
};
#define RESUMES_KEPT 16 /* the oldest goes, but for the first: what was before is not told apart */

struct model {
	struct frame frame;
	__u64 ticks;
	__u64 late;
	__u64 unknown;
	struct event_clock clock;
	struct resumed resumed[RESUMES_KEPT]; /* [0]: as of the first clock event */
	unsigned int n_resumed;
	struct event_host host;
	struct event_self self;
	struct event_self self_first;
	struct names settings;
	struct names probes;
	struct names rings;
	struct names tables;
	struct names
		losses; /* struct event_table: the latest in which the number of dropped entries had grown */
	struct names hooks;
	struct event_table own[OWN_TABLES];
	__u64 own_lost_ns[OWN_TABLES];
	struct event_table findings;
	struct disks disks;
	struct filesystems filesystems;
	struct thin_pools thin_pools;
	struct nics nics;
	struct nic_queues nic_queues;
	struct dns_servers dns;
	struct peers peers;
	struct tls tls;
	struct processes processes;
	struct machine machine;
	struct local local;
};

#endif
