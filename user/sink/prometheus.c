/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus.c - what the daemon knows, as metrics; see prometheus.h. */
#include "sink/prometheus.h"

#include <string.h>

#include "model/disk.h"
#include "reload_state.h"
#include "rules/rule.h"
#include "sink/sink.h"

/* ---- writing ---- */

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP culprit_%s %s\n# TYPE culprit_%s %s\n", name, help, name, type);
}

static char shown(char c)
{
	return c < 0x20 || c > 0x7e ? '?' : c;
}

/* A label's value: most are ours, but names are the system's. */
static void value_text(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i]; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc(shown(text[i]), out);
	}
}

static void sample(FILE *out, const char *name, const char *label, const char *text, size_t size,
		   double value)
{
	fprintf(out, "culprit_%s{%s=\"", name, label);
	value_text(out, text, size);
	fprintf(out, "\"} %.17g\n", value);
}

static void single(FILE *out, const char *name, const char *type, const char *help, double value)
{
	family(out, name, type, help);
	fprintf(out, "culprit_%s %.17g\n", name, value);
}

/* ---- what was found ---- */

static void print_findings(const struct keeper_view *view, FILE *out)
{
	static const enum severity severities[] = {SEVERITY_INFO, SEVERITY_WARNING,
						   SEVERITY_CRITICAL};
	const struct finding *f;

	family(out, "findings_open", "gauge", "Open findings.");
	for (unsigned int r = 0; r < rule_count; r++)
		for (unsigned int s = 0; s < sizeof(severities) / sizeof(severities[0]); s++) {
			unsigned int n = 0;

			for (unsigned int i = 0; (f = life_open_at(view->life, i)); i++)
				n += f->claim.rule == rule_table[r] &&
				     f->claim.severity == severities[s];
			/* A series that comes and goes is harder to alert on; 3 for each kind would be too many. */
			if (n || severities[s] == SEVERITY_WARNING)
				fprintf(out,
					"culprit_findings_open{class=\"%s\",kind=\"%s\",severity=\"%s\"} %u\n",
					fault_class_name(rule_table[r]->class), rule_table[r]->kind,
					severity_name(severities[s]), n);
		}
}

/* Absent where there is nothing to say, as Prometheus has it. */
static void label(FILE *out, const char *name, const char *text, size_t size)
{
	if (!text[0])
		return;
	fprintf(out, ",%s=\"", name);
	value_text(out, text, size);
	fputc('"', out);
}

static void print_finding(const struct finding *f, FILE *out)
{
	const struct subject *s = &f->claim.subject;
	char text[128], addr[48] = "";

	fprintf(out,
		"culprit_finding_info{id=\"%016llx\",class=\"%s\",kind=\"%s\",severity=\"%s\",role=\"%s\","
		"fault_at=\"%s\",subject_type=\"%s\"",
		(unsigned long long)f->id, fault_class_name(f->claim.rule->class),
		f->claim.rule->kind, severity_name(f->claim.severity),
		f->n_caused_by ? "effect" : "cause", fault_at_name(f->claim.fault_at),
		subject_type_name(s->type));
	label(out, "subject", subject_label(s, text, sizeof(text)), sizeof(text));
	if (s->type == SUBJECT_PEER)
		label(out, "peer", addr_text(s->addr, addr, sizeof(addr)), sizeof(addr));
	label(out, "model", s->model, sizeof(s->model));
	label(out, "message", f->opened, sizeof(f->opened));
	fputs("} 1\n", out);
}

/* The worst first, as life.h gives them. */
static void print_named(const struct keeper_view *view, FILE *out)
{
	const struct finding *f;
	unsigned int i, open = 0;

	family(out, "finding_info", "gauge",
	       "1 for each open finding, the worst first; message: as it opened.");
	for (i = 0; i < PROMETHEUS_FINDINGS && (f = life_open_at(view->life, i)); i++)
		print_finding(f, out);
	for (open = i; life_open_at(view->life, open); open++)
		;
	single(out, "findings_unnamed", "gauge",
	       "Open findings beyond those that culprit_finding_info names.", open - i);
}

