# SPDX-License-Identifier: BSD-2-Clause
"""Stories of processes and their descriptors."""
from backdrop import begin, second

API, BORN = 2210, 120
DB = {"peer__addr": "10.0.3.7", "peer__netns": 4026531840, "peer__port": 5432, "peer__dir": "out"}
ESTABLISHED, CLOSE_WAIT = 1, 8
FAULT = [f"proc_fds pid={API}", f"fd_group pid={API}", f"fd_scan pid={API}"]
FILES = {"kind": "file", "name": "/var/log/orders/api.log"}


def sockets(count, state=ESTABLISHED, peer=None):
    return {"count": count, "kind": "socket", "proto": "tcp", "state": state,
            "name": "socket:[81231]", **(peer or DB)}


def tell(host, seconds, count, groups=None, scans_from=7, born=BORN, base=20):
    """A process with count(s) descriptors; from some second on a breakdown each tick: `base` files,
    and what groups(n) makes of the other n."""
    begin(host)
    host.fds(API, "orders-api", count(0), born=born)
    for s in range(1, seconds + 1):
        second(host)
        host.fds(API, "orders-api", count(s), born=born)
        if groups and s == scans_from:
            host.who(API, "orders-api", "/srv/orders/api", "/system.slice/orders.service", born=born)
        if groups and s >= scans_from:
            parts = [{"count": base, **FILES}] + [g for g in groups(count(s) - base) if g["count"]]
            host.scan(API, s, parts, born=born)
        host.tick()
    host.end()


def story_leak_sockets(host):
    host.say(what="five sockets a second to a database, none closed", expect="socket-leak orders-api[2210]",
             fault=FAULT, across=["leak.min_rises=15", "leak.min_growth=99"], least="socket-leak 0.85")
    tell(host, 20, lambda s: 20 + 5 * s, lambda n: [sockets(n)])


