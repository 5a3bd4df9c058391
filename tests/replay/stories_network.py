# SPDX-License-Identifier: BSD-2-Clause
"""Stories of peers and the paths to them."""
from make_events import HOST_NETNS_2, NETNS
from backdrop import begin, good_peer, second

A, B, C, D, E = (f"10.1.{i}.2" for i in range(1, 6))
COUNTERS_OF_A = "tcp_peer peer.addr=" + A
VECTOR = {"pid": 731, "comm": "vector", "start_ns": 100 * 10**9}


def lossy(host, addr, segs=500, ratio=0.08, **more):
    """A second's worth of a peer that loses that share: fast recovery, timeouts, tail probes."""
    lost = round(segs * ratio)
    good_peer(host, addr, segs, fast=lost - lost // 8 - lost // 16, rto=lost // 8, tlp=lost // 16,
              max_backoff=1, **more)
    for _ in range(min(lost, 2)):
        host.put("tcp_retrans", peer__addr=addr, peer__netns=4026531840, peer__port=9092,
                 peer__dir="out", cause="fast", ifindex=2, segs_out=1000, total_retrans=50,
                 srtt_us=3000, pid=731, comm="vector", start_ns=100 * 10**9)


def run(host, seconds, *peers, segs=600):
    """Ordinary seconds with these peers well, to be filled by the caller before each tick."""
    for i in range(seconds):
        second(host, peers=())
        for addr in peers:
            good_peer(host, addr, segs, fast=1 if i % 5 == 2 else 0)
        yield i
        host.tick()


def story_loss_one_of_three(host):
    host.say(what="8 % loss to one peer of three, the others are fine", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A], across="path-loss.min_ratio=9",
             least="path-loss 0.85")
    begin(host)
    for _ in run(host, 14, B, C):
        lossy(host, A)
    host.end()


def story_loss_alone(host):
    host.say(what="loss to the only peer: path or uplink cannot be told", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A], most="path-loss 0.7")
    begin(host)
    for i in range(14):
        second(host, peers=())
        lossy(host, A)
        host.tick()
    host.end()


def story_loss_below(host):
    host.say(what="0.8 % loss to one peer: below what is told", expect="none",
             across="path-loss.min_ratio=0.5 path-loss")
    begin(host)
    for _ in run(host, 14, B, C):
        lossy(host, A, ratio=0.008)
    host.end()


def story_loss_and_spurious(host):
    host.say(what="loss to one peer, and a third of the resends for nothing: less sure",
             expect=f"path-loss {A}:9092", fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A],
             most="path-loss 0.85")
    begin(host)
    for _ in run(host, 14, B, C):
        lossy(host, A, ratio=0.06, dsacks=8, live_reord=1)
    host.end()


