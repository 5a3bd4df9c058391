#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs whose own side of the network fails, or looks as if it did. Each ends after its seconds and prints counts.

  slow-accept PORT BACKLOG SECONDS INTERVAL     accepts one connection each INTERVAL seconds (0: as they come)
  knock ADDRESS PORT RATE SECONDS [BURST]       opens RATE connections a second (BURST at once first), keeps 60 of them
  deaf PORT SECONDS READ_EVERY [BUFFER]         a UDP socket that is read each READ_EVERY seconds (0: at once)
  shout ADDRESS PORT RATE SECONDS [BURST]       sends RATE datagrams of 1 KB a second (BURST at once first)
  dial ADDRESS PORT RATE SECONDS                opens connections and closes each at once: TIME_WAIT is here
  keep ADDRESS PORT COUNT SECONDS               holds COUNT connections: no data, a keepalive each second
  slew SECONDS TICK                             makes the wall clock run faster or slower; 10000 is its normal pace
"""
import errno
import select
import signal
import socket
import struct
import sys
import time


stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))


def running(end):
    """Until the time has come, or SIGTERM: either way the counts are printed."""
    return not stopped and time.monotonic() < end


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listening(kind, port):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    return sock


def slow_accept(port, backlog, seconds, interval):
    sock = listening(socket.SOCK_STREAM, int(port))
    sock.listen(int(backlog))
    sock.settimeout(0.2)
    print("listening", flush=True)
    end, accepted = time.monotonic() + float(seconds), 0
    while running(end):
        try:
            sock.accept()[0].close()
            accepted += 1
        except OSError:
            pass
        time.sleep(float(interval))
    print("accepted", accepted)


def at_rate(rate, seconds, burst, act):
    """Calls act() `burst` times at once, then `rate` times a second."""
    for _ in range(int(burst)):
        act()
    begin = time.monotonic()
    done = 0
    while running(begin + float(seconds)):
        while done < (time.monotonic() - begin) * float(rate):
            act()
            done += 1
        time.sleep(0.01)


def knock(address, port, rate, seconds, burst=0):
    open_ones = []
    counts = {"tried": 0}

    def act():
        sock = socket.socket(family(address), socket.SOCK_STREAM)
        # Closed by a reset: nothing of it goes on trying when this has ended.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.setblocking(False)
        sock.connect_ex((address, int(port)))
        counts["tried"] += 1
        open_ones.append(sock)
        if len(open_ones) > 60:
            open_ones.pop(0).close()

    at_rate(rate, seconds, burst, act)
    print("tried", counts["tried"])


def deaf(port, seconds, read_every, buffer=4096):
    sock = listening(socket.SOCK_DGRAM, int(port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(buffer))
    sock.setblocking(False)
    print("listening", flush=True)
    end, got = time.monotonic() + float(seconds), 0
    while running(end):
        select.select([sock], [], [], 0.2)
        try:
            while True:
                sock.recv(2048)
                got += 1
                if float(read_every):
                    break
        except OSError:
            pass
        time.sleep(float(read_every))
    print("received", got)


def shout(address, port, rate, seconds, burst=0):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    counts = {"sent": 0}

    def act():
        try:
            sock.sendto(b"x" * 1000, (address, int(port)))
            counts["sent"] += 1
        except OSError:
            pass

    at_rate(rate, seconds, burst, act)
    print("sent", counts["sent"])


def dial(address, port, rate, seconds):
    counts = {"opened": 0, "refused": 0, "no_port": 0}

    def act():
        sock = socket.socket(family(address), socket.SOCK_STREAM)
        sock.settimeout(2)
        try:
            sock.connect((address, int(port)))
            counts["opened"] += 1
        except OSError as error:
            counts["no_port" if error.errno == errno.EADDRNOTAVAIL else "refused"] += 1
        sock.close()

    at_rate(rate, seconds, 0, act)
    print(" ".join(f"{name} {n}" for name, n in counts.items()))


def is_open(sock):
    """Nothing came, neither an end nor an error."""
    try:
        sock.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def keep(address, port, count, seconds):
    held = []
    for _ in range(int(count)):
        sock = socket.create_connection((address, int(port)))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        held.append(sock)
    end = time.monotonic() + float(seconds)
    while running(end):
        time.sleep(0.1)
    alive = sum(is_open(sock) for sock in held)
    # Closed by resets: nothing of them goes on when this has ended.
    for sock in held:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    print("held", alive)


def slew(seconds, tick):
    """Makes the wall clock run faster or slower (adjtimex(2), ADJ_TICK; 10000 is its normal pace)."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    def set_tick(value):
        timex = ctypes.create_string_buffer(208)
        struct.pack_into("I", timex, 0, 0x4000)
        struct.pack_into("q", timex, 88, value)
        if libc.adjtimex(timex) < 0:
            raise OSError(ctypes.get_errno(), "adjtimex")
        return struct.unpack_from("q", timex, 88)[0]

    print("tick was", set_tick(int(tick)), flush=True)
    end = time.monotonic() + float(seconds)
    while running(end):
        time.sleep(0.1)
    set_tick(10000)


if __name__ == "__main__":
    COMMANDS = {"slow-accept": slow_accept, "knock": knock, "deaf": deaf, "shout": shout, "dial": dial, "keep": keep,
                "slew": slew}
    COMMANDS[sys.argv[1]](*sys.argv[2:])
