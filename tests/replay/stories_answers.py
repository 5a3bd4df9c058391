# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what disks answer, and of how bad it is: by spread, age and operation."""
from backdrop import SDA, begin, quiet_seconds
from stories_disk import DEV_SDA, MEDIUM, MEDIUM_COUNT, fail

NVME = "259:0"


def story_one_bad_sector(host):
    host.say(what="one sector of a mounted disk is asked for again and again: a warning, nothing to be woken for",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], most="disk-media-error 0.92")
    begin(host)
    quiet_seconds(host, 2)
    for _ in range(4):
        fail(host, "read", "medium", [4660, 4660], sense_key=3, asc=0x11)
        quiet_seconds(host, 1)
    quiet_seconds(host, 3)
    host.end()


def story_two_bad_sectors(host):
    host.say(what="three failures on two sectors of a mounted disk: critical",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.95")
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "medium", [4660, 4660, 9320], sense_key=3, asc=0x11)
    quiet_seconds(host, 5)
    host.end()


def story_three_old_errors(host):
    host.say(what="three bad sectors, then two minutes and thousands of good reads: critical first, a warning then",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.95")
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "medium", [4660, 4668, 9320], sense_key=3, asc=0x11)
    quiet_seconds(host, 125)
    host.end()


def story_three_old_errors_idle(host):
    host.say(what="three bad sectors, then silence: a disk that does nothing has not recovered, it stays critical",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.95")
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "medium", [4660, 4668, 9320], sense_key=3, asc=0x11)
    quiet_seconds(host, 125, disk=False)
    host.end()


def story_lost_write_stays(host):
    host.say(what="one write fails, thousands succeed: what it should have written is lost still",
             expect="disk-io-error sda", fault=DEV_SDA)
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "write", "ioerr", [777], sense_key=4, asc=0x44)
    quiet_seconds(host, 125)
    host.end()


def story_two_answers(host):
    host.say(what="reads fail with two answers of the device: each is told, with its number",
             expect="disk-io-error sda", fault=DEV_SDA)
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "ioerr", [800, 900, 1000], sense_key=4, asc=0x44)
    fail(host, "read", "ioerr", [1100], sense_key=4, asc=0x3e, ascq=1)
    quiet_seconds(host, 5)
    host.end()


def story_nvme_do_not_retry(host):
    host.say(what="an NVMe disk cannot read a block, and says not to ask again",
             expect="disk-media-error nvme0n1", fault="block_io dev=259:0")
    begin(host)
    host.disk("nvme0n1", NVME, size_bytes=960197124096, model="SAMSUNG MZQL2960HCJR", serial="S64F1",
              transport="nvme")
    quiet_seconds(host, 2)
    host.requests(NVME, "read", 400)
    for i in range(3):
        host.wait(0.01)
        host.put("block_io", dev=NVME, op="read", status="medium", reason="error", sector=8000 + 8 * i,
                 bytes=4096, lat_ns=5000000, nvme_status=0x4281, retries=2)
    host.pulse()
    quiet_seconds(host, 5)
    host.end()


def story_host_byte(host):
    host.say(what="the adapter gives requests up, the device sends no sense: the host byte is told",
             expect="disk-transport-error sda", fault=DEV_SDA)
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", "transport", [800, 900, 1000], scsi_result=0x000e0000)
    quiet_seconds(host, 5)
    host.end()


def story_flush_rejected(host):
    host.say(what="a disk without a cache rejects each flush; one refuses WRITE SAME: sense 5/20/00, 5/24/00",
             expect="none")
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "flush", "target", [0, 0, 0], sense_key=5, asc=0x20)
    fail(host, "write_zeroes", "target", [0, 8], sense_key=5, asc=0x24)
    fail(host, "write_zeroes", "ioerr", [16], sense_key=5, asc=0x20)
    fail(host, "discard", "target", [0, 8], sense_key=5, asc=0x24)
    quiet_seconds(host, 5)
    host.end()


def story_flush_failed(host):
    host.say(what="a flush that the device fails with a hardware error is none that it does not know",
             expect="disk-io-error sda", fault=DEV_SDA)
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "flush", "ioerr", [0, 0], sense_key=4, asc=0x44)
    quiet_seconds(host, 5)
    host.end()


# ---- what the disk says of itself

BAD = dict(outcome="read", known=511, passed=1, reallocated=12, pending=3, uncorrectable=2, media_errors=7,
           hours=21034, wear_percent=3, temperature=36)
SOUND = dict(outcome="read", known=511, passed=1, hours=21034, temperature=31)


def suspected(host, status="medium", sectors=(4660, 4668, 9320), **smart):
    """The disk fails; smartctl's answer comes with the next tick."""
    begin(host)
    quiet_seconds(host, 2)
    fail(host, "read", status, sectors, sense_key=3 if status == "medium" else 11,
         asc=0x11 if status == "medium" else 0x47, ascq=0 if status == "medium" else 3)
    host.put("smart", dev=SDA, **smart)
    quiet_seconds(host, 5)
    host.end()


def story_smart_agrees(host):
    host.say(what="bad sectors, and the disk counts some itself", expect="disk-media-error sda",
             fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.97", most="disk-media-error 0.97")
    suspected(host, **BAD)


def story_smart_says_nothing(host):
    host.say(what="bad sectors, and the disk calls itself well: as sure as without it",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.97",
             most="disk-media-error 0.97")
    suspected(host, **SOUND)


def story_smart_alone(host):
    host.say(what="a disk that works, and says that it is failing: nobody asked it, no finding of ours",
             expect="none")
    begin(host)
    host.put("smart", dev=SDA, **{**BAD, "passed": 0})
    quiet_seconds(host, 12)
    host.end()


def story_smart_lies(host):
    host.say(what="a smartctl that tells numbers out of all reason: told, and no harm done",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.97",
             most="disk-media-error 0.97")
    huge = 2**64 - 1
    suspected(host, outcome="read", known=2**32 - 1, reallocated=huge, pending=huge, uncorrectable=huge,
              media_errors=huge, link_errors=huge, hours=huge, wear_percent=2**32 - 1,
              temperature=-2**31, exit_status=255)


def story_smart_link(host):
    host.say(what="CRC errors on the link, and the disk has counted them for long",
             expect="disk-transport-error sda", fault=DEV_SDA)
    suspected(host, "transport", **{**SOUND, "link_errors": 413})


def story_smart_hangs(host):
    host.say(what="smartctl did not answer and was stopped", expect="disk-media-error sda",
             fault=[MEDIUM, MEDIUM_COUNT], least="disk-media-error 0.97")
    suspected(host, outcome="timeout")


def story_smart_late(host):
    host.say(what="the trace ends before smartctl answers: said, and the verdict is the last line",
             expect="disk-media-error sda", fault=[MEDIUM, MEDIUM_COUNT])
    begin(host)
    quiet_seconds(host, 9)
    fail(host, "read", "medium", [4660, 4668], sense_key=3, asc=0x11)
    host.tick()
    host.put("smart", dev=SDA, outcome="late")
    host.end()
