#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel, in real time: a daemon watches half an hour of healthy churn, and a process that keeps one connection a minute.

usage: tests/bpf/soak.py build/culprit [MINUTES [EVERY]]          make soak [MINUTES=30] [EVERY=60]

The leak, one connection each EVERY seconds, must be named within 15 of them (and 150 s), with its peer and its line; nothing else that
runs here may be taken for a leak; and the daemon itself must neither gain descriptors nor grow. The daemon has its defaults, but for its
store and its sinks.
"""
import json
import pathlib
import re
import sys
import time

from harness import CULPRIT, Daemon, check, run_each, stop
from leaks import context, findings, load

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 30
EVERY = float(sys.argv[3]) if len(sys.argv) > 3 else 60
WITHIN_S = max(15 * EVERY, 150)
SETTLE_S = 60   # from then on the daemon's memory is held against itself
GROWTH_KB = 1024
PORT = 7081


class Soaked(Daemon):
    """One with the ticks of a daemon."""

    def configure(self, *_):
        self.conf.write_text(f"[general]\nstore = none\n[daemon]\nsocket = {self.socket}\n")

    def own(self):
        """Its descriptors, and its resident memory in KB."""
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        held = re.search(r"VmRSS:\s+(\d+)", (proc / "status").read_text())
        return len(list((proc / "fd").iterdir())), int(held[1])


def healthy(seconds):
    """What goes on beside it, each by its name."""
    def job(command, name, *options):
        return load(command, name, *options, seconds=seconds + 60)

    servers = [job("serve", "serve", "-p", PORT), job("serve", "closer", "-p", PORT + 1, "-m", "close")]
    time.sleep(1)
    return servers, [
        job("churn", "churn", "-p", PORT, "-o", 20), job("pool", "pool", "-p", PORT, "-c", 40, "-o", 0.7, "-r", 60),
        job("hold", "gateway", "-p", PORT, "-c", 300), job("burst", "batch", "-p", PORT, "-c", 200, "-w", 45, "-k", 1000),
        job("leak-closewait", "http-pool", "-p", PORT + 1, "-c", 10, "-o", 0.2, "-H", 2),
        job("churn-file", "files", "-o", 300), job("burst-file", "bulk", "-c", 500, "-w", 90, "-k", 1000),
        job("leak-way", "no-leak", "-f", "file", "-o", 1e-6, "-c", 8, "-H", 50), job("forks", "forks", "-o", 20),
    ]


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def watch(daemon, out, leaker, seconds):
    """Waits; when the leak was first named, and the daemon's size when it had settled."""
    start, named, settled = time.monotonic(), None, None
    while time.monotonic() < start + seconds and daemon.process.poll() is None:
        time.sleep(5)
        now = time.monotonic() - start
        if not settled and now >= min(SETTLE_S, seconds / 2):
            settled = daemon.own()
        found = [l for l in findings(lines_of(out)) if l["subject"].get("pid") == leaker.pid]
        if found and not named:
            named = now
            print(f"named after {now:.0f} s: {found[0]['kind']}, confidence {found[0]['confidence']}", flush=True)
    return named, settled


def soak(home):
    seconds, out = MINUTES * 60, pathlib.Path(home) / "lines"
    servers, jobs = healthy(seconds)
    leaker = None
    try:
        with Soaked(home, options=["--output", out]) as daemon:
            leaker = load("leak-socket", "orders", "-p", PORT, "-o", 1 / EVERY, "-H", 5, seconds=seconds + 60)
            named, settled = watch(daemon, out, leaker, seconds)
            alive = daemon.process.poll() is None
            ended = daemon.own() if alive else None
    finally:
        for job in [leaker, *jobs, *servers]:
            if job:
                stop(job)
    lines = lines_of(out)
    mine = [l for l in findings(lines) if l["subject"].get("pid") == leaker.pid]
    check("the daemon is alive", alive)
    check(f"one each {EVERY:g} s is named within {WITHIN_S:.0f} s", named and named <= WITHIN_S, (named, lines[-1:]))
    check("as a leak of sockets", {l["kind"] for l in mine} == {"socket-leak"}, mine)
    check("with its peer", any(f"127.0.0.1:{PORT}" in l["message"] for l in mine), mine)
    check("with its line", any(re.match(r"conn_open\+0x\w+ \(client.c:\d+\)", " ".join(context(l, "opened"))) for l in mine), mine)
    pids = {job.pid for job in jobs + servers}
    taken = [l for l in findings(lines) if l["subject"].get("pid") in pids and
             (l["class"] == "connection-leak" or l["kind"] == "fd-exhaustion")]
    check("no healthy one is taken for a leak", not taken, taken)
    if alive and settled:
        print(f"the daemon: {settled[0]} descriptors and {settled[1]} KB once settled, {ended[0]} and {ended[1]} KB at the end")
        check("the daemon keeps no descriptors", ended[0] <= settled[0] + 4, (settled, ended))
        check(f"the daemon grew by less than {GROWTH_KB} KB", ended[1] - settled[1] < GROWTH_KB, (settled, ended))
    others = {(l["kind"], l["subject"].get("comm")) for l in findings(lines) if l["class"] == "connection-leak"} - \
        {("socket-leak", "orders")}
    if others:
        print(f"of other programs of this host: {sorted(others)}")


if __name__ == "__main__":
    print(f"{CULPRIT} daemon, {MINUTES:g} minutes, a leak of one each {EVERY:g} s", flush=True)
    sys.exit(run_each("soak", soak))
