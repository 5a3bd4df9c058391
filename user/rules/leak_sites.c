/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leak_sites.c - the call site that opens what a leaking process keeps; see leak_sites.h.
 *
 * Of the descriptors that a site opened over three seconds ago (ripe), how many still live: of a leak most do,
 * of requests none, and of long requests some. Two call sites are one when they read the same: a program without
 * frame pointers shows one place as many stacks.
 *
 * A suspect is armed for ARMED_NS, longer while too few survivors were seen to name a site, and then left alone
 * for REST_NS: the hooks cost, and what they found stays known.
 */
#include "rules/leak_sites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/sites.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define S_NS	       1000000000ULL
#define ARMED_NS       (30 * S_NS)
#define ARMED_MOST_NS  (300 * S_NS)
#define REST_NS	       (600 * S_NS)
#define SURVIVORS_FEW  3
#define RIPE_FEW       3
#define RIPE_S	       3.0 /* as event_fd_site says */
#define SHARE_LEAST    0.5 /* of what is expected to leak */
#define STACKS_AT_ONCE 6
#define LINE_MAX       69

/* A server holds more connections that serve than it leaks to its database: what lives at a site must be what leaks. */
static bool is_meant(const struct breakdown *b, const struct fd_site *s)
{
	if (!s->now.alive)
		return false;
	if (b->kind != LEAK_SOCKETS && b->kind != LEAK_CLOSE_WAIT)
		return !b->sample || s->now.kind == b->sample->kind;
	if (s->now.kind != FD_SOCKET)
		return false;
	return !s->now.dir || !b->dir ||
	       (s->now.dir == b->dir && (!b->peer || s->now.port == b->peer->port));
}

static bool same_words(const struct fd_site *a, const struct fd_site *b)
{
	return a == b || (a->stack.text[0] && strcmp(a->stack.text, b->stack.text) == 0);
}

static void add_up(const struct fd_sites *sites, const struct leak *leak,
		   const struct fd_site *like, struct leak_site *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->stack = like->stack.text[0] ? &like->stack : NULL;
	for (unsigned int i = 0; i < sites->n; i++) {
		const struct fd_site *s = &sites->site[i];

		if (!is_meant(&leak->parts, s) || !site_is_fresh(sites, s) || !same_words(like, s))
			continue;
		ret->opened += s->now.opened;
		ret->ripe += s->now.ripe;
		ret->ripe_alive += s->now.ripe_alive;
	}
	ret->survival = ret->ripe >= RIPE_FEW ? (double)ret->ripe_alive / (double)ret->ripe : -1.0;
}

/* So many of what leaks were opened while it was armed, and are ripe, at the rate at which it grows. */
static double expected(const struct leak *leak)
{
	const struct event_fd_armed *armed = &leak->process->sites->armed;
	double ripe_s = (double)(armed->h.ts_ns - armed->since_ns) / 1e9 - RIPE_S;

	if (leak->parts.span_s <= 0.0 || ripe_s <= 0.0)
		return 0.0;
	return (double)leak->parts.grown / leak->parts.span_s * ripe_s;
}

/* Where long requests are served more may live than leaks, at any time. So among the sites at which enough lives to be the
 * leak's, that at which most of what is opened does. */
static bool is_likelier(const struct leak_site *a, const struct leak_site *than, double least)
{
	bool a_may = a->ripe_alive >= least, than_may = than->ripe_alive >= least;

	if (a_may != than_may)
		return a_may;
	if (a_may && fabs(a->survival - than->survival) > 0.01)
		return a->survival > than->survival;
	return a->ripe_alive > than->ripe_alive;
}

bool leak_site_find(const struct leak *leak, struct leak_site *ret)
{
	const struct fd_sites *sites = leak->process->sites;
	struct leak_site sum;
	bool found = false;

	for (unsigned int i = 0; sites && i < sites->n; i++) {
		const struct fd_site *s = &sites->site[i];

		if (!is_meant(&leak->parts, s) || !site_is_fresh(sites, s))
			continue;
		add_up(sites, leak, s, &sum);
		if (!sum.ripe_alive ||
		    (found && !is_likelier(&sum, ret, SHARE_LEAST * expected(leak))))
			continue;
		*ret = sum;
		found = true;
	}
	return found;
}

