/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_asks.h - performs what rules want to know more about; owns all that is armed.
 *
 * Asks come in while an event is being handed out (live_asks_take() only notes them), are answered
 * right after it, and then with each tick until their time is over. Asking again extends.
 */
#ifndef CULPRIT_SOURCE_LIVE_ASKS_H
#define CULPRIT_SOURCE_LIVE_ASKS_H

#include <culprit/map_leak.h>
#include <culprit/map_refused.h>

#include "ask.h"
#include "probe/probes.h"
#include "source/emit.h"
#include "source/symbols.h"
#include "source/tls_asks.h"

#define ASKS_PROC_MAX  64 /* waiting for an answer, which comes at once */
#define ASKS_FDS_MAX   8  /* breakdowns cost 50 ms a 100,000 descriptors, each tick */
#define ASKS_ISSUE_MAX 16

struct live_ask {
	struct ask ask;
	bool answered; /* at least once */
};

struct live_asks {
	struct live_ask proc[ASKS_PROC_MAX];
	struct live_ask fds[ASKS_FDS_MAX];
	struct live_ask issue[ASKS_ISSUE_MAX];
	unsigned int n_proc, n_fds, n_issue;
	struct live_ask opens[ARMED_PIDS_MAX]; /* when it is full the least lately suspected goes */
	unsigned int n_opens;
	__u32 disarm[ARMED_PIDS_MAX]; /* pids that gave up their places */
	unsigned int n_disarm;
	struct live_ask refused[WATCHED_MAX]; /* watched for descriptors that are refused */
	unsigned int n_refused;
	bool limited; /* nothing is armed: live_asks_limit() */
	struct symbols symbols;
	struct tls_asks tls;
	__u32 scan;    /* the number of the last breakdown */
	__u64 dropped; /* no room, no identity, or refused by the kernel side */
};

/* Notes an ask, or drops and counts it. */
void live_asks_take(struct live_asks *asks, const struct ask *ask);
/* While it is limited, what costs (all but who a process is) is dropped and counted; what runs ends with the next
 * tick. */
void live_asks_limit(struct live_asks *asks, bool limited);
/* Answers what is new. 0, or what `emit` failed with. */
int live_asks_answer(struct live_asks *asks, struct probes *probes, struct emit *emit);
/* A tick: ends what is over, breaks down what is asked for. */
int live_asks_tick(struct live_asks *asks, struct probes *probes, struct emit *emit);
/* Ends the child that works for it. */
void live_asks_done(struct live_asks *asks);
/* EVENT_TABLE. */
int live_asks_account(const struct live_asks *asks, struct emit *emit);

#endif
