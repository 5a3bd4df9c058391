/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.c - culprit explain: what a kind means, needs and weighs. Reads nothing but the rule
 * table. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "log.h"
#include "rules/rule.h"

#define INDENT	    12U
#define LIST_INDENT 27U

static const char *kind_at(const void *table, unsigned int i)
{
	(void)table;
	return rule_table[i]->kind;
}

static int list_kinds(void)
{
	for (int class = 0; class < CLASSES; class ++) {
		printf("%s%s\n", class ? "\n" : "", fault_class_name(class));
		for (unsigned int i = 0; i < rule_count; i++) {
			const struct rule *rule = rule_table[i];

			if ((int)rule->class != class)
				continue;
			printf("  %c %-22s ", rule->core ? '*' : ' ', rule->kind);
			print_wrapped(stdout, LIST_INDENT, LIST_INDENT, rule->meaning);
		}
	}
	puts("\n* core: unless it could be judged, its class is not clear.\nculprit explain KIND says more.");
	return EXIT_RAN;
}

static void section(const char *label, const char *text)
{
	if (!text || !text[0])
		return;
	printf("\n%-12s", label);
	print_wrapped(stdout, INDENT, INDENT, text);
}

/* "a, b" of at most RULE_NEEDS_MAX names, the last one may be NULL. */
static void join(char *buf, size_t size, const char *const *names)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int i = 0; i < RULE_NEEDS_MAX && names[i] && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", names[i]);
}

static void print_needs(const struct rule *rule)
{
	char probes[160], tables[160], text[400];

	join(probes, sizeof(probes), rule->needs);
	join(tables, sizeof(tables), rule->tables);
	snprintf(text, sizeof(text), "%s%s%s%s%s", probes[0] ? "probes " : "", probes,
		 probes[0] && tables[0] ? "; " : "", tables[0] ? "no entry lost from " : "",
		 tables);
	section("needs", text);
}

static void print_thresholds(const struct rule *rule)
{
	const struct threshold *const *t = rule->thresholds;

	if (!t || !*t)
		return;
	printf("\n%-12s", "thresholds");
	for (bool first = true; *t; t++, first = false) {
		printf("%*s%s = %g%s%s\n%*s", first ? 0 : (int)INDENT, "", (*t)->key, (*t)->value,
		       (*t)->unit && (*t)->unit[0] ? " " : "", (*t)->unit ? (*t)->unit : "",
		       (int)INDENT + 2, "");
		print_wrapped(stdout, INDENT + 2, INDENT + 2, (*t)->reason);
	}
	printf("%*s", (int)INDENT, "");
	print_wrapped(stdout, INDENT, INDENT,
		      "Change one under [thresholds] in a settings file (-c FILE).");
}

static int explain_kind(const struct rule *rule)
{
	char text[160];

	printf("%s: class %s, fault at %s%s\n\n", rule->kind, fault_class_name(rule->class),
	       fault_at_name(rule->fault_at), rule->core ? ", core" : "");
	print_wrapped(stdout, 0, 0, rule->meaning);
	print_needs(rule);
	snprintf(text, sizeof(text), "after %u evaluation%s with it; closes after %u without it%s",
		 rule->open_evals, rule->open_evals == 1 ? "" : "s", rule->close_evals,
		 rule->recovered ? ", once its subject was seen healthy" : "");
	section("opens", text);
	print_thresholds(rule);
	section("against", rule->against);
	section("to do", rule->todo);
	return EXIT_RAN;
}

static int explain_run(const struct options *o, struct err *err)
{
	const struct rule *rule;
	char hint[80];

	(void)err;
	if (!o->operand)
		return list_kinds();
	rule = rule_find(o->operand);
	if (rule)
		return explain_kind(rule);
	suggest_text(hint, sizeof(hint), "", suggest(o->operand, NULL, rule_count, kind_at));
	log_error("unknown kind '%s'%s; culprit explain lists all", o->operand, hint);
	return EXIT_USAGE;
}

const struct command command_explain = {
	.name = "explain",
	.operand = "[KIND]",
	.summary = "what a kind means, needs, weighs, and what to do",
	.run = explain_run,
};
