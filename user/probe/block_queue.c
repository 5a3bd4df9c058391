/* SPDX-License-Identifier: BSD-2-Clause */
/* block_queue.c - what a disk's request queue holds now; see block_queue.h and bpf/queue.bpf.h. */
#include "probe/block_queue.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include <culprit/map_block.h>

/* One look is bounded: a controller with more queues or tags is seen in part. */
#define RUNS_MAX 128

static int run(int program_fd, int map_fd, struct queue_walk *walk)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	__u32 key = 0;

	if (bpf_map_update_elem(map_fd, &key, walk, BPF_ANY) ||
	    bpf_prog_test_run_opts(program_fd, &options) || bpf_map_lookup_elem(map_fd, &key, walk))
		return -errno;
	return 0;
}

/* All requests: hardware queue by hardware queue, tags in parts; a shared tag table once. */
static int walk_tags(int program_fd, int map_fd, struct queue_walk *walk)
{
	unsigned long long tags = 0;
	struct queue_walk before;
	int runs = 0, ret = 0;

	for (walk->hw = 0; ret == 0 && runs < RUNS_MAX; walk->hw++) {
		walk->first = walk->n_tags = 0;
		do {
			before = *walk;
			ret = run(program_fd, map_fd, walk);
			if (ret || walk->hw >= walk->n_hw)
				return ret;
			if (walk->tags == tags) {
				*walk = before;
				return 0;
			}
			walk->first += QUEUE_WALK_TAGS;
		} while (walk->first < walk->n_tags && ++runs < RUNS_MAX);
		tags = walk->tags;
	}
	return ret;
}

int block_queue_look(int program_fd, int map_fd, unsigned int dev, unsigned long long queue,
		     bool full, struct queue_look *ret_look)
{
	/* No such hardware queue: only what is held back is looked at. */
	struct queue_walk walk = {.queue = queue, .dev = dev, .hw = ~0U};
	int ret = run(program_fd, map_fd, &walk);

	if (ret == 0 && !walk.n_hw)
		ret = -ENOENT;
	if (ret == 0 && full)
		ret = walk_tags(program_fd, map_fd, &walk);
	if (ret)
		return ret;
	ret_look->in_flight = walk.in_flight[0] + walk.in_flight[1] + walk.in_flight[2];
	ret_look->writes = walk.in_flight[1];
	ret_look->others = walk.in_flight[2];
	ret_look->lengthy = walk.lengthy;
	ret_look->held = walk.held[0] + walk.held[1];
	ret_look->oldest_ns = walk.oldest_ns;
	return 0;
}
