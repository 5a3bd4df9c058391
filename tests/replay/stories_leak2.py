# SPDX-License-Identifier: BSD-2-Clause
"""Stories of processes at their descriptor limit, and of call sites that open what is never closed."""
from backdrop import begin, second
from stories_leak import API, BORN, DB, FILES, sockets, tell

NEAR = [f"proc_fds pid={API}", f"fd_group pid={API}", f"fd_scan pid={API}"]
REFUSED = f"fd_refused pid={API}"


class Watch:
    """What a watch tells of calls that are refused, so many a second; the latest is where the last one was."""

    def __init__(self, host, pid=API):
        self.host, self.pid, self.since, self.count, self.last = host, pid, 0, 0, 0

    def look(self, more=0, via="function", by=(API, "orders-api")):
        self.since = self.since or self.host.now
        self.count += more
        self.last = self.host.now if more else self.last
        who = {"last_pid": by[0], "last_comm": by[1]} if self.last else {}
        self.host.put("fd_refused", pid=self.pid, start_ns=BORN * 10**9 if self.pid else 0, since_ns=self.since,
                      refused=self.count, last_ns=self.last, via=via, **who)


def near(host, seconds, count, limit=1024, scan=True, each=None):
    """A process with count(s) descriptors of a limit; each(s): what else is told before the tick."""
    limit_at = limit if callable(limit) else lambda s: limit
    begin(host)
    for s in range(seconds + 1):
        if s:
            second(host)
        held = count(s)
        if s == 0 or held != count(s - 1) or limit_at(s) != limit_at(s - 1):
            host.put("proc_fds", pid=API, start_ns=BORN * 10**9, fds=held, limit=limit_at(s),
                     comm="orders-api")
        if scan and s == 4:
            host.who(API, "orders-api", "/srv/orders/api", "/system.slice/orders.service", born=BORN)
            host.scan(API, s, [{"count": 20, **FILES}, sockets(held - 20)], born=BORN)
        if s and each:
            each(s)
        if s:
            host.tick()
    host.end()


def story_fds_stable_at_95(host):
    host.say(what="a process that has held 95 % of its limit all the time: near the limit, no leak",
             expect="fd-exhaustion orders-api[2210]", fault=NEAR, least="fd-exhaustion 0.95",
             across="fd-exhaustion.min_share=0.97")
    near(host, 16, lambda s: 973)


def story_fds_stable_at_95_watched(host):
    host.say(what="the same, watched: no call was refused, and that is said", expect="fd-exhaustion orders-api[2210]",
             fault=NEAR, least="fd-exhaustion 0.95")
    watch = Watch(host)
    near(host, 16, lambda s: 973, each=lambda s: watch.look() if s > 2 else None)


def bursts(s):
    """At the limit at each third second, and far below between."""
    return 1024 if s % 3 == 2 else 300


def story_fds_refused_in_bursts(host):
    host.say(what="a server comes to its limit in each third second, and its calls are refused then: no share shows that",
             expect="fd-exhaustion orders-api[2210]", fault=REFUSED, least="fd-exhaustion 0.95",
             across=["fd-exhaustion.min_refused=500"])
    watch = Watch(host)
    near(host, 20, bursts, scan=False, each=lambda s: watch.look(40 if s % 3 == 2 else 0) if s > 2 else None)


def story_fds_bursts_not_refused(host):
    host.say(what="the same bursts, one short of the limit, watched: no call is refused", expect="none")
    watch = Watch(host)
    near(host, 20, lambda s: min(1023, bursts(s)), scan=False, each=lambda s: watch.look() if s > 2 else None)


def story_fds_limit_probed(host):
    host.say(what="a program opens until it is refused, to learn its limit, and closes all again: once", expect="none",
             across="fd-exhaustion.min_share=0.2 fd-exhaustion")
    watch = Watch(host)
    near(host, 20, lambda s: 1024 if s in (3, 4) else 300, scan=False,
         each=lambda s: watch.look(1 if s == 5 else 0) if s > 3 else None)


def story_fds_probed_in_one_look(host):
    host.say(what="the same by a program that tries a hundred times within the same second", expect="none",
             across="fd-exhaustion.min_share=0.2 fd-exhaustion")
    watch = Watch(host)
    near(host, 20, lambda s: 1024 if s in (3, 4) else 300, scan=False,
         each=lambda s: watch.look(100 if s == 5 else 0) if s > 3 else None)


