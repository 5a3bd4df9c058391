# SPDX-License-Identifier: BSD-2-Clause
"""Stories of a link that is lost for a moment, and of what is lost because of it, before it, or anyway."""
from backdrop import good_peer, second
from make_events import NETNS
from stories_dns import S1, Servers, fault
from stories_network import A, B, C, lossy, silent
from stories_nic import Nic, begin_nic

PEERS = ["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"]


def daemon(host, n, trickle=0):
    """Ticks of a daemon; yields what the three peers lose in each, as a list to be changed."""
    host.is_daemon(5)
    begin_nic(host)
    for i in range(n):
        host.wait(4)
        second(host, peers=())
        host.eth0.traffic(5000)
        lost = [0.0]
        yield i, lost
        for addr in (A, B, C):
            if lost[0]:
                lossy(host, addr, 600, ratio=lost[0])
            else:
                good_peer(host, addr, 600, fast=trickle)
        host.tick()


def story_link_down_no_names(host):
    host.say(what="the cable of eth0 is pulled after two good minutes: the name server is silent because of that",
             expect=["nic-link-down eth0", f"dns-failure {S1}:53", "network-partition eth0"],
             fault=["nic ifindex=2", *PEERS, fault(S1)],
             caused="dns-failure by nic-link-down and network-partition", leads="ADAPTER: eth0 has had no link")
    host.is_daemon(5)
    begin_nic(host)
    servers = Servers(host)
    for i in range(40):
        host.wait(4)
        second(host, peers=())
        if i < 24:
            host.eth0.traffic(5000)
        elif i == 24:
            host.eth0.lose()
        servers.ask(S1, 20, 20 if i < 24 else 0)
        for addr in (A, B, C):
            if i < 24:
                good_peer(host, addr)
            else:
                silent(host, addr, 5 * (i - 23))
        host.tick()
    host.end()


def blink(host):
    host.eth0.lose()
    host.wait(2)
    host.eth0.regain()


def story_flap_then_loss(host):
    host.say(what="three peers are well for two minutes; eth0 loses its link for 2 s, and what was sent meanwhile is lost",
             expect=["nic-link-flap eth0", "uplink-loss eth0"], fault=["nic ifindex=2", *PEERS],
             caused="uplink-loss by nic-link-flap", leads="ADAPTER: eth0 lost its link")
    for i, lost in daemon(host, 32):
        if i == 24:
            blink(host)
            lost[0] = 0.3
    host.end()


def story_flap_then_loss_trickle(host):
    host.say(what="the same where one segment of 600 is always lost, which no link explains",
             expect=["nic-link-flap eth0", "uplink-loss eth0"], fault=["nic ifindex=2", *PEERS],
             caused="uplink-loss by nic-link-flap", leads="ADAPTER: eth0 lost its link")
    for i, lost in daemon(host, 32, trickle=1):
        if i == 24:
            blink(host)
            lost[0] = 0.3
    host.end()


def story_flap_amid_loss(host):
    host.say(what="eth0 loses 8 % to all for two minutes before its link is lost once: the link did not cause that",
             expect=["nic-link-flap eth0", "uplink-loss eth0"], fault=["nic ifindex=2", *PEERS],
             caused="uplink-loss by none")
    for i, lost in daemon(host, 32):
        lost[0] = 0.08
        if i == 24:
            blink(host)
    host.end()


def story_flap_beside_a_lossy_path(host):
    host.say(what="one of three paths loses 5 % all along; eth0 loses its link for 2 s, and then all do: because of that",
             expect=["nic-link-flap eth0", f"path-loss {A}:9092", "uplink-loss eth0"], fault=["nic ifindex=2", *PEERS],
             caused=["uplink-loss by nic-link-flap", "path-loss by none"])
    host.is_daemon(5)
    begin_nic(host)
    for i in range(32):
        host.wait(4)
        second(host, peers=())
        host.eth0.traffic(5000)
        if i == 24:
            blink(host)
        for addr in (A, B, C):
            if i == 24:
                lossy(host, addr, 600, ratio=0.3)
            elif addr == A and i > 4:
                lossy(host, addr, 600, ratio=0.05)
            else:
                good_peer(host, addr, 600)
        host.tick()
    host.end()


def story_link_down_after_no_names(host):
    host.say(what="the name server is silent for ten seconds when eth1 loses its cable: that was not the cause",
             expect=["nic-link-down eth1", f"dns-failure {S1}:53"], fault=["nic ifindex=3", fault(S1)],
             caused="dns-failure by none")
    begin_nic(host)
    eth1 = Nic(host, "eth1", 3)
    servers = Servers(host)
    for i in range(36):
        second(host, peers=())
        servers.ask(S1, 4, 4 if i < 10 else 0)
        for addr in (A, B, C):
            good_peer(host, addr, 300)
        if i == 20:
            eth1.lose()
        host.tick()
    host.end()


ALL = ["tcp_peer peer.dir=out", "tcp_retrans"]


def moves_over(host, to, who=(A, B, C), lost_there=False):
    """`who` lose a third by eth0, until tick 12; from then on they are reached by `to`, an interface by tick."""
    host.is_daemon(5)
    begin_nic(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for i in range(24):
        host.wait(4)
        second(host, peers=())
        for addr in (A, B, C):
            ifindex = to(i) if addr in who else 2
            if addr in who and (i in range(6, 12) or (lost_there and i >= 12)):
                lossy(host, addr, 600, ratio=0.3, ifindex=ifindex)
            else:
                good_peer(host, addr, 600, ifindex=ifindex)
        host.tick()
    host.end()


def story_loss_moved_away(host):
    host.say(what="eth0 loses a third; all is moved to eth1 and is well there: nothing is said of eth1, by which nothing was lost",
             expect="uplink-loss eth0", fault=ALL)
    moves_over(host, lambda i: 2 if i < 12 else 3)


def story_loss_moved_along(host):
    host.say(what="the same, but eth1 loses a third too",
             expect=["uplink-loss eth0", "uplink-loss eth1"], fault=ALL)
    moves_over(host, lambda i: 2 if i < 12 else 3, lost_there=True)


def story_loss_by_both(host):
    host.say(what="one peer is reached by eth0 and eth1 in turns, and loses a third: it is told, whichever it was",
             expect=f"path-loss {A}:9092", fault=ALL)
    moves_over(host, lambda i: 2 + i % 2, who=(A,), lost_there=True)
