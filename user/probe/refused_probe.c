/* SPDX-License-Identifier: BSD-2-Clause */
/* refused_probe.c - who is watched for descriptors that are refused; see refused_probe.h. */
#include "probe/refused_probe.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

unsigned int refused_probe_watched(const struct refused_probe *probe, bool host)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < probe->n; i++)
		n += (probe->watched[i].pid == 0) == host;
	return n;
}

int refused_probe_watch(struct refused_probe *probe, __u32 pid, __u64 start_ns, __u64 now_ns)
{
	struct watched_value value = {0};

	for (unsigned int i = 0; i < probe->n; i++)
		if (probe->watched[i].pid == pid)
			return -EEXIST;
	if (refused_probe_watched(probe, !pid) >= (pid ? WATCHED_PIDS_MAX : 1))
		return -ENOSPC;
	if (bpf_map_update_elem(probe->watched_fd, &pid, &value, BPF_ANY))
		return -errno;
	probe->watched[probe->n++] =
		(struct watched_process){.pid = pid, .start_ns = start_ns, .since_ns = now_ns};
	return 0;
}

bool refused_probe_unwatch(struct refused_probe *probe, __u32 pid)
{
	for (unsigned int i = 0; i < probe->n; i++) {
		if (probe->watched[i].pid != pid)
			continue;
		bpf_map_delete_elem(probe->watched_fd, &pid);
		probe->watched[i] = probe->watched[--probe->n];
		return true;
	}
	return false;
}

int refused_probe_report(const struct refused_probe *probe, __u64 now_ns, event_fn fn, void *ctx)
{
	int ret = 0;

	for (unsigned int i = 0; i < probe->n && ret >= 0; i++) {
		const struct watched_process *w = &probe->watched[i];
		bool calls = w->pid ? probe->number_calls : probe->file_calls;
		struct event_fd_refused event = {
			.h = {.ts_ns = now_ns, .type = EVENT_FD_REFUSED, .size = sizeof(event)},
			.start_ns = w->start_ns,
			.since_ns = w->since_ns,
			.pid = w->pid,
			.via = calls ? REFUSED_SYSCALLS : REFUSED_FUNCTION,
		};
		struct watched_value value;

		if (bpf_map_lookup_elem(probe->watched_fd, &w->pid, &value))
			continue;
		event.refused = value.refused;
		event.last_ns = value.last_ns;
		event.last_pid = value.last_pid;
		memcpy(event.last_comm, value.last_comm, sizeof(event.last_comm));
		ret = fn(ctx, &event.h);
	}
	return ret < 0 ? ret : 0;
}
