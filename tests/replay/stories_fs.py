# SPDX-License-Identifier: BSD-2-Clause
"""Stories of file systems: lost write-back, damage, full ones."""
from backdrop import SDA, SDA1, begin, processes, quiet_seconds, second

GB = 10**9
EIO = 5
WB = "fs_wb dev=8:1"
FULL = "fs_space dev=8:1"
INODES = 1_000_000


def begin_fs(host, **mount):
    for probe in ("fs.writeback", "fs.fsync", "fs.ext4"):
        host.put("probe", name=probe, via="raw_tp/" + probe, state="active")
    begin(host)
    host.put("mount", **{"dev": SDA1, "fstype": "ext4", "mount": "/data", "source": "/dev/sda1", "fs_dev": SDA1,
                         **mount})


def lost(host, ranges, files, heard=0, told=0, ino=131, **fields):
    """The counters of one tick."""
    host.put("fs_wb", **{"dev": SDA1, "ranges": ranges, "files": files, "heard": heard, "told": told, "ino": ino,
                         "err": EIO, "magic": 0xef53, "fstype": "ext4", "id": "sda1", **fields})


def told(host, ino=131, pid=812, comm="postgres"):
    host.put("fs_wb_file", dev=SDA1, ino=ino, err=EIO, told=1, pid=pid, start_ns=100 * 10**9, comm=comm)


def disk_fails(host, n):
    for i in range(n):
        host.wait(0.01)
        host.fails(SDA, "write", "medium", 8000 + 8 * i)
    host.pulse()


def story_writeback_silent(host):
    host.say(what="write-back of two files fails on a bad disk, and nobody calls fsync",
             expect=["disk-media-error sda", "writeback-lost /data"],
             fault=[WB, "block_io dev=8:0 status=medium", "block_status dev=8:0 status=medium"],
             least="writeback-lost 0.95")
    begin_fs(host)
    quiet_seconds(host, 3)
    second(host)
    disk_fails(host, 3)
    host.put("fs_wb_file", dev=SDA1, ino=131, err=EIO)
    host.put("fs_wb_file", dev=SDA1, ino=140, err=EIO)
    lost(host, 3, 2, ino=140)
    host.tick()
    quiet_seconds(host, 7)
    host.end()


def story_writeback_told(host):
    host.say(what="write-back fails, postgres is told by fsync, and goes on failing",
             expect="writeback-lost /data", fault=WB)
    begin_fs(host)
    quiet_seconds(host, 3)
    for i in range(4):
        second(host)
        told(host)
        lost(host, 2 * i + 2, i + 1, heard=i + 1, told=i + 1)
        host.tick()
    host.end()


def story_writeback_again(host):
    host.say(what="write-back fails, postgres is told by fsync and writes it again, well: no warning stands",
             expect="writeback-lost /data", fault=WB, most="writeback-lost 0.79")
    begin_fs(host)
    quiet_seconds(host, 3)
    second(host)
    told(host)
    lost(host, 2, 1, heard=1, told=1)
    host.tick()
    quiet_seconds(host, 9)
    host.end()


def story_writeback_deleted(host):
    host.say(what="write-back of files that are deleted already fails: nobody can read them again",
             expect="none")
    begin_fs(host)
    quiet_seconds(host, 3)
    second(host)
    lost(host, 4, 0, deleted=4, ino=0)
    host.tick()
    quiet_seconds(host, 7)
    host.end()


def story_writeback_btrfs(host):
    host.say(what="the kernel knows a btrfs by a number that is no device; its mount tells which it is",
             expect="writeback-lost /data", fault="fs_wb dev=0:45")
    begin_fs(host, fstype="btrfs", fs_dev="0:45")
    quiet_seconds(host, 3)
    second(host)
    lost(host, 4, 1, dev="0:45", fstype="btrfs", id="sda1")
    host.tick()
    quiet_seconds(host, 6)
    host.end()


def story_writeback_no_fsync_probe(host):
    host.say(what="write-back fails, and whether somebody was told cannot be seen",
             expect="writeback-lost /data", fault=WB, most="writeback-lost 0.84")
    begin_fs(host)
    host.put("probe", name="fs.fsync", state="unavailable", reason="tp_btf: forced off")
    quiet_seconds(host, 3)
    second(host)
    lost(host, 4, 1)
    host.tick()
    quiet_seconds(host, 6)
    host.end()


