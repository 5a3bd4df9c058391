# SPDX-License-Identifier: BSD-2-Clause
"""How much of a processor this machine has left for a guest. On a busy machine everything in the guest takes longer,
the injection too; the guest then lengthens its traces as much (guest/cell)."""

import threading
import time

MAX_STRETCH = 3
EVERY_S, PROBE_S = 2, 0.05
# One probe may meet the moments in which all guests begin a trace at once; a trace lasts longer than those.
KEEP = 0.85   # of the mean so far with each probe: half of it is forgotten in 9 s
# The guests' own load takes this much from the probe on an otherwise idle machine of two processors.
QUIET_SHARE = 0.55


class Pace(threading.Thread):
    """Measures now and then, and tells by writing per cent of a trace's length into each file of `files`."""

    def __init__(self):
        super().__init__(daemon=True)
        self.files = set()
        self.percent = 100

    def tell(self, path):
        self.files.add(path)
        path.write_text(f"{self.percent}\n")

    def run(self):
        share = probe()
        while True:
            share = KEEP * share + (1 - KEEP) * probe()
            self.percent = round(100 * max(1, min(MAX_STRETCH, QUIET_SHARE / share)))
            for path in tuple(self.files):
                path.write_text(f"{self.percent}\n")
            time.sleep(EVERY_S)


def probe():
    """The share of a processor that a thread gets which wants it all."""
    wall, cpu = time.perf_counter(), time.thread_time()
    while time.perf_counter() - wall < PROBE_S:
        pass
    return max(0.01, (time.thread_time() - cpu) / (time.perf_counter() - wall))
