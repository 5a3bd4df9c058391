/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * nic.bpf.h - adapters that stop sending, as the kernel's transmit watchdog tells it (net/sched/sch_generic.c). It
 * looks at each adapter once in its timeout, mostly 5 s: nothing to count or to hold back.
 */
#ifndef CULPRIT_NIC_BPF_H
#define CULPRIT_NIC_BPF_H

#include "probe.bpf.h"

/* A queue's own clock. The elements of the array are larger than what we know of them. */
static __always_inline __u32 still_ms(struct net_device *dev, __u32 queue)
{
	void *tx = BPF_CORE_READ(dev, _tx);
	struct netdev_queue *q = tx + queue * bpf_core_type_size(struct netdev_queue);
	unsigned long start = BPF_CORE_READ(q, trans_start);

	return start ? (__u64)(__u32)(bpf_jiffies64() - start) * config.jiffy_us / 1000 : 0;
}

/* net_dev_xmit_timeout(dev, queue_index) */
static __always_inline void xmit_timeout(unsigned long long *ctx)
{
	struct net_device *dev = (void *)ctx[0];
	struct event_nic_timeout *event;
	struct device *under;

	event = event_reserve(EVENT_NIC_TIMEOUT, event_nic_timeout, bpf_ktime_get_ns());
	if (!event)
		return;
	event->ifindex = BPF_CORE_READ(dev, ifindex);
	event->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	event->queue = (__u32)ctx[1];
	event->still_ms = still_ms(dev, event->queue);
	bpf_probe_read_kernel_str(event->name, sizeof(event->name), &dev->name);
	under = BPF_CORE_READ(dev, dev.parent);
	if (under)
		bpf_probe_read_kernel_str(event->driver, sizeof(event->driver),
					  BPF_CORE_READ(under, driver, name));
	event_submit(event);
}

SEC("?tp_btf/net_dev_xmit_timeout")
int nic_timeout_btf(unsigned long long *ctx)
{
	return RUN(HOOK_NIC_TIMEOUT, xmit_timeout(ctx));
}

SEC("?raw_tp/net_dev_xmit_timeout")
int nic_timeout_raw(unsigned long long *ctx)
{
	return RUN(HOOK_NIC_TIMEOUT, xmit_timeout(ctx));
}

#endif
