# SPDX-License-Identifier: BSD-2-Clause
"""Stories of file systems that come and go under one device number, and of those that have no device."""
from backdrop import quiet_seconds, second
from stories_fs import begin_fs, lost

GB = 10**9
DM, SDC, SDC1 = "253:5", "8:32", "8:33"


# ---- another one under the number ----

def volume(host, name, size=50 * GB, **fields):
    host.disk("dm-5", DM, size_bytes=size, backing=name, layer="LVM", flags=2, **fields)


def mounted(host, dev, where):
    source = {DM: "/dev/dm-5", SDC1: "/dev/sdc1"}[dev]
    host.put("mount", dev=dev, fs_dev=dev, fstype="ext4", mount=where, source=source)


def unmounted(host, dev, where):
    host.put("mount", dev=dev, mount=where, flags=1)


def story_volume_removed(host):
    host.say(what="a snapshot is mounted for a backup, unmounted and removed; the next volume under its number has errors of old",
             expect="none")
    begin_fs(host)
    volume(host, "vg-snap_root")
    mounted(host, DM, "/mnt/snap")
    host.put("fs_health", dev=DM)
    quiet_seconds(host, 3)
    unmounted(host, DM, "/mnt/snap")
    host.put("disk_gone", dev=DM)
    quiet_seconds(host, 4)
    volume(host, "vg-archive", 200 * GB)
    mounted(host, DM, "/archive")
    host.put("fs_health", dev=DM, errors=5, flags=4, where="ext4_lookup", ino=2)
    quiet_seconds(host, 6)
    host.end()


def story_volume_removed_unseen(host):
    host.say(what="the same between two looks: its disk's number tells, and what was unmounted is told last", expect="none")
    begin_fs(host)
    volume(host, "vg-snap_root", diskseq=76)
    mounted(host, DM, "/mnt/snap")
    host.put("fs_health", dev=DM)
    quiet_seconds(host, 3)
    volume(host, "vg-archive", 200 * GB, diskseq=77)
    mounted(host, DM, "/archive")
    unmounted(host, DM, "/mnt/snap")
    host.put("fs_health", dev=DM, errors=5, flags=4, where="ext4_lookup", ino=2)
    quiet_seconds(host, 6)
    host.end()


def story_volume_mounted_again(host):
    host.say(what="a volume is unmounted and mounted again, and its count of errors has grown: it is the same one",
             expect="filesystem-error /archive", fault="fs_health dev=253:5 errors=5")
    begin_fs(host)
    volume(host, "vg-archive")
    mounted(host, DM, "/archive")
    host.put("fs_health", dev=DM, errors=2, where="ext4_lookup", ino=2)
    quiet_seconds(host, 3)
    unmounted(host, DM, "/archive")
    quiet_seconds(host, 4)
    mounted(host, DM, "/archive")
    host.put("fs_health", dev=DM, errors=5, flags=4, where="ext4_lookup", ino=2)
    quiet_seconds(host, 6)
    host.end()


def stick(host, serial, diskseq, gb):
    host.disk("sdc", SDC, size_bytes=gb * GB, model="Flash Disk", serial=serial, transport="usb", diskseq=diskseq)
    host.disk("sdc1", SDC1, parent=SDC, size_bytes=gb * GB, flags=1, diskseq=diskseq)


def stick_loses(host):
    begin_fs(host)
    stick(host, "A1", 8, 16)
    mounted(host, SDC1, "/media/old")
    host.put("fs_health", dev=SDC1)
    quiet_seconds(host, 2)
    second(host)
    lost(host, 4, 2, dev=SDC1, id="sdc1")
    host.tick()
    quiet_seconds(host, 1)


def stick_works(host, n):
    for _ in range(n):
        second(host)
        host.requests(SDC, "write", 100)
        host.tick()


def next_stick(host):
    unmounted(host, SDC1, "/media/old")
    for dev in (SDC1, SDC):
        host.put("disk_gone", dev=dev)
    quiet_seconds(host, 20)
    stick(host, "B2", 9, 64)
    mounted(host, SDC1, "/media/new")
    host.put("fs_health", dev=SDC1)


def story_files_of_stick_before(host):
    host.say(what="what is written to a stick is lost, it is unmounted and pulled; another one is put in, and is well",
             expect="writeback-lost /media/old", fault="fs_wb dev=8:33")
    stick_loses(host)
    next_stick(host)
    stick_works(host, 10)
    host.end()


