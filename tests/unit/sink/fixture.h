/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fixture.h - a host, findings and a verdict from literals, for the tests of the sinks.
 *
 * The model is the real one, fed with events; the life is ours: life_open_at() and life_past_at() hand out what a
 * test put into it. Included once by each test program.
 */
#ifndef TESTS_SINK_FIXTURE_H
#define TESTS_SINK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "finding/life.h"
#include "sink/sink.h"

#define NS_PER_S   1000000000ULL
#define MONO_START (5000 * NS_PER_S)
#define MONO_END   (MONO_START + 30 * NS_PER_S)
/* 2026-11-22T19:21:31Z */
#define WALL_START (1795375291ULL * NS_PER_S)

#define OWN_NETNS 4026531840U

struct life {
	struct finding findings[48];
	unsigned int n;
	struct finding past;
	bool has_past;
};

const struct finding *life_open_at(const struct life *life, unsigned int i)
{
	return i < life->n ? &life->findings[i] : NULL;
}

const struct finding *life_past_at(const struct life *life, unsigned int i)
{
	return i == 0 && life->has_past ? &life->past : NULL;
}

static inline void feed(struct model *model, struct event *event, __u32 type, __u32 size,
			__u64 ts_ns)
{
	event->type = type;
	event->size = size;
	event->ts_ns = ts_ns;
	assert_int_equal(model_apply(model, event), 0);
}
#define FEED(model, type, ts, event) feed(model, &(event).h, type, sizeof(event), ts)

static inline void feed_setting(struct model *model, const char *key, const char *value)
{
	struct event_config config = {0};

	snprintf(config.key, sizeof(config.key), "%s", key);
	snprintf(config.value, sizeof(config.value), "%s", value);
	FEED(model, EVENT_CONFIG, MONO_START, config);
}

static inline void feed_probe(struct model *model, const char *name, unsigned int state,
			      const char *via, const char *reason)
{
	struct event_probe probe = {.state = state};

	snprintf(probe.name, sizeof(probe.name), "%s", name);
	snprintf(probe.via, sizeof(probe.via), "%s", via);
	snprintf(probe.reason, sizeof(probe.reason), "%s", reason);
	FEED(model, EVENT_PROBE, MONO_START, probe);
}

static inline void feed_nic(struct model *model, unsigned int ifindex, const char *name)
{
	struct event_nic nic = {
		.ifindex = ifindex, .netns = OWN_NETNS, .flags = NIC_UP | NIC_RUNNING};

	snprintf(nic.name, sizeof(nic.name), "%s", name);
	FEED(model, EVENT_NIC, MONO_START, nic);
}

static inline struct model *model_of(const char *hostname, const char *kernel)
{
	struct event_clock clock = {.boottime_ns = MONO_START, .realtime_ns = WALL_START};
	struct event_host host = {.mode = RUN_TRACE, .cpus = 4, .netns = OWN_NETNS};
	struct event_tick tick = {.seq = 0, .interval_ms = 1000};
	struct model *model = model_new();

	assert_non_null(model);
	FEED(model, EVENT_CLOCK, MONO_START, clock);
	snprintf(host.hostname, sizeof(host.hostname), "%s", hostname);
	snprintf(host.machine_id, sizeof(host.machine_id), "0123456789abcdef0123456789abcdef");
	snprintf(host.boot_id, sizeof(host.boot_id), "8c1b0b4e-45e1-4a9c-8a0e-3f9c1d2e4b5a");
	snprintf(host.kernel, sizeof(host.kernel), "%s", kernel);
	snprintf(host.run, sizeof(host.run), "0192f3a1-7c1e-4c55-9d0e-6a1b2c3d4e5f");
	snprintf(host.version, sizeof(host.version), "0.1.0");
	FEED(model, EVENT_HOST, MONO_START, host);
	FEED(model, EVENT_TICK, MONO_START, tick);
	return model;
}

