# SPDX-License-Identifier: BSD-2-Clause
"""What a daemon takes beside those that a collector host runs anyway: idle, and while the host works."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.request

from .children import DETACH_S, program, started
from .footprint import CPU_GOAL_PERCENT, SETTLE_S, idle_percent
from .iops import fio_command
from .latency import wait_for_status
from .loopdev import loop_device
from .memory import RSS_GOAL_MB, memory_mb
from .rows import OURS, Row, at_most, interleave

IOPS, CONNECTIONS = 5000, 1000
DEVICE_BYTES = 64 << 20
PORT = 19100
SCRAPE_S = 5   # Prometheus' own default is 60 s, 15 s is common; of 5 s it is the share of CPU that is told
START_S = 10
# Unpacked by make deps-bench, not installed: a package would start its service.
UNPACKED = pathlib.Path("servers/usr")


@contextlib.contextmanager
def our_daemon(bench):
    """The daemon as it is shipped, but for its store."""
    environment = dict(os.environ, CULPRIT_GENERAL_STORE="none")
    with started([bench.culprit, "daemon"], stdout=subprocess.PIPE, env=environment) as child:
        wait_for_status(child)
        yield child
    time.sleep(DETACH_S)


def unpacked(bench, name):
    """The path of a program that may be unpacked only."""
    for folder in ("bin", "sbin"):
        path = bench.build / UNPACKED / folder / name
        if os.access(path, os.X_OK):
            return str(path)
    return program(name)


def scrape(stop):
    """As Prometheus does, until it is told to stop."""
    while not stop.wait(SCRAPE_S):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=2).read()


@contextlib.contextmanager
def node_exporter(bench):
    """prometheus-node-exporter, scraped."""
    stop = threading.Event()
    scraper = threading.Thread(target=scrape, args=(stop,))
    with started([unpacked(bench, "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{PORT}"]) as child:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=2).read()
                break
            except OSError:
                if time.monotonic() > deadline or child.process.poll() is not None:
                    child.fail("did not answer")
                time.sleep(0.1)
        scraper.start()
        try:
            yield child
        finally:
            stop.set()
            scraper.join()


@contextlib.contextmanager
def rasdaemon(bench):
    """rasdaemon in the foreground, with a tracefs of its own where the host has none mounted."""
    script = ('[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing\n'
              '[ -d /sys/kernel/debug/tracing ] || mount -t debugfs debugfs /sys/kernel/debug\n'
              'exec "$@"')
    command = [program("unshare"), "-m", "sh", "-c", script, "rasdaemon", unpacked(bench, "rasdaemon"), "-f"]
    libraries = sorted({str(path.parent) for path in (bench.build / UNPACKED / "lib").rglob("*.so*")})
    with started(command, env=dict(os.environ, LD_LIBRARY_PATH=":".join(libraries))) as child:
        time.sleep(SETTLE_S)
        if child.process.poll() is not None:
            child.fail("ended early")
        yield child


@contextlib.contextmanager
def busy_host(bench, device, seconds):
    """So many reads and connections a second, for the time of the `with` at most."""
    with started(fio_command(device, seconds) + [f"--rate_iops={IOPS // 2}"]), \
            started([bench.helper("tcprate"), str(seconds), str(CONNECTIONS)]):
        time.sleep(SETTLE_S)
        yield


def says_itself(child):
    """CPU with its programs in the kernel, as its last verdict has it: over its whole run."""
    child.process.terminate()
    last = None
    while (line := child.line(2)) is not None:
        found = json.loads(line[0])
        last = found["overhead"]["cpu_percent"] if "cpu_percent" in found.get("overhead", {}) else last
    return last


def measure_daemons(bench):
    """CPU and memory of the daemon, of prometheus-node-exporter and of rasdaemon: idle, then under load."""
    load = f"  at {IOPS:,} reads, {CONNECTIONS:,} connections a second"
    rows = [Row("daemon_idle_cpu_percent", "CPU of a daemon while idle, of one core", "%", f"<= {CPU_GOAL_PERCENT}",
                at_most(CPU_GOAL_PERCENT), digits=3),
            Row("daemon_busy_cpu_percent", load, "%", f"<= {CPU_GOAL_PERCENT}", at_most(CPU_GOAL_PERCENT), digits=3),
            Row("daemon_idle_rss_mb", "resident memory of a daemon while idle", "MB", f"<= {RSS_GOAL_MB}",
                at_most(RSS_GOAL_MB)),
            Row("daemon_busy_rss_mb", load, "MB", f"<= {RSS_GOAL_MB}", at_most(RSS_GOAL_MB))]
    itself = Row("daemon_says_cpu_percent", "  with its programs in the kernel, as it says", "%", digits=3)
    seconds = 3 if bench.quick else 15   # a daemon looks each 5 s

    def sample(variant, child, device):
        time.sleep(SETTLE_S)
        found = {rows[0].id: idle_percent(child, seconds), rows[2].id: memory_mb(child.pid)["VmRSS"]}
        with busy_host(bench, device, seconds + 10):
            found[rows[1].id] = idle_percent(child, seconds)
            found[rows[3].id] = memory_mb(child.pid)["VmRSS"]
            if variant == OURS and (said := says_itself(child)) is not None:
                itself.add(OURS, said)
        return found

    with loop_device(DEVICE_BYTES, direct=True) as device:
        interleave(1 if bench.quick else 3,
                   {OURS: lambda: our_daemon(bench), "node-exporter": lambda: node_exporter(bench),
                    "rasdaemon": lambda: rasdaemon(bench)},
                   lambda variant, child: sample(variant, child, device), rows)
    return [*rows[:2], itself, *rows[2:]]