def space(host, used, size=100 * GB, dev=SDA1, inodes_used=1000, **fields):
    """Five percent are root's."""
    reserve = size // 20
    free = size - used
    host.put("fs_space", **{"dev": dev, "size_bytes": size, "free_bytes": free,
                            "avail_bytes": max(0, free - reserve), "inodes": INODES,
                            "inodes_free": INODES - inodes_used, **fields})


def health(host, errors=0, **fields):
    host.put("fs_health", **{"dev": SDA1, "errors": errors, **fields})


def story_ext4_error(host):
    host.say(what="ext4 finds a damaged directory on a bad disk and goes read-only",
             expect=["disk-media-error sda", "filesystem-error /data"],
             fault=["fs_error dev=8:1", "fs_health dev=8:1", "block_io dev=8:0", "block_status dev=8:0"],
             least="filesystem-error 0.95")
    begin_fs(host)
    health(host)
    quiet_seconds(host, 3)
    second(host)
    host.fails(SDA, "read", "medium", 4660)
    host.put("fs_error", dev=SDA1, fstype="ext4", id="sda1", where="ext4_find_dest_de", line=1483, pid=812,
             comm="postgres")
    host.pulse()
    host.wait(0.3)
    health(host, 1, flags=5, ino=131, where="ext4_find_dest_de")
    host.put("mount", dev=SDA1, fstype="ext4", mount="/data", source="/dev/sda1", fs_dev=SDA1, flags=2)
    host.tick()
    quiet_seconds(host, 5)
    host.end()


def story_ext4_error_counted(host):
    host.say(what="ext4's count of errors grows, and its tracepoint is not there",
             expect="filesystem-error /data", fault="fs_health dev=8:1")
    begin_fs(host)
    health(host, 2, flags=0, where="ext4_lookup")
    quiet_seconds(host, 3)
    second(host)
    health(host, 5, where="htree_dirblock_to_tree", ino=2)
    host.tick()
    quiet_seconds(host, 4)
    host.end()


def story_ext4_old_errors(host):
    host.say(what="ext4 has counted errors before we looked, and none since: not claimed", expect="none")
    begin_fs(host)
    health(host, 7, where="ext4_lookup")
    quiet_seconds(host, 8)
    host.end()


def story_remount_read_only(host):
    host.say(what="an administrator remounts a file system read-only: no fault", expect="none")
    begin_fs(host)
    health(host)
    space(host, 40 * GB)
    quiet_seconds(host, 3)
    second(host)
    space(host, 40 * GB, flags=1)
    host.put("mount", dev=SDA1, fstype="ext4", mount="/data", source="/dev/sda1", fs_dev=SDA1, flags=2)
    host.tick()
    quiet_seconds(host, 5)
    host.end()


def story_xfs_shutdown(host):
    host.say(what="XFS shuts down because its log cannot be written", expect="filesystem-error /data",
             fault=["fs_error dev=8:1", "fs_health dev=8:1"])
    begin_fs(host, fstype="xfs")
    health(host)
    quiet_seconds(host, 3)
    second(host)
    host.put("fs_error", dev=SDA1, fstype="xfs", id="sda1", where="xlog_ioend_work", line=1388,
             shutdown=0x80000002)
    host.pulse()
    host.wait(0.3)
    health(host, flags=2)
    host.tick()
    quiet_seconds(host, 4)
    host.end()


def story_xfs_shutdown_asked(host):
    host.say(what="somebody asks XFS to shut down: less sure that it is a fault", expect="filesystem-error /data",
             fault=["fs_error dev=8:1"], most="filesystem-error 0.85")
    begin_fs(host, fstype="xfs")
    quiet_seconds(host, 3)
    second(host)
    host.put("fs_error", dev=SDA1, fstype="xfs", id="sda1", where="xfs_fs_goingdown", line=489,
             shutdown=0x80000004)
    host.pulse()
    host.tick()
    quiet_seconds(host, 4)
    host.end()


