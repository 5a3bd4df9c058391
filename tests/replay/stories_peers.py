# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what peers do: reset, not read, answer late, vanish together."""
from backdrop import begin, good_peer
from make_events import HOST_NETNS_2
from stories_network import A, B, C, COUNTERS_OF_A, VECTOR, run, silent

A3, A4 = "10.1.1.3", "10.1.1.4"
LONG = "2600:1f18:1234:5678:9abc:def0:1234:5678"

DB = {"pid": 912, "comm": "client", "start_ns": 200 * 10**9}


# ---- resets

def ends(host, addr, n, resets=0, early=0, idle=0, port=5432, **more):
    """A second in which so many connections to a service end, some of them reset."""
    host.peer(addr, port, **{"attempts": n, "established": n, "closed": n, "segs_out": 8 * n,
                             "bytes_acked": 900 * n, "bytes_received": 900 * n, "live": 4, "resets": resets,
                             "resets_early": early, "resets_idle": idle, **DB, **more})
    if resets:
        host.put("tcp_conn", peer__addr=addr, peer__netns=4026531840, peer__port=port, peer__dir="out",
                 outcome="reset", err=104, ifindex=2, remote_port=port, segs_out=5, **DB)


def story_resets(host):
    host.say(what="a peer resets half of the connections, some before its first byte",
             expect=f"connection-resets {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A],
             across="connection-resets.min_share=60", least="connection-resets 0.85")
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 6, resets=3, early=1)
    host.end()


def story_resets_in_container(host):
    host.say(what="the same in a container, by a long address: the commands enter its namespace, and are whole",
             expect=f"connection-resets [{LONG}]:5432", fault="tcp_peer peer.addr=" + LONG)
    begin(host)
    host.put("proc_fds", pid=4194300, start_ns=300 * 10**9, fds=9, limit=1024, comm="api", netns=HOST_NETNS_2)
    for _ in run(host, 14, B, C):
        host.peer(LONG, 5432, netns=HOST_NETNS_2, attempts=6, established=6, closed=6, segs_out=48, bytes_acked=5400,
                  bytes_received=5400, live=4, resets=3, resets_early=1, **DB)
    host.end()


def story_resets_restart(host):
    host.say(what="a service is restarted: all connections reset at once, a remark and no fault",
             expect=f"connection-resets {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A])
    begin(host)
    for i in run(host, 14, B, C):
        ends(host, A, 40 if i == 5 else 2, resets=38 if i == 5 else 0)
    host.end()


def story_resets_few(host):
    host.say(what="four connections are reset: below what is told", expect="none",
             across="connection-resets.min_resets=4 connection-resets")
    begin(host)
    for i in run(host, 14, B, C):
        ends(host, A, 1, resets=1 if i in (3, 5, 7, 9) else 0)
    host.end()


def story_resets_idle(host):
    host.say(what="a balancer resets connections that were idle for a minute", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 3, resets=2, idle=2)
    host.end()


def story_resets_stale(host):
    host.say(what="a balancer forgets connections that rest, and resets them when the pool uses them again: a suspicion, and not of the path",
             expect=f"connection-resets {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A],
             leads=f"NETWORK: {A}:5432 resets connections at first use after a rest", most="connection-resets 0.79")
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 6, resets=3, resets_stale=3)
    host.end()


def story_resets_stale_few(host):
    host.say(what="a peer resets half of its connections in use, and some that had rested: its own doing",
             expect=f"connection-resets {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A],
             least="connection-resets 0.85")
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 8, resets=4, resets_stale=1)
    host.end()


def story_resets_health_check(host):
    host.say(what="a balancer's health check connects to us and resets at once", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        host.peer(A, 8080, dir="in", accepted=3, closed=3, resets=3, resets_early=3, segs_out=3, pid=731,
                  comm="vector", start_ns=100 * 10**9)
    host.end()


def story_resets_give_up(host):
    host.say(what="our client gives up after its timeout, before the first byte, and resets", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 3, aborts=2, aborts_early=2)
    host.end()


def story_resets_ours(host):
    host.say(what="our program closes with data unread: it resets, a remark about it",
             expect=f"connection-resets {A}:5432", fault=COUNTERS_OF_A)
    begin(host)
    for _ in run(host, 14, B, C):
        ends(host, A, 3, aborts=3)
    host.end()


def story_resets_always(host):
    host.say(what="a peer that ends most connections so, ever since: less sure, no fault",
             expect=f"connection-resets {A}:5432", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A],
             most="connection-resets 0.7")
    begin(host)
    for _ in run(host, 90, B):
        ends(host, A, 4, resets=3)
    host.end()


# ---- closed windows

