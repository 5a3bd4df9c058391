/* SPDX-License-Identifier: BSD-2-Clause */
/* nic.c - the network interfaces; see nic.h. */
#include "model/nic.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

#define S_NS 1000000000ULL
/* Some drivers lose the carrier on their way down: what ends so soon by hand began by hand. */
#define BY_HAND_NS (2 * S_NS)
/* Errors that are further apart than that are not of one run. */
#define RUN_NS (30 * S_NS)

struct nic_key {
	__u32 netns;
	__u32 ifindex;
};

static void release(void *ctx, void *value)
{
	(void)ctx;
	window_done(&((struct nic *)value)->window);
}

void nics_init(struct nics *nics)
{
	table_init(&nics->table, sizeof(struct nic_key), sizeof(struct nic), NICS_MAX);
	nics->table.release = release;
}

void nics_done(struct nics *nics)
{
	table_done(&nics->table);
}

/* ---- the link ---- */

const struct nic_loss *nic_down(const struct nic *nic)
{
	const struct nic_loss *last = nic->n_loss ? &nic->loss[nic->n_loss - 1] : NULL;

	return last && !last->up_ns ? last : NULL;
}

static void add_loss(struct nic *nic, __u64 down_ns, __u64 up_ns, bool unseen)
{
	if (nic->n_loss == NIC_LOSSES_KEPT) {
		memmove(nic->loss, nic->loss + 1, sizeof(nic->loss) - sizeof(nic->loss[0]));
		nic->n_loss--;
	}
	nic->loss[nic->n_loss++] = (struct nic_loss){down_ns, up_ns, unseen};
	nic->losses++;
}

static void end_loss(struct nic *nic, __u64 ts_ns, bool by_hand)
{
	struct nic_loss *last = nic->n_loss ? &nic->loss[nic->n_loss - 1] : NULL;

	if (!last || last->up_ns)
		return;
	last->up_ns = ts_ns;
	if (!by_hand || ts_ns - last->down_ns > BY_HAND_NS)
		return;
	nic->n_loss--;
	nic->losses--;
}

/* What the kernel counted and nobody told: the link was back before it was looked at. */
static void add_unseen(struct nic *nic, __u32 counted, __u32 seen, __u64 ts_ns)
{
	for (__u32 n = counted - seen; n > 0 && n < NIC_LOSSES_KEPT; n--)
		add_loss(nic, ts_ns, ts_ns, true);
}

static void follow_link(struct nic *nic, const struct event_nic *e)
{
	__u32 was = nic->flags, is = e->flags;
	__u64 ts_ns = e->h.ts_ns;

	if ((was ^ is) & (NIC_UP | NIC_CARRIER | NIC_RUNNING))
		nic->changed_ns = ts_ns;
	if (!e->hw_type || !nic->hw_type)
		return;
	if (!(is & NIC_UP)) {
		end_loss(nic, ts_ns, true);
	} else if (was & NIC_UP) {
		bool lost = was & NIC_CARRIER && !(is & NIC_CARRIER);

		if (e->carrier_losses > nic->carrier_losses)
			add_unseen(nic, e->carrier_losses, nic->carrier_losses + lost, ts_ns);
		if (lost)
			add_loss(nic, ts_ns, 0, false);
		else if (is & NIC_CARRIER)
			end_loss(nic, ts_ns, false);
	}
}

/* ---- the counters ---- */

static void follow_run(__u64 *first_ns, __u64 *last_ns, __u64 ts_ns)
{
	if (!*first_ns || *last_ns + RUN_NS < ts_ns)
		*first_ns = ts_ns;
	*last_ns = ts_ns;
}

static int follow_counters(struct nic *nic, const struct frame *frame, const struct event_nic *e)
{
	const __u64 now[NIC_COUNTERS] = {
		[NIC_RX_PACKETS] = e->rx_packets,
		[NIC_TX_PACKETS] = e->tx_packets,
		[NIC_CRC] = e->rx_crc_errors + e->rx_frame_errors,
		[NIC_MISSED] = e->rx_missed_errors,
	};
	bool less = false, more = false;
	int err = 0;

	for (unsigned int i = 0; i < NIC_COUNTERS; i++) {
		less |= now[i] < nic->now[i];
		more |= now[i] > nic->now[i];
	}
	if (less) { /* the driver began anew */
		window_done(&nic->window);
		memset(&nic->window, 0, sizeof(nic->window));
		memcpy(nic->base, now, sizeof(nic->base));
	} else if (more) {
		err = window_note(&nic->window, nic->now, NIC_COUNTERS,
				  window_epoch(e->h.ts_ns, frame->window_ns));
		for (unsigned int i = 0; i < 2; i++)
			if (now[NIC_CRC + i] > nic->now[NIC_CRC + i])
				follow_run(&nic->bad_first_ns[i], &nic->bad_last_ns[i], e->h.ts_ns);
	}
	memcpy(nic->now, now, sizeof(nic->now));
	return err;
}

