/* SPDX-License-Identifier: BSD-2-Clause */
/* finding.c - the contract's words, and how rules build a claim; see finding.h. */
#include "finding/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/rule.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *word(const char *const *words, size_t n, size_t i)
{
	return i < n && words[i] ? words[i] : "unknown";
}

const char *fault_class_name(enum fault_class class)
{
	static const char *const words[] = {"hardware", "network", "connection-leak", "system"};

	return word(words, ARRAY_SIZE(words), class);
}

const char *class_state_name(enum class_state state)
{
	static const char *const words[] = {"fault", "suspect", "blind", "idle", "clear"};

	return word(words, ARRAY_SIZE(words), state);
}

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_INFO:
		return "info";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_CRITICAL:
		return "critical";
	}
	return "info";
}

const char *basis_name(enum basis basis)
{
	static const char *const words[] = {"reported", "measured", "inferred"};

	return word(words, ARRAY_SIZE(words), basis);
}

const char *fault_at_name(enum fault_at at)
{
	static const char *const words[] = {"device", "path", "peer", "process", "this-host"};

	return word(words, ARRAY_SIZE(words), at);
}

double basis_ceiling(enum basis basis)
{
	static const double ceiling[] = {0.99, 0.95, 0.70};

	return basis < ARRAY_SIZE(ceiling) ? ceiling[basis] : 0.0;
}

const char *subject_type_name(enum subject_type type)
{
	static const char *const words[] = {"disk",   "filesystem", "raid",   "nic", "peer",
					    "subnet", "process",    "device", "host"};

	return word(words, ARRAY_SIZE(words), type);
}

const char *evidence_role_label(enum evidence_role role)
{
	static const char *const words[] = {"disk",    "chain",	 "who",	   "holds",
					    "opened",  "victim", "for",	   "control",
					    "against", "not us", "unknown"};

	return word(words, ARRAY_SIZE(words), role);
}

const char *finding_state_name(enum finding_state state)
{
	static const char *const words[] = {"open", "update", "superseded", "resolved"};

	return word(words, ARRAY_SIZE(words), state);
}

const char *resolution_name(enum resolution resolution)
{
	static const char *const words[] = {NULL, "recovered", "gone", "expired", "untracked"};

	return resolution < ARRAY_SIZE(words) ? words[resolution] : NULL;
}

/* ---- claims ---- */

/* A sentence may hold a process name: a byte that is no printable ASCII would reach a terminal. */
static void plain(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

void claim_init(struct claim *claim, const struct rule *rule, const struct subject *subject)
{
	memset(claim, 0, sizeof(*claim));
	claim->rule = rule;
	claim->fault_at = rule->fault_at;
	claim->subject = *subject;
	claim->severity = SEVERITY_WARNING;
	claim->basis = BASIS_INFERRED;
}

void claim_message(struct claim *claim, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(claim->message, sizeof(claim->message), fmt, args);
	va_end(args);
	plain(claim->message);
}

static struct evidence *evidence_add(struct claim *claim, enum evidence_role role, bool supports)
{
	struct evidence *e;

	if (claim->n_evidence == CLAIM_EVIDENCE_MAX)
		return NULL;
	e = &claim->evidence[claim->n_evidence++];
	e->role = role;
	e->supports = supports;
	return e;
}

void claim_evidence(struct claim *claim, enum evidence_role role, bool supports, const char *name,
		    double value, const char *unit, const char *fmt, ...)
{
	struct evidence *e = evidence_add(claim, role, supports);
	va_list args;

	if (!e)
		return;
	e->name = name;
	e->value = value;
	e->unit = unit;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	plain(e->text);
}

void claim_text(struct claim *claim, enum evidence_role role, const char *fmt, ...)
{
	struct evidence *e = evidence_add(claim, role, true);
	va_list args;

	if (!e)
		return;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	plain(e->text);
}

void claim_affects(struct claim *claim, const struct subject *subject)
{
	claim->affects_total++;
	if (claim->n_affects < CLAIM_AFFECTS_MAX)
		claim->affects[claim->n_affects++] = *subject;
}

void claim_advice(struct claim *claim, bool changes, const char *text, const char *fmt, ...)
{
	struct advice *a;
	va_list args;
	int n;

	if (claim->n_advice == CLAIM_ADVICE_MAX)
		return;
	a = &claim->advice[claim->n_advice++];
	a->changes = changes;
	snprintf(a->text, sizeof(a->text), "%s", text);
	va_start(args, fmt);
	n = vsnprintf(a->command, sizeof(a->command), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(a->command))
		a->command[0] = '\0';
	plain(a->command);
}
