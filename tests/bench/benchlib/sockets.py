# SPDX-License-Identifier: BSD-2-Clause
"""What one look at all TCP sockets takes."""

from .children import figures, output
from .rows import OURS, NotMeasured, Row, interleave

SOCKETS, QUICK_SOCKETS = 20_000, 2_000


def measure_sockets(bench):
    """ms for a snapshot of the TCP probes while so many sockets are open, of these for the sample, and ns a socket."""
    count = QUICK_SOCKETS if bench.quick else SOCKETS
    row = Row("socket_sample_ms", f"sample of {count:,} TCP sockets", "ms", digits=2)
    each = Row("socket_sample_ns", "  for each of them", "ns", digits=0)

    def sample(_variant, _tool):
        found = figures(output([bench.helper("sockets"), str(count)], 60))
        if found["sockets"] != count:
            raise NotMeasured(f"saw {found['sockets']:.0f} of {count} sockets")
        took = found["sample-ms"] - found["without-ms"]
        return {row.id: took, each.id: took * 1e6 / count}

    interleave(bench.rounds, {OURS: bench.nothing}, sample, [row, each])
    return [row, each]
