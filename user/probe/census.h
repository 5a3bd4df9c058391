/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * census.h - how many descriptors every process holds, as events: what changed since the last census.
 */
#ifndef CULPRIT_CENSUS_H
#define CULPRIT_CENSUS_H

#include "probe/id_table.h"
#include "probe/netns.h"
#include "source/source.h"

struct census {
	struct id_table processes; /* struct process_seen */
	struct id_table tables;	   /* files_structs seen in the census that runs */
	int link_fd;		   /* iter/task */
	unsigned int round;
};

void census_init(struct census *census, int link_fd);
/* Tells netns (NULL: nobody asks) which namespaces are inhabited. */
int census_snapshot(struct census *census, struct netns_list *netns, unsigned long long now_ns,
		    event_fn fn, void *ctx);
void census_done(struct census *census);

#endif
