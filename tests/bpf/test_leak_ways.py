#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: a leak is named whatever the descriptors are and however the process comes by them, with its kind, its peer and
the place in the code; and it is not another process's that only holds the other end.

usage: tests/bpf/test_leak_ways.py build/culprit

All leaking is done by build/tests/load, on loopback and in namespaces of its own.
"""
import pathlib
import re
import subprocess
import sys

from harness import check, run_each
from leaks import LOAD, by_install, context, evidence, leaks, load, named, traced

SECONDS = 22
RATE = 4
PORT = 7041

# What is kept: its kind, and how the finding calls it. The place is keep_NAME().
KINDS = {
    "pipe": ("fd-leak", "pipes"),
    "pair": ("socket-leak", "sockets"),
    "copy": ("fd-leak", "devices"),
    "eventfd": ("fd-leak", "eventfds"),
    "epoll": ("fd-leak", "epolls"),
    "timerfd": ("fd-leak", "timerfds"),
    "inotify": ("fd-leak", "inotifies"),
}
NAMESPACED = """
mount --bind / {dir} && mount -t tmpfs none {dir}/mnt && cp {load} {dir}/mnt/only-here && ip link set lo up
chroot {dir} /mnt/only-here serve -N inner-serve -p {port} -t 60 &
sleep 1
exec chroot {dir} /mnt/only-here leak-socket -N inner -a 127.0.0.1 -p {port} -o {rate} -H 5 -t {seconds}
"""


def opened_at(finding, name, place):
    opened = " ".join(context(finding, "opened"))
    return check(f"{name}: the place is {place}", re.match(rf"{place}\+0x\w+ \(\w+\.c:\d+\)", opened), (opened, finding["context"]))


def nobody_else(name, lines, meant):
    """No job of this test but those that leak is named."""
    others = [l for l in leaks(lines) if l["subject"].get("comm") in NAMES and l["subject"].get("pid") not in meant]
    check(f"{name}: nobody else is named", not others, others)


NAMES = {"w-" + name for name in KINDS} | {"keeper", "gone", "neglecter", "visitor", "closer", "caller", "w-passed", "w-ring", "w-taken",
                                           "threads", "inner", "inner-serve"}


def kinds(_home):
    """Descriptors of each kind."""
    lines, jobs = traced(SECONDS, lambda: [load("leak-way", "w-" + name, "-f", name, "-o", RATE, "-H", 20) for name in KINDS])
    for job, (name, (kind, words)) in zip(jobs, KINDS.items()):
        finding = named(lines, job.pid, name, kind)
        if finding:
            check(f"{name}: they are called {words}", f"keeps {words}" in finding["message"], finding["message"])
            opened_at(finding, name, f"keep_{name}")
    nobody_else("kinds", lines, [job.pid for job in jobs])


def seen_past(lines, job, name, installs):
    """Not opened by a system call that makes one: known where each is seen as it is installed, and else said to be unknown."""
    finding = named(lines, job.pid, name, "fd-leak")
    if not finding:
        return
    if installs:
        opened_at(finding, name, {"ring": "keep_ring_here"}.get(name, "keep_" + name))
        return
    check(f"{name}: no place is made up", not context(finding, "opened"), finding["context"])
    past = [text for line in leaks(lines) if line["subject"].get("pid") == job.pid for text in evidence(line, "process.fds.unseen")]
    check(f"{name}: that they came past the hooks is said", past and re.match(r"from which line: [1-9]\d* came past the hooks", past[-1]),
          finding["context"])


def ends(home):
    """Connections, by either end; what came past system calls; one thread of many; a namespace of its own."""
    root = pathlib.Path(home) / "root"
    root.mkdir()
    # It ends by itself: unshare waits for it, and takes no signal meanwhile.
    inside = NAMESPACED.format(dir=root, load=LOAD, port=PORT, rate=RATE, seconds=SECONDS + 2)

    def start():
        return [
            load("serve", "keeper", "-p", PORT, "-m", "neglect"), load("vanish", "gone", "-p", PORT, "-o", RATE),
            load("serve", "neglecter", "-p", PORT + 1, "-m", "neglect"), load("churn", "visitor", "-p", PORT + 1, "-o", RATE),
            load("serve", "closer", "-p", PORT + 2, "-m", "close"), load("leak-closewait", "caller", "-p", PORT + 2, "-o", RATE, "-H", 5),
            load("leak-way", "w-passed", "-f", "passed", "-o", RATE), load("leak-way", "w-ring", "-f", "ring", "-o", RATE),
            load("leak-way", "threads", "-f", "file", "-o", RATE, "-c", 16, "-H", 20),
            subprocess.Popen(["unshare", "-mnp", "--fork", "sh", "-ec", inside], stdout=subprocess.DEVNULL),
        ]

    lines, jobs = traced(SECONDS, start)
    keeper, _, neglecter, _, _, caller, passed, ring, threads, _ = jobs
    inner = next((l["subject"]["pid"] for l in leaks(lines) if l["subject"].get("comm") == "inner"), 0)
    installs = by_install()
    for job, name, kind, where, place in (
            (keeper.pid, "accepted, the clients gone", "socket-leak", f"port {PORT}", "run_server"),
            (neglecter.pid, "accepted and closed by the client", "close-wait-leak", f"port {PORT + 1}", "run_server"),
            (caller.pid, "connected and closed by the server", "close-wait-leak", f"127.0.0.1:{PORT + 2}", "conn_open"),
            (threads.pid, "one thread of 16", "fd-leak", "keeps files", "keep_file"),
            (inner, "in namespaces of its own", "socket-leak", f"127.0.0.1:{PORT}", "conn_open")):
        finding = named(lines, job, name, kind)
        if finding:
            check(f"{name}: {where}", where in finding["message"], finding["message"])
            opened_at(finding, name, place)
    seen_past(lines, passed, "passed", installs)
    seen_past(lines, ring, "ring", installs)
    nobody_else("ends", lines, [keeper.pid, neglecter.pid, caller.pid, passed.pid, ring.pid, threads.pid, inner])


if __name__ == "__main__":
    sys.exit(run_each("leak-ways", kinds, ends))
