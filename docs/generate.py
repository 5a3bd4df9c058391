#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the pages that are made from what the program itself holds: docs/kinds.md from `culprit explain`, docs/lines.md
from the schema and lines that the program wrote.

usage: docs/generate.py PROGRAM [--check]      (make docs)

--check: writes nothing; says which page is not what it would be, exit status 1 (make check). The examples of lines.md are
not compared, so that a new replay makes nothing stale: tests/docs/run.py holds them against the schema.
"""
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
SCHEMA = TOP / "docs" / "culprit-1.schema.json"
REPLAYS = TOP / "tests" / "replay"
NOTE = "<!-- Made by docs/generate.py: make docs. -->\n"

# Lines of runs on Linux 6.1 under emulation, while a disk of a mirror could not read some sectors and while a path lost
# packets (tests/vm/scenarios: raid1-medium-error, net-path-loss).
RECORDED = TOP / "tests" / "docs" / "recorded.jsonl"

# The examples: where they are from, and what must stand in them.
SHOWN = {
    "finding": [
        ("A disk of a mirror, on Linux 6.1", RECORDED, {"state": "update", "kind": "disk-media-error"}),
        ("A path that loses packets, on Linux 6.1", RECORDED, {"kind": "path-loss"}),
        ("A leak of sockets", REPLAYS / "leak-sockets.expected", {"state": "open", "kind": "socket-leak"}),
        ("A name server that answers again", REPLAYS / "dns-errors-recover.expected", {"state": "resolved"}),
    ],
    "verdict": [("Of the first run", RECORDED, {})],
    "status": [("Of the first run", RECORDED, {})],
    "gap": [("Samples of a ring", REPLAYS / "ring-lost-the-events.expected", {})],
}


# ---- kinds.md ----

def explain(program, *args):
    return subprocess.run([program, "explain", *args], capture_output=True, text=True, check=True).stdout


def kinds_page(program):
    page = ["# The kinds of findings", NOTE,
            "One section a kind, as `culprit explain KIND` prints it; `culprit explain` lists them. A threshold is set in the",
            "settings file: `[thresholds]`, `kind.name = number`.\n"]
    for line in explain(program).splitlines():
        if re.match(r"[a-z-]+$", line):
            page.append(f"## {line}\n")
        elif found := re.match(r"  [* ] ([a-z-]+) ", line):
            page.append(f"### {found[1]}\n\n```\n{explain(program, found[1])}```\n")
    return "\n".join(page)


# ---- lines.md: what the schema says ----

class Field:
    """One row: where it stands, the node that says what it is, and a value that was seen."""

    def __init__(self, path, node, must):
        self.path, self.node, self.must = path, node, must
        self.example = None

    def shown(self):
        """The value that was seen; else the schema's own."""
        if self.example is not None:
            return self.example
        return self.node["examples"][0] if "examples" in self.node else self.node.get("const")


class Section:
    """The fields of one object of the schema, those of what stands in it by dotted names."""

    def __init__(self, title, node):
        self.title, self.node, self.fields = title, node, {}


class Schema:
    """The schema in sections: the envelope, each definition that is an object, each alternative of one."""

    def __init__(self):
        self.root = json.loads(SCHEMA.read_text(encoding="utf-8"))
        self.definitions = self.root["$defs"]
        self.sections = {}
        self.section("the envelope", {key: self.root[key] for key in ("properties", "required", "description")})
        for name in ("host", "finding", "subject", "evidence", "context", "advice", "verdict", "class_verdict", "status",
                     "gap"):
            self.definition(name)

    def definition(self, name):
        node = self.definitions[name]
        if "properties" in node:
            self.section(name, node)
        for branch in node.get("allOf", []):
            (key, value), = [(k, v["const"]) for k, v in branch["if"]["properties"].items()]
            if "properties" in branch["then"]:
                self.section(f"{name}, {key} {value}", branch["then"])
        for branch in node.get("oneOf", []):
            (key, value), = [(k, v["const"]) for k, v in branch["properties"].items() if "const" in v]
            self.section(f"{name}, {key} {value}", branch)

    def section(self, title, node):
        section = self.sections[title] = Section(title, node)
        self.fields(section, node, "")

    def fields(self, section, node, before):
        for name, inner in node.get("properties", {}).items():
            whole = self.whole(inner)
            section.fields[before + name] = Field(before + name, whole, name in node.get("required", []))
            if "$ref" in inner:
                continue
            if whole.get("type") == "array" and "$ref" not in whole["items"]:
                self.fields(section, whole["items"], f"{before}{name}[].")
            else:
                self.fields(section, whole, f"{before}{name}.")

    def whole(self, node):
        """With what it refers to; its own words win."""
        if "$ref" not in node:
            return node
        name = node["$ref"].split("/")[-1]
        return {**self.definitions[name], **node, "definition": name}

    # -- what was seen --

    def see(self, line):
        """Keeps the first value of each field."""
        self.see_in("the envelope", line)
        kind = line["type"]
        self.see_in(f"gap, what {line['what']}" if kind == "gap" else kind, line)

    def see_in(self, title, value, before=""):
        section = self.sections[title]
        for name, inner in value.items():
            field = section.fields.get(before + name)
            if not field:
                continue
            if field.example is None:
                field.example = inner
            items = field.node.get("items", {})
            definition = field.node.get("definition") or (items.get("$ref") or "").split("/")[-1]
            for one in inner if isinstance(inner, list) else [inner]:
                if not isinstance(one, dict):
                    continue
                if definition:
                    self.see_in(definition, one)
                    if definition == "subject" and f"subject, type {one['type']}" in self.sections:
                        self.see_in(f"subject, type {one['type']}", one)
                else:
                    self.see_in(title, one, f"{before}{name}{'[]' if isinstance(inner, list) else ''}.")


