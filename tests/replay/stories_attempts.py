# SPDX-License-Identifier: BSD-2-Clause
"""Stories of attempts that fail while something there answers, of clients beside services, and of cut-off subnets."""
from backdrop import begin, good_peer, second
from make_events import NETNS
from stories_network import A, B, C, COUNTERS_OF_A, VECTOR, backoff, run, silent

A3 = "10.1.1.3"
CLIENT = {"pid": 912, "comm": "client", "start_ns": 200 * 10**9}
NGINX = {"pid": 950, "comm": "nginx", "start_ns": 100 * 10**9}


def tries(host, addr, port, n, made=0, **more):
    """A second's attempts at a service; what is made asks once, and closes."""
    host.peer(addr, port, **{"attempts": n, "established": made, "closed": made, "segs_out": n + 5 * made,
                             "bytes_acked": 500 * made, "bytes_received": 900 * made, **CLIENT, **more})


# ---- attempts

def story_attempts_half_dead(host):
    host.say(what="of two backends behind an address one is a black hole: half of all attempts time out",
             expect=f"peer-unreachable {A}:443", fault=COUNTERS_OF_A, across="peer-unreachable.min_share=0.6",
             least="peer-unreachable 0.6", most="peer-unreachable 0.7")
    begin(host)
    for i in run(host, 30, B, C):
        waiting = 5 * min(i, 7)
        tries(host, A, 443, 10, 5, syn=15 if i > 2 else 0, timed_out=5 if i > 7 else 0, live=waiting + 5,
              live_syn=waiting, live_stuck=25 if i > 5 else 0, max_backoff=min(i, 3))
    host.end()


def story_attempts_half_dead_patient(host):
    host.say(what="the same, and nobody has a timeout: what was tried waits for the kernel's two minutes",
             expect=f"peer-unreachable {A}:443", fault=COUNTERS_OF_A, across="peer-unreachable.lasting_s=60")
    begin(host)
    for i in run(host, 30, B, C):
        tries(host, A, 443, 2, 1, syn=1 if i else 0, live=i + 1, live_syn=i, max_backoff=min(i, 4),
              live_stuck=max(i - 2, 0))
    host.end()


def story_attempts_half_dead_watched(host):
    host.say(what="the same as a daemon sees it, with ten attempts in five seconds", expect=f"peer-unreachable {A}:443",
             fault=COUNTERS_OF_A)
    host.is_daemon(5)
    begin(host)
    for i in range(24):
        host.wait(4)
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        bad = i > 4
        tries(host, A, 443, 10, 5 if bad else 10, syn=10 if bad else 0, abandoned=5 if i > 5 else 0,
              live=7 if bad else 2, live_syn=5 if bad else 0, live_stuck=2 if bad else 0, max_backoff=2 if bad else 0)
        host.tick()
    host.end()


def story_attempts_new_dead(host):
    host.say(what="a pool's connections work, and each new one times out: a firewall, or a full accept queue",
             expect=f"peer-unreachable {A}:5432", fault=COUNTERS_OF_A, across="peer-unreachable.lasting_s=60",
             most="peer-unreachable 0.7")
    begin(host)
    for i in run(host, 30, B, C):
        dead = i > 4
        host.peer(A, 5432, attempts=4 if dead else 0, segs_out=28, syn=12 if i > 5 else 0, live_syn=8 if i > 6 else 0,
                  timed_out=4 if i > 12 else 0, bytes_acked=500, bytes_received=900, live=10,
                  max_backoff=3 if i > 8 else 0, live_stuck=6 if i > 8 else 0, **CLIENT)
    host.end()


def story_attempts_given_up(host):
    host.say(what="a service dies, and its callers give up after half a second: no SYN is ever sent again",
             expect=f"peer-unreachable {A}:443", fault=COUNTERS_OF_A, across="peer-unreachable.min_given_up=2000",
             most="peer-unreachable 0.7")
    begin(host)
    for i in run(host, 30, B, C):
        if i < 8:
            tries(host, A, 443, 20, 20, live=2)
        else:
            tries(host, A, 443, 20, abandoned=20, live=10)
    host.end()