__u64 nic_window(const struct nic *nic, const struct frame *frame, enum nic_counter counter)
{
	return window_gain(&nic->window, nic->now, counter, NIC_COUNTERS,
			   window_epoch(frame->now_ns, frame->window_ns));
}

/* ---- events ---- */

static void first_sight(struct nic *nic, const struct event_nic *event)
{
	nic->netns = event->netns;
	nic->ifindex = event->ifindex;
	nic->errors_base = event->rx_errors + event->tx_errors;
	nic->dropped_base = event->rx_dropped + event->tx_dropped;
	nic->since_ns = nic->changed_ns = event->h.ts_ns;
	nic->base[NIC_RX_PACKETS] = nic->now[NIC_RX_PACKETS] = event->rx_packets;
	nic->base[NIC_TX_PACKETS] = nic->now[NIC_TX_PACKETS] = event->tx_packets;
	nic->base[NIC_CRC] = nic->now[NIC_CRC] = event->rx_crc_errors + event->rx_frame_errors;
	nic->base[NIC_MISSED] = nic->now[NIC_MISSED] = event->rx_missed_errors;
}

int nics_apply(struct nics *nics, const struct frame *frame, const struct event_nic *event)
{
	struct nic_key key = {.netns = event->netns, .ifindex = event->ifindex};
	struct nic *nic = table_find(&nics->table, &key);
	int err = 0;

	if (event->flags & NIC_GONE) {
		table_remove(&nics->table, &key);
		return 0;
	}
	if (!nic) {
		nic = table_add(&nics->table, &key);
		if (!nic)
			return -ENOMEM;
		first_sight(nic, event);
	} else {
		follow_link(nic, event);
		err = follow_counters(nic, frame, event);
	}
	table_touch(&nics->table, nic);
	nic->flags = event->flags;
	nic->speed_mbps = event->speed_mbps;
	copy_text(nic->name, sizeof(nic->name), event->name, sizeof(event->name));
	copy_text(nic->kind, sizeof(nic->kind), event->kind, sizeof(event->kind));
	nic->master = event->master;
	nic->parent = event->parent;
	nic->hw_type = event->hw_type;
	nic->carrier_losses = event->carrier_losses;
	nic->mtu = event->mtu;
	nic->errors = event->rx_errors + event->tx_errors;
	nic->dropped = event->rx_dropped + event->tx_dropped;
	return err;
}

int nics_timeout(struct nics *nics, const struct event_nic_timeout *event)
{
	struct nic_key key = {.netns = event->netns, .ifindex = event->ifindex};
	struct nic *nic = table_find(&nics->table, &key);
	__u64 ts_ns = event->h.ts_ns;

	if (!nic) {
		nic = table_add(&nics->table, &key);
		if (!nic)
			return -ENOMEM;
		nic->netns = event->netns;
		nic->ifindex = event->ifindex;
		nic->since_ns = nic->changed_ns = ts_ns;
		copy_text(nic->name, sizeof(nic->name), event->name, sizeof(event->name));
	}
	table_touch(&nics->table, nic);
	if (!nic->timeouts || nic->timeout_last_ns + NIC_TIMEOUT_RUN_NS < ts_ns) {
		nic->timeouts = 0;
		nic->timeout_queues = 0;
		nic->timeout_still_ms = 0;
		nic->timeout_first_ns = ts_ns;
	}
	nic->timeouts++;
	nic->timeout_last_ns = ts_ns;
	nic->timeout_queues |= 1ULL << (event->queue < 63 ? event->queue : 63);
	if (event->still_ms > nic->timeout_still_ms)
		nic->timeout_still_ms = event->still_ms;
	copy_text(nic->driver, sizeof(nic->driver), event->driver, sizeof(event->driver));
	return 0;
}

const struct nic *nics_find(const struct nics *nics, __u32 netns, __u32 ifindex)
{
	struct nic_key key = {.netns = netns, .ifindex = ifindex};

	return table_find(&nics->table, &key);
}

const struct nic *nics_next(const struct nics *nics, const struct nic *nic)
{
	return table_next(&nics->table, nic);
}
