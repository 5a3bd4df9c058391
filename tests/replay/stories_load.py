# SPDX-License-Identifier: BSD-2-Clause
"""Stories of disks that wait: stuck, held back, slow, saturated."""
from backdrop import SDA, begin, second

SDB = "8:16"


class Queue:
    """A disk's line of /proc/diskstats, and what its queue holds."""

    def __init__(self, host, dev):
        self.host = host
        self.dev = dev
        self.count = {}

    def look(self, reads=0, writes=0, read_ms=1, write_ms=1, kb=4, **gauges):
        """So many more done, each of which took so long; the gauges as they are now."""
        n = self.count
        depth_ms = reads * read_ms + writes * write_ms
        for key, more in (("reads_done", reads), ("writes_done", writes),
                          ("read_bytes", reads * kb * 1024), ("write_bytes", writes * kb * 1024),
                          ("read_ms", round(reads * read_ms)), ("write_ms", round(writes * write_ms)),
                          ("busy_ms", round(min(1000, depth_ms))), ("queue_ms", round(depth_ms))):
            n[key] = n.get(key, 0) + more
        if "busy_ms" in gauges:
            n["busy_ms"] += gauges.pop("busy_ms")
        self.host.put("block_queue", dev=self.dev, **{"flags": 2, **gauges}, **n)


def disk_b(host, **fields):
    host.disk("sdb", SDB, **{"size_bytes": 4000787030016, "model": "ST4000NM0035", "serial": "ZC1B1234",
                             "transport": "sata", **fields})


def both(host, n=1, **gauges):
    """Seconds in which sda works, and sdb as told."""
    for _ in range(n):
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(**gauges)
        host.tick()


def begin_two(host, **fields):
    begin(host)
    disk_b(host, **fields)
    host.queue_a = Queue(host, SDA)
    host.queue_b = Queue(host, SDB)


def stuck(host, seconds, age=0, **gauges):
    for i in range(seconds):
        known = {"flags": 3, "age_ns": (age + i + 1) * 10**9 - 10**8} if i else {}
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(in_flight=4, **{**known, **gauges})
        if i > 1:
            host.put("task_blocked", pid=812, start_ns=100 * 10**9, total=3, comm="postgres")
        host.tick()


def story_stuck_disk(host):
    host.say(what="sdb stops answering under four writes, and answers again after nine seconds",
             expect="disk-stuck-io sdb", fault="block_queue dev=8:16 in_flight=4",
             across="disk-stuck-io.stuck_s=20", least="disk-stuck-io 0.8")
    begin_two(host)
    both(host, 3, reads=50)
    stuck(host, 9, writes=0)
    both(host, 5, reads=50, writes=20)
    host.end()


def story_stuck_one_lost(host):
    host.say(what="one request of sdb is lost for fifteen seconds while others complete",
             expect="disk-stuck-io sdb", fault="block_queue dev=8:16 in_flight=4",
             across="disk-stuck-io.lost_s=30")
    begin_two(host)
    both(host, 3, reads=50)
    stuck(host, 15, reads=20)
    both(host, 5, reads=50)
    host.end()


def story_stuck_discard(host):
    host.say(what="a discard of a whole disk takes twelve seconds, and nothing else completes: no fault",
             expect="none")
    begin_two(host)
    both(host, 3, reads=50)
    for i in range(12):
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(in_flight=1, **({"flags": 3, "others": 1} if i else {}))
        host.tick()
    both(host, 4, reads=50)
    host.end()


def behind_discard(host, seconds):
    """Two reads wait behind a discard of so many seconds."""
    begin_two(host)
    both(host, 3, reads=50)
    for i in range(seconds):
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(in_flight=3, **({"flags": 3, "others": 1, "lengthy": 1, "age_ns": i * 10**9} if i else {}))
        host.tick()
    both(host, 4, reads=50)
    host.end()


def story_stuck_behind_discard(host):
    host.say(what="mkfs discards a partition in one command of eight seconds; reads of another partition wait behind it: no fault",
             expect="none", across="disk-stuck-io.behind_s=3 disk-stuck-io")
    behind_discard(host, 8)


def story_stuck_discard_for_ever(host):
    host.say(what="the disk does not come back from it: reads have waited for forty seconds",
             expect="disk-stuck-io sdb", fault="block_queue dev=8:16 in_flight=3", across="disk-stuck-io.behind_s=60")
    behind_discard(host, 40)


def stalled(host, after):
    """sdb has four writes in flight when the whole host stands still for twelve seconds; then as told."""
    begin_two(host)
    both(host, 5, reads=50)
    second(host)
    host.queue_a.look(80, 40)
    host.queue_b.look(reads=50, in_flight=4)
    host.tick()
    host.wait(12.3)
    host.queue_a.look(20, 10)
    host.queue_b.look(in_flight=4)
    host.tick()
    after(host)
    host.end()


