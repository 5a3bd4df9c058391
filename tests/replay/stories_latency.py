# SPDX-License-Identifier: BSD-2-Clause
"""Stories of round trips: one path that grows, all that do, and what only looks like it."""
from backdrop import begin, good_peer, second
from stories_network import A, B, C, COUNTERS_OF_A, D, lossy


def trip(host, addr, ms, segs=300, queued=0, sockets=4, **more):
    """A second of a peer whose sockets just sent: their least smoothed round trip."""
    good_peer(host, addr, segs, **{"fresh": sockets, "fresh_srtt_us": round(1000 * ms), "fresh_queued": queued,
                                   "srtt_us": round(1100 * ms), **more})


def looks(host, seconds, *peers):
    """Seconds with these peers well, to be filled by the caller before each tick."""
    for i in range(seconds):
        second(host, peers=())
        for n, addr in enumerate(peers):
            trip(host, addr, 1.0 + 0.2 * ((i + n) % 3))
        yield i
        host.tick()


def story_latency(host):
    host.say(what="200 ms more to one peer of three from the ninth second on",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A,
             across=["path-latency.grown_ms=250", "path-latency.looks=8"], least="path-latency 0.85")
    begin(host)
    for i in looks(host, 16, B, C):
        trip(host, A, 1.2 if i < 9 else 203)
    host.end()


def story_latency_spurious(host):
    host.say(what="the same, and what TCP sent again for impatience is answered by DSACKs",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A, least="path-latency 0.85")
    begin(host)
    for i in looks(host, 20, B, C):
        trip(host, A, 1.2 if i < 9 else 230, **({"tlp": 3, "rto": 1, "dsacks": 4} if i == 9 else {}))
    host.end()


def story_latency_no_control(host):
    host.say(what="200 ms more to the only peer: path, uplink or this host cannot be told",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A, most="path-latency 0.65")
    begin(host)
    for i in looks(host, 20):
        trip(host, A, 1.2 if i < 9 else 203)
    host.end()


def story_latency_all(host):
    host.say(what="200 ms more to all three peers: the interface is told of, no path",
             expect="path-latency eth0", fault="tcp_peer ifindex=2 peer.port=9092",
             across="path-latency.grown_ms=250", most="path-latency 0.7")
    begin(host)
    for i in looks(host, 18):
        for n, addr in enumerate((A, B, C)):
            trip(host, addr, 1.2 if i < 9 + n % 2 else 203 + n)
    host.end()


def story_latency_two_of_four(host):
    host.say(what="100 ms more to two peers of four: two paths, each less sure",
             expect=[f"path-latency {A}:9092", f"path-latency {B}:9092"],
             fault=[COUNTERS_OF_A, "tcp_peer peer.addr=" + B], most="path-latency 0.86")
    begin(host)
    for i in looks(host, 20, C, D):
        for addr in (A, B):
            trip(host, addr, 1.2 if i < 9 else 103)
    host.end()


def story_latency_bufferbloat(host):
    host.say(what="a bulk transfer fills a deep queue on the way: the round trip climbs, nothing is lost",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A, least="path-latency 0.8")
    begin(host)
    for i in looks(host, 22, B, C):
        trip(host, A, 2 if i < 9 else min(40 * (i - 8), 400), queued=2)
    host.end()


def story_latency_far_peer(host):
    host.say(what="a peer on another continent: 200 ms, as ever", expect="none")
    begin(host)
    for i in looks(host, 16, B, C):
        trip(host, A, 200 + 5 * (i % 4))
    host.end()


def story_latency_jitter(host):
    host.say(what="a round trip that jitters around a mean of 80 ms, by half of it", expect="none")
    begin(host)
    for i in looks(host, 20, B, C):
        trip(host, A, (80, 110, 60, 45, 120, 95, 70)[i % 7])
    host.end()


def story_latency_hiccup(host):
    host.say(what="a peer's host pauses: 260 ms for three looks, then as before", expect="none",
             across="path-latency.looks=2 path-latency")
    begin(host)
    for i in looks(host, 22, B, C):
        trip(host, A, 260 if 15 <= i < 18 else 1.2)
    host.end()


def story_latency_delayed_acks(host):
    host.say(what="a peer's program begins to answer late: its ACKs wait for it, 40 ms", expect="none",
             across="path-latency.grown_ms=30 path-latency")
    begin(host)
    for i in looks(host, 18, B, C):
        trip(host, A, 1.2 if i < 9 else 41)
    host.end()


def story_latency_or_delayed_acks(host):
    host.say(what="150 ms more, a segment at a time: a detour, or a program that answers late on a system that holds "
                  "ACKs back for so long; a suspicion",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A, most="path-latency 0.79")
    begin(host)
    for i in looks(host, 18, B, C):
        trip(host, A, 1.2 if i < 9 else 150, segs=4)
    host.end()


def story_latency_and_loss(host):
    host.say(what="a path that delays and loses: the loss is told", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A])
    begin(host)
    for i in looks(host, 18, B, C):
        if i < 9:
            trip(host, A, 1.2)
        else:
            lossy(host, A, fresh=4, fresh_srtt_us=203_000)
    host.end()


def story_latency_recovers(host):
    host.say(what="200 ms more for ten seconds, then as before: told, and resolved",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in looks(host, 32, B, C):
        trip(host, A, 203 if 9 <= i < 19 else 1.2)
    host.end()


def story_latency_busy_host(host):
    host.say(what="this host has no processor to spare: every answer is taken late, no path is slow",
             expect="none")
    begin(host)
    for i in looks(host, 20):
        host.put("host_load", mem_total=8 * 2**30, mem_available=6 * 2**30, cpus=4, running=7, tasks=300, flags=1,
                 cpu_some_us=950_000 * (i + 1))
        for addr in (A, B, C):
            trip(host, addr, 1.2 if i < 9 else 80)
    host.end()


def story_latency_idle_peer(host):
    host.say(what="a peer that was slow, then is sent nothing: not judged by what it was", expect="none")
    begin(host)
    for i in looks(host, 20, B, C):
        if i < 9:
            trip(host, A, 1.2)
        elif i < 12:
            trip(host, A, 203)
    host.end()


def story_latency_of_a_client(host):
    host.say(what="a client's download fills its own access line: 20 ms become 500, a remark, no fault",
             expect="path-latency 203.0.113.9", fault="tcp_peer peer.addr=203.0.113.9")
    begin(host)
    for i in looks(host, 30, B, C):
        trip(host, "203.0.113.9", 20 if i < 14 else 500, queued=0 if i < 14 else 1, port=443, dir="in")
    host.end()
