/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_refused.c - whose calls for a descriptor are watched for being refused; see fd_exhaustion.c. */
#include "rules/fd_exhaustion.h"
#include "rules/subjects.h"

#define S_NS	       1000000000ULL
#define WATCH_NS       (30 * S_NS)
#define WATCH_MOST_NS  (300 * S_NS) /* while it is refused */
#define REST_NS	       (600 * S_NS)
#define REST_LITTLE_NS (60 * S_NS) /* of one that was refused, or is at its limit */
#define WATCHED_PIDS   8	   /* at once */

static bool wants_watch(const struct refusals *r, bool at_limit, __u64 now_ns)
{
	bool refused = r && r->last_ns && now_ns < r->last_ns + WATCH_NS;

	if (!r || !r->since_ns || now_ns < r->since_ns + (refused ? WATCH_MOST_NS : WATCH_NS))
		return true;
	return now_ns > r->told_ns + (r->seen || at_limit ? REST_LITTLE_NS : REST_NS);
}

/* Where it cannot be done it is not asked for at each tick. */
static bool can_watch(const struct model *model, const char *name)
{
	const struct event_probe *probe = model_probe(model, name);

	return probe && probe->state != PROBE_UNAVAILABLE;
}

struct watch {
	const struct process *process;
	double share;
};

/* Those nearest to their limits. */
void fd_ask_refused(const struct model *model, const struct judgement *judgement)
{
	struct ask ask = {.what = ASK_FD_REFUSED, .until_ns = asked_until(model)};
	struct watch list[WATCHED_PIDS];
	const struct event_file_table *t = &model_processes(model)->file_table;
	const struct process *p = NULL;
	__u32 pid = asked_pid(model);
	bool can = can_watch(model, "files.refused");
	unsigned int n = 0, at;

	while (can && (p = processes_next(model_processes(model), p))) {
		double share;

		/* Who was refused, and holds less by now, is watched to the end. */
		if ((pid && p->pid != pid) || !fd_has_limit(model, p) ||
		    (!fd_process_is_near(model, p) && !fd_is_refused(model, p->refused)) ||
		    !wants_watch(p->refused, p->fds == p->limit, model_now(model)))
			continue;
		share = (double)p->fds / (double)p->limit;
		for (at = n; at > 0 && list[at - 1].share < share; at--)
			if (at < WATCHED_PIDS)
				list[at] = list[at - 1];
		if (at == WATCHED_PIDS)
			continue;
		list[at] = (struct watch){p, share};
		if (n < WATCHED_PIDS)
			n++;
	}
	if (!pid && can_watch(model, "files.table_full") && fd_host_is_near(model) &&
	    wants_watch(&model_processes(model)->refused, t->open >= t->limit, model_now(model)))
		judgement->ask(judgement->ctx, &ask);
	for (unsigned int i = 0; i < n; i++) {
		ask.pid = list[i].process->pid;
		ask.start_ns = list[i].process->start_ns;
		judgement->ask(judgement->ctx, &ask);
	}
}