def story_attempts_given_up_far(host):
    host.say(what="a client gives up after 0.1 s, and the peer is half a second away, as others there show",
             expect="none")
    begin(host)
    for _ in run(host, 30, B, C):
        tries(host, A, 7001, 6, abandoned=6, live=1)
        good_peer(host, A, 60, srtt_us=500_000, min_rtt_us=490_000)
    host.end()


def story_attempts_given_up_raced(host):
    host.say(what="a client tries two addresses at once, and gives the slower one up each time: nobody is kept waiting",
             expect="none")
    begin(host)
    for _ in run(host, 30, B, C):
        tries(host, "2001:db8::7", 443, 5, abandoned=5)
        tries(host, A, 443, 5, 5, live=1)
    host.end()


def story_attempts_given_up_moment(host):
    host.say(what="a service is slow for seven seconds: all who ask it give up, and get through later", expect="none",
             across="peer-unreachable.lasting_s=5 peer-unreachable")
    begin(host)
    for i in run(host, 30, B, C):
        if 8 <= i < 15:
            tries(host, A, 443, 20, abandoned=20, live=10)
        else:
            tries(host, A, 443, 20, 20, live=2)
    host.end()


def story_attempts_slow_moment(host):
    host.say(what="an accept queue is full for eight seconds: half of the attempts wait, a third of these give up",
             expect="none", across="peer-unreachable.lasting_s=4 peer-unreachable")
    begin(host)
    for i in run(host, 40, B, C):
        if 6 <= i < 14:
            waits = 5 * (i - 5)
            tries(host, A, 443, 10, 5, syn=waits, live_syn=waits, live=waits + 2, abandoned=3 if i > 8 else 0,
                  max_backoff=2)
        elif i == 14:
            tries(host, A, 443, 10, 25, syn=6, live_syn=6, live=8, abandoned=4)
        else:
            tries(host, A, 443, 10, 10 + 3 * (i in (15, 16)), live_syn=3 if i == 15 else 0, live=5, max_backoff=0)
    host.end()


def story_attempts_some_wait(host):
    host.say(what="one SYN in twenty is lost and sent again, all the time; few clients give up over it", expect="none",
             across="peer-unreachable.min_share=0.01 peer-unreachable")
    begin(host)
    for i in run(host, 40, B, C):
        tries(host, A, 443, 20, 20 - (i % 2), syn=1, live_syn=1, live=3, abandoned=i % 2)
    host.end()


def story_attempts_bursts(host):
    host.say(what="a hundred connections at once, each 10 s: half of the SYNs are dropped, and get in a second later",
             expect="none")
    begin(host)
    for i in run(host, 60, B, C):
        step = i % 10
        if step == 4:
            tries(host, A, 443, 100, 50, live=55)
        elif step == 5:
            tries(host, A, 443, 0, syn=50, live=55, live_syn=50, max_backoff=1)
        else:
            tries(host, A, 443, 0, 50 if step == 6 else 0, live=5, live_syn=0, max_backoff=0)
    host.end()


def story_attempts_after_outage(host):
    host.say(what="a service answers nothing for 25 s, then all; those that waited get through one by one: over",
             expect=f"peer-unreachable {A}:443", fault=COUNTERS_OF_A)
    begin(host)
    waiting = 0
    for i in run(host, 60, B, C):
        if i < 5:
            tries(host, A, 443, 4, 4, live=1)
        elif i < 30:
            waiting += 4
            tries(host, A, 443, 4, syn=waiting // 4, live=waiting, live_syn=waiting, max_backoff=min(i - 4, 5),
                  live_stuck=waiting - 4)
        else:
            through = min(waiting, 4)
            waiting -= through
            tries(host, A, 443, 4, 4 + through, syn=through, live=waiting + 1, live_syn=waiting,
                  max_backoff=5 if waiting else 0, live_stuck=waiting)
    host.end()


