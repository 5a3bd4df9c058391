# SPDX-License-Identifier: BSD-2-Clause
"""Events through one core: from the ring's records, and from a capture's text, into the model."""

from .children import figures, output
from .rows import OURS, NotMeasured, Row, at_least

GOAL_PER_S = 4e6


def measure_decode(bench):
    """Events per second of a synthetic mix (see synthetic.c)."""
    binary = Row("events_per_s", "events, ring record to model, one core", "1/s",
                 ">= 4,000,000", at_least(GOAL_PER_S), digits=0)
    text = Row("text_events_per_s", "  decoded from a capture's text", "1/s", digits=0)
    rows = [binary, text]
    try:
        for _ in range(bench.rounds):
            found = figures(output([bench.helper("decode"), "0.2" if bench.quick else "0.5"], 30))
            binary.add(OURS, found["binary-per-s"])
            text.add(OURS, found["text-per-s"])
    except NotMeasured as why:
        for row in rows:
            row.missing[OURS] = str(why)
    return rows
