#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The static program where there is nothing else: what it is made of, an empty root on this kernel, an empty guest.

usage: tests/static/run.py STATIC PROGRAM [--kernels "6.1 ..."]

Needs root. STATIC is build/culprit-static, PROGRAM the same with shared libraries. The empty root is a tmpfs in a mount
namespace of this test's own, and goes with it. The fault in both is a loopback port at which nobody listens.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
for directory in ("bpf", "cli", "vm"):
    sys.path.insert(0, str(HERE.parent / directory))

import validate  # noqa: E402
from harness import check, summary  # noqa: E402
from vmlib import initramfs  # noqa: E402

SCHEMA = HERE.parents[1] / "docs" / "culprit-1.schema.json"
SIZE_MAX = 6 << 20
BOOT_LIMIT_S = 180


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


# ---- what it is made of ----

def built(static, program):
    check("it is of a few MB", static.stat().st_size < SIZE_MAX, static.stat().st_size)
    headers = run("readelf", "-lW", static).stdout
    check("it asks for no loader", "LOAD" in headers and "INTERP" not in headers, headers)
    check("... and for no library", "NEEDED" not in run("readelf", "-dW", static).stdout)
    check("it can be mapped anywhere, and nothing is both writable and executable",
          "DYN (" in run("readelf", "-hW", static).stdout and not re.search(r"\bRWE\b", headers), headers)
    check("it is stripped", "no symbols" in run("nm", static).stderr)


def left_out(static, program):
    text, other = run(static, "--version").stdout, run(program, "--version").stdout
    check("it names what is left out", re.search(r"^static, without: .*libmicrohttpd.*debuginfod", text, re.M)
          and "nsswitch.conf" in text, text)
    check("the other leaves nothing out", "without" not in other and "metrics file http;" in other, other)
    check("else they are the same", text.splitlines()[:2] == other.splitlines()[:2], (text, other))
    # What is said to be left out is.
    with tempfile.TemporaryDirectory() as home:
        conf = pathlib.Path(home) / "conf"
        conf.write_text(f"[general]\nstore = none\n[daemon]\nsocket = {home}/control\nmetrics = 127.0.0.1:9\n")
        served = run(static, "daemon", "-c", conf)
        check("metrics over HTTP are refused in words", served.returncode == 1 and
              "not in this build" in served.stderr and served.stderr.count("\n") == 1, served)
    check("modules for names are not looked for", b"libmicrohttpd.so" not in static.read_bytes()
          and b"libmicrohttpd.so" in program.read_bytes())


# ---- an empty root ----

