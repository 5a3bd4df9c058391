# SPDX-License-Identifier: BSD-2-Clause
"""Stories of hosts that stand still, or are starved: looks at descriptors come late by several buckets."""
from backdrop import begin, second
from stories_leak import API, BORN, FAULT, sockets

# Seconds from one look to the next: as they should be, then as a guest on a busy machine had them.
LATE = [1] * 10 + [6, 8, 5]
FILES = {"kind": "file", "name": "/var/log/orders/api.log"}


def looked(host, steps, count, groups=None, known_by=7):
    begin(host)
    host.fds(API, "orders-api", count(0), born=BORN)
    at = 0
    for step in steps:
        at += step
        host.wait(step - 1)
        second(host)
        host.fds(API, "orders-api", count(at), born=BORN)
        if groups and at >= known_by:
            host.scan(API, at, [{"count": 20, **FILES}] + groups(count(at) - 20), born=BORN)
        host.tick()
    host.end()


def story_leak_starved(host):
    host.say(what="a descriptor a second is kept on a host that is looked at late, by several buckets",
             expect="fd-leak orders-api[2210]", fault=FAULT)
    looked(host, LATE, lambda s: 20 + s, lambda n: [{"count": n, "kind": "pipe"}] if n else [])


def story_leak_starved_pool(host):
    host.say(what="the same host, where a pool fills in the first seconds and stays", expect="none")
    looked(host, LATE + [1] * 4, lambda s: 20 + 5 * min(s, 8), lambda n: [sockets(n)] if n else [])


def story_leak_starved_steps(host):
    host.say(what="the same host, where a service opens a few files each time that nobody looks: three steps, no leak",
             expect="none")
    looked(host, LATE + [1] * 2, lambda s: 20 + 4 * (s > 10) + 4 * (s > 16) + 4 * (s > 24))


def story_leak_starved_daemon(host):
    host.say(what="a daemon sees a leak, and then nothing for 100 s as its host stands still: the leak is not over",
             expect="socket-leak orders-api[2210]", fault=FAULT)
    host.is_daemon()
    looked(host, [5] * 40 + [100] + [5] * 8, lambda s: 20 + s, lambda n: [sockets(n)] if n > 0 else [], known_by=60)
