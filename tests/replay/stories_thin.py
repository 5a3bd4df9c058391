# SPDX-License-Identifier: BSD-2-Clause
"""Stories of thin pools: what they promise, how full they are, when they stop."""
from backdrop import good_peer, processes, SDA
from stories_load import Queue

TPOOL, POOL, WWW, MAIL, META = "254:2", "254:3", "254:4", "254:5", "254:0"
GB, MB = 10**9, 10**6
READ_ONLY, NO_SPACE, FAILED, NEEDS_CHECK, ERRORS = 1, 2, 4, 8, 16


def pool_host(host, volumes=(("vg-www", WWW, 80 * GB), ("vg-mail", MAIL, 80 * GB))):
    """A disk, on it a thin pool of 100 GB as LVM makes it, on that the volumes; the first one is mounted."""
    host.disk("sda", SDA, size_bytes=4000787030016, model="ST4000NM0035", serial="ZC1A9XYZ", transport="sata", flags=4)
    dm = {"flags": 2, "transport": "dm", "layer": "LVM"}
    host.disk("dm-0", META, size_bytes=100 * MB, backing="vg-pool_tmeta", **dm)
    host.disk("dm-2", TPOOL, size_bytes=100 * GB, backing="vg-pool-tpool", **dm)
    host.disk("dm-3", POOL, size_bytes=100 * GB, backing="vg-pool", **dm)
    for upper, lower in ((META, SDA), (TPOOL, SDA), (TPOOL, META), (POOL, TPOOL)):
        host.put("disk_link", upper=upper, lower=lower)
    for i, (name, dev, size) in enumerate(volumes):
        host.disk(f"dm-{4 + i}", dev, size_bytes=size, backing=name, **dm)
        host.put("disk_link", upper=dev, lower=TPOOL)
    host.put("mount", dev=WWW, fstype="ext4", mount="/srv/www", source="/dev/mapper/vg-www", fs_dev=WWW)
    host.put("fs_space", dev=WWW, size_bytes=78 * GB, free_bytes=50 * GB, avail_bytes=46 * GB, inodes=1_000_000,
             inodes_free=900_000)
    processes(host)
    host.peer("10.1.9.9", 22, dir="in", segs_out=900, bytes_acked=70000, live=1, flags=1)
    host.tick()


def pool(host, used, meta=20 * MB, flags=0, size=100 * GB):
    host.put("thin_pool", dev=TPOOL, data_used=used, data_bytes=size, meta_used=meta, meta_bytes=100 * MB, flags=flags)


def seconds(host, n, told=lambda i: None):
    for i in range(n):
        host.wait(1)
        host.requests(SDA, "read", 80)
        host.requests(SDA, "write", 40)
        good_peer(host, "10.1.9.9", 60, 22, dir="in")
        told(i)
        host.tick()


FULL = "thin_pool dev=254:2"


def story_thin_full(host):
    host.say(what="two volumes of 80 GB on a thin pool of 100 GB, of which 96 % is used; the file systems have room",
             expect="disk-full dm-2", fault=FULL, across="disk-full.full_share=0.99", least="disk-full 0.95")
    pool_host(host)
    pool(host, 96 * GB)
    seconds(host, 8)
    host.end()


def story_thin_filling(host):
    host.say(what="a thin pool at half grows by 200 MB a second", expect="disk-full dm-2", fault=FULL,
             across="disk-full.reach=2", most="disk-full 0.7")
    pool_host(host)
    seconds(host, 30, lambda i: i % 3 or pool(host, 50 * GB + i * 2 * 10**8))
    host.end()


def story_thin_no_space(host):
    host.say(what="a thin pool runs out of data space and lets writes wait", expect="disk-full dm-2", fault=FULL,
             across="disk-full.full_share=1 disk-full.critical_share=1 disk-full", least="disk-full 0.95")
    pool_host(host)
    pool(host, 70 * GB)
    seconds(host, 3)
    pool(host, 100 * GB, flags=NO_SPACE)
    seconds(host, 5)
    host.end()


