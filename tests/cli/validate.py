#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds lines against the schema and the rules of the contract that a schema cannot say.

usage: tests/cli/validate.py SCHEMA < LINES

Each line: valid by the schema, at most 7168 bytes, UTF-8, no control byte raw, nothing empty but the
lists that may be; (run, seq) once, and each object key once. Prints what is wrong; the last line is
a count. Exit status 1 when a line is wrong or there is none.
"""
import functools
import json
import sys

import jsonschema

MAY_BE_EMPTY = {"caused_by", "findings"}


def once(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key stands twice: {keys}")
    return dict(pairs)


def empties(value, path="", key=""):
    """Paths of what is empty or null and may not be."""
    if value is None or value == "" or (value in ([], {}) and key not in MAY_BE_EMPTY):
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from empties(inner, f"{path}.{name}", name)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from empties(inner, f"{path}[{i}]")


@functools.lru_cache
def validator(path):
    """The schema's validator; raises when it is no valid schema."""
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class Checker:
    """Lines of one sink, in their order."""

    def __init__(self, path):
        self.validator = validator(path)
        self.seen = set()

    def check(self, raw):
        """What is wrong with one line (bytes, with its newline): a list of texts."""
        wrong = []
        if not raw.endswith(b"\n"):
            wrong.append("does not end with a newline")
        if len(raw) > 7168:
            wrong.append(f"{len(raw)} bytes")
        if any(byte < 0x20 or byte == 0x7f for byte in raw.rstrip(b"\n")):
            wrong.append("a control byte stands raw")
        try:
            line = json.loads(raw.decode("utf-8"), object_pairs_hook=once,
                              parse_constant=lambda name: 1 / 0)
        except (ValueError, ZeroDivisionError) as error:
            return wrong + [f"no JSON: {error}"]
        wrong += [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
                  for e in self.validator.iter_errors(line)]
        wrong += [f"empty: {path}" for path in empties(line)]
        if isinstance(line, dict):
            key = (line.get("run"), line.get("seq"))
            if key in self.seen:
                wrong.append(f"run and seq stand twice: {key}")
            self.seen.add(key)
        return wrong


def main():
    checker = Checker(sys.argv[1])
    good = bad = 0
    for number, raw in enumerate(sys.stdin.buffer, 1):
        wrong = checker.check(raw)
        good, bad = good + (not wrong), bad + bool(wrong)
        for text in wrong:
            print(f"line {number}: {text}")
    print(f"{good} lines good, {bad} wrong")
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main())
