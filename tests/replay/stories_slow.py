# SPDX-License-Identifier: BSD-2-Clause
"""Stories of disks that take long: the device itself, the load, or the host."""
from backdrop import SDA, second
from stories_load import SDB, Queue, begin_two

DM0 = "253:0"
SSD = {"model": "SSD 870 EVO", "size_bytes": 1000204886016}
MS = 10**6


class Split:
    """What an armed disk's requests of one operation took in its queue and in the device."""

    def __init__(self, host, dev, op):
        self.host, self.dev, self.op = host, dev, op
        self.n = self.queue_ns = self.device_ns = 0

    def look(self, n, queue_ms, device_ms, slot=30):
        self.n += n
        self.queue_ns += round(n * queue_ms * MS)
        self.device_ns += round(n * device_ms * MS)
        self.host.put("block_split", dev=self.dev, op=self.op, requests=self.n, bytes=4096 * self.n,
                      queue_ns=self.queue_ns, device_ns=self.device_ns, hist=f"{slot}:{self.n}")


def work(host, seconds, a=True, late=(0,), split=None, **b):
    """Seconds in which sda works as it always does, and sdb as told; some looks are late."""
    for i in range(seconds):
        second(host)
        delay = late[i % len(late)]
        host.wait(delay)
        if split:
            split.look(b.get("reads", 0) + b.get("writes", 0), *host.split_ms)
        if a:
            host.queue_a.look(80, 40)
        host.queue_b.look(**b)
        host.tick()
        host.wait(-delay)


def begin_ssd(host, **fields):
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host, **{**SSD, **fields})


def story_slow_disk(host):
    host.say(what="reads of sdb take 60 ms instead of 2 for twenty seconds, at the same depth; then 2 again",
             expect="disk-slow sdb", fault="block_queue dev=8:16", across="disk-slow.min_ratio=50",
             least="disk-slow 0.84")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=2)
    work(host, 2, reads=16, read_ms=60)
    host.split_ms = (1, 59)
    work(host, 18, reads=16, read_ms=60, split=Split(host, SDB, "read"))
    work(host, 9, reads=100, read_ms=2)
    host.end()


def story_slow_counters_start_over(host):
    host.say(what="the disk's milliseconds, which the kernel counts in 32 bits, start over while its past is learned: its reads"
                  " then take 60 ms instead of 2",
             expect="disk-slow sdb", fault="block_queue dev=8:16", least="disk-slow 0.8")
    begin_ssd(host)
    host.queue_b.count.update(read_ms=2**32 - 500)
    work(host, 8, reads=100, read_ms=2)
    work(host, 2, reads=16, read_ms=60)
    host.split_ms = (1, 59)
    work(host, 12, reads=16, read_ms=60, split=Split(host, SDB, "read"))
    host.end()


def story_slow_disk_writes(host):
    host.say(what="only writes of sdb are slow; nothing tells queue and device apart",
             expect="disk-slow sdb", fault="block_queue dev=8:16", across="disk-slow.min_looks=16",
             most="disk-slow 0.84")
    begin_ssd(host)
    work(host, 8, reads=100, writes=50, read_ms=1, write_ms=2)
    work(host, 10, reads=100, writes=12, read_ms=1, write_ms=50)
    host.end()


def story_slow_since_before(host):
    host.say(what="sdb was slow before anybody looked; sda is of the same make and is not",
             expect="disk-slow sdb", fault="block_queue dev=8:0", across="disk-slow.min_ratio=500",
             most="disk-slow 0.79")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host, flags=4)
    work(host, 12, reads=4, read_ms=300)
    host.end()


def story_slow_stored(host):
    host.say(what="sdb was slow before anybody looked; the store knows what it took in former runs",
             expect="disk-slow sdb", fault="disk_norm dev=8:16", across="disk-slow.min_excess_ms=100",
             least="disk-slow 0.7")
    begin_ssd(host)
    host.put("disk_norm", dev=SDB, op="read", looks=3000, lat_ns=2 * MS, bytes=4096, spread_milli=250,
             depth_milli=300)
    work(host, 12, reads=16, read_ms=60)
    host.end()


def story_slow_no_baseline(host):
    host.say(what="a slow disk without a past, beside one of another make: nothing to hold it against",
             expect="none")
    begin_ssd(host)
    work(host, 4, reads=16, read_ms=60, a=False)
    host.end()