def story_fds_refused_then_raised(host):
    host.say(what="calls are refused; then the limit is raised, and two minutes later all is well",
             expect="fd-exhaustion orders-api[2210]", fault=[REFUSED, *NEAR])
    watch = Watch(host)
    near(host, 160, bursts, scan=False, limit=lambda s: 1024 if s < 14 else 8192,
         each=lambda s: watch.look(40 if s % 3 == 2 and s < 14 else 0) if 2 < s < 40 else None)


def story_fds_table_refused(host):
    host.say(what="the kernel's own table of open files is full: whoever opens is refused", expect="fd-exhaustion replay",
             fault=["file_table", "fd_refused"], least="fd-exhaustion 0.95")
    watch = Watch(host, pid=0)
    begin(host)
    host.put("file_table", open=95000, limit=100000)
    for s in range(1, 12):
        second(host)
        if s == 4:
            host.put("file_table", open=99990, limit=100000)
        if s > 3:
            watch.look(7, by=(731, "vector"), via="syscalls")
        host.tick()
    host.end()


def story_fds_at_89(host):
    host.say(what="the same at 89 %: has its headroom", expect="none",
             across="fd-exhaustion.min_share=0.85 fd-exhaustion")
    near(host, 16, lambda s: 911)


def story_fds_burst_to_limit(host):
    host.say(what="a burst up to 97 % of the limit, for two seconds", expect="none",
             across="fd-exhaustion.min_share=0.3 fd-exhaustion")
    near(host, 20, lambda s: 990 if s in (9, 10) else 400, scan=False)


def story_fds_limit_lowered(host):
    host.say(what="a sandbox that lowered its limit below what it holds", expect="none")
    near(host, 16, lambda s: 70, limit=64, scan=False)


def story_fds_none_left(host):
    host.say(what="a process that fills its limit to the last one", expect="fd-exhaustion orders-api[2210]",
             fault=NEAR)
    near(host, 16, lambda s: min(1024, 200 + 300 * s), scan=False)


def story_fds_leak_to_limit(host):
    host.say(what="sockets leak up to nine tenths of the limit: the leak is the cause",
             expect=["socket-leak orders-api[2210]", "fd-exhaustion orders-api[2210]"],
             fault=NEAR, least="fd-exhaustion 0.9")
    tell(host, 20, lambda s: 20 + 48 * s, lambda n: [sockets(n)])


def story_fds_table_full(host):
    host.say(what="the kernel's own table of open files is nearly full", expect="fd-exhaustion replay",
             fault="file_table", across="fd-exhaustion.min_share=0.97")
    begin(host)
    host.put("file_table", open=40000, limit=100000)
    for s in range(1, 12):
        second(host)
        if s == 5:
            host.put("file_table", open=95000, limit=100000)
        host.tick()
    host.end()


# ---- where it is opened: the suspect is armed from its second breakdown on

ARMED_FROM = 8
ARMED = NEAR + [f"fd_site pid={API}", f"fd_armed pid={API}", f"fd_stack pid={API}"]
CONNECT, SPOOL = 77, 78
NAMED = "pool_open+0x41 (pool.c:118) < handle_order+0x9c (api.c:77)"
STACK_LINES, STACK_NO_SYMBOL, STACK_INTERPRETER = 1, 2, 8