@contextlib.contextmanager
def refusals():
    """Connections to a loopback port at which nobody listens, a few a second; gives the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))   # bound and not listening: nobody else can
        port, stop = taken.getsockname()[1], threading.Event()

        def knock():
            while not stop.wait(0.2):
                with socket.socket() as s:
                    s.connect_ex(("127.0.0.1", port))

        thread = threading.Thread(target=knock)
        thread.start()
        try:
            yield port
        finally:
            stop.set()
            thread.join()


def in_empty_root(static, mounts, *words):
    """Runs it in a root that holds nothing else; `mounts`: proc, sys. The process, and what the root held at the end."""
    script = """set -e
        root=$1 static=$2 mounts=$3; shift 3
        mount -t tmpfs none "$root"
        cp "$static" "$root/culprit"
        for name in $mounts; do
            mkdir "$root/$name"
            case $name in
            proc) mount -t proc none "$root/proc" ;;
            sys) mount -t sysfs none "$root/sys" ;;
            esac
        done
        status=0
        chroot "$root" /culprit "$@" || status=$?
        ls -A "$root" >&3
        exit $status"""
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryFile("w+") as held:
        result = run("unshare", "--mount", "--propagation", "private", "bash", "-c", f"exec 3>&{held.fileno()}\n{script}",
                     "bash", root, static, mounts, *words, pass_fds=[held.fileno()])
        held.seek(0)
        return result, held.read().split()


def bare(static):
    for mounts, missing in (("", "/proc"), ("sys", "/proc"), ("proc", "/sys")):
        for words in (["trace", "-d", "5", "--json"], ["probes"], ["daemon"]):
            result, _ = in_empty_root(static, mounts, *words)
            what = f"{words[0]} in a root with {mounts or 'nothing'} says that {missing} is missing"
            check(what, result.returncode == 1 and not result.stdout and result.stderr.count("\n") == 1 and
                  result.stderr.startswith(f"culprit: {missing} is not mounted here: "), result)
    result, _ = in_empty_root(static, "", "explain", "path-loss")
    check("what needs neither works without", result.returncode == 0 and "path-loss" in result.stdout, result)
    replay = HERE.parent / "replay"
    capture = next(path for path in sorted(replay.rglob("*.events")))
    with open(capture, "rb") as events:
        result = run(static, "replay", "/proc/self/fd/0", "--json", stdin=events)
    check("a capture replays", result.returncode == 0 and
          result.stdout == capture.with_suffix(".expected").read_text(), result)


def judge(text, port, where):
    """Holds the lines of a trace against the schema and what was done to the host; the states."""
    checker = validate.Checker(SCHEMA)
    raw = text.splitlines()
    wrong = [w for line in raw for w in checker.check((line + "\n").encode())]
    check(f"{where}: each line is valid", raw and not wrong, (wrong, text[:300]))
    lines = [json.loads(line) for line in raw]
    verdict = lines[-1] if lines else {}
    if not check(f"{where}: the verdict is the last line", verdict.get("type") == "verdict", text[-300:]):
        return {}
    found = [line for line in lines if line["type"] == "finding" and line["kind"] == "connect-refused"
             and line["subject"].get("port") == port]
    check(f"{where}: the port at which nobody listens is found, once",
          len({f["id"] for f in found}) == 1 and found[0]["subject"]["addr"] == "127.0.0.1", found)
    states = {name: value["state"] for name, value in verdict["classes"].items()}
    check(f"{where}: the network is in fault", states["network"] == "fault", states)
    check(f"{where}: nothing is blind", "blind" not in states.values(), verdict["classes"])
    check(f"{where}: it saw the host's processes",
          verdict["classes"]["connection-leak"]["exposure"].get("processes", 0) >= 1, verdict["classes"])
    check(f"{where}: no event was lost", verdict["events"]["lost"] == 0, verdict["events"])
    return {p["name"]: (p["state"], p.get("via")) for line in lines if line["type"] == "status" for p in line["probes"]}


def empty_root(static, program):
    with refusals() as port:
        result, held = in_empty_root(static, "proc sys", "trace", "--duration", "5", "--json")
        check("in an empty root it runs to its end", result.returncode == 0 and not result.stderr, result)
        check("... and leaves nothing in it", sorted(held) == ["culprit", "proc", "sys"], held)
        probes = judge(result.stdout, port, "empty root")
        other = run(program, "trace", "--duration", "5", "--json")
    check("its probes are those of the other", probes and probes == judge(other.stdout, port, "the other"), probes)


def names(static):
    """Groups and hosts by files, whatever nsswitch.conf asks for: modules for that are not its C library's."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory() as home, receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(30)
        port = receiver.getsockname()[1]
        conf = pathlib.Path(home) / "conf"
        conf.write_text(f"[general]\nstore = none\ntick_s = 0.5\n[daemon]\nsocket = /run/control\ngroup = ops\n"
                        f"[sinks]\nsyslog = udp:collector:{port}\n")
        script = """set -e
            root=$1
            mount -t tmpfs none "$root"
            cp "$2" "$root/culprit"
            cp "$3" "$root/conf"
            mkdir "$root"/{etc,proc,sys,run}
            mount -t proc none "$root/proc"
            mount -t sysfs none "$root/sys"
            echo 'ops:x:4711:' >"$root/etc/group"
            echo '127.0.0.1 collector' >"$root/etc/hosts"
            printf '%s\\n' 'group: systemd sss' 'hosts: resolve mymachines' >"$root/etc/nsswitch.conf"
            exec chroot "$root" /culprit daemon -c /conf"""
        root = os.path.join(home, "root")
        os.mkdir(root)
        process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "bash", "-c", script, "bash", root,
                                    static, conf], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            line = receiver.recv(8192).decode()
        except socket.timeout:
            line = ""
        group = None
        with contextlib.suppress(OSError):
            group = os.stat(f"/proc/{process.pid}/root/run/control").st_gid
        process.terminate()
        said = process.communicate(timeout=30)[1]
        check("a host of /etc/hosts is found, whatever nsswitch.conf says", '"schema":"culprit/1"' in line, said or line)
        check("... and a group of /etc/group", group == 4711, (group, said))
        check("it ends well", process.returncode == 0, (process.returncode, said))