def story_reordering(host):
    host.say(what="a quarter of the packets to one peer comes out of order, none is lost", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        good_peer(host, A, 500, fast=25, dsacks=25, live_reord=2)
    host.end()


def story_duplicates(host):
    host.say(what="a third of the packets to one peer arrives twice: it says so, and nothing was sent again", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        good_peer(host, A, 500, dsacks=160)
    host.end()


def story_spurious_everywhere(host):
    host.say(what="a slow, busy host: 2 % resends to all, each answered by a DSACK", expect="none")
    begin(host)
    for i in range(14):
        second(host, peers=())
        for addr in (A, B, C):
            good_peer(host, addr, 400, tlp=5, rto=2, loss=1, dsacks=8 if i % 3 else 7)
        host.tick()
    host.end()


def story_late_dsacks(host):
    host.say(what="delay to one peer jumps: resends for nothing, and the DSACKs come a second later",
             expect="none")
    begin(host)
    for i in run(host, 14, B, C):
        resent = 40 if i % 4 == 1 else 0
        good_peer(host, A, 200, fast=resent // 2, tlp=resent // 2, dsacks=40 if i % 4 == 2 else 0,
                  live_reord=2, srtt_us=400_000)
    host.end()


def story_loss_whole_interface(host):
    host.say(what="8 % loss to all three peers: the interface, not three paths", expect="uplink-loss eth0",
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"],
             across="uplink-loss.min_peers=4", most="uplink-loss 0.7")
    begin(host)
    for i in range(14):
        second(host, peers=())
        for addr in (A, B, C):
            lossy(host, addr, segs=400 + 50 * (i % 3))
        host.tick()
    host.end()


def story_loss_interface_and_container(host):
    host.say(what="the same, while a container's traffic by another interface is fine: measured",
             expect="uplink-loss eth0", fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans"],
             least="uplink-loss 0.85")
    begin(host)
    for i in range(14):
        second(host, peers=())
        for addr in (A, B, C):
            lossy(host, addr, segs=400 + 50 * (i % 3))
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()
    host.end()


def story_loss_victim_in_container(host):
    host.say(what="the same, and whose connections they are is known: a container", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A])
    begin(host)
    host.put("proc", pid=731, start_ns=100 * 10**9, ppid=1, comm="vector", exe="/usr/bin/vector",
             cgroup="/system.slice/docker-3f2a9c01b2d4.scope", container="3f2a9c01b2d4", netns=NETNS)
    for _ in run(host, 14, B, C):
        lossy(host, A)
    host.end()


def story_loss_in_another_namespace(host):
    """Its advice has to go in there."""
    inside = {"netns": HOST_NETNS_2, "ifindex": 7, "pid": 912, "comm": "api", "start_ns": 300 * 10**9}
    host.say(what="8 % loss to one peer of three, all of them a container's with a network of its own",
             expect=f"path-loss {A}:9092", fault=[COUNTERS_OF_A])
    begin(host)
    for _ in range(14):
        second(host, peers=())
        host.put("proc_fds", pid=912, start_ns=300 * 10**9, fds=9, limit=1024, comm="api", netns=HOST_NETNS_2)
        for addr in (B, C):
            good_peer(host, addr, 600, **inside)
        good_peer(host, A, 500, fast=33, rto=5, tlp=2, max_backoff=1, **inside)
        host.tick()
    host.end()


A3, A4 = "10.1.1.3", "10.1.1.4"


def story_loss_of_a_subnet(host):
    host.say(what="both peers of a subnet lose 8 %, four elsewhere are fine: one finding", expect="path-loss 10.1.1.0/24",
             fault=["tcp_peer peer.addr=" + a for a in (A, A3)] + ["tcp_retrans peer.addr=" + a for a in (A, A3)],
             least="path-loss 0.9", across="path-loss.min_neighbours=3 path-loss")
    begin(host)
    for _ in run(host, 14, B, C, D, E):
        lossy(host, A)
        lossy(host, A3)
    host.end()


def story_loss_of_most_in_a_subnet(host):
    host.say(what="three of a subnet lose, two elsewhere are fine: most, and still not the uplink",
             expect="path-loss 10.1.1.0/24",
             fault=["tcp_peer peer.addr=" + a for a in (A, A3, A4)] + ["tcp_retrans peer.addr=" + a for a in (A, A3, A4)])
    begin(host)
    for _ in run(host, 14, B, C):
        for addr in (A, A3, A4):
            lossy(host, addr)
    host.end()


def story_loss_one_after_the_other(host):
    host.say(what="a peer loses first, its neighbour some seconds later: the subnet's finding takes over",
             expect=[f"path-loss {A}:9092", "path-loss 10.1.1.0/24"],
             fault=["tcp_peer peer.addr=" + a for a in (A, A3)] + ["tcp_retrans peer.addr=" + a for a in (A, A3)])
    begin(host)
    for i in run(host, 18, B, C, D):
        lossy(host, A)
        if i > 8:
            lossy(host, A3)
    host.end()


def story_loss_one_of_its_subnet(host):
    host.say(what="one peer loses, its neighbour in the same subnet is fine: that peer alone", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A])
    begin(host)
    for _ in run(host, 14, A3, B, C):
        lossy(host, A)
    host.end()


