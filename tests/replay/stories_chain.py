# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what is stacked on disks: partitions, md arrays, mappings, loop devices."""
from backdrop import begin, good_peer, processes, quiet_seconds

SDA, SDA1, SDB, SDB1, MD0, DM0, LOOP = "8:0", "8:1", "8:16", "8:17", "9:0", "254:0", "7:0"
IN_SYNC, FAULTY, SPARE, WRITES_FAIL = 2, 4, 8, 32
NS = 10**9


def link(host, upper, lower, flags=0):
    host.put("disk_link", upper=upper, lower=lower, flags=flags)


def member(host, dev, name, slot, flags, corrected=0):
    host.put("raid_member", dev=MD0, member=dev, slot=slot, flags=flags, corrected=corrected, name=name)


def array(host, degraded=0, state="clean", action="idle", done=0, total=0, level="raid1", disks=2):
    host.put("raid", dev=MD0, disks=disks, degraded=degraded, level=level, state=state,
             sync_action=action, sync_done=done, sync_total=total)


def two_disks(host):
    for name, dev, serial, port in (("sda", SDA, "ZC1A9ABC", "ata2"), ("sdb", SDB, "ZC1A9XYZ", "ata3")):
        host.disk(name, dev, size_bytes=4000787030016, model="ST4000NM0035", serial=serial,
                  transport="ata", flags=4, port=port)
        host.disk(name + "1", dev[:-1] + str(int(dev[-1]) + 1), parent=dev, size_bytes=4000785948160,
                  flags=1 | 4, transport="ata", port=port)


def raid_host(host, mapping=True, **state):
    """Two disks, a RAID1 of their first partitions, an LVM volume on it, an ext4 on that."""
    two_disks(host)
    host.disk("md0", MD0, size_bytes=4000650887168, flags=2, transport="md")
    array(host, **state)
    member(host, SDA1, "sda1", 0, IN_SYNC)
    member(host, SDB1, "sdb1", 1, IN_SYNC)
    link(host, MD0, SDA1)
    link(host, MD0, SDB1)
    if mapping:
        host.disk("dm-0", DM0, size_bytes=3999688294400, flags=2, transport="dm", backing="vg-data",
                  layer="LVM")
        link(host, DM0, MD0)
        host.put("mount", dev=DM0, fstype="ext4", mount="/data", source="/dev/mapper/vg-data")
    else:
        host.put("mount", dev=MD0, fstype="ext4", mount="/data", source="/dev/md0")
    processes(host)
    host.peer("10.1.9.9", 22, dir="in", segs_out=900, bytes_acked=70000, live=1, flags=1)
    host.tick()


def busy(host, n, disks=(SDA, SDB)):
    for _ in range(n):
        host.wait(1)
        for dev in disks:
            host.requests(dev, "read", 80)
            host.requests(dev, "write", 40)
        good_peer(host, "10.1.9.9", 60, 22, dir="in")
        host.tick()


def fail(host, dev, op, status, sectors, **fields):
    for sector in sectors:
        host.wait(0.01)
        host.fails(dev, op, status, sector, **fields)
    host.pulse()
    host.wait(0.5)
    key = (dev, op, status)
    host.io[key] = host.io.get(key, 0) + len(sectors)
    host.put("block_status", dev=dev, op=op, status=status, count=host.io[key])


SENSE = {"sense_key": 3, "asc": 17, "scsi_result": 2}
POSTGRES = {"pid": 812, "start_ns": 100 * NS, "comm": "postgres"}
FAULTS_B = ["block_io dev=8:16", "block_status dev=8:16"]


def story_chain_lvm_on_raid(host):
    host.say(what="unreadable sectors of a disk under RAID1 under LVM under ext4: the array heals them",
             expect="disk-media-error sdb", fault=FAULTS_B, least="disk-media-error 0.95")
    raid_host(host)
    busy(host, 3)
    fail(host, SDB, "read", "medium", [4660], **SENSE)
    busy(host, 2)
    host.who(812, "postgres", "/usr/lib/postgresql/15/bin/postgres", "/system.slice/postgresql.service")
    fail(host, SDB, "read", "medium", [4661, 9320], **SENSE, **POSTGRES)
    member(host, SDB1, "sdb1", 1, IN_SYNC, corrected=24)
    busy(host, 5)
    host.end()


