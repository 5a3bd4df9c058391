# SPDX-License-Identifier: BSD-2-Clause
"""What everybody else pays while we trace: a system call, open + close, TCP connections; and what a process pays that is
armed because it is taken for a leak."""

import contextlib
import subprocess
import time

from .children import ATTACH_LIMIT_S, DETACH_S, figures, output, ours, rival, started
from .rows import NONE, OURS, Row, interleave, unchanged

TCP_LOSS_PERCENT = 5
ARMED = "armed"


def armed(bench, workload, seconds):
    """What starts a workload that waits, and arms it."""
    @contextlib.contextmanager
    def start():
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with started([bench.helper(workload), str(seconds), "wait"], **pipes) as work:
            with started([bench.helper("arm"), str(work.pid)], **pipes) as arming:
                arming.expect("ready", ATTACH_LIMIT_S)
                yield work
        time.sleep(DETACH_S)
    return start


def measured(bench, workload, seconds, variant, tool):
    """What a workload prints: one that waits goes on now, else it is run."""
    if variant != ARMED:
        return figures(output([bench.helper(workload), str(seconds)], seconds + 10))
    tool.stdin.write(b"\n")
    tool.stdin.flush()
    line = tool.line(seconds + 10)
    if line is None:
        tool.fail("printed nothing")
    return figures(line[0])


def measure_syscalls(bench):
    """getppid, and open + close: none, ours, opensnoop; the same process armed."""
    getppid = Row("getppid_ns", "an unrelated system call (getppid)", "ns", "+0", unchanged)
    pair = Row("open_close_ns", "open + close of /dev/null", "ns", "no change",
               unchanged, digits=0)
    seconds = 0.5 if bench.quick else 1

    def sample(variant, tool):
        found = measured(bench, "syscalls", seconds, variant, tool)
        return {getppid.id: found["getppid"], pair.id: found["open-close"]}

    interleave(bench.rounds,
               {NONE: bench.nothing, OURS: ours(bench.culprit), ARMED: armed(bench, "syscalls", seconds),
                "opensnoop": rival("opensnoop")},
               sample, [getppid, pair])
    return [getppid, pair]


def small_loss(row):
    """met: at most 5 % fewer connections."""
    return None if row.too_noisy(OURS) else row.change(OURS) >= -TCP_LOSS_PERCENT


def measure_tcp(bench):
    """TCP connect + close on loopback: none, ours, with the client armed, tcplife, tcpstates."""
    row = Row("tcp_rate", "TCP connect + close", "1/s", ">= -5 %", small_loss,
              digits=0)
    best = Row("tcp_best_rate", "  the same, in its best 50 ms", "1/s", ">= -5 %", small_loss, digits=0)
    cpu = Row("tcp_cpu_us", "  CPU for one, both ends", "us")
    seconds = 1 if bench.quick else 1.5

    def sample(variant, tool):
        found = measured(bench, "tcprate", seconds, variant, tool)
        return {row.id: found["connections-per-s"], best.id: found["best-per-s"], cpu.id: found["cpu-us"]}

    attach = {NONE: bench.nothing, OURS: ours(bench.culprit), ARMED: armed(bench, "tcprate", seconds)}
    attach.update({name: rival(name) for name in ("tcplife", "tcpstates")})
    interleave(bench.rounds, attach, sample, [row, best, cpu])
    return [row, best, cpu]
