/* SPDX-License-Identifier: BSD-2-Clause */
/* live_asks.c - performs what rules want to know more about; see live_asks.h. */
#include "source/live_asks.h"

#include <errno.h>

#include "source/live_proc.h"

static bool is_same(const struct ask *a, const struct ask *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns && a->dev == b->dev;
}

/* Adds an ask to a list, or extends the one that is there. */
static void put(struct live_asks *asks, struct live_ask *list, unsigned int *n, unsigned int max,
		const struct ask *ask)
{
	for (unsigned int i = 0; i < *n; i++) {
		if (!is_same(&list[i].ask, ask))
			continue;
		if (ask->until_ns > list[i].ask.until_ns)
			list[i].ask.until_ns = ask->until_ns;
		return;
	}
	if (*n == max) {
		asks->dropped++;
		return;
	}
	list[(*n)++] = (struct live_ask){.ask = *ask};
}

static void drop(struct live_ask *list, unsigned int *n, unsigned int i)
{
	list[i] = list[--*n];
}

/* The least lately suspected gives up its place. */
static void put_opens(struct live_asks *asks, const struct ask *ask)
{
	unsigned int least = 0;

	if (asks->n_opens == ARMED_PIDS_MAX) {
		for (unsigned int i = 0; i < asks->n_opens; i++) {
			if (is_same(&asks->opens[i].ask, ask)) {
				least = ARMED_PIDS_MAX;
				break;
			}
			if (asks->opens[i].ask.until_ns < asks->opens[least].ask.until_ns)
				least = i;
		}
		if (least < ARMED_PIDS_MAX && asks->n_disarm < ARMED_PIDS_MAX &&
		    asks->opens[least].ask.until_ns < ask->until_ns) {
			asks->disarm[asks->n_disarm++] = asks->opens[least].ask.pid;
			drop(asks->opens, &asks->n_opens, least);
		}
	}
	put(asks, asks->opens, &asks->n_opens, ARMED_PIDS_MAX, ask);
}

void live_asks_take(struct live_asks *asks, const struct ask *ask)
{
	/* Only what tells them apart: the rest must not make two of one. */
	struct ask process = {
		.what = ask->what,
		.pid = ask->pid,
		.start_ns = ask->start_ns,
		.until_ns = ask->until_ns,
	};
	struct ask disk = {.what = ask->what, .dev = ask->dev, .until_ns = ask->until_ns};

	if (asks->limited && ask->what != ASK_PROC) {
		asks->dropped++;
		return;
	}

	/* Without its start a process cannot be told from the next one with its number. */
	if (ask->what == ASK_PROC && ask->pid && ask->start_ns)
		put(asks, asks->proc, &asks->n_proc, ASKS_PROC_MAX, &process);
	else if (ask->what == ASK_FDS && ask->pid && ask->start_ns)
		put(asks, asks->fds, &asks->n_fds, ASKS_FDS_MAX, &process);
	else if (ask->what == ASK_FD_OPENS && ask->pid && ask->start_ns)
		put_opens(asks, &process);
	else if (ask->what == ASK_FD_STACK && ask->pid && ask->start_ns)
		symbols_take(&asks->symbols, ask->pid, ask->start_ns, ask->dev);
	else if (ask->what == ASK_FD_REFUSED && !ask->pid == !ask->start_ns)
		put(asks, asks->refused, &asks->n_refused, WATCHED_MAX, &process);
	else if (ask->what == ASK_TLS)
		tls_asks_take(&asks->tls, ask);
	else if (ask->what == ASK_BLOCK_ISSUE)
		put(asks, asks->issue, &asks->n_issue, ASKS_ISSUE_MAX, &disk);
	else
		asks->dropped++;
}

static void end_all(struct live_ask *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		list[i].ask.until_ns = 0;
}

void live_asks_limit(struct live_asks *asks, bool limited)
{
	asks->limited = limited;
	if (!limited)
		return;
	end_all(asks->fds, asks->n_fds);
	end_all(asks->issue, asks->n_issue);
	end_all(asks->opens, asks->n_opens);
	end_all(asks->refused, asks->n_refused);
	tls_asks_end(&asks->tls);
}

/* False when the process is gone. */
static bool tell_process(const struct ask *ask, struct emit *emit)
{
	struct event_proc event;

	if (live_proc_read(ask->pid, ask->start_ns, &event) < 0)
		return false;
	EMIT(emit, EVENT_PROC, &event);
	return true;
}

/* One breakdown; the ask ends with its process. */
static void tell_fds(struct live_asks *asks, unsigned int *i, struct probes *probes,
		     struct emit *emit)
{
	struct live_ask *item = &asks->fds[*i];
	bool here = item->answered || tell_process(&item->ask, emit);
	int code = 0;

	item->answered = true;
	if (here && !emit->failed)
		code = probes_scan_fds(probes, item->ask.pid, item->ask.start_ns, ++asks->scan,
				       emit->now_ns, emit_event, emit);
	if (code < 0 && code != -ESRCH && !emit->failed)
		asks->dropped++; /* the kernel side cannot do it: it would fail each tick */
	if (!here || code < 0)
		drop(asks->fds, &asks->n_fds, *i);
	else
		++*i;
}

