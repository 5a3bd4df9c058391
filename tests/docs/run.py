#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds what the documentation says against the program, the schema and the code.

usage: tests/docs/run.py PROGRAM

Pages that are made are as they would be made now; every property of the schema is described, and every example is valid;
what is quoted of the code stands there; commands have the options that are shown, and what only reads is run; settings are
good; targets of make and files that are named are there. The last line is "N passed, N failed".
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "cli"), str(TOP / "docs")]
sys.dont_write_bytecode = True
import generate  # noqa: E402
import jsonschema  # noqa: E402
import validate  # noqa: E402

PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
# What runs without rights, changes nothing, and ends.
READS = {"explain", "schema", "help", "replay", "--help", "--version"}
results = []


def check(what, good, detail=""):
    results.append(bool(good))
    print(f"{'ok  ' if good else 'FAIL'} {what}{'' if good else f': {detail}'}", flush=True)


class Block:
    """What stands between fences: its language, and the line before it that is not empty."""

    def __init__(self, page, before, language, text):
        self.page, self.before, self.language, self.text = page, before, language, text


def blocks():
    for page in PAGES:
        for found in re.finditer(r"(?:^(?P<before>[^\n`]?[^\n]*)\n\n?)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
                                 page.read_text(encoding="utf-8"), re.M | re.S):
            yield Block(page.name, found["before"] or "", found["language"], found["text"])


# ---- made pages, schema, lines ----

def made(program):
    run = subprocess.run([TOP / "docs" / "generate.py", program, "--check"], capture_output=True, text=True, check=False)
    check("made pages are as they would be made now", run.returncode == 0, run.stdout + run.stderr)


def described():
    schema = generate.Schema()
    text = (TOP / "docs" / "lines.md").read_text(encoding="utf-8")
    bare = [f"{title}: {field.path}" for title, section in schema.sections.items() for field in section.fields.values()
            if not field.node.get("description")]
    check("every property of the schema says what it is", not bare, bare)

    def names(node):
        if isinstance(node, dict):
            for key, inner in node.get("properties", {}).items():
                # Conditions ask for properties, too; they name none that is not declared elsewhere.
                yield key
                yield from names(inner)
            for key, inner in node.items():
                if key not in ("properties", "examples"):
                    yield from names(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from names(inner)
    rows = {path.split(".")[-1].removesuffix("[]") for path in re.findall(r"^\| `([^`]+)`", text, re.M)}
    lacking = set(names(schema.root)) - rows
    check("docs/lines.md has a row for every property", not lacking and len(rows) > 80, sorted(lacking))


def cell_examples():
    """The example of each row is what the schema wants there."""
    schema = generate.Schema()
    store = {"$defs": schema.definitions}
    wrong, seen, none = [], 0, []
    section = None
    for line in (TOP / "docs" / "lines.md").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"#{2,3} (.*)$", line):
            section = schema.sections[found[1]]
        if not (row := re.match(r"\| `([^`]+)`.*\| (?:`(.*)`)? ?\|$", line)) or not section:
            continue
        node = {key: value for key, value in section.fields[row[1]].node.items() if key != "definition"}
        if row[2] is None:
            inner = "object" in (node.get("type"), node.get("items", {}).get("type")) or "$ref" in node.get("items", {})
            none += [] if inner else [row[1]]
            continue
        seen += 1
        errors = list(jsonschema.Draft202012Validator({**node, **store}).iter_errors(json.loads(row[2].replace("\\|", "|"))))
        wrong += [f"{row[1]}: {errors[0].message}"] if errors else []
    check("every row of docs/lines.md that is no object has an example", seen > 80 and not none, none)
    check("... that the schema takes", not wrong, wrong)