def story_leak_sockets_14_s(host):
    host.say(what="the same seen for 14 s only, and the limit is far off: a warning",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.8")
    host.procs[API] = -1
    begin(host)
    for s in range(15):
        if s:
            second(host)
        host.put("proc_fds", pid=API, start_ns=BORN * 10**9, fds=20 + 5 * s, limit=1048576,
                 comm="orders-api")
        if s >= 7:
            host.scan(API, s, [{"count": 20, **FILES}, sockets(5 * s)], born=BORN)
        if s:
            host.tick()
    host.end()


BROKER = {"peer__addr": "0.0.0.0", "peer__netns": 4026531840, "peer__port": 1883, "peer__dir": "in"}


def story_leak_or_clients_back(host):
    host.say(what="a broker's clients come back after an outage, for half a minute: a leak looks the same until they all are",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.7", most="socket-leak 0.79")
    tell(host, 30, lambda s: 20 + 5 * s, lambda n: [sockets(n, peer=BROKER)])


def story_leak_of_clients(host):
    host.say(what="the same for longer than any client takes to come back",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.9")
    host.fds_limit = 65536
    tell(host, 330, lambda s: 20 + 2 * s, lambda n: [sockets(n, peer=BROKER)])


def story_leak_under_hard_limit(host):
    host.say(what="a leak where the hard limit is the soft one: advice that asks for more raises both",
             expect="socket-leak orders-api[2210]", fault=FAULT)
    host.procs[API] = -1
    begin(host)
    for s in range(1, 21):
        second(host)
        host.put("proc_fds", pid=API, start_ns=BORN * 10**9, fds=20 + 5 * s, limit=4096, hard=4096, comm="orders-api")
        if s >= 7:
            host.scan(API, s, [{"count": 20, **FILES}, sockets(5 * s)], born=BORN)
        host.tick()
    host.end()


def story_leak_young_process(host):
    host.say(what="the same from a process that just started: it may be starting up, less sure",
             expect="socket-leak orders-api[2210]", fault=FAULT, least="socket-leak 0.8",
             most="socket-leak 0.88")
    tell(host, 16, lambda s: 20 + 5 * s, lambda n: [sockets(n)], born=999)


def story_leak_plateau(host):
    host.say(what="a pool warms up for eight seconds and stays: no leak", expect="none",
             across="leak.min_rises=3 socket-leak")
    tell(host, 24, lambda s: 20 + 10 * min(s, 8), lambda n: [sockets(n)])


def story_leak_slow(host):
    host.say(what="one socket in four seconds for 20 s: too little to tell from a pool", expect="none",
             across="leak.min_growth=2 leak.min_rises=3 socket-leak")
    tell(host, 20, lambda s: 20 + s // 4, lambda n: [sockets(n)])


def story_leak_other_kinds_grow_too(host):
    host.say(what="sockets leak, and other descriptors grow with them: less sure",
             expect="socket-leak orders-api[2210]", fault=FAULT, most="socket-leak 0.87")
    tell(host, 16, lambda s: 20 + 6 * s,
         lambda n: [sockets(n * 2 // 3), {"count": n - n * 2 // 3, "kind": "pipe"}])


def story_burst(host):
    host.say(what="a thousand descriptors in a burst, closed again", expect="none")
    tell(host, 20, lambda s: 20 + 100 * (s - 4) if 4 < s < 15 else 20, lambda n: [sockets(n)])


def story_saw_tooth(host):
    host.say(what="descriptors rise and fall with the load", expect="none")
    tell(host, 24, lambda s: 20 + 10 * (s % 6), lambda n: [sockets(n)])


def story_thousand_connections(host):
    host.say(what="a thousand stable idle connections", expect="none")
    host.fds_limit = 4096
    tell(host, 14, lambda s: 1020, lambda n: [sockets(n)])


def story_leak_files(host):
    host.say(what="three files a second, none closed", expect="fd-leak orders-api[2210]", fault=FAULT,
             across="leak.min_rises=15", least="fd-leak 0.85")
    tell(host, 18, lambda s: 20 + 3 * s,
         lambda n: [{"count": n, "kind": "dir", "name": "/srv/orders/spool"}])


def story_leak_files_alike(host):
    host.say(what="three files a second of one directory and one kind, none closed: said by what their paths have in common",
             expect="fd-leak orders-api[2210]", fault=FAULT, least="fd-leak 0.85")
    tell(host, 18, lambda s: 20 + 3 * s,
         lambda n: [{"count": 8, "kind": "pipe"}, {"count": n - 8, "kind": "file", "name": "/var/spool/in/*.tmp",
                                                   "looked_at": 16, "alike": 15}], base=0)


def story_leak_files_deleted(host):
    host.say(what="the same with temporary files that are deleted while open: the disk does not get their space back",
             expect="fd-leak orders-api[2210]", fault=FAULT, least="fd-leak 0.85")
    tell(host, 18, lambda s: 20 + 3 * s,
         lambda n: [{"count": 8, "kind": "pipe"}, {"count": n - 8, "kind": "file", "name": "/tmp/render-*",
                                                   "looked_at": 16, "alike": 16, "deleted": 16}], base=0)


def story_leak_no_breakdown(host):
    host.say(what="a leak that no breakdown explains: inferred", expect="fd-leak orders-api[2210]",
             fault=FAULT, most="fd-leak 0.7", across="leak.min_rises=20")
    tell(host, 24, lambda s: 20 + 3 * s)


def story_leak_files_stops(host):
    host.say(what="files pile up for 14 s, then no more: opened, less sure, then resolved",
             expect="fd-leak orders-api[2210]", fault=FAULT)
    tell(host, 34, lambda s: 20 + 3 * min(s, 14), lambda n: [{"count": n, "kind": "pipe"}])


def story_leak_exits(host):
    host.say(what="a process leaks and exits: gone", expect="socket-leak orders-api[2210]", fault=FAULT)
    tell(host, 16, lambda s: 20 + 5 * s, lambda n: [sockets(n)])
    host.lines.pop()
    host.wait(1)
    host.put("proc_gone", pid=API, start_ns=BORN * 10**9)
    host.tick()
    host.wait(1)
    host.tick()
    host.end()


def story_leak_close_wait(host):
    host.say(what="peers hang up, the process never does", expect="close-wait-leak orders-api[2210]",
             fault=FAULT, across="leak.min_rises=15", least="close-wait-leak 0.85")
    tell(host, 18, lambda s: 20 + 4 * s, lambda n: [sockets(n // 8), sockets(n - n // 8, CLOSE_WAIT)])


def story_http_pool(host):
    host.say(what="an HTTP pool keeps ten sockets in CLOSE_WAIT until they are used again", expect="none")
    tell(host, 20, lambda s: 30 + s % 2, lambda n: [sockets(10, CLOSE_WAIT), sockets(n - 10)])


def story_close_wait_plateau(host):
    host.say(what="CLOSE_WAIT sockets pile up for eight seconds, up to the pool's bound", expect="none",
             across="leak.min_rises=3 close-wait-leak")
    tell(host, 24, lambda s: 20 + 2 * min(s, 8), lambda n: [sockets(n, CLOSE_WAIT)])


def story_close_wait_some_closed(host):
    host.say(what="closed sockets pile up although some are let go in between: less sure",
             expect="close-wait-leak orders-api[2210]", fault=FAULT, most="close-wait-leak 0.85")
    tell(host, 18, lambda s: 20 + 6 * s - (4 if s % 2 else 0),
         lambda n: [sockets(max(0, n - 40) // 2 if n % 4 else 0), sockets(
             n - (max(0, n - 40) // 2 if n % 4 else 0), CLOSE_WAIT)])


def story_names(host):
    host.say(what="a leak by a process whose names hold control bytes and a terminal escape",
             expect="fd-leak a?b[2J?[2210]", fault=FAULT)
    begin(host)
    host.lines.append(f"{host.now} proc pid={API} start_ns={BORN}000000000 comm=a\\x01b[2J\\xff "
                      "exe=/tmp/\\x1b]0;owned\\x07 cgroup=/\\x0a")
    for s in range(16):
        if s:
            second(host)
        host.lines.append(f"{host.now} proc_fds pid={API} start_ns={BORN}000000000 fds={20 + 5 * s} "
                          "limit=1024 comm=a\\x01b[2J\\xff")
        if s >= 7:
            host.scan(API, s, [{"count": 20 + 5 * s, "kind": "file", "name": '/tmp/"\x1b[31m'}],
                      born=BORN)
        if s:
            host.tick()
    host.end()