static void print_classes(const struct keeper_view *view, FILE *out)
{
	if (!view->verdict)
		return;
	family(out, "class_state", "gauge",
	       "1 for the state that a class is in, 0 for the others.");
	for (int c = 0; c < CLASSES; c++)
		for (int s = 0; view->verdict->class[c].asked && s < STATES; s++)
			fprintf(out, "culprit_class_state{class=\"%s\",state=\"%s\"} %d\n",
				fault_class_name(c), class_state_name(s),
				(int)view->verdict->class[c].state == s);
}

/* ---- what it rests on ---- */

/* As its label shows it: two models that a scrape could not tell apart are one. */
static void shown_model(char to[sizeof(((struct event_disk *)0)->model) + 1],
			const struct disk *disk)
{
	size_t i;

	for (i = 0; i < sizeof(disk->info.model) && disk->info.model[i]; i++)
		to[i] = shown(disk->info.model[i]);
	to[i] = '\0';
}

static void print_disks(const struct model *model, FILE *out)
{
	struct {
		char name[sizeof(((struct event_disk *)0)->model) + 1];
		unsigned int disks;
	} of[PROMETHEUS_MODELS + 1] = {0};
	const struct disk *disk = NULL;
	unsigned int n = 0;

	while ((disk = disks_next(model_disks(model), disk))) {
		unsigned int i = 0;

		if (disk->info.parent || !disk->info.model[0])
			continue;
		shown_model(of[n].name, disk);
		while (strcmp(of[i].name, of[n].name) != 0)
			i++;
		if (i == PROMETHEUS_MODELS)
			continue;
		of[i].disks++;
		n += i == n;
	}
	family(out, "disks", "gauge", "Disks of a model, gone ones too.");
	for (unsigned int i = 0; i < n; i++)
		sample(out, "disks", "model", of[i].name, sizeof(of[i].name), of[i].disks);
}

static void print_events(const struct model *model, FILE *out)
{
	const struct event_ring *r;

	family(out, "events_produced_total", "counter",
	       "Events that the kernel side had for user space.");
	for (unsigned int i = 0; (r = model_ring_at(model, i)); i++)
		sample(out, "events_produced_total", "ring", r->name, sizeof(r->name),
		       (double)r->produced);
	family(out, "events_delivered_total", "counter", "Events that arrived in user space.");
	for (unsigned int i = 0; (r = model_ring_at(model, i)); i++)
		sample(out, "events_delivered_total", "ring", r->name, sizeof(r->name),
		       (double)r->delivered);
	family(out, "events_lost_total", "counter", "Events that found the ring full.");
	for (unsigned int i = 0; (r = model_ring_at(model, i)); i++)
		sample(out, "events_lost_total", "ring", r->name, sizeof(r->name), (double)r->lost);
}

static void print_probes(const struct model *model, FILE *out)
{
	static const struct {
		unsigned int state;
		const char *name;
	} states[] = {{PROBE_ACTIVE, "active"},
		      {PROBE_DEGRADED, "degraded"},
		      {PROBE_UNAVAILABLE, "unavailable"}};
	const struct event_probe *p;

	family(out, "probe_state", "gauge",
	       "1 for the state that a probe is in, 0 for the others.");
	for (unsigned int i = 0; (p = model_probe_at(model, i)); i++)
		for (unsigned int s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
			fputs("culprit_probe_state{probe=\"", out);
			value_text(out, p->name, sizeof(p->name));
			fprintf(out, "\",state=\"%s\"} %d\n", states[s].name,
				p->state == states[s].state);
		}
}

static void print_tables(const struct model *model, FILE *out)
{
	const struct event_table *t;

	family(out, "table_entries", "gauge", "Entries in a bounded table.");
	for (unsigned int i = 0; (t = model_table_at(model, i)); i++)
		sample(out, "table_entries", "table", t->name, sizeof(t->name), (double)t->used);
	family(out, "table_limit", "gauge", "Entries that a bounded table holds.");
	for (unsigned int i = 0; (t = model_table_at(model, i)); i++)
		sample(out, "table_limit", "table", t->name, sizeof(t->name), (double)t->limit);
	family(out, "table_dropped_total", "counter",
	       "Entries that were evicted, or found no room.");
	for (unsigned int i = 0; (t = model_table_at(model, i)); i++)
		sample(out, "table_dropped_total", "table", t->name, sizeof(t->name),
		       (double)t->dropped);
}