def story_btrfs_checksums(host):
    host.say(what="btrfs finds blocks whose checksum is wrong; what it counted before is not held against it",
             expect="filesystem-error /data", fault="fs_health dev=8:1")
    begin_fs(host, fstype="btrfs", fs_dev="0:45")
    health(host, 3, corruptions=3)
    quiet_seconds(host, 3)
    second(host)
    health(host, 5, corruptions=5)
    host.tick()
    quiet_seconds(host, 4)
    host.end()


def story_fs_full(host):
    host.say(what="a file system is at 97 %", expect="disk-full /data", fault=FULL,
             across="disk-full.full_share=0.99", least="disk-full 0.95")
    begin_fs(host)
    quiet_seconds(host, 2)
    space(host, 93 * GB)
    quiet_seconds(host, 6)
    host.end()


def story_fs_85(host):
    host.say(what="a file system stays at 85 %: no fault", expect="none", across="disk-full.full_share=0.8 disk-full")
    begin_fs(host)
    for i in range(12):
        second(host)
        space(host, 80 * GB + (i % 2) * 10**7)
        host.tick()
    host.end()


def story_fs_roomy(host):
    host.say(what="a large file system is at 93 % with 600 GB left, and does not grow: info, no more",
             expect="disk-full /data", fault=FULL, across="disk-full.full_share=0.95")
    begin_fs(host)
    quiet_seconds(host, 2)
    space(host, 8800 * GB, size=10000 * GB)
    quiet_seconds(host, 6)
    host.end()


def story_fs_inodes(host):
    host.say(what="a file system has bytes and no inodes left", expect="disk-full /data", fault=FULL)
    begin_fs(host)
    quiet_seconds(host, 2)
    space(host, 20 * GB, inodes_used=INODES - 12)
    quiet_seconds(host, 6)
    host.end()


def story_fs_filling(host):
    host.say(what="a file system at half grows by 200 MB a second: full in three minutes", expect="disk-full /data",
             fault=FULL, across="disk-full.reach=2", most="disk-full 0.7")
    begin_fs(host)
    for i in range(30):
        second(host)
        if i % 3 == 0:
            space(host, 50 * GB + i * 2 * 10**8)
        host.tick()
    host.end()


def story_fs_unpacking(host):
    host.say(what="an archive is unpacked for half a minute, to where ten times as much has room: no forecast",
             expect="none", across="disk-full.reach=200 disk-full")
    begin_fs(host)
    for i in range(30):
        second(host)
        if i % 3 == 0:
            space(host, 20 * GB + i * 5 * 10**7)
        host.tick()
    host.end()


def story_fs_log_rotation(host):
    host.say(what="a file system fills and is emptied again and again, as with logs: no forecast", expect="none")
    begin_fs(host)
    for i in range(36):
        second(host)
        if i % 3 == 0:
            space(host, 70 * GB + (i % 12) * 3 * 10**8)
        host.tick()
    host.end()


def story_fs_thin_full(host):
    host.say(what="a file system has room, and the thin device under it has none", expect="disk-full /data",
             fault=["block_io dev=8:0 status=nospc", "block_status dev=8:0 status=nospc"])
    begin_fs(host)
    space(host, 20 * GB)
    quiet_seconds(host, 3)
    second(host)
    host.fails(SDA, "write", "nospc", 90000)
    host.pulse()
    host.put("block_status", dev=SDA, op="write", status="nospc", count=4)
    host.tick()
    quiet_seconds(host, 5)
    host.end()


NOSPC = ["block_io dev=8:0 status=nospc", "block_status dev=8:0 status=nospc"]


def no_space(host, op, times, seconds_after):
    """The disk refuses requests of that kind, once a second, then none any more."""
    for i in range(times):
        second(host)
        host.fails(SDA, op, "nospc", 90000 + 8 * i)
        host.pulse()
        host.put("block_status", dev=SDA, op=op, status="nospc", count=i + 1)
        host.tick()
    quiet_seconds(host, seconds_after)
    host.end()


