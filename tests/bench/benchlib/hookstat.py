# SPDX-License-Identifier: BSD-2-Clause
"""What each BPF program of a tool cost, beside empty programs on the same hooks."""

import collections
import contextlib
import dataclasses
import statistics
import subprocess
import time

from .children import started
from .rows import NotMeasured

SLICE_S = 0.2
LEAST_RUNS = 20  # fewer in a slice say nothing
LIMIT_S = "300"  # the helper ends by itself then, and the statistics with it


@dataclasses.dataclass
class Cost:
    """One program in one window."""
    name: str
    target: str   # tracepoint, or kind of iterator
    is_iter: bool
    runs: int
    net_ns: float  # a run, above the empty program


class HookStat:
    """The helper that switches the kernel's run-time statistics on and reads them."""

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
        """{program id: (whose, link type, target, name, runs, ns)}"""
        stats = {}
        for line in self.ask(f"stat {pid}"):
            _, owner, prog, link, target, name, runs, run_ns = line.split()
            stats[prog] = (int(owner), link, target, name, int(runs), int(run_ns))
        return stats

    def window(self, pid, argv, timeout, unnamed=None, **popen):
        """Runs a program with the statistics on. Returns (runs of each empty program by target,
        [Cost] of the programs of pid that have an empty one to compare with, its output). unnamed: the tracepoint of
        programs of which the kernel does not say where they are attached (classic tracepoints).

        The window is cut in slices and the median slice counts: the clock also runs while the
        machine is away, and one such pause is more than all else in a slice.
        """
        self.ask("on")
        try:
            with started(argv, stdout=subprocess.PIPE, **popen) as child:
                readings = [self.stats(pid)]
                deadline = time.monotonic() + timeout
                while child.process.poll() is None:
                    if time.monotonic() > deadline:
                        child.fail(f"took longer than {timeout} s")
                    time.sleep(SLICE_S)
                    self.ask("iter")
                    readings.append(self.stats(pid))
                if child.process.returncode != 0:
                    child.fail(f"ended with status {child.process.returncode}")
                out = child.stdout.read().decode("utf-8", "replace")
        finally:
            # The helper may be what failed; then the statistics are off already.
            with contextlib.suppress(NotMeasured, OSError):
                self.ask("off")
        return *compare(pid, readings, unnamed), out


def between(before, after):
    """What ran from one reading to the next: [(whose, link, target, name, runs, ns a run)]"""
    ran = []
    for prog, (owner, link, target, name, runs, run_ns) in after.items():
        runs0, ns0 = before[prog][4:] if prog in before else (0, 0)
        if runs > runs0:
            ran.append((owner, link, target, name, runs - runs0, (run_ns - ns0) / (runs - runs0)))
    return ran


def compare(pid, readings, unnamed=None):
    """(runs of each empty program by target, [Cost]) of consecutive readings; unnamed as in window()."""
    empty_runs, runs_of, nets = collections.Counter(), collections.Counter(), {}
    for before, after in zip(readings, readings[1:]):
        ran = between(before, after)
        empty = {target: (runs, ns) for owner, _, target, _, runs, ns in ran if owner != pid}
        empty_runs.update({target: runs for target, (runs, _) in empty.items()})
        for owner, link, target, name, runs, ns in ran:
            if owner != pid:
                continue
            if target == "-" and unnamed:
                target = unnamed
            key = (name, target, link == "iter")
            runs_of[key] += runs
            like_runs, like_ns = empty.get("task" if link == "iter" else target, (0, 0))
            if min(runs, like_runs) >= LEAST_RUNS:
                nets.setdefault(key, []).append(ns - like_ns)
    return empty_runs, [Cost(*key, runs_of[key], statistics.median(net))
                        for key, net in nets.items()]


@contextlib.contextmanager
def hook_stat(bench):
    """The helper for the time of the `with`."""
    with started([bench.helper("hookstat"), LIMIT_S], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as child:
        yield HookStat(child)
