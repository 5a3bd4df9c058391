/* SPDX-License-Identifier: BSD-2-Clause */
/* json_verdict.c - the verdict, and the tool's own status, as JSON; see json_build.h. */
#include <math.h>
#include <string.h>

#include "json_build.h"
#include "reload_state.h"

/* ---- verdict ---- */

static void add_exposure(struct build *b, struct json_object *o, const struct exposure *exposure)
{
	struct json_object *numbers = NULL;

	for (unsigned int i = 0; i < exposure->n && !b->oom; i++) {
		if (!isfinite(exposure->item[i].value))
			continue;
		if (!numbers)
			numbers = build_object(b, o, "exposure");
		build_number(b, numbers, exposure->item[i].name, exposure->item[i].value);
	}
}

static void add_class(struct build *b, struct json_object *classes, enum fault_class class,
		      const struct class_verdict *v)
{
	struct json_object *o = build_object(b, classes, fault_class_name(class));
	struct json_object *list;

	build_text(b, o, "state", class_state_name(v->state));
	/* Empty says that there is none, not that it is unknown. */
	list = build_list(b, o, "findings", v->findings_total);
	for (unsigned int i = 0; i < v->n_findings && !b->oom; i++)
		build_append(b, list, build_id_string(b, v->findings[i]));
	add_exposure(b, o, &v->exposure);
	build_text_n(b, o, "text", v->text, sizeof(v->text));
	build_spare(b, o, "text");
	if (!v->n_unjudged)
		return;
	list = build_list(b, o, "unjudged", 0);
	for (unsigned int i = 0; i < v->n_unjudged && !b->oom; i++) {
		struct json_object *item = build_object(b, NULL, NULL);

		build_text(b, item, "kind", v->unjudged[i].kind);
		build_text(b, item, "reason", v->unjudged[i].reason);
		if (v->unjudged[i].why[0])
			build_text_n(b, item, "text", v->unjudged[i].why,
				     sizeof(v->unjudged[i].why));
		build_append(b, list, item);
	}
}

void json_verdict(struct build *b, struct json_object *o, const struct verdict *verdict)
{
	struct json_object *part;

	build_number(b, o, "window_s", verdict->window_s);
	if (verdict->lead)
		build_id(b, o, "lead", verdict->lead);
	part = build_object(b, o, "classes");
	for (int class = 0; class < CLASSES; class ++)
		if (verdict->class[class].asked)
			add_class(b, part, class, &verdict->class[class]);
	part = build_object(b, o, "events");
	build_u64(b, part, "produced", verdict->produced);
	build_u64(b, part, "delivered", verdict->delivered);
	build_u64(b, part, "lost", verdict->lost);
	if (verdict->cpu_percent < 0 && !verdict->rss_bytes && !verdict->map_bytes)
		return;
	part = build_object(b, o, "overhead");
	if (verdict->cpu_percent >= 0)
		build_number(b, part, "cpu_percent", verdict->cpu_percent);
	if (verdict->rss_bytes)
		build_u64(b, part, "rss_bytes", verdict->rss_bytes);
	if (verdict->map_bytes)
		build_u64(b, part, "kernel_map_bytes", verdict->map_bytes);
}

/* ---- status ---- */

static const char *probe_state_name(unsigned int state)
{
	switch (state) {
	case PROBE_ACTIVE:
		return "active";
	case PROBE_DEGRADED:
		return "degraded";
	default:
		return "unavailable";
	}
}

static void add_probes(struct build *b, struct json_object *o, const struct model *model)
{
	const struct event_probe *p;
	struct json_object *list = NULL;

	for (unsigned int i = 0; (p = model_probe_at(model, i)) && !b->oom; i++) {
		struct json_object *item;

		if (!p->name[0])
			continue; /* only in a capture that somebody wrote */
		item = build_object(b, NULL, NULL);
		if (!list)
			list = build_list(b, o, "probes", 0);
		build_text_n(b, item, "name", p->name, sizeof(p->name));
		build_text(b, item, "state", probe_state_name(p->state));
		build_text_n(b, item, "via", p->via, sizeof(p->via));
		build_text_n(b, item, "reason", p->reason, sizeof(p->reason));
		build_append(b, list, item);
	}
}

