#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A name server, and who asks it: as much of DNS (RFC 1035) as its header.

usage: dns.py serve ADDRESS RCODE [DELAY_S] [WELL]   answers each query over UDP with that code; -1: not at all.
                                              The first WELL ones it answers well
       dns.py ask ADDRESS SECONDS RATE [WAIT_S]   asks so often a second; waits so long for each answer

Both print what they counted when they end (SIGTERM ends serve).
"""
import select
import signal
import socket
import struct
import sys
import time


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def serve(addr, rcode, delay=0.0, well=0):
    sock = socket.socket(family(addr), socket.SOCK_DGRAM)
    sock.bind((addr, 53))
    count = {"asked": 0, "answered": 0}

    def end(*_):
        print(*(f"{k} {v}" for k, v in count.items()), flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    print("listening", flush=True)
    while True:
        data, client = sock.recvfrom(512)
        count["asked"] += 1
        code = 0 if count["asked"] <= well else rcode
        if code < 0 or len(data) < 12:
            continue
        if delay:
            time.sleep(delay)
        flags = 0x8000 | (struct.unpack("!H", data[2:4])[0] & 0x7900) | 0x80 | code
        sock.sendto(data[:2] + struct.pack("!H", flags) + data[4:], client)
        count["answered"] += 1


def ask(addr, seconds, rate, wait=2.0):
    end, number = time.monotonic() + seconds, 0
    count = {"sent": 0, "received": 0, "timeouts": 0}
    while time.monotonic() < end:
        begun, number = time.monotonic(), (number + 1) & 0xffff
        question = b"\x05name%d\x04test\x00\x00\x01\x00\x01" % (number % 10)
        with socket.socket(family(addr), socket.SOCK_DGRAM) as sock:
            sock.connect((addr, 53))
            try:
                sock.send(struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question)
                count["sent"] += 1
                if select.select([sock], [], [], wait)[0]:
                    sock.recv(512)
                    count["received"] += 1
                else:
                    count["timeouts"] += 1
            except ConnectionRefusedError:
                count["timeouts"] += 1
        time.sleep(max(0.0, 1 / rate - (time.monotonic() - begun)))
    print(*(f"{k} {v}" for k, v in count.items()), flush=True)


if __name__ == "__main__":
    {"serve": lambda a, r, d="0", w="0": serve(a, int(r), float(d), int(w)),
     "ask": lambda a, s, r, w="2": ask(a, float(s), float(r), float(w))}[sys.argv[1]](*sys.argv[2:])
