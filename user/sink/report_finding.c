/* SPDX-License-Identifier: BSD-2-Clause */
/* report_finding.c - the findings in the report: the worst in full, further ones a row each. */
#include <ctype.h>
#include <string.h>

#include "finding/life.h"
#include "model/nic.h"
#include "report.h"
#include "rules/subjects.h"

/* Where the effect of a command ends; a longer one may use the whole line. */
#define EFFECT_COLUMN 77U
#define TEXT_COLUMNS  (REPORT_COLUMNS - REPORT_INDENT)
#define LABEL_COLUMNS 40U
/* Further findings that are worth more than details of the worst one. */
#define FURTHER_STRONG 3

/* What the first row of a role is worth; further rows of the same role are worth one step less. */
static const unsigned int role_worth[ROLES] = {
	[ROLE_DISK] = ROW_USEFUL,   [ROLE_CHAIN] = ROW_USEFUL,	 [ROLE_WHO] = ROW_USEFUL,
	[ROLE_HOLDS] = ROW_USEFUL,  [ROLE_OPENED] = ROW_STRONG,	 [ROLE_VICTIM] = ROW_STRONG,
	[ROLE_FOR] = ROW_KEEP,	    [ROLE_CONTROL] = ROW_STRONG, [ROLE_AGAINST] = ROW_STRONG,
	[ROLE_NOT_US] = ROW_USEFUL, [ROLE_UNKNOWN] = ROW_DETAIL,
};

static void via_text(const struct model *model, const struct subject *s, char *buf, size_t size)
{
	const struct nic *nic = NULL;

	if (s->type == SUBJECT_PEER && s->ifindex)
		nic = nics_find(model_nics(model), model_netns(model, s->netns), s->ifindex);
	buf[0] = '\0';
	if (nic)
		snprintf(buf, size, " via %.15s", nic->name);
}

static void add_header(const struct model *model, const struct finding *f, unsigned int worth,
		       struct rows *rows)
{
	const struct claim *claim = &f->claim;
	char label[80], word[16], via[32], sure[48];
	struct row *row;
	size_t len, room, most;

