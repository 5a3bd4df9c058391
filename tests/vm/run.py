#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs fault scenarios in real kernels under emulation and judges what culprit says: see README.md."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

from vmlib import judge, scenario  # noqa: E402
from vmlib.guest import OWN, Guest, architecture  # noqa: E402
from vmlib.pace import Pace, probe  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
KERNELS = ("5.10", "6.1", "6.12", "7.2")
FOREIGN = ("6.1-arm64", "6.12-arm64")   # only when they are named
FULL_KERNEL = "6.1"      # without --matrix it runs those that are for it, besides the core set
CORE_LIMIT, FULL_LIMIT = 8, 40
STILL_S = 4              # a trace looks each second, and its rules judge ten at most
LATE_SHARE = 0.4         # of a trace's length: most take a second longer than asked
MAX_BOOTS = 3            # of one kernel: the cells after one that hung get a new guest
CELL_WIDTH = 11          # of the table
CELL_COST_S = 16         # of a cell beyond its trace
MOST_UNSTEADY = 2        # cells of a run that may fail once with --retry
SUBSETS = {"core": lambda s: s.core == "yes", "faults": lambda s: s.fault, "healthy": lambda s: not s.fault}


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--culprit", required=True, help="the program to test")
    parser.add_argument("--load", help="the workload program (default: tests/load beside culprit)")
    parser.add_argument("--kernels", default="", help=f'of "{" ".join(KERNELS)}" (default: all), and "{" ".join(FOREIGN)}"')
    parser.add_argument("--scenarios", default="", help='names, or "core", "faults", "healthy" (default: see --matrix)')
    parser.add_argument("--matrix", action="store_true", help="every scenario on every kernel; without: "
                        f"the core set, and on {FULL_KERNEL} those that are for it")
    parser.add_argument("--seed", type=int, help="for the parameters (default: drawn, and printed)")
    parser.add_argument("--json", metavar="FILE", help="write the result as JSON")
    parser.add_argument("--out", default="build/vm", help="directory for each cell's files (default: %(default)s)")
    parser.add_argument("--jobs", type=int, help="guests at a time (default: 2, or 1 on a busy or small machine)")
    parser.add_argument("--retry", action="store_true", help=f"run a cell that failed once more: up to {MOST_UNSTEADY} of "
                        "them, told of as unsteady, pass if they do then")
    parser.add_argument("--shell", action="store_true", help="boot one kernel and give a shell instead of running")
    return parser.parse_args()


def default_jobs():
    """A guest takes one processor at most; four at a time on two take twice as long a cell as two (measured). The median:
    one bad moment is no busy machine, and one guest at a time takes half an hour more."""
    return 2 if (os.cpu_count() or 1) >= 2 and statistics.median(probe() for _ in range(9)) > 0.8 else 1


def choose(args, scenarios):
    """Returns {kernel: [scenario]}."""
    kernels = args.kernels.split() or list(KERNELS)
    for kernel in kernels:
        if kernel not in KERNELS + FOREIGN:
            sys.exit(f"vm: no kernel {kernel}; there are: {' '.join(KERNELS + FOREIGN)}")
    wanted = []
    for word in args.scenarios.split():
        if word in SUBSETS:
            wanted += [s for s in scenarios.values() if SUBSETS[word](s) and s not in wanted]
        elif word in scenarios:
            wanted += [scenarios[word]] if scenarios[word] not in wanted else []
        else:
            sys.exit(f"vm: no scenario {word}; there are: {' '.join(scenarios)}")
    core = [s for s in scenarios.values() if s.core == "yes"]
    full = [s for s in scenarios.values() if s.core != "no"]
    if len(core) > CORE_LIMIT or len(full) > FULL_LIMIT:
        sys.exit(f"vm: {len(core)} core scenarios, at most {CORE_LIMIT}; {len(full)} on {FULL_KERNEL}, at most {FULL_LIMIT}")
    chosen = dict.fromkeys(kernels, list(scenarios.values()) if args.matrix else core)
    if FULL_KERNEL in chosen and not args.matrix:
        chosen[FULL_KERNEL] = full
    return {kernel: wanted or chosen[kernel] for kernel in kernels}


