# SPDX-License-Identifier: BSD-2-Clause
"""Stories of disks."""
from make_events import NETNS
from backdrop import SDA, begin, quiet_seconds, second

LOOP = "7:0"
SDA1 = "8:1"
MEDIUM = "block_io dev=8:0 status=medium"
MEDIUM_COUNT = "block_status dev=8:0 status=medium"


def fail(host, op, status, sectors, counted=True, harmless=0, **fields):
    """Failures in the middle of a second, each with its line at once; then the tick's counters."""
    for sector in sectors:
        host.wait(0.01)
        host.fails(SDA, op, status, sector, **fields)
    host.pulse()
    host.wait(0.5)
    key = (SDA, op, status)
    host.io[key] = host.io.get(key, 0) + len(sectors)
    if counted:
        host.put("block_status", dev=SDA, op=op, status=status, count=host.io[key],
                 harmless=harmless)


def story_media_error(host):
    host.say(what="a disk with three bad sectors under a mounted file system; postgres reads them",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT],
             across="disk-media-error.min_errors=4", least="disk-media-error 0.95")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "medium", [4660])
    quiet_seconds(host, 2)
    host.who(812, "postgres", "/usr/lib/postgresql/15/bin/postgres", "/system.slice/postgresql.service")
    fail(host, "read", "medium", [4661, 9320], pid=812, start_ns=100 * 10**9, comm="postgres")
    quiet_seconds(host, 4)
    host.end()


def story_media_readahead(host):
    host.say(what="dropped read-ahead over a bad sector: nobody waited for it", expect="none")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "medium", [4660, 4668, 4676], harmless=3, readahead=1)
    quiet_seconds(host, 8)
    host.end()


def story_media_error_healed(host):
    host.say(what="one sector fails once, and is read well later: less sure, and no critical matter",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT],
             across="disk-media-error.min_errors=2", most="disk-media-error 0.79")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "medium", [4660])
    quiet_seconds(host, 3)
    host.put("block_io", dev=SDA, op="read", status="ok", reason="slow", sector=4660, bytes=4096,
             lat_ns=900_000_000)
    quiet_seconds(host, 4)
    host.end()


def story_media_over_io_error(host):
    host.say(what="bad sectors, and other requests to the same disk fail without a cause: one finding",
             expect="disk-media-error sda", fault=["block_io dev=8:0", "block_status dev=8:0"])
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "medium", [4660, 4668])
    fail(host, "read", "ioerr", [5000])
    quiet_seconds(host, 3)
    fail(host, "read", "ioerr", [5008])
    quiet_seconds(host, 6)
    host.end()


def story_ring_lost_the_events(host):
    host.say(what="the ring lost every event of bad sectors: the counters still tell",
             expect="disk-media-error sda", fault=MEDIUM_COUNT)
    begin(host)
    quiet_seconds(host, 3)
    second(host)
    host.put("block_status", dev=SDA, op="read", status="medium", count=5)
    host.put("ring", name="block", produced=5, lost=5)
    host.tick()
    quiet_seconds(host, 6)
    host.end()


def story_io_error_loop(host):
    host.say(what="the file under a loop device was cut short", expect="disk-io-error loop0",
             fault=["block_io dev=7:0", "block_status dev=7:0"], across="disk-io-error.min_errors=7",
             least="disk-io-error 0.9")
    begin(host)
    host.disk("loop0", LOOP, size_bytes=8388608, flags=2, transport="loop", backing="/srv/disk.img")
    quiet_seconds(host, 2)
    for i in range(6):
        host.wait(0.02)
        host.put("block_io", dev=LOOP, op="read", status="ioerr", reason="error",
                 sector=8192 + 256 * i, bytes=131072, lat_ns=200000)
        host.pulse()
    host.wait(0.8)
    host.requests(LOOP, "read", 6)
    host.put("block_status", dev=LOOP, op="read", status="ioerr", count=6)
    host.tick()
    quiet_seconds(host, 6)
    host.end()