def closed_window(host, addr, seconds, **more):
    """A second of a peer that answers probes and takes no data since so long."""
    host.peer(addr, 9092, **{"segs_out": 2, "live": 4, "live_zero_win": 4,
                             "zero_wait_ms": 1000 * seconds, **VECTOR, **more})


def story_not_reading(host):
    host.say(what="a peer's program is stopped in mid-transfer: its window closes, its kernel answers",
             expect=f"peer-not-reading {A}:9092", fault=COUNTERS_OF_A,
             across="peer-not-reading.closed_s=12", least="peer-not-reading 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            good_peer(host, A)
        else:
            closed_window(host, A, i - 4)
    host.end()


def story_not_reading_dropped(host):
    host.say(what="the same, and its kernel drops what comes beyond the window: no silence, no loss",
             expect=f"peer-not-reading {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            good_peer(host, A)
        else:
            silent(host, A, i - 4, live_zero_win=4, zero_wait_ms=1000 * (i - 4))
    host.end()


def story_reading_pause(host):
    host.say(what="a reader pauses for three seconds: garbage collection", expect="none",
             across="peer-not-reading.closed_s=3 peer-not-reading")
    begin(host)
    for i in run(host, 14, B, C):
        if 4 < i < 8:
            closed_window(host, A, i - 4)
        else:
            good_peer(host, A, live_zero_win=0, zero_wait_ms=0)
    host.end()


def story_reading_slowly(host):
    host.say(what="a slow consumer: its window is mostly closed, and opens each second", expect="none")
    begin(host)
    for i in run(host, 14, B, C):
        good_peer(host, A, 40, live_zero_win=2, zero_wait_ms=400 + 100 * (i % 5))
    host.end()


def story_reading_reader_idle(host):
    host.say(what="a peer closed its window on an idle connection: nothing waits", expect="none")
    begin(host)
    for _ in run(host, 14, B, C):
        good_peer(host, A, 1, live_zero_win=1, zero_wait_ms=0)
    host.end()


# ---- subnets

def cut_off(host, *dead, alive=(), seconds=16, after=5):
    """These peers fall silent, one tick after the other; the others go on."""
    for i in run(host, seconds, B, C, *alive):
        for n, addr in enumerate(dead):
            if i < after + n:
                good_peer(host, addr)
            else:
                silent(host, addr, i - after - n + 1)


def story_partition(host):
    host.say(what="all three peers of a subnet go silent, those elsewhere are fine: one finding at the end",
             expect=["network-partition 10.1.1.0/24", f"peer-unreachable {A}:9092"],
             fault=["tcp_peer peer.addr=" + a for a in (A, A3, A4)],
             across="network-partition.min_peers=9 peer-unreachable", least="network-partition 0.85")
    begin(host)
    cut_off(host, A, A3, A4)
    host.end()


def story_partition_two(host):
    host.say(what="both peers of a subnet before connections to them are made",
             expect="network-partition 10.1.1.0/24",
             fault=["tcp_peer peer.addr=" + a for a in (A, A3)], across="network-partition.min_peers=3 peer-unreachable")
    begin(host)
    for i in run(host, 16, B, C):
        for addr in (A, A3):
            if i == 1:
                host.peer(addr, 9092, attempts=1, segs_out=1, live=1, **VECTOR)
            if i in (2, 4, 8):
                host.peer(addr, 9092, syn=1, live_syn=1, segs_out=1, max_backoff={2: 1, 4: 2, 8: 3}[i],
                          live_stuck=int(i > 2))
    host.end()


def story_partition_not_one_alive(host):
    host.say(what="two of a subnet go silent and a third there answers: two dead peers",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {A3}:9092"],
             fault=["tcp_peer peer.addr=" + a for a in (A, A3)])
    begin(host)
    cut_off(host, A, A3, alive=(A4,))
    host.end()


def story_partition_not_neighbours(host):
    host.say(what="two peers of different subnets go silent: nothing in common",
             expect=[f"peer-unreachable {A}:9092", "peer-unreachable 10.1.4.2:9092"],
             fault=["tcp_peer peer.addr=" + a for a in (A, "10.1.4.2")])
    begin(host)
    cut_off(host, A, "10.1.4.2")
    host.end()


def story_partition_not_all_gone(host):
    host.say(what="every peer goes silent: this host or its uplink, no subnet; no control, so not sure",
             expect="network-partition eth0", fault=["tcp_peer peer.addr=" + a for a in (A, A3)],
             most="network-partition 0.7")
    begin(host)
    for i in range(14):
        host.wait(1)
        host.requests("8:0", "read", 80)
        for addr in (A, A3):
            if i < 5:
                good_peer(host, addr)
            else:
                silent(host, addr, i - 4)
        host.tick()
    host.end()
