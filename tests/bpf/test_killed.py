#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: a daemon that is killed at any moment leaves a good store, and nothing in the kernel.

usage: tests/bpf/test_killed.py build/culprit [TIMES]

Two daemons at a time, each killed again and again: while it starts, while it runs and its findings change, and while it writes
its last; by itself or with all its children, as when the power fails.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from harness import Daemon, Loop, check, summary, until

TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 16
WORKERS = 2
SEED = random.SystemRandom().randrange(1_000_000)


def bpf_objects():
    """What bpftool shows: programs by id, with their maps, and maps."""
    bpftool = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def shown(kind):
        return json.loads(subprocess.run([bpftool, "-j", kind, "show"], capture_output=True, text=True,
                                         check=True).stdout or "[]")

    return {p["id"]: set(p.get("map_ids", [])) for p in shown("prog")}, {m["id"] for m in shown("map")}


def held():
    """The programs and maps that a living process has open: others may trace this host too."""
    programs, maps = set(), set()
    for info in pathlib.Path("/proc").glob("[0-9]*/fdinfo/*"):
        try:
            text = info.read_text()
        except OSError:
            continue
        programs.update(map(int, re.findall(r"^prog_id:\t(\d+)$", text, re.M)))
        maps.update(map(int, re.findall(r"^map_id:\t(\d+)$", text, re.M)))
    return programs, maps


def left_behind(before):
    """Programs and maps that were not there before and that nobody has."""
    programs, maps = bpf_objects()
    held_programs, held_maps = held()
    used = set().union(held_maps, *(programs[p] for p in programs if p in held_programs))
    return set(programs) - held_programs - set(before[0]), maps - used - before[1]


def is_whole(store):
    """By its own last line: how many records, and a checksum over all before."""
    data = store.read_bytes()
    end = data.rindex(b"end ")
    _, records, crc = data[end:].split()
    return data.startswith(b"culprit-store 1\n") and data.endswith(b"\n") and \
        data[:end].count(b"\n") == int(records) + 1 and int(crc, 16) == zlib.crc32(data[:end])


class Killer(threading.Thread):
    """Starts and kills a daemon of its own, again and again."""

    def __init__(self, home, times, rng):
        super().__init__()
        self.home, self.times, self.rng = pathlib.Path(home), times, rng
        self.store = self.home / "store"
        self.wrong, self.killed, self.seen = [], {"starting": 0, "running": 0, "ending": 0}, set()
        self.daemon = Daemon(home, [f"captures = {home}/captures", "capture_from = info"], [f"file = {home}/lines"],
                             [f"store = {self.store}", "window_s = 4"], before=["setsid"])

    def run(self):
        for _ in range(self.times):
            try:
                self.once()
            except Exception as error:  # of a thread: told by who waits for it
                self.wrong.append(repr(error))
                return

    def once(self):
        moment = self.rng.choice(list(self.killed))
        self.daemon.start()
        process = self.daemon.process
        if moment == "starting":
            time.sleep(self.rng.uniform(0, 1.5))
        else:
            if not self.daemon.answers():
                self.wrong.append(f"it did not come up: {process.poll()}: {process.stderr.read()}")
                return
            time.sleep(self.rng.uniform(0, 0.5))
        if moment == "ending":
            process.send_signal(signal.SIGTERM)
            time.sleep(self.rng.uniform(0, 0.15))
        # With its children, or without them: these end by themselves.
        (os.killpg if self.rng.random() < 0.5 else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        self.killed[moment] += 1
        self.look(process.stderr.read())

    def look(self, said):
        if "damaged" in said or (self.home / "store.damaged").exists():
            self.wrong.append(said)
        if self.store.exists():
            self.seen.add(self.store.stat().st_mtime_ns)
            if not is_whole(self.store):
                self.wrong.append(self.store.read_text(errors="replace"))


def main():
    before = bpf_objects()
    print(f"     seed {SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="culprit-killed-") as home, Loop() as loop:
        killers = [Killer(tempfile.mkdtemp(dir=home), TIMES // WORKERS, random.Random(SEED + i)) for i in range(WORKERS)]
        for killer in killers:
            killer.start()
        while any(killer.is_alive() for killer in killers):
            loop.fail(2)  # findings that open and change, so that the store is written
            time.sleep(1)
        for killer in killers:
            killer.join()
        for killer in killers:
            check(f"killed {killer.times} times, {killer.killed}: each time the store was whole, and the next one read it",
                  not killer.wrong and sum(killer.killed.values()) == killer.times, killer.wrong)
            check("... and it was written meanwhile", len(killer.seen) > killer.times // 10, killer.seen)
            with killer.daemon as daemon:
                check("... the last one answers", daemon.ask().returncode == 0)
            left = [p.name for p in killer.home.glob("store.*") if p.name != "store.lock"]
            check("... and nothing is left beside its store", not left, left)
    left = until(lambda: (not any(left_behind(before))) or None, 20)
    check("no program and no map is left in the kernel", left, left_behind(before))
    return summary()


if __name__ == "__main__":
    sys.exit(main())
