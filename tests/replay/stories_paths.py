# SPDX-License-Identifier: BSD-2-Clause
"""Stories of paths to a storage's LUN that are not the ones to use: standby, unavailable, the other controller's."""
from backdrop import begin, quiet_seconds, second
from stories_chain import NS, fail, link

SDC, SDD, MPATHB = "8:32", "8:48", "254:3"
STANDBY = {"sense_key": 2, "asc": 4, "ascq": 0x0b, "scsi_result": 2}
UNAVAILABLE = {"sense_key": 2, "asc": 4, "ascq": 0x0c, "scsi_result": 2}
NOT_OWNER = {"sense_key": 5, "asc": 0x94, "ascq": 1, "scsi_result": 2}
REFUSED = {"quiet": 1, "scsi_result": 0x070000}
UDEV = {"pid": 300, "start_ns": 100 * NS, "comm": "udev-worker"}
SCAN = [0, 8, 4194176]


def path(host, name, dev, port="host1"):
    host.disk(name, dev, size_bytes=2 * 10**12, model="VRAID", serial="60002ac0", transport="fc", port=port, flags=0)


def two_paths(host):
    begin(host)
    path(host, "sdc", SDC)
    path(host, "sdd", SDD, "host2")
    host.disk("dm-3", MPATHB, size_bytes=2 * 10**12, flags=2, transport="dm", backing="mpathb", layer="mpath")
    link(host, MPATHB, SDC)
    link(host, MPATHB, SDD)
    host.put("mount", dev=MPATHB, fstype="xfs", mount="/oradata", source="/dev/mapper/mpathb")


def work(host, n, devs=(SDD, MPATHB)):
    for _ in range(n):
        second(host)
        for dev in devs:
            host.requests(dev, "write", 40)
        host.tick()


def scanned(host, answer):
    two_paths(host)
    work(host, 3)
    fail(host, SDC, "read", "ioerr", SCAN, **answer, **UDEV)
    work(host, 6)
    host.end()


def story_alua_standby(host):
    host.say(what="udev reads a standby path that no multipath device has, and is told so: no fault", expect="none")
    begin(host)
    path(host, "sdc", SDC)
    quiet_seconds(host, 3)
    fail(host, SDC, "read", "ioerr", SCAN, **STANDBY, **UDEV)
    quiet_seconds(host, 6)
    host.end()


def story_alua_standby_mpath(host):
    host.say(what="udev reads the standby path of a LUN whose other path works: no fault", expect="none")
    scanned(host, STANDBY)


def story_alua_standby_quiet(host):
    host.say(what="the same once the kernel knows the state: it fails the reads itself, quietly", expect="none")
    scanned(host, REFUSED)


def story_rdac_not_owner(host):
    host.say(what="udev reads by the controller that does not own the LUN: no fault", expect="none")
    scanned(host, NOT_OWNER)


def story_path_fails_loudly(host):
    host.say(what="a path fails reads as if by an error of the adapter, and the kernel logs it: a fault",
             expect="disk-io-error sdc", fault=["block_io dev=8:32", "block_status dev=8:32"])
    scanned(host, {"scsi_result": 0x070000})


def story_alua_all_unavailable(host):
    host.say(what="both paths to a LUN become unavailable, as both controllers go: a fault",
             expect=["disk-io-error sdc", "disk-io-error sdd"], fault=["block_io", "block_status"])
    two_paths(host)
    work(host, 3)
    fail(host, SDC, "read", "ioerr", SCAN, **UNAVAILABLE, **UDEV)
    fail(host, SDD, "write", "ioerr", [80, 88, 4194176], **UNAVAILABLE)
    work(host, 6, devs=())
    host.end()


def story_alua_no_failover(host):
    host.say(what="one path is in standby, the other seems well, and the multipath device fails writes: it is told",
             expect="disk-io-error sdc", least="disk-io-error 0.9", fault=["block_io", "block_status"])
    two_paths(host)
    work(host, 3, devs=(SDC, MPATHB))
    fail(host, SDC, "write", "ioerr", [80, 88, 4194176], **STANDBY)
    fail(host, MPATHB, "write", "ioerr", [80, 88, 4194176])
    work(host, 6, devs=())
    host.end()


def story_alua_single_path(host):
    host.say(what="a LUN that is mounted by its only path becomes unavailable: a fault",
             expect="disk-io-error sdc", fault=["block_io dev=8:32", "block_status dev=8:32"])
    begin(host)
    path(host, "sdc", SDC)
    host.put("mount", dev=SDC, fstype="xfs", mount="/oradata", source="/dev/sdc")
    work(host, 3, devs=(SDC,))
    fail(host, SDC, "read", "ioerr", SCAN, **UNAVAILABLE)
    work(host, 6, devs=())
    host.end()