def length_s(cells):
    return sum(s.seconds + CELL_COST_S for s in cells)


def shares(chosen, jobs):
    """Returns [(kernel, its scenarios, which part of them)], the longest first: a kernel with more than a guest's fair
    share gets a second one for the rest, part 2."""
    fair_s = sum(map(length_s, chosen.values())) / jobs
    parts = []
    for kernel, cells in chosen.items():
        n = len(cells)
        while n > 1 and length_s(cells[:n]) > fair_s:
            n -= 1
        parts.append((kernel, cells[:n], 0))
        if cells[n:]:
            parts.append((kernel, cells[n:], 2))
    return sorted(parts, key=lambda part: -length_s(part[1]))


def spoilt(directory, cell):
    """Why the cell says nothing of culprit, as the machine was too busy for it; None: it does. Such a cell's files go."""
    meta = judge.read_meta(directory / "meta")
    late_s = int(meta.get("late-cs", 0)) / 100
    # Where too few processors are the fault, they are too few for the trace as well.
    starves = any("cpu-saturated" in text for text in cell.expect)
    still_s = int(meta.get("still-cs", 0)) / 100
    if meta.get("late"):
        why = "the trace ended before the injection did"
    elif still_s > STILL_S:
        why = f"the guest stood still for {still_s:.1f} s of the trace"
    elif late_s > LATE_SHARE * cell.seconds and not starves:
        why = f"the guest was so slow that the trace took {late_s:.0f} s longer than asked"
    else:
        return None
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "params":
            path.unlink()
    return why


def set_aside(directory):
    """The files of a cell that is run once more stay beside those of the second time."""
    first = directory.with_name(directory.name + ".first")
    shutil.rmtree(first, ignore_errors=True)
    directory.rename(first)
    directory.mkdir()
    shutil.copy(first / "params", directory)


