#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays every capture of this directory and holds it to what it says of itself.

usage: tests/replay/run.py PROGRAM [--update] [NAME...]      PROGRAM: its words, as in a shell

For each NAME.events:
  same bytes  what `PROGRAM replay NAME.events --json` prints is NAME.expected, byte for byte
  opens       the findings that are opened are those that its comments expect, and no others
  fault       without the events that the comments call the fault, no finding is opened
  across      with the thresholds that the comments give, no finding is opened, or the one named is
  report      where there is a NAME.report: the page for people is that, byte for byte, and fits a screen
  least, most the last confidence of that kind is within what the comments say
  caused      the causes that a finding names last are those of the comments
  leads       the last verdict's message, which is the report's first line, begins as the comments say
The comments are explained in make_events.py. --update writes NAME.expected anew: look at the difference
before you keep it. Prints a line for each check; the last one is "N passed, N failed".
"""
import argparse
import collections
import difflib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LINE_MAX = 7168


class Capture:
    def __init__(self, path):
        self.name = path.stem
        self.path = path
        self.expected = path.with_suffix(".expected")
        self.report = path.with_suffix(".report")
        lines = path.read_text(encoding="utf-8").splitlines()
        self.header = lines[0]
        self.lines = [line for line in lines[1:] if not line.startswith("#")]
        self.says = collections.defaultdict(list)
        for line in lines[1:]:
            comment = re.match(r"# (\w+): (.*)", line)
            if comment:
                self.says[comment[1]].append(comment[2])

    def expects(self):
        return sorted(e for e in self.says["expect"] if e != "none")

    def without_fault(self):
        """The capture less every line that one of the `fault` comments describes."""
        faults = [fault.split() for fault in self.says["fault"]]

        def is_fault(line):
            event, *fields = line.split(" ")[1:]
            return any(event == fault[0] and all(f in fields for f in fault[1:]) for fault in faults)

        return [line for line in self.lines if not is_fault(line)]

    def with_settings(self, settings):
        """The capture with these settings right after its host."""
        at = next(i for i, line in enumerate(self.lines) if line.split(" ")[1] == "host") + 1
        time = self.lines[at - 1].split(" ")[0]
        config = [f"{time} config key={k} value={v}" for k, v in (s.split("=") for s in settings)]
        return self.lines[:at] + config + self.lines[at:]


class Runner:
    def __init__(self, program):
        self.program = program
        self.passed = self.failed = 0

    def check(self, what, problem):
        """problem: None or empty when all is well."""
        if problem:
            self.failed += 1
            print(f"FAIL {what}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {what}", flush=True)

    def replay(self, path, *options):
        run = subprocess.run([*self.program, "replay", str(path), *options], capture_output=True,
                             timeout=60, check=False)
        if run.returncode != 0 or run.stderr:
            raise RuntimeError(f"exit status {run.returncode}: {run.stderr.decode(errors='replace')}")
        return run.stdout

    def replay_lines(self, capture, lines):
        with tempfile.NamedTemporaryFile("w", suffix=".events", encoding="utf-8") as f:
            f.write("\n".join([capture.header, *lines]) + "\n")
            f.flush()
            return self.replay(f.name, "--json")


def findings(output):
    for line in output.splitlines():
        parsed = json.loads(line)
        if parsed["type"] == "finding":
            yield parsed


def label(subject):
    kind = subject["type"]
    if kind == "peer":
        host = f"[{subject['addr']}]" if ":" in subject["addr"] and "port" in subject else subject["addr"]
        return f"{host}:{subject['port']}" if "port" in subject else host
    if kind == "process":
        return f"{subject['comm']}[{subject['pid']}]" if "pid" in subject else subject["comm"]
    return subject[{"subnet": "prefix", "filesystem": "mount"}.get(kind, "name")]


def plain(text):
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def opened(output):
    return sorted({plain(f"{f['kind']} {label(f['subject'])}") for f in findings(output)
                   if f["state"] == "open"})


def confidence(output, kind):
    last = [f["confidence"] for f in findings(output) if f["kind"] == kind and f["state"] != "superseded"]
    return last[-1] if last else None


def well_formed(output):
    lines = output.splitlines(keepends=True)
    for i, line in enumerate(lines, 1):
        parsed = json.loads(line)
        if parsed["seq"] != i:
            return f"line {i} has seq {parsed['seq']}"
        if len(line) > LINE_MAX:
            return f"line {i} has {len(line)} bytes"
        if len(parsed["message"]) > 120:
            return f"line {i} has a message of {len(parsed['message'])} characters"
    if not lines or json.loads(lines[-1])["type"] != "verdict":
        return "the last line is no verdict"
    return None


def difference(expected, got):
    if expected == got:
        return None
    diff = difflib.unified_diff(expected.decode(errors="replace").splitlines(),
                                got.decode(errors="replace").splitlines(), "expected", "got",
                                lineterm="", n=0)
    return "differs\n" + "\n".join(line[:1000] for line in list(diff)[:12])


def not_as_wanted(got, want):
    return None if got == want else f"opened {got or 'nothing'}, not {want or 'nothing'}"


def bounds(runner, capture, output):
    for way, fits in (("least", lambda c, n: c >= n), ("most", lambda c, n: c <= n)):
        for text in capture.says[way]:
            kind, number = text.split()
            value = confidence(output, kind)
            fine = value is not None and fits(value, float(number))
            runner.check(f"{capture.name}: at {way} {number}", None if fine else f"it is {value}")


def caused(runner, capture, output):
    kinds = {f["id"]: f["kind"] for f in findings(output)}
    causes = {f["kind"]: [kinds.get(cause) for cause in f["caused_by"]] for f in findings(output)}
    for text in capture.says["caused"]:
        effect, _, cause = text.partition(" by ")
        want = [] if cause == "none" else cause.split(" and ")
        runner.check(f"{capture.name}: caused", None if causes.get(effect) == want else f"{effect} by {causes.get(effect)}")


def leads(runner, capture, output):
    message = json.loads(output.splitlines()[-1])["message"]
    for text in capture.says["leads"]:
        told = re.sub("^(OVER|GONE) NOW, but earlier: ", "", message).removeprefix("SUSPECT ")
        runner.check(f"{capture.name}: leads", None if told.startswith(text) else f"with {message!r}")


def across(runner, capture):
    for text in capture.says["across"]:
        settings = [word for word in text.split() if "=" in word]
        kinds = [word for word in text.split() if "=" not in word]
        got = opened(runner.replay_lines(capture, capture.with_settings(settings)))
        if kinds:
            missing = [k for k in kinds if not any(f.startswith(k + " ") for f in got)]
            problem = f"no {missing[0]} among {got or 'nothing'}" if missing else None
        else:
            problem = not_as_wanted(got, [])
        runner.check(f"{capture.name}: across {text}", problem)


def report(runner, capture, update):
    page = runner.replay(capture.path)
    if update:
        capture.report.write_bytes(page)
    runner.check(f"{capture.name}: same report", difference(capture.report.read_bytes(), page))
    lines = page.decode("ascii").splitlines()
    runner.check(f"{capture.name}: fits a screen", None if len(lines) <= 24 and max(map(len, lines)) <= 80
                 else f"{len(lines)} lines")


def examine(runner, capture, update):
    output = runner.replay(capture.path, "--json")
    if update:
        capture.expected.write_bytes(output)
    expected = capture.expected.read_bytes() if capture.expected.exists() else b""
    runner.check(f"{capture.name}: same bytes", difference(expected, output) if expected else
                 "there is no .expected: look at the output, then --update")
    runner.check(f"{capture.name}: well-formed", well_formed(output))
    runner.check(f"{capture.name}: opens", not_as_wanted(opened(output), capture.expects()))
    bounds(runner, capture, output)
    caused(runner, capture, output)
    leads(runner, capture, output)
    if capture.report.exists():
        report(runner, capture, update)
    if capture.says["fault"]:
        rest = capture.without_fault()
        problem = "no line is the fault" if len(rest) == len(capture.lines) else \
            not_as_wanted(opened(runner.replay_lines(capture, rest)), [])
        runner.check(f"{capture.name}: without its fault", problem)
    elif capture.expects():
        runner.check(f"{capture.name}: without its fault", "it does not say which events are the fault")
    across(runner, capture)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true", help="write NAME.expected anew")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    runner = Runner(shlex.split(args.program))
    paths = sorted(HERE.glob("**/*.events"))
    if args.names:
        paths = [p for p in paths if p.stem in args.names]
    for path in paths:
        try:
            examine(runner, Capture(path), args.update)
        except (RuntimeError, ValueError, KeyError, OSError, subprocess.TimeoutExpired) as error:
            runner.check(f"{path.stem}", f"{type(error).__name__}: {error}")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed or not runner.passed else 0


if __name__ == "__main__":
    sys.exit(main())
