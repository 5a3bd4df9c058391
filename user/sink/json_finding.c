/* SPDX-License-Identifier: BSD-2-Clause */
/* json_finding.c - a finding and its subjects as JSON; see json_build.h. */
#include <string.h>

#include "json_build.h"
#include "model/nic.h"
#include "rules/subjects.h"

static void add_disk(struct build *b, struct json_object *o, const struct subject *s)
{
	char dev[32];

	build_text_n(b, o, "name", s->name, sizeof(s->name));
	if (s->dev) {
		snprintf(dev, sizeof(dev), "%u:%u", s->dev >> 20, s->dev & 0xfffff);
		build_text(b, o, "dev", dev);
	}
	build_text_n(b, o, "model", s->model, sizeof(s->model));
	build_text_n(b, o, "serial", s->serial, sizeof(s->serial));
	build_text_n(b, o, "wwn", s->wwn, sizeof(s->wwn));
}

static void add_filesystem(struct build *b, struct json_object *o, const struct subject *s)
{
	build_text_n(b, o, "mount", s->name, sizeof(s->name));
	build_text_n(b, o, "source", s->source, sizeof(s->source));
	build_text_n(b, o, "fstype", s->fstype, sizeof(s->fstype));
}

static void add_name(struct build *b, struct json_object *o, const struct subject *s)
{
	build_text_n(b, o, "name", s->name, sizeof(s->name));
}

static void add_nic(struct build *b, struct json_object *o, const struct subject *s)
{
	build_text_n(b, o, "name", s->name, sizeof(s->name));
	if (s->ifindex)
		build_u64(b, o, "ifindex", s->ifindex);
}

static void add_peer(struct build *b, struct json_object *o, const struct subject *s)
{
	const struct model *model = b->line->model;
	const struct nic *nic;
	char addr[64];

	build_text(b, o, "addr", addr_text(s->addr, addr, sizeof(addr)));
	if (s->port)
		build_u64(b, o, "port", s->port);
	if (s->dir == PEER_OUT || s->dir == PEER_IN)
		build_text(b, o, "direction", s->dir == PEER_OUT ? "out" : "in");
	if (s->ifindex)
		build_u64(b, o, "ifindex", s->ifindex);
	nic = nics_find(model_nics(model), model_netns(model, s->netns), s->ifindex);
	if (nic)
		build_text_n(b, o, "interface", nic->name, sizeof(nic->name));
}

static void add_subnet(struct build *b, struct json_object *o, const struct subject *s)
{
	char addr[64], prefix[80];

	addr_text(s->addr, addr, sizeof(addr));
	snprintf(prefix, sizeof(prefix), "%s/%u", addr, s->prefix_len);
	build_text(b, o, "prefix", prefix);
}

static void add_process(struct build *b, struct json_object *o, const struct subject *s)
{
	__u64 start_ns = s->start_ns ? model_mono_of_boot(b->line->model, s->start_ns) : 0;

	if (s->pid)
		build_u64(b, o, "pid", s->pid);
	if (start_ns)
		build_time(b, o, "start_time", start_ns);
	build_text_n(b, o, "comm", s->comm, sizeof(s->comm));
	build_text_n(b, o, "exe", s->exe, sizeof(s->exe));
	build_text_n(b, o, "cgroup", s->cgroup, sizeof(s->cgroup));
	build_text_n(b, o, "container", s->container, sizeof(s->container));
}

/* One row a subject type, in the order of enum subject_type: what stands in it besides type and
 * netns. */
static void (*const subject_fields[])(struct build *b, struct json_object *o,
				      const struct subject *s) = {
	[SUBJECT_DISK] = add_disk,	 [SUBJECT_FILESYSTEM] = add_filesystem,
	[SUBJECT_RAID] = add_name,	 [SUBJECT_NIC] = add_nic,
	[SUBJECT_PEER] = add_peer,	 [SUBJECT_SUBNET] = add_subnet,
	[SUBJECT_PROCESS] = add_process, [SUBJECT_DEVICE] = add_name,
	[SUBJECT_HOST] = add_name,
};

static void fill_subject(struct build *b, struct json_object *o, const struct subject *s)
{
	build_text(b, o, "type", subject_type_name(s->type));
	subject_fields[s->type](b, o, s);
	if (s->netns)
		build_u64(b, o, "netns", s->netns);
}