def story_slow_mapping(host):
    host.say(what="writes through a mapping take 80 ms; the disk under it takes 2 as ever",
             expect="disk-slow dm-0", fault="block_queue dev=253:0", across="disk-slow.min_ratio=100")
    begin_ssd(host)
    host.disk("dm-0", DM0, size_bytes=10**9, flags=2, backing="vg-data")
    mapping = Queue(host, DM0)
    for write_ms in [3] * 8 + [80] * 9:
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(writes=12, write_ms=2)
        mapping.look(writes=12, write_ms=write_ms)
        host.tick()
    host.end()


def story_slow_under_mapping(host):
    host.say(what="writes to sdb take 80 ms, so those through the mapping over it do: the disk is named",
             expect="disk-slow sdb", fault=["block_queue dev=8:16", "block_queue dev=253:0"])
    begin_ssd(host)
    host.disk("dm-0", DM0, size_bytes=10**9, flags=2, backing="vg-data")
    mapping = Queue(host, DM0)
    for write_ms in [2] * 8 + [80] * 9:
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(writes=12, write_ms=write_ms)
        mapping.look(writes=12, write_ms=write_ms + 1)
        host.tick()
    host.end()


def story_slow_everybody(host):
    host.say(what="both disks slow down together: the host is slow, not the disks", expect="none")
    begin_ssd(host)
    for ms in [1] * 8 + [40] * 9:
        second(host)
        host.queue_a.look(20, 10, read_ms=ms, write_ms=ms)
        host.queue_b.look(reads=20, read_ms=2 * ms)
        host.tick()
    host.end()


def story_slow_late_looks(host):
    host.say(what="reads take 60 ms, on a host whose own timers come up to 300 ms late: it is the host",
             expect="none")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=2)
    work(host, 9, reads=16, read_ms=60, late=(0, 0.3, 0.05, 0.2), a=False)
    host.end()


def story_slow_late_beside_another(host):
    host.say(what="reads of one disk take 12 ms, on a host whose own timers come up to 300 ms late; another disk, whose "
             "interrupts go elsewhere, works as usual: it is the host", expect="none")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=2)
    work(host, 9, reads=16, read_ms=12, late=(0, 0.3, 0.05, 0.2))
    host.end()


def story_slow_larger_requests(host):
    host.say(what="requests of 512 kB instead of 4: they take longer and move more, no fault", expect="none")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=2)
    work(host, 9, reads=16, read_ms=60, kb=512)
    host.end()


def story_slow_fsync_burst(host):
    host.say(what="for three seconds a write cache is flushed out: no fault", expect="none",
             across="disk-slow.min_looks=3 disk-slow")
    begin_ssd(host)
    work(host, 8, writes=100, write_ms=2)
    for _ in range(3):
        work(host, 3, writes=20, write_ms=50)
        work(host, 6, writes=100, write_ms=2)
    host.end()


def story_slow_first_io(host):
    host.say(what="an idle disk's first reads take two seconds, after sleep: no fault", expect="none")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=2)
    for _ in range(20):
        second(host)
        host.queue_a.look(80, 40)
        host.tick()
    work(host, 2, reads=2, read_ms=900)
    work(host, 5, reads=100, read_ms=2)
    host.end()


def story_slow_random_reads(host):
    host.say(what="a rotating disk that read in sequence now seeks for every read: no fault", expect="none",
             across="disk-slow.seek_ms=1 disk-slow")
    begin_ssd(host, flags=4)
    work(host, 8, reads=200, read_ms=0.5)
    work(host, 9, reads=60, read_ms=15)
    host.end()


def story_saturated(host):
    host.say(what="256 readers want more of sdb than it can do: they wait 240 ms, the device takes 8 as ever",
             expect="disk-saturated sdb", fault="block_split dev=8:16",
             across="disk-saturated.min_looks=17", least="disk-saturated 0.8")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=6, busy_ms=600)
    work(host, 2, reads=1030, read_ms=248, in_flight=256)
    host.split_ms = (240, 8)
    work(host, 9, reads=1030, read_ms=248, in_flight=256, split=Split(host, SDB, "read"))
    work(host, 7, reads=100, read_ms=6, busy_ms=600)
    host.end()


def trim(host, seconds, split=None, **b):
    """Seconds in which fstrim's discards take nearly all of sdb's time, and some reads get through."""
    counts = host.queue_b.count
    for _ in range(seconds):
        counts["others_done"] = counts.get("others_done", 0) + 20
        counts["discard_ms"] = counts.get("discard_ms", 0) + 950
        counts["queue_ms"] = counts.get("queue_ms", 0) + 950
        work(host, 1, split=split, in_flight=1, **b)


