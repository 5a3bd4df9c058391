#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: a program that is refused descriptors is told, though it holds few of them most of the time; one that is stable
near its limit is told to be just that; one that looks once for where its limit is, is not told at all.

usage: tests/bpf/test_exhausted.py build/culprit
"""
import subprocess
import sys

from harness import check, run_each
from leaks import context, evidence, findings, traced

SECONDS, LIMIT, LIFE = 26, 200, 50
COMMON = f"""
import os, resource, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, ({LIMIT}, {LIMIT}))
null, end = os.open("/dev/null", os.O_RDONLY), time.monotonic() + {LIFE}

def fill(most, tries):
    kept, refused = [], 0
    while len(kept) < most and refused < tries:
        try:
            kept.append(os.dup(null))
        except OSError:
            refused += 1
    return kept

def close(kept):
    for fd in kept:
        os.close(fd)
"""
JOBS = {
    # Two seconds at the limit, in which it asks again and again, and two far below.
    "bursts": """
while time.monotonic() < end:
    kept = fill(1000, 1)
    for _ in range(20):
        fill(1000, 5)
        time.sleep(0.1)
    close(kept)
    time.sleep(2)
""",
    "stable": f"""
kept = fill({LIMIT} * 95 // 100, 1)
time.sleep({LIFE})
""",
    "probes": f"""
time.sleep(4)
kept = fill(1000, 1)
time.sleep(2.5)
close(kept)
time.sleep({LIFE})
""",
}


def exhausted(_home):
    lines, jobs = traced(SECONDS, lambda: [subprocess.Popen(["python3", "-c", COMMON + text]) for text in JOBS.values()])
    found = {name: [l for l in findings(lines) if l["subject"].get("pid") == job.pid] for name, job in zip(JOBS, jobs)}
    bursts, stable = found["bursts"], found["stable"]
    if check("bursts: fd-exhaustion", bursts and bursts[-1]["kind"] == "fd-exhaustion", bursts):
        last = next((l for l in reversed(bursts) if evidence(l, "process.fds.refused")), None)
        check("bursts: how many calls were refused", last and "(EMFILE)" in evidence(last, "process.fds.refused")[0], bursts[-1])
        check("bursts: critical", last and last["severity"] == "critical", bursts[-1])
    if check("stable at 95 %: fd-exhaustion", stable and stable[-1]["kind"] == "fd-exhaustion", stable):
        check("stable: no worse than a warning", stable[-1]["severity"] == "warning", stable[-1])
        check("stable: no call is said to be refused", not evidence(stable[-1], "process.fds.refused"), stable[-1])
        # As it was last told: it may have been told before it was watched.
        check("stable: whether it was watched is said", any("refused (EMFILE)" in t for label in ("against", "unknown") for t in
                                                            context(stable[-1], label)), stable[-1]["context"])
    check("one that looks for its limit: nothing", not found["probes"], found["probes"])


if __name__ == "__main__":
    sys.exit(run_each("exhausted", exhausted))
