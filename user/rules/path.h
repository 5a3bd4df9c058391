/* SPDX-License-Identifier: BSD-2-Clause */
/* path.h - how lossy a path is, and against whom it was judged; path.c, path_subnet.c, path_crowd.c, uplink.c ... */
#ifndef CULPRIT_PATH_H
#define CULPRIT_PATH_H

#include "rules/onset.h"
#include "rules/paths.h"

/* Thresholds that path-loss and uplink-loss share. */
extern const struct threshold path_min_segments;
extern const struct threshold path_min_ratio;
extern const struct threshold path_min_lost;
/* For those that send less than min_segments. */
extern const struct threshold path_heavy_ratio;
extern const struct threshold path_few_segments;
/* So many clients count as one peer where it is asked whether an interface loses; path_crowd.c. */
extern const struct threshold uplink_client_weight;

/* Lost segments come in bursts: so many count as one in a test. netem's are single, a full queue's
 * are not; 2 is between, and the false-alarm chance is stated under it. */
#define LOSS_BURST 2.0
/* A path whose resends are all of a kind that needs no loss (tail-loss probes) needs so many
 * others. */
#define LOSS_SIGNALS 3

/* Enough segments to be judged. Loopback has no path and is not judged, nor is what was lost by another interface than
 * the path has now. */
bool path_is_judged(const struct model *model, const struct path *path);
/* Judged, and loses more than a healthy path does: by ratio, number and kind of its resends. */
bool path_is_lossy(const struct model *model, const struct path *path);
/* Too little was sent for it to be judged, and a good part of that was lost. */
bool path_is_heavily_lossy(const struct model *model, const struct path *path);

/* Paths that were seen to be fine, as control. */
struct controls {
	const struct path *best[2]; /* the two with most segments; NULL where there is none */
	unsigned int n;
	double segments;
	double lost;
};
void controls_add(struct controls *controls, const struct path *path);

/* Does the other end of its connections, on this host too, tell of their loss? */
bool path_told_by_twin(const struct model *model, const struct paths *paths,
		       const struct path *path);
/* It only connects to us, from elsewhere: the other end of its connections is not on this host too. */
bool path_is_client(const struct paths *paths, const struct path *path);

/* The judged paths by one interface. Of clients each has a last mile of its own: see uplink.c. */
struct crowd {
	unsigned int judged;
	unsigned int lossy;
	unsigned int clients; /* of the judged */
	unsigned int clients_lossy;
};
void crowd_find(struct crowd *crowd, const struct model *model, const struct paths *paths,
		const struct path *of);
/* As many judged paths, each client as a part of one. */
double crowd_weight(const struct model *model, const struct crowd *crowd);
/* Most lose, and most of those that are no clients: what they have in common does. */
bool crowd_loses(const struct model *model, const struct crowd *crowd);
/* The same, and they are enough to say so: `least` by weight, or so many without one that is fine. */
bool crowd_is_uplink(const struct model *model, const struct crowd *crowd, double least);

/* All judged peers of one subnet lose, others do not; path_subnet.c. */
struct subnet_loss {
	const struct path *first; /* of the lossy ones, in the order of struct paths */
	const struct path *most;  /* that with most segments */
	unsigned int lossy;
	bool mine;
	bool clients; /* all of them only connect to us */
	__u64 gain[PEER_COUNTERS];
	double lost;
	double spurious;
	double ratio;
	double confidence;
	__u32 live;
	__u32 live_reord;
	__u32 live_zero_win;
	__u64 from_ns;
	struct onset onset;
	__u64 lost_ns;
	struct controls controls; /* elsewhere, by the same interface */
};
extern const struct threshold path_min_neighbours;
/* Is it so of the subnet of that path? */
bool subnet_loss_find(const struct model *model, const struct paths *paths, const struct path *of,
		      struct subnet_loss *ret);
void subnet_loss_claim(const struct model *model, const struct subnet_loss *loss,
		       const struct judgement *judgement);

/* path_claim.c: evidence that both kinds give. */
void path_claim_loss(struct claim *claim, const __u64 gain[PEER_COUNTERS], double lost,
		     double ratio);
void path_claim_controls(struct claim *claim, const struct controls *controls);
/* Spurious resends and the like; returns the factor by which they lower the confidence. */
double path_claim_against(struct claim *claim, const __u64 gain[PEER_COUNTERS], double spurious,
			  double lost, __u32 live, __u32 live_reord);
void path_claim_not_us(struct claim *claim, const struct model *model, __u64 send_errors,
		       __u32 zero_windows, __u32 netns, __u32 ifindex);
/* "nsenter -t PID -n " where the path is another network namespace's; else empty. */
struct text path_nsenter(const struct model *model, const struct path *path);
/* `question` at an mtr of so many probes, to the path's port where it has one; then its sockets. On a way within this
 * host (inside_claim()) the sockets only. */
void path_claim_advice(struct claim *claim, const struct model *model, const struct path *path,
		       const char *question, unsigned int probes);
/* What is said of a client's way instead: a remark, whatever it loses. */
void path_claim_client(struct claim *claim);
struct black_hole;
/* path_hole.c: only its large packets are lost, whether little was sent or much. */
void path_claim_hole(const struct model *model, const struct path *path,
		     const struct black_hole *hole, const struct judgement *judgement);
void path_claim_victim(struct claim *claim, const struct model *model, const struct path *path,
		       const struct judgement *judgement);

#endif