	len = (size_t)snprintf(word, sizeof(word), "%s", severity_name(claim->severity));
	for (char *p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	snprintf(sure, sizeof(sure), ", confidence %.2f (%s)", claim->confidence,
		 basis_name(claim->basis));
	/* A long address gives way to how sure it is; line 1 has it in full. */
	room = REPORT_COLUMNS - len - strlen(claim->rule->kind) - strlen(sure) - 2;
	most = room < LABEL_COLUMNS ? room : LABEL_COLUMNS;
	subject_label(&claim->subject, label,
		      claim->subject.type == SUBJECT_FILESYSTEM ? most + 1 : sizeof(label));
	rows_shorten(label, (unsigned int)most, false);
	via_text(model, &claim->subject, via, sizeof(via));
	if (strlen(label) + strlen(via) > room)
		via[0] = '\0';
	row = rows_add(rows, worth, NULL, "%s %s %s%s%s", word, claim->rule->kind, label, via,
		       sure);
	row->tone = claim->severity >= SEVERITY_WARNING ? TONE_ALARM : TONE_BOLD;
	row->tone_len = (unsigned int)len;
}

static void add_evidence(const struct claim *claim, struct rows *rows)
{
	for (int role = 0; role < ROLES; role++) {
		unsigned int worth = role_worth[role];

		for (unsigned int i = 0; i < claim->n_evidence; i++) {
			const struct evidence *e = &claim->evidence[i];

			if ((int)e->role != role || !e->text[0])
				continue;
			rows_add(rows, worth, evidence_role_label(e->role), "%.*s",
				 (int)sizeof(e->text), e->text);
			worth = worth < ROW_USEFUL ? ROW_USEFUL : ROW_DETAIL;
		}
	}
}

/* A command may not be cut: a long one goes on after a backslash, as a shell reads it. */
static const char *add_long_command(const char *command, unsigned int worth, struct rows *rows)
{
	size_t at = TEXT_COLUMNS - 2;

	if (strlen(command) <= TEXT_COLUMNS)
		return command;
	while (at > 0 && command[at] != ' ')
		at--;
	if (!at)
		return command;
	rows_add(rows, worth, "next", "%.*s \\", (int)at, command);
	return command + at + 1;
}

/* "(changes: add a spare first)": what a command is for is told of those that change something, and of those that read
 * only where it is a condition. */
static void effect_text(const struct advice *advice, char *buf, size_t size)
{
	bool told = advice->changes || islower((unsigned char)advice->text[0]);

	snprintf(buf, size, "(%s%s%s)", advice->changes ? "changes" : "reads", told ? ": " : "",
		 told ? advice->text : "");
	if (strlen(buf) > TEXT_COLUMNS)
		snprintf(buf, size, "(%s)", advice->changes ? "changes" : "reads");
}

static void add_advice(const struct advice *advice, unsigned int worth, struct rows *rows)
{
	char effect[128];
	const char *command = advice->command;
	size_t room, len, width;

	if (!command[0]) {
		rows_add(rows, worth, "next", "%s", advice->text);
		return;
	}
	command = add_long_command(command, worth, rows);
	len = strlen(command);
	effect_text(advice, effect, sizeof(effect));
	width = strlen(effect);
	room = EFFECT_COLUMN - REPORT_INDENT;
	if (len + 2 + width > room)
		room = TEXT_COLUMNS;
	if (len + 2 + width > room) {
		/* In a row of its own, rather than cut. */
		rows_add(rows, worth, "next", "%s", command);
		rows_add(rows, worth, "next", "%*s",
			 (int)(width > EFFECT_COLUMN - REPORT_INDENT
				       ? TEXT_COLUMNS
				       : EFFECT_COLUMN - REPORT_INDENT),
			 effect);
		return;
	}
	rows_add(rows, worth, "next", "%s%*s", command, (int)(room - len), effect);
}

static void add_worst(const struct model *model, const struct finding *f, struct rows *rows)
{
	const struct claim *claim = &f->claim;

	rows_add(rows, ROW_KEEP, NULL, "%s", "");
	add_header(model, f, ROW_KEEP, rows);
	add_evidence(claim, rows);
	for (unsigned int i = 0; i < claim->n_advice; i++)
		add_advice(&claim->advice[i], i == 0 ? ROW_KEEP : ROW_USEFUL + 1, rows);
	if (claim->call[0])
		rows_add(rows, ROW_STRONG, "call", "%s", claim->call);
}

/* What is over, as the first line says: when it was, and what showed it; the first advice is for when it comes back. */
static void add_past(const struct model *model, const struct finding *f, struct rows *rows)
{
	const struct claim *claim = &f->claim;
	char from[16], to[16];

	rows_add(rows, ROW_KEEP, NULL, "%s", "");
	add_header(model, f, ROW_KEEP, rows);
	report_clock(model, f->first_seen_ns, from, sizeof(from));
	report_clock(model, f->last_seen_ns, to, sizeof(to));
	if (strcmp(from, to) == 0)
		rows_add(rows, ROW_KEEP, "was", "at %s, then %s", from,
			 resolution_name(f->resolution));
	else
		rows_add(rows, ROW_KEEP, "was", "from %s to %s, then %s", from, to,
			 resolution_name(f->resolution));
	add_evidence(claim, rows);
	if (claim->n_advice)
		add_advice(&claim->advice[0], ROW_STRONG, rows);
	if (claim->call[0])
		rows_add(rows, ROW_STRONG, "call", "%s", claim->call);
}

static const struct finding *leading_past(const struct verdict *verdict)
{
	const struct finding *f;

	for (unsigned int i = 0; (f = life_past_at(verdict->life, i)); i++)
		if (verdict->lead && f->id == verdict->lead)
			return f;
	return NULL;
}

void report_findings(const struct model *model, const struct verdict *verdict, struct rows *rows)
{
	const struct life *life = verdict->life;
	const struct finding *f = life_open_at(life, 0);
	unsigned int i = 0;

	if (f && f->claim.severity >= SEVERITY_WARNING) {
		add_worst(model, f, rows);
		i = 1;
	} else if (leading_past(verdict)) {
		add_past(model, leading_past(verdict), rows);
	}
	if (life_open_at(life, i))
		rows_add(rows, ROW_KEEP, NULL, "%s", "");
	for (unsigned int n = 0; (f = life_open_at(life, i)); i++, n++)
		add_header(model, f, n < FURTHER_STRONG ? ROW_STRONG : ROW_EXTRA, rows);
}