def story_loss_of_the_only_subnet(host):
    host.say(what="all peers lose, and all are of one subnet: the uplink, as nobody elsewhere shows otherwise",
             expect="uplink-loss eth0", fault=["tcp_peer peer.addr=" + a for a in (A, A3, A4)] +
             ["tcp_retrans peer.addr=" + a for a in (A, A3, A4)])
    begin(host)
    for i in range(14):
        second(host, peers=())
        for addr in (A, A3, A4):
            lossy(host, addr)
        host.tick()
    host.end()


def story_loss_two_of_five(host):
    host.say(what="two of five peers lose: two paths, not the interface",
             expect=[f"path-loss {A}:9092", f"path-loss {B}:9092"],
             fault=[COUNTERS_OF_A, "tcp_peer peer.addr=" + B, "tcp_retrans"])
    begin(host)
    for _ in run(host, 14, C, D, E):
        lossy(host, A)
        lossy(host, B, ratio=0.05)
    host.end()


def story_loss_three_of_four(host):
    host.say(what="three of four peers lose: the interface, and the fourth speaks against it",
             expect="uplink-loss eth0", fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans"],
             across="uplink-loss.min_peers=6", most="uplink-loss 0.65")
    begin(host)
    for _ in run(host, 14, D):
        for addr in (A, B, C):
            lossy(host, addr)
    host.end()


