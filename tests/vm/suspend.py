#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A daemon on a host that is suspended and goes on: it tells of nothing that was not, and of what fails afterwards.

usage: tests/vm/suspend.py CULPRIT [--kernels "6.1 ..."] [--out DIR]

The guest has nothing but memory: what reaches files of this machine is lost over a suspend. /sys/power/pm_test ends it before
the firmware's part, from which no emulated processor comes back: devices, processors and clocks have gone through all of it, and
the kernel counts 5 s more by the clock of its board.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bpf"))
sys.path.insert(0, str(HERE.parent / "cli"))

import validate  # noqa: E402
from harness import CULPRIT, check, summary  # noqa: E402
from vmlib import initramfs  # noqa: E402
from vmlib.guest import BAD_NVME, CMDLINE, MACHINES  # noqa: E402

BOOT_LIMIT_S = 300
ASLEEP_LEAST_S = 3
CONF = """[general]
tick_s = 1
window_s = 10
store = none
smartctl = none
[daemon]
socket = /run/control
"""
# clocks: CLOCK_MONOTONIC in ns, CLOCK_BOOTTIME and CLOCK_REALTIME in s.
INIT = """#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs dev /dev
ip link set lo up
while read -r name; do insmod "/modules/$name"; done </modules/order
for port in 1 2 3; do stty -F /dev/ttyS$port raw; done
clocks() { echo "$1 $(sed -n 's/^now at \\([0-9]*\\) nsecs/\\1/p' /proc/timer_list) $(cut -d' ' -f1 /proc/uptime) $(date +%s)" >/dev/ttyS2; }
(while :; do cat /bin/busybox >/run/busy; sync; sleep 0.1; done) &
/culprit daemon -c /conf >/lines 2>/said &
daemon=$!
until grep -q '"type":"status"' /lines; do sleep 0.2; done
sleep 4
clocks before
echo core >/sys/power/pm_test
echo mem >/sys/power/state
echo "slept $?" >/dev/ttyS2
clocks after
sleep 2
for i in 1 2 3 4 5 6; do dd if=/dev/nvme0n1 of=/dev/null bs=512 skip=8000 count=1 2>/dev/null; sleep 0.5; done
sleep 4
/culprit dump /run/capture --last 10m -c /conf >/dev/null 2>>/said || echo "dump: $?" >>/said
kill $daemon
wait $daemon
echo "status $?" >/dev/ttyS2
clocks end
sed 's/^/said /' /said >/dev/ttyS2
cat /lines >/dev/ttyS1
cat /run/capture >/dev/ttyS3
sleep 1
poweroff -f
"""


def libraries(program):
    """What a program with shared libraries needs to be loaded, as absolute paths."""
    shown = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> |^\s)(/\S+) \(", shown, re.M)


def archive_of(kernel_dir):
    archive = initramfs.Cpio()
    paths = [pathlib.Path(path) for path in libraries(CULPRIT)]
    names = {"bin", "dev", "proc", "sys", "run", "tmp", "modules"}
    for path in paths:
        names |= {str(parent).lstrip("/") for parent in path.parents if parent != pathlib.Path("/")}
    for name in sorted(names):
        archive.add(name, 0o040755)
    for path in paths:
        archive.add(str(path).lstrip("/"), 0o100755, path.read_bytes())
    archive.add("bin/busybox", 0o100755, pathlib.Path(shutil.which("busybox")).read_bytes())
    archive.add("bin/sh", 0o120777, b"busybox")
    archive.add("init", 0o100755, INIT.encode())
    archive.add("culprit", 0o100755, pathlib.Path(CULPRIT).read_bytes())
    archive.add("conf", 0o100600, CONF.encode())
    initramfs.add_modules(archive, initramfs.module_order(kernel_dir, (kernel_dir / "release").read_text().strip(), ("nvme",)))
    return archive.finish()


def boot(kernel_dir, out):
    """Runs the guest to its end; its console, lines, marks and capture are files of `out`."""
    (out / "initramfs").write_bytes(archive_of(kernel_dir))
    serial = [word for name in ("console", "lines", "marks", "capture") for word in ("-serial", f"file:{out / name}")]
    machine = MACHINES["amd64"]
    with contextlib.suppress(subprocess.TimeoutExpired), open(out / "qemu.log", "wb") as log:
        subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", *machine.qemu, "-accel", "tcg,thread=single", "-m", "1024", "-smp", "2",
             "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", *serial,
             "-blockdev", json.dumps(BAD_NVME), "-device", "nvme,serial=CULPRIT1,drive=bad-nvme",
             "-kernel", kernel_dir / "vmlinux", "-initrd", out / "initramfs",
             "-append", CMDLINE + machine.cmdline + " no_console_suspend 8250.nr_uarts=4"],
            stdin=subprocess.DEVNULL, stderr=log, check=False, timeout=BOOT_LIMIT_S)


