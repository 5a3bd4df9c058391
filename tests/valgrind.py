#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays under valgrind: the program as it is shipped reads nothing that was not written, and frees all.

usage: tests/valgrind.py CULPRIT [EACH]

Each EACH-th of the captures of tests/replay (all when unsaid) as JSON lines, some of these as text with all events and as metrics too; and
each command that needs no rights. What is live is not run: valgrind does not know what bpf() writes. As many at a time as there
are processors.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible"]
COMMANDS = (["help"], ["schema"], ["explain", "path-loss"], ["explain", "path-los"], ["--version"], ["daemon", "--check-config"],
            ["replay", "/dev/null"])


def run(words):
    """What is wrong with it, or nothing. It may refuse; it may not be told by valgrind."""
    done = subprocess.run(VALGRIND + words, capture_output=True, text=True, check=False, timeout=600)
    told = [line for line in done.stderr.splitlines() if line.startswith("==")]
    return "" if done.returncode in (0, 1, 2) and not told else f"exit {done.returncode}\n" + "\n".join(told[:40] or [done.stderr])


def main():
    program = os.path.abspath(sys.argv[1])
    each = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    captures = sorted((HERE / "replay").glob("*.events"))[::each]
    with tempfile.TemporaryDirectory(prefix="culprit-valgrind-") as home, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {" ".join(words): pool.submit(run, [program, *words]) for words in COMMANDS}
        for capture in captures:
            runs[capture.stem] = pool.submit(run, [program, "replay", "--json", str(capture)])
        for capture in captures[::10]:
            runs[f"{capture.stem}, as text"] = pool.submit(run, [program, "replay", "--events", str(capture), "--metrics-file",
                                                                 f"{home}/{capture.stem}"])
        wrong = {name: found for name, future in runs.items() if (found := future.result())}
    for name, found in wrong.items():
        print(f"FAIL {name}: {found}")
    print(f"{len(runs) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
