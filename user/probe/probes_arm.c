/* SPDX-License-Identifier: BSD-2-Clause */
/* probes_arm.c - what is attached only while something is armed; see probes.h. That of TLS: tls_probe.c. */
#include "probe/probes.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include <bpf/bpf.h>
#include <culprit/counters.h>
#include <culprit/map_block.h>

#include "probe/feature.h"
#include "probe/probes_impl.h"

/* ---- processes that leak ---- */

static void unload_leak(struct probes *probes)
{
	leak_probe_done(&probes->leak);
	object_unload(&probes->objects[OBJECT_LEAK], probes->runs);
}

static int load_leak(struct probes *probes)
{
	struct probe_run *hooks[] = {probes_run(probes, HOOK_LEAK_OPEN),
				     probes_run(probes, HOOK_LEAK_CLOSE)};
	struct object *object = &probes->objects[OBJECT_LEAK];
	struct leak_probe *leak = &probes->leak;
	int ret;

	if (hooks[0]->way < 0 || hooks[1]->way < 0)
		return -ENOTSUP;
	ret = object_load(object, OBJECT_LEAK, probes->runs, &probes->options);
	if (ret)
		return ret;
	leak_probe_init(leak);
	leak->armed_fd = object_map_fd(object, "armed");
	leak->fds_fd = object_map_fd(object, "armed_fds");
	leak->sites_fd = object_map_fd(object, "armed_sites");
	leak->samples_fd = object_map_fd(object, "armed_samples");
	leak->by_syscalls = strcmp(hooks[0]->row->ways[hooks[0]->way].type, "fentry") != 0;
	for (int i = 0; i < 2 && ret == 0; i++) {
		hooks[i]->link = bpf_program__attach(hooks[i]->program);
		if (!hooks[i]->link)
			ret = -errno;
	}
	if (ret)
		unload_leak(probes);
	/* Reading types took memory that is not needed again. */
	malloc_trim(0);
	return ret;
}

int probes_arm_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		   unsigned long long now_ns)
{
	int ret = probes->leak.n ? 0 : load_leak(probes);

	if (ret)
		return ret;
	ret = leak_probe_arm(&probes->leak, pid, start_ns, now_ns);
	if (ret && probes->leak.n == 0)
		unload_leak(probes);
	return ret;
}

void probes_disarm_fds(struct probes *probes, unsigned int pid)
{
	if (!probes->leak.n)
		return;
	leak_probe_disarm(&probes->leak, pid);
	if (probes->leak.n == 0)
		unload_leak(probes);
}

int probes_fd_sample(const struct probes *probes, unsigned int pid, unsigned int site,
		     unsigned long long now_ns, struct stack_sample *ret_sample)
{
	return leak_probe_sample(&probes->leak, pid, site, now_ns, ret_sample);
}

/* ---- descriptors that are refused ---- */

static struct probe_run *refusal(struct probes *probes, bool host)
{
	return probes_run(probes, host ? HOOK_REFUSED_FILE : HOOK_REFUSED_NUMBER);
}

static bool by_calls(struct probes *probes, bool host)
{
	const struct probe_run *run = refusal(probes, host);

	return run->way >= 0 && !way_is_function(&run->row->ways[run->way]);
}

/* Nothing stays attached for whom nobody is watched. */
static void end_refusal(struct probes *probes, bool host)
{
	struct probe_run *run = refusal(probes, host);

	if (refused_probe_watched(&probes->refused, host) == 0) {
		bpf_link__destroy(run->link);
		run->link = NULL;
	}
	if (probes->refused.n == 0)
		object_unload(&probes->objects[OBJECT_REFUSED], probes->runs);
}

static int begin_refusal(struct probes *probes, bool host)
{
	struct object *object = &probes->objects[OBJECT_REFUSED];
	struct probe_run *run = refusal(probes, host);
	int ret = 0;

	if (run->way < 0)
		return -ENOTSUP;
	if (!object->bpf) {
		ret = object_load(object, OBJECT_REFUSED, probes->runs, &probes->options);
		/* Reading types took memory that is not needed again. */
		malloc_trim(0);
	}
	if (ret)
		return ret;
	probes->refused.watched_fd = object_map_fd(object, "watched");
	probes->refused.number_calls = by_calls(probes, false);
	probes->refused.file_calls = by_calls(probes, true);
	if (!run->link)
		run->link = bpf_program__attach(run->program);
	return run->link ? 0 : -errno;
}

int probes_watch_refused(struct probes *probes, unsigned int pid, unsigned long long start_ns,
			 unsigned long long now_ns)
{
	int ret = begin_refusal(probes, !pid);

	if (ret == 0)
		ret = refused_probe_watch(&probes->refused, pid, start_ns, now_ns);
	if (ret)
		end_refusal(probes, !pid);
	return ret;
}

void probes_unwatch_refused(struct probes *probes, unsigned int pid)
{
	if (refused_probe_unwatch(&probes->refused, pid))
		end_refusal(probes, !pid);
}

int probes_report_refused(const struct probes *probes, unsigned long long now_ns, event_fn fn,
			  void *ctx)
{
	return refused_probe_report(&probes->refused, now_ns, fn, ctx);
}

/* ---- disks whose issuers are looked for ---- */

/* Tells the completion program whether to look for issuers. */
static int set_armed(struct probes *probes, unsigned int armed)
{
	struct block_control control = {.armed = armed};
	__u32 key = 0;
	int fd = object_map_fd(&probes->objects[OBJECT_BLOCK], ".data.control");

	if (bpf_map_update_elem(fd, &key, &control, BPF_ANY))
		return -errno;
	probes->armed = armed;
	return 0;
}

int probes_arm_issue(struct probes *probes, unsigned int dev)
{
	struct probe_run *run = probes_run(probes, HOOK_BLOCK_ISSUE);
	struct probe_run *insert = probes_run(probes, HOOK_BLOCK_INSERT);
	int fd = object_map_fd(&probes->objects[OBJECT_BLOCK], "armed_disks");
	__u32 one = 1;

	if (run->way < 0 || fd < 0)
		return -ENOTSUP;
	if (bpf_map_update_elem(fd, &dev, &one, BPF_NOEXIST))
		return errno == EEXIST ? 0 : -errno;
	if (!run->link)
		run->link = bpf_program__attach(run->program);
	if (!run->link) {
		int ret = -errno;

		bpf_map_delete_elem(fd, &dev);
		return ret;
	}
	/* Without it the issuer is who ran the queue: most often the same. */
	if (insert->way >= 0 && !insert->link)
		insert->link = bpf_program__attach(insert->program);
	return set_armed(probes, probes->armed + 1);
}

int probes_disarm_issue(struct probes *probes, unsigned int dev)
{
	struct probe_run *run = probes_run(probes, HOOK_BLOCK_ISSUE);
	struct probe_run *insert = probes_run(probes, HOOK_BLOCK_INSERT);
	int fd = object_map_fd(&probes->objects[OBJECT_BLOCK], "armed_disks");
	int ret;

	if (fd < 0 || bpf_map_delete_elem(fd, &dev))
		return -ENOENT;
	if (probes->have_blocks)
		block_stats_unsplit(&probes->blocks, dev);
	ret = set_armed(probes, probes->armed - 1);
	if (probes->armed == 0) {
		bpf_link__destroy(run->link);
		bpf_link__destroy(insert->link);
		run->link = insert->link = NULL;
	}
	return ret;
}

void probes_disarm_all(struct probes *probes)
{
	if (probes->leak.n)
		unload_leak(probes);
	object_unload(&probes->objects[OBJECT_REFUSED], probes->runs);
}
