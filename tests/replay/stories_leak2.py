# SPDX-License-Identifier: BSD-2-Clause
"""Stories of processes at their descriptor limit, and of call sites that open what is never closed."""
from backdrop import begin, second
from stories_leak import API, BORN, DB, FILES, sockets, tell

NEAR = [f"proc_fds pid={API}", f"fd_group pid={API}", f"fd_scan pid={API}"]


def near(host, seconds, count, limit=1024, scan=True):
    """A process with count(s) descriptors of a limit."""
    begin(host)
    for s in range(seconds + 1):
        if s:
            second(host)
        held = count(s)
        if s == 0 or held != count(s - 1):
            host.put("proc_fds", pid=API, start_ns=BORN * 10**9, fds=held, limit=limit,
                     comm="orders-api")
        if scan and s == 4:
            host.who(API, "orders-api", "/srv/orders/api", "/system.slice/orders.service", born=BORN)
            host.scan(API, s, [{"count": 20, **FILES}, sockets(held - 20)], born=BORN)
        if s:
            host.tick()
    host.end()


def story_fds_stable_at_95(host):
    host.say(what="a process that has held 95 % of its limit all the time: near the limit, no leak",
             expect="fd-exhaustion orders-api[2210]", fault=NEAR, least="fd-exhaustion 0.95",
             across="fd-exhaustion.min_share=0.97")
    near(host, 16, lambda s: 973)


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
