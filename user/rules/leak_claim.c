/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_claim.c - what a claim on a leaking process says. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/fd_exhaustion.h"
#include "rules/leak.h"
#include "rules/leak_sites.h"
#include "rules/local_claim.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define HOUR_S 3600.0
/* From further off a forecast says nothing. */
#define FORECAST_MOST_S (30 * 24 * HOUR_S)
#define YOUNG_S		30.0
/* Whoever lost its connections is back within minutes. */
#define COMING_BACK_S 300.0
#define NAME_SHORT    28

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "10.0.3.7:5432", "port 8080", "12 peers", or nothing. */
static struct text peer_text(const struct breakdown *b)
{
	struct text text = {.s = ""};

	if (b->peer && b->peer->dir == PEER_IN)
		snprintf(text.s, sizeof(text.s), "port %u", b->peer->port);
	else if (b->peer)
		text = text_addr(b->peer->addr, b->peer->port);
	else if (b->peers > 1)
		text = text_plural(b->peers, "peer");
	return text;
}

/* "sockets to 10.0.3.7:5432", "files" */
static struct text what_text(const struct breakdown *b)
{
	struct text text, peer = peer_text(b);

	snprintf(text.s, sizeof(text.s), "%.14s%s%.44s", b->what,
		 !peer.s[0]			      ? ""
		 : b->peer && b->peer->dir == PEER_IN ? " at "
						      : " to ",
		 peer.s);
	return text;
}

/* Files by what they have in common, when most do and it is short. */
static struct text kept_text(const struct breakdown *b)
{
	const struct fd_group *g = b->sample;
	struct text text = what_text(b);

	if (g && g->alike >= 2 && 2 * g->alike > g->looked_at && strlen(g->name) <= NAME_SHORT)
		snprintf(text.s, sizeof(text.s), "%.14s %.40s", b->what,
			 text_name(g->name, NAME_SHORT).s);
	return text;
}

static void message(struct claim *claim, const struct leak *leak)
{
	struct text name = text_process(leak->process->comm, leak->process->pid);
	struct text what = kept_text(&leak->parts);
	char limit[40] = "";

	if (leak->left_s >= 0.0 && leak->left_s < FORECAST_MOST_S)
		snprintf(limit, sizeof(limit), "; fd limit in %.20s",
			 text_duration(leak->left_s).s);
	claim_message(claim, "LEAK: %s keeps %s%s.", name.s, what.s, limit);
	if (strlen(claim->message) > 80)
		claim_message(claim, "LEAK: %s keeps %s.", name.s, what.s);
}

static void who(struct claim *claim, const struct model *model, const struct process *p)
{
	__u64 born_ns = model_mono_of_boot(model, p->start_ns);
	char unit[48] = "", up[40] = "";

	if (!p->who)
		return;
	if (p->who->container[0])
		snprintf(unit, sizeof(unit), ", container %.12s", p->who->container);
	else if (last_part(p->who->cgroup)[0])
		snprintf(unit, sizeof(unit), ", %.30s", text_name(last_part(p->who->cgroup), 20).s);
	if (born_ns && model_now(model) > born_ns)
		snprintf(up, sizeof(up), ", up %.20s",
			 text_duration((double)(model_now(model) - born_ns) / 1e9).s);
	claim_text(claim, ROLE_WHO, "%s%s%s",
		   p->who->exe[0] ? text_name(p->who->exe, 32).s : p->comm, unit, up);
}

static void holds(struct claim *claim, const struct leak *leak)
{
	const struct process *p = leak->process;
	const struct breakdown *b = &leak->parts;
	char limit[40] = "";

	if (p->limit && p->limit < 1ULL << 40)
		snprintf(limit, sizeof(limit), " of %.20s", text_count(p->limit).s);
	if (b->kind == LEAK_UNKNOWN)
		claim_evidence(claim, ROLE_HOLDS, true, "process.fds", p->fds, "{descriptor}",
			       "%s%s descriptors", text_count(p->fds).s, limit);
	else
		claim_evidence(claim, ROLE_HOLDS, true, "process.fds", p->fds, "{descriptor}",
			       "%s %s; %s%s descriptors", text_count(b->held).s, what_text(b).s,
			       text_count(p->fds).s, limit);
}

/* The peer sees no end of a connection before the last who holds it has closed it. */
static void inherited(struct claim *claim, const struct breakdown *b)
{
	if (!b->heir)
		return;
	claim_evidence(claim, ROLE_HOLDS, true, "process.fds.inherited", b->heirs, "{descriptor}",
		       "%s are open in %s too: no close-on-exec", text_count(b->heirs).s,
		       text_process(b->heir->heir_comm, b->heir->heir_pid).s);
}

