#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: SIGHUP reads the settings again, all of them or none, and what a restart finds of the run before.

usage: tests/bpf/test_reload.py build/culprit
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from harness import CULPRIT, Daemon, Loop, check, run_each, until


def of_file(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def reloads(home):
    first, second = pathlib.Path(home) / "first", pathlib.Path(home) / "second"
    metrics = pathlib.Path(home) / "metrics"
    with Daemon(home, sinks=[f"file = {first}"], more=["[labels]", "site = one"]) as daemon:
        old = until(lambda: of_file(first))
        daemon.configure([f"metrics_file = {metrics}", "group = root"], [f"file = {second}"],
                         ["store = none", "class = hardware, system"], ["[labels]", "rack = 7"])
        daemon.process.send_signal(signal.SIGHUP)
        new = until(lambda: [l for l in of_file(second) if l["type"] == "verdict"])
        if not check("another file: lines go there", new):
            return
        check("labels are the new ones", (old[0]["host"]["labels"], new[-1]["host"]["labels"]) ==
              ({"site": "one"}, {"rack": "7"}), (old, new))
        check("classes are the new ones", set(new[-1]["classes"]) == {"hardware", "system"}, new[-1])
        check("no number is lost between the files", [l["seq"] for l in of_file(first) + of_file(second)] ==
              list(range(1, len(of_file(first) + of_file(second)) + 1)))
        check("status names what waits for a restart", "wait for a restart: group\n" in daemon.ask().stdout, daemon.ask())
        check("status says when they were read", f"settings read again at {time.strftime('%Y-', time.gmtime())}" in
              daemon.ask().stdout and "Z: in force\n" in daemon.ask().stdout, daemon.ask())
        told = until(lambda: [l for l in of_file(second) if l["type"] == "status" and "last_reload" in l["settings"]])
        check("a status line says so, with the file",
              told and told[0]["settings"]["last_reload"]["successful"] and told[0]["settings"]["file"] == str(daemon.conf) and
              told[0]["settings"]["restart_needed"] == "group" and "last_reload" not in old[0].get("settings", {}), told)
        dump = pathlib.Path(home) / "dump"
        daemon.ask("dump", dump)
        replayed = subprocess.run([CULPRIT, "replay", "--json", dump], capture_output=True, text=True, check=False)
        check("a capture has them too", json.loads(replayed.stdout.splitlines()[-1])["host"]["labels"] == {"rack": "7"},
              replayed)
        check("the metrics are written", until(metrics.exists))

        def successful():
            return dict(line.rsplit(" ", 1) for line in metrics.read_text().splitlines() if line[0] != "#")[
                "culprit_config_last_reload_successful"]

        check("the metrics say that it was good", successful() == "1")
        before = daemon.conf.read_text()
        for text, word in ((before + "[sinks]\nfile = /x\n", "given twice"), (before + "nonsense\n", "conf:"),
                           (before.replace(str(second), f"{home}/none/file"), "No such file")):
            daemon.conf.write_text(text)
            daemon.process.send_signal(signal.SIGHUP)
            check(f"a bad file changes nothing, and status says so: {word}", until(
                lambda word=word: "settings not changed: " in daemon.ask().stdout and word in daemon.ask().stdout, 5),
                daemon.ask())
            settings = [l for l in map(json.loads, daemon.ask("status", "--json").stdout.splitlines())
                        if l["type"] == "status"][0]["settings"]
            check("... and status --json", not settings["last_reload"]["successful"] and
                  word in settings["last_reload"]["error"] and settings["in_force_since"] < settings["last_reload"]["time"],
                  settings)
        check("the metrics say so", until(lambda: successful() == "0"))
        daemon.conf.write_text(before)
        daemon.process.send_signal(signal.SIGHUP)
        check("a good one again: status is silent", until(lambda: "not changed" not in daemon.ask().stdout, 5))
    said = daemon.process.stderr.read()
    check("the log says what became of each", said.count("settings not changed: ") == 3 and "is in force" in said, said)
    check("the last lines go to the new file", of_file(second)[-1]["type"] == "verdict" and
          of_file(second)[-1]["seq"] > new[-1]["seq"])


def opens_while_all_goes_on(home):
    """A new sink whose peer does not accept: nothing stands still, and its lines wait for it."""
    path = pathlib.Path(home) / "lines"
    with socket.socket(socket.AF_UNIX) as deaf, socket.socket(socket.AF_UNIX) as first:
        deaf.bind(f"{home}/deaf")
        deaf.listen(0)
        first.connect(f"{home}/deaf")  # the one that its backlog takes
        with Daemon(home, sinks=[f"file = {path}"]) as daemon:
            daemon.configure([], [f"file = {path}", f"unix_stream = {home}/deaf"])
            began = time.monotonic()
            daemon.process.send_signal(signal.SIGHUP)
            slowest = 0
            while time.monotonic() - began < 1.5:
                asked = time.monotonic()
                daemon.ask()
                slowest = max(slowest, time.monotonic() - asked)
            check("a new sink that does not open: who asks is answered meanwhile", slowest < 1, slowest)
            deaf.accept()[0].close()
            accepted = deaf.accept()[0]
            accepted.settimeout(10)
            reader = accepted.makefile()
        line = json.loads(reader.readline())
        check("... and has the lines from then on", line["seq"] > 1 and line["run"] == of_file(path)[-1]["run"], line)
        accepted.close()


def stories(lines, name):
    """What was said of the disk's findings: run, state, resolution, id, episode."""
    return [(l["run"], l["state"], l.get("resolution"), l["id"], l["episode"]) for l in lines
            if l["type"] == "finding" and l["subject"].get("name") == name]


def restarts(home):
    """Killed, then ended, with a disk that failed and then goes: one opening, one end."""
    path = pathlib.Path(home) / "lines"
    settings = {"sinks": [f"file = {path}"], "general": [f"store = {home}/store", "window_s = 4"]}
    with Loop() as loop:
        name = os.path.basename(loop.dev)
        with Daemon(home, **settings) as daemon:
            loop.fail(4)
            if not check("a finding opens", until(lambda: stories(of_file(path), name))):
                return
            store = pathlib.Path(home) / "store"
            check("the store has it", until(lambda: any(line.startswith("open ") and f" {name} " in line
                                                        for line in store.read_text().splitlines())))
            daemon.process.kill()
            daemon.process.wait()
        first = stories(of_file(path), name)
        with Daemon(home, **settings) as daemon:
            told = [json.loads(line) for line in daemon.ask("status", "--json").stdout.splitlines()]
            check("killed: it is open still, with its id and episode",
                  [(s[3], s[4]) for s in stories(told, name)] == [(first[0][3], 1)], told)
        said = daemon.process.stderr.read()
        check("... which is said", "of the run before" in said, said)
        check("... and not opened again", [s[1] for s in stories(of_file(path), name)].count("open") == 1)
        with Daemon(home, **settings) as daemon:
            loop.detach()
            until(lambda: "resolved" in [s[1] for s in stories(of_file(path), name)])
        story = stories(of_file(path), name)
        check("the disk is gone: so is the finding, once", [s[1:4] for s in story if s[1] == "resolved"] ==
              [("resolved", "gone", first[0][3])] and story[-1][0] != first[0][0], story)
        before = len(of_file(path))
        with Daemon(home, **settings) as daemon:
            pass
        check("... and stays so", not stories(of_file(path)[before:], name), of_file(path)[before:])
        store.write_text(store.read_text()[:-9] + "deadbeef\n")
        with Daemon(home, **settings) as daemon:
            pass
        said = daemon.process.stderr.read()
        check("a damaged store is set aside", "is damaged" in said and (pathlib.Path(home) / "store.damaged").exists(),
              said)


def main():
    return run_each("reload", reloads, opens_while_all_goes_on, restarts)


if __name__ == "__main__":
    sys.exit(main())