static void add_hooks(struct build *b, struct json_object *o, const struct model *model)
{
	const struct event_hook *h;
	struct json_object *list = NULL;

	for (unsigned int i = 0; (h = model_hook_at(model, i)) && !b->oom; i++) {
		struct json_object *item;

		if (!h->name[0])
			continue; /* only in a capture that somebody wrote */
		item = build_object(b, NULL, NULL);
		if (!list)
			list = build_list(b, o, "hooks", 0);
		build_text_n(b, item, "name", h->name, sizeof(h->name));
		build_u64(b, item, "runs", h->runs);
		/* 0: not measured yet. */
		if (h->run_ns && h->runs)
			build_number(b, item, "ns_per_run", (double)h->run_ns / (double)h->runs);
		build_append(b, list, item);
	}
}

static void add_limits(struct build *b, struct json_object *o, const struct model *model)
{
	const struct event_table *t;
	struct json_object *list = NULL;

	for (unsigned int i = 0; (t = model_table_at(model, i)) && !b->oom; i++) {
		struct json_object *item;

		if (!t->name[0])
			continue; /* only in a capture that somebody wrote */
		item = build_object(b, NULL, NULL);
		if (!list)
			list = build_list(b, o, "limits", 0);
		build_text_n(b, item, "name", t->name, sizeof(t->name));
		build_u64(b, item, "limit", t->limit);
		build_u64(b, item, "used", t->used);
		build_u64(b, item, "dropped", t->dropped);
		build_append(b, list, item);
	}
}

static void add_rings(struct build *b, struct json_object *o, const struct model *model)
{
	const struct event_ring *r;
	struct json_object *list = NULL;

	for (unsigned int i = 0; (r = model_ring_at(model, i)) && !b->oom; i++) {
		struct json_object *item;

		if (!r->name[0])
			continue; /* only in a capture that somebody wrote */
		item = build_object(b, NULL, NULL);
		if (!list)
			list = build_list(b, o, "rings", 0);
		build_text_n(b, item, "name", r->name, sizeof(r->name));
		build_u64(b, item, "produced", r->produced);
		build_u64(b, item, "delivered", r->delivered);
		build_u64(b, item, "lost", r->lost);
		build_u64(b, item, "suppressed", r->suppressed);
		build_append(b, list, item);
	}
}

static void add_settings(struct build *b, struct json_object *o, const struct model *model,
			 const struct reload_state *settings)
{
	struct json_object *mine, *last;

	if (!settings)
		return;
	mine = build_object(b, o, "settings");
	build_text(b, mine, "file", settings->file);
	build_time(b, mine, "in_force_since",
		   settings->good_ns ? settings->good_ns : model_start(model));
	build_text(b, mine, "restart_needed", settings->restart);
	if (!settings->tried_ns)
		return;
	last = build_object(b, mine, "last_reload");
	build_time(b, last, "time", settings->tried_ns);
	build_bool(b, last, "successful", !settings->failed);
	build_text(b, last, "error", settings->failed ? settings->wrong : NULL);
}

void json_status(struct build *b, struct json_object *o, const struct model *model,
		 const struct reload_state *settings)
{
	const char *version = model_host(model)->version;

	build_text_n(b, o, "version", version, sizeof(model_host(model)->version));
	add_settings(b, o, model, settings);
	add_probes(b, o, model);
	add_limits(b, o, model);
	add_rings(b, o, model);
	add_hooks(b, o, model);
	if (model_late(model))
		build_u64(b, o, "late", model_late(model));
	if (model_unknown(model))
		build_u64(b, o, "unknown_events", model_unknown(model));
}
