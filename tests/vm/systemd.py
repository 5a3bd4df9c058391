#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as a service of Debian's systemd, in a guest of its own: guest/service.py says what is checked.

usage: tests/vm/systemd.py ROOT [--out DIR]

ROOT is what "make install DESTDIR=ROOT PREFIX=/usr" wrote. The guest's journal is left in OUT/service.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from vmlib.guest import Guest  # noqa: E402
from vmlib.pace import MAX_STRETCH, QUIET_SHARE, probe  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
KERNEL = "6.1"
# What the test takes on an idle machine; the guest is given up when it takes several times as long.
SECONDS = 120


def percent():
    """Of the time that things take on an idle machine."""
    share = sum(probe() for _ in range(10)) / 10
    return round(100 * max(1, min(MAX_STRETCH, QUIET_SHARE / share)))


def fill(kit, root):
    """Copies what the guest uses, so that no build and no edit changes it under it."""
    kit.chmod(0o755)
    shutil.copytree(HERE / "guest", kit / "guest")
    shutil.copytree(root, kit / "root", symlinks=True)
    shutil.copy(HERE.parent / "bpf" / "harness.py", kit)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default="build/vm/systemd", help="(default: %(default)s)")
    args = parser.parse_args()
    if subprocess.run([HERE / "kernels", KERNEL], check=False).returncode:
        sys.exit("vm: no kernel to boot")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cache = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit"))
    out = args.out.resolve()
    shutil.rmtree(out / "service", ignore_errors=True)
    (out / "service").mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="culprit-vm-") as kit:
        fill(pathlib.Path(kit), args.root)
        guest = Guest(cache / KERNEL, kit, out, {"VM_KERNEL": KERNEL, "VM_SYSTEMD": percent()})
        wrong = guest.run([("service", SECONDS)])
    log = out / "service" / "log"
    text = log.read_text(errors="replace") if log.exists() else ""
    print(text, end="")
    failed = re.search(r"^\d+ passed, (\d+) failed$", text, re.M)
    if wrong or not failed:
        # In this order: what is counted is the last line.
        passed = len(re.findall(r"^ok  ", text, re.M))
        print(f"FAIL the guest came to its end: {wrong or 'its test did not'}")
        print(f"{passed} passed, {len(re.findall(r'^FAIL', text, re.M)) + 1} failed")
        return 1
    return 1 if int(failed[1]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("vm: stopped")