def waiting(host, flags, extended=99, moves=99):
    """Writes to the first volume wait, from the fourth second on; the pool may be extended, and they go on."""
    pool_host(host)
    queue_a, queue_www = Queue(host, SDA), Queue(host, WWW)
    pool(host, 70 * GB)

    def told(i):
        queue_a.look(80, 40)
        if i == extended:
            pool(host, 100 * GB, size=200 * GB)
        if i < 4 or i >= moves:
            queue_www.look(0, 20)
            return
        if i == 4:
            pool(host, 100 * GB if flags else 70 * GB, flags=flags)
        known = {"flags": 3, "age_ns": (i - 3) * 10**9 - 10**8} if i > 4 else {}
        queue_www.look(in_flight=4, **known)
    seconds(host, 14, told)
    host.end()


def story_thin_no_space_waits(host):
    host.say(what="a thin pool runs out of data space, what is written to a volume waits for it: the pool is full, no disk hangs",
             expect="disk-full dm-2", fault=[FULL + " flags=2", "block_queue dev=254:4 in_flight=4"])
    waiting(host, NO_SPACE)


def story_thin_no_space_extended(host):
    host.say(what="the same, then it is extended; the look at the volume was a moment before, and what waited is on its way",
             expect="disk-full dm-2", fault=[FULL, "block_queue dev=254:4 in_flight=4"])
    waiting(host, NO_SPACE, extended=10, moves=11)


def story_thin_no_space_no_wait(host):
    host.say(what="a full thin pool that fails writes at once: nothing waits for it, so a volume that does not answer is stuck",
             expect=["disk-full dm-2", "disk-stuck-io dm-4"], fault=[FULL, "block_queue dev=254:4 in_flight=4"])
    waiting(host, NO_SPACE | ERRORS)


def story_thin_volume_stuck(host):
    host.say(what="a volume whose pool has space does not answer: stuck", expect="disk-stuck-io dm-4",
             fault="block_queue dev=254:4 in_flight=4")
    waiting(host, 0)


def story_thin_metadata(host):
    host.say(what="the metadata of a thin pool is at 99 %, its data at half: snapshots do that",
             expect="disk-full dm-2", fault=FULL, least="disk-full 0.95")
    pool_host(host)
    pool(host, 50 * GB, meta=99 * MB)
    seconds(host, 6)
    host.end()


def story_thin_needs_check(host):
    host.say(what="a thin pool went read-only because its metadata needs a check", expect="disk-full dm-2", fault=FULL)
    pool_host(host)
    pool(host, 50 * GB)
    seconds(host, 2)
    pool(host, 50 * GB, flags=READ_ONLY | NEEDS_CHECK)
    seconds(host, 5)
    host.end()


def story_thin_failed(host):
    host.say(what="a thin pool says nothing but Fail", expect="disk-full dm-2", fault=FULL)
    pool_host(host)
    pool(host, 0, meta=0, size=0, flags=FAILED)
    seconds(host, 5)
    host.end()


def story_thin_extended(host):
    host.say(what="a full thin pool is extended: resolved", expect="disk-full dm-2", fault=FULL)
    pool_host(host)
    pool(host, 97 * GB)
    seconds(host, 4)
    pool(host, 97 * GB, size=200 * GB)
    seconds(host, 6)
    host.end()


def story_thin_all_mapped(host):
    host.say(what="a thin pool is mapped to the last block, and its one volume is no larger: it cannot run out; info",
             expect="disk-full dm-2", fault=FULL, most="disk-full 0.84")
    pool_host(host, volumes=(("vg-www", WWW, 100 * GB),))
    pool(host, 100 * GB)
    seconds(host, 6)
    host.end()


def story_thin_half(host):
    host.say(what="a thin pool that promises more than it has is at 60 %, up and down: no fault", expect="none",
             across="disk-full.full_share=0.5 disk-full")
    pool_host(host)
    seconds(host, 24, lambda i: i % 3 or pool(host, 60 * GB + i % 2 * GB, flags=ERRORS))
    host.end()


def story_thin_restored(host):
    host.say(what="a volume is restored onto a pool that has room for ten times as much: no forecast", expect="none")
    pool_host(host)
    seconds(host, 24, lambda i: i % 3 or pool(host, 20 * GB + i * 5 * 10**7))
    host.end()