static void arm_issue(struct live_asks *asks, struct probes *probes)
{
	for (unsigned int i = 0; i < asks->n_issue;) {
		struct live_ask *item = &asks->issue[i];

		if (!item->answered && probes_arm_issue(probes, item->ask.dev) < 0) {
			asks->dropped++;
			drop(asks->issue, &asks->n_issue, i);
			continue;
		}
		item->answered = true;
		i++;
	}
}

static void disarm_opens(struct live_asks *asks, struct probes *probes, __u32 pid)
{
	probes_disarm_fds(probes, pid);
	symbols_forget(&asks->symbols, pid);
}

static void arm_opens(struct live_asks *asks, struct probes *probes, __u64 now_ns)
{
	while (asks->n_disarm)
		disarm_opens(asks, probes, asks->disarm[--asks->n_disarm]);
	for (unsigned int i = 0; i < asks->n_opens;) {
		struct live_ask *item = &asks->opens[i];

		if (!item->answered &&
		    probes_arm_fds(probes, item->ask.pid, item->ask.start_ns, now_ns) < 0) {
			asks->dropped++;
			drop(asks->opens, &asks->n_opens, i);
			continue;
		}
		item->answered = true;
		i++;
	}
}

static void end_opens(struct live_asks *asks, struct probes *probes, __u64 now_ns)
{
	for (unsigned int i = 0; i < asks->n_opens;) {
		if (asks->opens[i].ask.until_ns > now_ns) {
			i++;
			continue;
		}
		disarm_opens(asks, probes, asks->opens[i].ask.pid);
		drop(asks->opens, &asks->n_opens, i);
	}
}

static void watch_refused(struct live_asks *asks, struct probes *probes, __u64 now_ns)
{
	for (unsigned int i = 0; i < asks->n_refused;) {
		struct live_ask *item = &asks->refused[i];

		if (!item->answered &&
		    probes_watch_refused(probes, item->ask.pid, item->ask.start_ns, now_ns) < 0) {
			asks->dropped++;
			drop(asks->refused, &asks->n_refused, i);
			continue;
		}
		item->answered = true;
		i++;
	}
}

/* What was refused until now, also of those whose time is over. */
static void tell_refused(struct live_asks *asks, struct probes *probes, struct emit *emit)
{
	if (asks->n_refused && !emit->failed)
		probes_report_refused(probes, emit->now_ns, emit_event, emit);
	for (unsigned int i = 0; i < asks->n_refused;) {
		if (asks->refused[i].ask.until_ns > emit->now_ns) {
			i++;
			continue;
		}
		if (asks->refused[i].answered)
			probes_unwatch_refused(probes, asks->refused[i].ask.pid);
		drop(asks->refused, &asks->n_refused, i);
	}
}

static int sample(void *ctx, __u32 pid, __u32 site, __u64 now_ns, struct stack_sample *ret)
{
	return probes_fd_sample(ctx, pid, site, now_ns, ret);
}

int live_asks_answer(struct live_asks *asks, struct probes *probes, struct emit *emit)
{
	for (unsigned int i = 0; i < asks->n_proc && !emit->failed; i++)
		tell_process(&asks->proc[i].ask, emit);
	asks->n_proc = 0;
	for (unsigned int i = 0; i < asks->n_fds && !emit->failed;) {
		if (asks->fds[i].answered)
			i++;
		else
			tell_fds(asks, &i, probes, emit);
	}
	arm_issue(asks, probes);
	arm_opens(asks, probes, emit->now_ns);
	watch_refused(asks, probes, emit->now_ns);
	tls_asks_answer(&asks->tls, probes, emit);
	symbols_poll(&asks->symbols, sample, probes, emit);
	return emit->failed;
}

int live_asks_tick(struct live_asks *asks, struct probes *probes, struct emit *emit)
{
	for (unsigned int i = 0; i < asks->n_issue;) {
		if (asks->issue[i].ask.until_ns > emit->now_ns) {
			i++;
			continue;
		}
		if (asks->issue[i].answered)
			probes_disarm_issue(probes, asks->issue[i].ask.dev);
		drop(asks->issue, &asks->n_issue, i);
	}
	for (unsigned int i = 0; i < asks->n_fds && !emit->failed;) {
		if (asks->fds[i].ask.until_ns <= emit->now_ns)
			drop(asks->fds, &asks->n_fds, i);
		else
			tell_fds(asks, &i, probes, emit);
	}
	tell_refused(asks, probes, emit);
	symbols_poll(&asks->symbols, sample, probes, emit);
	end_opens(asks, probes, emit->now_ns);
	tls_asks_tick(&asks->tls, probes, emit);
	return emit->failed;
}

void live_asks_done(struct live_asks *asks)
{
	symbols_done(&asks->symbols);
}

int live_asks_account(const struct live_asks *asks, struct emit *emit)
{
	return emit_table(emit, "source.asks",
			  ASKS_PROC_MAX + ASKS_FDS_MAX + ASKS_ISSUE_MAX + TLS_ASKS_MAX,
			  asks->n_proc + asks->n_fds + asks->n_issue + asks->tls.n,
			  asks->dropped + asks->tls.dropped);
}
