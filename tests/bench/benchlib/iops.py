# SPDX-License-Identifier: BSD-2-Clause
"""Block I/O on a loop device in memory, as fast as it goes: what watching it takes away."""

import json

from .children import output, ours, program, rival
from .loopdev import loop_device
from .rows import NONE, OURS, NotMeasured, Row, interleave

DEVICE_BYTES = 64 << 20
RIVAL = "biolatency"


def fio_command(device, seconds):
    """Random 4 KiB direct reads, as many as the device takes."""
    return [program("fio"), "--name=bench", f"--filename={device.path}", "--thread",
            "--ioengine=io_uring", "--iodepth=64", "--numjobs=2", "--direct=1", "--rw=randread",
            "--bs=4k", "--time_based", f"--runtime={seconds}", "--group_reporting",
            "--output-format=json"]


def fio(device, seconds):
    """IOPS of one run."""
    out = output(fio_command(device, seconds), seconds + 20)
    job = json.loads(out[out.index("{"):])["jobs"][0]
    if job["error"] or not job["read"]["iops"]:
        raise NotMeasured(f"fio read nothing: error {job['error']}")
    return job["read"]["iops"]


def half_of_rivals_loss(row):
    """met: no change that can be measured, or half of biolatency's loss or less."""
    if row.too_noisy(OURS) or row.change(RIVAL) is None:
        return None
    if not row.measurable(OURS):
        return True
    return row.change(OURS) >= row.change(RIVAL) / 2


def measure_iops(bench):
    """IOPS of a memory-backed loop device: none, ours, biolatency."""
    row = Row("iops", "IOPS, loop device in memory", "1/s",
              "<= half of biolatency's loss", half_of_rivals_loss, digits=0)
    seconds = 1 if bench.quick else 2
    with loop_device(DEVICE_BYTES, direct=True) as device:
        fio(device, 1)  # warm up: workers, caches
        interleave(bench.rounds,
                   {NONE: bench.nothing, OURS: ours(bench.culprit), RIVAL: rival(RIVAL, "600")},
                   lambda variant, tool: {row.id: fio(device, seconds)}, [row])
    return [row]
