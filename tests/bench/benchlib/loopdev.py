# SPDX-License-Identifier: BSD-2-Clause
"""Block devices in memory: a loop device over a file without a name. The kernel takes both away
when the last descriptor is closed, however the bench ends."""

import contextlib
import errno
import fcntl
import os
import struct

from .rows import NotMeasured

LOOP_CTL_GET_FREE = 0x4C82
LOOP_CONFIGURE = 0x4C0A
LO_FLAGS_AUTOCLEAR = 4
LO_FLAGS_DIRECT_IO = 16
TRIES = 20  # somebody else may take the free device first

# struct loop_info64 of linux/loop.h: six numbers, flags, file name, crypt name, key, init.
INFO = struct.Struct("=5Q4I64s64s32s2Q")


class Loop:
    """One loop device: path, name, and the memory behind it."""

    def __init__(self, path, device, memory):
        self.path, self.device, self.memory = path, device, memory
        self.name = os.path.basename(path)

    def truncate(self):
        """Takes the file away under the device: every read fails from here on."""
        os.ftruncate(self.memory, 0)


def _configure(memory, flags):
    """Binds the next free device; returns (path, descriptor)."""
    info = INFO.pack(0, 0, 0, 0, 0, 0, 0, 0, flags, b"culprit-bench", b"", b"", 0, 0)
    config = struct.pack("=2I", memory, 0) + info + bytes(64)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(TRIES):
            path = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
            device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(device, LOOP_CONFIGURE, config)
                return path, device
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:
                    raise
    finally:
        os.close(control)
    raise NotMeasured("no free loop device")


@contextlib.contextmanager
def loop_device(size, direct=False):
    """A loop device over `size` bytes of memory, filled. direct: it passes by the page cache."""
    with contextlib.ExitStack() as stack:
        memory = os.memfd_create("culprit-bench")
        stack.callback(os.close, memory)
        chunk = os.urandom(1 << 20)
        for offset in range(0, size, len(chunk)):
            os.pwrite(memory, chunk[:size - offset], offset)
        try:
            path, device = _configure(memory, LO_FLAGS_AUTOCLEAR |
                                      (LO_FLAGS_DIRECT_IO if direct else 0))
        except OSError as error:
            raise NotMeasured(f"no loop device: {error.strerror}") from error
        stack.callback(os.close, device)
        yield Loop(path, device, memory)
