#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures what culprit costs, beside other tools, in one run.

usage: tests/bench/run.py --culprit build/culprit --json build/bench.json [--quick] [--only LIST]

Needs root, fio, lsof and libbpf-tools (make deps-bench). Everything is made by the bench itself and
goes with it: loop devices in memory, network namespaces of its own processes, the kernel's run-time
statistics held by a descriptor. Each variant (none, ours, a rival) is measured in every round, in
an order that turns. The bench reports and asserts nothing: the exit status is 1 only when something
could not be measured, which the table then says.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import signal
import sys
import time

from benchlib import calls, census, daemons, decoding, footprint, hooks, iops, latency, sockets, table
from benchlib.children import tracers
from benchlib.helpers import Helpers
from benchlib.rows import NotMeasured, OutOfTime, Row

# name, what it measures, the most seconds it may take, and in a quick run.
MEASUREMENTS = (
    ("hooks", hooks.measure_hooks, 190, 45),
    ("iops", iops.measure_iops, 80, 15),
    ("census", census.measure_census, 120, 30),
    ("syscalls", calls.measure_syscalls, 75, 20),
    ("tcp", calls.measure_tcp, 105, 25),
    ("sockets", sockets.measure_sockets, 60, 15),
    ("decode", decoding.measure_decode, 30, 10),
    ("latency", latency.measure_latency, 120, 25),
    ("footprint", footprint.measure_footprint, 60, 15),
    ("idle", footprint.measure_idle, 60, 20),
    ("daemons", daemons.measure_daemons, 420, 45),
)
TOTAL_LIMIT_S, QUICK_LIMIT_S = 1050, 170
ROUNDS, QUICK_ROUNDS = 5, 1
AGAIN_S = 5  # what goes on after its limit is stopped again; its cleaning up takes less


class Bench:
    """What every measurement gets."""

    def __init__(self, args):
        self.quick = args.quick
        self.rounds = QUICK_ROUNDS if args.quick else ROUNDS
        self.build = pathlib.Path(args.culprit).resolve().parent
        helpers = Helpers(self.build)
        self.helper = helpers.path
        # All figures are of one binary, also when somebody builds meanwhile.
        self.culprit = helpers.copy(args.culprit)
        self.nothing = contextlib.nullcontext


def machine():
    """On what, and how busy it was before the first measurement."""
    load = os.getloadavg()[0]
    cpu = next((line.partition(":")[2].strip()
                for line in pathlib.Path("/proc/cpuinfo").read_text("utf-8").split("\n")
                if line.startswith("model name")), platform.machine())
    return {"kernel": platform.release(), "cpus": os.cpu_count(), "cpu": cpu,
            "load_before": load, "busy": load > 0.25 * os.cpu_count(), "others": tracers()}


def on_alarm(_signal, _frame):
    raise OutOfTime("took too long")


def on_interrupt(_signal, _frame):
    raise KeyboardInterrupt


def measure(bench, name, function, limit):
    """The rows of one measurement, within its limit."""
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN_S)
    try:
        return function(bench)
    except NotMeasured as why:
        return [Row(name, name, "all", missing={"all": str(why)})]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(bench, only):
    """All rows, within the total limit."""
    end = time.monotonic() + (QUICK_LIMIT_S if bench.quick else TOTAL_LIMIT_S)
    rows = []
    for name, function, limit, quick_limit in MEASUREMENTS:
        if only and name not in only:
            continue
        start = time.monotonic()
        left = min(quick_limit if bench.quick else limit, end - start)
        if left < 1:
            rows.append(Row(name, name, "all", missing={"all": "no time left"}))
            continue
        found = measure(bench, name, function, left)
        missing = any(row.missing for row in found)
        print(f"bench: {name}: {time.monotonic() - start:.0f} s"
              f"{', not all measured' if missing else ''}", file=sys.stderr, flush=True)
        rows += found
    return rows


def main():
    parser = argparse.ArgumentParser(description="What culprit costs, beside other tools.")
    parser.add_argument("--culprit", default="build/culprit")
    parser.add_argument("--json", help="write all samples here")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--only", help="comma list of: " + ", ".join(m[0] for m in MEASUREMENTS))
    args = parser.parse_args()
    only = args.only.split(",") if args.only else []
    unknown = set(only) - {m[0] for m in MEASUREMENTS}
    if unknown:
        parser.error(f"unknown measurement: {', '.join(sorted(unknown))}")
    if os.geteuid() != 0:
        print("bench: needs root: sudo make bench", file=sys.stderr)
        return 1
    signal.signal(signal.SIGALRM, on_alarm)
    # Set, not left: a shell starts background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_interrupt)
    host = machine()
    start = time.monotonic()
    try:
        rows = run(Bench(args), only)
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    print(f"\nculprit bench, Linux {host['kernel']}, {host['cpus']} x {host['cpu']}, "
          f"{time.monotonic() - start:.0f} s{', quick' if args.quick else ''}")
    if host["busy"]:
        print(f"the machine was busy (load {host['load_before']:.1f}): the figures are noise")
    if host["others"]:
        print(f"others had BPF programs attached: {', '.join(host['others'])}")
    print(table.format_table(rows))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"schema": "culprit-bench/1", "host": host, "quick": args.quick,
                       "rows": table.as_json(rows)}, file, indent=1)
            file.write("\n")
    return 1 if any(row.missing for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