class Run:
    """All cells of one call: runs them and keeps what came of each."""

    def __init__(self, args, chosen, seed):
        self.args, self.seed = args, seed
        self.culprit = pathlib.Path(args.culprit).resolve()
        self.load = pathlib.Path(args.load).resolve() if args.load else self.culprit.parent / "tests" / "load"
        self.kit = tempfile.TemporaryDirectory(prefix="culprit-vm-")
        self.fill_kit(pathlib.Path(self.kit.name), {architecture(kernel) for kernel in chosen})
        self.cache = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit"))
        self.judge = None if args.shell else judge.Judge(self.culprit)
        self.cells, self.boots, self.guests, self.unsteady = {}, {}, [], {}
        self.lock = threading.Lock()
        self.pace = Pace()
        self.pace.start()
        self.stopped = False

    def fill_kit(self, kit, architectures):
        """Copies what the guests use, so that no build and no edit changes it under them; readable for all, as
        the replay runs without rights. Another architecture's programs are built in a directory of its name."""
        kit.chmod(0o755)
        build, self.programs = self.culprit.parent, {OWN: {"CULPRIT": self.culprit, "LOAD": self.load}}
        for other in architectures - {OWN}:
            self.programs[other] = {"CULPRIT": build / other / "culprit-static", "LOAD": build / other / "tests" / "load"}
        for name, programs in self.programs.items():
            (kit / name).mkdir(mode=0o755)
            for word, program in programs.items():
                if not os.access(program, os.X_OK):
                    sys.exit(f"vm: {program} is not there; build it first")
                programs[word] = pathlib.Path(shutil.copy(program, kit / name / word.lower()))
        self.culprit = self.programs[OWN]["CULPRIT"]
        for name in ("guest", "scenarios"):
            shutil.copytree(HERE / name, kit / name)

    def guest(self, kernel, out):
        env = dict(self.programs[architecture(kernel)], VM_KERNEL=kernel)
        guest = Guest(self.cache / kernel, self.kit.name, out, env)
        self.guests.append(guest)
        return guest

    def share(self, kernel, chosen, part):
        """Runs the chosen scenarios in one boot; after a hang the rest gets another."""
        left = {s.name: s for s in chosen}
        drawn = {s.name: s.draw(self.seed, kernel) for s in chosen}
        out = pathlib.Path(self.args.out).resolve() / (f"{kernel}.{part}" if part else kernel)
        out.mkdir(parents=True, exist_ok=True)
        self.pace.tell(out / "stretch")
        for name in left:
            for old in (name, name + ".first"):
                shutil.rmtree(out / old, ignore_errors=True)
            (out / name).mkdir(parents=True)
            (out / name / "params").write_text(scenario.params_file(drawn[name]))
        again = set()
        for boot in range(MAX_BOOTS):
            guest = self.guest(kernel, out)
            begun, late = [], []

            def on_progress(word, name):
                if word == "start":
                    begun.append(name)
                elif word == "end" and name not in again and (why := spoilt(out / name, left[name])):
                    late.append(name)
                    again.add(name)
                    print(f"again {kernel:4} {name:26}        {why}", flush=True)
                elif word == "end":
                    reasons, facts = self.finish(left[name], drawn[name], out / name)
                    if reasons and name not in again and self.may_fail_once(kernel, name, reasons):
                        set_aside(out / name)
                        late.append(name)
                        again.add(name)
                        print(f"again {kernel:4} {name:26}        {'; '.join(reasons)}", flush=True)
                    else:
                        self.record(kernel, left.pop(name), drawn[name], reasons, facts)

            wrong = guest.run([(s.name, s.seconds) for s in left.values()], on_progress)
            self.boots.setdefault(kernel, []).append({"release": guest.release, "boot_s": guest.boot_s, "wrong": wrong})
            if self.stopped:
                return
            if not left:
                break
            shutil.copy(out / "console.log", out / f"console-{boot + 1}.log")
            hung = begun[-1] if begun and begun[-1] in left and begun[-1] not in late else None
            excuse = guest.emulator_failed()
            if hung and excuse and hung not in again:
                again.add(hung)
                print(f"again {kernel:4} {hung:26}        {excuse}: {wrong}", flush=True)
            elif hung:
                self.record(kernel, left.pop(hung), drawn[hung], [f"guest: {wrong}"], {})
            elif boot > 0 and not late:
                break
        for name, cell in left.items():
            self.record(kernel, cell, drawn[name], [f"not run: {wrong or 'the guest ended early'}"], {})

    def may_fail_once(self, kernel, name, reasons):
        with self.lock:
            if not self.args.retry or len(self.unsteady) >= MOST_UNSTEADY:
                return False
            self.unsteady[kernel, name] = reasons
            return True

    def finish(self, cell, drawn, directory):
        """Judges a cell that ended: (what is wrong, facts for the table)."""
        try:
            reasons, facts = self.judge.cell(cell, drawn, directory)
        except Exception as error:  # a cell that cannot be judged has failed
            reasons, facts = [f"cannot be judged: {error!r}"], {}
        meta = judge.read_meta(directory / "meta")
        times = {key[3:]: float(value) for key, value in meta.items() if key.startswith("at-")}
        if "prepare" in times and "down" in times:
            facts["wall_s"] = round(times["down"] - times["prepare"], 1)
        facts["stretch"] = int(meta.get("stretch", 100))
        if "trace" in times and "inject" in times:
            facts["attach_s"] = round(times["inject"] - times["trace"], 1)
        return reasons, facts

    def record(self, kernel, cell, drawn, reasons, facts):
        with self.lock:
            self.cells[kernel, cell.name] = dict(
                kernel=kernel, scenario=cell.name, outcome="failed" if reasons else "passed",
                reasons=reasons, params=drawn, **facts)
            words = " ".join(f"{key}={value}" for key, value in drawn.items())
            print(f"{'FAIL' if reasons else 'ok  '} {kernel:5} {cell.name:26} {facts.get('wall_s', ''):>5}  {words}")
            for reason in reasons:
                print(f"       {reason}")
            sys.stdout.flush()

    def all(self, chosen):
        with concurrent.futures.ThreadPoolExecutor(max_workers=self.args.jobs) as pool:
            futures = [pool.submit(self.share, *share) for share in shares(chosen, self.args.jobs)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self.stopped = True
                for future in futures:
                    future.cancel()
                for guest in self.guests:
                    guest.kill()
                raise


def print_table(run, chosen):
    names = list(dict.fromkeys(s.name for cells in chosen.values() for s in cells))
    kernels = [kernel for kernel in KERNELS + FOREIGN if kernel in chosen]
    width = max(map(len, names))
    print("\n" + " " * width + "".join(f"{kernel:>{CELL_WIDTH}}" for kernel in kernels))
    for name in names:
        row = ""
        for kernel in kernels:
            cell = run.cells.get((kernel, name))
            asked = any(s.name == name for s in chosen[kernel])
            row += f"{('ok' if cell['outcome'] == 'passed' else 'FAIL') if cell else 'FAIL' if asked else '-':>{CELL_WIDTH}}"
        print(f"{name:{width}}{row}")


def print_failures(run, chosen):
    """Once more, under the table: what a log that was cut still has."""
    for kernel, cells in chosen.items():
        for s in cells:
            cell = run.cells.get((kernel, s.name), dict(outcome="failed", reasons=["it did not run"], params={}))
            if cell["outcome"] != "passed":
                words = " ".join(f"{key}={value}" for key, value in cell["params"].items())
                print("\n".join([f"FAIL {kernel} {s.name} {words}", *(f"     {text[:300]}" for text in cell["reasons"])]))


def print_unsteady(run):
    """What passed at the second time only is worth a look, and is told: it did not pass the first time."""
    for (kernel, name), reasons in run.unsteady.items():
        if run.cells.get((kernel, name), {}).get("outcome") == "passed":
            print("\n".join([f"unsteady {kernel} {name}: failed, then passed", *(f"     {text[:300]}" for text in reasons)]))


def write_json(path, run, seed, seconds):
    result = {"seed": seed, "seconds": round(seconds, 1), "boots": run.boots,
              "unsteady": [{"kernel": kernel, "scenario": name, "reasons": reasons} for (kernel, name), reasons in run.unsteady.items()],
              "cells": list(run.cells.values())}
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


def main():
    args = parse_args()
    scenarios = scenario.load_all(HERE / "scenarios")
    chosen = choose(args, scenarios)
    seed = random.SystemRandom().randrange(1_000_000) if args.seed is None else args.seed
    run = Run(args, chosen, seed)
    if subprocess.run([HERE / "kernels", *chosen], check=False).returncode:
        sys.exit("vm: no kernels to boot")
    if args.shell:
        kernel = list(chosen)[0]
        run.guest(kernel, pathlib.Path(args.out).resolve() / kernel).run([], interactive=True)
        return 0
    args.jobs = args.jobs or default_jobs()
    print(f"seed {seed}, {args.jobs} at a time", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    run.all(chosen)
    seconds = time.monotonic() - started
    print_table(run, chosen)
    print_failures(run, chosen)
    print_unsteady(run)
    if args.json:
        write_json(args.json, run, seed, seconds)
    asked = sum(len(cells) for cells in chosen.values())
    passed = sum(cell["outcome"] == "passed" for cell in run.cells.values())
    print(f"\nseed {seed}, {seconds:.0f} s; each cell's files are in {args.out}/KERNEL/SCENARIO, or KERNEL.2/")
    print(f"{passed} passed, {asked - passed} failed")
    return 0 if passed == asked else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("vm: stopped")
