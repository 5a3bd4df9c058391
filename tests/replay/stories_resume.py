# SPDX-License-Identifier: BSD-2-Clause
"""Stories of a host that was suspended: CLOCK_MONOTONIC stands still meanwhile, CLOCK_BOOTTIME and the peers do not."""
from backdrop import begin, good_peer
from make_events import NS, START
from stories_leak import FAULT, sockets, tell
from stories_network import A, B, C, COUNTERS_OF_A, run, silent

HOURS_8 = 8 * 3600


def resume(host, asleep):
    """It went on just now, after so many seconds: the first thing that is told."""
    host.put("clock", boottime_ns=host.now + asleep * NS, realtime_ns=1795370400 * NS + host.now - START + asleep * NS)


def peer_dies(host, at, back=None, seconds=20, asleep=0):
    """A peer that answers nothing from second `at` on, until it is `back`; asleep: what went before that."""
    begin(host)
    for i in run(host, seconds, B, C):
        if i == at and asleep:
            resume(host, asleep)
        if i < at or (back and i >= back):
            good_peer(host, A, max_backoff=0, live_stuck=0)
        else:
            silent(host, A, i - at + 1)
    host.end()


def story_awake_peer_silent(host):
    host.say(what="a peer answers nothing for half a minute, on a host that was awake: what the next one is held against",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    peer_dies(host, at=5, back=38, seconds=44)


def story_resume_peer_silent(host):
    host.say(what="the same right after eight hours of sleep: the connections of before are dead, nobody's fault; no verdict yet",
             expect="none")
    peer_dies(host, at=5, back=38, seconds=44, asleep=HOURS_8)


def story_resume_peer_stays_silent(host):
    host.say(what="the peer is silent for longer than the host needs to settle: it is told then",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    peer_dies(host, at=5, seconds=140, asleep=HOURS_8)


def story_resume_clock_set(host):
    host.say(what="the wall clock is set by an hour: no sleep, and a peer that dies then is told at once",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in run(host, 20, B, C):
        if i == 5:
            host.put("clock", boottime_ns=host.now, realtime_ns=1795370400 * NS + host.now - START + 3600 * NS)
        if i < 5:
            good_peer(host, A)
        else:
            silent(host, A, i - 4)
    host.end()


def story_resume_leak(host):
    host.say(what="a leak before and after a sleep: time asleep is no time, so the rate and the process's age are as they were",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.85")
    tell(host, 20, lambda s: 20 + 5 * s, lambda n: [sockets(n)])
    at = next(i for i, line in enumerate(host.lines) if " tick seq=6 " in line) + 1
    end, host.lines = host.lines[at:], host.lines[:at]
    now, host.now = host.now, int(host.lines[-1].split()[0])
    resume(host, HOURS_8)
    host.lines += end
    host.now = now
