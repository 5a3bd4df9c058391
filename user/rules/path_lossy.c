/* SPDX-License-Identifier: BSD-2-Clause */
/* path_lossy.c - which paths are judged, which of them lose, and which serve as control; see path.c. */
#include "rules/path.h"

const struct threshold path_min_segments = {
	"path-loss.min_segments", 100, "{segment}",
	"below this a loss of one percent is a single segment, and says nothing"};
const struct threshold path_min_ratio = {
	"path-loss.min_ratio", 1, "%",
	"TCP's throughput falls with the root of the loss: one percent halves it on most paths (Mathis)"};
const struct threshold path_min_lost = {
	"path-loss.min_lost", 8, "{segment}",
	"a handful of losses is what a healthy path shows when a queue overflows once"};
const struct threshold path_heavy_ratio = {
	"path-loss.heavy_ratio", 20, "%",
	"with fewer than min_segments: one in five shows in some dozens, and no burst makes it up"};
const struct threshold path_few_segments = {
	"path-loss.few_segments", 20, "{segment}",
	"with fewer, eight losses are a single bad moment; and so many fine ones rule out one in five"};

static bool is_much(const struct model *model, double lost, double segments)
{
	return lost >= model_threshold(model, &path_min_lost) &&
	       100.0 * lost >= model_threshold(model, &path_min_ratio) * segments;
}

/* It goes by this interface since some time of the window, and what it lost was lost by the one before. */
static bool lost_elsewhere(const struct model *model, const struct path *path)
{
	const struct frame *frame = model_frame(model);

	return path->moved_ns > window_from_ns(frame->now_ns, frame->window_ns) &&
	       is_much(model, path->lost, (double)path->gain[PEER_SEGS_OUT]) &&
	       !is_much(model, path_since(path, frame, PEER_SEGS_RETRANS, path->moved_ns),
			path_since(path, frame, PEER_SEGS_OUT, path->moved_ns));
}

bool path_is_judged(const struct model *model, const struct path *path)
{
	return !path->loopback &&
	       (double)path->gain[PEER_SEGS_OUT] >= model_threshold(model, &path_min_segments) &&
	       !lost_elsewhere(model, path);
}

bool path_is_lossy(const struct model *model, const struct path *path)
{
	__u64 signals = path->gain[PEER_RETRANS_FAST] + path->gain[PEER_RETRANS_RTO];

	return path_is_judged(model, path) && signals >= LOSS_SIGNALS &&
	       is_much(model, path->lost, (double)path->gain[PEER_SEGS_OUT]);
}

/* Told apart from a peer that is silent or stopped, and from resends for nothing: see path.c. */
bool path_is_heavily_lossy(const struct model *model, const struct path *path)
{
	return !path->loopback && !path_is_judged(model, path) && !lost_elsewhere(model, path) &&
	       !path->live_zero_win && 2 * path->live_stuck <= path->live &&
	       (double)path->gain[PEER_SEGS_OUT] >= model_threshold(model, &path_few_segments) &&
	       path->gain[PEER_RETRANS_FAST] >= LOSS_SIGNALS &&
	       4.0 * path->spurious < (double)path->gain[PEER_SEGS_RETRANS] &&
	       path->lost >= model_threshold(model, &path_min_lost) &&
	       100.0 * path->ratio >= model_threshold(model, &path_heavy_ratio);
}

void controls_add(struct controls *controls, const struct path *path)
{
	__u64 segments = path->gain[PEER_SEGS_OUT];

	controls->n++;
	controls->segments += (double)segments;
	controls->lost += path->lost;
	if (!controls->best[0] || segments > controls->best[0]->gain[PEER_SEGS_OUT]) {
		controls->best[1] = controls->best[0];
		controls->best[0] = path;
	} else if (!controls->best[1] || segments > controls->best[1]->gain[PEER_SEGS_OUT]) {
		controls->best[1] = path;
	}
}
