# SPDX-License-Identifier: BSD-2-Clause
"""Stories of disks that are replaced, shared by several things, reached by several paths, or were slow all along; and of
what is told of them long after."""
from backdrop import SDA, SDA1, begin, good_peer, processes, quiet_seconds, second
from stories_chain import FAULTY, IN_SYNC, NS, SDB, SENSE, busy, fail, link, raid_host
from stories_load import Queue
from stories_slow import Split, begin_ssd, work
import stories_fs

MPATH, SDB2, SDA2, MD1 = "254:0", "8:18", "8:2", "9:1"


def ticks(host, n, **how):
    """Of a daemon: five seconds each."""
    for _ in range(n):
        host.wait(4)
        second(host, **how)
        host.tick()


# ---- more on the disk than the array ----

def second_part(host):
    host.disk("sdb2", SDB2, parent=SDB, size_bytes=10**12, flags=1 | 4, transport="ata", port="ata3")


def mysql_writes_fail(host):
    busy(host, 3)
    fail(host, SDB, "write", "medium", [7000000000, 7000000008, 7000000016, 7000000100], **SENSE, pid=812,
         start_ns=100 * NS, comm="mysqld")
    busy(host, 6)
    host.end()


def story_beside_array(host):
    host.say(what="sdb1 is in a RAID1, sdb2 beside it is a database's: its writes fail, and nothing has another copy",
             expect="disk-media-error sdb", fault=["block_io dev=8:16", "block_status dev=8:16"])
    raid_host(host)
    second_part(host)
    host.put("mount", dev=SDB2, fstype="ext4", mount="/var/lib/mysql", source="/dev/sdb2")
    mysql_writes_fail(host)


def second_array(host, level, degraded):
    raid_host(host)
    second_part(host)
    host.disk("sda2", SDA2, parent=SDA, size_bytes=10**12, flags=1 | 4, transport="ata", port="ata2")
    host.disk("md1", MD1, size_bytes=10**12, flags=2, transport="md")
    host.put("raid", dev=MD1, disks=2, degraded=degraded, level=level, state="clean", sync_action="idle")
    host.put("raid_member", dev=MD1, member=SDB2, slot=1, flags=IN_SYNC, name="sdb2")
    host.put("raid_member", dev=MD1, member=SDA2, slot=-1 if degraded else 0, flags=FAULTY if degraded else IN_SYNC,
             name="sda2")
    link(host, MD1, SDB2)
    if not degraded:
        link(host, MD1, SDA2)
    host.put("mount", dev=MD1, fstype="xfs", mount="/var/lib/mysql", source="/dev/md1")


def story_two_arrays(host):
    host.say(what="sdb is in two arrays, both whole: nothing is lost",
             expect="disk-media-error sdb", fault=["block_io dev=8:16", "block_status dev=8:16"])
    second_array(host, "raid1", 0)
    mysql_writes_fail(host)


def story_two_arrays_one_bare(host):
    host.say(what="sdb is in two arrays, one of which has no other copy any more",
             expect=["disk-media-error sdb", "raid-degraded md1"],
             fault=["block_io dev=8:16", "block_status dev=8:16", "raid dev=9:1"])
    second_array(host, "raid1", 1)
    mysql_writes_fail(host)


# ---- multipath ----

def multipath(host):
    for name, dev, port in (("sda", SDA, "host1"), ("sdb", SDB, "host2")):
        host.disk(name, dev, size_bytes=2 * 10**12, model="3PARdata VV", serial="60002ac0000000000000001",
                  wwn="naa.60002ac0000000000000001", transport="fc", flags=0, port=port)
    host.disk("dm-0", MPATH, size_bytes=2 * 10**12, flags=2, transport="dm", backing="mpatha", layer="mpath")
    link(host, MPATH, SDA)
    link(host, MPATH, SDB)
    host.put("mount", dev=MPATH, fstype="xfs", mount="/oradata", source="/dev/mapper/mpatha")
    processes(host)
    host.peer("10.1.9.9", 22, dir="in", segs_out=900, bytes_acked=70000, live=1, flags=1)
    host.tick()


