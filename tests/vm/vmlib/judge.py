# SPDX-License-Identifier: BSD-2-Clause
"""Decides whether a cell passed: a closed world. Each function returns the reasons why it did not, as text."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import jsonschema

LOUD = ("warning", "critical")
REPLAY_LIMIT_S = 60


class Judge:
    """Judges the cells of one build of culprit, which lies where a user without rights can run it."""

    def __init__(self, culprit):
        self.culprit = str(culprit)
        shown = subprocess.run([self.culprit, "schema"], capture_output=True, text=True, check=False, timeout=30)
        if shown.returncode:
            raise SystemExit(f"vm: culprit schema: exit status {shown.returncode}: {shown.stderr.strip()}")
        schema = json.loads(shown.stdout)
        self.validator = jsonschema.validators.validator_for(schema)(schema)

    def cell(self, scenario, drawn, directory):
        """Returns (reasons, facts): no reasons means passed; facts go into the JSON result."""
        directory = pathlib.Path(directory)
        meta = read_meta(directory / "meta")
        if meta.get("stage") != "finished":
            return [not_finished(meta, directory)], {}
        if meta.get("culprit-exit") != "0":
            return [f"culprit: exit status {meta.get('culprit-exit')}: {tail(directory / 'stderr')}"], {}
        raw = (directory / "lines.jsonl").read_bytes()
        lines, reasons = self.parse(raw)
        findings = [line for line in lines if line.get("type") == "finding"]
        reasons += judge_findings(scenario, drawn, findings)
        reasons += judge_verdict(scenario, lines)
        reasons += judge_lead(scenario.patterns(scenario.expect, drawn), findings, lines)
        reasons += self.replay(directory, raw)
        verdict = lines[-1] if lines else {}
        facts = {
            "findings": sorted({describe(finding) for finding in findings}),
            "states": {name: c.get("state") for name, c in verdict.get("classes", {}).items()},
        }
        return reasons, facts

    def parse(self, raw):
        lines, reasons = [], []
        for number, text in enumerate(raw.splitlines(), 1):
            try:
                line = json.loads(text)
            except ValueError as error:
                reasons.append(f"line {number} is no JSON: {error}")
                continue
            error = jsonschema.exceptions.best_match(self.validator.iter_errors(line))
            if error:
                where = "/".join(map(str, error.absolute_path))
                reasons.append(f"line {number} ({line.get('type')}) against the schema: {where}: {error.message[:200]}")
            lines.append(line)
        return lines, reasons

    def replay(self, directory, live):
        """A capture must replay on this machine, without rights, to the same bytes."""
        copy = pathlib.Path(self.culprit).parent / f"capture-{directory.parent.name}"
        try:
            shutil.copy(directory / "capture", copy)
        except OSError as error:
            return [f"no capture: {error}"]
        os.chmod(copy, 0o644)
        command = [self.culprit, "replay", str(copy), "--json"]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + command
        try:
            shown = subprocess.run(command, capture_output=True, check=False, timeout=REPLAY_LIMIT_S)
        except subprocess.TimeoutExpired:
            return [f"replay took more than {REPLAY_LIMIT_S} s"]
        finally:
            copy.unlink()
        (directory / "replayed.jsonl").write_bytes(shown.stdout)
        (directory / "replay.stderr").write_bytes(shown.stderr)
        if shown.returncode:
            return [f"replay: exit status {shown.returncode}: {shown.stderr.decode(errors='replace').strip()[-200:]}"]
        if shown.stdout != live:
            return [f"replay differs from live: {first_difference(live, shown.stdout)}"]
        return []


def judge_findings(scenario, drawn, findings):
    expected = scenario.patterns(scenario.expect, drawn)
    allowed = scenario.patterns(scenario.allow, drawn)
    said = [finding for finding in findings if finding.get("state") in ("open", "update")]
    last = {finding.get("id"): finding for finding in findings}
    reasons = []
    for pattern in expected:
        hits = [finding for finding in said if pattern.matches(finding)]
        if not hits:
            reasons.append(f"missing: {pattern}")
        elif all(last[finding.get("id")].get("state") == "superseded" for finding in hits):
            reasons.append(f"superseded at the end: {pattern}")
    strange = {describe(finding) for finding in findings
               if finding.get("severity") in LOUD and finding.get("state") in ("open", "update")
               and not any(pattern.matches(finding) for pattern in expected + allowed)}
    return reasons + [f"false alarm: {text}" for text in sorted(strange)]


def judge_verdict(scenario, lines):
    if not lines:
        return ["culprit wrote no line"]
    if lines[-1].get("type") != "verdict":
        return [f"the last line is a {lines[-1].get('type')}, not the verdict"]
    classes = lines[-1].get("classes", {})
    reasons = []
    for name, wanted in scenario.states.items():
        state = classes.get(name, {}).get("state")
        if state not in wanted.split("|"):
            text = classes.get(name, {}).get("text", "")
            reasons.append(f"{name} is {state}, not {wanted} ({text})")
    return reasons


def judge_lead(expected, findings, lines):
    """The report's first line, the verdict's message, tells of what was expected, or of what that says it was caused by."""
    if not expected or not lines:
        return []
    lead = lines[-1].get("lead")
    if any(lead in (f.get("id"), *f.get("caused_by", [])) and pattern.matches(f)
           for f in findings for pattern in expected):
        return []
    return [f"the first line is: {lines[-1].get('message')}"]


def describe(finding):
    subject = finding.get("subject", {})
    # Numbers of processes differ from run to run and tell nothing here.
    who = " ".join(f"{key}={subject[key]}" for key in ("type", "name", "addr", "port", "comm", "mount", "netns")
                   if key in subject)
    return f"{finding.get('class')} {finding.get('kind')} [{who}] {finding.get('severity')}"


def not_finished(meta, directory):
    stage = meta.get("stage")
    if stage is None:
        return "not run"
    if meta.get("culprit-exit") == "timeout":
        return "culprit did not end in time"
    if stage == "prove":
        return f"the fault was not injected as wanted: {tail(directory / 'proof')}"
    if stage == "trace":
        return f"culprit did not attach: {tail(directory / 'stderr')} {tail(directory / 'log')}"
    return f"the harness failed in '{stage}': {tail(directory / 'log')}"


def read_meta(path):
    """The guest's notes: "KEY VALUE", and "at STAGE TIME" under "at-STAGE"."""
    meta = {}
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return meta
    for line in lines:
        key, _, value = line.partition(" ")
        if key == "at":
            key, _, value = value.partition(" ")
            key = "at-" + key
        meta[key] = value
    return meta


def tail(path, lines=3):
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return " | ".join(re.sub(r"\s+", " ", line) for line in text.splitlines()[-lines:])[-400:]


def first_difference(live, replayed):
    one, two = live.splitlines(), replayed.splitlines()
    for number, (a, b) in enumerate(zip(one, two), 1):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            low = max(0, at - 30)
            return (f"line {number} column {at + 1}: live {a[low:at + 40].decode(errors='replace')!r}, "
                    f"replayed {b[low:at + 40].decode(errors='replace')!r}")
    return f"{len(one)} lines live, {len(two)} replayed"
