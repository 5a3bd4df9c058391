# SPDX-License-Identifier: BSD-2-Clause
"""Builds the guest's initramfs: static busybox, guest/init, and the modules needed to reach the host's
root over 9p, decompressed and in the order in which they must be inserted."""

import hashlib
import lzma
import os
import pathlib
import shutil
import subprocess

# Reaching the root, and a healthy disk. What else a scenario needs, modprobe loads in the guest.
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_blk", "ext4", "veth", "sch_netem",
           "loop", "dm_flakey", "sd_mod", "tcp_diag", "ipv6")
DIRECTORIES = ("bin", "dev", "proc", "sys", "modules")


def build(kernel_dir, root, init_path, out_dir):
    """Returns the path of an up-to-date initramfs in out_dir for the kernel in kernel_dir (see tests/vm/kernels), with
    the busybox of root, which is of the kernel's architecture."""
    kernel_dir, out_dir = pathlib.Path(kernel_dir), pathlib.Path(out_dir)
    busybox = shutil.which("busybox", path=":".join(str(root / name) for name in ("usr/bin", "bin")))
    if not busybox:
        raise SystemExit(f"vm: no busybox in {root}; install busybox-static")
    release = (kernel_dir / "release").read_text().strip()
    modules = module_order(kernel_dir, release, MODULES)
    init = pathlib.Path(init_path).read_bytes()
    with open(busybox, "rb") as file:
        busybox_data = file.read()

    digest = hashlib.sha256(init + busybox_data + "\n".join(map(str, modules)).encode())
    out = out_dir / f"initramfs-{digest.hexdigest()[:12]}"
    if out.exists():
        return out
    archive = Cpio()
    for name in DIRECTORIES:
        archive.add(name, 0o040755)
    archive.add("bin/busybox", 0o100755, busybox_data)
    archive.add("bin/sh", 0o120777, b"busybox")
    archive.add("init", 0o100755, init)
    add_modules(archive, modules)
    for old in out_dir.glob("initramfs-*"):
        old.unlink(missing_ok=True)
    temporary = out.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(archive.finish())
    temporary.rename(out)
    return out


def add_modules(archive, modules):
    """These files into /modules; /modules/order names them."""
    names = []
    for path in modules:
        names.append(path.name.split(".ko")[0] + ".ko")
        archive.add("modules/" + names[-1], 0o100644, unsigned(decompressed(path)))
    archive.add("modules/order", 0o100644, "".join(name + "\n" for name in names).encode())


def module_order(kernel_dir, release, names):
    """The module files of these names and what they depend on. Split images ship no list of what is built in:
    a name that modprobe does not know is taken to be built in, and the boot proves it."""
    modprobe = shutil.which("modprobe") or "/usr/sbin/modprobe"
    order = []
    for name in names:
        shown = subprocess.run([modprobe, "-d", str(kernel_dir), "-S", release, "--show-depends", name],
                               capture_output=True, text=True, check=False)
        for line in shown.stdout.splitlines():
            words = line.split()
            if words[0] == "insmod" and pathlib.Path(words[1]) not in order:
                order.append(pathlib.Path(words[1]))
    return order


def decompressed(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def unsigned(module):
    """Cuts the appended signature off (kernel: include/linux/module_signature.h): checking it costs 0.2 s a module
    under emulation."""
    magic = b"~Module signature appended~\n"
    if not module.endswith(magic):
        return module
    signature_bytes = int.from_bytes(module[-len(magic) - 4:-len(magic)], "big")
    return module[:-len(magic) - 12 - signature_bytes]


class Cpio:
    """An archive in the "newc" format (kernel: Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 0

    def add(self, name, mode, content=b""):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields)
        self.data += name.encode() + b"\0"
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)