def story_send_errors(host):
    host.say(what="this host fails to send (a full queue, a filter): not the path", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        good_peer(host, A, 400, rto=20, send_errors=20)
    host.end()


# ---- peers that do not answer

def backoff(seconds):
    """Timeouts in a row so long after the peer fell silent, with the least RTO of 200 ms."""
    return sum(seconds >= at for at in (0.2, 0.6, 1.4, 3.0, 6.2, 12.6))


def silent(host, addr, seconds, **more):
    """A second of a peer with 4 connections that answers nothing since so long."""
    now, before = backoff(seconds), backoff(seconds - 1)
    fields = {"segs_out": 4 * (now - before), "rto": 4 * (now - before), "live": 4, "max_backoff": now,
              "live_stuck": 4 if now >= 2 else 0, "tlp": 4 if seconds == 1 else 0, **VECTOR}
    host.peer(addr, 9092, **{**fields, **more})


def story_dead_peer(host):
    host.say(what="a peer goes silent in the middle of transfers, the others are fine",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A,
             across="peer-unreachable.min_backoff=7", least="peer-unreachable 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            good_peer(host, A)
        else:
            # After three seconds IPv6 and some routes point at loopback: still the peer by eth0.
            silent(host, A, i - 4, ifindex=1 if i > 8 else 2)
    host.end()


def story_hiccup(host):
    host.say(what="a link is gone for two seconds and comes back: nothing to act on", expect="none",
             across="peer-unreachable.min_backoff=2 peer-unreachable.stuck_s=1 peer-unreachable")
    begin(host)
    for i in run(host, 14, B, C):
        if i in (5, 6):
            silent(host, A, i - 4)
        else:
            good_peer(host, A, 600, loss=6 if i == 7 else 0, live_stuck=0, max_backoff=0)
    host.end()


def story_dead_peer_comes_back(host):
    host.say(what="a peer is silent for ten seconds, then answers: opened, then resolved as recovered",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 24, B, C):
        if 5 <= i < 15:
            silent(host, A, i - 4)
        else:
            good_peer(host, A, 600, loss=20 if i == 15 else 0, live_stuck=0, max_backoff=0)
    host.end()


def story_dead_before_connect(host):
    host.say(what="SYNs to a peer that is not there", expect=f"peer-unreachable {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A], least="peer-unreachable 0.8",
             across="peer-unreachable.stuck_s=15")
    begin(host)
    for i in run(host, 14, B, C):
        if i == 1:
            host.peer(A, 9092, attempts=1, segs_out=1, live=1, **VECTOR)
        if i in (2, 4, 8):
            host.peer(A, 9092, syn=1, live_syn=1, segs_out=1, max_backoff={2: 1, 4: 2, 8: 3}[i],
                      live_stuck=int(i > 2))
    host.end()


def story_closed_window(host):
    host.say(what="a peer is silent and its window is closed: it may only not read; less sure",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A, most="peer-unreachable 0.7")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            good_peer(host, A)
        else:
            silent(host, A, i - 4, live_zero_win=4)
    host.end()


# ---- peers that refuse

def refused(host, addr, port, n, **more):
    host.peer(addr, port, attempts=n, refused=n, segs_out=n, pid=912, comm="client",
              start_ns=200 * 10**9, **more)
    host.put("tcp_conn", peer__addr=addr, peer__netns=4026531840, peer__port=port, peer__dir="out",
             outcome="refused", err=111, ifindex=2, remote_port=port, segs_out=1, pid=912,
             comm="client", start_ns=200 * 10**9)


def story_refused_port(host):
    host.say(what="nothing listens at the peer: it answers, and refuses", expect=f"connect-refused {A}:5432",
             fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A], across="connect-refused.min_refused=99",
             least="connect-refused 0.9")
    begin(host)
    for _ in run(host, 12, B, C):
        refused(host, A, 5432, 2)
    host.end()


def story_refused_in_container(host):
    host.say(what="the same in a container's namespace: the client has ended meanwhile, the command enters by another process",
             expect=f"connect-refused {A}:5432", fault=COUNTERS_OF_A)
    begin(host)
    host.put("proc_fds", pid=950, start_ns=300 * 10**9, fds=9, limit=1024, comm="api", netns=HOST_NETNS_2)
    for _ in run(host, 12, B, C):
        host.peer(A, 5432, netns=HOST_NETNS_2, attempts=2, refused=2, segs_out=2, pid=912, comm="client",
                  start_ns=200 * 10**9)
    host.end()


def story_refused_twice(host):
    host.say(what="two refusals while a service restarts", expect="none",
             across="connect-refused.min_refused=2 connect-refused")
    begin(host)
    for i in run(host, 12, B, C):
        if i in (4, 5):
            refused(host, A, 5432, 1)
        elif i == 8:
            host.peer(A, 5433, attempts=1, established=1, segs_out=3, live=1)
    host.end()


def story_refused_after_service(host):
    host.say(what="a service that answered stops: critical, and less sure for what it took before",
             expect=f"connect-refused {A}:5432", fault=COUNTERS_OF_A, most="connect-refused 0.8")
    begin(host)
    for i in run(host, 14, B, C):
        if i < 6:
            host.peer(A, 5432, attempts=2, established=2, segs_out=30, bytes_acked=3000, live=2)
        else:
            refused(host, A, 5432, 2, live=0)
    host.end()


def story_port_scan(host):
    host.say(what="this host scans a peer's ports: one remark, no fault", expect=f"connect-refused {A}",
             fault=COUNTERS_OF_A, most="connect-refused 0.6")
    begin(host)
    for i in run(host, 12, B, C):
        for port in range(20 * i + 1, 20 * i + 21):
            host.peer(A, port, attempts=1, refused=1, segs_out=1)
    host.end()


def story_busy_host(host):
    host.say(what="a busy, healthy host: clear in all three classes", expect="none")
    begin(host)
    for i in run(host, 14, A, B, C, D, segs=4000):
        host.peer("10.1.8.8", 443, attempts=50, established=50, closed=50, segs_out=900, live=4)
        host.fds(912, "web", 60 + (7 * i) % 13)
    host.end()
