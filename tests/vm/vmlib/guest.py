# SPDX-License-Identifier: BSD-2-Clause
"""One guest: a Debian kernel under emulation, its root the host's. Started, watched by the progress that it
writes into the shared directory, and killed by its pid when it makes none."""

import dataclasses
import errno
import json
import pathlib
import re
import shlex
import subprocess
import time

from . import initramfs
from .pace import MAX_STRETCH

BOOT_LIMIT_S = 90   # a boot takes 5 s on an idle machine
CELL_SLACK_S = 100   # beyond a cell's trace: its set-up and clean-up, on a loaded machine

# A SCSI disk that cannot read sectors 0x1234 to 0x123d, as scsi_debug's: ENODATA is told as sense 3/11/00 (qemu:
# scsi/utils.c). Unseen until a scenario loads its driver.
BAD_SCSI = {"driver": "blkdebug", "node-name": "bad-scsi",
            "image": {"driver": "null-co", "size": 64 << 20, "read-zeroes": True},
            "inject-error": [{"event": "none", "iotype": "read", "errno": errno.ENODATA, "sector": sector, "once": False}
                             for sector in range(0x1234, 0x123e)]}

# Emulation gains nothing from the mitigations; a panic must end the guest at once, not hang it.
CMDLINE = ("quiet loglevel=4 panic=-1 oops=panic mitigations=off net.ifnames=0 "
           "random.trust_cpu=on nowatchdog rcupdate.rcu_expedited=1 audit=0 selinux=0 apparmor=0 "
           "systemd.unified_cgroup_hierarchy=1 ")


@dataclasses.dataclass(frozen=True)
class Machine:
    qemu: tuple
    cmdline: str


