# SPDX-License-Identifier: BSD-2-Clause
"""ns of BPF: for one block I/O, one TCP connection, one retransmit, and for a run of each program."""

import contextlib
import subprocess
import tempfile

from .children import figures, ours, rival
from .hookstat import hook_stat
from .iops import DEVICE_BYTES, RIVAL, fio, fio_command
from .loopdev import loop_device
from .rows import OURS, NotMeasured, Row, interleave

STATE = "inet_sock_set_state"
COMPLETE = "block_rq_complete"
RETRANSMIT = "tcp_retransmit_skb"
MANY_PEERS = 2000
ARMED = "ours, armed"

# What a busy disk's requests must take before it is armed, to tell queue and device apart: so long that this one
# never is (the steady state), or any time at all.
NEVER, ALWAYS = "1000000", "0"
ARM_S = 4  # of load, until it is seen to be busy


def half_of_rival(row):
    """met: half of biolatency's cost or less."""
    if row.median(RIVAL) is None:
        return None
    return row.median(OURS) <= row.median(RIVAL) / 2


class ProgramRows:
    """A row for each program, made when it is first seen."""

    def __init__(self):
        self.rows = {}

    def add(self, variant, cost):
        key = f"hook.{variant}.{cost.name}"
        if key not in self.rows:
            per = "task or socket" if cost.is_iter else "run"
            self.rows[key] = Row(key, f"  {cost.name}, a {per}", "ns", digits=0)
        self.rows[key].add(variant, cost.net_ns)

    def sorted(self):
        """Ours first."""
        return [self.rows[key] for key in sorted(self.rows, key=lambda k: (OURS not in k, k))]


def per_event(costs, events):
    """ns for one event, over all its programs."""
    return sum(cost.runs * cost.net_ns for cost in costs) / events


@contextlib.contextmanager
def ours_when(culprit, queue_ms):
    """Our own trace, which arms a busy disk whose requests take queue_ms."""
    with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="utf-8") as settings:
        settings.write(f"[thresholds]\ndisk-saturated.min_queue_ms = {queue_ms}\n"
                       f"disk-slow.min_ratio = {NEVER}\n")
        settings.flush()
        with ours(culprit, "-c", settings.name)() as tool:
            yield tool


def measure_block(bench, stat, programs):
    """ns of BPF for one block I/O: ours while nothing is armed (completion only) and while this disk is (issue
    too), and biolatency, which has both always."""
    row = Row("block_io_bpf_ns", "BPF cost of one block I/O, net", "ns", "<= half of biolatency",
              half_of_rival, digits=0)
    seconds = 1 if bench.quick else 2

    def sample(variant, tool):
        if variant == ARMED:
            fio(device, ARM_S)
        empty, costs, _ = stat.window(tool.pid, fio_command(device, seconds), seconds + 20)
        block = [cost for cost in costs if cost.target.startswith("block_")]
        if not block or COMPLETE not in empty:
            raise NotMeasured(f"no program of {tool.name} ran with the I/O")
        if (variant == ARMED) != any("issue" in cost.name for cost in block) and variant != RIVAL:
            raise NotMeasured("the disk was armed" if variant == OURS else "the disk was not armed")
        for cost in costs:
            if cost in block or cost.is_iter:
                programs.add(variant, cost)
        return {row.id: per_event(block, empty[COMPLETE])}

    with loop_device(DEVICE_BYTES, direct=True) as device:
        interleave(bench.rounds,
                   {OURS: lambda: ours_when(bench.culprit, NEVER),
                    ARMED: lambda: ours_when(bench.culprit, ALWAYS),
                    RIVAL: rival(RIVAL, "600")}, sample, [row])
    return row


def measure_connection(bench, stat, programs):
    """ns of BPF for one TCP connection, both of its ends on this host: ours, tcplife, tcpstates."""
    row = Row("tcp_bpf_ns", "BPF cost of one TCP connection, both ends", "ns", digits=0)
    seconds = 0.5 if bench.quick else 1

    def sample(variant, tool):
        run = [bench.helper("tcprate"), str(seconds)]
        _, costs, out = stat.window(tool.pid, run, seconds + 10, None if variant == OURS else STATE)
        state = [cost for cost in costs if cost.target == STATE]
        if not state:
            raise NotMeasured(f"no program of {tool.name} ran with the connections")
        for cost in state:
            programs.add(variant, cost)
        return {row.id: per_event(state, figures(out)["connections"])}

    interleave(bench.rounds, {OURS: ours(bench.culprit), **{name: rival(name) for name in ("tcplife", "tcpstates")}},
               sample, [row])
    return row


def measure_retransmit(bench, stat):
    """ns of BPF for one segment that is sent again: in a storm, where most are only counted, and with so many peers
    that each is told."""
    rows = [Row("retransmit_bpf_ns", "BPF cost of one retransmit, in a storm", "ns", digits=0),
            Row("retransmit_told_bpf_ns", f"  of {MANY_PEERS:,} peers: told", "ns", digits=0)]
    seconds = 1 if bench.quick else 2

    def sample_of(row, *options):
        def sample(_variant, tool):
            run = [bench.helper("storm"), str(seconds), *options]
            _, costs, out = stat.window(tool.pid, run, seconds + 20, stdin=subprocess.PIPE)
            ours_ran = [cost for cost in costs if cost.target == RETRANSMIT]
            if not ours_ran:
                raise NotMeasured("too little was sent again")
            row.details["retransmits"] = figures(out.partition("ready")[2])["retransmits"]
            return {row.id: per_event(ours_ran, sum(cost.runs for cost in ours_ran))}
        return sample

    for row, options in zip(rows, ((), (str(MANY_PEERS),))):
        interleave(bench.rounds, {OURS: ours(bench.culprit)}, sample_of(row, *options), [row])
    return rows


def measure_hooks(bench):
    """Both, then every program that had a part in it."""
    programs = ProgramRows()
    with hook_stat(bench) as stat:
        rows = [measure_block(bench, stat, programs), measure_connection(bench, stat, programs),
                *measure_retransmit(bench, stat)]
    return rows + programs.sorted()