def story_stuck_guest_stalled(host):
    host.say(what="a guest is stopped for twelve seconds with writes in flight, looks as soon as it goes on, and they are there still",
             expect="none")
    stalled(host, lambda host: both(host, 5, reads=50))


def story_stuck_after_stall(host):
    host.say(what="the same, and they do not come back",
             expect="disk-stuck-io sdb", fault="block_queue dev=8:16 in_flight=4", across="disk-stuck-io.stuck_s=20")
    stalled(host, lambda host: stuck(host, 7, writes=0))


def story_stuck_spin_up(host):
    host.say(what="a disk at rest spins up for its first request for nine seconds: no fault", expect="none")
    begin_two(host, flags=4)
    host.queue_b.look()
    host.tick()
    for i in range(9):
        second(host)
        host.queue_a.look(80, 40)
        host.queue_b.look(in_flight=1, **({"flags": 3, "age_ns": (i + 1) * 10**9} if i else {}))
        host.tick()
    both(host, 5, reads=50)
    host.end()


def story_stuck_two_seconds(host):
    host.say(what="a disk pauses for two seconds, as flash does when it cleans up: no fault", expect="none",
             across="disk-stuck-io.stuck_s=1 disk-stuck-io")
    begin_two(host)
    both(host, 3, reads=50)
    stuck(host, 2)
    both(host, 3, reads=50)
    stuck(host, 2)
    both(host, 5, reads=50)
    host.end()


def limit(host, seconds, held, waited=0.9, reads=10, cgroup="/system.slice/backup.service", **gauges):
    """Seconds in which bios to sdb are held back, and which cgroup has a limit there."""
    for i in range(seconds):
        second(host)
        host.queue_a.look(80, 40)
        host.waited = getattr(host, "waited", 0) + round(waited * 10**6)
        if cgroup:
            host.put("io_limit", dev=SDB, cgroup_id=4711, read_bps=1048576, pressure_us=host.waited,
                     cgroup=cgroup)
        host.queue_b.look(reads, held=held[i % len(held)], kb=64, **gauges)
        host.tick()


def story_throttled(host):
    host.say(what="io.max holds a backup's reads from sdb back; the disk itself is idle",
             expect="io-throttled sdb", fault="block_queue dev=8:16", across="io-throttled.min_looks=9",
             least="io-throttled 0.9")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host)
    both(host, 2, reads=50)
    limit(host, 9, [12, 30, 25])
    both(host, 9, reads=10)
    host.end()


def story_throttled_after_rest(host):
    host.say(what="held back for a moment, twenty minutes of rest, and then all the time: the share is of the time since",
             expect="io-throttled sdb", fault="block_queue dev=8:16", least="io-throttled 0.9", leads="THROTTLED: ")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host)
    host.is_daemon(5)
    both(host, 2, reads=50)
    limit(host, 1, [3], waited=0.01)
    for _ in range(240):
        host.wait(4)
        both(host, 1, reads=10)
    limit(host, 9, [12, 30, 25], waited=0.95)
    host.end()


def story_throttled_wraps(host):
    host.say(what="the counts of milliseconds, 32 bits wide, wrap meanwhile: the disk is half busy as before",
             expect="io-throttled sdb", fault="block_queue dev=8:16", least="io-throttled 0.85")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host)
    counts = host.queue_b.count
    counts.update(busy_ms=2**32 - 2500, queue_ms=2**32 - 2500, read_ms=2**32 - 200000)
    both(host, 2, reads=50)
    for i in range(9):
        limit(host, 1, [[12, 30, 25][i % 3]], busy_ms=490)
        for key in ("busy_ms", "queue_ms", "read_ms"):
            counts[key] %= 2**32
    host.end()


def story_throttled_unnamed(host):
    host.say(what="bios are held back on a disk that is busy, and no cgroup with a limit is found",
             expect="io-throttled sdb", fault="block_queue dev=8:16", most="io-throttled 0.79")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host)
    both(host, 2, reads=50)
    limit(host, 9, [12], cgroup=None, busy_ms=950)
    host.end()


def story_throttled_peaks(host):
    host.say(what="a limit cuts off a short peak now and then, as it is meant to: no finding",
             expect="none", across="io-throttled.min_looks=2 io-throttled")
    host.put("probe", name="block.queue", via="run/queue_walk", state="active")
    begin_two(host)
    both(host, 2, reads=50)
    limit(host, 12, [5, 0, 0, 0], waited=0.1)
    host.end()