static void add_affects(struct build *b, struct json_object *o, const struct claim *claim)
{
	struct json_object *list;

	if (!claim->n_affects)
		return;
	list = build_list(b, o, "affects", claim->affects_total);
	for (unsigned int i = 0; i < claim->n_affects && !b->oom; i++) {
		struct json_object *item = build_object(b, NULL, NULL);

		fill_subject(b, item, &claim->affects[i]);
		build_append(b, list, item);
	}
}

/* Evidence has a name and a number; context is text for a person. */
static void add_evidence(struct build *b, struct json_object *o, const struct claim *claim,
			 bool context)
{
	struct json_object *list = NULL;

	for (unsigned int i = 0; i < claim->n_evidence && !b->oom; i++) {
		const struct evidence *e = &claim->evidence[i];
		struct json_object *item;
		char number[96];

		if (context != !e->name)
			continue;
		if (!list)
			list = build_list(b, o, context ? "context" : "evidence", 0);
		item = build_object(b, NULL, NULL);
		if (context) {
			build_text(b, item, "label", evidence_role_label(e->role));
		} else {
			build_text(b, item, "name", e->name);
			build_text(b, item, "role", evidence_role_label(e->role));
			build_number(b, item, "value", e->value);
			build_text(b, item, "unit", e->unit);
			build_bool(b, item, "supports", e->supports);
		}
		if (e->text[0]) {
			build_text_n(b, item, "text", e->text, sizeof(e->text));
		} else {
			snprintf(number, sizeof(number), "%s: %.6g", e->name ? e->name : "",
				 e->value);
			build_text(b, item, "text", number);
		}
		build_append(b, list, item);
	}
}

static void add_advice(struct build *b, struct json_object *o, const struct claim *claim)
{
	struct json_object *list;

	if (!claim->n_advice)
		return;
	list = build_list(b, o, "advice", 0);
	for (unsigned int i = 0; i < claim->n_advice && !b->oom; i++) {
		const struct advice *a = &claim->advice[i];
		struct json_object *item = build_object(b, NULL, NULL);

		build_text_n(b, item, "text", a->text, sizeof(a->text));
		build_text_n(b, item, "command", a->command, sizeof(a->command));
		build_text(b, item, "effect", a->changes ? "changes" : "reads");
		build_append(b, list, item);
	}
}

void json_finding(struct build *b, struct json_object *o, const struct finding *finding)
{
	const struct claim *claim = &finding->claim;
	const struct rule *rule = claim->rule;
	struct json_object *list;

	build_id(b, o, "id", finding->id);
	build_id(b, o, "fingerprint", finding->fingerprint);
	build_u64(b, o, "episode", finding->episode);
	build_text(b, o, "state", finding_state_name(finding->state));
	if (finding->state == FINDING_SUPERSEDED)
		build_id(b, o, "by", finding->by);
	if (finding->state == FINDING_RESOLVED)
		build_text(b, o, "resolution", resolution_name(finding->resolution));
	build_text(b, o, "class", fault_class_name(rule->class));
	build_text(b, o, "kind", rule->kind);
	build_text(b, o, "fault_at", fault_at_name(claim->fault_at));
	build_number(b, o, "confidence", claim->confidence);
	build_text(b, o, "basis", basis_name(claim->basis));
	fill_subject(b, build_object(b, o, "subject"), &claim->subject);
	add_affects(b, o, claim);
	add_evidence(b, o, claim, false);
	add_evidence(b, o, claim, true);
	/* Empty says that there is no cause, not that it is unknown. */
	list = build_list(b, o, "caused_by", 0);
	for (unsigned int i = 0; i < finding->n_caused_by && !b->oom; i++)
		build_append(b, list, build_id_string(b, finding->caused_by[i]));
	add_advice(b, o, claim);
	if (finding->first_seen_ns)
		build_time(b, o, "first_seen", finding->first_seen_ns);
	if (finding->last_seen_ns)
		build_time(b, o, "last_seen", finding->last_seen_ns);
	build_u64(b, o, "count", finding->count);
	build_number(b, o, "window_s", (double)claim->window_ns / 1e9);
}
