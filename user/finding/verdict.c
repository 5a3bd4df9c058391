/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict.c - the state of each class from the rule table, and the verdict over all; see verdict.h.
 */
#include "finding/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "finding/life.h"

/* Of a mount point so much is shown, its end; any other name has room. */
#define MOUNT_SHOWN 36

bool class_asked(const struct model *model, enum fault_class class)
{
	const char *list = model_setting(model, "class");
	const char *name = fault_class_name(class);
	size_t len = strlen(name);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && strncmp(list, name, len) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return !model_setting(model, "class");
}

/* ---- what a rule lacks ---- */

static const struct event_probe *missing_probe(const struct model *model, const struct rule *rule,
					       const char **ret_name)
{
	for (unsigned int i = 0; i < RULE_NEEDS_MAX && rule->needs[i]; i++) {
		const struct event_probe *probe = model_probe(model, rule->needs[i]);

		if (!probe || probe->state == PROBE_UNAVAILABLE) {
			*ret_name = rule->needs[i];
			return probe;
		}
	}
	*ret_name = NULL;
	return NULL;
}

/*
 * The kernel runs no program on a CPU on which it runs already: what came meanwhile was not counted. The
 * table "HOOK.nested" tells (limit: runs that should have been, dropped: not run). No rule judges by a
 * difference of one in twenty: beyond that it is blind. (Seen: 2 % when 200 connections begin at once on
 * an emulated processor, none otherwise.)
 */
#define NESTED_SHARE 20

static const struct event_table *nested_table(const struct model *model, const struct rule *rule)
{
	for (unsigned int i = 0; i < RULE_NEEDS_MAX && rule->needs[i]; i++) {
		const struct event_table *table;
		char name[40];

		snprintf(name, sizeof(name), "%s.nested", rule->needs[i]);
		table = model_table(model, name);
		if (table && table->dropped * NESTED_SHARE > table->limit)
			return table;
	}
	return NULL;
}

/*
 * These count each event that found no room, so that a time without such is one in which nothing was lost; and what is
 * judged by them is judged by what they gained of late. Others say what did not fit, once.
 */
static const char *const table_of_late[] = {"tcp.peers", "model.peers", "block.stats"};
/* As far as a rule looks back, and several of the times at which the live source tells of its tables. */
#define LOSS_HOLDS_NS (300 * 1000000000ULL)

/* A trace is one question, of all of its window; a daemon is asked about now. */
static bool is_over(const struct model *model, const struct event_table *table)
{
	if (model_host(model)->mode != RUN_DAEMON)
		return false;
	for (size_t i = 0; i < sizeof(table_of_late) / sizeof(table_of_late[0]); i++)
		if (strcmp(table->name, table_of_late[i]) == 0)
			return model_now(model) >
			       model_table_lost_ns(model, table->name) + LOSS_HOLDS_NS;
	return false;
}

static const struct event_table *lossy_table(const struct model *model, const struct rule *rule)
{
	for (unsigned int i = 0; i < RULE_NEEDS_MAX && rule->tables[i]; i++) {
		const struct event_table *table = model_table(model, rule->tables[i]);

		if (table && table->dropped && !is_over(model, table))
			return table;
	}
	return NULL;
}

enum lack { LACK_NOTHING, LACK_PROBE, LACK_COUNTS, LACK_EXPOSURE };

/* What keeps this rule from judging, in the order in which it matters; why: for a person. */
static enum lack rule_lacks(const struct model *model, const struct rule *rule, char *why,
			    size_t size)
{
	const struct event_probe *probe;
	const struct event_table *table, *nested;
	const char *name;

	probe = missing_probe(model, rule, &name);
	if (name) {
		snprintf(why, size, "%s not attached%s%s", name,
			 probe && probe->reason[0] ? ": " : "", probe ? probe->reason : "");
		return LACK_PROBE;
	}
	table = lossy_table(model, rule);
	if (table) {
		snprintf(why, size, "table %s overflowed: %llu entries lost", table->name,
			 (unsigned long long)table->dropped);
		return LACK_COUNTS;
	}
	nested = nested_table(model, rule);
	if (nested) {
		snprintf(why, size, "%s: %llu of %llu runs were skipped by the kernel",
			 nested->name, (unsigned long long)nested->dropped,
			 (unsigned long long)nested->limit);
		return LACK_COUNTS;
	}
	if (rule->class == CLASS_NETWORK && model_settles(model)) {
		snprintf(why, size, "the host was suspended until %.0f s ago: not judged yet",
			 (double)(model_now(model) - model_resumed_ns(model)) / 1e9);
		return LACK_EXPOSURE;
	}
	if (rule->exposed && !rule->exposed(model, why, size))
		return LACK_EXPOSURE;
	return LACK_NOTHING;
}

static const char *lack_reason(const struct rule *rule, enum lack lack)
{
	switch (lack) {
	case LACK_PROBE:
		return "not-attached";
	case LACK_COUNTS:
		return "events-lost";
	case LACK_EXPOSURE:
		return rule->unexposed ? rule->unexposed : "too-few";
	case LACK_NOTHING:
		break;
	}
	return NULL;
}