def armed(host, seconds, sites, stacks, rate=5, kind="socket", born=BORN, anew=None, base=20, **more):
    """A process that keeps `rate` descriptors a second; anew: at that second it is armed once more. sites(n) makes of the n opened since it was armed: site, opened, alive,
    ripe, ripe_alive; stacks: by site, told two seconds later."""
    since = host.now + ARMED_FROM * 10**9
    begin(host)
    host.fds(API, "orders-api", base, born=born)
    for s in range(1, seconds + 1):
        second(host)
        held = base + rate * s
        host.fds(API, "orders-api", held, born=born)
        if s == 7:
            host.who(API, "orders-api", "/srv/orders/api", "/system.slice/orders.service", born=born)
        if s >= 7:
            grown = sockets(held - base) if kind == "socket" else {"count": held - base, "kind": "pipe"}
            host.scan(API, s, [{"count": base, **FILES}, grown], born=born)
        if s > ARMED_FROM:
            new, old = rate * (s - ARMED_FROM), rate * max(0, s - ARMED_FROM - 3)
            listed = [] if anew and s >= anew else sites(new, old)
            for site, opened, alive, ripe, ripe_alive in listed:
                host.put("fd_site", pid=API, start_ns=born * 10**9, site=site, opened=opened, ripe=ripe, alive=alive,
                         ripe_alive=ripe_alive, first_ns=since, last_ns=host.now, oldest_ns=since if alive else 0,
                         kind=kind if alive else "")
            host.put("fd_armed", pid=API, start_ns=born * 10**9, since_ns=since if not anew or s < anew else host.now, opened=sum(x[1] for x in listed),
                     closed=sum(x[1] - x[2] for x in listed), tracked=sum(x[2] for x in listed),
                     before=held - sum(x[2] for x in listed) - more.get("unknown", 0), runs=100 * s,
                     **{"via": "install", **more})
        if s == ARMED_FROM + 2:
            for site, fields in stacks.items():
                host.put("fd_stack", pid=API, start_ns=born * 10**9, site=site, frames=7, **fields)
        host.tick()
    host.end()


def story_leak_site(host):
    host.say(what="sockets leak; the line that opens them is found, and requests that close theirs are not taken for it",
             expect="socket-leak orders-api[2210]", fault=ARMED, least="socket-leak 0.85", across="leak.min_rises=15")
    armed(host, 18, lambda new, old: [(CONNECT, new, new, old, old), (SPOOL, 40 * new, 0, 40 * old, 0)],
          {CONNECT: {"flags": STACK_LINES, "text": NAMED}, SPOOL: {"flags": STACK_LINES, "text": "spool+0x1 (spool.c:9)"}}, born=999)


def story_leak_site_among_long_requests(host):
    host.say(what="at another line more live at any time, for one in ten requests is long: named is where nothing is closed",
             expect="socket-leak orders-api[2210]", fault=ARMED)
    armed(host, 18, lambda new, old: [(CONNECT, new, new, old, old), (SPOOL, 40 * new, 4 * new, 40 * old, 4 * old)],
          {CONNECT: {"flags": STACK_LINES, "text": NAMED}, SPOOL: {"flags": STACK_LINES, "text": "spool+0x1 (spool.c:9)"}}, born=999,
          base=400)


def story_leak_site_armed_anew(host):
    host.say(what="armed once more after a pause: the line that was found stays known until the new look has one",
             expect="socket-leak orders-api[2210]", fault=ARMED)
    armed(host, 20, lambda new, old: [(CONNECT, new, new, old, old)], {CONNECT: {"flags": STACK_LINES, "text": NAMED}}, born=999,
          anew=18)


def story_leak_site_shared(host):
    host.say(what="one function opens for all, one in twenty stays: it is named, and makes nothing surer",
             expect="socket-leak orders-api[2210]", fault=ARMED, most="socket-leak 0.88")
    armed(host, 18, lambda new, old: [(CONNECT, 20 * new, new, 20 * old, old)],
          {CONNECT: {"flags": STACK_LINES, "text": NAMED}}, born=999)