def line_examples(all_blocks):
    lines, checker = [], validate.Checker(TOP / "docs" / "culprit-1.schema.json")
    for block in all_blocks:
        if block.language != "json" or '"schema"' not in block.text:
            continue
        line = json.loads(block.text)
        lines.append(line["type"])
        # A line of each example's own run: the same capture gives several.
        checker.seen.clear()
        wrong = checker.check(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        check(f"{block.page}: an example of a {line['type']} line is valid", not wrong, wrong)
    check("there is an example of every type of line", set(lines) == {"finding", "verdict", "status", "gap"}, lines)


# ---- code, commands, settings, files ----

def quotes(all_blocks):
    count = 0
    for block in all_blocks:
        found = re.match(r"From `([^`]+)`:$", block.before)
        if not found or block.language not in ("c", "python"):
            continue
        count += 1
        check(f"{block.page}: what is quoted of {found[1]} stands there",
              block.text in (TOP / found[1]).read_text(encoding="utf-8"), block.text)
    check("code is quoted", count >= 15, count)


def command_lines(all_blocks):
    """(page, text) of each line of a block without a language, and of each culprit in backticks."""
    for block in all_blocks:
        for line in block.text.splitlines() if not block.language else []:
            for part in re.split(r"\s{3,}|\s+#|\s+\|", line)[0].split(" && "):
                yield block.page, part.strip().removeprefix("sudo ")
    for page in PAGES:
        for text in re.findall(r"`(culprit [^`\n]+)`", page.read_text(encoding="utf-8")):
            yield page.name, text


def commands(all_blocks):
    """Those of culprit, make and tests/, as words: (page, words)."""
    for page, text in command_lines(all_blocks):
        if re.match(r"(build/)?culprit (-|[a-z]+( |$))|make( |$)|tests/\S", text):
            yield page, shlex.split(text)


def check_commands(program, all_blocks):
    helps = {}
    wrong, ran, targets = [], 0, []
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    for page, words in commands(all_blocks):
        if words[0] == "make":
            targets += [w for w in words[1:] if re.fullmatch(r"[a-z][a-z-]*", w)]
        elif words[0].startswith("tests/"):
            wrong += [] if (TOP / words[0]).exists() else [f"{page}: {words[0]} is not there"]
        else:
            wrong += wrong_in(program, page, words[1:], helps)
            ran += runs(program, page, words[1:], wrong)
    check("commands of culprit are as the program has them", len(helps) >= 8 and not wrong, wrong)
    check("... and those that only read run", ran >= 10, ran)
    missing = [t for t in targets if not re.search(rf"^(?:[\w.-]+ )*{re.escape(t)}(?: [\w.-]+)*:", makefile, re.M)]
    check("targets of make are there", len(targets) >= 10 and not missing, missing)


def wrong_in(program, page, words, helps):
    if not words or words[0] in READS & {"--help", "--version"}:
        return []
    command = words[0]
    if command not in helps:
        run = subprocess.run([program, "help", command], capture_output=True, text=True, check=False)
        helps[command] = run.stdout if run.returncode == 0 else ""
    if not helps[command]:
        return [f"{page}: no command {command}"]
    return [f"{page}: {command} has no {word}" for word in words[1:]
            if word.startswith("-") and not re.search(rf"(?<!\S){re.escape(word.split('=')[0])}(?![\w-])", helps[command])]


def runs(program, page, words, wrong):
    """1 when it was run."""
    if not words or words[0] not in READS or any(word in ("KIND", "COMMAND", "FILE") for word in words) or \
       words[0] == "replay" and not (len(words) > 1 and (TOP / words[1]).exists()):
        return 0
    run = subprocess.run([program, *words], capture_output=True, text=True, cwd=TOP, check=False, timeout=60)
    if run.returncode:
        wrong.append(f"{page}: {words}: {run.stderr}")
    return 1


def settings(program, all_blocks):
    files = [(block.page, block.text) for block in all_blocks if block.language == "ini"]
    example = (TOP / "dist" / "culprit.conf").read_text(encoding="ascii")
    files.append(("dist/culprit.conf", example))
    for page, text in files:
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(text)
            file.flush()
            run = subprocess.run([program, "daemon", "--check-config", "-c", file.name], capture_output=True, text=True,
                                 check=False)
        check(f"{page}: settings are good", run.returncode == 0, run.stderr)


def named_files():
    missing = []
    for page in PAGES:
        for path in re.findall(r"`((?:user|bpf|headers|vmlinux|tests|docs|dist|debian)/[\w./*-]+)`",
                               page.read_text(encoding="utf-8")):
            if not list(TOP.glob(path.rstrip("/"))):
                missing.append(f"{page.name}: {path}")
    check("files that are named are there", not missing, missing)


def rooms():
    """What docs/architecture.md says that a room uses of the others is what its files include."""
    text = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = {path.name for path in (TOP / "user").iterdir() if path.is_dir()} - {"static"}
    for name in sorted(names - {"command"}):
        row = re.search(rf"^\| `user/{name}/` \|.*\| (.*) \|$", text, re.M)
        said = set(re.findall(r"`(\w+)/", row[1] if row else "")) & names
        used = set()
        for path in (TOP / "user" / name).glob("*.[ch]"):
            used |= set(re.findall(r'^#include "(\w+)/', path.read_text(encoding="utf-8"), re.M))
        check(f"docs/architecture.md: what {name}/ uses", row and said == used & names - {name}, (said, used))


def series():
    """docs/pipeline.md counts probes and kinds as there are."""
    text = (TOP / "docs" / "pipeline.md").read_text(encoding="utf-8")
    rows = re.findall(r'^\t\t\.name = "', (TOP / "user" / "probe" / "probe_table.c").read_text(encoding="utf-8"), re.M)
    read = re.search(r"read_probes\[\] = \{(.*?)\};", (TOP / "user" / "settings_judge.c").read_text(encoding="utf-8"), re.S)
    probes = len(rows) + len(re.findall(r'"[\w.]+"', read[1]))
    kinds = len(re.findall(r"^\t&\w+_rule,$", (TOP / "user" / "rules" / "table.c").read_text(encoding="utf-8"), re.M))
    check("docs/pipeline.md: series of probes", f"for each probe ({probes}): {3 * probes} |" in text, probes)
    check("docs/pipeline.md: series of kinds", f"for each kind ({kinds})" in text, kinds)


def packaged_pages():
    """What the package installs, but for the README, names no page that it does not."""
    there = {str(p.relative_to(TOP)) for p in PAGES} & set((TOP / "debian" / "culprit.docs").read_text(encoding="utf-8").split())
    readers = [TOP / page for page in there - {"README.md"}] + [p for d in ("dist", "docs/man") for p in (TOP / d).rglob("*")]
    lacking = {f"{p.relative_to(TOP)}: {page}" for p in readers if p.is_file()
               for page in re.findall(r"docs/[a-z-]+\.md", p.read_text(encoding="utf-8")) if page not in there}
    check("pages that the package's files name are in it", len(there) >= 6 and not lacking, sorted(lacking))


def sink_files():
    """A sink's file is where the unit's user may write and logrotate looks, in whatever reads it too."""
    (directory,) = re.findall(r"^LogsDirectory=(\S+)$", (TOP / "dist" / "culprit.service").read_text(encoding="utf-8"), re.M)
    texts = {p: p.read_text(encoding="utf-8") for p in [*PAGES, *(p for p in (TOP / "dist").rglob("*") if p.is_file())]}
    wrong, seen = [], 0
    for path, text in texts.items():
        for name in re.findall(r"(?<![\w.])/var/log/[\w./*-]+\.jsonl\b", text):
            seen += 1
            # What a receiver gathers is its own.
            if name != "/var/log/culprit-fleet.jsonl" and not re.fullmatch(rf"/var/log/{directory}/[^/]+", name):
                wrong.append(f"{path.relative_to(TOP)}: {name}")
    check("files of lines are where the unit may write and logrotate looks", seen >= 10 and not wrong, wrong)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tests/docs/run.py PROGRAM")
    program = str(pathlib.Path(sys.argv[1]).resolve())
    all_blocks = list(blocks())
    made(program)
    described()
    cell_examples()
    line_examples(all_blocks)
    quotes(all_blocks)
    check_commands(program, all_blocks)
    settings(program, all_blocks)
    named_files()
    rooms()
    series()
    packaged_pages()
    sink_files()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
