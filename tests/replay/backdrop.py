# SPDX-License-Identifier: BSD-2-Clause
"""What goes on besides the story: a disk that works, peers that answer, processes that stay steady."""

SDA = "8:0"
SDA1 = "8:1"


def disks(host):
    host.disk("sda", SDA, size_bytes=4000787030016, model="ST4000NM0035", serial="ZC1A9XYZ",
              wwn="0x5000c500a1b2c3d4", transport="sata", flags=4)
    host.disk("sda1", SDA1, parent=SDA, size_bytes=4000785948160, flags=1)
    host.put("mount", dev=SDA1, fstype="ext4", mount="/data", source="/dev/sda1")


def processes(host):
    host.fds(1, "systemd", 96, born=1)
    host.fds(731, "vector", 41)
    host.fds(812, "postgres", 63)


def begin(host):
    disks(host)
    processes(host)
    host.peer("10.1.9.9", 22, dir="in", segs_out=900, bytes_acked=70000, live=1, flags=1)
    host.tick()


def good_peer(host, addr, segs=600, port=9092, **more):
    """A second's worth of a peer that is well."""
    host.peer(addr, port, **{"segs_out": segs, "bytes_acked": 1400 * segs, "live": 2, "srtt_us": 1000,
                             "min_rtt_us": 600, "pid": 731, "comm": "vector", "start_ns": 100 * 10**9,
                             **more})


def second(host, disk=True, peers=("10.1.9.9",)):
    """Moves on by a second of ordinary work, up to just before the tick."""
    host.wait(1)
    if disk:
        host.requests(SDA, "read", 80)
        host.requests(SDA, "write", 40)
    for addr in peers:
        good_peer(host, addr, 60, 22, dir="in")


def quiet_seconds(host, n, **how):
    for _ in range(n):
        second(host, **how)
        host.tick()
