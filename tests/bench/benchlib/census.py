# SPDX-License-Identifier: BSD-2-Clause
"""Who holds how many descriptors, with 100,000 open: our census, a walk of /proc, lsof."""

import subprocess
import time

from .children import figures, output, program, started
from .rows import OURS, NotMeasured, Row, at_most, interleave

DESCRIPTORS = 100_000
WALK, LSOF = "/proc walk", "lsof"
GOAL_MS = 0.2
LSOF_LIMIT_S = 20  # 4 s on an idle machine


def measure_census(bench):
    """ms for one pass over all processes."""
    row = Row("census_ms", f"census of {DESCRIPTORS:,} descriptors", "ms",
              f"<= {GOAL_MS}", at_most(GOAL_MS), digits=2)
    tick = Row("snapshot_ms", "  our whole snapshot at a tick", "ms",
               digits=2)

    def counted(found):
        if found["descriptors"] < DESCRIPTORS:
            raise NotMeasured(f"counted {found['descriptors']:.0f} of {DESCRIPTORS} descriptors")
        return found

    def sample(variant, _tool):
        if variant == OURS:
            found = counted(figures(output([bench.helper("census")], 60)))
            tick.add(OURS, found["snapshot-ms"])
            return {row.id: found["census-ms"]}
        if variant == WALK:
            return {row.id: counted(figures(output([bench.helper("procwalk")], 60)))["ms"]}
        start = time.monotonic()
        output([program("lsof"), "-nPw"], LSOF_LIMIT_S)
        return {row.id: (time.monotonic() - start) * 1e3}

    with started([bench.helper("fds"), str(DESCRIPTORS)], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as holder:
        holder.expect("ready", 20)
        interleave(bench.rounds, {name: bench.nothing for name in (OURS, WALK, LSOF)},
                   sample, [row])
    if row.median(OURS) and row.median(WALK):
        row.details["times_faster_than_walk"] = row.median(WALK) / row.median(OURS)
    tick.missing.update({OURS: why for variant, why in row.missing.items() if variant == OURS})
    return [row, tick]
