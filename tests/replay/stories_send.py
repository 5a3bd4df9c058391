# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what this host itself does not send: firewalls, routes, and what only looks so."""
from backdrop import good_peer, second
from stories_local import begin_local
from stories_network import A, B, C, COUNTERS_OF_A, VECTOR, backoff, silent

D = "10.1.4.2"


def healthy(host, n, *peers, **stack):
    """So many seconds with these peers well, to be filled by the caller before the namespace's counters are told."""
    for i in range(n):
        second(host, peers=())
        for addr in peers:
            good_peer(host, addr)
        more = dict(stack)
        yield i, more
        host.stack.tell(**{"accepted": 40, "udp_in": 500, **more})
        host.tick()


def refused(host, addr, seconds, sockets=4):
    """A second of a peer to which nothing is sent since so long: its sockets probe, and nothing is in flight."""
    tries = backoff(seconds)
    host.peer(addr, 9092, live=sockets, unsent=sockets if tries >= 2 else 0, unsent_tries=tries if tries >= 2 else 0,
              max_backoff=tries if tries >= 2 else 0, live_stuck=sockets if tries >= 2 else 0, segs_out=3 * sockets, **VECTOR)


def well(host, addr):
    good_peer(host, addr, unsent=0, unsent_tries=0, max_backoff=0, live_stuck=0)


def story_send_dropped(host):
    host.say(what="a firewall rule of this host drops what goes to one peer, in the middle of transfers",
             expect=f"local-send-error {A}:9092", fault=COUNTERS_OF_A, across="local-send-error.stuck_s=30",
             least="local-send-error 0.93")
    begin_local(host)
    for i, _ in healthy(host, 16, B, C):
        if i < 5:
            well(host, A)
        else:
            refused(host, A, i - 4)
    host.end()


def story_send_dropped_recovers(host):
    host.say(what="the same, and the rule is taken away after ten seconds", expect=f"local-send-error {A}:9092",
             fault=COUNTERS_OF_A)
    begin_local(host)
    for i, _ in healthy(host, 24, B, C):
        if 5 <= i < 15:
            refused(host, A, i - 4)
        else:
            well(host, A)
    host.end()


def story_send_dropped_both_ways(host):
    host.say(what="what comes from the peer is dropped as well: data in flight times out, and is sent again in vain",
             expect=f"local-send-error {A}:9092", fault=COUNTERS_OF_A, least="local-send-error 0.95")
    begin_local(host)
    for i, more in healthy(host, 16, B, C):
        if i < 5:
            good_peer(host, A, fast=4)
            continue
        now, before = backoff(i - 4), backoff(i - 5)
        host.peer(A, 9092, segs_out=4 * (now - before), segs_retrans=4 * (now - before), live=4, max_backoff=now,
                  live_stuck=4 if now >= 2 else 0, **VECTOR)
        more["send_fails"] = 4 * (now - before)
    host.end()


def story_send_dropped_a_moment(host):
    host.say(what="a firewall loads its rules anew, and drops for two seconds: nothing to act on", expect="none",
             across="local-send-error.stuck_s=0.5 local-send-error")
    begin_local(host)
    for i, _ in healthy(host, 14, B, C):
        if i in (5, 6):
            refused(host, A, i - 4)
        else:
            well(host, A)
    host.end()


def story_send_dropped_to_three(host):
    host.say(what="a rule for what goes out drops it for three peers of four: one finding, on the first",
             expect=f"local-send-error {A}:9092", fault="tcp_peer peer.dir=out")
    begin_local(host)
    for i, _ in healthy(host, 16, D):
        for n, addr in enumerate((A, B, C)):
            if i < 5 + n:
                well(host, addr)
            else:
                refused(host, addr, i - 4 - n)
    host.end()


def dial(host, i, more, left):
    """Attempts at A that nobody answers; their SYNs are sent again and leave this host, or fail there."""
    if i == 1:
        host.peer(A, 9092, attempts=2, segs_out=2, live=2, **VECTOR)
    if i not in (2, 4, 8):
        return
    again = {"syn": 2} if left else {"segs_retrans": 2}
    host.peer(A, 9092, live_syn=2, segs_out=2, max_backoff={2: 1, 4: 2, 8: 3}[i], live_stuck=2 * (i > 2), **again)
    if not left:
        more["send_fails"] = more.get("send_fails", 0) + 2


def story_send_attempts_fail(host):
    host.say(what="SYNs that this host drops itself; the kernel counts them for the namespace only",
             expect=f"local-send-error {A}:9092", fault=COUNTERS_OF_A, across="local-send-error.min_resends=20",
             least="local-send-error 0.9")
    begin_local(host)
    for i, more in healthy(host, 14, B, C):
        dial(host, i, more, False)
    host.end()


def story_send_attempts_told(host):
    host.say(what="the same on a kernel whose tracepoint tells which resends failed", expect=f"local-send-error {A}:9092",
             fault=COUNTERS_OF_A)
    begin_local(host)
    for i, more in healthy(host, 14, B, C):
        dial(host, i, more, False)
        if i in (2, 4, 8):
            host.peer(A, 9092, send_errors=2)
    host.end()


def story_send_fails_elsewhere(host):
    host.say(what="a peer that is not there, while resends to others fail on this host: its SYNs did leave",
             expect=f"peer-unreachable {A}:9092", fault=[COUNTERS_OF_A, "tcp_conn peer.addr=" + A])
    begin_local(host)
    for i, more in healthy(host, 14, B, C, send_fails=3):
        dial(host, i, more, True)
    host.end()


def story_send_peer_dead(host):
    host.say(what="a peer goes silent in the middle of transfers, with data in flight: it left this host",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin_local(host)
    for i, _ in healthy(host, 16, B, C):
        if i < 5:
            well(host, A)
        else:
            silent(host, A, i - 4)
    host.end()


def story_send_no_route(host):
    host.say(what="the route to a peer is taken away in the middle of transfers", expect=f"local-send-error {A}:9092",
             fault=COUNTERS_OF_A)
    begin_local(host)
    for i, more in healthy(host, 16, B, C):
        if i < 5:
            well(host, A)
            continue
        refused(host, A, i - 4)
        more["no_routes"] = 4 * (backoff(i - 4) - backoff(i - 5))
    host.end()


def story_send_conntrack_high(host):
    host.say(what="SYNs that this host drops itself; the connection-tracking table is at 91 % and drops nothing: a rule does",
             expect=f"local-send-error {A}:9092", fault=COUNTERS_OF_A)
    begin_local(host)
    for i, more in healthy(host, 20, B, C):
        dial(host, i, more, False)
        host.put("conntrack", entries=238600 + i % 3, limit=262144, flags=1, drops=3)
    host.end()


def story_send_conntrack_full(host):
    host.say(what="SYNs are dropped on this host for a full connection-tracking table: that is the cause, and is said",
             expect="conntrack-full replay", fault=["conntrack", COUNTERS_OF_A])
    begin_local(host)
    for i, more in healthy(host, 14, B, C):
        dial(host, i, more, False)
        host.put("conntrack", entries=65536, limit=65536, flags=1, drops=100 + 25 * i, early_drops=0)
    host.end()
