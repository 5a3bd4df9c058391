# SPDX-License-Identifier: BSD-2-Clause
"""How much memory a process has, and the most it ever had."""

import pathlib

RSS_GOAL_MB = 8


def memory_mb(pid):
    """VmRSS, its peak, and PSS, in MB of 1,000,000 bytes."""
    found = {}
    for name in ("status", "smaps_rollup"):
        for line in pathlib.Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace").split("\n"):
            key, _, value = line.partition(":")
            if key in ("VmRSS", "VmHWM", "Pss"):
                found[key] = int(value.split()[0]) * 1024 / 1e6
    return found