def story_no_space_under_lvm(host):
    host.say(what="a LUN of a full storage pool refuses writes; LVM is on it, so no file system is right on the disk",
             expect="disk-full sda", fault=NOSPC, least="disk-full 0.95")
    for probe in ("fs.writeback", "fs.fsync", "fs.ext4"):
        host.put("probe", name=probe, via="raw_tp/" + probe, state="active")
    host.disk("sda", SDA, size_bytes=4000787030016, model="LUN", serial="600a0b80", transport="fc", flags=4)
    host.disk("sda1", SDA1, parent=SDA, size_bytes=4000785948160, flags=1)
    processes(host)
    host.disk("dm-0", "252:0", backing="vg-data", layer="LVM", size_bytes=100 * GB, flags=2)
    host.put("disk_link", upper="252:0", lower=SDA1)
    host.put("mount", dev="252:0", fstype="ext4", mount="/data", source="/dev/mapper/vg-data", fs_dev="252:0")
    host.tick()
    host.put("fs_space", dev="252:0", size_bytes=100 * GB, free_bytes=80 * GB, avail_bytes=75 * GB, inodes=INODES,
             inodes_free=900_000)
    quiet_seconds(host, 3)
    no_space(host, "write", 4, 4)


def story_no_space_under_several(host):
    host.say(what="a LUN of a full storage pool refuses writes; four file systems are on it, all with room: one finding, the LUN's",
             expect="disk-full sda", fault=NOSPC, least="disk-full 0.95")
    begin_fs(host)
    space(host, 20 * GB)
    for i in (2, 3, 4):
        dev = f"8:{i}"
        host.disk(f"sda{i}", dev, parent=SDA, size_bytes=100 * GB, flags=1)
        host.put("mount", dev=dev, fstype="ext4", mount=f"/srv/{i}", source=f"/dev/sda{i}", fs_dev=dev)
        space(host, 20 * GB, dev=dev)
    quiet_seconds(host, 3)
    no_space(host, "write", 4, 4)


def story_no_space_beside_lvm(host):
    host.say(what="the same with a file system on the first partition and LVM on the second: which of them writes is not known",
             expect="disk-full sda", fault=NOSPC, least="disk-full 0.95")
    begin_fs(host)
    space(host, 20 * GB)
    host.disk("sda2", "8:2", parent=SDA, size_bytes=100 * GB, flags=1)
    host.disk("dm-0", "254:0", size_bytes=90 * GB, backing="vg-var", flags=2, transport="dm", layer="LVM")
    host.put("disk_link", upper="254:0", lower="8:2")
    host.disk("loop0", "7:0", size_bytes=GB, flags=2, transport="loop")
    host.put("disk_link", upper="7:0", lower=SDA1)
    host.put("mount", dev="254:0", fstype="ext4", mount="/var", source="/dev/mapper/vg-var", fs_dev="254:0")
    space(host, 20 * GB, dev="254:0")
    quiet_seconds(host, 3)
    no_space(host, "write", 4, 4)


def story_no_space_beside_its_loop(host):
    host.say(what="a file system is all that is on a full LUN; a loop device over a file of it is no other: the file system's",
             expect="disk-full /data", fault=NOSPC, least="disk-full 0.95")
    begin_fs(host)
    space(host, 20 * GB)
    host.disk("loop0", "7:0", size_bytes=GB, flags=2, transport="loop")
    host.put("disk_link", upper="7:0", lower=SDA1)
    quiet_seconds(host, 3)
    no_space(host, "write", 4, 4)


def story_no_space_until_extended(host):
    host.say(what="a disk without a file system refuses writes, then its pool is extended and they come through",
             expect="disk-full sda", fault=NOSPC)
    begin(host)
    quiet_seconds(host, 3)
    no_space(host, "write", 4, 75)


def story_no_space_zeroes(host):
    host.say(what="write-zeroes that a device cannot do without writing: told as no space, and then written",
             expect="none")
    begin(host)
    quiet_seconds(host, 3)
    no_space(host, "write_zeroes", 4, 4)


def story_fs_read_only_full(host):
    host.say(what="a full file system that is mounted read-only, and a tiny one: no fault", expect="none")
    begin_fs(host, flags=2)
    quiet_seconds(host, 2)
    space(host, 95 * GB, flags=1)
    host.disk("sda2", "8:2", parent=SDA, size_bytes=33 * 10**6, flags=1)
    host.put("mount", dev="8:2", fstype="vfat", mount="/boot/efi", source="/dev/sda2", fs_dev="8:2")
    space(host, 31 * 10**6, size=33 * 10**6, dev="8:2")
    quiet_seconds(host, 6)
    host.end()