/* As many whole frames as the report's line holds. */
static void frames_text(const char *text, char *buf, size_t size)
{
	char *cut;

	snprintf(buf, size, "%s", text);
	while (strlen(buf) > LINE_MAX) {
		cut = NULL;
		for (char *at = strstr(buf, " < "); at; at = strstr(at + 1, " < "))
			cut = at;
		if (!cut)
			break;
		*cut = '\0';
	}
	for (char *c = buf; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

static void say_stack(struct claim *claim, const struct event_fd_stack *stack)
{
	char frames[sizeof(stack->text)];

	frames_text(stack->text, frames, sizeof(frames));
	claim_text(claim, ROLE_OPENED, "%.90s", frames);
	if (stack->flags & STACK_INTERPRETER)
		claim_text(claim, ROLE_UNKNOWN,
			   "the script's own lines: the interpreter's are shown");
	else if (stack->flags & STACK_NO_FILE)
		claim_text(claim, ROLE_UNKNOWN, "functions made at run time (JIT) have no names");
	else if (stack->flags & STACK_NO_SYMBOL)
		claim_text(claim, ROLE_UNKNOWN, "its functions' names: stripped, build-id %.16s",
			   stack->build_id[0] ? stack->build_id : "none");
}

double leak_site_say(struct claim *claim, const struct leak *leak, const struct leak_site *site,
		     double confidence)
{
	const struct event_fd_armed *armed = &leak->process->sites->armed;
	double look_s = (double)(armed->h.ts_ns - armed->since_ns) / 1e9;

	if (site->stack)
		say_stack(claim, site->stack);
	else
		claim_text(claim, ROLE_UNKNOWN, "from which line of its code: no stack was read");
	if (armed->unknown || armed->dropped)
		claim_evidence(claim, ROLE_UNKNOWN, false, "process.fds.unseen", armed->unknown,
			       "{descriptor}", "%u opened past the hooks, %s not kept",
			       armed->unknown, text_count(armed->dropped).s);
	if (site->survival < 0.0)
		return confidence;
	/* Where most are closed it opens for others too: no reason for a leak, and none against. */
	claim_evidence(claim, site->survival >= 0.5 ? ROLE_FOR : ROLE_UNKNOWN,
		       site->survival >= 0.5, "site.survivors", (double)site->ripe_alive,
		       "{descriptor}", "%s of %s opened there were never closed (armed %s, %s)",
		       text_count(site->ripe_alive).s, text_count(site->ripe).s,
		       text_duration(look_s).s,
		       armed->via == ARMED_INSTALL ? "fd_install" : "by system calls");
	/* Survivors are a control of their own: requests of the same process do close. */
	if (confidence < 0.95 && claim->basis == BASIS_MEASURED)
		confidence += (0.95 - confidence) * 0.5 * site->survival;
	return confidence;
}

void leak_site_say_none(struct claim *claim, const struct leak *leak)
{
	const struct fd_sites *sites = leak->process->sites;

	if (sites && sites->armed.unknown)
		claim_evidence(claim, ROLE_UNKNOWN, false, "process.fds.unseen",
			       sites->armed.unknown, "{descriptor}",
			       "from which line: %u came past the hooks (passed, io_uring)",
			       sites->armed.unknown);
	else
		claim_text(claim, ROLE_UNKNOWN, "from which line of its code");
}

void leak_site_after(const struct leak_site *site, char *buf, size_t size)
{
	const char *text = site->stack ? site->stack->text : "";
	const char *open = strchr(text, '('), *end = strstr(text, " < "), *close;

	buf[0] = '\0';
	if (site->stack && site->stack->flags & STACK_NO_SYMBOL)
		return;
	if (open && (!end || open < end) && (close = strchr(open, ')')))
		snprintf(buf, size, "%.*s", (int)(close - open - 1), open + 1);
	else if (text[0])
		snprintf(buf, size, "%.*s", (int)strcspn(text, "+ "), text);
	for (char *c = buf; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

/* ---- asks ---- */

static bool wants_arming(const struct fd_sites *sites, const struct breakdown *parts, __u64 now_ns)
{
	__u32 most = 0;

	if (!sites || !sites->latest.h.ts_ns || now_ns < sites->latest.since_ns + ARMED_NS)
		return true;
	if (now_ns > sites->latest.h.ts_ns + REST_NS)
		return true;
	for (unsigned int i = 0; i < sites->n; i++) {
		const struct fd_site *s = &sites->site[i];

		if (is_meant(parts, s) && site_is_fresh(sites, s) && s->now.ripe_alive > most)
			most = s->now.ripe_alive;
	}
	return most < SURVIVORS_FEW && now_ns < sites->latest.since_ns + ARMED_MOST_NS;
}

void leak_site_ask(const struct model *model, const struct process *process,
		   const struct breakdown *parts, const struct judgement *judgement)
{
	const struct fd_sites *sites = process->sites;
	struct ask ask = {.what = ASK_FD_OPENS, .pid = process->pid, .start_ns = process->start_ns};
	unsigned int asked = 0;

	if (!wants_arming(sites, parts, model_now(model)))
		return;
	ask.until_ns = asked_until(model);
	judgement->ask(judgement->ctx, &ask);
	ask.what = ASK_FD_STACK;
	for (unsigned int i = 0; sites && i < sites->n && asked < STACKS_AT_ONCE; i++) {
		const struct fd_site *s = &sites->site[i];

		if (s->stack.h.type || !s->now.alive || !site_is_fresh(sites, s))
			continue;
		ask.dev = s->now.site;
		judgement->ask(judgement->ctx, &ask);
		asked++;
	}
}
