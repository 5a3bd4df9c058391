# SPDX-License-Identifier: BSD-2-Clause
"""The declarative head of a scenario file: lines that start with "#: " (see README.md for the words)."""

import dataclasses
import fnmatch
import itertools
import pathlib
import random
import re
import shlex

CLASSES = ("hardware", "network", "connection-leak", "system")
# What a scenario may leave unsaid: with the healthy load beside it every class has enough to be judged.
DEFAULT_STATES = {"hardware": "clear", "network": "clear", "connection-leak": "clear|idle", "system": "clear"}


@dataclasses.dataclass(frozen=True)
class Pattern:
    """CLASS KIND SUBJECT-TYPE [KEY=GLOB...]; KIND and GLOB may be alternatives: a|b. A KEY is a field of the subject,
    or `says.NAME`: the text of the evidence NAME, or of the context that is labelled NAME."""
    class_: str
    kind: str
    type: str
    keys: tuple

    def matches(self, finding):
        subject = finding.get("subject", {})
        return (finding.get("class") == self.class_ and matches(self.kind, finding.get("kind"))
                and matches(self.type, subject.get("type"))
                and all(said(finding, key[5:], glob) if key.startswith("says.") else matches(glob, subject.get(key))
                        for key, glob in self.keys))

    def __str__(self):
        return " ".join([self.class_, self.kind, self.type] + [f"{key}={glob}" for key, glob in self.keys])


def said(finding, name, globs):
    texts = [e.get("text") for e in finding.get("evidence", []) if e.get("name") == name]
    texts += [c.get("text") for c in finding.get("context", []) if c.get("label") == name]
    return any(matches(globs, text) for text in texts)


def matches(globs, value):
    return value is not None and any(fnmatch.fnmatchcase(str(value), glob) for glob in globs.split("|"))


@dataclasses.dataclass
class Scenario:
    name: str
    title: str = ""
    fault: bool = False
    core: str = "no"        # "yes": on every kernel in `make test-vm`; "6.1": there only; "no": in the matrix only
    seconds: int = 12
    params: dict = dataclasses.field(default_factory=dict)   # name: "LOW..HIGH" or "A|B|C"
    expect: list = dataclasses.field(default_factory=list)   # pattern lines, with {NAME} for parameters
    allow: list = dataclasses.field(default_factory=list)
    states: dict = dataclasses.field(default_factory=dict)

    def draw(self, seed, kernel):
        """The parameters of one cell. The same seed, kernel and scenario give the same ones."""
        rng = random.Random(f"{seed}/{kernel}/{self.name}")
        drawn = {}
        for name, choices in self.params.items():
            low, dots, high = choices.partition("..")
            drawn[name] = str(rng.randint(int(low), int(high))) if dots else rng.choice(choices.split("|"))
        return drawn

    def patterns(self, lines, drawn):
        """The patterns with the drawn parameters filled in, and the addresses that follow from them (guest/net.sh)."""
        six = drawn.get("FAM") == "6"
        peer = drawn.get("PEER", "1")
        values = dict(drawn, PEER_ADDR=f"fd00:1:{peer}::2" if six else f"10.1.{peer}.2",
                      ROOT_ADDR="fd00:1::1" if six else "10.1.0.1")
        return [parse_pattern(line.format(**values)) for line in lines]


def parse_pattern(line):
    words = line.split()
    if len(words) < 3 or words[0] not in CLASSES:
        raise ValueError(f"not a pattern CLASS KIND SUBJECT-TYPE [KEY=GLOB...]: {line}")
    keys = itertools.takewhile(lambda word: "=" in word, words[3:])   # then, why
    return Pattern(words[0], words[1], words[2], tuple(tuple(word.split("=", 1)) for word in keys))


def load(path):
    path = pathlib.Path(path)
    scenario = Scenario(path.name, states=dict(DEFAULT_STATES))
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("#:"):
            continue
        word, _, rest = line[2:].strip().partition(" ")
        rest = rest.strip()
        try:
            if word == "title":
                scenario.title = rest
            elif word == "fault":
                scenario.fault = {"yes": True, "no": False}[rest]
            elif word == "core":
                scenario.core = {"yes": "yes", "6.1": "6.1", "no": "no"}[rest]
            elif word == "seconds":
                scenario.seconds = int(rest)
            elif word == "param":
                name, choices = rest.split()[:2]
                scenario.params[name] = choices
            elif word in ("expect", "allow"):
                getattr(scenario, word).append(rest)
            elif word == "state":
                class_, state = rest.split()
                if class_ not in CLASSES:
                    raise ValueError(f"no class {class_}")
                scenario.states[class_] = state
            else:
                raise ValueError(f"unknown word {word}")
        except (KeyError, ValueError) as error:
            raise SystemExit(f"vm: {path}:{number}: {error}") from error
    check = scenario.draw(0, "check")
    for line in scenario.expect + scenario.allow:
        scenario.patterns([line], check)
    return scenario


def load_all(directory):
    """All scenarios by name, faults and look-alikes in the order of their names."""
    files = sorted(path for path in pathlib.Path(directory).iterdir() if re.fullmatch(r"[a-z0-9-]+", path.name))
    return {path.name: load(path) for path in files}


def params_file(drawn):
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in drawn.items())
