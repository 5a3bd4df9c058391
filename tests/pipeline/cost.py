#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: what hosts with culprit cost Prometheus; the numbers of docs/pipeline.md. No test: it measures.

usage: tests/pipeline/cost.py build/culprit [HOSTS [SECONDS]]

A daemon of this host is scraped once. The real Prometheus then scrapes that page as many hosts, with dist/prometheus, and
is asked for its series, memory and CPU; a second one with a tenth of the hosts tells what a series costs from what
Prometheus itself costs.
"""
import pathlib
import re
import sys
import tempfile
import time
import urllib.request

from peers import Daemon, free_port
from stack import Stack, Web

HOSTS = int(sys.argv[2]) if len(sys.argv) > 2 else 600
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 150


def page_of(home):
    port = free_port()
    with Daemon(home, [f"metrics = {port}"], [f"file = {home}/lines"]):
        time.sleep(3)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return answer.read().decode()


def measure(home, page, hosts):
    """(series, bytes in memory, CPU seconds a second, bytes of its log a sample)."""
    home.mkdir()
    with Web() as web:
        web.pages = {"/metrics": page}
        targets = [(f"127.0.0.1:{web.port}", {"instance": f"host-{n}", "site": f"site-{n % 20}", "host_address": f"10.0.{n // 250}.{n % 250}"})
                   for n in range(hosts)]
        with Stack(home, web, targets, changes={}) as stack:
            # Its own metrics are asked for directly: it is not its own target.
            time.sleep(SECONDS / 2)
            before = own(stack)
            time.sleep(SECONDS / 2)
            after = own(stack)
            log = sum(path.stat().st_size for path in (home / "tsdb" / "wal").glob("*") if path.is_file())
    return (after["prometheus_tsdb_head_series"], after["process_resident_memory_bytes"],
            (after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]) / (SECONDS / 2),
            log / after["prometheus_tsdb_head_samples_appended_total"])


def own(stack):
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"(?m)^(\w+)(?:\{type=\"float\"\})? (\S+)$", text)}


def main():
    with tempfile.TemporaryDirectory(prefix="culprit-cost-") as home:
        home = pathlib.Path(home)
        page = page_of(home)
        names = [line for line in page.splitlines() if line and not line.startswith("#")]
        kept = [name for name in names if not re.match(r"culprit_(hook|table)_", name)]
        print(f"a host: {len(names)} series, {len(kept)} without hooks and tables, {len(page)} bytes a scrape")
        few, many = measure(home / "few", page, HOSTS // 10), measure(home / "many", page, HOSTS)
        for hosts, (series, memory, cpu, log) in ((HOSTS // 10, few), (HOSTS, many)):
            print(f"{hosts} hosts: {series:.0f} series, {memory / 1e6:.0f} MB, {100 * cpu:.1f} % of a core, "
                  f"{log:.1f} bytes of log a sample")
        print(f"a series more: {(many[1] - few[1]) / (many[0] - few[0]):.0f} bytes; a host more: "
              f"{(many[1] - few[1]) / (HOSTS - HOSTS // 10) / 1e3:.0f} kB, "
              f"{100 * (many[2] - few[2]) / (HOSTS - HOSTS // 10):.4f} % of a core")


if __name__ == "__main__":
    main()
