#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: programs that keep one descriptor a second are named by a trace within 20 s, with the line that opens it,
and what cannot be resolved is said.

usage: tests/bpf/test_leak_sites.py build/culprit

A C program without frame pointers, with debug information and stripped, a Python program that keeps connections, a Java
program where a JDK is, and a server that keeps its database's connections while it holds more of its clients. All at once, in one trace; each has a time after which it ends by itself.
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

from harness import check, run_each, stop
from leaks import context, evidence, named, of, traced

HERE = pathlib.Path(__file__).resolve().parent
SECONDS, WITHIN = 24, 20
PORT, SERVED = 7021, 7022
LIVES = 12
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
# Eight a second, each for a while: a hundred are there at any time, and none stays.
CLIENTS = f"""
import collections, socket, time
there = collections.deque()
for i in range(8 * {SECONDS + LIVES + 40}):
    there.append(socket.create_connection(("127.0.0.1", {SERVED})))
    if len(there) > 8 * {LIVES}:
        there.popleft().close()
    time.sleep(1 / 8)
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


def compiled(source, program):
    subprocess.run(["cc", "-g", "-O2", "-fomit-frame-pointer", "-o", program, HERE / source], check=True)


def line_of(source, text):
    """Where the compiler puts it is where it must be found."""
    return next(i for i, line in enumerate((HERE / source).read_text().splitlines(), 1) if text in line)


def built(home):
    program, stripped = home / "orders-api", home / "orders-bare"
    compiled("leak_site.c", program)
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return program, stripped, line_of("leak_site.c", "kept = open(")


def build_id(path):
    text = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
    return re.search(r"Build ID: (\w+)", text)[1]


def in_time(lines, process, name, kind, start):
    """Named, and soon: the last finding of a process."""
    finding = named(lines, process.pid, name, kind)
    if finding:
        took = calendar.timegm(time.strptime(of(lines, process.pid)[0]["time"][:19], "%Y-%m-%dT%H:%M:%S")) - start
        check(f"{name}: within {WITHIN} s", took <= WITHIN, took)
        check(f"{name}: it has a call site", context(finding, "opened"), finding["context"])
    return finding


def c_programs(lines, whole, stripped, start):
    program, line = whole[1:]
    finding = in_time(lines, whole[0], "C, no frame pointers", "fd-leak", start)
    if finding:
        opened = " ".join(context(finding, "opened"))
        check("C: function, file and line of the call", re.match(rf"keep_spool\+0x\w+ \(leak_site.c:{line}\)", opened), opened)
        check("C: who called it, without a frame pointer", "< handle_order+" in opened, opened)
        check("C: what closes its own is not taken for it", "serve_request" not in opened, opened)
        check("C: nobody else has its files open", "no close-on-exec" not in json.dumps(finding), finding["evidence"])
        check("C: nothing about its lines is unknown", not context(finding, "unknown"), finding["context"])
    finding = in_time(lines, stripped, "stripped", "fd-leak", start)
    if finding:
        opened, unknown = " ".join(context(finding, "opened")), " ".join(context(finding, "unknown"))
        check("stripped: module and offset, no name", re.match(r"orders-bare\+0x\w+ < orders-bare\+0x\w+", opened) and
              "keep_spool" not in opened, opened)
        check("stripped: it is said, with the build-id", "stripped, build-id " + build_id(program)[:16] in unknown, unknown)


def runtimes(lines, python, java, start):
    finding = in_time(lines, python, "Python", "socket-leak", start)
    if finding:
        unknown = " ".join(context(finding, "unknown"))
        check("Python: that its own lines are not known is said", "the script's own lines" in unknown, finding["context"])
        held = [text for line in of(lines, python.pid) for text in evidence(line, "process.fds.inherited")]
        check("Python: what a program that it started has open too", held and
              re.match(r"9 are open in sleep\[\d+\] too: no close-on-exec", held[-1]), (held, finding["evidence"]))
        check("Python: the peer", f"127.0.0.1:{PORT}" in finding["message"], finding["message"])
    if java:
        finding = in_time(lines, java, "Java", "fd-leak", start)
        if finding:
            text = " ".join(context(finding, "opened") + context(finding, "unknown"))
            check("Java: no name for what is compiled at run time", "Keeper" not in text, text)
            check("Java: what is not known is said", context(finding, "unknown"), finding["context"])


def served(home):
    """A server, and as many clients as there will be."""
    compiled("leak_server.c", home / "web-api")
    server = subprocess.Popen([home / "web-api", str(SERVED), str(PORT), str(SECONDS + LIVES + 40)], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    clients = subprocess.Popen(["python3", "-c", CLIENTS])
    time.sleep(LIVES + 1)
    return server, clients


def server_with_clients(lines, process, start):
    finding = in_time(lines, process, "server", "socket-leak", start)
    if finding:
        opened = " ".join(context(finding, "opened"))
        line = line_of("leak_server.c", "int fd = socket(")
        check("server: the call that connects to its database, not the one that accepts",
              re.search(rf"db_connect\+0x\w+ \(leak_server.c:{line}\)", opened) and "accept" not in opened, opened)
        check("server: the database", f"127.0.0.1:{PORT}" in finding["message"], finding["message"])


def one_a_second(home):
    home = pathlib.Path(home)
    program, stripped, line = built(home)
    if shutil.which("javac"):
        (home / "Keeper.java").write_text(JAVA)
        subprocess.run(["javac", "-d", home, home / "Keeper.java"], check=True)
    server = subprocess.Popen(["python3", "-c", SERVER], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    serving = served(home)
    begun = []

    def start():
        begun.append(time.time())
        jobs = [subprocess.Popen([program, str(SECONDS + 20)]), subprocess.Popen([stripped, str(SECONDS + 20)]),
                subprocess.Popen(["python3", "-c", PYTHON])]
        return jobs + ([subprocess.Popen(["java", "-Xmx64m", "-cp", home, "Keeper"])] if shutil.which("javac") else [])

    try:
        lines, jobs = traced(SECONDS, start)
    finally:
        for job in [server, *serving]:
            stop(job)
    java = jobs[3] if len(jobs) > 3 else None
    c_programs(lines, (jobs[0], program, line), jobs[1], begun[0])
    runtimes(lines, jobs[2], java, begun[0])
    server_with_clients(lines, serving[0], begun[0])
    if not java:
        print("Java: not tested, there is no javac")
    others = [l for l in lines if l["type"] == "finding" and l["class"] not in ("connection-leak", "system")]
    check("neither disk nor network", not others, others)


if __name__ == "__main__":
    sys.exit(run_each("leak-sites", one_a_second))
