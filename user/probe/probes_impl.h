/* SPDX-License-Identifier: BSD-2-Clause */
/* probes_impl.h - the parts that struct probes is made of; for user/probe/ only. */
#ifndef CULPRIT_PROBES_IMPL_H
#define CULPRIT_PROBES_IMPL_H

#include "probe/block_stats.h"
#include "probe/census.h"
#include "probe/fd_scan.h"
#include "probe/leak_probe.h"
#include "probe/dns_stats.h"
#include "probe/fs_stats.h"
#include "probe/object.h"
#include "probe/probes.h"
#include "probe/refused_probe.h"
#include "probe/system_read.h"
#include "probe/tcp_peers.h"
#include "probe/tls_probe.h"

struct probes {
	struct object_options options;
	struct object objects[PROBE_OBJECTS];
	struct probe_run runs[PROBE_ROWS];
	char force_way[PROBE_ROWS][16];
	bool verbose;
	bool rests;	   /* as probes_options has it */
	unsigned int cpus; /* possible ones: a per-CPU value has a place for each */
	unsigned int armed;
	char armed_limit[96], told_limit[96],
		sampled_limit[96]; /* why they do less than they could; empty: they do not */
	int ring_fd;		   /* epoll over the rings; -1: none */
	struct hook_clock clock;
	/* Each is set up when its link_fd, map or program is there. */
	bool have_peers;
	bool have_blocks;
	bool have_census;
	bool have_scan;
	bool have_exits;
	struct tcp_peers peers;
	struct block_stats blocks;
	struct census census;
	struct fd_scan scan;
	struct leak_probe leak;	      /* while leak.n > 0 the object is loaded */
	struct refused_probe refused; /* likewise */
	struct tls_probe tls;	      /* likewise */
	struct fs_stats fs;
	struct dns_stats dns;
	struct exits exits;
};

/* For probes_free(): detaches what probes_arm.c attached; the links of disks' issuers are its runs'. */
void probes_disarm_all(struct probes *probes);

static inline struct probe_run *probes_run(struct probes *probes, enum hook hook)
{
	/* The table has one row for each hook. */
	for (unsigned int i = 0; i < PROBE_ROWS; i++)
		if (probes->runs[i].row->hook == hook)
			return &probes->runs[i];
	return NULL;
}

#endif
