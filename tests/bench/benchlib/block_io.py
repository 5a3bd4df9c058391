# SPDX-License-Identifier: BSD-2-Clause
"""What watching block I/O costs: ns of BPF per I/O, and IOPS lost, beside biolatency."""

import json
import subprocess

from .children import output, ours, program, rival, started
from .loopdev import loop_device
from .rows import NONE, OURS, NotMeasured, Row, interleave

DEVICE_BYTES = 64 << 20
RIVAL = "biolatency"
# A program that ran for fewer than this share of the I/Os does not belong to their path.
LEAST_SHARE = 0.01


def fio(device, seconds):
    """IOPS of random 4 KiB direct reads, as many as the device takes."""
    out = output([program("fio"), "--name=bench", f"--filename={device.path}", "--thread",
                  "--ioengine=io_uring", "--iodepth=64", "--numjobs=2", "--direct=1",
                  "--rw=randread", "--bs=4k", "--time_based", f"--runtime={seconds}",
                  "--group_reporting", "--output-format=json"], seconds + 20)
    job = json.loads(out[out.index("{"):])["jobs"][0]
    if job["error"] or not job["read"]["iops"]:
        raise NotMeasured(f"fio read nothing: error {job['error']}")
    return job["read"]["iops"]


class HookStat:
    """The helper that switches the run-time statistics on and reads them."""

    def __init__(self, child):
        self.child = child
        child.expect("ready", 10)

    def ask(self, command):
        """The lines of its answer."""
        self.child.stdin.write(command.encode() + b"\n")
        self.child.stdin.flush()
        lines = []
        while True:
            line = self.child.line(10)
            if line is None:
                self.child.fail(f"did not answer {command}")
            if line[0] == ".":
                return lines
            lines.append(line[0])

    def stats(self, pid):
        """{program id: (whose, link type, name, runs, ns)}"""
        stats = {}
        for line in self.ask(f"stat {pid}"):
            _, owner, prog, link, name, runs, run_ns = line.split()
            stats[prog] = (int(owner), link, name, int(runs), int(run_ns))
        return stats


def window(stat, pid, work):
    """What each program did while `work` ran: {(own, link type, name): (runs, ns)}"""
    stat.ask("on")
    try:
        before = stat.stats(pid)
        work()
        stat.ask("iter")
        after = stat.stats(pid)
    finally:
        stat.ask("off")
    delta = {}
    for prog, (owner, link, name, runs, run_ns) in after.items():
        _, _, _, runs0, ns0 = before.get(prog, (0, "", "", 0, 0))
        delta[(owner != pid, link, name)] = (runs - runs0, run_ns - ns0)
    return delta


def net_costs(delta):
    """(I/Os, {(link type, name): (runs, net ns a run)}): what a run costs above an empty program of
    the same type in the same window."""
    empty = {name: ns / runs for (own, _, name), (runs, ns) in delta.items() if own and runs}
    ios = delta.get((True, "raw_tracepoint", "empty_complete"), (0, 0))[0]
    if not ios or "empty_issue" not in empty or "empty_iter" not in empty:
        raise NotMeasured("the empty programs did not run")
    costs = {}
    for (own, link, name), (runs, run_ns) in delta.items():
        if own or not runs:
            continue
        like = ("empty_iter" if link == "iter" else
                "empty_issue" if "issue" in name else "empty_complete")
        costs[(link, name)] = (runs, run_ns / runs - empty[like])
    return ios, costs, empty


def half_of_rival(row):
    """met: half of biolatency's cost or less."""
    if row.median(RIVAL) is None:
        return None
    return row.median(OURS) <= row.median(RIVAL) / 2


def measure_hooks(bench):
    """ns of BPF per block I/O, and per run of each program that had a part in it."""
    io_row = Row("block_io_bpf_ns", "BPF cost of one block I/O, net", "ns",
                 "<= half of biolatency", half_of_rival, digits=0)
    rows = [io_row]
    seconds = 1 if bench.quick else 2
    found = {}

    def one_hook(variant, link, name):
        """The row of one program, made when it is first seen."""
        key = f"hook.{variant}.{name}"
        if key not in found:
            per = "task or socket" if link == "iter" else "run"
            found[key] = Row(key, f"  {name}, a {per}", "ns", digits=0)
        return found[key]

    with loop_device(DEVICE_BYTES, direct=True) as device, \
         started([bench.helper("hookstat"), "300"], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as child:
        stat = HookStat(child)

        def sample(variant, tool):
            delta = window(stat, tool.pid, lambda: fio(device, seconds))
            ios, costs, empty = net_costs(delta)
            total = 0
            for (link, name), (runs, net_ns) in sorted(costs.items()):
                if link != "iter" and runs < ios * LEAST_SHARE:
                    continue
                one_hook(variant, link, name).add(variant, net_ns)
                if link != "iter":
                    total += runs * net_ns / ios
            if not total:
                raise NotMeasured(f"no program of {tool.name} ran with the I/O")
            io_row.details.setdefault("empty_ns", []).append(empty)
            return {io_row.id: total}

        interleave(bench.rounds, {OURS: ours(bench.culprit), RIVAL: rival(RIVAL, "600")},
                   sample, rows)
    return rows + [found[key] for key in sorted(found)]


def half_of_rivals_loss(row):
    """met: no change that can be measured, or half of biolatency's loss or less."""
    if row.measurable(OURS) is False:
        return True
    if row.change(RIVAL) is None or row.change(OURS) is None:
        return None
    return row.change(OURS) >= row.change(RIVAL) / 2


def measure_iops(bench):
    """IOPS of a memory-backed loop device: none, ours, biolatency."""
    row = Row("iops", "IOPS, loop device in memory", "1/s",
              "<= half of biolatency's loss", half_of_rivals_loss, digits=0)
    seconds = 1 if bench.quick else 2
    with loop_device(DEVICE_BYTES, direct=True) as device:
        fio(device, 1)  # warm up: workers, caches
        interleave(bench.rounds,
                   {NONE: bench.nothing, OURS: ours(bench.culprit), RIVAL: rival(RIVAL, "600")},
                   lambda variant, tool: {row.id: fio(device, seconds)}, [row])
    return [row]