def story_attempts_filtered_scan(host):
    host.say(what="this host scans one whose firewall drops all but ssh: a try a port, and given up", expect="none")
    begin(host)
    for i in run(host, 16, B, C):
        if i < 2:
            tries(host, A, 22, 1, 1)
        for age in range(3):
            for port in range(20 * (i - age) + 100, 20 * (i - age) + 120) if i >= age else ():
                host.peer(A, port, **[{"attempts": 1, "segs_out": 1, "live": 1},
                                      {"syn": 1, "segs_out": 1, "live_syn": 1},
                                      {"abandoned": 1, "live": 0, "live_syn": 0}][age], **CLIENT)
    host.end()


def filtered(host, more, **table):
    """All that is tried at A is dropped on the way, and what is open works; the connection-tracking table is so, and
    drops so many more a second."""
    begin(host)
    for i in run(host, 30, B, C):
        host.put("conntrack", **{"entries": 238600 + i % 3, "limit": 262144, "flags": 1, "drops": 3 + more * i, **table})
        tries(host, A, 5432, 4 if i > 4 else 0, bytes_acked=500, bytes_received=900, live=10, syn=12 if i > 5 else 0,
              live_syn=8 if i > 6 else 0, timed_out=4 if i > 12 else 0, max_backoff=3 if i > 8 else 0,
              live_stuck=6 if i > 8 else 0)
    host.end()


def story_attempts_conntrack_high(host):
    host.say(what="a firewall on the way drops what is tried; the connection-tracking table is at 91 % all the time, "
                  "and drops nothing", expect=f"peer-unreachable {A}:5432", fault=COUNTERS_OF_A,
             least="peer-unreachable 0.6")
    filtered(host, 0)


def story_attempts_conntrack_races(host):
    host.say(what="the same, and now and then the table drops what lost a race: with room in it that is sent again",
             expect=[f"peer-unreachable {A}:5432", "conntrack-full replay"], fault=[COUNTERS_OF_A, "conntrack"],
             least="peer-unreachable 0.6")
    filtered(host, 1)


def story_attempts_conntrack_full(host):
    host.say(what="the table is full, and drops what is tried on this host: that is the cause, and is said",
             expect="conntrack-full replay", fault=[COUNTERS_OF_A, "conntrack"])
    filtered(host, 4, entries=262144)


def story_attempts_conntrack_uncounted(host):
    host.say(what="a full table on a kernel that tells no drops: what fails may be dropped here",
             expect="conntrack-full replay", fault=[COUNTERS_OF_A, "conntrack"])
    filtered(host, 0, entries=262144, flags=0, drops=0)


# ---- refusals

def story_refused_some(host):
    host.say(what="nine of ten backends of an address are down: 90 % of attempts are refused, the others are made",
             expect=f"connect-refused {A}:5432", fault=COUNTERS_OF_A, across="connect-refused.min_share=0.95",
             least="connect-refused 0.4", most="connect-refused 0.95")
    begin(host)
    for _ in run(host, 25, B, C):
        tries(host, A, 5432, 20, 2, refused=18)
    host.end()


def story_refused_some_restarts(host):
    host.say(what="a service is restarted now and then: what is refused and made is in one look", expect="none")
    begin(host)
    for i in run(host, 60, B, C):
        tries(host, A, 5432, 20, 14 if i % 20 == 7 else 20, refused=6 if i % 20 == 7 else 0)
    host.end()


# ---- clients beside what this host needs

def silent_at(host, addr, port, seconds, **more):
    now, before = backoff(seconds), backoff(seconds - 1)
    host.peer(addr, port, **{"segs_out": 4 * (now - before), "rto": 4 * (now - before), "live": 4, "max_backoff": now,
                             "live_stuck": 4 if now >= 2 else 0, **VECTOR, **more})


MANY = [f"100.64.{k}.7" for k in range(12)]
TOLD = ("4", "5", "6", "7", "8", "9", "10", "11")