def story_slow_trim(host):
    host.say(what="fstrim runs for twenty seconds: reads take 15 ms in the device meanwhile instead of 0.3", expect="none")
    begin_ssd(host)
    work(host, 12, reads=200, read_ms=0.3)
    trim(host, 2, reads=60, read_ms=15)
    host.split_ms = (0.1, 14.9)
    trim(host, 18, Split(host, SDB, "read"), reads=60, read_ms=15)
    work(host, 9, reads=200, read_ms=0.3)
    host.end()


def story_slow_after_trim(host):
    host.say(what="a short trim, and then reads stay slow: that is not the trim's doing",
             expect="disk-slow sdb", fault="block_queue dev=8:16", across="disk-slow.min_ratio=50")
    begin_ssd(host)
    work(host, 12, reads=200, read_ms=0.3)
    trim(host, 4, reads=60, read_ms=15)
    host.split_ms = (0.1, 14.9)
    work(host, 18, reads=60, read_ms=15, split=Split(host, SDB, "read"))
    work(host, 9, reads=200, read_ms=0.3)
    host.end()


def story_saturated_trim(host):
    host.say(what="fstrim on a disk whose discards are not queued: reads wait 120 ms for them; named, and info only",
             expect="disk-saturated sdb", fault="block_split dev=8:16")
    begin_ssd(host)
    work(host, 12, reads=200, read_ms=0.3)
    trim(host, 2, reads=60, read_ms=120, busy_ms=1000)
    host.split_ms = (119, 0.4)
    trim(host, 18, Split(host, SDB, "read"), reads=60, read_ms=120, busy_ms=1000)
    work(host, 9, reads=200, read_ms=0.3)
    host.end()


def story_saturated_check(host):
    host.say(what="the monthly check of md0 fills sdb's queue: named, and info only",
             expect="disk-saturated sdb", fault="block_split dev=8:16")
    begin_ssd(host)
    host.disk("md0", "9:0", size_bytes=10**12, flags=2)
    raid = {"dev": "9:0", "disks": 2, "level": "raid1", "state": "clean"}
    host.put("raid", **raid, sync_action="idle")
    host.put("raid_member", dev="9:0", name="sdb", slot=1, flags=2, member=SDB)
    host.put("disk_link", upper="9:0", lower=SDB)
    work(host, 8, reads=100, read_ms=6, busy_ms=600)
    host.put("raid", **raid, sync_action="check", sync_done=1, sync_total=1000)
    work(host, 2, reads=1030, read_ms=248, in_flight=256)
    host.split_ms = (240, 8)
    work(host, 9, reads=1030, read_ms=248, in_flight=256, split=Split(host, SDB, "read"))
    work(host, 7, reads=100, read_ms=6, busy_ms=600)
    host.end()


def story_saturated_burst(host):
    host.say(what="the same for two seconds, again and again: that is what a queue is for", expect="none",
             across="disk-saturated.min_looks=2 disk-saturated")
    begin_ssd(host)
    split = Split(host, SDB, "read")
    work(host, 4, reads=100, read_ms=6, busy_ms=600)
    for _ in range(3):
        host.split_ms = (240, 8)
        work(host, 2, reads=1030, read_ms=248, in_flight=256, split=split)
        host.split_ms = (0.1, 6)
        work(host, 4, reads=100, read_ms=6.1, busy_ms=600, split=split)
    host.end()


def story_saturated_late_looks(host):
    host.say(what="256 readers on a host whose processors are full too: we look each two seconds, not each",
             expect="disk-saturated sdb", fault="block_split dev=8:16")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=6, busy_ms=600)
    work(host, 2, reads=1030, read_ms=248, in_flight=256)
    host.split_ms = (240, 8)
    split = Split(host, SDB, "read")
    for _ in range(5):
        host.wait(1)
        work(host, 1, reads=2060, read_ms=248, in_flight=256, busy_ms=1600, split=split)
    work(host, 7, reads=100, read_ms=6, busy_ms=600)
    host.end()


def story_saturated_slow_device(host):
    host.say(what="requests wait because the device takes 90 ms for what took 6: it is slow, not overloaded",
             expect="disk-slow sdb", fault="block_queue dev=8:16", across="disk-slow.min_ratio=30")
    begin_ssd(host)
    work(host, 8, reads=100, read_ms=6, busy_ms=600)
    host.split_ms = (400, 90)
    work(host, 12, reads=11, read_ms=490, in_flight=5,
         split=Split(host, SDB, "read"))
    host.end()
