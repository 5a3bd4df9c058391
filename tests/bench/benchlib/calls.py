# SPDX-License-Identifier: BSD-2-Clause
"""What everybody else pays while we trace: a system call, open + close, TCP connections."""

from .children import figures, output, ours, rival
from .rows import NONE, OURS, Row, interleave, unchanged

TCP_LOSS_PERCENT = 5


def measure_syscalls(bench):
    """getppid, and open + close: none, ours, opensnoop."""
    getppid = Row("getppid_ns", "an unrelated system call (getppid)", "ns", "+0", unchanged)
    pair = Row("open_close_ns", "open + close of /dev/null", "ns", "no change",
               unchanged, digits=0)
    seconds = 0.5 if bench.quick else 1

    def sample(_variant, _tool):
        found = figures(output([bench.helper("syscalls"), str(seconds)], seconds + 10))
        return {getppid.id: found["getppid"], pair.id: found["open-close"]}

    interleave(bench.rounds,
               {NONE: bench.nothing, OURS: ours(bench.culprit), "opensnoop": rival("opensnoop")},
               sample, [getppid, pair])
    return [getppid, pair]


def small_loss(row):
    """met: at most 5 % fewer connections."""
    return None if row.too_noisy(OURS) else row.change(OURS) >= -TCP_LOSS_PERCENT


def measure_tcp(bench):
    """TCP connect + close on loopback: none, ours, tcplife, tcpstates."""
    row = Row("tcp_rate", "TCP connect + close", "1/s", ">= -5 %", small_loss,
              digits=0)
    cpu = Row("tcp_cpu_us", "  CPU for one, both ends", "us")
    seconds = 1 if bench.quick else 1.5

    def sample(_variant, _tool):
        found = figures(output([bench.helper("tcprate"), str(seconds)], seconds + 10))
        return {row.id: found["connections-per-s"], cpu.id: found["cpu-us"]}

    attach = {NONE: bench.nothing, OURS: ours(bench.culprit)}
    attach.update({name: rival(name) for name in ("tcplife", "tcpstates")})
    interleave(bench.rounds, attach, sample, [row, cpu])
    return [row, cpu]