def story_chain_mapping(host):
    host.say(what="unreadable sectors under a mapping: the chain has its name, and the file system on it",
             expect="disk-media-error sdb", fault=FAULTS_B)
    two_disks(host)
    host.disk("dm-0", DM0, size_bytes=3999688294400, flags=2, transport="dm", backing="vg-data", layer="LVM")
    link(host, DM0, SDB1)
    host.put("mount", dev=DM0, fstype="xfs", mount="/srv/data", source="/dev/mapper/vg-data")
    host.tick()
    busy(host, 3)
    fail(host, SDB, "read", "medium", [4660, 4661, 9320], **SENSE, **POSTGRES)
    busy(host, 7)
    host.end()


def story_raid_member_failed(host):
    host.say(what="a disk of a RAID1 goes away, md takes it out: the array is degraded, and the disk is why",
             expect=["disk-lost sdb", "raid-degraded md0"],
             fault=["block_io dev=8:16", "block_status dev=8:16", "raid degraded=1", "disk_gone",
                    "raid_member dev=9:0 member=8:17 slot=1 flags=4"])
    raid_host(host)
    busy(host, 3)
    fail(host, SDB, "write", "offline", [777, 1040])
    host.put("disk_gone", dev=SDB1)
    host.put("disk_gone", dev=SDB)
    array(host, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    busy(host, 7, disks=(SDA,))
    host.end()


def story_raid_member_taken_out(host):
    host.say(what="a member of a RAID1 is failed by hand, and its disk pulled: the array is degraded, no disk is lost",
             expect="raid-degraded md0", fault=["raid degraded=1", "disk_gone"])
    raid_host(host)
    busy(host, 3)
    array(host, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    busy(host, 3)
    host.put("disk_gone", dev=SDB1)
    host.put("disk_gone", dev=SDB)
    busy(host, 5, disks=(SDA,))
    host.end()


def story_raid_both_failed(host):
    host.say(what="a RAID1 loses a member, then the disk of the other one cannot be read: no copy is left",
             expect=["disk-media-error sda", "disk-io-error sdb", "raid-degraded md0"],
             fault=["block_io", "block_status", "raid degraded=1"])
    raid_host(host)
    busy(host, 2)
    fail(host, SDB, "write", "ioerr", [777, 1040])
    array(host, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    busy(host, 2, disks=(SDA,))
    fail(host, SDA, "read", "medium", [4660, 4661, 9320], **SENSE, **POSTGRES)
    array(host, degraded=1, state="broken")
    busy(host, 6, disks=(SDA,))
    host.end()


def story_raid_last_fails(host):
    host.say(what="a RAID1 loses a disk, then writes to the other member fail: md keeps it, and calls the array active",
             expect=["disk-lost sdb", "raid-degraded md0", "filesystem-error /data"], leads="DISK: sdb is gone",
             fault=["block_io dev=8:16", "block_status dev=8:16", "raid degraded=1", "disk_gone", "fs_error", "fs_health",
                    "raid_member dev=9:0 member=8:17 slot=1 flags=4"])
    raid_host(host)
    busy(host, 2)
    fail(host, SDB, "write", "offline", [777, 1040])
    host.put("disk_gone", dev=SDB1)
    host.put("disk_gone", dev=SDB)
    array(host, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    busy(host, 2, disks=(SDA,))
    array(host, degraded=1, state="active")
    member(host, SDA1, "sda1", 0, IN_SYNC | WRITES_FAIL)
    where = "ext4_journal_check_start"
    host.put("fs_error", dev=DM0, fstype="ext4", id="dm-0", where=where, line=83, pid=812, comm="postgres")
    host.put("fs_health", dev=DM0, errors=1, flags=5, where=where)
    host.put("mount", dev=DM0, fstype="ext4", mount="/data", source="/dev/mapper/vg-data", flags=2)
    busy(host, 6, disks=(SDA,))
    host.end()


def story_raid_bad_blocks_noted(host):
    host.say(what="a whole RAID1 of which one member once failed a write and has a list of bad blocks", expect="none")
    raid_host(host)
    member(host, SDA1, "sda1", 0, IN_SYNC | WRITES_FAIL)
    busy(host, 10)
    host.end()


def story_raid6_one_less_fails(host):
    host.say(what="a RAID6 of five lost one member, and another one once failed a write: one more may fail",
             expect="raid-degraded md0", most="raid-degraded 0.99", fault="raid degraded=1")
    raid_host(host)
    busy(host, 2)
    array(host, level="raid6", disks=5, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    member(host, SDA1, "sda1", 0, IN_SYNC | WRITES_FAIL)
    busy(host, 8)
    host.end()


RESHAPE = {"disks": 5, "degraded": 1, "level": "raid6", "action": "reshape", "done": 1000, "total": 100000}


def raid5_host(host):
    begin(host)
    host.disk("md0", MD0, size_bytes=8 * 10**12, flags=2)
    array(host, level="raid5", disks=4, action="idle")
    for i, name in enumerate("bcde"):
        member(host, f"8:{16 + 16 * i}", f"sd{name}", i, 2)
    quiet_seconds(host, 3)


def story_raid_reshape(host):
    host.say(what="a RAID5 grows to a RAID6 onto one disk more: a remark, and no member is missing",
             expect="raid-degraded md0", fault="raid dev=9:0 sync_action=reshape")
    raid5_host(host)
    array(host, **RESHAPE)
    member(host, "8:80", "sdf", 4, 8)
    quiet_seconds(host, 6)
    host.end()


def story_raid_reshape_fails(host):
    host.say(what="the same, and one of the old members fails meanwhile",
             expect="raid-degraded md0", fault="raid dev=9:0 sync_action=reshape", leads="RAID: md0 (raid6) runs degraded: sdc has failed")
    raid5_host(host)
    array(host, **{**RESHAPE, "degraded": 2})
    member(host, "8:80", "sdf", 4, 8)
    member(host, "8:32", "sdc", 1, FAULTY)
    quiet_seconds(host, 6)
    host.end()


def story_raid_check(host):
    host.say(what="a whole RAID1 is checked: much is read, nothing is wrong", expect="none")
    raid_host(host)
    busy(host, 2)
    for i in range(8):
        array(host, action="check", done=100000 * i, total=7813771264)
        busy(host, 1)
    array(host)
    busy(host, 1)
    host.end()


def story_raid_resync(host):
    host.say(what="a RAID1 that was made anew resyncs: no member is missing", expect="none")
    raid_host(host, action="resync", done=2048, total=7813771264)
    busy(host, 5)
    array(host, action="resync", done=90000, total=7813771264)
    busy(host, 6)
    host.end()


def story_raid_rebuild(host):
    host.say(what="a RAID1 rebuilds onto a new member, and is whole again: an info, and it is over",
             expect="raid-degraded md0", fault="raid degraded=1")
    raid_host(host, degraded=1, action="recover", done=2048, total=7813771264)
    member(host, SDB1, "sdb1", 1, SPARE)
    busy(host, 4)
    array(host, degraded=1, action="recover", done=7813000000, total=7813771264)
    busy(host, 4)
    array(host)
    member(host, SDB1, "sdb1", 1, IN_SYNC)
    busy(host, 3)
    host.end()


def story_raid_made_degraded(host):
    host.say(what="a RAID1 was made with one member missing: degraded, and perhaps meant so",
             expect="raid-degraded md0", fault="raid degraded=1", most="raid-degraded 0.85",
             across="raid-degraded.min_missing=2")
    two_disks(host)
    host.disk("md0", MD0, size_bytes=4000650887168, flags=2, transport="md")
    array(host, degraded=1)
    member(host, SDA1, "sda1", 0, IN_SYNC)
    link(host, MD0, SDA1)
    host.tick()
    busy(host, 10)
    host.end()


def story_raid6_one_less(host):
    host.say(what="a RAID6 of five lost one member: one more may fail", expect="raid-degraded md0",
             fault="raid degraded=1")
    two_disks(host)
    host.disk("md0", MD0, size_bytes=4000650887168, flags=2, transport="md")
    array(host, level="raid6", disks=5)
    member(host, SDA1, "sda1", 0, IN_SYNC)
    member(host, SDB1, "sdb1", 1, IN_SYNC)
    host.tick()
    busy(host, 4)
    array(host, level="raid6", disks=5, degraded=1)
    member(host, SDB1, "sdb1", 1, FAULTY)
    busy(host, 6)
    host.end()


def loop_host(host):
    begin(host)
    host.disk("loop0", LOOP, size_bytes=8388608, flags=2, transport="loop", backing="/data/disk.img")
    link(host, LOOP, SDA1, 2)


def story_chain_loop_on_bad_disk(host):
    host.say(what="a loop device fails because the disk under its file does: one finding, on the disk",
             expect="disk-media-error sda", fault=["block_io", "block_status"])
    loop_host(host)
    quiet_seconds(host, 3)
    fail(host, SDA, "read", "medium", [4660, 4661], **SENSE)
    host.requests(LOOP, "read", 20)
    fail(host, LOOP, "read", "medium", [64])
    fail(host, LOOP, "read", "ioerr", [65])
    quiet_seconds(host, 7)
    host.end()


def story_chain_loop_alone(host):
    host.say(what="the file under a loop device was cut short, long after its disk had a bad sector: two faults",
             expect=["disk-media-error sda", "disk-io-error loop0"], fault=["block_io", "block_status"])
    loop_host(host)
    quiet_seconds(host, 2)
    fail(host, SDA, "read", "medium", [4660], **SENSE)
    quiet_seconds(host, 70)
    fail(host, LOOP, "read", "ioerr", [64, 72, 80])
    quiet_seconds(host, 4)
    host.end()


def story_chain_cycle(host):
    host.say(what="links that go round in a circle, as no kernel tells them: walks end", expect="disk-media-error sda",
             fault=["block_io", "block_status"])
    begin(host)
    host.disk("md0", MD0, size_bytes=1 << 30, flags=2, transport="md")
    host.disk("dm-0", DM0, size_bytes=1 << 30, flags=2, transport="dm", backing="vg-a")
    link(host, MD0, DM0)
    link(host, DM0, MD0)
    link(host, MD0, SDA)
    quiet_seconds(host, 2)
    fail(host, SDA, "read", "medium", [4660, 4661, 9320], **SENSE)
    quiet_seconds(host, 6)
    host.end()


def story_raid_long_names(host):
    host.say(what="names so long that the command leaves no room for its remark: that has a row of its own",
             expect="disk-media-error nvme1n1", fault=["block_io dev=259:8", "block_status dev=259:8"])
    for name, dev, part, serial in (("nvme0n1", "259:0", "259:1", "S1"), ("nvme1n1", "259:8", "259:9", "S2")):
        host.disk(name, dev, size_bytes=960197124096, model="SAMSUNG MZQL2960HCJR", serial=serial,
                  transport="nvme", flags=0, port=name[:5])
        host.disk(name + "p3", part, parent=dev, size_bytes=900785948160, flags=1)
    host.disk("md127", MD0, size_bytes=900650887168, flags=2, transport="md")
    array(host)
    member(host, "259:1", "nvme0n1p3", 0, IN_SYNC)
    member(host, "259:9", "nvme1n1p3", 1, IN_SYNC)
    link(host, MD0, "259:1")
    link(host, MD0, "259:9")
    host.put("mount", dev=MD0, fstype="ext4", mount="/data", source="/dev/md127")
    processes(host)
    host.tick()
    busy(host, 3, disks=("259:0", "259:8"))
    fail(host, "259:8", "read", "medium", [4660, 9000], nvme_status=0x281)
    busy(host, 5, disks=("259:0", "259:8"))
    host.end()
