/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_exhaustion_claim.c - what is said of who is at, or near, a limit of descriptors; see fd_exhaustion.c. */
#include "rules/fd_exhaustion.h"

#include <math.h>
#include <stdio.h>

#include "rules/breakdown.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define NR_OPEN 1048576ULL

__u64 fd_limit_raised(__u64 limit, __u64 held, unsigned int times)
{
	__u64 more = limit < NR_OPEN / times ? limit * times : NR_OPEN;

	return more > limit && more > held ? more : 0;
}

void fd_advise_limit(struct claim *claim, const struct process *p, __u64 more, const char *text)
{
	if (p->hard && p->hard < more)
		claim_advice(claim, true, text, "prlimit --pid %u --nofile=%llu:%llu", p->pid,
			     (unsigned long long)more, (unsigned long long)more);
	else
		claim_advice(claim, true, text, "prlimit --pid %u --nofile=%llu:", p->pid,
			     (unsigned long long)more);
}

/* What most of them are, if a breakdown was taken: "871 of them are sockets to 10.0.3.7:5432". */
static void what(struct claim *claim, const struct process *p)
{
	const struct fd_scans *scans = p->scans;
	const struct fd_group *most = NULL;
	unsigned int last;
	struct text peer = {.s = ""};

	if (!scans || !scans->n)
		return;
	last = scans->n - 1;
	for (unsigned int i = 0; i < scans->n_groups; i++)
		if (!most || scans->group[i].count[last] > most->count[last])
			most = &scans->group[i];
	if (!most || !most->count[last])
		return;
	if (most->peer.dir == PEER_OUT)
		peer = text_addr(most->peer.addr, most->peer.port);
	claim_evidence(claim, ROLE_HOLDS, true, "process.fds.most", most->count[last],
		       "{descriptor}", "%s of them are %.14s%s%.44s",
		       text_count(most->count[last]).s, breakdown_kind_text(most->kind),
		       peer.s[0] ? " to " : "", peer.s);
}

static void say_growth(struct claim *claim, const struct fd_nearly *n)
{
	if (n->left_s >= 0.0)
		claim_evidence(claim, ROLE_FOR, true, "process.fds.growth", n->trend.growth,
			       "{descriptor}", "+%s in %s: the limit is met in %s",
			       text_count(n->trend.growth).s, text_duration(n->trend.span_s).s,
			       text_duration(n->left_s).s);
	else if (!n->refused)
		claim_text(claim, ROLE_AGAINST,
			   "it does not grow: it may be stable there, by design");
}

/* Whether a call was refused, as far as anyone looked. */
static void say_refused(struct claim *claim, const struct model *model, const struct refusals *r,
			const struct fd_nearly *n)
{
	const char *error = n->host ? "ENFILE" : "EMFILE";

	if (n->refused) {
		claim_evidence(claim, ROLE_FOR, true,
			       n->host ? "host.files.refused" : "process.fds.refused",
			       (double)r->count, "{call}",
			       "%s calls were refused (%s); the latest %s ago",
			       text_count(r->count).s, error,
			       text_duration((double)(model_now(model) - r->last_ns) / 1e9).s);
		if (n->host)
			claim_text(claim, ROLE_VICTIM, "%s was refused last",
				   text_process(r->last_comm, r->last_pid).s);
	} else if (r && r->told_ns > r->since_ns && !r->seen) {
		claim_text(claim, ROLE_AGAINST, "no call was refused (%s) while watched, for %s",
			   error, text_duration((double)(r->told_ns - r->since_ns) / 1e9).s);
	} else if (!r || !r->seen) {
		claim_text(claim, ROLE_UNKNOWN, "whether a call was refused (%s): not watched",
			   error);
	}
}

static enum severity severity_of(const struct fd_nearly *n)
{
	if (n->refused || n->held >= n->limit || (n->left_s >= 0.0 && n->left_s <= FD_HOUR_S))
		return SEVERITY_CRITICAL;
	return SEVERITY_WARNING;
}

static void say_message(struct claim *claim, const char *who, const struct fd_nearly *n)
{
	if (n->refused)
		claim_message(claim,
			      "LIMIT: %.28s is refused descriptors: %.14s calls failed (%s).", who,
			      text_count(n->refused->count).s, n->host ? "ENFILE" : "EMFILE");
	else if (n->held >= n->limit)
		claim_message(claim, "LIMIT: %.28s has no descriptor left: %.14s are open.", who,
			      text_count(n->held).s);
	else if (n->left_s >= 0.0 && n->left_s <= FD_HOUR_S)
		claim_message(claim,
			      "LIMIT: %.28s runs out of descriptors in %.10s: %.14s of %.14s.", who,
			      text_duration(n->left_s).s, text_count(n->held).s,
			      text_count(n->limit).s);
	else
		claim_message(claim, "LIMIT: %.28s holds %.14s of %.14s descriptors.", who,
			      text_count(n->held).s, text_count(n->limit).s);
}

