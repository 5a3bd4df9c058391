/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper.h - what a daemon keeps and gives on request: the flight recorder, its captures, the answers to
 * culprit status and culprit dump, the metrics, and what the service manager is told.
 *
 * All writing is done by child processes (children.h): the disk that hangs may be the one that is written to.
 */
#ifndef CULPRIT_KEEPER_H
#define CULPRIT_KEEPER_H

#include "err.h"
#include "finding/life.h"
#include "finding/verdict.h"
#include "flight.h"
#include "model/model.h"
#include "sink/sink.h"

#define KEEPER_PATH_MAX 108

struct keeper;
struct reload_state;

struct keeper_options {
	char socket[KEEPER_PATH_MAX]; /* empty: no control socket */
	bool socket_default;	      /* nobody named it: where it cannot be made, go on without */
	char group[32];		      /* who may ask besides root; empty: nobody */
	struct flight_options flight; /* keep_ns 0: no flight recorder */
	char captures
		[KEEPER_PATH_MAX];  /* directory; empty: none is written by itself or on SIGUSR1 */
	unsigned int captures_max;  /* files that are kept; the oldest goes */
	size_t capture_bytes;	    /* of all of them together */
	enum severity capture_from; /* one that opens with it or above, or rises to it: a capture */
	char metrics[64];	    /* where /metrics is served: metrics.h; empty: nowhere */
	char metrics_file
		[KEEPER_PATH_MAX]; /* the same as a file, four times a minute; empty: none */
};

/* The defaults of a daemon. */
void keeper_defaults(struct keeper_options *ret);

/* What the answers are made from; the engine's, borrowed. */
struct keeper_view {
	const struct model *model;
	const struct life *life;
	const struct verdict *verdict; /* NULL: none yet */
	__u64 seq;		       /* of the latest line */
	struct sink *const *sinks;
	unsigned int n_sinks;
	const struct reload_state *settings; /* reload_state.h; NULL: no file */
};
typedef void (*keeper_view_fn)(void *ctx, struct keeper_view *ret);

/* Errors as control_new() has them; a directory for captures that others may write to is -EPERM. */
int keeper_new(const struct keeper_options *options, struct keeper **ret_keeper, struct err *err);
void keeper_free(struct keeper *keeper);

/* Could a running keeper be given these? Makes the directory of captures. Errors as keeper_new() has them. */
int keeper_check(const struct keeper_options *options, struct err *err);
/* Takes over what can be changed while it runs: captures and how many, and the metrics file. */
void keeper_configure(struct keeper *keeper, const struct keeper_options *options);

/* SIGHUP: a control socket that was deleted is made anew, or it is said that it cannot be. */
void keeper_reopen(struct keeper *keeper);

/* Where the answers come from. To be set before anything else is called. */
void keeper_set_view(struct keeper *keeper, keeper_view_fn view, void *ctx);

/* For the loop: somebody asks. keeper_dispatch() when it is readable. */
int keeper_fd(const struct keeper *keeper);
void keeper_dispatch(struct keeper *keeper);

/* Each event, before it is judged. */
void keeper_event(struct keeper *keeper, const struct event *event);
/* A line of a finding, before it counts as told: a capture is due when it opened severe enough, or became so. */
void keeper_finding(struct keeper *keeper, const struct finding *finding);
/* SIGUSR1: a capture, whatever was found, at once. */
void keeper_capture(struct keeper *keeper);
/* After each evaluation: starts the capture that is due, gathers children, tells the service manager. One capture a
 * minute at most (but those that were asked for), the first cause names it. */
void keeper_settle(struct keeper *keeper);
/* The run is asked to end. */
void keeper_stop(struct keeper *keeper);

#endif