static void add_unjudged(struct class_verdict *v, const struct rule *rule, enum lack lack,
			 const char *why)
{
	struct unjudged *to = &v->unjudged[v->n_unjudged];
	const char *reason = lack_reason(rule, lack);

	if (!reason || v->n_unjudged == VERDICT_UNJUDGED_MAX)
		return;
	to->kind = rule->kind;
	to->reason = reason;
	if (lack == LACK_EXPOSURE && strcmp(reason, "not-armed") == 0)
		snprintf(to->why, sizeof(to->why), "%.71s", why);
	v->n_unjudged++;
}

/* ---- one class ---- */

struct worst {
	const struct finding *finding; /* the worst open one of warning or above */
	bool fault;		       /* one of them is sure enough */
};

static struct worst class_findings(const struct life *life, enum fault_class class,
				   struct class_verdict *v)
{
	struct worst worst = {0};
	const struct finding *f;

	for (unsigned int i = 0; (f = life_open_at(life, i)); i++) {
		if (f->claim.rule->class != class || f->claim.severity < SEVERITY_WARNING)
			continue;
		if (!worst.finding)
			worst.finding = f;
		worst.fault = worst.fault || f->claim.confidence >= CONFIDENCE_FAULT;
		v->findings_total++;
		if (v->n_findings < VERDICT_FINDINGS_MAX)
			v->findings[v->n_findings++] = f->id;
	}
	return worst;
}

/*
 * A trace is one question: what was wrong in this window? A finding that opened in it and is over by its
 * end (the process died, the disk dropped off, the peer answers again) still answers it, so the class is
 * not clear. A daemon has the resolved line for that. NULL: none of warning or above.
 */
static const struct finding *past_finding(const struct model *model, const struct life *life,
					  int class)
{
	const struct finding *f;

	if (model_host(model)->mode != RUN_TRACE)
		return NULL;
	for (unsigned int i = 0; (f = life_past_at(life, i)); i++)
		if (f->claim.severity >= SEVERITY_WARNING &&
		    (class == CLASSES || (int)f->claim.rule->class == class))
			return f;
	return NULL;
}

static void label_of(const struct finding *f, char *buf, size_t size)
{
	subject_label(&f->claim.subject, buf,
		      f->claim.subject.type == SUBJECT_FILESYSTEM ? MOUNT_SHOWN : size);
}

static void past_text(struct class_verdict *v, const struct finding *f)
{
	char label[80];

	label_of(f, label, sizeof(label));
	snprintf(v->text, sizeof(v->text), "earlier, at %s: %s; %s",
		 fault_at_name(f->claim.fault_at), label, resolution_name(f->resolution));
}

static void fault_text(struct class_verdict *v, const struct finding *f)
{
	char label[80];
	unsigned int more = v->findings_total - 1;

	label_of(f, label, sizeof(label));
	if (more)
		snprintf(v->text, sizeof(v->text), "at %s: %s, and %u more",
			 fault_at_name(f->claim.fault_at), label, more);
	else
		snprintf(v->text, sizeof(v->text), "at %s: %s", fault_at_name(f->claim.fault_at),
			 label);
}

/* THE function that gives a class its state: from its open findings and its rows of the rule table.
 */
static void judge_class(const struct model *model, const struct life *life, enum fault_class class,
			struct class_verdict *v)
{
	char blind[MESSAGE_LEN] = "", idle[MESSAGE_LEN] = "";
	bool has_core = false, is_blind = false, is_idle = false;
	struct worst worst;

	memset(v, 0, sizeof(*v));
	v->asked = class_asked(model, class);
	if (!v->asked)
		return;
	class_exposure(model, class, &v->exposure);
	for (unsigned int i = 0; i < rule_count; i++) {
		const struct rule *rule = rule_table[i];
		char why[MESSAGE_LEN] = "";
		enum lack lack;

		if (rule->class != class)
			continue;
		lack = rule_lacks(model, rule, why, sizeof(why));
		add_unjudged(v, rule, lack, why);
		if (!rule->core &&
		    !(lack == LACK_EXPOSURE && rule->doubted && rule->doubted(model)))
			continue;
		has_core |= rule->core;
		if (lack == LACK_EXPOSURE && !is_idle)
			memcpy(idle, why, sizeof(idle));
		else if (lack != LACK_NOTHING && lack != LACK_EXPOSURE && !is_blind)
			memcpy(blind, why, sizeof(blind));
		is_idle |= lack == LACK_EXPOSURE;
		is_blind |= lack != LACK_NOTHING && lack != LACK_EXPOSURE;
	}
	worst = class_findings(life, class, v);
	if (worst.finding) {
		v->state = worst.fault ? STATE_FAULT : STATE_SUSPECT;
		fault_text(v, worst.finding);
	} else if (past_finding(model, life, class)) {
		v->state = STATE_SUSPECT;
		past_text(v, past_finding(model, life, class));
	} else if (!has_core || is_blind) {
		v->state = STATE_BLIND;
		snprintf(v->text, sizeof(v->text), "%s", has_core ? blind : v->exposure.text);
	} else {
		v->state = is_idle ? STATE_IDLE : STATE_CLEAR;
		snprintf(v->text, sizeof(v->text), "%s", is_idle ? idle : v->exposure.text);
	}
}