# ---- an empty guest ----

INIT = """#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
ip link set lo up
mkdir -p /only
mount -t tmpfs none /only
mkdir /only/proc /only/sys
mount -t proc none /only/proc
mount -t sysfs none /only/sys
mv /culprit /only/culprit
stty -F /dev/ttyS1 raw
(while :; do nc 127.0.0.1 4242 </dev/null; sleep 0.2; done) 2>/dev/null &
chroot /only /culprit trace --duration 5 --json >/dev/ttyS1 2>/said
echo "status $? said '$(cat /said)' root $(echo $(ls -A /only))" >/dev/ttyS2
poweroff -f
"""


def guest(static, kernel):
    cache = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit")) / kernel
    archive = initramfs.Cpio()
    for name in ("bin", "dev"):
        archive.add(name, 0o040755)
    archive.add("bin/busybox", 0o100755, pathlib.Path(shutil.which("busybox")).read_bytes())
    archive.add("bin/sh", 0o120777, b"busybox")
    archive.add("init", 0o100755, INIT.encode())
    archive.add("culprit", 0o100755, static.read_bytes())
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        (home / "initramfs").write_bytes(archive.finish())
        # ttyS0 is the console, ttyS1 the lines, ttyS2 how it ended.
        serial = [word for name in ("console", "lines", "end") for word in ("-serial", f"file:{home / name}")]
        begun = time.monotonic()
        try:
            subprocess.run(
                ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max",
                 "-m", "1024", "-smp", "2", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", *serial,
                 "-kernel", cache / "vmlinux", "-initrd", home / "initramfs",
                 "-append", "console=ttyS0 quiet panic=-1 8250.nr_uarts=4"],
                stdin=subprocess.DEVNULL, check=False, timeout=BOOT_LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        end = (home / "end").read_text(errors="replace").replace("\r", "")
        console = (home / "console").read_text(errors="replace")
        check(f"guest {kernel}: it runs to its end and says nothing ({time.monotonic() - begun:.0f} s)",
              end == "status 0 said '' root culprit proc sys\n", (end, console[-500:]))
        judge((home / "lines").read_text(errors="replace").replace("\r", ""), 4242, f"guest {kernel}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("static", type=pathlib.Path)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--kernels", default="6.1")
    args = parser.parse_args()
    if os.geteuid():
        sys.exit("make test-static needs root")
    static, program = args.static.resolve(), args.program.resolve()
    built(static, program)
    left_out(static, program)
    bare(static)
    empty_root(static, program)
    names(static)
    kernels = args.kernels.split()
    if kernels and run(HERE.parent / "vm" / "kernels", *kernels).returncode:
        check(f"there are kernels to boot: {kernels}", False)
        kernels = []
    for kernel in kernels:
        guest(static, kernel)
    return summary()


if __name__ == "__main__":
    sys.exit(main())
