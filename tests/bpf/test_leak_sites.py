#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: programs that keep one descriptor a second are named by a trace within 20 s, with the line that opens it,
and what cannot be resolved is said.

usage: tests/bpf/test_leak_sites.py build/culprit

A C program without frame pointers, with debug information and stripped, a Python program that keeps connections, and a Java
program where a JDK is. All at once, in one trace; each has a time after which it ends by itself.
"""
import calendar
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from harness import CULPRIT, check, run_each, stop

HERE = pathlib.Path(__file__).resolve().parent
SECONDS, WITHIN = 24, 20
PORT = 7021
PYTHON = f"""
import os, socket, subprocess, time
kept = []
for i in range({SECONDS + 20}):
    kept.append(socket.create_connection(("127.0.0.1", {PORT})))
    kept[-1].set_inheritable(True)
    if i == 8:
        nothing = subprocess.DEVNULL
        subprocess.Popen(["sleep", "{SECONDS}"], stdin=nothing, stdout=nothing, stderr=nothing, close_fds=False)
    os.close(os.open("/etc/passwd", os.O_RDONLY))
    time.sleep(1)
"""
# Accepts, and reads until the client hangs up: what it holds is the client's.
SERVER = f"""
import socket, time
server = socket.create_server(("127.0.0.1", {PORT}), backlog=64)
print("ready", flush=True)
server.settimeout({SECONDS + 40})
kept = []
while True:
    kept.append(server.accept())
"""
JAVA = f"""
import java.io.FileInputStream;
import java.util.ArrayList;
public class Keeper {{
    public static void main(String[] args) throws Exception {{
        ArrayList<FileInputStream> kept = new ArrayList<>();
        for (int i = 0; i < {SECONDS + 20}; i++) {{
            kept.add(new FileInputStream("/etc/hostname"));
            new FileInputStream("/etc/passwd").close();
            Thread.sleep(1000);
        }}
    }}
}}
"""


def built(home):
    program, stripped = home / "orders-api", home / "orders-bare"
    subprocess.run(["cc", "-g", "-O2", "-fomit-frame-pointer", "-o", program, HERE / "leak_site.c"], check=True)
    subprocess.run(["strip", "-o", stripped, program], check=True)
    # Where the compiler puts it is where it must be found.
    line = next(i for i, text in enumerate((HERE / "leak_site.c").read_text().splitlines(), 1) if "kept = open(" in text)
    return program, stripped, line


def build_id(path):
    text = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
    return re.search(r"Build ID: (\w+)", text)[1]


def context(finding, label):
    return [c["text"] for c in finding["context"] if c["label"] == label]


def of(lines, process):
    return [l for l in lines if l["type"] == "finding" and l["class"] == "connection-leak" and
            l["subject"].get("pid") == process.pid]


def named(lines, process, name, kind, start):
    """The last finding of a process."""
    found = of(lines, process)
    if not check(f"{name}: {kind}", found and found[-1]["kind"] == kind, (found, lines[-1])):
        return None
    took = calendar.timegm(time.strptime(found[0]["time"][:19], "%Y-%m-%dT%H:%M:%S")) - start
    sited = [l for l in found if context(l, "opened")]
    check(f"{name}: within {WITHIN} s", took <= WITHIN, took)
    check(f"{name}: it has a call site", sited, found[-1]["context"])
    return (sited or found)[-1]


def c_programs(lines, whole, stripped, start):
    program, line = whole[1:]
    finding = named(lines, whole[0], "C, no frame pointers", "fd-leak", start)
    if finding:
        opened = " ".join(context(finding, "opened"))
        check("C: function, file and line of the call", re.match(rf"keep_spool\+0x\w+ \(leak_site.c:{line}\)", opened), opened)
        check("C: who called it, without a frame pointer", "< handle_order+" in opened, opened)
        check("C: what closes its own is not taken for it", "serve_request" not in opened, opened)
        check("C: nobody else has its files open", "no close-on-exec" not in json.dumps(finding), finding["evidence"])
        check("C: nothing about its lines is unknown", not context(finding, "unknown"), finding["context"])
    finding = named(lines, stripped, "stripped", "fd-leak", start)
    if finding:
        opened, unknown = " ".join(context(finding, "opened")), " ".join(context(finding, "unknown"))
        check("stripped: module and offset, no name", re.match(r"orders-bare\+0x\w+ < orders-bare\+0x\w+", opened) and
              "keep_spool" not in opened, opened)
        check("stripped: it is said, with the build-id", "stripped, build-id " + build_id(program)[:16] in unknown, unknown)


def runtimes(lines, python, java, start):
    finding = named(lines, python, "Python", "socket-leak", start)
    if finding:
        unknown = " ".join(context(finding, "unknown"))
        check("Python: that its own lines are not known is said", "the script's own lines" in unknown, finding["context"])
        held = [e["text"] for l in of(lines, python) for e in l["evidence"] if e["name"] == "process.fds.inherited"]
        check("Python: what a program that it started has open too", held and
              re.match(r"9 of them are open in sleep\[\d+\] too: no close-on-exec", held[-1]), (held, finding["evidence"]))
        check("Python: the peer", f"127.0.0.1:{PORT}" in finding["message"], finding["message"])
    if java:
        finding = named(lines, java, "Java", "fd-leak", start)
        if finding:
            text = " ".join(context(finding, "opened") + context(finding, "unknown"))
            check("Java: no name for what is compiled at run time", "Keeper" not in text, text)
            check("Java: what is not known is said", context(finding, "unknown"), finding["context"])


def one_a_second(home):
    home = pathlib.Path(home)
    program, stripped, line = built(home)
    jobs = [subprocess.Popen(["python3", "-c", SERVER], stdout=subprocess.PIPE, text=True)]
    java = None
    jobs[0].stdout.readline()
    if shutil.which("javac"):
        (home / "Keeper.java").write_text(JAVA)
        subprocess.run(["javac", "-d", home, home / "Keeper.java"], check=True)
    trace = subprocess.Popen([CULPRIT, "trace", "-d", str(SECONDS), "--json"], stdout=subprocess.PIPE, text=True)
    try:
        first = trace.stdout.readline()
        start = time.time()
        jobs += [subprocess.Popen([program, str(SECONDS + 20)]), subprocess.Popen([stripped, str(SECONDS + 20)]),
                 subprocess.Popen(["python3", "-c", PYTHON])]
        if shutil.which("javac"):
            java = subprocess.Popen(["java", "-Xmx64m", "-cp", home, "Keeper"])
        rest, _ = trace.communicate(timeout=SECONDS + 60)
    finally:
        for job in jobs + ([java] if java else []):
            stop(job)
    lines = [json.loads(text) for text in [first, *rest.splitlines()]]
    c_programs(lines, (jobs[1], program, line), jobs[2], start)
    runtimes(lines, jobs[3], java, start)
    if not java:
        print("Java: not tested, there is no javac")
    others = [l for l in lines if l["type"] == "finding" and l["class"] not in ("connection-leak", "system")]
    check("neither disk nor network", not others, others)


if __name__ == "__main__":
    sys.exit(run_each("leak-sites", one_a_second))