/* Which files they are, by what those that were looked at have in common; of other kinds, one of them. */
static void say_sample(struct claim *claim, const struct fd_group *g)
{
	char gone[24] = "";

	if (g->alike < 2) {
		if (g->name[0])
			claim_text(claim, ROLE_FOR, "such as %s%s", text_name(g->name, 56).s,
				   g->deleted ? ", deleted" : "");
		return;
	}
	if (g->deleted == g->alike)
		snprintf(gone, sizeof(gone), ", deleted");
	else if (g->deleted)
		snprintf(gone, sizeof(gone), ", %u deleted", g->deleted);
	claim_evidence(claim, ROLE_FOR, true, "process.fds.alike", g->alike, "{descriptor}",
		       "%u of the latest %u are %s%s", g->alike, g->looked_at,
		       text_name(g->name, 40).s, gone);
	if (g->deleted)
		claim_text(claim, ROLE_HOLDS, "what a deleted file takes is not freed before");
}

static void evidence_for(struct claim *claim, const struct leak *leak)
{
	const struct trend *t = &leak->trend;
	const struct breakdown *b = &leak->parts;

	claim_evidence(claim, ROLE_FOR, true, "process.fds.growth", t->growth, "{descriptor}",
		       "+%s in %s; the floor rose in %u of %u buckets", text_count(t->growth).s,
		       text_duration(t->span_s).s, t->rises, t->rises + t->flats);
	if (b->kind == LEAK_UNKNOWN)
		return;
	/* Its peers closed what it held before, too. */
	if (b->grown > b->total)
		claim_evidence(claim, ROLE_FOR, true, "process.fds.growth_of_kind",
			       (double)b->grown, "{descriptor}", "%s more %s than %s before",
			       text_count((__u64)b->grown).s, b->what, text_duration(b->span_s).s);
	else
		claim_evidence(claim, ROLE_FOR, true, "process.fds.growth_of_kind",
			       (double)b->grown, "{descriptor}", "%s of %s gained in %s are %s",
			       text_count((__u64)b->grown).s, text_count((__u64)b->total).s,
			       text_duration(b->span_s).s, b->what);
	if (b->idle)
		claim_evidence(claim, ROLE_FOR, true, "sockets.idle", b->idle, "{socket}",
			       "%s open, %s idle for over 10 s; the longest %s",
			       text_count(b->open).s, text_count(b->idle).s,
			       text_duration((double)b->idle_max_ms / 1e3).s);
	if (b->sample)
		say_sample(claim, b->sample);
}

static void controls(struct claim *claim, const struct leak *leak)
{
	const struct breakdown *b = &leak->parts;

	if (b->kind != LEAK_UNKNOWN && 5 * llabs(b->others) <= b->grown)
		claim_evidence(claim, ROLE_CONTROL, true, "process.fds.others", b->others_held,
			       "{descriptor}", "its %s other descriptors changed by %+lld",
			       text_count(b->others_held).s, (long long)b->others);
	if (leak->steady)
		claim_evidence(claim, ROLE_CONTROL, true, "processes.steady", leak->steady,
			       "{process}", "%u other process%s gained none", leak->steady,
			       leak->steady == 1 ? "" : "es");
}

/* Open connections that others made. */
static bool is_accepted(const struct leak *leak)
{
	const struct peer_key *peer = leak->parts.peer;

	return leak->kind == LEAK_SOCKETS && peer && peer->dir == PEER_IN;
}

/* For how long it has grown, at this rate; the trend's own buckets do not reach back that far. */
static double grown_for_s(const struct leak *leak)
{
	const struct process *p = leak->process;
	double gained = p->fds > p->fds_first ? (double)(p->fds - p->fds_first) : 0.0;

	return leak->trend.per_s > 0.0 ? gained / leak->trend.per_s : 0.0;
}

static double against(struct claim *claim, const struct leak *leak)
{
	const struct breakdown *b = &leak->parts;
	double factor = 1.0;

	if (leak->age_s >= 0.0 && leak->age_s < YOUNG_S) {
		factor *= leak->early ? 0.83 : 1.0 - 0.10 * (1.0 - leak->age_s / YOUNG_S);
		claim_evidence(claim, ROLE_AGAINST, false, "process.age", floor(leak->age_s), "s",
			       "the process was %s old when it began: starting up?",
			       text_duration(leak->age_s).s);
	}
	if (leak->trend.flats) {
		factor *= 0.80;
		claim_text(claim, ROLE_AGAINST, "no growth in the latest bucket: a plateau?");
		claim->evidence[claim->n_evidence - 1].supports = false;
	}
	if (is_accepted(leak) && grown_for_s(leak) < COMING_BACK_S) {
		factor *= 0.83;
		claim_text(claim, ROLE_AGAINST,
			   "clients that come back, as after an outage? See if it ends");
		claim->evidence[claim->n_evidence - 1].supports = false;
	}
	if (b->kind != LEAK_UNKNOWN && b->rising < 0.75) {
		factor *= 0.90;
		claim_evidence(claim, ROLE_AGAINST, false, "process.fds.falling", 1.0 - b->rising,
			       "1", "some are closed: fewer at %s of the looks",
			       text_percent(1.0 - b->rising).s);
	}
	if (factor >= 1.0)
		claim_text(claim, ROLE_AGAINST,
			   "none held: not starting up, no plateau, none closed");
	return factor;
}