def story_leak_site_in_two(host):
    host.say(what="one place shows as two chains of calls: together they are one", expect="socket-leak orders-api[2210]",
             fault=ARMED, least="socket-leak 0.85")
    armed(host, 18, lambda new, old: [(CONNECT, new - new // 3, new - new // 3, old - old // 3, old - old // 3),
                                      (SPOOL, new // 3, new // 3, old // 3, old // 3)],
          {CONNECT: {"flags": STACK_LINES, "text": NAMED}, SPOOL: {"flags": STACK_LINES, "text": NAMED}}, born=999)


def story_leak_site_stripped(host):
    host.say(what="a stripped program: file and offset with its build-id, no name is made up",
             expect="fd-leak orders-api[2210]", fault=ARMED, least="fd-leak 0.9")
    armed(host, 18, lambda new, old: [(CONNECT, new, new, old, old)],
          {CONNECT: {"flags": STACK_NO_SYMBOL, "text": "api+0x13b1 < api+0x1409", "build_id": "e372dd43c3ecbad9aa01"}},
          kind="pipe", via="syscalls")


def story_leak_site_interpreted(host):
    host.say(what="an interpreter's frames, and some that came past the hooks: both are said",
             expect="fd-leak orders-api[2210]", fault=ARMED)
    armed(host, 18, lambda new, old: [(CONNECT, new, new, old, old)],
          {CONNECT: {"flags": STACK_INTERPRETER, "text": "os_open+0x2bd"}}, kind="pipe", via="syscalls", unknown=3)


def story_leak_site_none(host):
    host.say(what="armed, and no stack could be read: nothing is named", expect="socket-leak orders-api[2210]", fault=ARMED)
    armed(host, 18, lambda new, old: [(CONNECT, new, new, old, old)], {CONNECT: {"flags": 32}})


def story_leak_site_past(host):
    host.say(what="descriptors that were passed by another process, past the hooks: no line is made up",
             expect="fd-leak orders-api[2210]", fault=NEAR + [f"fd_armed pid={API}"])
    armed(host, 18, lambda new, old: [], {}, kind="pipe", via="syscalls", unknown=23)


def story_leak_idle_pool(host):
    host.say(what="connections that a pool never gets back: most of them rest for minutes",
             expect="socket-leak orders-api[2210]", fault=NEAR)
    tell(host, 18, lambda s: 20 + 5 * s, lambda n: [{**sockets(n), "idle": n - 7, "idle_max_ms": 185000}])


def story_ramp_in_use(host):
    host.say(what="a pool gains a connection a second, and uses all it has: in a trace of 28 s no leak", expect="none")
    tell(host, 28, lambda s: 20 + s, lambda n: [{**sockets(n), "idle": 0, "idle_max_ms": 2300}])


def story_ramp_in_use_some_rest(host):
    host.say(what="the same where four connections have rested all along, as a client's between two requests do", expect="none")
    tell(host, 28, lambda s: 24 + s, lambda n: [{**sockets(n), "idle": 4, "idle_max_ms": 60000}])


def story_ramp_in_use_two_peers(host):
    host.say(what="the same to two databases, beside local sockets that it has had for long", expect="none")
    far = {**DB, "peer__addr": "10.0.3.8"}
    tell(host, 28, lambda s: 26 + s,
         lambda n: [{**sockets((n - 6) // 2), "idle_max_ms": 2300}, {**sockets((n - 5) // 2, peer=far), "idle_max_ms": 2300},
                    {"count": 6, "kind": "socket", "proto": "unix", "name": "socket:[7]"}])


def thirty_peers(n):
    """Ten to each; every second one gains one in its turn, and the largest sixteen are told of one by one."""
    held = [10 + (n - 300 + 14 - i // 2) // 15 * (i % 2) for i in range(30)]
    order = sorted(range(30), key=lambda i: -held[i])
    each = [{**sockets(held[i], peer={**DB, "peer__addr": f"10.0.9.{i + 1}", "peer__port": 9042}), "idle": held[i], "idle_max_ms": 60000}
            for i in order[:16]]
    rest = sum(held[i] for i in order[16:])
    return each + [{"count": rest, "kind": "socket", "proto": "tcp", "state": 1, "name": "socket:[8]", "more_peers": 14,
                    "idle": rest, "idle_max_ms": 60000}]


def story_leak_to_many_of_the_rest(host):
    host.say(what="one more connection to each of a dozen peers, out of those that were too small to be told of: no one peer's",
             expect="socket-leak orders-api[2210]", fault=NEAR)
    tell(host, 28, lambda s: 320 + s, thirty_peers)


def story_leak_close_wait_age(host):
    host.say(what="peers hung up long ago: how long is said", expect="close-wait-leak orders-api[2210]", fault=NEAR)
    tell(host, 18, lambda s: 20 + 4 * s,
         lambda n: [{**sockets(n // 8), "idle": 0, "idle_max_ms": 400},
                    {**sockets(n - n // 8, 8), "idle": n // 2, "idle_max_ms": 12000}])


def story_leak_inherited(host):
    host.say(what="what a service leaks is open in a program that it started as well: no close-on-exec",
             expect="socket-leak orders-api[2210]", fault=NEAR)
    tell(host, 18, lambda s: 20 + 5 * s,
         lambda n: [{**sockets(n), "heirs": n * 4 // 5, "heir_pid": 4711, "heir_comm": "convert"}])
