# SPDX-License-Identifier: BSD-2-Clause
"""From a failed read to the line that says so: quiet, and during a storm of retransmits."""

import contextlib
import json
import mmap
import os
import subprocess
import time

from .children import figures, started
from .loopdev import loop_device
from .memory import RSS_GOAL_MB, memory_mb
from .rows import OURS, NotMeasured, Row, at_most, guarded

GOAL_MS = 100
DEVICE_BYTES = 1 << 20
HEALTHY_READS = 20   # so that the device is known, and known as good
FINDING_LIMIT_S = 8  # no line until then: it is not coming
START_LIMIT_S = 20
STORM_SETTLE_S = 2


def read_block(device):
    """One direct read past every cache: bytes read, or the errno that it failed with."""
    fd = os.open(device.path, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    try:
        with mmap.mmap(-1, 4096) as buffer:
            return os.preadv(fd, [buffer], 0), 0
    except OSError as error:
        return 0, error.errno
    finally:
        os.close(fd)


def next_line(trace, deadline):
    """(line as a dictionary, when it came), or None after the deadline."""
    line = trace.line(max(0, deadline - time.monotonic()))
    return line and (json.loads(line[0]), line[1])


def wait_for_status(trace):
    """The first status line: everything is attached. Returns when it came."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        found = next_line(trace, deadline)
        if not found:
            trace.fail("wrote no status line")
        if found[0].get("type") == "status":
            return found[1]


def names(line, device):
    """Whether a line is the finding about this device."""
    return (line.get("type") == "finding" and line.get("class") == "hardware"
            and line.get("subject", {}).get("name") == device.name)


def error_to_line(trace, device):
    """ms from the failed read's return to the finding on stdout."""
    device.truncate()
    read, error = read_block(device)
    failed_at = time.monotonic()
    if not error:
        raise NotMeasured(f"the read of a truncated device gave {read} bytes, no error")
    while True:
        found = next_line(trace, failed_at + FINDING_LIMIT_S)
        if not found:
            raise NotMeasured(f"no finding within {FINDING_LIMIT_S} s of a failed read")
        if names(found[0], device):
            return (found[1] - failed_at) * 1e3


def samples(bench, row, memory, count):
    """One trace, `count` fresh devices, a new finding each; then how much memory it has."""
    with contextlib.ExitStack() as stack:
        devices = [stack.enter_context(loop_device(DEVICE_BYTES)) for _ in range(count)]
        trace = stack.enter_context(started([bench.culprit, "trace", "-d", "120", "--json"],
                                            stdout=subprocess.PIPE))
        wait_for_status(trace)
        for device in devices:
            for _ in range(HEALTHY_READS):
                read_block(device)
        time.sleep(1.5)  # past the baseline
        for i, device in enumerate(devices):
            time.sleep(0.05 + 0.037 * (i % 7))  # at any phase of the tick
            row.add(OURS, error_to_line(trace, device))
        memory.add(OURS, memory_mb(trace.pid)["VmRSS"])


def percentile(values, percent):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def p99(row):
    """The goal is on the 99th percentile, not on the median."""
    return percentile(row.samples[OURS], 99) <= GOAL_MS


def finish(row):
    """The percentiles in place of median and spread."""
    values = row.samples.get(OURS)
    if values:
        row.details.update(p50_ms=percentile(values, 50), p99_ms=percentile(values, 99),
                           samples=len(values))
        row.show = {OURS: (f"{percentile(values, 50):.1f}", f"p99 {percentile(values, 99):.1f}"
                           f" of {len(values)}", "")}


def measure_latency(bench):
    """Quiet and storm. Several short traces, so that every finding is a first one."""
    quiet = Row("error_to_line_ms", "failed read to its line on stdout", "ms", "p99 <= 100", p99)
    stormy = Row("error_to_line_storm_ms", "  during a storm of retransmits", "ms", "p99 <= 100",
                 p99)
    calm = Row("rss_findings_mb", "  resident memory then, quiet", "MB", f"<= {RSS_GOAL_MB}",
               at_most(RSS_GOAL_MB))
    after_storm = Row("rss_storm_mb", "  resident memory then, storm", "MB", f"<= {RSS_GOAL_MB}",
                      at_most(RSS_GOAL_MB))
    traces, devices = (1, 6) if bench.quick else (4, 15)
    with guarded(quiet):
        for _ in range(traces):
            samples(bench, quiet, calm, devices)
    with guarded(stormy), \
         started([bench.helper("storm"), "120"], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as storm:
        storm.expect("ready", 20)
        time.sleep(STORM_SETTLE_S)
        for _ in range(traces):
            samples(bench, stormy, after_storm, devices)
        storm.stdin.close()
        line = storm.line(10)
        if line:
            found = figures(line[0])
            rate = found["retransmits"] / found["seconds"]
            stormy.details["retransmits_per_s"] = rate
            stormy.what = f"  during {rate:,.0f} retransmits a second"
    for row in (quiet, stormy):
        finish(row)
    calm.missing, after_storm.missing = quiet.missing, stormy.missing
    return [quiet, stormy, calm, after_storm]