static inline struct finding *add_finding(struct life *life, const struct rule *rule,
					  enum severity severity, enum basis basis,
					  double confidence)
{
	struct finding *f = &life->findings[life->n++];

	memset(f, 0, sizeof(*f));
	f->id = 0xb1946ac92492d234ULL + life->n - 1;
	f->fingerprint = 0x77d0000000000001ULL;
	f->episode = 1;
	f->state = FINDING_OPEN;
	f->count = 3;
	f->first_seen_ns = MONO_START + 13 * NS_PER_S;
	f->last_seen_ns = MONO_START + 27 * NS_PER_S;
	f->claim.rule = rule;
	f->claim.fault_at = rule->fault_at;
	f->claim.severity = severity;
	f->claim.basis = basis;
	f->claim.confidence = confidence;
	f->claim.window_ns = 30 * NS_PER_S;
	return f;
}

static inline void add_row(struct finding *f, enum evidence_role role, const char *name,
			   double value, const char *unit, const char *text)
{
	struct evidence *e = &f->claim.evidence[f->claim.n_evidence++];

	e->role = role;
	e->supports = role != ROLE_AGAINST;
	e->name = name;
	e->value = value;
	e->unit = unit;
	snprintf(e->text, sizeof(e->text), "%s", text);
}

static inline void add_text(struct finding *f, enum evidence_role role, const char *text)
{
	add_row(f, role, NULL, 0, NULL, text);
}

static inline void add_step(struct finding *f, bool changes, const char *text, const char *command)
{
	struct advice *a = &f->claim.advice[f->claim.n_advice++];

	a->changes = changes;
	snprintf(a->text, sizeof(a->text), "%s", text);
	snprintf(a->command, sizeof(a->command), "%s", command);
}

static inline void set_addr(struct subject *s, unsigned int a, unsigned int b, unsigned int c,
			    unsigned int d, unsigned int port)
{
	s->type = SUBJECT_PEER;
	s->dir = PEER_OUT;
	s->addr[10] = 0xff;
	s->addr[11] = 0xff;
	s->addr[12] = (__u8)a;
	s->addr[13] = (__u8)b;
	s->addr[14] = (__u8)c;
	s->addr[15] = (__u8)d;
	s->port = (__u16)port;
}

static inline void set_class(struct verdict *v, enum fault_class class, enum class_state state,
			     const char *text)
{
	v->class[class].asked = true;
	v->class[class].state = state;
	snprintf(v->class[class].text, sizeof(v->class[class].text), "%s", text);
}

static inline void add_lack(struct verdict *v, enum fault_class class, const char *kind,
			    const char *reason)
{
	struct class_verdict *c = &v->class[class];

	c->unjudged[c->n_unjudged].kind = kind;
	c->unjudged[c->n_unjudged].reason = reason;
	c->n_unjudged++;
}

static inline struct verdict verdict_of(const struct life *life, const char *message)
{
	struct verdict v = {.window_s = 30.0, .cpu_percent = -1, .life = life};

	v.severity = life->n ? life->findings[0].claim.severity : SEVERITY_INFO;
	snprintf(v.message, sizeof(v.message), "%s", message);
	set_class(&v, CLASS_SYSTEM, STATE_CLEAR,
		  "load 0.4 of 2 CPUs, 3.1 of 16 GB free, no OOM kill");
	return v;
}

static inline void set_cost(struct verdict *v, double cpu_percent, double mb, unsigned int events)
{
	v->cpu_percent = cpu_percent;
	v->rss_bytes = (__u64)(mb * 1048576);
	v->produced = events;
	v->delivered = events;
}

static inline struct line line_of(enum line_type type, const struct model *model,
				  const char *message)
{
	struct line line = {
		.type = type,
		.seq = 42,
		.time_ns = MONO_END,
		.severity = SEVERITY_INFO,
		.model = model,
	};

	snprintf(line.message, sizeof(line.message), "%s", message);
	return line;
}

/* What a sink printed, as text of its own. */
static inline char *printed(struct sink *(*open_sink)(FILE *out), const struct line *line)
{
	struct err err = {0};
	struct sink *sink;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	sink = open_sink(out);
	assert_int_equal(sink->ops->write(sink, line, &err), 0);
	assert_int_equal(sink->ops->close(sink, &err), 0);
	fclose(out);
	return text;
}

#endif