/* ---- what it costs ---- */

static void print_hooks(const struct model *model, FILE *out)
{
	const struct event_hook *h;
	bool timed = false;

	family(out, "hook_runs_total", "counter", "Runs of a program in the kernel.");
	for (unsigned int i = 0; (h = model_hook_at(model, i)); i++) {
		sample(out, "hook_runs_total", "hook", h->name, sizeof(h->name), (double)h->runs);
		timed = timed || h->run_ns;
	}
	if (!timed)
		return;
	family(out, "hook_seconds_total", "counter",
	       "Time in a program in the kernel: its runs, by what one takes.");
	for (unsigned int i = 0; (h = model_hook_at(model, i)); i++)
		if (h->run_ns)
			sample(out, "hook_seconds_total", "hook", h->name, sizeof(h->name),
			       (double)h->run_ns / 1e9);
}

static void print_cost(const struct model *model, FILE *out)
{
	const struct event_self *self = model_self(model);

	if (!self->wall_ns)
		return;
	single(out, "cpu_seconds_total", "counter", "CPU time of the daemon, without its hooks.",
	       (double)self->cpu_ns / 1e9);
	single(out, "resident_memory_bytes", "gauge", "Resident memory of the daemon.",
	       (double)self->rss_bytes);
	single(out, "kernel_map_bytes", "gauge", "Memory of its maps and rings in the kernel.",
	       (double)self->map_bytes);
}

/* ---- where it goes ---- */

static bool counts_of(const struct keeper_view *view, unsigned int i, struct sink_counts *ret)
{
	if (!view->sinks[i]->ops->counts)
		return false;
	view->sinks[i]->ops->counts(view->sinks[i], ret);
	return true;
}

static void print_sinks(const struct keeper_view *view, FILE *out)
{
	struct sink_counts c;

	family(out, "lines_written_total", "counter",
	       "Lines that a sink has written, gap lines too.");
	for (unsigned int i = 0; i < view->n_sinks; i++)
		if (counts_of(view, i, &c))
			sample(out, "lines_written_total", "sink", c.name, strlen(c.name),
			       (double)c.written);
	family(out, "lines_lost_total", "counter", "Lines that a sink had to give up.");
	for (unsigned int i = 0; i < view->n_sinks; i++)
		if (counts_of(view, i, &c))
			sample(out, "lines_lost_total", "sink", c.name, strlen(c.name),
			       (double)c.lost);
	family(out, "lines_waiting_bytes", "gauge", "Lines that wait for a sink.");
	for (unsigned int i = 0; i < view->n_sinks; i++)
		if (counts_of(view, i, &c))
			sample(out, "lines_waiting_bytes", "sink", c.name, strlen(c.name),
			       (double)c.waiting_bytes);
}

static void print_settings(const struct keeper_view *view, FILE *out)
{
	const struct reload_state *s = view->settings;

	if (!s)
		return;
	single(out, "config_last_reload_successful", "gauge",
	       "1 when the settings file was good when it was last read.", !s->failed);
	single(out, "config_last_reload_success_timestamp_seconds", "gauge",
	       "When the settings that are in force were read.",
	       (double)model_wall_ns(view->model,
				     s->good_ns ? s->good_ns : model_start(view->model)) /
		       1e9);
}

void prometheus_print(const struct keeper_view *view, FILE *out)
{
	const struct event_host *host = model_host(view->model);

	family(out, "build_info", "gauge", "1; what runs, on which kernel.");
	fprintf(out, "culprit_build_info{version=\"%s\",kernel=\"", CULPRIT_VERSION);
	value_text(out, host->kernel, sizeof(host->kernel));
	fputs("\"} 1\n", out);
	single(out, "evaluated_timestamp_seconds", "gauge",
	       "When it last had a full look at the host.",
	       (double)model_wall_ns(view->model, model_now(view->model)) / 1e9);
	print_settings(view, out);
	print_classes(view, out);
	print_findings(view, out);
	print_named(view, out);
	print_disks(view->model, out);
	print_probes(view->model, out);
	print_events(view->model, out);
	print_tables(view->model, out);
	print_sinks(view, out);
	print_cost(view->model, out);
	print_hooks(view->model, out);
}
