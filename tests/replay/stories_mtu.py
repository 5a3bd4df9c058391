# SPDX-License-Identifier: BSD-2-Clause
"""Stories of paths that lose large packets only, and of what looks like it."""
from backdrop import begin, good_peer
from make_events import NETNS
from stories_network import A, B, C, COUNTERS_OF_A, VECTOR, backoff, lossy, run, silent


def large_lost(host, seconds, sockets=4, sacked=4, made=0, **more):
    """A second of a peer with connections that resend one full segment since so long, while new ones are made."""
    now, before = backoff(seconds), backoff(seconds - 1)
    stuck = sockets if now >= 3 else 0
    host.peer(A, 9092, **{"segs_out": sockets * (now - before) + 4 * made, "rto": sockets * (now - before),
                          "live": sockets + made, "max_backoff": now, "live_stuck": sockets if now >= 2 else 0,
                          "attempts": made, "established": made, "bytes_acked": 400 * made,
                          "large_stuck": stuck, "large_resends": stuck * (now + 1),
                          "large_sacked": min(stuck, sacked), "large_size": 1448 if stuck else 0, "large_passing": 0,
                          "small_size": 1104 if min(stuck, sacked) else 0, **VECTOR, **more})


def well(host, **more):
    good_peer(host, A, **{"large_stuck": 0, "large_resends": 0, "large_sacked": 0, "large_size": 0, "small_size": 0,
                          "max_backoff": 0, "live_stuck": 0, **more})


def story_mtu_black_hole(host):
    host.say(what="a tunnel on the way takes 1,400 bytes, and nobody says so: full segments vanish, the short ends of "
                  "messages arrive, new connections are made and get stuck too",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A, least="path-loss 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, made=1)
    host.end()


def eth0_of(host, mtu):
    host.put("nic", name="eth0", ifindex=2, netns=NETNS, flags=1 | 2, speed_mbps=10000, mtu=mtu)


def story_mtu_no_timestamps(host):
    host.say(what="the same to a peer without TCP timestamps: a ping larger than eth0's MTU would fail on this host already",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A, least="path-loss 0.85")
    begin(host)
    eth0_of(host, 1500)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, made=1, **({"large_size": 1460} if i > 6 else {}))
    host.end()


def story_mtu_jumbo(host):
    host.say(what="an interface of 9,000 bytes, and a path that loses segments of 1,448: as large a ping has room",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A, least="path-loss 0.85")
    begin(host)
    eth0_of(host, 9000)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, made=1)
    host.end()


def story_mtu_black_hole_first_seen(host):
    host.say(what="the same since before the first look, with nothing behind the lost segments: handshakes are the proof",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A, least="path-loss 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        large_lost(host, i + 3, sacked=0, made=2)
    host.end()


def story_mtu_one_connection(host):
    host.say(what="one upload is stuck on a full segment, the short one behind it arrived: no proof, but advice; the "
                  "peer is silent since",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, sockets=1, sacked=1)
    host.end()


def story_mtu_only_large_to_dead(host):
    host.say(what="a program that sends full segments only, and its peer dies: no small one passes, so it is no matter of "
                  "size", expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A, least="peer-unreachable 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, sacked=0)
    host.end()


def story_mtu_loss_of_all_sizes(host):
    host.say(what="a path loses a third of everything: some sockets are stuck on full segments with short ones through, "
                  "others send full ones", expect=f"path-loss {A}:9092",
             fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A])
    begin(host)
    for i in run(host, 16, B, C):
        stuck = i % 3
        lossy(host, A, segs=60, ratio=0.33, live=6, large_stuck=stuck, large_resends=4 * stuck, large_sacked=stuck,
              large_size=1448 if stuck else 0, small_size=300 if stuck else 0, large_passing=3, attempts=2,
              established=2, syn=1)
    host.end()


def story_mtu_small_ones_lost_too(host):
    host.say(what="nothing large passes, and half of the small ones is lost as well: silence, and no proof by size",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            large_lost(host, i - 4, sockets=2, sacked=1, small_lost=5 if i > 7 else 0)
    host.end()


def story_mtu_healed(host):
    host.say(what="the path is mended: what was stuck goes on, and large ones pass", expect=f"path-loss {A}:9092",
             fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 40, B, C):
        if 5 <= i < 14:
            large_lost(host, i - 4, made=1)
        else:
            well(host, large_passing=4)
    host.end()


def story_mtu_dead_then_silent(host):
    host.say(what="the plain silence of a dead peer, told with the sizes: as ever",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A, least="peer-unreachable 0.85")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 5:
            well(host)
        else:
            silent(host, A, i - 4, small_lost=4 if i > 6 else 0)
    host.end()
