# SPDX-License-Identifier: BSD-2-Clause
"""Stories of disks that are not in this host: who has them, and what is of no use to look at, is part of the answer."""
from backdrop import begin, second
from stories_chain import fail

VDA, VDA1, EBS, SDC = "252:0", "252:1", "259:1", "8:32"


def writes(host, dev, n, requests=40):
    for _ in range(n):
        second(host)
        if requests:
            host.requests(dev, "write", requests)
        host.tick()


def story_cloud_disk_fails(host):
    host.say(what="a disk that a hypervisor presents fails writes: no SMART, no cable, no slot to look at",
             expect="disk-io-error vda", fault=["block_io dev=252:0", "block_status dev=252:0"],
             least="disk-io-error 0.9")
    begin(host)
    host.disk("vda", VDA, size_bytes=100 * 10**9, transport="virtio", port="virtio2", flags=0)
    host.disk("vda1", VDA1, parent=VDA, size_bytes=100 * 10**9, flags=1)
    host.put("mount", dev=VDA1, fstype="ext4", mount="/srv", source="/dev/vda1")
    writes(host, VDA, 3)
    fail(host, VDA, "write", "ioerr", [800, 808, 816])
    writes(host, VDA, 5)
    host.end()


def story_cloud_volume_times_out(host):
    host.say(what="a cloud's volume, that looks like an NVMe disk, does not answer: who runs the cloud has it",
             expect="disk-timeout nvme1n1", fault=["block_io dev=259:1", "block_status dev=259:1"])
    begin(host)
    host.disk("nvme1n1", EBS, size_bytes=100 * 10**9, transport="nvme", port="nvme1",
              model="Amazon Elastic Block Store", serial="vol0abc", flags=0)
    host.put("mount", dev=EBS, fstype="xfs", mount="/srv", source="/dev/nvme1n1")
    writes(host, EBS, 3)
    fail(host, EBS, "write", "timeout", [800, 808, 816])
    writes(host, EBS, 5)
    host.end()


def story_cloud_disk_gone(host):
    host.say(what="a disk that a hypervisor presents is gone while it is mounted: nothing to reseat",
             expect="disk-lost vda", fault="disk_gone")
    begin(host)
    host.disk("vda", VDA, size_bytes=100 * 10**9, transport="virtio", port="virtio2", flags=0)
    host.put("mount", dev=VDA, fstype="ext4", mount="/srv", source="/dev/vda")
    writes(host, VDA, 3)
    host.put("disk_gone", dev=VDA)
    writes(host, VDA, 5, requests=0)
    host.end()


def story_lun_unmapped(host):
    host.say(what="the storage does not map a LUN to this host any more: there is nothing to back up, but it is to be mapped",
             expect="disk-io-error sdc", fault=["block_io dev=8:32", "block_status dev=8:32"])
    begin(host)
    host.disk("sdc", SDC, size_bytes=2 * 10**12, model="VRAID", serial="60002ac0", transport="fc", port="host1",
              flags=0)
    host.put("mount", dev=SDC, fstype="xfs", mount="/oradata", source="/dev/sdc")
    writes(host, SDC, 3)
    fail(host, SDC, "write", "target", [80, 88, 4194176], sense_key=5, asc=0x25, scsi_result=2)
    writes(host, SDC, 6, requests=0)
    host.end()
