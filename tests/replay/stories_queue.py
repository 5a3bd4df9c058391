# SPDX-License-Identifier: BSD-2-Clause
"""Stories of an interface's own queue: it drops, it holds, or it only was busy."""
from make_events import NETNS
from backdrop import begin, good_peer, second
from stories_network import A, B, C, lossy

QUEUE = "nic_queue ifindex=2"


class Queue:
    """eth0's queueing discipline; each second() is what a second more brought."""

    def __init__(self, host, kind="fq_codel", ifindex=2):
        self.host, self.kind, self.ifindex = host, kind, ifindex
        self.sums = {"packets": 100000, "bytes": 90_000_000}
        if ifindex == 2:
            host.put("probe", name="host.queues", via="rtnetlink/RTM_GETQDISC", state="active")
        self.second(0)

    def second(self, packets=8000, drops=0, overlimits=0, backlog=0, size=1400):
        for key, more in (("packets", packets), ("bytes", size * packets), ("drops", drops),
                          ("overlimits", overlimits)):
            self.sums[key] = self.sums.get(key, 0) + more
        self.host.put("nic_queue", ifindex=self.ifindex, netns=NETNS, kind=self.kind, backlog=backlog,
                      queued=(backlog + 1399) // 1400, **self.sums)


def seconds(host, n, *peers):
    for i in range(n):
        second(host, peers=())
        for addr in peers or (A, B, C):
            good_peer(host, addr)
        yield i
        host.tick()


def story_link_saturated(host):
    host.say(what="a token bucket on eth0 lets 11 Mbit/s out; more is offered, it drops 4 %",
             expect="link-saturated eth0", fault=QUEUE,
             across=["link-saturated.min_share=0.05", "link-saturated.min_drops=10000"],
             least="link-saturated 0.9")
    begin(host)
    queue = Queue(host, "tbf")
    for i in seconds(host, 14):
        queue.second(1000, *((42, 900, 28000) if i >= 5 else ()))
    host.end()


def story_link_saturated_holds(host):
    host.say(what="a deep queue at eth0 takes all and drops nothing: packets wait for 200 ms",
             expect="link-saturated eth0", fault=QUEUE, across="link-saturated.held_ms=300",
             least="link-saturated 0.85")
    begin(host)
    queue = Queue(host, "tbf")
    for i in seconds(host, 14):
        queue.second(1000, 0, *((900, 280_000) if i >= 5 else ()))
    host.end()


def story_link_saturated_aqm(host):
    host.say(what="a bulk transfer at the speed of the link: fq_codel drops 0.3 %, a remark and no fault",
             expect="link-saturated eth0", fault=QUEUE)
    begin(host)
    queue = Queue(host)
    for i in seconds(host, 14):
        queue.second(850_000, *((2550, 0, 150_000) if i >= 5 else ()))
    host.end()


def story_link_saturated_and_loss(host):
    host.say(what="what the queue drops is lost to all peers: one finding, the queue's", 
             expect="link-saturated eth0",
             fault=[QUEUE, "tcp_peer ifindex=2 peer.port=9092", "tcp_retrans ifindex=2"])
    begin(host)
    queue = Queue(host, "tbf")
    for i in range(16):
        second(host, peers=())
        for addr in (A, B, C):
            if i < 5:
                good_peer(host, addr, 400)
            else:
                lossy(host, addr, segs=400)
        queue.second(1200, *((100, 900, 28000) if i >= 5 else ()))
        host.tick()
    host.end()


def story_link_saturated_and_a_bad_uplink(host):
    host.say(what="an own shaper drops 1.2 %; what leaves loses ten times as much behind it: that is told too",
             expect=["link-saturated eth0", "uplink-loss eth0"], least="uplink-loss 0.6",
             fault=[QUEUE, "tcp_peer ifindex=2 peer.port=9092", "tcp_retrans ifindex=2"])
    begin(host)
    queue = Queue(host, "tbf")
    for i in range(30):
        second(host, peers=())
        for addr in (A, B, C):
            if i < 5:
                good_peer(host, addr, 2000)
            else:
                lossy(host, addr, segs=2000, ratio=0.12)
        queue.second(6000, *((72, 900, 2000) if i >= 5 else ()))
        host.tick()
    host.end()


def story_link_busy(host):
    host.say(what="a link that is busy at its speed, its queue never empty, and nothing is dropped or waits long",
             expect="none", across="link-saturated.held_ms=0.1 link-saturated")
    begin(host)
    queue = Queue(host)
    for _ in seconds(host, 14):
        queue.second(850_000, 0, 0, 180_000)
    host.end()


def story_link_burst(host):
    host.say(what="a burst: three packets dropped in one second, and three hundred in another", expect="none",
             across="link-saturated.looks=2 link-saturated")
    begin(host)
    queue = Queue(host, "pfifo_fast")
    for i in seconds(host, 16):
        queue.second(8000, {4: 3, 9: 300}.get(i, 0))
    host.end()


def story_link_paced(host):
    host.say(what="fq holds packets back because their senders are paced", expect="none")
    begin(host)
    queue = Queue(host, "fq")
    for _ in seconds(host, 14):
        queue.second(1000, 0, 0, 280_000)
    host.end()


def story_link_emulated(host):
    host.say(what="netem on eth0 drops and delays as it is told", expect="none")
    begin(host)
    queue = Queue(host, "netem")
    for _ in seconds(host, 14):
        queue.second(1000, 50, 0, 280_000)
    host.end()


def story_link_recovers(host):
    host.say(what="the load ends: told, and resolved", expect="link-saturated eth0", fault=QUEUE)
    begin(host)
    queue = Queue(host, "tbf")
    for i in seconds(host, 30):
        queue.second(1000, *((42, 900, 28000) if 5 <= i < 15 else ()))
    host.end()


def story_link_aqm_and_a_bad_path(host):
    host.say(what="fq_codel drops 0.3 % to keep its queue short, a remark; one path of three loses 20 %, no part of it",
             expect=[f"path-loss {A}:9092", "link-saturated eth0"],
             fault=["tcp_peer peer.addr=" + A, "tcp_retrans peer.addr=" + A, QUEUE], least="path-loss 0.85")
    begin(host)
    queue = Queue(host)
    for i in seconds(host, 30, B, C):
        if i < 8:
            good_peer(host, A, 400)
        else:
            lossy(host, A, segs=400, ratio=0.2)
        queue.second(850000, 2500, 0, 180000)
    host.end()


def story_link_after_heavy_drops(host):
    host.say(what="20 s of heavy drops, then three of 850,000 packets a second: over",
             expect="link-saturated eth0", fault=QUEUE)
    begin(host)
    queue = Queue(host)
    for i in seconds(host, 60):
        queue.second(850000, 30000 if i < 20 else 3, 0, 180000)
    host.end()


def story_link_seen_by_a_daemon(host):
    host.say(what="a daemon looks every five seconds, a little early or late: the third look counts",
             expect="link-saturated eth0", fault=QUEUE)
    begin(host)
    queue = Queue(host, "tbf")
    for i in range(12):
        host.wait(4 + (0.001, -0.001, 0.0015, 0)[i % 4])
        second(host, peers=())
        for addr in (A, B, C):
            good_peer(host, addr, 2000)
        queue.second(6000, 500, 900, 28000)
        host.put("tick", seq=host.ticks, interval_ms=5000)
        host.ticks += 1
    host.end()


def story_link_paced_by_many_queues(host):
    host.say(what="mq over fq holds packets back because their senders are paced", expect="none")
    begin(host)
    queue = Queue(host, "mq")
    for _ in seconds(host, 20):
        queue.second(20000, 0, 0, 2_000_000)
    host.end()
