/* SPDX-License-Identifier: BSD-2-Clause */
/* victim.c - whom a fault of the network hurts; see victim.h. */
#include "rules/victim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/copy.h"
#include "rules/subjects.h"
#include "rules/text.h"

struct holder peer_holder(const struct peer *peer)
{
	return (struct holder){peer->pid, peer->start_ns, peer->comm};
}

static void ask_who(const struct model *model, const struct subject *s,
		    const struct judgement *judgement)
{
	struct ask ask = {.what = ASK_PROC, .pid = s->pid, .start_ns = s->start_ns};

	ask.until_ns = model_now(model); /* once */
	if (judgement->ask)
		judgement->ask(judgement->ctx, &ask);
}

/* The unit or container of a cgroup's path: "/system.slice/orders.service". Its slices say nothing. */
static const char *unit_of(const struct subject *s)
{
	const char *slash = strrchr(s->cgroup, '/');
	const char *last = slash ? slash + 1 : s->cgroup;

	return strstr(last, ".slice") ? "" : last;
}

void claim_victim(struct claim *claim, const struct model *model, const struct judgement *judgement,
		  struct holder holder, const char *fmt, ...)
{
	struct subject s = {
		.type = SUBJECT_PROCESS, .pid = holder.pid, .start_ns = holder.start_ns};
	const struct process *p =
		processes_find(model_processes(model), holder.pid, holder.start_ns);
	char more[96];
	va_list args;

	if (!holder.pid)
		return;
	if (p)
		s = subject_process(p);
	else
		copy_text(s.comm, sizeof(s.comm), holder.comm, EVENT_COMM_LEN);
	va_start(args, fmt);
	vsnprintf(more, sizeof(more), fmt, args);
	va_end(args);
	claim_text(claim, ROLE_VICTIM, "%s%s", text_process(s.comm, s.pid).s, more);
	if (s.container[0])
		claim_text(claim, ROLE_VICTIM, "it runs in container %.12s", s.container);
	else if (unit_of(&s)[0])
		claim_text(claim, ROLE_VICTIM, "it runs in %s", text_name(unit_of(&s), 40).s);
	if (p && !p->who)
		ask_who(model, &s, judgement);
	claim_affects(claim, &s);
}
