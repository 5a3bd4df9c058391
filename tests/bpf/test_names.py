#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: name servers that are asked over TCP, in network namespaces made here.

usage: tests/bpf/test_names.py build/culprit

One that refuses, one that takes the question and is silent, one that answers with errors, and one that is well, all asked at once.
"""
import json
import os
import subprocess
import sys

from harness import CULPRIT, check, summary
from test_local import CLIENT, SERVER, made, removed, run

DNS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm", "guest", "dns.py")
SECONDS = 14
REFUSES, SILENT, FAILS, WELL = "10.77.0.2", "10.77.0.3", "10.77.0.4", "10.77.0.5"
CODES = {SILENT: -1, FAILS: 2, WELL: 0}


def dns(netns, *words):
    return subprocess.Popen(["ip", "netns", "exec", netns, "python3", DNS, *map(str, words)], stdout=subprocess.PIPE, text=True)


def traced():
    """The lines of a trace, and what each who asked printed. They begin once it is attached."""
    servers = [dns(SERVER, "serve-tcp", addr, code) for addr, code in CODES.items()]
    for server in servers:
        server.stdout.readline()
    trace = subprocess.Popen([CULPRIT, "trace", "-d", str(SECONDS), "--json"], stdout=subprocess.PIPE, text=True)
    asking = []
    try:
        first = trace.stdout.readline()
        asking = [dns(CLIENT, "ask-tcp", addr, SECONDS, 3, 1.2) for addr in (REFUSES, *CODES)]
        rest, _ = trace.communicate(timeout=SECONDS + 60)
    finally:
        for job in asking + servers:
            job.terminate()
        said = {addr: job.communicate(timeout=20)[0].split() for addr, job in zip((REFUSES, *CODES), asking)}
        for server in servers:
            server.wait(timeout=20)
    return [json.loads(line) for line in [first, *rest.splitlines()]], said


def names():
    lines, said = traced()
    found = [l for l in lines if l["type"] == "finding" and l["class"] == "network"]
    last = {l["id"]: l for l in found}
    stands = {}
    for line in last.values():
        if line["state"] in ("open", "update") and line["subject"].get("addr") in said:
            stands.setdefault(line["subject"]["addr"], []).append(line)
    for addr, what in ((REFUSES, "refuses"), (SILENT, "is silent"), (FAILS, "answers errors")):
        lines_of = stands.get(addr, [])
        check(f"one that {what}: one finding, of a name server", [l["kind"] for l in lines_of] == ["dns-failure"] and
              lines_of[0]["subject"]["port"] == 53, (lines_of, said[addr]))
    check("the one that refuses says so itself", [l["basis"] for l in stands.get(REFUSES, [])] == ["reported"], stands.get(REFUSES))
    check("an error is inferred only", [l["basis"] for l in stands.get(FAILS, [])] == ["inferred"], stands.get(FAILS))
    check("one that is well: nothing", WELL not in stands, stands.get(WELL))
    check("... and it was asked", said[WELL] and int(said[WELL][3]) > 10, said[WELL])


def main():
    try:
        made()
        for addr in CODES:
            run("ip", "-n", SERVER, "addr", "add", f"{addr}/24", "dev", "v0")
        names()
    finally:
        removed()
    return summary()


if __name__ == "__main__":
    sys.exit(main())
