#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: vmlinux.py VMLINUZ VMLINUX

Unpacks a bzImage. qemu starts the ELF file by its PVH entry; the image's own decompressor would take
2 to 7 seconds of each boot under emulation. An arm64 image is not compressed: it is copied."""

import lzma
import pathlib
import struct
import subprocess
import sys
import zlib

# The setup header: kernel, Documentation/arch/x86/boot.rst.
SETUP_SECTORS, PAYLOAD_OFFSET = 0x1F1, 0x248


# The header of an arm64 image: kernel, Documentation/arch/arm64/booting.rst.
ARM64_MAGIC, ARM64_MAGIC_AT = b"ARM\x64", 0x38


def unpack(image):
    start, size = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start += (image[SETUP_SECTORS] + 1) * 512
    payload = image[start:start + size]
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd"):
        # The four bytes of the size after the frame are no frame: zstd says so and has written all.
        return subprocess.run(["zstd", "-dc"], input=payload, capture_output=True, check=False).stdout
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(wbits=31).decompress(payload)
    raise ValueError("compressed in a way that is not known here")


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    image = source.read_bytes()
    if image[ARM64_MAGIC_AT:].startswith(ARM64_MAGIC):
        target.write_bytes(image)
        return
    elf = unpack(image)
    if not elf.startswith(b"\x7fELF"):
        raise ValueError("no ELF file inside")
    target.write_bytes(elf)


if __name__ == "__main__":
    main()
