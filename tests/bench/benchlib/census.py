# SPDX-License-Identifier: BSD-2-Clause
"""Who holds how many descriptors, of how many processes: our census, a walk of /proc, lsof."""

import subprocess
import time

from .children import figures, output, program, started
from .rows import OURS, NotMeasured, Row, at_most, guarded, interleave

DESCRIPTORS = 100_000
WALK, LSOF = "/proc walk", "lsof"
GOAL_MS = 0.2
LSOF_LIMIT_S = 20  # 4 s on an idle machine
LSOF_MOST = 100_000  # beyond, it takes longer than that
# Descriptors, and the processes that hold them: it grows with the latter.
SIZES = ((1_000, 1), (10_000, 1), (1_000_000, 1), (10_000, 100), (10_000, 1_000), (10_000, 10_000))
QUICK_SIZES = ((1_000, 1), (10_000, 1_000))
SIZE_ROUNDS = 3


def counted(found, descriptors):
    """The figures of a pass that saw them all."""
    if found["descriptors"] < descriptors:
        raise NotMeasured(f"counted {found['descriptors']:.0f} of {descriptors} descriptors")
    return found


def measure_size(bench, row, descriptors, processes, rounds, tick=None):
    """One row: ms for a pass over all processes, while so many hold so many. tick: the row of the whole snapshot."""
    def sample(variant, _tool):
        if variant == OURS:
            found = counted(figures(output([bench.helper("census")], 60)), descriptors)
            if tick:
                tick.add(OURS, found["snapshot-ms"])
            return {row.id: found["census-ms"]}
        if variant == WALK:
            return {row.id: counted(figures(output([bench.helper("procwalk")], 60)), descriptors)["ms"]}
        start = time.monotonic()
        output([program("lsof"), "-nPw"], LSOF_LIMIT_S)
        return {row.id: (time.monotonic() - start) * 1e3}

    variants = [OURS, WALK] + [LSOF] * (tick is not None or descriptors <= LSOF_MOST and not bench.quick)
    with started([bench.helper("fds"), str(descriptors), str(processes)], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as holder:
        holder.expect("ready", 20)
        interleave(rounds, {name: bench.nothing for name in variants}, sample, [row])
    if row.median(OURS) and row.median(WALK):
        row.details["times_faster_than_walk"] = row.median(WALK) / row.median(OURS)


def measure_census(bench):
    """ms for one pass over all processes."""
    row = Row("census_ms", f"census of {DESCRIPTORS:,} descriptors", "ms",
              f"<= {GOAL_MS}", at_most(GOAL_MS), digits=2)
    tick = Row("snapshot_ms", "  our whole snapshot at a tick", "ms",
               digits=2)
    rows = [row, tick]
    measure_size(bench, row, DESCRIPTORS, 1, bench.rounds, tick)
    tick.missing.update({OURS: why for variant, why in row.missing.items() if variant == OURS})
    for descriptors, processes in QUICK_SIZES if bench.quick else SIZES:
        size = Row(f"census_{descriptors}_{processes}_ms",
                   f"  of {descriptors:,}" + (f", {processes:,} processes" if processes > 1 else ""), "ms", digits=2)
        rows.append(size)
        with guarded(size):
            measure_size(bench, size, descriptors, processes, min(bench.rounds, SIZE_ROUNDS))
    return rows
