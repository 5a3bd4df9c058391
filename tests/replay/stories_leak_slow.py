# SPDX-License-Identifier: BSD-2-Clause
"""Stories of minutes, as a daemon sees them: slow leaks, and what grows as slowly and is none."""
from bisect import bisect
from random import Random

from backdrop import begin
from stories_leak import API, BORN, FAULT, FILES, sockets

WEB = {"peer__addr": "0.0.0.0", "peer__netns": 4026531840, "peer__port": 443, "peer__dir": "in"}
CONNECT = 77
NAMED = "pool_open+0x41 (pool.c:118) < handle_order+0x9c (api.c:77)"


def look(host, n, groups):
    host.scan(API, n, [{"count": 20, **FILES}] + [g for g in groups if g["count"]], born=BORN)


def daemon(host, seconds, count, groups=None, scans_from=300, armed=None):
    """A process with count(s) descriptors; a breakdown each tick from some second on: 20 files, and what groups(n, s) makes of
    the other n. armed: from that second on for five minutes, each that it opens is kept, by one call site."""
    host.is_daemon()
    begin(host)
    host.fds(API, "orders-api", count(0), born=BORN)
    for s in range(5, seconds + 1, 5):
        host.wait(5)
        host.fds(API, "orders-api", count(s), born=BORN)
        if groups and s == scans_from:
            host.who(API, "orders-api", "/srv/orders/api", "/system.slice/orders.service", born=BORN)
        if groups and s >= scans_from:
            look(host, s // 5, groups(count(s) - 20, s))
        if armed and armed < s <= armed + 300:
            arm(host, s, count(s) - count(armed), count(s - 5) - count(armed), count(armed), armed)
        host.tick()
    host.end()


def arm(host, s, new, ripe, before, since):
    since_ns = host.now - (s - since) * 10**9
    ids = {"pid": API, "start_ns": BORN * 10**9}
    if new:
        host.put("fd_site", **ids, site=CONNECT, opened=new, ripe=ripe, alive=new, ripe_alive=ripe,
                 first_ns=since_ns + 10**9, last_ns=host.now - 10**9, oldest_ns=since_ns + 10**9, kind="socket")
    host.put("fd_armed", **ids, since_ns=since_ns, opened=new, tracked=new, before=before, runs=100 * s, via="install")
    if s == since + 150:
        host.put("fd_stack", **ids, site=CONNECT, frames=7, flags=1, text=NAMED)


SLOW = FAULT + [f"fd_site pid={API}", f"fd_armed pid={API}", f"fd_stack pid={API}"]


def resting(n, s, since=0, a_minute=1.0):
    """Sockets of a leak: all but the youngest rest, the oldest since it began."""
    young = 1 if (s - since) % round(60 / a_minute) < 10 else 0
    return [{**sockets(n), "idle": max(0, n - young), "idle_max_ms": (s - since) * 1000}]


def story_leak_1_a_minute(host):
    host.say(what="one socket a minute, for 15 minutes: named by a daemon, with its line", expect="socket-leak orders-api[2210]",
             fault=SLOW, least="socket-leak 0.9", across=["leak.min_rises=14", "leak.min_growth=40"])
    daemon(host, 900, lambda s: 20 + s // 60, resting, armed=330)


def story_leak_1_a_minute_among_requests(host):
    host.say(what="the same beneath up to 60 connections that come and go: the floor shows it",
             expect="socket-leak orders-api[2210]", fault=SLOW)

    def busy(s):
        return (s * 7919 // 5) % 61 if s % 35 else 0

    daemon(host, 1200, lambda s: 20 + s // 60 + busy(s),
           lambda n, s: [{**sockets(n), "idle": s // 60, "idle_max_ms": s * 1000}])


def story_leak_at_random(host):
    host.say(what="a pipe in a minute on the average, at random moments: a pause of minutes is no end of it",
             expect="fd-leak orders-api[2210]", fault=FAULT)
    random, moments, at = Random(7), [], 0.0
    while at < 7200:
        at += random.expovariate(1 / 60)
        moments.append(at)
    daemon(host, 7200, lambda s: 20 + bisect(moments, s), lambda n, s: [{"count": n, "kind": "pipe", "name": "pipe:[8]"}])


def story_leak_4_minutes_each(host):
    host.say(what="a file in four minutes, for 40", expect="fd-leak orders-api[2210]", fault=SLOW)
    daemon(host, 2400, lambda s: 20 + s // 240, lambda n, s: [{"count": n, "kind": "file", "name": "/srv/orders/spool/1"}])


def story_leak_each_40_s(host):
    host.say(what="one in 40 s: at no scale but the wide ones does it gain enough", expect="socket-leak orders-api[2210]",
             fault=SLOW, least="socket-leak 0.9")
    daemon(host, 900, lambda s: 20 + s // 40, lambda n, s: resting(n, s, a_minute=1.5))


def story_leak_slow_stops(host):
    host.say(what="one a minute for 16 minutes, then no more: opened, less sure, resolved",
             expect="socket-leak orders-api[2210]", fault=SLOW)
    daemon(host, 1800, lambda s: 20 + min(s, 960) // 60, resting)


def story_pool_warms_slowly(host):
    host.say(what="a pool that gains a connection in 40 s until it has 12, and rests", expect="none",
             across="leak.min_rises=3 socket-leak")
    daemon(host, 1500, lambda s: 20 + min(12, s // 40), resting)


def story_load_rises(host):
    host.say(what="a server whose connections follow a load that rises for 20 minutes and falls again", expect="none")

    def held(s):
        return 20 + (s // 5 if s < 1200 else max(0, 480 - s // 5))

    daemon(host, 2400, held, lambda n, s: [{**sockets(n, peer=WEB), "idle": n // 5, "idle_max_ms": 14000}], scans_from=40)


def story_load_rises_kept_alive(host):
    host.say(what="the same where clients keep their connections open for a minute after the request", expect="none")
    daemon(host, 1500, lambda s: 20 + s // 5 if s > 240 else 68,
           lambda n, s: [{**sockets(n, peer=WEB), "idle": n * 3 // 4, "idle_max_ms": 64000}], scans_from=280)


def story_server_keeps_the_gone(host):
    host.say(what="a server that never hangs up on clients that are gone: the oldest rests since it began",
             expect="socket-leak orders-api[2210]", fault=SLOW)
    daemon(host, 900, lambda s: 20 + s // 30, lambda n, s: [{**sockets(n, peer=WEB), "idle": max(0, n - 2), "idle_max_ms": s * 1000}],
           scans_from=100)


def story_job_each_ten_minutes(host):
    host.say(what="a scheduler that starts jobs each ten minutes and holds their pipes while they run", expect="none")
    daemon(host, 3600, lambda s: 20 + (12 if s % 600 < 90 else 0),
           lambda n, s: [{"count": n, "kind": "pipe"}])


def story_ramp_of_a_minute(host):
    host.say(what="a service gains a connection a second for a minute, and serves from then on: for a daemon no leak yet",
             expect="none", across="leak.min_rises=3 socket-leak")
    daemon(host, 600, lambda s: 20 + min(60, s), lambda n, s: [{**sockets(n), "idle": n // 2, "idle_max_ms": 30000}], scans_from=30)