MACHINES = {
    # Without fast string instructions (erms; 112 is rep_good): the emulator does them byte by byte, and the kernel has
    # other ways (the system's time of a start of culprit falls by half). Without la57 a page walk has a level less.
    "amd64": Machine(("qemu-system-x86_64", "-M", "q35", "-cpu", "max,-erms,-la57"),
                     "console=ttyS0 tsc=reliable no_timer_check clearcpuid=112"),
    # A server's processor; "max" has pointer authentication, which is slow to emulate.
    "arm64": Machine(("qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "neoverse-n1"), "console=ttyAMA0"),
}
# Whose programs its guests take from this machine's own root; others have a root of their own in the cache.
OWN = "amd64"


def architecture(kernel):
    """Of a kernel's name: 6.1, or 6.1-arm64."""
    return kernel.rpartition("-")[2] if "-" in kernel else OWN


# An NVMe disk that cannot read one block; unseen until a scenario loads its driver. Sectors of 512 bytes.
BAD_NVME = {"driver": "blkdebug", "node-name": "bad-nvme",
            "image": {"driver": "null-co", "size": 64 << 20, "read-zeroes": True},
            "inject-error": [{"event": "none", "iotype": "read", "errno": 5, "sector": 8000, "once": False}]}


class Guest:
    """Runs the cells listed in out_dir/cells; the results lie in out_dir/SCENARIO/ (see guest/main)."""

    def __init__(self, kernel_dir, vm_dir, out_dir, env, network="hubport,id=host,hubid=0"):
        """network: what the adapter is connected to, "host" to qemu; by default it has a link and nobody at its end."""
        self.kernel_dir = pathlib.Path(kernel_dir)
        self.architecture = architecture(self.kernel_dir.name)
        self.root = pathlib.Path("/" if self.architecture == OWN else self.kernel_dir.parent / f"root-{self.architecture}")
        self.vm_dir = pathlib.Path(vm_dir)
        self.out_dir = pathlib.Path(out_dir)
        self.network = network
        self.release = (self.kernel_dir / "release").read_text().strip()
        self.env = dict(env, VM_DIR=str(self.vm_dir), VM_KIT="" if self.architecture == OWN else "1")
        self.process = None
        self.boot_s = None

    def command(self, interactive):
        image = initramfs.build(self.kernel_dir, self.root, self.vm_dir / "guest" / "init", self.out_dir)
        disk = self.out_dir / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(256 << 20)
        subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", str(disk)], check=True)
        serial = "mon:stdio" if interactive else f"file:{self.out_dir / 'console.log'}"

        def share(tag, path, options):
            return ["-virtfs", f"local,mount_tag={tag},path={path},security_model=none,{options}"]

        machine = MACHINES[self.architecture]
        # Whatever ends this program ends the guest. One thread for both processors: two guests fill a machine of two and
        # wait for no lock whose holder does not run (as fast as two threads each, measured), and the processors see
        # each other's changes of code.
        return (["setpriv", "--pdeathsig", "KILL", *machine.qemu, "-accel", "tcg,thread=single", "-m", "2048", "-smp", "2",
                 "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", serial,
                 "-kernel", str(self.kernel_dir / "vmlinux"), "-initrd", str(image),
                 "-append", CMDLINE + machine.cmdline,
                 "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe",
                 "-blockdev", json.dumps(BAD_NVME), "-device", "nvme,serial=CULPRIT1,drive=bad-nvme",
                 "-blockdev", json.dumps(BAD_SCSI), "-device", "virtio-scsi-pci",
                 "-device", "scsi-hd,drive=bad-scsi,rerror=report",
                 # Only what loads their drivers sees the adapters; the second is one that is made to fail.
                 "-netdev", self.network, "-device", "e1000,netdev=host",
                 "-netdev", "hubport,id=stuck,hubid=1", "-device", "rtl8139,netdev=stuck"]
                + share("host", self.root, "readonly=on,multidevs=remap")
                + (share("kit", self.vm_dir, "readonly=on,multidevs=remap") if self.env["VM_KIT"] else [])
                + share("out", self.out_dir, "multidevs=remap")
                + share("modules", self.kernel_dir / "lib" / "modules" / self.release, "readonly=on,multidevs=remap"))

    def run(self, cells, on_progress=None, interactive=False):
        """Runs to the end or to the first hang. cells: [(name, seconds of trace)]; on_progress(word, name) is told
        of "start" and "end" of each. Returns None, or what went wrong."""
        self.out_dir.mkdir(parents=True, exist_ok=True)
        (self.out_dir / "progress").write_text("")
        (self.out_dir / "cells").write_text("".join(f"{name} {seconds}\n" for name, seconds in cells))
        env = dict(self.env, VM_SHELL="1" if interactive else "")
        (self.out_dir / "boot.env").write_text("".join(f"export {k}={shlex.quote(str(v))}\n" for k, v in env.items()))
        command = self.command(interactive)
        if interactive:
            subprocess.run(command, check=False)
            return None
        with open(self.out_dir / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                return self.watch(dict(cells), on_progress)
            finally:
                self.kill()

    def watch(self, seconds, on_progress):
        """Waits while the guest makes progress."""
        started = last = time.monotonic()
        limit, seen, ended = BOOT_LIMIT_S, [], False
        while not ended:
            ended = self.process.poll() is not None   # before the last look at the progress
            progress = (self.out_dir / "progress").read_text(errors="replace")
            lines = progress[:progress.rfind("\n") + 1].splitlines()
            now = time.monotonic()
            for line in lines[len(seen):]:
                word, _, name = line.partition(" ")
                name = name.split(" ")[0]
                last = now
                limit = CELL_SLACK_S + (seconds[name] * MAX_STRETCH if word == "start" else 0)
                if word == "up":
                    self.boot_s = round(now - started, 1)
                elif word in ("start", "end") and on_progress:
                    on_progress(word, name)
            seen = lines
            if not ended and now - last > limit:
                return f"no progress for {limit} s after '{last_line(seen)}': killed"
            if not ended:
                time.sleep(0.1)
        if last_line(seen) != "finished":
            return f"the guest ended after '{last_line(seen)}'; {self.console_tail()}"
        return None

    def console_tail(self):
        try:
            lines = (self.out_dir / "console.log").read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        lines += (self.out_dir / "qemu.log").read_text(errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"panic|BUG|Oops|init:", line)] or lines
        return "console: " + " | ".join(line.strip() for line in telling[-3:]) if telling else "the console is empty"

    def emulator_failed(self):
        """Why the hang may be the emulator's; None where nothing says so. The kernel changes its code under the other
        processor, by an int3 that it puts there for a moment, and the emulator's translation of the old code may outlive
        the change: the kernel dies of that int3, or one processor goes round in it (each seen in one of some 150
        cells while each processor was a thread, also while a driver was loaded and nothing of ours ran)."""
        try:
            console = (self.out_dir / "console.log").read_text(errors="replace")
        except OSError:
            return None
        if "Oops: int3: 0000" in console:
            return "the emulator lost a change of code"
        return "a processor stood still" if re.search(r"rcu: INFO: rcu_\w+ (self-)?detected stall", console) else None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def last_line(lines):
    return lines[-1] if lines else "start"
