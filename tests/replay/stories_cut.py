# SPDX-License-Identifier: BSD-2-Clause
"""Stories of an interface by which nobody answers any more."""
from backdrop import begin, good_peer, second
from make_events import NETNS
from stories_network import A, B, C, silent

A3 = "10.1.1.3"
ALL = [f"tcp_peer peer.addr={addr}" for addr in (A, A3, B, C)]


def fates(host, seconds, **until):
    """Each address with the second in which it falls silent, and perhaps that in which it answers again."""
    for i in range(seconds):
        second(host, peers=())
        for addr, (dies, returns) in until.items():
            addr = {"a": A, "a3": A3, "b": B, "c": C}[addr]
            if dies <= i < returns:
                silent(host, addr, i - dies + 1)
            else:
                good_peer(host, addr, 300, max_backoff=0)
        yield i
        host.tick()
    host.end()


def story_cut_other_nic_fine(host):
    host.say(what="all three by eth0 are silent, the one by eth1 answers: it is not this host",
             expect="network-partition eth0", fault=ALL, least="network-partition 0.8",
             across="network-partition.min_peers=4 peer-unreachable",
             leads="NETWORK: nobody answers by eth0: 3 peers silent")
    begin(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99), c=(6, 99)):
        good_peer(host, "10.1.0.6", 300, ifindex=3)


def story_cut_beside_idle(host):
    host.say(what="both busy peers fall silent, and forty connections to others have nothing to send: may be these two only",
             expect="network-partition eth0", fault=ALL, most="network-partition 0.55")
    begin(host)
    host.peer("10.1.7.7", 22, dir="in", segs_out=900, bytes_acked=70000, live=40, flags=1)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99)):
        pass


def story_cut_two_of_three(host):
    host.say(what="two of three by eth0 die at once, the third answers: two dead peers, not the uplink",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99), c=(99, 99)):
        pass


def story_cut_far_apart(host):
    host.say(what="the only two peers die half a minute apart: one answered when the other was dead, each by itself",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 50, a=(6, 99), b=(36, 99)):
        pass


def story_cut_neighbours_far_apart(host):
    host.say(what="two neighbours die half a minute apart, others answer: two dead peers, no subnet cut off",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {A3}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 50, a=(6, 99), a3=(36, 99), b=(99, 99), c=(99, 99)):
        pass


def story_cut_noticed_late(host):
    host.say(what="the uplink dies; one of two peers is sent nothing until 30 s later: silent since then, together all the same",
             expect=[f"peer-unreachable {A}:9092", "network-partition eth0"], fault=ALL, least="network-partition 0.45",
             leads="NETWORK: nobody answers by eth0")
    begin(host)
    for i in range(50):
        second(host, peers=())
        for addr, dies in ((A, 6), (B, 36)):
            if i >= dies:
                silent(host, addr, i - dies + 1)
            elif i < 6:
                good_peer(host, addr, 300, max_backoff=0)
        host.tick()
    host.end()


def story_cut_grows(host):
    host.say(what="a subnet is cut off, ten seconds later all by eth0 is: the wider fault is told, once",
             expect=["network-partition 10.1.1.0/24", "network-partition eth0"], fault=ALL,
             leads="NETWORK: nobody answers by eth0: 4 peers silent")
    begin(host)
    for _ in fates(host, 30, a=(6, 99), a3=(6, 99), b=(16, 99), c=(16, 99)):
        pass


def story_cut_one_stays(host):
    host.say(what="the uplink is dead for 20 s; when it is back one of three peers does not answer: that one's own",
             expect=["network-partition eth0", f"peer-unreachable {A}:9092"], fault=ALL,
             leads=f"NETWORK: {A}:9092 stopped answering")
    begin(host)
    for _ in fates(host, 50, a=(6, 99), b=(6, 26), c=(6, 26)):
        pass