/* The registered ports of databases, and those that their makers document. */
static const char *database_at(unsigned int port)
{
	static const struct {
		unsigned int port;
		const char *name;
	} known[] = {
		{5432, "PostgreSQL"}, {6432, "PgBouncer"},  {3306, "MySQL"},
		{1433, "SQL Server"}, {1521, "Oracle"},	    {50000, "Db2"},
		{27017, "MongoDB"},   {6379, "Redis"},	    {9042, "Cassandra"},
		{7687, "Neo4j"},      {8123, "ClickHouse"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].port == port)
			return known[i].name;
	return NULL;
}

/* Connections to a database mostly come from a pool, which can say itself who took one and kept it. */
static void advise_pool(struct claim *claim, const struct leak *leak)
{
	const struct process *p = leak->process;
	const struct peer_key *peer = leak->parts.peer;
	const char *database;
	char text[80];

	if (!peer || peer->dir != PEER_OUT || leak->kind != LEAK_SOCKETS)
		return;
	database = database_at(peer->port);
	if (!database)
		return;
	if (strcmp(p->who && p->who->exe[0] ? last_part(p->who->exe) : p->comm, "java") == 0)
		snprintf(text, sizeof(text),
			 "%s: turn on the pool's leak detection (leakDetectionThreshold)",
			 database);
	else
		snprintf(text, sizeof(text), "%s: turn on the pool's leak detection, if it has one",
			 database);
	claim_advice(claim, true, text, "%s", "");
}

static void advise(struct claim *claim, const struct model *model, const struct leak *leak,
		   const struct leak_site *site)
{
	char after[48] = "";
	const struct process *p = leak->process;
	const struct peer_key *peer = leak->parts.peer;
	struct text enter = text_nsenter(model, peer ? peer->netns : p->netns, p->pid);
	char text[64] = "See what the descriptors are";
	__u64 more;
	const char *protocol = leak->parts.proto == FD_UDP ? "u" : "t";

	if (peer && peer->dir == PEER_OUT)
		claim_advice(claim, false, "See the connections", "%sss -%snpo dst %s", enter.s,
			     protocol, text_ss_addr(peer->addr).s);
	else if (peer)
		claim_advice(claim, false, "See the connections", "%sss -%snpo sport = :%u",
			     enter.s, protocol, peer->port);
	claim_advice(claim, false, text, "ls -l /proc/%u/fd", p->pid);
	more = fd_limit_raised(p->limit, p->fds, 8);
	if (more && leak->left_s >= 0.0 && leak->left_s < FORECAST_MOST_S) {
		snprintf(text, sizeof(text), "Raise the limit for now: buys about %.20s",
			 text_duration((double)(more - p->fds) / leak->trend.per_s).s);
		fd_advise_limit(claim, p, more, text);
	}
	advise_pool(claim, leak);
	if (site->stack)
		leak_site_after(site, after, sizeof(after));
	if (after[0])
		snprintf(claim->call, sizeof(claim->call),
			 "the owner of %.20s: no close() after %.14s",
			 text_process(p->comm, p->pid).s, after);
	else
		snprintf(claim->call, sizeof(claim->call), "the owner of %.24s: %.30s",
			 text_process(p->comm, p->pid).s,
			 is_accepted(leak) ? "no close(), or no idle timeout"
					   : "a close() is missing");
}

double leak_claim_fill(struct claim *claim, const struct model *model, const struct leak *leak,
		       const struct leak_site *site)
{
	const struct peer_key *peer = leak->parts.peer;
	double factor;

	message(claim, leak);
	who(claim, model, leak->process);
	holds(claim, leak);
	inherited(claim, &leak->parts);
	evidence_for(claim, leak);
	controls(claim, leak);
	factor = against(claim, leak);
	if (!site->opened)
		leak_site_say_none(claim, leak);
	if (peer) {
		struct subject s =
			subject_peer(model, peer->addr, peer->netns, peer->port, peer->dir, 0);

		claim_affects(claim, &s);
	}
	advise(claim, model, leak, site);
	return factor;
}