def story_files_of_both_sticks(host):
    host.say(what="the same, and one file of the other stick is lost too: the kernel counts by number, and goes on",
             expect=["writeback-lost /media/old", "writeback-lost /media/new"], fault="fs_wb dev=8:33",
             leads="DISK: written data of 1 file on /media/new is lost")
    stick_loses(host)
    next_stick(host)
    stick_works(host, 3)
    lost(host, 6, 3, dev=SDC1, id="sdc1")
    stick_works(host, 6)
    host.end()


def story_files_mounted_again(host):
    host.say(what="what is written to a stick is lost; it is unmounted and mounted again: that is no other one",
             expect="writeback-lost /media/old", fault="fs_wb dev=8:33", leads="DISK: written data of 2 files on /media/old")
    stick_loses(host)
    unmounted(host, SDC1, "/media/old")
    quiet_seconds(host, 5)
    mounted(host, SDC1, "/media/old")
    host.put("fs_health", dev=SDC1)
    stick_works(host, 10)
    host.end()


# ---- not the disk's doing ----

EDQUOT, ENOTCONN, ESTALE, ENOSPC, EIO = 122, 107, 116, 28, 5


def lost_at(host, dev, fstype, err, **fields):
    begin_fs(host)
    quiet_seconds(host, 3)
    second(host)
    lost(host, 4, 1, **{"dev": dev, "fstype": fstype, "id": dev, "err": err, "magic": 0x6969, "ino": 99, **fields})
    host.tick()
    quiet_seconds(host, 7)
    host.end()


def story_files_over_quota_of_server(host):
    host.say(what="what is written to an NFS mount is refused: the user's quota on the server is used up",
             expect="writeback-lost 0:52", fault="fs_wb dev=0:52",
             leads="FULL: written data of 1 file on the nfs4 mount 0:52 is lost: quota exceeded.")
    lost_at(host, "0:52", "nfs4", EDQUOT)


def story_files_of_stale_handle(host):
    host.say(what="what is written to an NFS mount is refused: the file was removed on the server",
             expect="writeback-lost 0:52", fault="fs_wb dev=0:52",
             leads="FILES: written data of 1 file on the nfs4 mount 0:52 is lost: stale file handle.")
    lost_at(host, "0:52", "nfs4", ESTALE)


def story_files_of_dead_fuse(host):
    host.say(what="the daemon of a FUSE file system ends while there are dirty pages: a process of this host",
             expect="writeback-lost 0:53", fault="fs_wb dev=0:53",
             leads="FILES: written data of 1 file on the fuse mount 0:53 is lost: not connected.")
    lost_at(host, "0:53", "fuse", ENOTCONN)


def story_files_of_unseen_btrfs(host):
    host.say(what="a btrfs that is mounted in a container only has a number that is no device, and is on disks all the same",
             expect="writeback-lost 0:47", fault="fs_wb dev=0:47", leads="DISK: written data of 1 file on 0:47 is lost")
    lost_at(host, "0:47", "btrfs", EIO)


def story_files_over_quota(host):
    host.say(what="a quota of a file system here is used up when write-back comes to it: the device is well",
             expect="writeback-lost /data", fault="fs_wb dev=8:1",
             leads="FULL: written data of 1 file on /data is lost, quota exceeded; nobody was told.")
    lost_at(host, "8:1", "ext4", EDQUOT, id="sda1")


def story_files_without_space(host):
    host.say(what="there is no space left when write-back comes to it: the device is well",
             expect="writeback-lost /data", fault="fs_wb dev=8:1",
             leads="FULL: written data of 1 file on /data is lost, no space left; nobody was told.")
    lost_at(host, "8:1", "ext4", ENOSPC, id="sda1")


# ---- what has to be done before a check ----

def story_ext4_error_root(host):
    host.say(what="the root file system finds damage in itself: it cannot be unmounted, and is checked from a rescue system",
             expect="filesystem-error /", fault="fs_health dev=252:1 errors=3")
    begin_fs(host)
    host.disk("vda", "252:0", size_bytes=50 * GB, transport="virtio", port="virtio2", flags=0)
    host.disk("vda1", "252:1", parent="252:0", size_bytes=50 * GB, flags=1)
    host.put("mount", dev="252:1", fs_dev="252:1", fstype="ext4", mount="/", source="/dev/vda1")
    host.put("fs_health", dev="252:1")
    quiet_seconds(host, 3)
    host.put("fs_health", dev="252:1", errors=3, flags=4, where="ext4_lookup", ino=2)
    quiet_seconds(host, 5)
    host.end()
