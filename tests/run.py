#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs test programs and adds their results up.

usage: tests/run.py [--log DIR] [--jobs N] NAME=COMMAND...

Each command's own count is read from its output: cmocka's closing lines, or a plain
"N passed, N failed[, N skipped]". A command that fails without counting a failure, that counts
nothing, or that runs into its time limit is a failure of its own. Before the sum, which is the last line, what failed is
told once more, a line each: of a long output, often only the end is kept. With --retry N, up to N programs that fail are
run once more, and told of as unsteady where they pass then: for tests that meet a live kernel on a busy machine.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.$", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] .*?(\d+) test\(s\), listed below:$", re.M)
UNSTEADY = re.compile(r"^unsteady .*(?:\n {4}.*)*", re.M)
FAILED_LINE = re.compile(r"^\s*((?:FAIL |\[  FAILED  \] )\S.*)$", re.M)
AGAIN, AGAIN_WIDTH = 20, 400
CMOCKA_SKIPPED = re.compile(r"^\[  SKIPPED \] (\d+) test\(s\), listed below:$", re.M)


def count(output):
    """(passed, failed, skipped) by what the program said of itself."""
    plain = PLAIN.findall(output)
    if plain:
        passed, failed, skipped = plain[-1]
        return int(passed), int(failed), int(skipped or 0)
    return (sum(map(int, CMOCKA_PASSED.findall(output))),
            sum(map(int, CMOCKA_FAILED.findall(output))),
            sum(map(int, CMOCKA_SKIPPED.findall(output))))


def what_failed(output):
    """The lines by which a program tells of a failed test, each once; those of its own programs among them."""
    found = dict.fromkeys(line.rstrip()[:AGAIN_WIDTH] for line in FAILED_LINE.findall(output))
    return [line for line in found if not CMOCKA_FAILED.match(line)][:AGAIN]


def run(name, command, limit, log):
    """Runs it and prints its line, and its end where something failed; (passed, failed, skipped), what failed, and what
    it called unsteady itself."""
    start = time.monotonic()
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        line = f"FAIL {name}: {error}"
        print(line, flush=True)
        return (0, 1, 0), [line], []
    try:
        output, timed_out = process.communicate(timeout=limit)[0], False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, timed_out = process.communicate()[0], True
    output = output.decode("utf-8", "replace")
    if log:
        os.makedirs(log, exist_ok=True)
        with open(os.path.join(log, name.replace("/", "-") + ".log"), "w", encoding="utf-8") as f:
            f.write(output)
    passed, failed, skipped = count(output)
    why = ""
    if timed_out:
        failed, why = failed + 1, f"ran into its limit of {limit} s"
    elif process.returncode != 0 and failed == 0:
        failed, why = 1, f"exit status {process.returncode}"
    elif passed + failed == 0:
        failed, why = 1, "ran no test"
    seconds = time.monotonic() - start
    line = (f"{'ok  ' if failed == 0 else 'FAIL'} {name}: {passed} passed, {failed} failed"
            f"{f', {skipped} skipped' if skipped else ''} ({seconds:.1f} s){' ' + why if why else ''}")
    # At once, as others run beside it.
    print("\n".join([line, *("    " + text for text in (output.splitlines()[-60:] if failed else []))]) + "\n", end="", flush=True)
    failures = [line, *("    " + text for text in what_failed(output))] if failed else []
    return (passed, failed, skipped), failures, UNSTEADY.findall(output)


def run_again(test, retries):
    """The same, and once more when it failed and a retry is left; in the same place of the pool, so that nothing more runs beside it."""
    result, failures, told = run(*test)
    if not failures or not retries.acquire(blocking=False):
        return result, failures, told
    first = failures
    result, failures, told = run(*test)
    if not failures:
        told = [*told, "\n".join([f"unsteady {test[0]}: failed, then passed", *("    " + line for line in first)])]
    return result, failures, told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", help="keep each program's output here")
    parser.add_argument("--limit", type=int, default=300, help="seconds a program may take")
    parser.add_argument("--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("--skip-fails", action="store_true", help="a skipped test counts as failed")
    parser.add_argument("--retry", type=int, default=0, metavar="N", help="so many failed programs are run once more")
    parser.add_argument("tests", nargs="+", metavar="NAME=COMMAND")
    args = parser.parse_args()
    total, again, unsteady, retries = [0, 0, 0], [], [], threading.Semaphore(args.retry)
    pool = concurrent.futures.ThreadPoolExecutor(args.jobs)
    tests = [(name, shlex.split(command), args.limit, args.log) for name, _, command in (test.partition("=") for test in args.tests)]
    for future in [pool.submit(run_again, test, retries) for test in tests]:
        result, failures, told = future.result()
        unsteady += told
        total, again = [a + b for a, b in zip(total, result)], again + failures
    passed, failed, skipped = total
    if args.skip_fails:
        failed, skipped = failed + skipped, 0
    if unsteady:
        print("\n".join(unsteady))
    if again:
        print("what failed:\n" + "\n".join(again))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
