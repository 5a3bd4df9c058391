#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: a minute of everything at once, and a reader that stands still.

usage: tests/bpf/test_flood.py build/culprit [SECONDS]

Connections that are made, answered and reset, programs that start and end, SIGHUP five times a second, and a pipe that nobody reads:
the daemon answers, judges, stays small, and ends when it is asked to. The load is on loopback and bounded in time.
"""
import fcntl
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from harness import CULPRIT, Daemon, check, run_each, until

SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
LOAD = pathlib.Path(CULPRIT).parent / "tests" / "load"
PORTS = 2
MB = 1 << 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Storm:
    """The load; ended here, by pid."""

    def __init__(self):
        serve = [free_port() for _ in range(PORTS)]
        limit = str(SECONDS + 60)
        at = ["-a", "127.0.0.1", "-t", limit]
        self.running = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for words in (
            [LOAD, "serve", *at, "-p", str(serve[0])], [LOAD, "serve", *at, "-m", "reset", "-p", str(serve[1])],
            [LOAD, "churn", *at, "-p", str(serve[0]), "-o", "500"], [LOAD, "probe", *at, "-p", str(serve[0]), "-o", "500"],
            [LOAD, "connect", *at, "-p", str(serve[1]), "-o", "200"],
            ["timeout", limit, "/bin/sh", "-c", "while :; do /bin/true; done"])]

    def end(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()


def size_of(pid):
    """Resident bytes, descriptors."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10, len(os.listdir(f"/proc/{pid}/fd"))


def metric(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
    return None


def watch(daemon, port):
    """Over the whole flood: its sizes, the slowest answer, and how old its last look at the host was at most."""
    sizes, slowest, oldest = [], 0, 0
    began = last = time.monotonic()
    while time.monotonic() - began < SECONDS:
        daemon.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        if time.monotonic() - last < SECONDS / 30:
            continue
        last = time.monotonic()
        if daemon.ask().returncode != 0:
            slowest = float("inf")
        slowest = max(slowest, time.monotonic() - last)
        oldest = max(oldest, time.time() - metric(port, "culprit_evaluated_timestamp_seconds"))
        sizes.append(size_of(daemon.process.pid))
    return sizes, slowest, oldest


def lines_of(fd):
    """What the pipe has, until nothing comes any more."""
    os.set_blocking(fd, False)
    data, quiet = b"", 0
    while quiet < 20:
        try:
            part = os.read(fd, 65536)
        except BlockingIOError:
            part = b""
        quiet = 0 if part else quiet + 1
        data += part
        time.sleep(0 if part else 0.1)
    return [json.loads(line) for line in data.splitlines()]


def flood(home):
    port, path = free_port(), pathlib.Path(home) / "lines"
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with Daemon(home, [f"metrics = {port}", f"captures = {home}/captures"], ["stdout = yes", f"file = {path}", "queue_kb = 64"],
                stdout=writer) as daemon:
        os.close(writer)
        storm = Storm()
        try:
            sizes, slowest, oldest = watch(daemon, port)
            half = len(sizes) // 2
            print(f"     {sizes[0][0] / MB:.1f} to {sizes[-1][0] / MB:.1f} MB, slowest answer {slowest:.2f} s, "
                  f"oldest look {oldest:.1f} s", flush=True)
            check("who asks is answered", slowest < 10, slowest)
            check("it looks at the host all the time", oldest < 10, oldest)
            grown = max(s[0] for s in sizes[half:]) - max(s[0] for s in sizes[:half])
            check("it does not grow", grown < MB and sizes[-1][0] < 24 * MB, (grown, sizes))
            # Hooks are armed and disarmed meanwhile; settings are read 300 times.
            check("nor does it keep descriptors", max(s[1] for s in sizes) - min(s[1] for s in sizes) < 32, sizes)
            lost = metric(port, 'culprit_lines_lost_total{sink="stdout"}')
            check("what the reader that stands still loses is counted", lost > 0, lost)
            check("... and nobody else loses any", metric(port, 'culprit_lines_lost_total{sink="file"}') == 0)
            got = lines_of(reader)
            gap = [line for line in got if line["type"] == "gap" and line.get("what") == "lines"]
            check("... and told, once it reads again", gap and gap[0]["seq_to"] - gap[0]["seq_from"] + 1 >= lost > 0, (lost, gap))
            covered = sorted({line["seq"] for line in got} | {n for g in gap for n in range(g["seq_from"], g["seq_to"] + 1)})
            check("... so that no number is missing", covered == list(range(1, covered[-1] + 1)), covered)
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, MB)  # for its last lines
            began = time.monotonic()
            daemon.process.send_signal(signal.SIGTERM)
            until(lambda: daemon.process.poll() is not None)
            took = time.monotonic() - began
            check("SIGTERM under load ends it; lines that a gap line told of are no failure",
                  daemon.process.returncode == 0 and took < 3, (took, daemon.process.returncode))
        finally:
            storm.end()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    check("the file has every line, the last verdict too", [l["seq"] for l in lines] == list(range(1, len(lines) + 1)) and
          lines[-1]["type"] == "verdict", lines[-1])
    os.close(reader)


def main():
    return run_each("flood", flood)


if __name__ == "__main__":
    sys.exit(main())
