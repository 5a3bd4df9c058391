# SPDX-License-Identifier: BSD-2-Clause
"""Stories of md arrays that serve no data any more: no member may be taken out of them."""
from backdrop import good_peer, processes
from stories_chain import FAULTY, IN_SYNC, MD0, POSTGRES, array, busy, fail, link, member

DISKS = (("sda", "8:0", "8:1"), ("sdb", "8:16", "8:17"), ("sdc", "8:32", "8:33"))
BUSY = tuple(dev for _, dev, _ in DISKS)


def three_disks(host, disks=DISKS):
    """A RAID5 of a partition of each, an ext4 on it."""
    for slot, (name, dev, part) in enumerate(disks):
        about = {"transport": "ata", "port": f"ata{slot + 1}"}
        host.disk(name, dev, size_bytes=4000787030016, model="ST4000NM0035", serial=f"ZC1A9AB{slot}",
                  flags=4, **about)
        host.disk(name + "1", part, parent=dev, size_bytes=4000785948160, flags=1 | 4, **about)
    host.disk("md127", MD0, size_bytes=8000650887168, flags=2, transport="md")
    array(host, level="raid5", disks=3)
    for slot, (name, dev, part) in enumerate(disks):
        member(host, part, name + "1", slot, IN_SYNC)
        link(host, MD0, part)
    host.put("mount", dev=MD0, fstype="ext4", mount="/data", source="/dev/md127")
    processes(host)
    host.peer("10.1.9.9", 22, dir="in", segs_out=900, bytes_acked=70000, live=1, flags=1)
    host.tick()
    busy(host, 3, disks=BUSY)


def go(host, *devs):
    for dev in devs:
        host.put("disk_gone", dev=dev)


def story_raid5_two_lost(host):
    host.say(what="a backplane dies, and two of a RAID5's three disks vanish: they are to be brought back, not removed",
             expect=["disk-lost sdb", "disk-lost sdc", "raid-degraded md127"],
             fault=["block_io", "block_status", "disk_gone", "raid degraded=2",
                    "raid_member dev=9:0 member=8:17 slot=1 flags=4", "raid_member dev=9:0 member=8:33 slot=2 flags=4"],
             leads="DISK: sdc is gone, and it was in use: md127 failed.")
    three_disks(host)
    fail(host, "8:16", "write", "offline", [777, 1040])
    fail(host, "8:32", "write", "offline", [2777, 21040], **POSTGRES)
    go(host, "8:17", "8:16", "8:33", "8:32")
    array(host, level="raid5", disks=3, degraded=2, state="broken")
    member(host, "8:17", "sdb1", 1, FAULTY)
    member(host, "8:33", "sdc1", 2, FAULTY)
    busy(host, 6, disks=("8:0",))
    host.end()


def story_raid5_two_lost_idle(host):
    host.say(what="the same on an idle array: md does not know yet, and no copy is left all the same",
             expect=["disk-lost sdb", "disk-lost sdc", "raid-degraded md127"], fault="disk_gone")
    three_disks(host)
    go(host, "8:17", "8:16", "8:33", "8:32")
    for _ in range(6):
        host.wait(1)
        good_peer(host, "10.1.9.9", 60, 22, dir="in")
        host.tick()
    host.end()


def story_raid5_two_gone(host):
    host.say(what="two members of a RAID5 fail one after the other: the one that is left clears the array of nothing",
             expect=["disk-io-error sdb", "disk-io-error sdc", "raid-degraded md127"],
             fault=["block_io", "block_status", "raid degraded=1", "raid degraded=2"])
    three_disks(host)
    fail(host, "8:16", "write", "ioerr", [777, 1040])
    array(host, level="raid5", disks=3, degraded=1)
    member(host, "8:17", "sdb1", 1, FAULTY)
    busy(host, 1, disks=("8:0", "8:32"))
    fail(host, "8:32", "write", "ioerr", [2777, 21040], **POSTGRES)
    array(host, level="raid5", disks=3, degraded=2, state="broken")
    member(host, "8:33", "sdc1", 2, FAULTY)
    busy(host, 6, disks=("8:0",))
    host.end()


def story_raid5_one_lost(host):
    host.say(what="one of a RAID5's three disks vanishes: the array goes on, and the member is to be replaced",
             expect=["disk-lost sdb", "raid-degraded md127"],
             fault=["block_io", "block_status", "disk_gone", "raid degraded=1",
                    "raid_member dev=9:0 member=8:17 slot=1 flags=4"],
             leads="DISK: sdb is gone, and it was in use: md127 runs without it, no data lost.")
    three_disks(host)
    fail(host, "8:16", "write", "offline", [777, 1040])
    go(host, "8:17", "8:16")
    array(host, level="raid5", disks=3, degraded=1)
    member(host, "8:17", "sdb1", 1, FAULTY)
    busy(host, 6, disks=("8:0", "8:32"))
    host.end()