def read(path):
    return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""


def seconds(text):
    """A line's time, of the wall."""
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()


def judge(name, out):
    marks = read(out / "marks")
    clocks = {word: (int(mono) / 1e9, float(boot_s), int(wall))
              for word, mono, boot_s, wall in re.findall(r"^(before|after|end) (\d+) ([\d.]+) (\d+)$", marks, re.M)}
    if not check(f"{name}: it was suspended and came to its end", {"before", "after", "end"} <= set(clocks) and
                 "slept 0\n" in marks, (marks, read(out / "console")[-1500:])):
        return
    before, after = clocks["before"], clocks["after"]
    slept = (after[1] - after[0]) - (before[1] - before[0])
    check(f"{name}: the kernel slept", slept >= ASLEEP_LEAST_S, clocks)
    check(f"{name}: the daemon ends well and has nothing to say", "status 0\n" in marks and "said" not in marks, marks)

    raw = read(out / "lines").splitlines()
    checker = validate.Checker(HERE.parents[1] / "docs" / "culprit-1.schema.json")
    wrong = [w for line in raw for w in checker.check((line + "\n").encode())]
    check(f"{name}: each line is valid", raw and not wrong, (wrong, raw[:1]))
    lines = [json.loads(line) for line in raw]
    times = [seconds(line["time"]) for line in lines]
    check(f"{name}: lines are told in the order of time", times == sorted(times), times)
    gaps = [line for line in lines if line["type"] == "gap"]
    check(f"{name}: nothing was lost", lines[-1]["events"]["lost"] == 0 and not gaps, (gaps, lines[-1]["events"]))
    found = [line for line in lines if line["type"] == "finding"]
    check(f"{name}: the disk that fails afterwards is found", any(f["kind"] == "disk-media-error" and
          f["subject"]["name"] == "nvme0n1" for f in found), found)
    check(f"{name}: ... when it failed", all(after[2] <= seconds(f["first_seen"]) <= clocks["end"][2] + 1 for f in found),
          (clocks, [(f["kind"], f["first_seen"]) for f in found]))
    others = [f for f in found if f["kind"] != "disk-media-error"]
    check(f"{name}: nothing else is", not others, others)
    verdict = lines[-1] if lines[-1]["type"] == "verdict" else {}
    check(f"{name}: the last verdict tells of the disk, and of how long it looked", verdict.get("message", "").startswith(
        "DISK: nvme0n1") and abs(verdict["window_s"] - (clocks["end"][0] - before[0] + 7)) < 20, (verdict, clocks))

    replayed = subprocess.run([CULPRIT, "replay", "--json", out / "capture"], capture_output=True, text=True, check=False)
    again = {f["fingerprint"] for f in map(json.loads, replayed.stdout.splitlines()) if f["type"] == "finding"}
    check(f"{name}: its capture replays to the same finding", again == {f["fingerprint"] for f in found},
          (replayed.stderr, again))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--kernels", default="6.1")
    parser.add_argument("--out", type=pathlib.Path, default="build/vm/suspend", help="(default: %(default)s)")
    args = parser.parse_args()
    cache = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit"))
    kernels = args.kernels.split()
    if subprocess.run([HERE / "kernels", *kernels], check=False).returncode:
        sys.exit("vm: no kernel to boot")
    for kernel in kernels:
        out = args.out.resolve() / kernel
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        boot(cache / kernel, out)
        judge(kernel, out)
    return summary()


if __name__ == "__main__":
    sys.exit(main())