def story_multipath_fails(host):
    host.say(what="one of two paths to a LUN fails: dm sends the writes by the other, nothing is lost",
             expect="disk-transport-error sda", fault=["block_io dev=8:0", "block_status dev=8:0"])
    multipath(host)
    busy(host, 3)
    fail(host, SDA, "write", "transport", [777, 1040, 5000], scsi_result=0x0f0000)
    busy(host, 7, disks=(SDB,))
    host.end()


def story_multipath_gone(host):
    host.say(what="one of two paths to a LUN goes: no disk is lost, and nothing is to be checked",
             expect=["disk-transport-error sda", "disk-lost sda"],
             fault=["block_io dev=8:0", "block_status dev=8:0", "disk_gone dev=8:0"])
    multipath(host)
    busy(host, 3)
    fail(host, SDA, "write", "transport", [777, 1040, 5000], scsi_result=0x0f0000)
    busy(host, 2, disks=(SDB,))
    host.put("disk_gone", dev=SDA)
    busy(host, 5, disks=(SDB,))
    host.end()


def story_multipath_medium(host):
    host.say(what="a LUN has a bad sector: no other path leads around that", expect="disk-media-error sda",
             fault=["block_io dev=8:0", "block_status dev=8:0"])
    multipath(host)
    busy(host, 3)
    fail(host, SDA, "write", "medium", [777, 1040, 5000], **SENSE)
    busy(host, 5)
    host.end()


def story_multipath_medium_by_both(host):
    host.say(what="the same bad sector is met by both paths: one finding", expect="disk-media-error sda",
             fault=["block_io", "block_status"])
    multipath(host)
    busy(host, 3)
    fail(host, SDA, "read", "medium", [777, 778], **SENSE)
    fail(host, SDB, "read", "medium", [777, 778], **SENSE)
    busy(host, 5)
    host.end()


# ---- another device under the same number ----

def story_disk_replaced(host):
    host.say(what="a disk with bad sectors is replaced; the new one drops a read-ahead, which hurts nobody",
             expect="disk-media-error sda", fault=["block_io dev=8:0 op=read status=medium", "block_status dev=8:0"])
    host.is_daemon()
    begin(host)
    ticks(host, 3)
    fail(host, SDA, "read", "medium", [4660, 4661, 9320, 9330, 9999], **SENSE)
    ticks(host, 130)
    host.put("mount", dev=SDA1, mount="/data", flags=1)
    for dev in (SDA1, SDA):
        host.put("disk_gone", dev=dev)
    ticks(host, 10, disk=False)
    host.disk("sda", SDA, size_bytes=4000787030016, model="ST4000NM0035", serial="NEWDISK1", transport="sata", flags=4)
    host.disk("sda1", SDA1, parent=SDA, size_bytes=4000785948160, flags=1)
    host.put("mount", dev=SDA1, fstype="ext4", mount="/data", source="/dev/sda1")
    ticks(host, 20)
    host.put("block_io", dev=SDA, op="read", status="medium", reason="error", sector=123, bytes=4096, readahead=1)
    host.put("block_status", dev=SDA, op="read", status="medium", count=6, harmless=1)
    ticks(host, 10)
    host.end()


def story_disk_lost_for_long(host):
    host.say(what="a disk is pulled and its file system stays mounted for a quarter of an hour: it is lost all the time",
             expect="disk-lost sda", fault="disk_gone dev=8:0")
    host.is_daemon()
    begin(host)
    ticks(host, 3)
    for dev in (SDA1, SDA):
        host.put("disk_gone", dev=dev)
    ticks(host, 170, disk=False)
    host.end()


SDC = "8:32"
STICK_FAILS = ["block_io dev=8:32", "block_status dev=8:32", "disk_gone dev=8:32"]


def stick(host, **fields):
    """Nothing numbers disks here, as before Linux 5.15."""
    host.disk("sdc", SDC, **{"size_bytes": 16 * 10**9, "model": "Flash Disk", "transport": "usb", **fields})


def stick_works(host, n, writes=100):
    for _ in range(n):
        second(host)
        host.requests(SDC, "write", writes)
        host.tick()


