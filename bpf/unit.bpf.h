/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * unit.bpf.h - whose a cgroup is, by a name that stays over restarts; user/rules/unit.h reads it.
 */
#ifndef CULPRIT_UNIT_BPF_H
#define CULPRIT_UNIT_BPF_H

#include "compat.bpf.h"

/* As many levels as a cgroup of a pod in a slice of a user has, and some. */
#define LEVELS_MAX 12

#define NAME_LEN 96 /* the longest that matter: cri-containerd-, 64 digits, .scope */
#define CONTAINER_ID                                                                               \
	64 /* digits, by which Docker and the kubelet without systemd name a container's */
/* What the kubelet makes of a pod's uid, 36 characters or 32 for one of a file. */
#define POD_LONG  (3 + 36)
#define POD_SHORT (3 + 32)
/* The units of systemd that run programs of their own are of one or two levels: what a service makes below its
 * own, further down, are jobs. */
#define UNIT_LEVELS 2

static __always_inline bool is_pod_at(const char *name, int at)
{
	char mark[3] = {};

	bpf_probe_read_kernel(mark, sizeof(mark), name + at);
	return mark[0] == 'p' && mark[1] == 'o' && mark[2] == 'd';
}

enum level { LEVEL_OTHER, LEVEL_UNIT, LEVEL_CONTAINER, LEVEL_POD };

/*
 * What a cgroup of this name is of; LEVEL_POD and more: of a pod, and so much further in "pod<uid>" begins, as in
 * "kubepods-burstable-pod<uid>.slice". A function of its own, which the verifier checks once: see queue_request().
 */
__noinline int unit_level(__u64 address)
{
	const char *name = (const char *)address;
	char buf[NAME_LEN], end[8] = {};
	int length = bpf_probe_read_kernel_str(buf, sizeof(buf), name) - 1, stem = length;
	bool slice;

	if (length < (int)sizeof(end) || length >= NAME_LEN)
		return LEVEL_OTHER;
	bpf_probe_read_kernel(end, sizeof(end), name + length - sizeof(end));
	slice = end[2] == '.' && end[3] == 's' && end[4] == 'l';
	if (slice)
		stem -= 6;
	if ((slice ? stem > POD_LONG : stem == POD_LONG) && is_pod_at(name, stem - POD_LONG))
		return LEVEL_POD + stem - POD_LONG;
	if ((slice ? stem > POD_SHORT : stem == POD_SHORT) && is_pod_at(name, stem - POD_SHORT))
		return LEVEL_POD + stem - POD_SHORT;
	if ((end[2] == '.' && end[3] == 's' && end[4] == 'c') ||
	    (end[0] == '.' && end[1] == 's' && end[2] == 'e'))
		return LEVEL_UNIT;
	return length == CONTAINER_ID ? LEVEL_CONTAINER : LEVEL_OTHER;
}

/*
 * The name that stays over restarts, and is of one thing only: the pod's (a container in it gets another each time), or
 * else the service's or scope's (crun calls what is in a scope "container", whosever it is). True for these, and
 * for a container's own; else it is the last part of the path.
 */
static __always_inline bool unit_name(struct cgroup *cgroup, char *to, __u32 size)
{
	struct cgroup_subsys_state *css = (void *)cgroup; /* self is its first member */
	const char *unit = NULL, *leaf = NULL;
	__u32 i;

	for (i = 0; i < LEVELS_MAX && css; i++) {
		const char *name = BPF_CORE_READ(css, cgroup, kn, name);
		int level = unit_level((__u64)name);

		if (i == 0)
			leaf = name;
		if (level >= LEVEL_POD) {
			unit = name + level - LEVEL_POD;
			break;
		}
		if (!unit && i < UNIT_LEVELS &&
		    (level == LEVEL_UNIT || (i == 0 && level == LEVEL_CONTAINER)))
			unit = name;
		css = BPF_CORE_READ(css, parent);
	}
	bpf_probe_read_kernel_str(to, size, unit ? unit : leaf);
	return unit != NULL;
}

#endif
