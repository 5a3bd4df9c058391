# SPDX-License-Identifier: BSD-2-Clause
"""What the tool itself takes: memory, start-up time, CPU while nothing happens."""

import contextlib
import os
import pathlib
import pty
import subprocess
import time

from .children import links, program, started
from .latency import START_LIMIT_S, wait_for_status
from .memory import RSS_GOAL_MB, memory_mb
from .rows import OURS, Row, at_most, guarded, interleave

RIVAL = "biolatency"
CPU_GOAL_PERCENT = 0.1
SETTLE_S = 1.5
WINDOWS = 4  # each holds whole ticks of a trace (1 s)


def cpu_ns(pid):
    """CPU time of all threads of a process, exact."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


@contextlib.contextmanager
def our_trace(bench):
    """Our trace and the seconds until its first status line."""
    with started([bench.culprit, "trace", "-d", "120", "--json"],
                 stdout=subprocess.PIPE) as trace:
        yield trace, wait_for_status(trace) - trace.started


@contextlib.contextmanager
def rival_trace():
    """biolatency and the seconds until its first line, which a terminal gets at once."""
    ours_end, its_end = pty.openpty()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, ours_end)
        try:
            tool = stack.enter_context(started([program(RIVAL), "600"], stdout=its_end))
        finally:
            os.close(its_end)
        tool.stdout = open(ours_end, "rb", buffering=0, closefd=False)
        line = tool.line(START_LIMIT_S)
        if line is None or not links(tool.pid):
            tool.fail("did not start")
        yield tool, line[1] - tool.started


def measure_footprint(bench):
    """Resident memory and start-up, ours and biolatency."""
    rss = Row("rss_mb", "resident memory", "MB", f"<= {RSS_GOAL_MB}", at_most(RSS_GOAL_MB))
    peak = Row("peak_mb", "  at its peak, while loading", "MB")
    start = Row("startup_ms", "start-up, exec to first line", "ms", digits=0)

    def sample(variant, entered):
        child, seconds = entered
        time.sleep(SETTLE_S)
        found = memory_mb(child.pid)
        for name, value in found.items():
            rss.details.setdefault(f"{variant} {name} MB", []).append(value)
        return {rss.id: found["VmRSS"], peak.id: found["VmHWM"], start.id: seconds * 1e3}

    interleave(bench.rounds, {OURS: lambda: our_trace(bench), RIVAL: rival_trace},
               sample, [rss, peak, start])
    return [rss, peak, start]


def idle_percent(child, seconds):
    """CPU of a process while nothing is done to it, in percent of one core."""
    before, start = cpu_ns(child.pid), time.monotonic()
    time.sleep(seconds)
    if child.process.poll() is not None:
        child.fail("ended early")
    return (cpu_ns(child.pid) - before) / ((time.monotonic() - start) * 1e9) * 100


def measure_idle(bench):
    """CPU of an idle trace (a tick a second); a daemon's: daemons.py."""
    row = Row("idle_cpu_percent", "CPU while idle, of one core", "%", f"<= {CPU_GOAL_PERCENT}",
              at_most(CPU_GOAL_PERCENT), digits=3)
    seconds = 4 if bench.quick else 20
    with guarded(row), our_trace(bench) as (trace, _):
        time.sleep(SETTLE_S)
        for _ in range(WINDOWS):
            row.add(OURS, idle_percent(trace, seconds / WINDOWS))
    return [row]
