/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.h - the host as we know it. Only events change it; it reads no clock, no file, no map.
 *
 * The frame (time, host, settings, probes, losses, own cost) is declared here; disks, interfaces,
 * peers and processes in disk.h, nic.h, peer.h and process.h. Everything is bounded, and what was
 * dropped is counted.
 */
#ifndef CULPRIT_MODEL_H
#define CULPRIT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

#include "model/frame.h"

struct model;
struct disks;
struct filesystems;
struct thin_pools;
struct nics;
struct nic_queues;
struct dns_servers;
struct peers;
struct tls;
struct processes;
struct machine;
struct local;

/* NULL when out of memory. */
struct model *model_new(void);
void model_free(struct model *model);

/* Applies one event; unknown types are counted and ignored. 0, or -ENOMEM. The event is not kept */
int model_apply(struct model *model, const struct event *event);

/* ---- time: all in CLOCK_MONOTONIC ns of events ---- */

/* The largest event time seen. */
__u64 model_now(const struct model *model);
/* When the baseline snapshot was complete (tick 0); 0 before. */
__u64 model_start(const struct model *model);
/* How many ticks were seen, the baseline (tick 0) included. */
__u64 model_tick_count(const struct model *model);
/* Times and lengths that the parts are asked with; valid as long as the model. */
const struct frame *model_frame(const struct model *model);
/* Wall time (ns since the epoch) of a monotonic time, by the latest clock event at or before now */
__u64 model_wall_ns(const struct model *model, __u64 mono_ns);
/* Monotonic time of a start_boottime stamp, by what the clock events told of suspends. 0 when before boot of the
 * clock. */
__u64 model_mono_of_boot(const struct model *model, __u64 boottime_ns);
/* When the host last went on after a suspend; 0: not in this run. */
__u64 model_resumed_ns(const struct model *model);
/* For a while after that peers have hung up and timers run out at once: no judgement on the network is begun. */
bool model_settles(const struct model *model);

/* ---- who and how ---- */

/* All strings empty before EVENT_HOST was seen; never NULL. */
const struct event_host *model_host(const struct model *model);

/* A setting in force, or NULL when it has its default: it was never told, or last with an empty value. */
const char *model_setting(const struct model *model, const char *key);
/* The i-th setting, for labels and the like; false past the end. */
bool model_setting_at(const struct model *model, unsigned int i, const char **ret_key,
		      const char **ret_value);

/* A threshold: a named constant with its reason, configurable under its key. */
struct threshold {
	const char *key; /* "path-loss.min_segments" */
	double value;	 /* the default */
	const char *unit;
	const char *reason; /* one sentence */
};
/* The value in force: the setting of that key when it is a finite number, else the default. */
double model_threshold(const struct model *model, const struct threshold *threshold);

/* ---- what the tool knows of itself; pointers are valid until the next model_apply() ---- */

const struct event_probe *model_probe(const struct model *model,
				      const char *name); /* NULL: never heard of */
const struct event_probe *model_probe_at(const struct model *model,
					 unsigned int i); /* NULL past the end */
const struct event_ring *model_ring_at(const struct model *model, unsigned int i);
/* Tables of the kernel side and, as "model.peers" and the like, of the model itself. */
const struct event_table *model_table(const struct model *model, const char *name);
const struct event_table *model_table_at(const struct model *model, unsigned int i);
/* How full the place for findings is. It is told of like a table, "findings", once some found no room. */
void model_note_findings(struct model *model, unsigned int limit, unsigned int used, __u64 dropped);
/* When the number of entries that it dropped was last seen to have grown; 0: never. */
__u64 model_table_lost_ns(const struct model *model, const char *name);
const struct event_hook *model_hook_at(const struct model *model, unsigned int i);
/* All zero before the first EVENT_SELF; never NULL. `first` is the first one of the run. */
const struct event_self *model_self(const struct model *model);
const struct event_self *model_self_first(const struct model *model);
/* Events that came more than one tick late; events of unknown type or too short for their type. */
__u64 model_late(const struct model *model);
__u64 model_unknown(const struct model *model);
/* Settings, probes, rings, tables and hooks that found no room. */
__u64 model_dropped(const struct model *model);

/* ---- the parts ---- */

const struct disks *model_disks(const struct model *model);
const struct filesystems *model_filesystems(const struct model *model);
const struct thin_pools *model_thin_pools(const struct model *model);
const struct nics *model_nics(const struct model *model);
const struct nic_queues *model_nic_queues(const struct model *model);
const struct dns_servers *model_dns(const struct model *model);
const struct peers *model_peers(const struct model *model);
const struct tls *model_tls(const struct model *model);
const struct processes *model_processes(const struct model *model);
const struct machine *model_machine(const struct model *model);
const struct local *model_local(const struct model *model);

#endif
