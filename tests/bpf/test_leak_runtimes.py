#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: what Python and Java programs keep is named with its kind and its peer, however they come by it; and that the
lines of the script, or what was compiled at run time, are not known is said, and nothing made up.

usage: tests/bpf/test_leak_runtimes.py build/culprit

One process for each way, in two traces; Java where a JDK is. On loopback; each ends by itself after a time. What a Python program hands
on to one that it starts, and a Java program's files, are in test_leak_sites.py.
"""
import pathlib
import shutil
import subprocess
import sys

from harness import check, run_each, stop
from leaks import by_install, context, evidence, leaks, named, traced

SECONDS, EVERY, LIFE = 24, 0.4, 60
PORT, PYTHON_PORT, JAVA_PORT = 7051, 7052, 7053

PYTHON = f"""
import os, select, socket, sys, threading, time

def knock(port):
    while True:
        socket.create_connection(("127.0.0.1", port)).close()
        time.sleep({EVERY})

def open_file(i):
    return open(f"{{sys.argv[2]}}/item-{{i}}.tmp", "w")

def connect(i):
    return socket.create_connection(("127.0.0.1", {PORT}))

def accept(i):
    return server.accept()

def receive(i):
    socket.send_fds(ends[0], [b"x"], [passwd])
    return socket.recv_fds(ends[1], 1, 1)

way, kept = sys.argv[1], []
passwd, null, ends = os.open("/etc/passwd", os.O_RDONLY), os.open("/dev/null", os.O_RDONLY), socket.socketpair()
ways = {{"file": open_file, "connect": connect, "accept": accept, "pipe": lambda i: os.pipe(), "dup": lambda i: os.dup(null),
         "epoll": lambda i: select.epoll(), "passed": receive}}
if way == "accept":
    server = socket.create_server(("127.0.0.1", {PYTHON_PORT}))
    threading.Thread(target=knock, args=({PYTHON_PORT},), daemon=True).start()
end = time.monotonic() + {LIFE}
while time.monotonic() < end:
    kept.append(ways[way](len(kept)))
    os.close(os.dup(null))
    time.sleep({EVERY})
"""
# Accepts, and keeps what its clients keep: theirs is the leak.
SERVER = f"""
import socket
server = socket.create_server(("127.0.0.1", {PORT}), backlog=64)
print("ready", flush=True)
server.settimeout({LIFE})
kept = []
while True:
    kept.append(server.accept())
"""
JAVA = f"""
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.util.ArrayList;

public class Ways {{
    static ServerSocket server;

    static Object keep(String way) throws Exception {{
        switch (way) {{
        case "connect":
            return new Socket("127.0.0.1", {PORT});
        case "accept":
            new Socket("127.0.0.1", {JAVA_PORT}).close();
            return server.accept();
        case "pipe":
            return Pipe.open();
        default:
            return Selector.open();
        }}
    }}

    public static void main(String[] args) throws Exception {{
        ArrayList<Object> kept = new ArrayList<>();
        if (args[0].equals("accept"))
            server = new ServerSocket({JAVA_PORT});
        for (long end = System.nanoTime() + {LIFE}L * 1000000000L; System.nanoTime() < end;) {{
            kept.add(keep(args[0]));
            Thread.sleep({round(1000 * EVERY)});
        }}
    }}
}}
"""

# Way: the kind, and what its message says that is kept.
PYTHON_WAYS = {
    "file": ("fd-leak", ["keeps files"]),
    "connect": ("socket-leak", [f"to 127.0.0.1:{PORT}"]),
    "accept": ("close-wait-leak", [f"at port {PYTHON_PORT}"]),
    "pipe": ("fd-leak", ["keeps pipes"]),
    "dup": ("fd-leak", ["keeps devices"]),
    "epoll": ("fd-leak", ["keeps epolls"]),
    "passed": ("fd-leak", ["keeps files"]),
}
JAVA_WAYS = {
    "connect": ("socket-leak", [f"to 127.0.0.1:{PORT}"]),
    "accept": ("close-wait-leak", [f"at port {JAVA_PORT}"]),
    "pipe": ("fd-leak", ["keeps pipes"]),
    # A selector is an epoll and what wakes it.
    "selector": ("fd-leak", ["keeps epolls", "keeps eventfds"]),
}


def judged(lines, jobs, ways, runtime):
    """The finding of each way; the kind and what is kept are checked."""
    found = {}
    for way, job in jobs.items():
        kind, words = ways[way]
        finding = found[way] = named(lines, job.pid, f"{runtime}, {way}", kind)
        if finding:
            check(f"{runtime}, {way}: {' or '.join(words)}", any(w in finding["message"] for w in words), finding["message"])
    pids = {job.pid for job in jobs.values()}
    others = [l for l in leaks(lines) if l["subject"].get("comm") in ("python3", "java") and l["subject"].get("pid") not in pids]
    check(f"{runtime}: nobody else is named", not others, others)
    return {way: finding for way, finding in found.items() if finding}


def with_server(start):
    server = subprocess.Popen(["python3", "-c", SERVER], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    try:
        return traced(SECONDS, start)
    finally:
        stop(server)


def python(home):
    spool = pathlib.Path(home) / "spool"
    spool.mkdir()
    lines, jobs = with_server(lambda: [subprocess.Popen(["python3", "-c", PYTHON, way, spool]) for way in PYTHON_WAYS])
    found = judged(lines, dict(zip(PYTHON_WAYS, jobs)), PYTHON_WAYS, "Python")
    if "file" in found:
        alike = " ".join(evidence(found["file"], "process.fds.alike"))
        check("Python, file: which files", "16 of the latest 16 are" in alike and "/item-*.tmp" in alike, found["file"]["evidence"])
    for way, finding in found.items():
        unknown = " ".join(context(finding, "unknown"))
        if way == "passed" and not by_install():
            past = evidence(finding, "process.fds.unseen")
            check("Python, passed: that they came past the hooks is said", past and "came past the hooks" in past[-1], finding)
            continue
        check(f"Python, {way}: it has a call site, of the interpreter's", context(finding, "opened") and
              "the script's own lines" in unknown, finding["context"])


def java(home):
    if not shutil.which("javac"):
        print("Java: not tested, there is no javac")
        return
    (pathlib.Path(home) / "Ways.java").write_text(JAVA)
    subprocess.run(["javac", "-d", home, f"{home}/Ways.java"], check=True)
    lines, jobs = with_server(lambda: [subprocess.Popen(["java", "-Xmx64m", "-cp", home, "Ways", way]) for way in JAVA_WAYS])
    for way, finding in judged(lines, dict(zip(JAVA_WAYS, jobs)), JAVA_WAYS, "Java").items():
        text = " ".join(context(finding, "opened") + context(finding, "unknown"))
        check(f"Java, {way}: no name for what is compiled at run time", "Ways" not in text, text)
        check(f"Java, {way}: what is not known is said", context(finding, "unknown"), finding["context"])


if __name__ == "__main__":
    sys.exit(run_each("leak-runtimes", python, java))
