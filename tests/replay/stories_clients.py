# SPDX-License-Identifier: BSD-2-Clause
"""Stories of those who connect to us, and of connections that only look alike."""
from backdrop import begin, good_peer, second
from make_events import HOST_NETNS_2
from stories_leak import FAULT, sockets, tell
from stories_network import A, B, C, COUNTERS_OF_A, lossy, refused, run, silent
from stories_peers import closed_window

CLIENTS = [f"10.1.1.{i}" for i in range(2, 8)]
API = {"peer__addr": "10.1.9.9", "peer__netns": 4026531840, "peer__port": 443, "peer__dir": "in"}


def clients_go(host, addresses, seconds=16, after=5):
    """Clients that fall silent one tick after the other."""
    for i in run(host, seconds, B, C):
        for n, addr in enumerate(addresses):
            if i < after + n:
                good_peer(host, addr, dir="in")
            else:
                silent(host, addr, i - after - n + 1, dir="in")


def story_client_gone(host):
    host.say(what="a client is switched off in the middle of a transfer: a remark, no fault",
             expect=f"peer-unreachable {A}", fault=COUNTERS_OF_A)
    begin(host)
    clients_go(host, [A])
    host.end()


def story_client_pair_gone(host):
    host.say(what="two clients of one network are switched off: two remarks, no partition",
             expect=[f"peer-unreachable {a}" for a in CLIENTS[:2]],
             fault=[f"tcp_peer peer.addr={a}" for a in CLIENTS[:2]],
             across="network-partition.client_weight=1 network-partition")
    begin(host)
    clients_go(host, CLIENTS[:2])
    host.end()


def story_clients_cut_off(host):
    host.say(what="all six clients of a network fall silent within six seconds: the way there",
             expect=["network-partition 10.1.1.0/24"] + [f"peer-unreachable {a}" for a in CLIENTS[:5]],
             fault=[f"tcp_peer peer.addr={a}" for a in CLIENTS])
    begin(host)
    clients_go(host, CLIENTS, seconds=18)
    host.end()


def story_client_does_not_read(host):
    host.say(what="a client pauses a download: a remark, no fault", expect=f"peer-not-reading {A}",
             fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            good_peer(host, A, dir="in")
        else:
            closed_window(host, A, i - 4, dir="in")
    host.end()


def story_refused_by_one_family(host):
    host.say(what="localhost is tried by IPv6, refused, and reached by IPv4: a remark, no fault",
             expect="connect-refused [::1]:5432", fault=["tcp_peer peer.addr=::1", "tcp_conn peer.addr=::1"])
    begin(host)
    for _ in run(host, 14, B, C):
        refused(host, "::1", 5432, 1, ifindex=1)
        host.peer("127.0.0.1", 5432, ifindex=1, attempts=1, established=1, closed=1, segs_out=6, bytes_acked=400,
                  pid=912, comm="client", start_ns=200 * 10**9)
    host.end()


def story_refused_backend(host):
    host.say(what="one backend of two refuses, the other of the same family serves: that one is down",
             expect=f"connect-refused {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A],
             least="connect-refused 0.9")
    begin(host)
    for _ in run(host, 14, B, C):
        refused(host, A, 5432, 2)
        host.peer("10.1.1.9", 5432, attempts=2, established=2, closed=2, segs_out=12, bytes_acked=800,
                  pid=912, comm="client", start_ns=200 * 10**9)
    host.end()


def story_leak_beside_connections(host):
    host.say(what="accepted sockets leak at port 443, and this host has as many connections to others' 443",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.75")
    host.peer("93.184.216.34", 443, live=100, flags=1)
    tell(host, 20, lambda s: 20 + 5 * s, lambda n: [sockets(n, peer=API)])


def accepted_leak(host, client):
    """Sockets that pile up at our port 443; client(s): what is told of a container's at that second."""
    begin(host)
    host.fds(2210, "orders-api", 20, born=120)
    for s in range(1, 21):
        second(host)
        host.fds(2210, "orders-api", 20 + 5 * s, born=120)
        client(s)
        if s >= 7:
            host.scan(2210, s, [{"count": 20, "kind": "file", "name": "/var/log/orders/api.log"},
                                sockets(5 * s, peer=API)], born=120)
        host.tick()
    host.end()


def story_leak_of_the_client(host):
    host.say(what="sockets pile up at port 443 because a container of this host leaks its end: the client's leak",
             expect="socket-leak gateway[4711]",
             fault=["proc_fds pid=4711", "fd_group pid=4711", "fd_scan pid=4711", *FAULT])

    def leaks(s):
        host.peer("10.1.9.1", 443, netns=HOST_NETNS_2, live=5 * s, attempts=5, established=5, segs_out=15, bytes_acked=900)
        host.fds(4711, "gateway", 20 + 5 * s, born=130, netns=HOST_NETNS_2)
        if s >= 7:
            far = {"peer__addr": "10.1.9.1", "peer__netns": HOST_NETNS_2, "peer__port": 443, "peer__dir": "out"}
            host.scan(4711, s, [{"count": 20, "kind": "file", "name": "/var/log/gateway.log"}, sockets(5 * s, peer=far)], born=130)

    accepted_leak(host, leaks)


def story_leak_beside_gateway(host):
    host.say(what="accepted sockets leak, and a container has as many steady ones to another host's same port: no other end",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.75")

    def steady(s):
        host.peer("10.1.9.1", 443, netns=HOST_NETNS_2, live=60, attempts=5, established=5, segs_out=15, bytes_acked=900)
        if s == 1:
            host.fds(4711, "gateway", 80, born=130, netns=HOST_NETNS_2)

    accepted_leak(host, steady)


def story_leak_beside_container(host):
    host.say(what="accepted sockets leak, and a container has as many connections to its own loopback's same port",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.75")
    begin(host)
    host.fds(2210, "orders-api", 20, born=120)
    for s in range(1, 21):
        second(host)
        host.fds(2210, "orders-api", 20 + 5 * s, born=120)
        host.peer("127.0.0.1", 443, netns=HOST_NETNS_2, live=5 * s, attempts=5, established=5, segs_out=15, bytes_acked=900)
        if s >= 7:
            host.scan(2210, s, [{"count": 20, "kind": "file", "name": "/var/log/orders/api.log"}, sockets(5 * s, peer=API)],
                      born=120)
        host.tick()
    host.end()


def story_loss_beside_container(host):
    host.say(what="a path loses packets, and so does a container's client at the same port: no twins, two paths",
             expect=[f"path-loss {A}:9092", "path-loss 203.0.113.9:9092"],
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A, "tcp_peer peer.addr=203.0.113.9"],
             least="path-loss 0.6")
    begin(host)
    for _ in run(host, 14, B, C):
        lossy(host, A)
        host.peer("203.0.113.9", 9092, dir="in", netns=HOST_NETNS_2, segs_out=200, bytes_acked=80000, live=2,
                  fast=16, srtt_us=3000, min_rtt_us=600)
    host.end()


def story_leak_ramp(host):
    host.say(what="a program that just started opens two connections a second for 16 s, then stays: a suspicion",
             expect="socket-leak orders-api[2210]", fault=FAULT, most="socket-leak 0.79")
    tell(host, 28, lambda s: 20 + 2 * min(s, 16), lambda n: [sockets(n)], born=999)