def stick_fails(host, sectors, count):
    second(host)
    host.requests(SDC, "write", 20)
    fail(host, SDC, "write", "ioerr", sectors)
    host.put("block_status", dev=SDC, op="write", status="ioerr", count=count)
    host.tick()


def story_stick_swapped(host):
    host.say(what="a stick without a serial number fails and is pulled; one of the same make is put in, and is well",
             expect=["disk-io-error sdc", "disk-lost sdc"], fault=STICK_FAILS, leads="DISK: sdc is gone")
    begin(host)
    stick(host)
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    quiet_seconds(host, 2)
    host.put("disk_gone", dev=SDC)
    quiet_seconds(host, 5)
    stick(host)
    stick_works(host, 20)
    host.end()


def story_stick_swapped_unseen(host):
    host.say(what="the same between two looks: its make tells that it is another. Of that one a single write fails",
             expect="disk-io-error sdc", fault=STICK_FAILS, most="disk-io-error 0.89")
    begin(host)
    stick(host)
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    quiet_seconds(host, 2)
    stick(host, model="Ultra")
    stick_works(host, 3)
    stick_fails(host, [8400], 4)
    stick_works(host, 20)
    host.end()


def story_stick_put_back(host):
    host.say(what="a stick with a serial number fails, is pulled and put back: it is the one that fails",
             expect=["disk-io-error sdc", "disk-lost sdc"], fault=STICK_FAILS, leads="DISK: sdc fails requests")
    begin(host)
    stick(host, serial="A1")
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    quiet_seconds(host, 2)
    host.put("disk_gone", dev=SDC)
    quiet_seconds(host, 5)
    stick(host, serial="A1")
    stick_works(host, 20)
    host.end()


def story_lun_back(host):
    host.say(what="a LUN without a serial number fails, is lost and comes back: its WWN tells that it is the one that fails",
             expect=["disk-io-error sdc", "disk-lost sdc"], fault=STICK_FAILS, leads="DISK: sdc fails requests")
    lun = {"transport": "iscsi", "model": "VIRTUAL-DISK", "wwn": "naa.60014054a3b2c1d0"}
    begin(host)
    stick(host, **lun)
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    quiet_seconds(host, 2)
    host.put("disk_gone", dev=SDC)
    quiet_seconds(host, 5)
    stick(host, **lun)
    stick_works(host, 20)
    host.end()


def story_nvme_tcp_lost(host):
    host.say(what="a namespace of NVMe over TCP fails requests, and is gone: whoever runs the storage is called, and nobody reseats a disk",
             expect=["disk-io-error sdc", "disk-lost sdc"], fault=STICK_FAILS)
    begin(host)
    stick(host, transport="nvme-tcp", model="PowerStore", serial="A1")
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    host.put("disk_gone", dev=SDC)
    quiet_seconds(host, 5)
    host.end()


def story_lun_grown(host):
    host.say(what="a LUN fails writes, is made larger while it is used, and fails one more: it is the same",
             expect="disk-io-error sdc", fault=STICK_FAILS, least="disk-io-error 0.9")
    begin(host)
    stick(host, transport="iscsi", model="VIRTUAL-DISK")
    stick_works(host, 2)
    stick_fails(host, [8000, 8008, 8016], 3)
    stick_works(host, 3)
    stick(host, transport="iscsi", model="VIRTUAL-DISK", size_bytes=64 * 10**9)
    stick_works(host, 3)
    stick_fails(host, [8400], 4)
    stick_works(host, 3)
    host.end()


# ---- drives ----

def story_floppy_empty(host):
    host.say(what="whoever looks for disks reads an empty floppy drive: no fault", expect="none")
    begin(host)
    host.disk("fd0", "2:0", size_bytes=4096, transport="platform")
    quiet_seconds(host, 3)
    for _ in range(3):
        fail(host, "2:0", "read", "ioerr", [0])
        quiet_seconds(host, 1)
    quiet_seconds(host, 5)
    host.end()