def story_io_error_once(host):
    host.say(what="one write fails, hundreds after it succeed: a suspicion, no fault",
             expect="disk-io-error sda", fault=["block_io dev=8:0", "block_status dev=8:0"],
             across="disk-io-error.min_errors=2", most="disk-io-error 0.79")
    begin(host)
    quiet_seconds(host, 3)
    second(host)
    fail(host, "write", "ioerr", [777])
    host.tick()
    quiet_seconds(host, 8)
    host.end()


def story_io_error_readahead(host):
    host.say(what="read-ahead that the kernel dropped while the device was busy", expect="none")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "ioerr", [4660, 4668, 4676], harmless=3, readahead=1)
    quiet_seconds(host, 8)
    host.end()


DEV_SDA = ["block_io dev=8:0", "block_status dev=8:0"]


def story_transport_error(host):
    host.say(what="the link to a disk fails: acknowledgements time out, reads fail after their retries",
             expect="disk-transport-error sda", fault=DEV_SDA,
             across="disk-transport-error.min_errors=5", least="disk-transport-error 0.9")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "transport", [100, 200, 300, 400], sense_key=11, asc=0x4b, ascq=3)
    quiet_seconds(host, 6)
    host.end()


def story_transport_once(host):
    host.say(what="one read lost its way, hundreds after it came through: a suspicion, no fault",
             expect="disk-transport-error sda", fault=DEV_SDA, most="disk-transport-error 0.79")
    begin(host)
    quiet_seconds(host, 3)
    second(host)
    fail(host, "read", "transport", [100], sense_key=11, asc=0x4b, ascq=3)
    host.tick()
    quiet_seconds(host, 8)
    host.end()


def story_retries_only(host):
    host.say(what="a link that is going bad: requests succeed, but some only when they are sent again",
             expect="disk-transport-error sda", fault=DEV_SDA, across="disk.min_retries=13",
             least="disk-transport-error 0.8")
    begin(host)
    quiet_seconds(host, 3)
    for n in (4, 8, 12):
        second(host)
        host.put("block_status", dev=SDA, op="read", status="transport", count=0, retried=n)
        host.tick()
    quiet_seconds(host, 5)
    host.end()


def story_retried_once(host):
    host.say(what="a bus reset costs some requests a second try", expect="none")
    begin(host)
    quiet_seconds(host, 3)
    second(host)
    host.put("block_status", dev=SDA, op="read", status="transport", count=0, retried=4)
    host.tick()
    quiet_seconds(host, 6)
    host.end()


def leave(host, unmount=False):
    """The disk of the backdrop goes, at the next look."""
    host.wait(0.9)
    for dev in (SDA1, SDA):
        host.put("disk_gone", dev=dev)
    if unmount:
        host.put("mount", dev=SDA1, mount="/data", flags=1)
    host.tick()


def without_disk(host, n):
    for _ in range(n):
        second(host, disk=False)
        host.tick()


GONE_SDA = ["disk_gone dev=8:0", "disk_gone dev=8:1"]


def story_disk_lost(host):
    host.say(what="a disk is pulled while its file system is mounted", expect="disk-lost sda",
             fault=GONE_SDA, least="disk-lost 0.9", most="disk-lost 0.92")
    begin(host)
    quiet_seconds(host, 3)
    leave(host)
    without_disk(host, 6)
    host.end()


def story_disk_lost_failing(host):
    host.say(what="a raw disk, nothing of it mounted: writes fail, then it is gone; a suspicion",
             expect=["disk-io-error sda", "disk-lost sda"],
             fault=[*GONE_SDA, "block_io dev=8:0", "block_status dev=8:0"], most="disk-lost 0.79")
    begin(host)
    host.put("mount", dev=SDA1, mount="/data", flags=1)
    quiet_seconds(host, 3)
    fail(host, "write", "ioerr", [4096, 8192])
    leave(host)
    without_disk(host, 6)
    host.end()


def story_disk_taken_out(host):
    host.say(what="a disk is unmounted and taken out in order", expect="none")
    begin(host)
    quiet_seconds(host, 5)
    leave(host, unmount=True)
    without_disk(host, 6)
    host.end()


def story_disk_offline(host):
    host.say(what="the kernel gives a disk up: it stays listed, and rejects every request",
             expect="disk-lost sda", fault=DEV_SDA, least="disk-lost 0.9")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "offline", [100, 200, 300, 400, 500])
    without_disk(host, 6)
    host.end()