void fd_claim_process(const struct model *model, const struct process *p, const struct fd_nearly *n,
		      const struct judgement *judgement)
{
	struct subject subject = subject_process(p);
	struct claim claim;
	__u64 more;

	claim_init(&claim, &fd_exhaustion_rule, &subject);
	claim.basis = n->near || n->refused ? BASIS_REPORTED : BASIS_MEASURED;
	claim.confidence =
		confidence_round(n->near || n->refused ? 0.98 : 0.95 * (1.0 - sqrt(n->chance)));
	claim.severity = severity_of(n);
	claim.count = n->held;
	claim.last_ns = model_now(model);
	claim.first_ns = p->first_ns;
	if (n->left_s >= 0.0)
		claim.first_ns = n->trend.since_ns;
	else if (!n->near && n->refused)
		claim.first_ns = n->refused->first_ns;
	claim.window_ns = claim.last_ns - claim.first_ns;
	say_message(&claim, text_process(p->comm, p->pid).s, n);
	if (p->who)
		claim_text(&claim, ROLE_WHO, "%s, %s", text_name(p->who->exe, 32).s,
			   text_name(p->who->cgroup, 32).s);
	claim_evidence(&claim, ROLE_FOR, true, "process.fds", (double)n->held, "{descriptor}",
		       "%s of %s descriptors: %s", text_count(n->held).s, text_count(n->limit).s,
		       text_percent((double)n->held / (double)n->limit).s);
	what(&claim, p);
	say_refused(&claim, model, p->refused, n);
	say_growth(&claim, n);
	claim_advice(&claim, false, "See what the descriptors are", "ls -l /proc/%u/fd", p->pid);
	more = fd_limit_raised(n->limit, n->held, 4);
	if (more)
		fd_advise_limit(&claim, p, more, "Raise the limit for now");
	snprintf(claim.call, sizeof(claim.call), "the owner of %.30s",
		 text_process(p->comm, p->pid).s);
	judgement->claim(judgement->ctx, &claim);
}

/* Of all processes the one with most. */
static void who_most(struct claim *claim, const struct model *model)
{
	const struct process *p = NULL, *most = NULL;

	while ((p = processes_next(model_processes(model), p)))
		if (p->counted && (!most || p->fds > most->fds))
			most = p;
	if (most)
		claim_evidence(claim, ROLE_HOLDS, true, "process.fds.largest", most->fds,
			       "{descriptor}", "%s holds the most: %s descriptors",
			       text_process(most->comm, most->pid).s, text_count(most->fds).s);
}

void fd_claim_host(const struct model *model, const struct judgement *judgement)
{
	const struct event_file_table *t = &model_processes(model)->file_table;
	struct subject subject = {.type = SUBJECT_HOST};
	const struct refusals *r = &model_processes(model)->refused;
	struct fd_nearly n = {.held = t->open, .limit = t->limit, .left_s = -1.0, .host = true};
	struct claim claim;

	n.near = fd_host_is_near(model);
	if (fd_is_refused(model, r))
		n.refused = r;
	if (!n.near && !n.refused)
		return;
	snprintf(subject.name, sizeof(subject.name), "%s", model_host(model)->hostname);
	claim_init(&claim, &fd_exhaustion_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.confidence = 0.98;
	claim.severity = severity_of(&n);
	claim.count = t->open;
	claim.first_ns = claim.last_ns = t->h.ts_ns;
	claim.window_ns = model_now(model) - model_start(model);
	say_message(&claim, "the host", &n);
	claim_evidence(&claim, ROLE_FOR, true, "host.files", (double)t->open, "{descriptor}",
		       "%s of %s open files, all processes: %s", text_count(t->open).s,
		       text_count(t->limit).s, text_percent((double)t->open / (double)t->limit).s);
	say_refused(&claim, model, r, &n);
	who_most(&claim, model);
	claim_advice(&claim, false, "See how full the table is", "cat /proc/sys/fs/file-nr");
	claim_advice(&claim, true, "Raise its limit for now", "sysctl fs.file-max=%llu",
		     (unsigned long long)(4 * t->limit));
	judgement->claim(judgement->ctx, &claim);
}
