# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of leaks share: the workload program, and what a trace says about one process."""
import json
import pathlib
import subprocess

from harness import CULPRIT, check, stop

LOAD = pathlib.Path(CULPRIT).parent / "tests" / "load"


def load(command, name, *options, seconds=90):
    """A job of the workload program, by this name."""
    return subprocess.Popen([LOAD, command, "-N", name, "-t", str(seconds), *map(str, options)], stdout=subprocess.DEVNULL)


def traced(seconds, start):
    """A trace; the jobs that start() returns are started once it is attached, and ended after it. The lines, and the jobs."""
    trace = subprocess.Popen([CULPRIT, "trace", "-d", str(seconds), "--json"], stdout=subprocess.PIPE, text=True)
    first = trace.stdout.readline()
    jobs = start()
    try:
        rest, _ = trace.communicate(timeout=seconds + 60)
    finally:
        for job in jobs:
            stop(job)
    return [json.loads(text) for text in [first, *rest.splitlines()]], jobs


def context(finding, label):
    return [c["text"] for c in finding["context"] if c["label"] == label]


def evidence(finding, name):
    return [e["text"] for e in finding["evidence"] if e["name"] == name]


def findings(lines):
    return [l for l in lines if l["type"] == "finding" and l["severity"] != "info"]


def leaks(lines):
    return [l for l in findings(lines) if l["class"] == "connection-leak" or l["kind"] == "fd-exhaustion"]


def of(lines, pid):
    """The findings of a leak by one process."""
    return [l for l in lines if l["type"] == "finding" and l["class"] == "connection-leak" and l["subject"].get("pid") == pid]


def named(lines, pid, name, kind):
    """Whether its last finding is that one; the latest that has a call site, or else the last."""
    found = of(lines, pid)
    if not check(f"{name}: {kind}", found and found[-1]["kind"] == kind, (found, lines[-1])):
        return None
    return ([l for l in found if context(l, "opened")] or found)[-1]


def by_install():
    """Whether what is armed sees each descriptor that is installed (fentry), and not only those of system calls."""
    shown = json.loads(subprocess.run([CULPRIT, "probes", "--json"], capture_output=True, text=True, check=True).stdout)
    return "fentry" in next(p for p in shown["probes"] if p["name"] == "leak.open")["via"]
