/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_suspects.c - of which processes more is asked before anything is claimed of them; see leak.h. */
#include "rules/leak.h"
#include "rules/leak_sites.h"
#include "rules/subjects.h"

#define SUSPECTS_MAX 8 /* armed at once: each costs a walk over its descriptors a tick */

bool leak_is_asked(const struct model *model, const struct process *process)
{
	__u32 pid = asked_pid(model);

	return process->counted && (!pid || pid == process->pid);
}

/* From here on a breakdown is asked for. */
static const struct trend_need suspect = {LEAK_RISES_SUSPECT, LEAK_RISES_SUSPECT, 3.0,
					  LEAK_FLATS_MAX};

struct suspect {
	const struct process *process;
	unsigned int rises;
	__u32 growth;
	__u64 since_ns; /* it grows */
};

static bool is_less(const struct suspect *s, const struct trend *t)
{
	return s->rises < t->rises || (s->rises == t->rises && s->growth < t->growth);
}

/* Those that rose most often first, and of these who gained most: a worker whose count goes up and down may gain more in
 * three rises than a slow leak in eight, and there are dozens of such on a busy host. */
static unsigned int find_suspects(const struct model *model, struct suspect list[SUSPECTS_MAX])
{
	const struct process *p = NULL;
	unsigned int n = 0;

	while ((p = processes_next(model_processes(model), p))) {
		struct trend t;
		unsigned int at;

		if (!leak_is_asked(model, p) || !p->grown_ns)
			continue;
		t = trend_of(p, model_frame(model), &suspect);
		if (!trend_suffices(&t, &suspect))
			continue;
		for (at = n; at > 0 && is_less(&list[at - 1], &t); at--)
			if (at < SUSPECTS_MAX)
				list[at] = list[at - 1];
		if (at == SUSPECTS_MAX)
			continue;
		list[at] = (struct suspect){p, t.rises, t.growth, t.since_ns};
		if (n < SUSPECTS_MAX)
			n++;
	}
	return n;
}

void leak_ask(const struct model *model, const struct judgement *judgement)
{
	struct suspect list[SUSPECTS_MAX];
	unsigned int n = judgement->ask ? find_suspects(model, list) : 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct process *p = list[i].process;
		struct ask ask = {.what = ASK_FDS, .pid = p->pid, .start_ns = p->start_ns};
		struct breakdown parts;

		breakdown_of(p, list[i].since_ns, &parts);
		ask.until_ns = asked_until(model);
		judgement->ask(judgement->ctx, &ask);
		ask.what = ASK_PROC;
		if (!p->who)
			judgement->ask(judgement->ctx, &ask);
		leak_site_ask(model, p, &parts, judgement);
	}
}
