/* SPDX-License-Identifier: BSD-2-Clause */
/* model_read.c - what can be asked of the model's frame; see model.h. */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_impl.h"

/* ---- time ---- */

__u64 model_now(const struct model *model)
{
	return model->frame.now_ns;
}

__u64 model_start(const struct model *model)
{
	return model->frame.start_ns;
}

__u64 model_tick_count(const struct model *model)
{
	return model->ticks;
}

const struct frame *model_frame(const struct model *model)
{
	return &model->frame;
}

__u64 model_wall_ns(const struct model *model, __u64 mono_ns)
{
	__u64 slept_ns = 0;

	/* The latest clock event is of after the sleeps that came since. */
	for (unsigned int i = model->n_resumed; i > 1 && mono_ns < model->resumed[i - 1].mono_ns;
	     i--)
		slept_ns += model->resumed[i - 1].suspended_ns - model->resumed[i - 2].suspended_ns;
	return model->clock.realtime_ns + (mono_ns - model->clock.h.ts_ns) - slept_ns;
}

__u64 model_mono_of_boot(const struct model *model, __u64 boottime_ns)
{
	const struct resumed *r = NULL;

	for (unsigned int i = model->n_resumed; i > 0; i--) {
		r = &model->resumed[i - 1];
		if (i == 1 || boottime_ns >= r->mono_ns + r->suspended_ns)
			break;
		/* While it was suspended: when it went on. */
		if (boottime_ns >= r->mono_ns + r[-1].suspended_ns)
			return r->mono_ns;
	}
	return r && boottime_ns > r->suspended_ns ? boottime_ns - r->suspended_ns : 0;
}

__u64 model_resumed_ns(const struct model *model)
{
	return model->n_resumed > 1 ? model->resumed[model->n_resumed - 1].mono_ns : 0;
}

/* So many windows: one in which connections end that did not outlive the sleep, and one until that is out of what
 * is judged. */
#define SETTLE_WINDOWS 2

bool model_settles(const struct model *model)
{
	__u64 resumed_ns = model_resumed_ns(model);

	return resumed_ns &&
	       model->frame.now_ns < resumed_ns + SETTLE_WINDOWS * model->frame.window_ns;
}

/* ---- who and how ---- */

const struct event_host *model_host(const struct model *model)
{
	return &model->host;
}

const char *model_setting(const struct model *model, const char *key)
{
	const struct event_config *config = names_find(&model->settings, key);

	return config ? config->value : NULL;
}

bool model_setting_at(const struct model *model, unsigned int i, const char **ret_key,
		      const char **ret_value)
{
	const struct event_config *config = names_at(&model->settings, i);

	if (!config)
		return false;
	*ret_key = config->key;
	*ret_value = config->value;
	return true;
}

double model_threshold(const struct model *model, const struct threshold *threshold)
{
	const char *text = model_setting(model, threshold->key);
	double value;
	char *end;

	if (!text)
		return threshold->value;
	value = strtod(text, &end);
	return end == text || *end || !isfinite(value) ? threshold->value : value;
}

/* ---- what the tool knows of itself ---- */

const struct event_probe *model_probe(const struct model *model, const char *name)
{
	return names_find(&model->probes, name);
}

const struct event_probe *model_probe_at(const struct model *model, unsigned int i)
{
	return names_at(&model->probes, i);
}

const struct event_ring *model_ring_at(const struct model *model, unsigned int i)
{
	return names_at(&model->rings, i);
}

const struct event_table *model_table(const struct model *model, const char *name)
{
	for (unsigned int i = 0; i < OWN_TABLES; i++)
		if (strcmp(model->own[i].name, name) == 0)
			return &model->own[i];
	return names_find(&model->tables, name);
}

__u64 model_table_lost_ns(const struct model *model, const char *name)
{
	const struct event_table *loss;

	for (unsigned int i = 0; i < OWN_TABLES; i++)
		if (strcmp(model->own[i].name, name) == 0)
			return model->own_lost_ns[i];
	loss = names_find(&model->losses, name);
	return loss ? loss->h.ts_ns : 0;
}

const struct event_table *model_table_at(const struct model *model, unsigned int i)
{
	if (i < OWN_TABLES)
		return &model->own[i];
	i -= OWN_TABLES;
	if (!model->findings.dropped)
		return names_at(&model->tables, i);
	return i ? names_at(&model->tables, i - 1) : &model->findings;
}

const struct event_hook *model_hook_at(const struct model *model, unsigned int i)
{
	return names_at(&model->hooks, i);
}

const struct event_self *model_self(const struct model *model)
{
	return &model->self;
}

const struct event_self *model_self_first(const struct model *model)
{
	return &model->self_first;
}

__u64 model_late(const struct model *model)
{
	return model->late;
}

__u64 model_unknown(const struct model *model)
{
	return model->unknown;
}

__u64 model_dropped(const struct model *model)
{
	return model->settings.dropped + model->probes.dropped + model->rings.dropped +
	       model->tables.dropped + model->hooks.dropped;
}

/* ---- the parts ---- */

const struct disks *model_disks(const struct model *model)
{
	return &model->disks;
}

const struct filesystems *model_filesystems(const struct model *model)
{
	return &model->filesystems;
}

const struct thin_pools *model_thin_pools(const struct model *model)
{
	return &model->thin_pools;
}

const struct nics *model_nics(const struct model *model)
{
	return &model->nics;
}

const struct nic_queues *model_nic_queues(const struct model *model)
{
	return &model->nic_queues;
}

const struct dns_servers *model_dns(const struct model *model)
{
	return &model->dns;
}

const struct peers *model_peers(const struct model *model)
{
	return &model->peers;
}

const struct tls *model_tls(const struct model *model)
{
	return &model->tls;
}

const struct processes *model_processes(const struct model *model)
{
	return &model->processes;
}

const struct machine *model_machine(const struct model *model)
{
	return &model->machine;
}

const struct local *model_local(const struct model *model)
{
	return &model->local;
}