def story_drive_audio(host):
    host.say(what="udev reads an audio disc as if there was data on it: no fault, and no error of the disk that works",
             expect="none")
    begin(host)
    host.disk("sr0", "11:0", size_bytes=1073741312, model="DVD-ROM", transport="ata", port="ata5", flags=4)
    quiet_seconds(host, 3)
    fail(host, "11:0", "read", "ioerr", [0, 0, 2], sense_key=5, asc=0x64, scsi_result=2, comm="udev-worker",
         pid=300, start_ns=100 * NS)
    quiet_seconds(host, 6)
    host.end()


# ---- slow ----

def story_slow_half_rate(host):
    host.say(what="sdb did 2,000 reads a second in 2 ms; now half of that in 60 ms each, as ever more wait",
             expect="disk-slow sdb", fault="block_queue dev=8:16", across="disk-slow.min_ratio=50")
    begin_ssd(host)
    work(host, 12, reads=2000, read_ms=2)
    host.split_ms = (1, 59)
    work(host, 20, reads=1000, read_ms=60, split=Split(host, SDB, "read"))
    host.end()


def story_slow_reads_behind_writes(host):
    host.say(what="many writes come, and reads wait among them, fewer than before: busy, not slow", expect="none")
    begin_ssd(host)
    work(host, 12, reads=2000, read_ms=2)
    work(host, 20, reads=800, read_ms=20, writes=3000, write_ms=20)
    host.end()


def story_slow_all_along(host):
    host.say(what="the only disk takes 400 ms for each read from before the trace on: nothing to hold that against",
             expect="none")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin(host)
    queue = Queue(host, SDA)
    for _ in range(30):
        host.wait(1)
        host.requests(SDA, "read", 20, slot=37)
        good_peer(host, "10.1.9.9", 60, 22, dir="in")
        queue.look(reads=20, read_ms=400)
        host.tick()
    host.end()


def story_slow_volumes_unlike(host):
    host.say(what="two volumes of a cloud bear one model's name, and are of different kinds", expect="none")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin(host)
    volume = {"size_bytes": 500 * 2**30, "model": "Amazon Elastic Block Store", "transport": "nvme"}
    host.disk("nvme0n1", "259:0", serial="vol0aaa", **volume)
    host.disk("nvme1n1", "259:1", serial="vol0bbb", **volume)
    fast, slow = Queue(host, "259:0"), Queue(host, "259:1")
    for _ in range(20):
        second(host)
        fast.look(reads=300, read_ms=0.7, writes=50, write_ms=0.8)
        slow.look(reads=60, read_ms=11)
        host.tick()
    host.end()


# ---- file systems ----

def story_fs_long_names(host):
    host.say(what="two volumes of one pod, whose mount points begin alike for 63 characters: the full one is told of",
             expect=["disk-full /var/lib/kubelet/pods/12345678-1234-1234-1234-123456789012/volumes/kubernetes.io~csi/"
                     f"pvc-{name}/mount" for name in "ab"],
             fault="fs_space", leads="FULL: ..ubernetes.io~csi/pvc-a/mount on sda2 is 100.0 % used")
    begin(host)
    base = "/var/lib/kubelet/pods/12345678-1234-1234-1234-123456789012/volumes/kubernetes.io~csi/pvc-"
    for i, name in ((2, "a/mount"), (3, "b/mount")):
        host.disk(f"sda{i}", f"8:{i}", parent=SDA, size_bytes=10**11, flags=1)
        host.put("mount", dev=f"8:{i}", fstype="ext4", mount=base + name, source=f"/dev/sda{i}")
    host.put("fs_space", dev="8:2", size_bytes=10**11, free_bytes=0, avail_bytes=0, inodes=10**6, inodes_free=9 * 10**5)
    host.put("fs_space", dev="8:3", size_bytes=10**12, free_bytes=9 * 10**10, avail_bytes=8 * 10**10, inodes=10**6,
             inodes_free=9 * 10**5)
    quiet_seconds(host, 10)
    host.end()


def story_fs_forecast_over(host):
    host.say(what="a copy fills a file system to a half and ends: the forecast is over with it",
             expect="disk-full /data", fault="fs_space dev=8:1")
    host.is_daemon()
    stories_fs.begin_fs(host)
    used = 45 * 10**9
    for i in range(100):
        used += 3 * 10**8 if i < 24 else 0
        if i < 25:
            host.put("fs_space", dev=SDA1, size_bytes=100 * 10**9, free_bytes=105 * 10**9 - used,
                     avail_bytes=100 * 10**9 - used, inodes=10**6, inodes_free=9 * 10**5)
        ticks(host, 1)
    host.end()