/* ---- over all ---- */

/* The class in a sentence: the report's first line speaks of disk, network and leak. */
static const char *class_word(enum fault_class class)
{
	static const char *const words[] = {"disk", "network", "leak", "system"};

	return words[class];
}

static void append(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t at = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + at, size - at, fmt, args);
	va_end(args);
}

/* "disk and leak" of the classes in that state; how many. System is not one of the three questions.
 */
static unsigned int list_state(const struct verdict *v, enum class_state state, char *buf,
			       size_t size)
{
	unsigned int n = 0, told = 0;

	for (int c = CLASS_HARDWARE; c <= CLASS_LEAK; c++)
		n += v->class[c].asked && v->class[c].state == state;
	buf[0] = '\0';
	for (int c = CLASS_HARDWARE; c <= CLASS_LEAK; c++) {
		if (!v->class[c].asked || v->class[c].state != state)
			continue;
		append(buf, size, "%s%s",
		       told == 0       ? ""
		       : told + 1 == n ? " and "
				       : ", ",
		       class_word(c));
		told++;
	}
	return n;
}

static void quiet_message(struct verdict *v)
{
	char clear[48], idle[48], blind[48];
	unsigned int n_clear = list_state(v, STATE_CLEAR, clear, sizeof(clear));
	unsigned int n_idle = list_state(v, STATE_IDLE, idle, sizeof(idle));
	unsigned int n_blind = list_state(v, STATE_BLIND, blind, sizeof(blind));

	if (n_blind)
		snprintf(v->message, sizeof(v->message), "CANNOT TELL: blind for %s", blind);
	else
		snprintf(v->message, sizeof(v->message),
			 "NOTHING FOUND in %.*f s:", v->window_s > 0.05 && v->window_s < 0.95,
			 v->window_s);
	if (n_clear)
		append(v->message, sizeof(v->message), "%s %s clear", n_blind ? ";" : "", clear);
	if (n_idle)
		append(v->message, sizeof(v->message), "%s %s too idle to judge",
		       n_clear ? "," : (n_blind ? ";" : ""), idle);
	if (!n_clear && !n_idle && !n_blind)
		append(v->message, sizeof(v->message), " nothing of the three was asked");
	append(v->message, sizeof(v->message), ".");
}

static void sum_rings(const struct model *model, struct verdict *v)
{
	const struct event_ring *ring;

	for (unsigned int i = 0; (ring = model_ring_at(model, i)); i++) {
		v->produced += ring->produced;
		v->delivered += ring->delivered;
		v->lost += ring->lost;
	}
}

static void own_cost(const struct model *model, struct verdict *v)
{
	const struct event_self *now = model_self(model), *first = model_self_first(model);

	v->rss_bytes = now->rss_bytes;
	v->map_bytes = now->map_bytes;
	v->cpu_percent = -1.0;
	if (now->wall_ns > first->wall_ns && now->cpu_ns >= first->cpu_ns &&
	    now->hooks_ns >= first->hooks_ns)
		v->cpu_percent =
			100.0 *
			(double)(now->cpu_ns - first->cpu_ns + now->hooks_ns - first->hooks_ns) /
			(double)(now->wall_ns - first->wall_ns);
}

void verdict_make(const struct model *model, const struct life *life, struct verdict *ret)
{
	const struct finding *worst = life_open_at(life, 0), *past;
	__u64 start = model_start(model);

	memset(ret, 0, sizeof(*ret));
	ret->life = life;
	if (start && model_now(model) > start)
		ret->window_s = (double)(model_now(model) - start) / 1e9;
	for (int c = 0; c < CLASSES; c++)
		judge_class(model, life, c, &ret->class[c]);
	sum_rings(model, ret);
	own_cost(model, ret);
	ret->severity = worst ? worst->claim.severity : SEVERITY_INFO;
	if (worst && worst->claim.severity >= SEVERITY_WARNING) {
		ret->lead = worst->id;
		snprintf(ret->message, sizeof(ret->message), "%s%.112s",
			 worst->claim.confidence < CONFIDENCE_FAULT ? "SUSPECT " : "",
			 worst->claim.message);
		return;
	}
	past = past_finding(model, life, CLASSES);
	if (past) {
		ret->lead = past->id;
		/* What goes with its subject need not be well: data that was lost is. */
		snprintf(ret->message, sizeof(ret->message), "%s NOW, but earlier: %.90s",
			 past->resolution == RESOLVED_GONE ? "GONE" : "OVER", past->claim.message);
		return;
	}
	quiet_message(ret);
}

int verdict_exit_code(const struct verdict *verdict)
{
	int code = 0;

	for (int c = 0; c < CLASSES; c++) {
		const struct class_verdict *v = &verdict->class[c];

		if (!v->asked)
			continue;
		if (v->state == STATE_FAULT)
			return 3;
		if (c != CLASS_SYSTEM && (v->state == STATE_SUSPECT || v->state == STATE_BLIND))
			code = 4;
	}
	return code;
}
