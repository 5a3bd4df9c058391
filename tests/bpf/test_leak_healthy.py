#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: of many programs that open much and close it again, or keep what they use, none is taken for a leak; and the
one among them that keeps a file every two seconds beneath 5,000 opens and closes a second is named, with its line.

usage: tests/bpf/test_leak_healthy.py build/culprit

All at once, in one trace, on loopback; each ends by itself.
"""
import pathlib
import re
import subprocess
import sys

from harness import check, run_each, stop
from leaks import context, leaks, load, named, of, traced

SECONDS = 44
PORT = 7061
FORKS = 20000
HEAD = f"""
import os, resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
end = time.monotonic() + {SECONDS + 8}
name = sys.argv[1]
open("/proc/self/comm", "w").write(name)
def running(): return time.monotonic() < end
def opened(): return os.open("/etc/hostname", os.O_RDONLY)
"""
PROGRAMS = {
    # Ten connections that the server has closed, each kept until a new one takes its place.
    "http-pool": f"""
kept = []
while running():
    if len(kept) == 10: kept.pop(0).close()
    kept.append(socket.create_connection(("127.0.0.1", {PORT + 1})))
    kept[-1].send(b"x"); time.sleep(0.3)
""",
    "file-cache": """
kept = [opened() for _ in range(5000)]
while running():
    for _ in range(20): os.close(kept.pop(0)); kept.append(opened())
    time.sleep(0.05)
""",
    "log-writer": """
log, n = None, 0
while running():
    new = open(f"{sys.argv[2]}/log.{n % 5}", "w")
    if log: log.close()
    log, n = new, n + 1
    for _ in range(20): log.write("line\\n"); time.sleep(0.05)
""",
    # It stands near its limit, and no more than that.
    "near-limit": """
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))
kept = [opened() for _ in range(950 - len(os.listdir("/proc/self/fd")))]
while running(): os.close(opened()); time.sleep(0.01)
""",
    "ends-early": """
for _ in range(100):
    [opened() for _ in range(50)]; time.sleep(0.08)
os._exit(0)
""",
    "bulk": """
while running():
    kept = [opened() for _ in range(800)]; time.sleep(1.5)
    for fd in kept: os.close(fd)
    time.sleep(1.5)
""",
}
COMPILE = """
all: $(addsuffix .o,$(shell seq 24))
%.o: ; @echo 'int f(void) { return $*; }' | cc -x c -c -o $@ -
"""
BUILD = "while sleep 2; do make -s -j4 -C {home} -f {home}/Makefile; rm -f {home}/*.o; done"
OURS = set(PROGRAMS) | {"ramp", "ramp-serve", "pool-serve", "gateway", "gate-serve", "storm", "storm-serve", "fork-storm", "make", "sh", "cc",
                        "cc1", "as", "gcc", "slow-leak"}


def python(name, *words):
    return subprocess.Popen(["python3", "-c", HEAD + PROGRAMS[name], name, *map(str, words)])


def all_at_once(home):
    (pathlib.Path(home) / "Makefile").write_text(COMPILE)
    # Those that are there before, and stay.
    before = [load("serve", "ramp-serve", "-p", PORT), load("serve", "pool-serve", "-p", PORT + 1, "-m", "close"),
              load("serve", "gate-serve", "-p", PORT + 2), load("serve", "storm-serve", "-p", f"{PORT + 3}-{PORT + 6}"),
              python("near-limit"), load("hold", "gateway", "-p", PORT + 2, "-c", 1000)]

    def start():
        return [load("leak-way", "slow-leak", "-f", "file", "-o", 0.5, "-H", 5000),
                load("pool", "ramp", "-p", PORT, "-c", 60, "-o", 1, "-r", 120),
                load("churn", "storm", "-p", f"{PORT + 3}-{PORT + 6}", "-o", 400),
                python("http-pool"), python("file-cache"), python("log-writer", home), python("ends-early"), python("bulk"),
                load("forks", "fork-storm", "-o", 800, "-c", FORKS),
                subprocess.Popen(["timeout", str(SECONDS), "sh", "-c", BUILD.format(home=home)], stderr=subprocess.DEVNULL)]

    try:
        lines, jobs = traced(SECONDS, start)
    finally:
        for job in before:
            stop(job)
    slow, near = jobs[0], before[4]
    finding = named(lines, slow.pid, "one file each 2 s beneath 5,000 opens a second", "fd-leak")
    if finding:
        opened = " ".join(context(finding, "opened"))
        check("its place", re.match(r"keep_file\+0x\w+ \(lib_ways.c:\d+\)", opened), (opened, finding["context"]))
    full = [l for l in leaks(lines) if l["subject"].get("pid") == near.pid]
    check("at 95 % of its limit: exhaustion, and no leak", full and {l["kind"] for l in full} == {"fd-exhaustion"}, full)
    check(f"{FORKS} processes came and went", jobs[8].returncode == 0, jobs[8].returncode)
    taken = [l for l in leaks(lines) if l["subject"].get("comm") in OURS and l["subject"]["pid"] not in (slow.pid, near.pid)]
    check("no healthy one is taken for a leak", not taken, taken)
    check("near its limit is no leak", not of(lines, near.pid), of(lines, near.pid))


if __name__ == "__main__":
    sys.exit(run_each("leak-healthy", all_at_once))