def story_writeback_on_lvm_over(host):
    host.say(what="write-back to an LVM volume lost a file, its program was told; a quarter of an hour later it is over",
             expect="writeback-lost /data", fault=["fs_wb dev=254:0", "fs_wb_file dev=254:0"])
    host.is_daemon()
    for probe in ("fs.writeback", "fs.fsync", "fs.ext4"):
        host.put("probe", name=probe, via="raw_tp/" + probe, state="active")
    raid_host(host)

    def step(n):
        for _ in range(n):
            host.wait(4)
            busy(host, 1)
    step(3)
    host.put("fs_wb_file", dev="254:0", ino=131, err=5, told=1, pid=812, start_ns=100 * NS, comm="postgres")
    host.put("fs_wb", dev="254:0", ranges=2, files=1, heard=1, told=1, ino=131, err=5, magic=0xef53, fstype="ext4", id="dm-0")
    step(170)
    host.end()


def story_btrfs_set_back(host):
    host.say(what="btrfs found damage once; its counts were set back, and it finds some again",
             expect="filesystem-error /data", fault="fs_health dev=8:1")
    host.is_daemon()
    begin(host)
    host.put("mount", dev=SDA1, fstype="btrfs", mount="/data", source="/dev/sda1", fs_dev="0:45")
    for count in (40, 0, 25, 39):
        host.put("fs_health", dev=SDA1, errors=count, corruptions=count)
        ticks(host, 5)
    host.end()


def story_xfs_mounted_anew(host):
    host.say(what="an XFS was shut down, and mounted anew: it is over", expect="filesystem-error /data",
             fault=["fs_error dev=8:1", "fs_health dev=8:1"])
    host.is_daemon()
    stories_fs.begin_fs(host, fstype="xfs")
    host.put("fs_health", dev=SDA1)
    ticks(host, 3)
    host.put("fs_error", dev=SDA1, shutdown=0x80000002, fstype="xfs", id="sda1")
    host.put("fs_health", dev=SDA1, flags=2)
    ticks(host, 4)
    host.put("mount", dev=SDA1, mount="/data", flags=1)
    ticks(host, 6)
    host.put("mount", dev=SDA1, fstype="xfs", mount="/data", source="/dev/sda1", fs_dev=SDA1)
    host.put("fs_health", dev=SDA1)
    ticks(host, 30)
    host.end()


# ---- the host's own ----

def story_oom_of_host_in_full_cgroup(host):
    host.say(what="the host ran out of memory; who asked was in a container whose cached files fill its limit, as they do",
             expect="memory-exhausted postgres", fault="oom_kill")
    host.put("probe", name="system.oom", via="tp_btf/mark_victim", state="active")
    begin(host)
    for i in range(10):
        second(host)
        if i == 5:
            host.put("oom_kill", pid=812, start_ns=100 * NS, comm="postgres", unit="postgresql.service",
                     rss_bytes=40 * 10**9, by_pid=731, by_comm="vector", limit="kubepods-pod7", limit_bytes=2 * 10**9,
                     used_bytes=2 * 10**9 - 10**5)
        host.put("host_load", cpus=4, running=1, mem_total=64 * 10**9,
                 mem_available=2 * 10**8 if i < 5 else 30 * 10**9)
        host.tick()
    host.end()


def story_crash_counts_of_before(host):
    host.say(what="a daemon's capture begins with 30 bad ends, of days; one more is no loop", expect="none")
    host.is_daemon()
    ends = {"exit_code": 11, "comm": "worker", "unit": "app.service", "parent": "app"}
    host.wait(-300)
    host.put("proc_exits", failed=30, crashed=30, last_ns=host.now, pid=900, **ends)
    host.wait(300)
    begin(host)
    ticks(host, 30)
    host.put("proc_exits", failed=31, crashed=31, last_ns=host.now, pid=901, **ends)
    ticks(host, 10)
    host.end()