# ---- lines.md: the page ----

OBJECTS = {"host", "subject", "evidence", "context", "advice", "class_verdict"}


def anchor(title):
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def type_of(node):
    name = node.get("definition")
    if name in OBJECTS:
        return f"[{name}](#{anchor(name)})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if node.get("type") == "array":
        items = node["items"]
        inner = items["$ref"].split("/")[-1] if "$ref" in items else "object"
        return f"list of {type_of({'definition': inner}) if inner in OBJECTS else inner}"
    return name if name in ("id", "time", "kind", "reason") else node["type"]


def shown(value):
    """As JSON in one cell; objects and lists are told by their own rows."""
    if value is None or isinstance(value, dict) or isinstance(value, list) and value and isinstance(value[0], dict):
        return ""
    return "`" + json.dumps(value, ensure_ascii=False).replace("|", "\\|") + "`"


def table(section):
    yield "| field | type | meaning | example |\n|---|---|---|---|"
    for field in section.fields.values():
        example = field.shown()
        if field.path == "host.labels" or field.path == "labels":
            cell = f"`{json.dumps(example)}`"
        else:
            cell = shown(example)
        yield f"| `{field.path}`{' *' if field.must else ''} | {type_of(field.node)} | {field.node.get('description', '')} | {cell} |"


def pretty(line):
    """Valid JSON, a field a line; of a list of objects, an object a line."""
    rows = []
    for name, value in line.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n" + ",\n".join("    " + json.dumps(v, ensure_ascii=False) for v in value) + "\n  ]"
        elif isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            text = "{\n" + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
                                      for k, v in value.items()) + "\n  }"
        rows.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(rows) + "\n}"


def lines_of(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def examples(kind):
    for title, path, wanted in SHOWN[kind]:
        where = path.relative_to(TOP)
        for line in lines_of(path):
            if line["type"] == kind and all(line.get(key) == value for key, value in wanted.items()):
                yield f"{title}, from `{where}`:\n\n```json\n{pretty(line)}\n```\n"
                break
        else:
            sys.exit(f"docs/generate.py: {where} has no {kind} with {wanted}: name another one in SHOWN")


def lines_page(with_examples):
    schema = Schema()
    for path in [RECORDED, *sorted(REPLAYS.glob("*.expected"))]:
        for line in lines_of(path):
            schema.see(line)
    page = ["# The lines", NOTE,
            schema.root["description"] + " `culprit schema` prints the JSON Schema that this page is made from.\n",
            "A star: the field is always there. Times are RFC 3339 in UTC with nanoseconds, an `id` is 16 hexadecimal digits. The",
            "examples are lines that the program wrote, on Linux 6.1 under emulation and where these have none in the replays of",
            "`tests/replay`, laid out for reading; a value in a table is the first one there, or made up where no line has one.\n"]
    for title, section in schema.sections.items():
        level = "###" if "," in title and not title.startswith("gap") else "##"
        page.append(f"{level} {title}\n")
        if (text := section.node.get("description")) and title != "the envelope":
            page.append(text + "\n")
        page += [*table(section), ""]
        if with_examples and (title in SHOWN or title == "gap, what events"):
            page += examples(title.split(",")[0])
        if title == "gap, what lines":
            page.append(schema.definitions["gap"]["description"] + "\n")
    return "\n".join(page)


def without_examples(page):
    """lines.md as the schema alone has it: no blocks of JSON with their titles, no last cells."""
    page = re.sub(r"^[^\n]*, from `tests/\S+`:\n\n```json\n.*?^```\n", "", page, flags=re.M | re.S)
    page = re.sub(r"^(\| `.*\|).*\|$", r"\1", page, flags=re.M)
    return re.sub(r"\n{2,}", "\n\n", page)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: docs/generate.py PROGRAM [--check]")
    stale, checks = 0, "--check" in sys.argv[2:]
    for name, text in (("kinds.md", kinds_page(sys.argv[1])), ("lines.md", lines_page(not checks))):
        path = TOP / "docs" / name
        if not checks:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or without_examples(path.read_text(encoding="utf-8")) != without_examples(text):
            print(f"docs/{name} is not what it is made from: make docs")
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