def clients_and_database(host, dies):
    begin(host)
    for i in range(24):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        if i < 6 or not dies:
            good_peer(host, A, 300, 5432)
        else:
            silent_at(host, A, 5432, i - 5)
        for addr in MANY:
            if i < 4:
                good_peer(host, addr, 10, 443, dir="in", **NGINX)
            else:
                silent_at(host, addr, 443, i - 3, dir="in", **NGINX)
        host.tick()
    host.end()


def story_clients_gone_database_dead(host):
    host.say(what="a web server's clients of twelve networks are switched off, then its database dies: that is told",
             expect=[f"peer-unreachable {A}:5432"] + [f"peer-unreachable 100.64.{k}.7" for k in TOLD],
             fault=["tcp_peer peer.addr=" + a for a in (A, *MANY)], least="peer-unreachable 0.85")
    clients_and_database(host, True)


def story_clients_gone_database_fine(host):
    host.say(what="the same clients are switched off, and the database is fine: remarks, no fault",
             expect=[f"peer-unreachable 100.64.{k}.7" for k in TOLD], fault=["tcp_peer peer.addr=" + a for a in MANY])
    clients_and_database(host, False)


# ---- subnets

def story_partition_uplink_dead(host):
    host.say(what="all by eth0 are silent, and a container by docker0 answers: the uplink or this host, not sure",
             expect="network-partition eth0",
             fault=["tcp_peer peer.addr=" + a for a in (A, A3, "10.1.2.2", "10.1.2.3")], most="network-partition 0.7")
    begin(host)
    host.put("nic", name="docker0", ifindex=5, netns=NETNS, flags=11)
    for i in range(16):
        host.wait(1)
        host.requests("8:0", "read", 80)
        for addr in (A, A3, "10.1.2.2", "10.1.2.3"):
            if i < 6:
                good_peer(host, addr, 300)
            else:
                silent(host, addr, i - 5)
        good_peer(host, "172.17.0.2", 400, 8080, ifindex=5)
        host.tick()
    host.end()


def story_partition_one_by_two(host):
    host.say(what="one host with two services dies, reached by two interfaces: one peer, however many ways lead to it",
             expect=[f"peer-unreachable {A}:5432", f"peer-unreachable {A}:6432"], fault=COUNTERS_OF_A)
    begin(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for i in range(16):
        second(host, peers=())
        good_peer(host, "10.1.0.5", 300)
        good_peer(host, "10.1.0.6", 300, ifindex=3)
        for port, ifindex in ((5432, 2), (6432, 3)):
            if i < 5:
                good_peer(host, A, 200, port, ifindex=ifindex)
            else:
                silent_at(host, A, port, i - 4, ifindex=ifindex)
        host.tick()
    host.end()


def cut_for_long(host, still_asked):
    """Both peers of a subnet die; daemon, 5 s a tick. Are connections tried when the old ones are gone?"""
    host.is_daemon(5)
    begin(host)
    for i in range(170):
        host.wait(5)
        for addr in (B, C):
            good_peer(host, addr, 60)
        for addr in (A, A3):
            if i < 5:
                good_peer(host, addr, 60)
            elif i < 17:
                silent(host, addr, 5 * (i - 4))
            elif i == 17:
                host.peer(addr, 9092, live=0, live_stuck=0, max_backoff=0, broken=4, closed=4)
            elif still_asked:
                host.peer(addr, 9092, attempts=1, segs_out=3, syn=2, timed_out=1, live=1, live_syn=1, **VECTOR)
        host.tick()
    host.end()


def story_partition_taken_out(host):
    host.say(what="both peers of a subnet die, and nobody asks for them any more: over, ten minutes later",
             expect="network-partition 10.1.1.0/24", fault=["tcp_peer peer.addr=" + a for a in (A, A3)])
    cut_for_long(host, False)


def story_partition_lasts(host):
    host.say(what="both peers of a subnet die, and are asked for each five seconds: it stands as long as that",
             expect="network-partition 10.1.1.0/24", fault=["tcp_peer peer.addr=" + a for a in (A, A3)],
             least="network-partition 0.8")
    cut_for_long(host, True)