def story_timeout(host):
    host.say(what="a disk that answers some requests not at all: the driver gives them up after 30 s",
             expect="disk-timeout sda", fault=DEV_SDA, across="disk-timeout.min_errors=4",
             least="disk-timeout 0.9")
    begin(host)
    quiet_seconds(host, 34)
    fail(host, "read", "timeout", [5000, 6000, 7000], lat_ns=30500000000, timeout_ms=30000)
    quiet_seconds(host, 6)
    host.end()


def story_late_but_well(host):
    host.say(what="requests that take half of the driver's timeout, and end well", expect="none")
    begin(host)
    quiet_seconds(host, 20)
    for sector in (5000, 6000, 7000):
        host.wait(0.01)
        host.put("block_io", dev=SDA, op="read", status="ok", reason="slow", sector=sector,
                 bytes=4096, lat_ns=15000000000)
    quiet_seconds(host, 6)
    host.end()


def story_integrity_error(host):
    host.say(what="reads whose guard tags do not match", expect="disk-integrity-error sda",
             fault=DEV_SDA, across="disk-integrity-error.min_errors=3",
             least="disk-integrity-error 0.85")
    begin(host)
    quiet_seconds(host, 3)
    fail(host, "read", "protection", [800, 808], sense_key=11, asc=0x10, ascq=1)
    quiet_seconds(host, 6)
    host.end()


def story_discard_unsupported(host):
    host.say(what="fstrim on a device that refuses discards, in each way that drivers have",
             expect="none")
    begin(host)
    for status in ("notsupp", "ioerr", "target"):
        fail(host, "discard", status, [2048 * i for i in range(8)])
        quiet_seconds(host, 2)
    fail(host, "write_zeroes", "notsupp", [0, 8])
    fail(host, "flush", "notsupp", [0])
    quiet_seconds(host, 5)
    host.end()


def story_rejected_not_failed(host):
    host.say(what="a SMART probe that is rejected, NOWAIT, a reservation: no fault; nor is a full thin pool one of the disk",
             expect="disk-full sda", fault=["block_io dev=8:0 op=write status=nospc", "block_status dev=8:0 op=write status=nospc"])
    begin(host)
    fail(host, "passthrough", "ioerr", [0, 0, 0])
    fail(host, "passthrough", "medium", [0])
    quiet_seconds(host, 2)
    fail(host, "read", "again", [64, 72], nowait=1)
    fail(host, "write", "resv_conflict", [64, 72])
    quiet_seconds(host, 2)
    fail(host, "write", "nospc", [4096, 4104, 4112])
    fail(host, "read", "resource", [5000])
    quiet_seconds(host, 6)
    host.end()


def story_idle_host(host):
    host.say(what="an idle host: a few requests, a keep-alive; too little to judge", expect="none")
    begin(host)
    for i in range(12):
        second(host, disk=False, peers=())
        if i == 3:
            host.requests(SDA, "write", 4)
        if i == 7:
            host.peer("10.1.9.9", 22, dir="in", segs_out=3, bytes_acked=200, live=1)
        host.tick()
    host.end()


def story_ended_at_once(host):
    host.say(what="Ctrl-C after four tenths of a second, on a busy host with three interfaces", expect="none")
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=1 | 2, speed_mbps=10000)
    host.put("nic", name="eth2", ifindex=4, netns=NETNS, flags=1 | 2, speed_mbps=10000)
    begin(host)
    host.wait(0.4)
    host.requests(SDA, "read", 1_204_008)
    host.tick()
    host.put("end", reason="interrupted")


def story_nothing_attached(host):
    host.say(what="no probe of disks and sockets attached: blind, never clear", expect="none")
    host.lines = [line for line in host.lines if " probe " not in line]
    host.put("probe", name="block.complete", state="unavailable", reason="no such tracepoint")
    host.put("probe", name="tcp.sample", state="unavailable", reason="EPERM")
    host.put("probe", name="files.census", via="iter/task", state="active")
    host.put("probe", name="files.scan", via="iter/task_file", state="active")
    begin(host)
    for _ in range(12):
        second(host, disk=False, peers=())
        host.tick()
    host.end()
