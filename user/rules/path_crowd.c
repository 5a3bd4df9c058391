/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_crowd.c - how many paths by one interface lose, and which of them are clients or have their other end here too;
 * for path.c and uplink.c, which judge by it.
 */
#include "model/addr.h"
#include "rules/path.h"
#include "rules/subjects.h"

/* The sender, where one of two ends here lost so much more. */
#define TWIN_TIMES 2.0

const struct threshold uplink_client_weight = {
	"uplink-loss.client_weight", 3, "{client}",
	"radio and home lines lose at any time: three of them at once count as one server"};

/* Does the other end of these connections, on this host too, tell of their loss? The one that lost twice as
 * much is the sender. Where both directions lose alike it is the end in our own namespace, which has others
 * to compare with, else the client's. */
static bool tells_instead(const struct model *model, const struct path *path,
			  const struct path *other)
{
	bool ours = !subject_netns(model, path->netns);
	bool theirs = !subject_netns(model, other->netns);

	if (other->lost > TWIN_TIMES * path->lost || path->lost > TWIN_TIMES * other->lost)
		return other->lost > path->lost;
	return ours != theirs ? theirs : other->dir == PEER_OUT;
}

/* It only connects to us, from elsewhere: who does so within a network of its own (a balancer, an agent of a collector)
 * has no last mile that is nobody's business here. */
static bool comes_from_outside(const struct path *path)
{
	return path->inbound && !addr_is_private(path->addr);
}

bool path_is_client(const struct paths *paths, const struct path *path)
{
	for (unsigned int i = 0; comes_from_outside(path) && i < paths->n; i++)
		if (paths_are_twins(path, &paths->path[i]))
			return false;
	return comes_from_outside(path);
}

bool path_told_by_twin(const struct model *model, const struct paths *paths,
		       const struct path *path)
{
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *other = &paths->path[i];

		if (paths_are_twins(path, other) && path_is_lossy(model, other) &&
		    tells_instead(model, path, other))
			return true;
	}
	return false;
}

void crowd_find(struct crowd *crowd, const struct model *model, const struct paths *paths,
		const struct path *of)
{
	*crowd = (struct crowd){0};
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];
		bool lossy, client;

		if (!paths_share_nic(path, of) || !path_is_judged(model, path))
			continue;
		lossy = path_is_lossy(model, path);
		client = lossy ? path_is_client(paths, path) : comes_from_outside(path);
		crowd->judged++;
		crowd->lossy += lossy;
		crowd->clients += client;
		crowd->clients_lossy += client && lossy;
	}
}

static double weigh(const struct model *model, unsigned int n, unsigned int clients)
{
	return n - clients + clients / model_threshold(model, &uplink_client_weight);
}

double crowd_weight(const struct model *model, const struct crowd *crowd)
{
	return weigh(model, crowd->judged, crowd->clients);
}

bool crowd_loses(const struct model *model, const struct crowd *crowd)
{
	unsigned int peers = crowd->judged - crowd->clients;
	unsigned int peers_lossy = crowd->lossy - crowd->clients_lossy;

	return (!peers || 2 * peers_lossy > peers) &&
	       2.0 * weigh(model, crowd->lossy, crowd->clients_lossy) > crowd_weight(model, crowd);
}

bool crowd_is_uplink(const struct model *model, const struct crowd *crowd, double least)
{
	return crowd->judged && crowd->judged >= least && crowd_loses(model, crowd) &&
	       (crowd_weight(model, crowd) >= least || crowd->lossy == crowd->judged);
}
